//! Many records become tables.

pub mod columns;
pub mod facts;
pub mod schema;
