//! Evidence when things go wrong below it: calls of the system that fail or end the process, disks that are full, closed
//! or damaged, files of newer and older versions, and backups that are put back. All of it with the programs that ship.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what fails here fails the test; members that JSON does not have read as null"
)]

mod backups;
mod calls;
mod disks;
mod recording_desk;
mod versions;
