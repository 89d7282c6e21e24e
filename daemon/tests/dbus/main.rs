//! The D-Bus front and the command line, over a bus of their own, with simulated cards.

mod desk;
mod front;
