//! Links as material of the ceremony: the patient signs each with one signature, all with one PIN.

use super::dialog::{self, LinkSummaries};
use crate::Context;
use crate::ceremony::{self, Dialog, PresentedCard, Signable, Signatory, ToSign};
use crate::pin::Asking;
use beid_api::ApiError;
use beid_card::{Identity, SignatureAlgorithm};
use beid_protocol::ProtocolError;
use beid_protocol::cms::Cms;
use beid_protocol::document::Document;
use beid_protocol::therlink::{Prepared, PreparedBulk, SignedContent};
use jiff::Timestamp;

/// A request whose bytes no longer change, the contents that patients sign included; only its signatures are missing.
pub(super) enum PreparedLinks {
    /// One link, which is signed.
    One(Box<Prepared>),
    /// Several, of which none need be signed.
    Several(Box<PreparedBulk>),
}

impl PreparedLinks {
    /// Lets the holder of the card sign the links that are proved by a signature, all or none, and finishes the
    /// request.
    ///
    /// # Errors
    /// As [`ceremony::sign`].
    pub(super) async fn prove(
        self,
        context: &Context,
        presented: Option<&PresentedCard>,
    ) -> Result<Document, ApiError> {
        let mut signatures = Vec::new();
        if self.contents().iter().any(Option::is_some) {
            let presented = presented.ok_or_else(|| ApiError::internal("a signature without a card"))?;
            signatures = ceremony::sign(context, presented, &self).await?.signatures;
        }
        Ok(match self {
            Self::One(prepared) => {
                let signed = signatures.into_iter().next();
                prepared.with_proof(signed.ok_or_else(|| ApiError::internal("signed nothing"))?)?
            }
            Self::Several(prepared) => prepared.with_proofs(signatures)?,
        })
    }

    /// The contents to be signed, link after link; none for a link that is proved otherwise.
    fn contents(&self) -> Vec<Option<&SignedContent>> {
        match self {
            Self::One(prepared) => vec![Some(prepared.to_sign())],
            Self::Several(prepared) => prepared.contents().collect(),
        }
    }

    /// Reads request and contents back from their bytes.
    fn summaries(&self) -> Result<LinkSummaries, ProtocolError> {
        let request = match self {
            Self::One(prepared) => prepared.request_summary()?,
            Self::Several(prepared) => prepared.request_summary()?,
        };
        let contents = self.contents().into_iter();
        let signed = contents.map(|content| content.map(SignedContent::summary).transpose());
        Ok(LinkSummaries {
            request,
            signed: signed.collect::<Result<_, _>>()?,
        })
    }
}

impl Signable for PreparedLinks {
    type Signature = Cms;

    fn prepare(
        &self,
        signatory: &Signatory,
        _algorithm: SignatureAlgorithm,
        at: Timestamp,
    ) -> Result<Vec<ToSign<Cms>>, ApiError> {
        let (certificate, authorities) = (&signatory.certificate, &signatory.authorities);
        let each = |content: &SignedContent| Ok(content.cms(certificate, authorities, at)?.into());
        self.contents().into_iter().flatten().map(each).collect()
    }

    fn dialog(&self, asking: &Asking<'_>, holder: &Identity, signatures: usize) -> Result<Dialog, ApiError> {
        dialog::dialog(&self.summaries()?, asking, holder, signatures)
    }
}
