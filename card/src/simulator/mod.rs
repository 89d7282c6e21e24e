//! The virtual card.
