//! Suites of the crate. What both databases must do alike is asked of both.

mod backups;
mod counts;
mod damage;
mod deliveries;
mod exports;
mod files;
mod ledgers;
mod links;
mod migrations;
mod model;
mod partitions;
mod patients;
mod roles;
mod stores;
mod world;
