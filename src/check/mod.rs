//! Does one report add up? Every identity of `data/checks.toml`, with the figures that it rests on.
//!
//! A check never changes a value. Where an operand is missing or only bounded it is not assessable, never a failure.

pub mod years;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::knowledge::{CheckKind, CheckRule, Knowledge, Scope};
use crate::model::{ApplicantId, Basis, Bound, Identity, MetricId, Observation, Partition};
use crate::number::{self, ONE};
use crate::record::{CheckResult, Status};

/// Bytes of a usual detail.
const DETAIL: usize = 128;

/// One hundred percent in ten-thousandths.
const HUNDRED: i64 = 100 * ONE;

/// Runs every check on one report.
pub fn check(
    knowledge: &Knowledge,
    format: &str,
    identity: &Identity,
    observations: &[Observation],
    partitions: &[Partition],
) -> Vec<CheckResult> {
    let figures = Figures::new(knowledge, identity, observations, partitions);
    let mut results = Vec::new();
    for (number, rule) in knowledge.rules.checks.iter().enumerate() {
        let of_form = rule.forms.is_empty() || rule.forms.iter().any(|form| form == format);
        let of_level = rule.levels.is_empty() || identity.level.is_some_and(|level| rule.levels.contains(&level));
        let spared = rule.unless.iter().any(|metric| figures.operand(*metric, None).is_some());
        if !of_form || !of_level || spared {
            continue;
        }
        let check = u16::try_from(number).unwrap_or(u16::MAX);
        results.extend(figures.run(rule).into_iter().map(|outcome| outcome.result(check)));
    }
    results
}

/// No observation has this number.
const NOTHING: u32 = u32::MAX;

/// The place of what a check asks for among all metrics without applicants, and then with each of them.
fn place(metrics: usize, metric: MetricId, applicant: Option<ApplicantId>) -> usize {
    applicant.map_or(0, |applicant| usize::from(applicant) + 1) * metrics + usize::from(metric)
}

struct Figures<'a> {
    knowledge: &'a Knowledge,
    identity: &'a Identity,
    observations: &'a [Observation],
    partitions: &'a [Partition],
    /// The chosen observation of each metric and applicant, or the first one, which says why there is no value: by
    /// [`place`], and [`NOTHING`] where there is none.
    operands: Vec<u32>,
    /// The whole of the first list that an observation is a part of.
    wholes: BTreeMap<usize, usize>,
}

/// Both sides of a check.
struct Outcome {
    status: Status,
    left: Option<i64>,
    right: Option<i64>,
    tolerance: i64,
    detail: String,
}

impl Outcome {
    fn result(self, check: u16) -> CheckResult {
        let Outcome { status, left, right, tolerance, detail } = self;
        CheckResult { check, status, left, right, tolerance, detail }
    }
}

/// A sum of figures that may be bounded from one side only.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sum {
    value: i64,
    /// The true value may be larger.
    open_above: bool,
    /// The true value may be smaller.
    open_below: bool,
}

impl<'a> Figures<'a> {
    fn new(
        knowledge: &'a Knowledge,
        identity: &'a Identity,
        observations: &'a [Observation],
        partitions: &'a [Partition],
    ) -> Figures<'a> {
        let metrics = knowledge.catalogue.metrics.len();
        let mut operands = vec![NOTHING; metrics * (knowledge.cells.applicants.len() + 1)];
        for (at, one) in (0..).zip(observations) {
            let Some(operand) = operands.get_mut(place(metrics, one.metric, one.applicant)) else { continue };
            let is_better = one.chosen && observations.get(*operand as usize).is_some_and(|known| !known.chosen);
            if *operand == NOTHING || is_better {
                *operand = at;
            }
        }
        let mut wholes = BTreeMap::new();
        for partition in partitions {
            for part in &partition.parts {
                wholes.entry(*part).or_insert(partition.whole);
            }
        }
        Figures { knowledge, identity, observations, partitions, operands, wholes }
    }

    fn run(&self, rule: &CheckRule) -> Vec<Outcome> {
        match (rule.kind, rule.scope) {
            (CheckKind::Parts, _) => self.partitions.iter().map(|partition| self.parts(partition)).collect(),
            (CheckKind::Share, _) => self.shares(),
            (CheckKind::Published, _) => self.published().into_iter().collect(),
            (CheckKind::Stale, _) => self.stale(),
            // Two reports are compared where all of them are known.
            (CheckKind::Copied, _) | (_, Scope::Pair) => Vec::new(),
            _ if !rule.before.is_empty() => Vec::new(),
            (_, Scope::Row) => self.rows(),
            (_, Scope::Column) => {
                self.applicants().filter_map(|applicant| self.compared(rule, Some(applicant))).collect()
            }
            (_, Scope::Report | Scope::Sentence) => self.compared(rule, None).into_iter().collect(),
        }
    }

    /// One comparison: of both sums, or of each operand on the left, where the worst speaks for all.
    fn compared(&self, rule: &CheckRule, applicant: Option<ApplicantId>) -> Option<Outcome> {
        if !rule.each {
            return self.sums(rule, &rule.left, applicant);
        }
        let each = rule.left.iter().filter_map(|metric| self.sums(rule, std::slice::from_ref(metric), applicant));
        let badness = |outcome: &Outcome| match outcome.status {
            Status::Fail => 0,
            Status::NotAssessable => 1,
            Status::Pass => 2,
        };
        each.min_by_key(badness)
    }

    fn applicants(&self) -> impl Iterator<Item = ApplicantId> {
        0..ApplicantId::try_from(self.knowledge.cells.applicants.len()).unwrap_or(0)
    }

    fn operand(&self, metric: MetricId, applicant: Option<ApplicantId>) -> Option<(usize, &Observation)> {
        let place = place(self.knowledge.catalogue.metrics.len(), metric, applicant);
        let at = *self.operands.get(place)? as usize;
        self.observations.get(at).map(|observation| (at, observation))
    }

    /// Compares two sums; `None` when nothing of the check is in the report.
    fn sums(&self, rule: &CheckRule, left: &[MetricId], applicant: Option<ApplicantId>) -> Option<Outcome> {
        let mut detail = String::with_capacity(DETAIL);
        let (left, left_found) = self.sum(rule, left, applicant, &mut detail);
        if !left_found {
            return None;
        }
        detail.push_str(symbol(rule.kind));
        let (mut right, mut right_found) = self.sum(rule, &rule.right, applicant, &mut detail);
        if let Some(constant) = rule.constant {
            right = right
                .or(rule.right.is_empty().then_some(Sum::NOTHING))
                .and_then(|sum| sum.plus(constant, Bound::Exact));
            right_found |= rule.right.is_empty();
            number::append(&mut detail, constant);
        }
        if !right_found {
            return None;
        }
        if let Some(applicant) = applicant.and_then(|at| self.knowledge.cells.applicants.get(usize::from(at))) {
            let _ = write!(detail, " @{}", applicant.id);
        }
        let status = match (left, right) {
            (Some(left), Some(right)) => self.compare(rule, left, right),
            _ => Status::NotAssessable,
        };
        Some(Outcome {
            status,
            left: left.map(|sum| sum.value),
            right: right.map(|sum| sum.value),
            tolerance: 0,
            detail,
        })
    }

    fn compare(&self, rule: &CheckRule, left: Sum, right: Sum) -> Status {
        // A list that is not closed may be short of its total for good reason.
        let short = left.value > right.value && !rule.closed_by.is_empty();
        let open = short && rule.closed_by.iter().all(|metric| self.operand(*metric, None).is_none());
        if open { Status::NotAssessable } else { compare(rule.kind, left, right) }
    }

    /// Adds up one side. Blank cells count as nothing where some other operand is printed.
    fn sum(
        &self,
        rule: &CheckRule,
        metrics: &[MetricId],
        applicant: Option<ApplicantId>,
        detail: &mut String,
    ) -> (Option<Sum>, bool) {
        let mut sum = Some(Sum::NOTHING);
        let (mut found, mut blanks) = (false, false);
        for metric in metrics {
            let operand = self.operand(*metric, applicant);
            let value = operand.and_then(|(_, observation)| observation.value);
            let blank = operand.is_some_and(|(_, observation)| observation.basis == Basis::Blank);
            match (operand, value) {
                (Some((at, observation)), Some(value)) => {
                    found = true;
                    let separator = if detail.is_empty() || detail.ends_with(' ') { "" } else { " + " };
                    let id = self.knowledge.catalogue.metric(*metric).id;
                    detail.push_str(separator);
                    tell(detail, id, at, value);
                    sum = sum.and_then(|sum| sum.plus(value, observation.bound));
                }
                _ if blank => blanks = true,
                _ if rule.optional.contains(metric) => {}
                _ => sum = None,
            }
        }
        if blanks && found {
            detail.push_str(" + blank");
        }
        (sum.filter(|_| found), found)
    }

    /// The total column against the other columns, for every metric that has them.
    fn rows(&self) -> Vec<Outcome> {
        let Some(total) = self.applicants().last() else { return Vec::new() };
        let mut metrics: Vec<MetricId> = self
            .observations
            .iter()
            .filter(|observation| observation.basis == Basis::Cell && observation.applicant.is_some())
            .map(|observation| observation.metric)
            .collect();
        metrics.sort_unstable();
        metrics.dedup();
        metrics.into_iter().filter_map(|metric| self.row(metric, total)).collect()
    }

    fn row(&self, metric: MetricId, total: ApplicantId) -> Option<Outcome> {
        let (at, whole) = self.operand(metric, Some(total))?;
        let left = whole.value?;
        let id = self.knowledge.catalogue.metric(metric).id;
        let mut detail = String::with_capacity(DETAIL);
        tell(&mut detail, &format!("{id}@total"), at, left);
        detail.push_str(" =");
        let mut right = Some(0_i64);
        for applicant in 0..total {
            let name = &self.knowledge.cells.applicants[usize::from(applicant)].id;
            match self.operand(metric, Some(applicant)) {
                Some((at, observation)) if observation.value.is_some() => {
                    let value = observation.value.unwrap_or(0);
                    let plus = if detail.ends_with('=') { "" } else { " +" };
                    detail.push_str(plus);
                    detail.push(' ');
                    tell(&mut detail, name, at, value);
                    right = right.and_then(|sum| sum.checked_add(value));
                }
                Some((_, observation)) if observation.basis == Basis::Blank => {}
                _ => right = None,
            }
        }
        let status = match right {
            Some(right) if right == left => Status::Pass,
            Some(_) => Status::Fail,
            None => Status::NotAssessable,
        };
        Some(Outcome { status, left: Some(left), right, tolerance: 0, detail })
    }

    /// A list's parts sum to its whole, or to no more where the list is open.
    fn parts(&self, partition: &Partition) -> Outcome {
        let name = |at: usize| {
            let observation = &self.observations[at];
            let value = observation.value.map_or_else(String::new, number::print);
            format!("{}[{at}]={value}", self.knowledge.catalogue.metric(observation.metric).id)
        };
        let bounded = |at: usize| self.observations[at].bound != Bound::Exact;
        let sum = partition.parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(self.observations[*part].value?));
        let whole = self.observations[partition.whole].value;
        let any_bounded = bounded(partition.whole) || partition.parts.iter().any(|part| bounded(*part));
        let status = match (sum, whole) {
            (Some(sum), Some(whole)) if sum == whole => Status::Pass,
            (Some(_), Some(_)) if any_bounded => Status::NotAssessable,
            (Some(sum), Some(whole)) if sum < whole && !partition.exhaustive => Status::Pass,
            (Some(_), Some(_)) => Status::Fail,
            _ => Status::NotAssessable,
        };
        let parts: Vec<String> = partition.parts.iter().map(|part| name(*part)).collect();
        let symbol = if partition.exhaustive { "=" } else { ">=" };
        let detail = format!("{} {symbol} {}", name(partition.whole), parts.join(" + "));
        Outcome { status, left: whole, right: sum, tolerance: 0, detail }
    }

    /// A share of a category against the category and the whole of its list.
    fn shares(&self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        // The last figure of each metric so far: a share speaks of the nearest one before it.
        let mut last: BTreeMap<MetricId, usize> = BTreeMap::new();
        for (at, share) in self.observations.iter().enumerate() {
            last.insert(share.metric, at);
            let id = self.knowledge.catalogue.metric(share.metric).id;
            let Some(part_id) = id.strip_suffix("_pct").and_then(|id| self.knowledge.catalogue.find(id)) else {
                continue;
            };
            let Some(part) = last.get(&part_id) else { continue };
            if let Some(whole) = self.wholes.get(part) {
                outcomes.extend(self.share((at, share), *part, *whole));
            }
        }
        outcomes
    }

    fn share(&self, (at, share): (usize, &Observation), part: usize, whole: usize) -> Option<Outcome> {
        let printed = share.value?;
        let (numerator, denominator) = (self.observations[part].value?, self.observations[whole].value?);
        if denominator == 0 {
            return None;
        }
        let ratio = i128::from(numerator) * i128::from(HUNDRED) / i128::from(denominator);
        let ratio = i64::try_from(ratio).ok()?;
        // One unit of the last printed digit: rounding, truncation and slips all occur.
        let tolerance = ONE / 10_i64.pow(u32::from(share.decimals));
        let exact = [part, whole].iter().all(|at| self.observations[*at].bound == Bound::Exact);
        let status = match (ratio - printed).abs() <= tolerance {
            _ if !exact || share.bound != Bound::Exact => Status::NotAssessable,
            true => Status::Pass,
            false => Status::Fail,
        };
        let metric = |at: usize| self.knowledge.catalogue.metric(self.observations[at].metric).id;
        let detail = format!("{}[{at}] = {}[{part}] / {}[{whole}]", metric(at), metric(part), metric(whole));
        Some(Outcome { status, left: Some(printed), right: Some(ratio), tolerance, detail })
    }

    /// Published after the end of the period, or of the report year when no period is stated. In days.
    fn published(&self) -> Option<Outcome> {
        let published = self.identity.published?;
        let end = match (self.identity.period, self.identity.year) {
            (Some((_, end)), _) => end,
            (None, Some(year)) => crate::model::Day::new(year, 12, 31).ok()?,
            (None, None) => return None,
        };
        let status = if published > end { Status::Pass } else { Status::Fail };
        let days = |day: crate::model::Day| {
            let epoch = jiff::civil::date(1970, 1, 1);
            i64::from(day.since(epoch).map_or(0, |span| span.get_days())) * ONE
        };
        let detail = format!("published {published} > period end {end}");
        Some(Outcome { status, left: Some(days(published)), right: Some(days(end)), tolerance: 0, detail })
    }

    /// Every figure whose sentence names another year.
    fn stale(&self) -> Vec<Outcome> {
        let Some(year) = self.identity.year else { return Vec::new() };
        let stale = self.observations.iter().enumerate().filter_map(|(at, observation)| {
            let named = observation.stated_year?;
            let id = self.knowledge.catalogue.metric(observation.metric).id;
            Some(Outcome {
                status: Status::Fail,
                left: Some(i64::from(named) * ONE),
                right: Some(i64::from(year) * ONE),
                tolerance: 0,
                detail: format!("{id}[{at}] names {named}, the report is about {year}"),
            })
        });
        stale.collect()
    }
}

/// Writes a figure with the observation that states it: `requests_received[12]=3`.
fn tell(detail: &mut String, name: &str, at: usize, value: i64) {
    detail.push_str(name);
    detail.push('[');
    number::append_whole(detail, at as u64);
    detail.push_str("]=");
    number::append(detail, value);
}

/// What a comparison of two sums proves, when either may be bounded from one side only.
fn compare(kind: CheckKind, left: Sum, right: Sum) -> Status {
    let certainly_above = left.value > right.value && !left.open_below && !right.open_above;
    let certainly_below = left.value < right.value && !left.open_above && !right.open_below;
    let bounded = left.open_above || left.open_below || right.open_above || right.open_below;
    match kind {
        CheckKind::AtMost if certainly_above => Status::Fail,
        CheckKind::AtLeast if certainly_below => Status::Fail,
        CheckKind::AtMost if left.value <= right.value => Status::Pass,
        CheckKind::AtLeast if left.value >= right.value => Status::Pass,
        CheckKind::Equal if certainly_above || certainly_below => Status::Fail,
        CheckKind::Equal if left.value == right.value && !bounded => Status::Pass,
        CheckKind::ZeroIfZero | CheckKind::ZeroTogether if bounded => Status::NotAssessable,
        CheckKind::ZeroIfZero if left.value != 0 || right.value == 0 => Status::Pass,
        CheckKind::ZeroTogether if (left.value == 0) == (right.value == 0) => Status::Pass,
        CheckKind::ZeroIfZero | CheckKind::ZeroTogether => Status::Fail,
        _ => Status::NotAssessable,
    }
}

/// How a comparison is written between its sides.
fn symbol(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::AtMost => " <= ",
        CheckKind::AtLeast => " >= ",
        CheckKind::ZeroIfZero => " zero, then zero ",
        CheckKind::ZeroTogether => " zero like ",
        _ => " = ",
    }
}

impl Sum {
    const NOTHING: Sum = Sum { value: 0, open_above: false, open_below: false };

    fn plus(self, value: i64, bound: Bound) -> Option<Sum> {
        Some(Sum {
            value: self.value.checked_add(value)?,
            open_above: self.open_above || bound != Bound::Exact,
            open_below: self.open_below || bound == Bound::About,
        })
    }
}
