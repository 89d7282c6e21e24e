//! Sources of cards: real readers and virtual ones. Each only reports readers and cards to the registry.

use beid_api as api;
use beid_service as service;

pub mod pcsc;
pub mod simulated;
