//! Figures in the official forms, matched by label and never by position alone.
//!
//! The page becomes lines of cells (`line`), lines become labelled rows under heads (`reader`, with `label` and `head`),
//! and each value of a row gets its column or is left without one (`settle`). This file publishes them. What no label
//! or head names is kept under the printed words as `table_unmapped`.

mod cell;
mod head;
mod label;
mod line;
mod reader;
mod settle;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Period};
use crate::knowledge::{Form, FormBlock, Knowledge, Layout, MetricKind, Role, Set};
use crate::model::{ApplicantId, Basis, Bound, MetricId, Section};
use crate::number::{self, ONE};
use crate::parse::fold::Page;
use cell::{Cell, Value};
use head::{Head, Named};
use reader::{Assembled, Reader, Row, Run};
use settle::{Place, Settled};

/// A row of more values than this is damage.
const WIDEST: usize = 64;

/// Fewer rows without values than this may be headings in prose.
const FEW_ROWS: usize = 5;

/// What a page's tables say.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) findings: Vec<Finding>,
    /// Blocks of the page that are rows although they are paragraphs: no prose.
    pub(super) paragraphs: Vec<usize>,
    /// Whether cells were glued to their labels.
    pub(super) glued: bool,
    /// Whether most rows have only their labels left.
    pub(super) lost: bool,
}

/// Reads the tables of a form.
pub(super) fn read(knowledge: &Knowledge, page: &Page, form: &Form, year: Option<i16>) -> Tables {
    let lines = line::lines(knowledge, page);
    let Assembled { heads, rows, runs, paragraphs } = Reader::new(knowledge, page, form, year).read(&lines);
    let groups = groups(knowledge, form, &rows);
    let mut publisher = Publisher { knowledge, page, year, stated_year: None, groups, findings: Vec::new() };
    let mut tables: BTreeMap<(usize, usize), Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        tables.entry((row.block, row.head)).or_default().push(row);
    }
    for ((block, head), rows) in &tables {
        let own = heads.get(*head).filter(|head| head.block == Some(*block));
        // Without a head a row is read by the form's columns, but not beside a head of its own table.
        let headed = heads.iter().any(|head| head.block == Some(*block));
        if let Some(form) = form.blocks.get(*block) {
            let stray = own.is_none() && headed && form.layout == Layout::Matrix;
            let head = own.cloned().unwrap_or_default();
            publisher.table(form, rows, &Head { unsure: head.unsure || stray, ..head });
        }
    }
    for block in form.blocks.iter().filter(|block| block.layout == Layout::Run) {
        runs.iter().for_each(|run| publisher.run(block, run));
    }
    let named = rows.iter().filter(|row| row.row.is_some());
    let empty = named.clone().filter(|row| row.cells.is_empty()).count();
    let lost = empty >= FEW_ROWS && 2 * empty > named.count();
    Tables { findings: publisher.findings, paragraphs, glued: rows.iter().any(|row| row.glued), lost }
}

/// Metrics of rows that name a group, with whether a number in such a row is the group's sum.
///
/// It is when all parts of the group have rows of their own, or when none of this group has but those of other groups
/// do. Otherwise it may belong to the part whose label was lost.
fn groups(knowledge: &Knowledge, form: &Form, rows: &[Row]) -> Vec<(MetricId, bool)> {
    let parent = |metric: &MetricId| knowledge.catalogue.metric(*metric).parent;
    let mut groups: Vec<(MetricId, usize, usize)> = Vec::new();
    for (number, block) in form.blocks.iter().enumerate().filter(|(_, block)| block.layout == Layout::Applicants) {
        let metrics: Vec<MetricId> = block.rows.iter().filter_map(|row| *row.metrics.first()?).collect();
        let read: BTreeSet<usize> = rows
            .iter()
            .filter(|row| row.block == number && row.cells.iter().any(|cell| !cell.is_blank()))
            .filter_map(|row| row.row)
            .collect();
        for group in &metrics {
            let parts: Vec<usize> =
                (0..metrics.len()).filter(|at| metrics.get(*at).and_then(parent) == Some(*group)).collect();
            let innermost = |at: &usize| !metrics.iter().any(|one| parent(one).as_ref() == metrics.get(*at));
            if !parts.is_empty() && parts.iter().all(innermost) {
                groups.push((*group, parts.len(), parts.iter().filter(|part| read.contains(part)).count()));
            }
        }
    }
    let others = |group: MetricId| groups.iter().any(|(other, _, found)| *other != group && *found > 0);
    let is_sum = |(group, parts, found): &(MetricId, usize, usize)| found == parts || (*found == 0 && others(*group));
    groups.iter().map(|group| (group.0, is_sum(group))).collect()
}

/// Where a value goes.
struct Slot {
    metric: MetricId,
    applicant: Option<ApplicantId>,
    /// Whether it is sure that it goes there.
    certain: bool,
    /// The unit that its column prints.
    unit: Option<u16>,
}

impl Slot {
    fn of(metric: MetricId) -> Slot {
        Slot { metric, applicant: None, certain: true, unit: None }
    }
}

struct Publisher<'a> {
    knowledge: &'a Knowledge,
    page: &'a Page,
    /// The report's.
    year: Option<i16>,
    /// The year that a line above the row names, when it is another.
    stated_year: Option<i16>,
    groups: Vec<(MetricId, bool)>,
    findings: Vec<Finding>,
}

impl Publisher<'_> {
    fn table(&mut self, block: &FormBlock, rows: &[&Row], head: &Head) {
        let columns = self.knowledge.cells.applicants.len();
        let of_form = |row: &Row| match (block.layout, row.row.and_then(|row| block.rows.get(row))) {
            (Layout::Matrix, Some(row)) => row.metrics.iter().rposition(Option::is_some).map_or(0, |last| last + 1),
            (Layout::Matrix, None) => block.columns.len(),
            _ => columns,
        };
        let settled = match block.layout {
            Layout::List => settle::list(block, rows, head, self.year),
            Layout::Matrix | Layout::Applicants | Layout::Run => {
                settle::columns(self.page, rows, head, (block.layout, self.year), &of_form)
            }
        };
        for row in settled {
            self.row(block, &row);
        }
    }

    fn row(&mut self, block: &FormBlock, settled: &Settled<'_>) {
        self.stated_year = settled.row.stated_year;
        let row = settled.row.row.and_then(|row| block.rows.get(row));
        let group = row.and_then(|row| *row.metrics.first()?).and_then(|metric| self.group(metric));
        let blank = settled.cells.iter().all(|(cell, _)| cell.is_blank());
        if (blank && (group.is_some() || row.is_none())) || (settled.cells.is_empty() && block.layout == Layout::List) {
            return;
        }
        if settled.cells.is_empty() {
            self.lost(block, settled);
        }
        // So many values without a place say no more one by one.
        if let ([(first, _), .., (last, _)], true) = (settled.cells.as_slice(), settled.cells.len() > WIDEST) {
            let whole = Cell { start: first.start, end: last.end, value: Value::Words };
            let metric = row.and_then(|row| row.metrics.iter().flatten().next().copied());
            self.publish(block.section, whole, &Slot::of(metric.unwrap_or(self.knowledge.cells.unlisted)));
            return;
        }
        let mut levels = Vec::new();
        for (cell, place) in &settled.cells {
            let lost = group == Some(false) || settled.row.foreign;
            let place = if lost { Place::Unsure } else { *place };
            self.cell(block, settled, (*cell, place), &mut levels);
        }
        if let Some(metric) = row.and_then(|row| *row.metrics.first()?) {
            let all = block.columns.iter().filter(|column| column.role == Role::Level).count();
            if levels.len() == all {
                self.sum_of_levels(block.section, metric, &levels);
            }
        }
        for cell in settled.rest.iter().filter(|cell| cell.is_number()) {
            self.unmapped(block, None, None, cell);
        }
    }

    fn group(&self, metric: MetricId) -> Option<bool> {
        self.groups.iter().find(|(group, _)| *group == metric).map(|(_, whole)| *whole)
    }

    fn cell(&mut self, block: &FormBlock, settled: &Settled<'_>, (cell, place): (Cell, Place), levels: &mut Vec<Cell>) {
        let row = settled.row.row.and_then(|row| block.rows.get(row));
        let named = |place: Place| match place {
            Place::Column(column) => settled.columns.iter().find(|named| named.column == Some(column)),
            Place::Unlisted(at) => settled.columns.get(at),
            Place::Unsure => None,
        };
        let unit = named(place).and_then(|named| named.unit).or(settled.row.unit);
        let role = match place {
            Place::Column(column) if block.layout == Layout::List => {
                block.columns.get(column).map(|column| column.role)
            }
            Place::Column(_) => Some(Role::Value),
            Place::Unlisted(_) | Place::Unsure => None,
        };
        let metric = match (row, place, block.layout) {
            (Some(row), Place::Column(column), Layout::Matrix) => row.metrics.get(column).copied().flatten(),
            (Some(row), _, Layout::Matrix) => row.metrics.iter().flatten().next().copied(),
            (Some(row), _, _) => row.metrics.first().copied().flatten(),
            (None, _, _) => None,
        };
        match (metric, role, place) {
            (_, Some(Role::Code | Role::Unit | Role::Label), _) => {}
            (Some(metric), Some(Role::Value), Place::Column(column)) => {
                let applicant = (block.layout == Layout::Applicants).then_some(column);
                let applicant = applicant.and_then(|at| ApplicantId::try_from(at).ok());
                self.publish(block.section, cell, &Slot { applicant, unit, ..Slot::of(metric) });
            }
            (Some(metric), None, Place::Unsure) => {
                self.publish(block.section, cell, &Slot { certain: false, ..Slot::of(metric) });
            }
            (Some(_), Some(Role::Level), _) => {
                levels.push(cell);
                self.unmapped(block, Some(settled.row), named(place), &cell);
            }
            // A cell of a row that has no metric in this column is a merged one.
            (None, Some(_), Place::Column(_)) if row.is_some() && cell.is_blank() => {}
            _ if cell.is_number() => {
                self.unmapped(block, Some(settled.row), named(place), &cell);
            }
            _ => {}
        }
    }

    /// A row of which the page has only the label: repeated lines were taken out, or the values were a picture.
    fn lost(&mut self, block: &FormBlock, settled: &Settled<'_>) {
        let row = settled.row.row.and_then(|row| block.rows.get(row));
        let (Some(row), Some((start, end))) = (row, settled.row.label) else { return };
        if settled.columns.is_empty() {
            return;
        }
        let cell = Cell { start, end, value: Value::Words };
        for metric in
            row.metrics.iter().flatten().filter(|metric| self.group(**metric).is_none()).copied().collect::<Vec<_>>()
        {
            self.publish(block.section, cell, &Slot::of(metric));
        }
    }

    /// The figure of a table that gives each level a column is their sum, and our own inference.
    fn sum_of_levels(&mut self, section: Section, metric: MetricId, levels: &[Cell]) {
        let value = |cell: &Cell| match cell.value {
            Value::Number { value, unit, .. } => {
                self.figure(cell, value, unit, &Slot::of(metric)).map(|(value, ..)| value)
            }
            Value::Zero => Some(0),
            Value::Blank | Value::NotApplicable | Value::Words => None,
        };
        let sum = levels.iter().try_fold(0_i64, |sum, cell| sum.checked_add(value(cell)?));
        if let (Some(sum), Some(first), Some(last)) = (sum, levels.first(), levels.last()) {
            let cell = Cell { start: first.start, end: last.end, value: Value::Blank };
            let mut finding = self.finding(metric, section, &cell);
            (finding.value, finding.basis) = (Some(sum), Basis::Derived);
            self.findings.push(finding);
        }
    }

    /// Publishes section IV: the last numbers in a row, exactly as many as the form has cells.
    fn run(&mut self, block: &FormBlock, run: &Run) {
        let Some(row) = block.rows.first() else { return };
        self.stated_year = run.stated_year;
        let sure = run.rows < 2 && !run.broken && !run.foreign && self.is_in_order(block, run);
        let run = run.cells.as_slice();
        let zeros = match run {
            [cell] => {
                let text = self.page.folded.text.get(cell.start..cell.end).unwrap_or_default();
                cell::glued_zeros(text, *cell, row.metrics.len())
            }
            _ => None,
        };
        let run = zeros.as_deref().unwrap_or(run);
        let metrics: Vec<MetricId> = row.metrics.iter().flatten().copied().collect();
        let certain = sure && run.len().is_multiple_of(metrics.len());
        let last = run.get(run.len().saturating_sub(metrics.len())..).unwrap_or_default();
        for (at, cell) in if certain { last } else { run }.iter().enumerate() {
            if let Some(metric) = metrics.get(if certain { at } else { 0 }) {
                self.publish(block.section, *cell, &Slot { certain, ..Slot::of(*metric) });
            }
        }
    }

    /// Whether the head of section IV, as far as it can be read, has the groups and the results in the form's order.
    fn is_in_order(&self, block: &FormBlock, run: &Run) -> bool {
        let words: Vec<Cow<'_, str>> = run
            .words
            .iter()
            .map(|(start, end)| label::full(self.page.folded.text.get(*start..*end).unwrap_or_default()))
            .collect();
        let place = |labels: &[String]| words.iter().position(|word| labels.iter().any(|label| label == word));
        [Role::Label, Role::Value].into_iter().all(|role| {
            let columns = block.columns.iter().filter(|column| column.role == role);
            columns.filter_map(|column| place(&column.labels)).is_sorted()
        })
    }

    /// Publishes what the form has no row or column for, under the words that the table prints.
    fn unmapped(&mut self, block: &FormBlock, row: Option<&Row>, column: Option<&Named>, cell: &Cell) {
        let text = |place: (usize, usize)| {
            label::full(self.page.folded.text.get(place.0..place.1).unwrap_or_default()).replace('\n', "")
        };
        // As printed; by the form's first spelling where the print is broken or glued to others.
        let spelt = |place: (usize, usize), labels: &[String]| {
            let printed = text(place);
            let known = labels.first().filter(|_| !labels.iter().any(|label| *label == label::short(&printed)));
            known.cloned().unwrap_or(printed)
        };
        let column = column.map(|named| {
            let known = named.column.and_then(|column| block.columns.get(column));
            known.map_or_else(|| text(named.label), |known| spelt(named.label, &known.labels))
        });
        let row = row.and_then(|row| {
            let known = row.row.and_then(|row| block.rows.get(row));
            known.map_or_else(|| row.label.map(text), |known| Some(spelt(row.label?, &known.labels)))
        });
        let words: Vec<String> = row.into_iter().chain(column).collect();
        let mut finding = self.finding(self.knowledge.cells.unlisted, block.section, cell);
        if let Value::Number { value, decimals, bound, unit } = cell.value {
            (finding.value, finding.decimals, finding.bound, finding.unit) = (Some(value), decimals, bound, unit);
        } else {
            (finding.value, finding.basis) = (Some(0), Basis::StatedZero);
        }
        finding.label = (!words.is_empty()).then(|| words.join(" / "));
        self.findings.push(finding);
    }

    fn publish(&mut self, section: Section, cell: Cell, slot: &Slot) {
        let mut finding = self.finding(slot.metric, section, &cell);
        finding.applicant = slot.applicant;
        (finding.value, finding.basis) = match cell.value {
            Value::Number { value, decimals, bound, unit } => match self.figure(&cell, value, unit, slot) {
                Some((value, unit, exact)) => {
                    if slot.certain {
                        (finding.decimals, finding.unit) = (decimals, unit);
                        finding.bound = if exact { bound } else { Bound::About };
                    }
                    (Some(value), if exact { Basis::Cell } else { Basis::Derived })
                }
                None => (None, Basis::Illegible),
            },
            Value::Zero => (Some(0), Basis::StatedZero),
            Value::Blank => (None, Basis::Blank),
            Value::NotApplicable => (None, Basis::NotApplicable),
            Value::Words => (None, Basis::Illegible),
        };
        if !slot.certain && finding.value.is_some() {
            (finding.value, finding.basis) = (None, Basis::AmbiguousColumn);
        }
        self.findings.push(finding);
    }

    fn finding(&self, metric: MetricId, section: Section, cell: &Cell) -> Finding {
        Finding {
            metric,
            applicant: None,
            value: None,
            bound: Bound::Exact,
            decimals: 0,
            basis: Basis::Cell,
            rule: self.knowledge.rules.other("cell"),
            section,
            stated_year: self.stated_year,
            label: None,
            span: Period::default(),
            told: Set::default(),
            unit: None,
            start: cell.start,
            end: cell.end,
        }
    }

    /// A number as a figure of its metric: whole where it counts, negative only where it is a change, in the metric's
    /// own unit. Returns the printed unit too, and whether nothing had to be rounded.
    fn figure(&self, cell: &Cell, value: i64, unit: Option<u16>, slot: &Slot) -> Option<(i64, Option<u16>, bool)> {
        let lexicon = &self.knowledge.lexicon;
        let metric = self.knowledge.catalogue.metric(slot.metric);
        let is_money = |unit: u16| lexicon.unit(unit).classes.meets(&lexicon.classes.money);
        let amount = metric.kind == MetricKind::Amount;
        let text = self.page.folded.text.get(cell.start..cell.end).unwrap_or_default();
        // 25.1万 in a column of 万元 is so many yuan: the word for 10,000 is a part of the number.
        let scaled = unit.is_none() && text.chars().next_back().and_then(number::scale_of).is_some();
        let unit = match unit {
            None if scaled && amount => lexicon.plain_money(),
            None => slot.unit.filter(|unit| amount && is_money(*unit)),
            printed => printed,
        };
        let percent = unit.is_some_and(|unit| lexicon.unit(unit).classes.meets(&lexicon.classes.percent));
        if percent || unit.is_some_and(|unit| is_money(unit) != amount) {
            return None;
        }
        let whole = value % ONE == 0 || amount;
        let signed = value >= 0 || metric.kind == MetricKind::Signed;
        let (value, exact) = self.in_own_unit(slot.metric, value, unit)?;
        (whole && signed).then_some((value, unit, exact))
    }

    /// 251000元 in a column of 万元 is 25.1; a bare number is in the metric's own unit. What is too small for four
    /// decimals is rounded, and said not to be exact.
    fn in_own_unit(&self, metric: MetricId, value: i64, unit: Option<u16>) -> Option<(i64, bool)> {
        let lexicon = &self.knowledge.lexicon;
        let own = self.knowledge.catalogue.metric(metric).unit_number;
        let Some((printed, own)) = unit.zip(own) else { return Some((value, true)) };
        let (printed, own) = (lexicon.unit(printed), lexicon.unit(own));
        let value = value.checked_mul(printed.scale)?;
        let rounded = value.checked_add(own.scale / 2)?.div_euclid(own.scale);
        Some((rounded, value % own.scale == 0))
    }
}
