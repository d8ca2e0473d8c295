//! What leaves the core: everything that is known about one document, or why there is nothing.

use crate::medium::Decoding;
use crate::model::{Document, Format, Identity, Observation, Source};

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
    /// All of them.
    pub const ALL: [Status; 3] = [Status::Pass, Status::Fail, Status::NotAssessable];

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
    /// How it was decoded.
    pub decoding: Decoding,
    /// The reading text and its blocks.
    pub document: Document,
    /// Files beside it whose tables stand behind its text.
    pub attached: Vec<Attached>,
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

/// A file whose tables are a report's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Its path.
    pub path: String,
    /// Where in the report's text its own begins, in bytes.
    pub start: usize,
}

impl Record {
    /// The attached file that a place in the text belongs to.
    pub fn attached_at(&self, place: usize) -> Option<&Attached> {
        self.attached.iter().rev().find(|attached| attached.start <= place)
    }
}

/// Why a document could not be read: one row of rejects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The stage that gave up.
    pub stage: &'static str,
    /// Why, for a program.
    pub reason: Reason,
    /// For a person.
    pub detail: String,
}

/// Why a document could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Reason {
    /// The disk refuses, or the file is damaged.
    Unreadable,
    /// Larger than the configuration allows, or than its kind can be.
    TooLarge,
    /// There are no words in it.
    Empty,
    /// Neither text nor a document.
    Binary,
    /// Pictures of words.
    NeedsOcr,
    /// Protected by a password.
    Encrypted,
    /// Reading it took too long.
    Timeout,
    /// Reading it took more memory than it may, or ended the process that read it.
    Crashed,
    /// It met a fault of this program.
    Panic,
    /// A container that unpacks to more than it may.
    Bomb,
    /// A container in a container in a container.
    Nested,
    /// A container, and the configuration says not to look into these.
    Archive,
    /// A table without a column of texts.
    NoText,
    /// A symbolic link.
    Symlink,
    /// A pipe, socket or device.
    NotAFile,
    /// A link that leads back.
    Loop,
}

impl Reason {
    /// Whether the next reading of the same bytes may end otherwise.
    pub fn is_passing(self) -> bool {
        matches!(self, Reason::Unreadable | Reason::Timeout | Reason::Crashed | Reason::Panic)
    }

    /// The published name.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Unreadable => "unreadable",
            Reason::TooLarge => "too_large",
            Reason::Empty => "empty",
            Reason::Binary => "binary",
            Reason::NeedsOcr => "needs_ocr",
            Reason::Encrypted => "encrypted",
            Reason::Timeout => "timeout",
            Reason::Crashed => "crashed",
            Reason::Panic => "panic",
            Reason::Bomb => "bomb",
            Reason::Nested => "nested",
            Reason::Archive => "archive",
            Reason::NoText => "no_text",
            Reason::Symlink => "symlink",
            Reason::NotAFile => "not_a_file",
            Reason::Loop => "loop",
        }
    }
}
