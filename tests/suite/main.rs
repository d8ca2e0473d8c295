//! All integration tests in one binary, so that polars is linked once.
#![expect(clippy::unwrap_used, clippy::float_arithmetic, reason = "a test that cannot go on should stop")]

mod binary;
mod bodies;
mod cases;
mod copies;
mod damage;
mod data;
mod disk;
mod docs;
mod excerpts;
mod forms;
mod faults;
mod identity;
mod kinds;
mod labelled;
mod nightly;
mod page;
mod panel;
mod places;
mod properties;
mod sample;
mod shards;
mod synonyms;
mod tidy;
mod trace;
mod worker;
