//! nianbao reads Chinese government information disclosure annual reports and publishes every figure in them.
//!
//! The modules stand in the order in which data meets them; each uses only those above it.

// words
pub mod model;
pub mod medium;
pub mod record;
pub mod characters;
pub mod number;
pub mod date;
pub mod parse;
pub mod decode;
pub mod open;
pub mod knowledge;
// core: one document, no disk, no clock
pub mod identify;
pub mod extract;
pub mod check;
pub mod report;
// rim: disk, corpus, tables
pub mod error;
pub mod store;
pub mod unpack;
pub mod reader;
pub mod config;
pub mod overlay;
pub mod discover;
pub mod tabulate;
pub mod inspect;
pub mod publish;
pub mod page;
pub mod trace;
pub mod run;
