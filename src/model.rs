//! The nouns that the stages hand to each other.
//!
//! Plain data: every field is public, nothing here reads a file or knows a rule.

use std::ops::Range;

/// Where a document came from: its name for people and its identity for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path below the corpus root, `/` separated.
    pub path: String,
    /// First 16 hex digits of the BLAKE3 hash of the document's bytes.
    pub report_id: String,
    /// Size of the document.
    pub bytes: u64,
    /// Where it was published, when a crawl says so.
    pub url: Option<String>,
}

impl Source {
    /// A document of these bytes.
    pub fn of(path: impl Into<String>, bytes: &[u8]) -> Source {
        Source::with_hash(path, bytes, &blake3::hash(bytes).to_hex())
    }

    /// A document of these bytes, whose hash in hexadecimal is known.
    pub fn with_hash(path: impl Into<String>, bytes: &[u8], hash: &str) -> Source {
        let report_id = hash.chars().take(16).collect();
        Source { path: path.into(), report_id, bytes: bytes.len() as u64, url: None }
    }
}

/// A byte range of [`Document::text`], always on character borders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `start..end`; documents are far smaller than 4 GiB.
    pub fn new(start: usize, end: usize) -> Span {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }

    /// The span as a range for slicing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that covers both.
    pub fn cover(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A page as a reader sees it.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The reading text, which `inspect --text` prints and all spans point into.
    pub text: String,
    /// Paragraphs and cells, sorted, not overlapping.
    pub blocks: Vec<Block>,
    /// Names and values that stand outside the text: an HTML title and its meta elements.
    pub meta: Vec<(String, String)>,
    /// Names of the files that its links lead to, where these are documents.
    pub links: Vec<String>,
}

impl Document {
    /// Adds the tables of an attached file behind the text; returns where the file's own text begins.
    pub fn attach(&mut self, attached: &Document) -> usize {
        let table = |block: &Block| match block.kind {
            BlockKind::Cell { table, .. } => table + 1,
            BlockKind::Paragraph => 0,
        };
        let tables = self.blocks.iter().map(table).max().unwrap_or(0);
        self.text.push('\n');
        let start = self.text.len();
        self.text.push_str(&attached.text);
        for block in &attached.blocks {
            if let BlockKind::Cell { table, row, col, colspan } = block.kind {
                let span = Span::new(block.span.start as usize + start, block.span.end as usize + start);
                self.blocks.push(Block { kind: BlockKind::Cell { table: table + tables, row, col, colspan }, span });
            }
        }
        start
    }

    /// The words of a span.
    pub fn words(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }
}

/// One block of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Where it stands.
    pub span: Span,
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// Running text; a heading is a short paragraph that [`crate::extract`] recognises.
    Paragraph,
    /// A cell at its first row and column in table `table`, after spans are spread out.
    Cell {
        /// Number of the table in the document.
        table: u32,
        /// Row, from 0.
        row: u32,
        /// Column, from 0.
        col: u32,
        /// How many columns it covers.
        colspan: u32,
    },
}

/// How exactly a value is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// As printed.
    Exact,
    /// 余, 多, 超过, 以上: the printed number is a floor.
    AtLeast,
    /// 约, 近, 左右: the printed number is near.
    About,
}

impl Bound {
    /// All of them.
    pub const ALL: [Bound; 3] = [Bound::Exact, Bound::AtLeast, Bound::About];

    /// The published name.
    pub fn name(self) -> &'static str {
        match self {
            Bound::Exact => "exact",
            Bound::AtLeast => "at_least",
            Bound::About => "about",
        }
    }
}

/// What a value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A number in a table cell.
    Cell,
    /// A number in a sentence.
    Sentence,
    /// A sentence that says "none".
    StatedZero,
    /// Our own inference, shown with the words it rests on.
    Derived,
    /// A reviewed correction of the overlay: `label` says why.
    Reviewed,
    /// No value: the cell is empty.
    Blank,
    /// No value: the cell says that the question does not apply.
    NotApplicable,
    /// No value: the words are there but cannot be read as a number.
    Illegible,
    /// No value: a number is there, but which column it belongs to is not certain.
    AmbiguousColumn,
}

impl Basis {
    /// All of them.
    pub const ALL: [Basis; 9] = [
        Basis::Cell,
        Basis::Sentence,
        Basis::StatedZero,
        Basis::Derived,
        Basis::Reviewed,
        Basis::Blank,
        Basis::NotApplicable,
        Basis::Illegible,
        Basis::AmbiguousColumn,
    ];

    /// The basis of a published name.
    pub fn from_name(name: &str) -> Option<Basis> {
        Basis::ALL.into_iter().find(|basis| basis.name() == name)
    }

    /// The published name.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Cell => "cell",
            Basis::Sentence => "sentence",
            Basis::StatedZero => "stated_zero",
            Basis::Derived => "derived",
            Basis::Reviewed => "reviewed",
            Basis::Blank => "blank",
            Basis::NotApplicable => "not_applicable",
            Basis::Illegible => "illegible",
            Basis::AmbiguousColumn => "ambiguous_column",
        }
    }
}

/// The part of a report that a figure stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// 概述, 总体情况.
    Overview,
    /// 主动公开.
    Disclosure,
    /// 回应解读, 咨询.
    Response,
    /// 依申请公开, fees included.
    Requests,
    /// 行政复议, 行政诉讼, 举报投诉.
    Review,
    /// 机构建设和保障经费.
    Organisation,
    /// 会议和培训.
    Meetings,
    /// 存在的问题和改进: plans and faults, no figures.
    Problems,
    /// 其他需要报告的事项.
    Other,
    /// 附表, 附件.
    Appendix,
}

impl Section {
    /// All sections with their published names.
    pub const NAMES: [(Section, &'static str); 10] = [
        (Section::Overview, "overview"),
        (Section::Disclosure, "disclosure"),
        (Section::Response, "response"),
        (Section::Requests, "requests"),
        (Section::Review, "review"),
        (Section::Organisation, "organisation"),
        (Section::Meetings, "meetings"),
        (Section::Problems, "problems"),
        (Section::Other, "other"),
        (Section::Appendix, "appendix"),
    ];

    /// The published name.
    pub fn name(self) -> &'static str {
        Section::NAMES.iter().find(|(section, _)| *section == self).map_or("other", |(_, name)| name)
    }

    /// The section of a published name.
    pub fn from_name(name: &str) -> Option<Section> {
        Section::NAMES.iter().find(|(_, known)| *known == name).map(|(section, _)| *section)
    }
}

/// Number of a metric in the catalogue.
pub type MetricId = u16;

/// Number of a rule in the catalogue.
pub type RuleId = u16;

/// The applicant column that stands for all of them, as `data/forms/applicants.toml` calls it.
pub const TOTAL: &str = "total";

/// Number of an applicant column in the catalogue; the last one is the total.
pub type ApplicantId = u8;

/// One stated value with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Which metric.
    pub metric: MetricId,
    /// Which applicant column of section III.
    pub applicant: Option<ApplicantId>,
    /// In ten-thousandths of the unit; `None` only where `basis` says why.
    pub value: Option<i64>,
    /// How exactly it is stated.
    pub bound: Bound,
    /// Digits printed after the decimal point, which set the tolerance of percentages.
    pub decimals: u8,
    /// What it rests on.
    pub basis: Basis,
    /// The part of the report.
    pub section: Section,
    /// The year that the sentence itself names when it is not the report year.
    pub stated_year: Option<i16>,
    /// Whether the wide tables use it.
    pub chosen: bool,
    /// Which rule read it.
    pub rule: RuleId,
    /// The noun as printed when the metric is a catch-all.
    pub label: Option<String>,
    /// The unit as printed, of the lexicon's.
    pub unit: Option<u16>,
    /// The words.
    pub quote: Span,
}

/// A whole and the parts that the text lists under it, as indices into the observations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The total that the list opens from.
    pub whole: usize,
    /// The listed parts.
    pub parts: Vec<usize>,
    /// Whether the list claims to be complete, so that the parts must sum to the whole.
    pub exhaustive: bool,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// An annual report.
    Report,
    /// Something else: a regulation, a notice, an index …
    NotReport,
}

/// The layout that the figures stand in, told from content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Sentences only.
    #[default]
    Narrative,
    /// A form; its number in the catalogue.
    Form(u8),
}

/// Level of the body that reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 省级.
    Province,
    /// 地级.
    Prefecture,
    /// 县级.
    County,
    /// A department of a government at any level.
    Department,
    /// 乡级.
    Township,
    /// A body outside the hierarchy.
    Other,
}

/// Whose figures a report gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of its body alone: 本级, 本机关.
    Own,
    /// Those of its body and of those below it: 汇总.
    Summary,
}

impl Scope {
    /// The scope of a published name.
    pub fn from_name(name: &str) -> Option<Scope> {
        [Scope::Own, Scope::Summary].into_iter().find(|scope| scope.name() == name)
    }

    /// The published name.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Own => "own",
            Scope::Summary => "summary",
        }
    }
}

impl Level {
    /// The level of a published name.
    pub fn from_name(name: &str) -> Option<Level> {
        let all = [Level::Province, Level::Prefecture, Level::County, Level::Department, Level::Township, Level::Other];
        all.into_iter().find(|level| level.name() == name)
    }

    /// The published name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Province => "province",
            Level::Prefecture => "prefecture",
            Level::County => "county",
            Level::Department => "department",
            Level::Township => "township",
            Level::Other => "other",
        }
    }
}

/// Whose report it is, about which year, and whether it is a report at all.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Report or not, and why.
    pub class: Option<(Class, &'static str)>,
    /// Traditional characters prevail.
    pub traditional: bool,
    /// The title as printed, blanks folded.
    pub title: Option<String>,
    /// The body as printed.
    pub issuer: Option<String>,
    /// Level of the body.
    pub level: Option<Level>,
    /// Whether it sums up the bodies below its own, when it says so.
    pub scope: Option<Scope>,
    /// The place, as a code of 2, 4, 6 or 9 digits; for a department, of its government.
    pub place: Option<u32>,
    /// Which evidence decided the place.
    pub place_basis: Option<&'static str>,
    /// Codes that remain when the place is not settled.
    pub place_candidates: Vec<u32>,
    /// The year that is reported on.
    pub year: Option<i16>,
    /// Which evidence decided the year.
    pub year_basis: Option<&'static str>,
    /// The votes that lost: evidence and year.
    pub year_conflict: Vec<(&'static str, i16)>,
    /// Publication date.
    pub published: Option<Day>,
    /// First and last day that the figures cover.
    pub period: Option<(Day, Day)>,
    /// Contact facts.
    pub contact: Contact,
}

/// A calendar day.
pub type Day = jiff::civil::Date;

/// Contact facts, as printed.
#[derive(Debug, Clone, Default)]
pub struct Contact {
    /// Telephone.
    pub phone: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// The first web address.
    pub url: Option<String>,
}
