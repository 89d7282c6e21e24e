//! Figures about the daemon, for Prometheus and its like.
//!
//! Every label has a fixed set of values: operations, error codes, words of this crate. No figure and no label is about a
//! person, a website, a card or a reader's name, and none is kept beyond the process.

mod endpoint;
mod figures;
mod text;

pub use endpoint::{MetricsEndpoint, MetricsPlace};
pub use figures::{DeskState, DialogEnd, Metrics, OperationEnd};
