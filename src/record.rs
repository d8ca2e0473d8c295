//! What leaves the core: everything that is known about one document, or why there is nothing.

use crate::model::{Document, EncodingBasis, Format, Identity, Media, Observation, Source};

/// Outcome of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// An operand is missing or only bounded.
    NotAssessable,
}

impl Status {
    /// The published name.
    pub fn name(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Fail => "fail",
            Status::NotAssessable => "not_assessable",
        }
    }
}

/// One check that was run on a report. Amounts are in ten-thousandths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// Number of the check in the catalogue.
    pub check: u16,
    /// What happened.
    pub status: Status,
    /// The sum on the left.
    pub left: Option<i64>,
    /// The sum on the right.
    pub right: Option<i64>,
    /// How far apart they may be.
    pub tolerance: i64,
    /// The formula with the numbers of its observations.
    pub detail: String,
}

/// All that is known about one document: the unit of parallelism.
#[derive(Debug, Clone)]
pub struct Record {
    /// Where it came from.
    pub source: Source,
    /// How it was decoded, without the text.
    pub decoded: (Media, &'static str, EncodingBasis, u32),
    /// The reading text and its blocks.
    pub document: Document,
    /// Whose, when, what.
    pub identity: Identity,
    /// The layout.
    pub format: Format,
    /// Defects found, sorted.
    pub damage: Vec<&'static str>,
    /// The figures, in text order.
    pub observations: Vec<Observation>,
    /// The arithmetic.
    pub checks: Vec<CheckResult>,
}

/// Why a document could not be read: one row of rejects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The stage that gave up.
    pub stage: &'static str,
    /// A short stable code.
    pub reason: &'static str,
    /// For a person.
    pub detail: String,
}
