//! The identities that figures must obey; see `data/checks.toml`.

use serde::Deserialize;

use super::{Catalogue, parse_toml};
use crate::model::{Level, MetricId};
use crate::number::ONE;

/// How a check compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckKind {
    /// Both sides are sums and must be equal.
    Equal,
    /// The left sum is at most the right one.
    AtMost,
    /// The left sum is at least the right one.
    AtLeast,
    /// When the left sum is zero, so is the right one.
    ZeroIfZero,
    /// Both sums are zero, or neither is.
    ZeroTogether,
    /// A list's parts against its whole.
    Parts,
    /// A printed share against the two figures that it is a share of.
    Share,
    /// The publication date against the period.
    Published,
    /// A sentence's year against the report's.
    Stale,
    /// A report against another year's or another body's.
    Copied,
}

impl CheckKind {
    /// What stands between the two sums of a check that failed, where it compares sums.
    pub fn broken(self) -> Option<&'static str> {
        match self {
            CheckKind::Equal => Some("≠"),
            CheckKind::AtMost => Some(">"),
            CheckKind::AtLeast => Some("<"),
            _ => None,
        }
    }
}

/// Over what a check runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Once for each applicant column.
    Column,
    /// Once for each metric that has applicant columns.
    Row,
    /// Once for the report, over chosen values.
    Report,
    /// Once for each list or sentence.
    Sentence,
    /// Once for two reports.
    Pair,
}

impl Scope {
    /// The published name.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Column => "column",
            Scope::Row => "row",
            Scope::Report => "report",
            Scope::Sentence => "sentence",
            Scope::Pair => "pair",
        }
    }
}

/// One identity that figures must obey; see `data/checks.toml`.
#[derive(Debug, Clone)]
pub struct CheckRule {
    /// Published name.
    pub id: String,
    /// Over what it runs.
    pub scope: Scope,
    /// hard, bound, soft or validity.
    pub severity: String,
    /// How it compares.
    pub kind: CheckKind,
    /// Forms it applies to; empty for all.
    pub forms: Vec<String>,
    /// Operands on the left.
    pub left: Vec<MetricId>,
    /// Operands on the right.
    pub right: Vec<MetricId>,
    /// Operands of the year before, added to the right: with one the check is over two years of one body.
    pub before: Vec<MetricId>,
    /// Operands of the year before, taken from the right.
    pub before_less: Vec<MetricId>,
    /// Forms that the year before must have; empty for all.
    pub before_forms: Vec<String>,
    /// Added to the right, in ten-thousandths of the operands' unit.
    pub constant: Option<i64>,
    /// Whether each operand on the left is compared by itself instead of their sum.
    pub each: bool,
    /// Levels of bodies that it applies to; empty for all.
    pub levels: Vec<Level>,
    /// It does not apply where one of these is stated.
    pub unless: Vec<MetricId>,
    /// Operands that may be missing; the others must all be stated.
    pub optional: Vec<MetricId>,
    /// Without one of these on the right the list is open, and a right side that falls short proves nothing.
    pub closed_by: Vec<MetricId>,
    /// What it means, for people.
    pub zh: String,
    /// What it means, for people.
    pub en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChecksFile {
    check: Vec<CheckEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckEntry {
    id: String,
    scope: String,
    severity: String,
    kind: String,
    #[serde(default)]
    forms: Vec<String>,
    #[serde(default)]
    left: Vec<String>,
    #[serde(default)]
    right: Vec<String>,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    before_less: Vec<String>,
    #[serde(default)]
    before_forms: Vec<String>,
    #[serde(default)]
    constant: Option<i64>,
    #[serde(default)]
    each: bool,
    #[serde(default)]
    levels: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    optional: Vec<String>,
    #[serde(default)]
    closed_by: Vec<String>,
    zh: String,
    en: String,
}

pub(super) fn load(catalogue: &Catalogue) -> Result<Vec<CheckRule>, String> {
    let file: ChecksFile = parse_toml("checks.toml", include_str!("../../data/checks.toml"))?;
    let mut checks = Vec::new();
    for entry in file.check {
        let fault = |what: &str| format!("data/checks.toml: {}: {what}", entry.id);
        let metrics = |ids: &[String]| {
            ids.iter()
                .map(|id| catalogue.find(id).ok_or_else(|| fault(&format!("no metric {id}"))))
                .collect::<Result<Vec<_>, _>>()
        };
        let scope = match entry.scope.as_str() {
            "column" => Scope::Column,
            "row" => Scope::Row,
            "report" => Scope::Report,
            "sentence" => Scope::Sentence,
            "pair" => Scope::Pair,
            _ => return Err(fault("unknown scope")),
        };
        let kind = match entry.kind.as_str() {
            "equal" => CheckKind::Equal,
            "at_most" => CheckKind::AtMost,
            "at_least" => CheckKind::AtLeast,
            "zero_if_zero" => CheckKind::ZeroIfZero,
            "zero_together" => CheckKind::ZeroTogether,
            "parts" => CheckKind::Parts,
            "share" => CheckKind::Share,
            "published" => CheckKind::Published,
            "stale" => CheckKind::Stale,
            "copied" => CheckKind::Copied,
            _ => return Err(fault("unknown kind")),
        };
        let level = |name: &String| Level::from_name(name).ok_or_else(|| fault(&format!("no level {name}")));
        checks.push(CheckRule {
            scope,
            kind,
            left: metrics(&entry.left)?,
            right: metrics(&entry.right)?,
            before: metrics(&entry.before)?,
            before_less: metrics(&entry.before_less)?,
            before_forms: entry.before_forms,
            constant: entry.constant.map(|constant| constant * ONE),
            each: entry.each,
            levels: entry.levels.iter().map(level).collect::<Result<_, _>>()?,
            unless: metrics(&entry.unless)?,
            optional: metrics(&entry.optional)?,
            closed_by: metrics(&entry.closed_by)?,
            id: entry.id,
            severity: entry.severity,
            forms: entry.forms,
            zh: entry.zh,
            en: entry.en,
        });
    }
    Ok(checks)
}
