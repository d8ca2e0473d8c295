//! Do two years of one body add up? What was carried out of one must be carried into the next.

use std::fmt::Write as _;

use super::{Sum, compare, symbol};
use crate::knowledge::{CheckRule, Knowledge, Scope};
use crate::model::{ApplicantId, Bound, MetricId};
use crate::number;
use crate::record::{CheckResult, Status};

/// A chosen figure of a published report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// In ten-thousandths.
    pub value: i64,
    /// How exact it is.
    pub bound: Bound,
    /// The n of its `observation_id`.
    pub number: u32,
}

/// Chosen figures by metric and column: those of many reports are in memory at a time, so they stand in one piece.
#[derive(Debug, Clone, Default)]
pub struct Figures(Vec<(Key, Figure)>);

/// A metric and its column.
pub type Key = (MetricId, Option<ApplicantId>);

impl Figures {
    /// Adds a figure, or puts it in the place of one with the same key.
    pub fn insert(&mut self, key: Key, figure: Figure) {
        match self.0.binary_search_by_key(&key, |(known, _)| *known) {
            Ok(at) => self.0[at].1 = figure,
            Err(at) => self.0.insert(at, (key, figure)),
        }
    }

    /// The figure of a key.
    pub fn get(&self, key: Key) -> Option<Figure> {
        let at = self.0.binary_search_by_key(&key, |(known, _)| *known).ok()?;
        self.0.get(at).map(|(_, figure)| *figure)
    }
}

impl FromIterator<(Key, Figure)> for Figures {
    fn from_iter<I: IntoIterator<Item = (Key, Figure)>>(all: I) -> Figures {
        let mut figures = Figures::default();
        all.into_iter().for_each(|(key, figure)| figures.insert(key, figure));
        figures
    }
}

/// One report as far as checks over two years are concerned.
#[derive(Debug, Clone, Default)]
pub struct Year {
    /// The report year.
    pub year: i16,
    /// The layout.
    pub format: String,
    /// Its figures that checks over two years need.
    pub figures: Figures,
}

/// Runs every check over two years on a report and on the one of the year before. Where there is none that can be
/// compared, `Err` says why, and what would have been compared is not assessable.
pub fn check(knowledge: &Knowledge, this: &Year, before: Result<&Year, &str>) -> Vec<CheckResult> {
    let fits = |forms: &[String], format: &str| forms.is_empty() || forms.iter().any(|form| form == format);
    let total = ApplicantId::try_from(knowledge.cells.applicants.len().saturating_sub(1)).unwrap_or(0);
    let mut results = Vec::new();
    for (number, rule) in knowledge.rules.checks.iter().enumerate().filter(|(_, rule)| !rule.before.is_empty()) {
        let comparable = before.map_or(true, |before| fits(&rule.before_forms, &before.format));
        if !comparable || !fits(&rule.forms, &this.format) {
            continue;
        }
        let by_column = rule.scope == Scope::Column && before.is_ok();
        let columns = if by_column { (0..=total).map(Some).collect() } else { vec![None] };
        for applicant in columns {
            let pair = Pair { knowledge, rule, this, applicant, total };
            let check = u16::try_from(number).unwrap_or(u16::MAX);
            results.extend(pair.compared(before).map(|result| CheckResult { check, ..result }));
        }
    }
    results
}

/// One comparison of two years.
struct Pair<'a> {
    knowledge: &'a Knowledge,
    rule: &'a CheckRule,
    this: &'a Year,
    applicant: Option<ApplicantId>,
    /// The applicant that stands for all where no column is asked for.
    total: ApplicantId,
}

/// Operands of one year with their sign.
type Operands<'a> = (&'a Year, &'a [MetricId], i64);

impl Pair<'_> {
    /// `None` when the later report says nothing that could be compared, or neither says anything of the other side.
    fn compared(&self, before: Result<&Year, &str>) -> Option<CheckResult> {
        let Pair { rule, this, .. } = self;
        let mut detail = String::new();
        let (left, is_said) = self.sum(&[(this, &rule.left, 1)], &mut detail);
        if !is_said {
            return None;
        }
        let (status, right) = match before {
            Ok(before) => {
                detail.push_str(symbol(rule.kind));
                let operands = [(*this, &*rule.right, 1), (before, &rule.before, 1), (before, &rule.before_less, -1)];
                let (right, is_answered) = self.sum(&operands, &mut detail);
                if !is_answered {
                    return None;
                }
                let sides = left.zip(right);
                (sides.map_or(Status::NotAssessable, |(left, right)| compare(rule.kind, left, right)), right)
            }
            Err(why) => {
                let _ = write!(detail, ": {why}");
                (Status::NotAssessable, None)
            }
        };
        if let Some(applicant) = self.applicant.and_then(|at| self.knowledge.cells.applicants.get(usize::from(at))) {
            let _ = write!(detail, " @{}", applicant.id);
        }
        let [left, right] = [left, right].map(|sum| sum.map(|sum| sum.value));
        Some(CheckResult { check: 0, status, left, right, tolerance: 0, detail })
    }

    /// Adds up one side; also says whether any of its operands is stated.
    fn sum(&self, operands: &[Operands<'_>], detail: &mut String) -> (Option<Sum>, bool) {
        let (mut sum, mut found) = (Some(Sum::NOTHING), false);
        for (year, metrics, sign) in operands {
            for metric in *metrics {
                let Some(figure) = self.figure(year, *metric) else {
                    sum = sum.filter(|_| self.rule.optional.contains(metric));
                    continue;
                };
                let separator = match sign {
                    _ if !found => "",
                    1 => " + ",
                    _ => " - ",
                };
                found = true;
                let id = self.knowledge.catalogue.metric(*metric).id;
                let _ = write!(detail, "{separator}{id}[{}]={}", figure.number, number::print(figure.value));
                if year.year != self.this.year {
                    let _ = write!(detail, " of {}", year.year);
                }
                // A lower bound that is taken away is an upper one.
                let bound = if *sign < 0 && figure.bound != Bound::Exact { Bound::About } else { figure.bound };
                sum = sum.and_then(|sum| sum.plus(sign * figure.value, bound));
            }
        }
        (sum.filter(|_| found), found)
    }

    fn figure(&self, year: &Year, metric: MetricId) -> Option<Figure> {
        let keys = [(metric, self.applicant), (metric, self.applicant.or(Some(self.total)))];
        keys.iter().find_map(|key| year.figures.get(*key))
    }
}
