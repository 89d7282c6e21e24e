//! Keeps the answers of operations whose callers have left, because signatures of a card are never thrown away.

use crate::running::Keeper;
use beid_host::kept::keep;
use std::path::PathBuf;
use std::sync::Arc;

/// Returns a keeper that writes answers as JSON files under `state` and logs their paths, since their callers have
/// left.
#[must_use]
pub fn keeper(state: PathBuf) -> Keeper {
    Arc::new(move |operation, answer| {
        let name = format!("{operation}.json");
        match keep(&state, &name, answer.to_string().as_bytes()) {
            Ok(path) => tracing::warn!(
                operation,
                path = %path.display(),
                "whoever asked has left; what was signed is kept in this file"
            ),
            Err(error) => tracing::error!(operation, %error, "what was signed could not be kept"),
        }
    })
}
