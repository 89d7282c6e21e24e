//! Answers of operations whose callers have left: kept in files, because what a card has signed is not thrown away.

use crate::host::kept::keep;
use crate::service::running::Keeper;
use std::path::PathBuf;
use std::sync::Arc;

/// Keeps answers of operations, as JSON, and says in the log where: callers who have left cannot be told.
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
