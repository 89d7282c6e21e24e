//! Bodies of requests: read whole within limits, or taken off the wire unread.

use super::shares::{CallSource, ShareLimits, Shares};
use beid_api::{ApiError, BODY, ErrorCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Time limit for the body of a request.
const PATIENCE: Duration = Duration::from_secs(10);

/// Highest numbers of large bodies that are read at once, so that memory is bounded even if every caller sends files. One
/// more is refused at once: on HTTP/2, a body that waits would fill the window that those being read need.
pub(super) const LARGE_BODIES: ShareLimits = ShareLimits {
    total: 8,
    of_a_user: 6,
    of_a_website: 4,
};

/// Number of bytes that are still taken of a body on which the answer no longer depends.
const REST: usize = 16 * 1024 * 1024;
/// Time limit for taking them.
const PATIENCE_WHEN_REFUSED: Duration = Duration::from_secs(1);

/// A body that may be read.
pub(super) struct ExpectedBody<'b> {
    /// Length that the head states, in bytes.
    pub(super) length: Option<usize>,
    /// Upper limit, in bytes.
    pub(super) limit: usize,
    /// Sender of the call.
    pub(super) source: CallSource<'b>,
    /// Shares of the large bodies that are read at once.
    pub(super) large: &'b Arc<Shares>,
}

impl ExpectedBody<'_> {
    /// Reads the whole body. Over HTTP/2 it may come without a length, so bytes are counted as well.
    ///
    /// # Errors
    /// `too-large`; `too-many-requests` if too many large ones are being read; `invalid-request` if it breaks off;
    /// `unsupported-media-type` if its head states no type.
    pub(super) async fn read<B>(&self, headers: &HeaderMap, body: Pin<&mut B>) -> Result<Vec<u8>, ApiError>
    where
        B: Body<Data = Bytes>,
    {
        if body.is_end_stream() {
            return Ok(Vec::new());
        }
        // A body that states no length may turn out to be as long as the limit.
        let _share = if self.length.unwrap_or(self.limit) > BODY {
            let share = self.large.take(self.source);
            Some(share.ok_or(ErrorCode::TooManyRequests)?)
        } else {
            None
        };
        let collected = timeout(PATIENCE, collected(body, self.length, self.limit)).await;
        let body = collected.map_err(|_| cut_off())??;
        if body.is_empty() || headers.contains_key(CONTENT_TYPE) {
            Ok(body)
        } else {
            Err(ErrorCode::UnsupportedMediaType.into()) // HTTP/2 with a body, without its length or type
        }
    }
}

/// Reads every octet of a body. If `length` is known, memory is allocated once.
async fn collected<B: Body<Data = Bytes>>(
    mut body: Pin<&mut B>,
    length: Option<usize>,
    limit: usize,
) -> Result<Vec<u8>, ApiError> {
    let mut octets = Vec::with_capacity(length.unwrap_or_default());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| cut_off())?;
        let Some(data) = frame.data_ref() else { continue };
        if octets.len().saturating_add(data.len()) > limit {
            return Err(ErrorCode::TooLarge.into());
        }
        octets.extend_from_slice(data);
    }
    Ok(octets)
}

fn cut_off() -> ApiError {
    ApiError::invalid("body", "did not arrive whole")
}

/// Takes the rest of a body that was refused before it was read, for a short time: clients that are still sending when the
/// connection or stream ends report that, and not our answer.
pub(super) async fn drain<B: Body<Data = Bytes>>(mut body: Pin<&mut B>) {
    let taking = async {
        let mut taken = 0_usize;
        while let Some(Ok(frame)) = body.frame().await {
            taken = taken.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            if taken > REST {
                return;
            }
        }
    };
    // Whatever is left then is the client's loss.
    drop(timeout(PATIENCE_WHEN_REFUSED, taking).await);
}
