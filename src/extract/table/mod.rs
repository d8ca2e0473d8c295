//! Figures in the official forms, matched by label and never by position alone.
//!
//! A table reaches us as rows of cells, or as one cell a line. Rows are read in text order: a head of columns opens a
//! block, a row's own label names its metric, and the cells behind the label are its values. Where the cells do not
//! fit the columns, the values are published as `ambiguous_column` without a number.

mod cell;

use std::collections::BTreeMap;

use super::Finding;
use crate::knowledge::{Form, FormBlockKind, Knowledge, MetricKind};
use crate::model::{ApplicantId, Basis, BlockKind, Bound, MetricId, Section};
use crate::number::{self, ONE};
use crate::parse::fold::{FoldedBlock, Page};
use cell::{Cell, Value, is_glued, label, rows, trim_blanks, value};

/// A paragraph longer than this, in characters, is prose between tables.
const LONGEST_LINE: usize = 60;

/// The form that a page holds: the one of whose own labels it shows most, and at least two.
pub(super) fn form_of(knowledge: &Knowledge, page: &Page) -> Option<usize> {
    let text = page.folded.text.as_str();
    let score = |form: &Form| form.signature.iter().filter(|label| text.contains(label.as_str())).count();
    let scores = knowledge.forms.iter().map(score);
    let (best, score) = scores.enumerate().max_by_key(|(at, score)| (*score, std::cmp::Reverse(*at)))?;
    (score >= 2).then_some(best)
}

/// Reads the tables of a form.
pub(super) fn read(knowledge: &Knowledge, page: &Page, form: &Form) -> Vec<Finding> {
    let mut reader = Reader {
        knowledge,
        page,
        form,
        head: None,
        in_head: false,
        applicants: None,
        named: Vec::new(),
        applicant_rows: Vec::new(),
        last_row: None,
        cursors: vec![0; form.blocks.len()],
        run: Vec::new(),
        run_block: None,
        cumulative: None,
        findings: Vec::new(),
    };
    for row in rows(page) {
        reader.row(&row);
    }
    reader.end_row();
    reader.end_run();
    reader.end_applicants();
    reader.findings
}

/// Where the values of a row go.
#[derive(Clone)]
enum Target {
    /// One metric, one value an applicant.
    Applicants(MetricId),
    /// One metric a column of the open head.
    Columns(Vec<Option<MetricId>>),
    /// One metric, one value.
    Single(MetricId),
}

struct Reader<'a> {
    knowledge: &'a Knowledge,
    page: &'a Page,
    form: &'a Form,
    /// The matrix whose head was read last, and the columns that the head names, in printed order.
    head: Option<(usize, Vec<usize>)>,
    /// Whether the last row was still part of that head.
    in_head: bool,
    /// The applicant columns that the head names; `None` before the table begins.
    applicants: Option<Vec<usize>>,
    /// The columns that the head of section III names.
    named: Vec<usize>,
    /// Rows of section III, published together: how many values a row has is a matter of the whole table.
    applicant_rows: Vec<(MetricId, Section, Vec<Cell<'a>>)>,
    /// The row whose values are being read.
    last_row: Option<(Target, Section, Vec<Cell<'a>>)>,
    /// How far each list has been read: equal labels recur in order.
    cursors: Vec<usize>,
    /// Numbers in a row since the head of a run.
    run: Vec<Cell<'a>>,
    run_block: Option<usize>,
    /// Column of all years' figures, counted from the end of the row.
    cumulative: Option<usize>,
    findings: Vec<Finding>,
}

impl<'a> Reader<'a> {
    fn row(&mut self, blocks: &[&'a FoldedBlock]) {
        let lone = matches!(blocks, [block] if block.kind == BlockKind::Paragraph);
        let text = |block: &FoldedBlock| self.page.text(block);
        let between = |block: &&FoldedBlock| {
            let text = text(block);
            text.chars().count() > LONGEST_LINE || number::is_top_heading(text)
        };
        if lone && blocks.iter().any(between) && self.row_of(text(blocks[0])).is_none() {
            self.end_row();
            self.end_run();
            return;
        }
        let cells: Vec<Cell<'a>> =
            blocks.iter().map(|block| Cell { block, value: value(self.knowledge, self.page.text(block)) }).collect();
        let filled = cells.iter().filter(|cell| cell.value != Value::Blank);
        if filled.clone().next().is_none() {
            return;
        }
        let numeric = filled.clone().all(|cell| cell.value != Value::Words);
        if numeric {
            self.values(&cells, lone);
        } else {
            self.labels(&cells);
        }
    }

    /// A row of numbers: the run of section IV, or the values of a label that stood on a line of its own.
    fn values(&mut self, cells: &[Cell<'a>], lone: bool) {
        if let Some((_, _, values)) = &mut self.last_row
            && (lone || values.is_empty())
        {
            values.extend(cells);
            return;
        }
        if self.run_block.is_some() {
            self.run.extend(cells.iter().filter(|cell| !lone || cell.value != Value::Blank));
        }
    }

    fn labels(&mut self, cells: &[Cell<'a>]) {
        let labels: Vec<String> = cells.iter().map(|cell| label(self.page.text(cell.block))).collect();
        if self.matrix_head(&labels, cells) || self.applicant_head(&labels, cells) || self.run_head(&labels) {
            return;
        }
        let Some((at, target, section)) = self.target(&labels, cells) else {
            self.list_head(&labels);
            return;
        };
        self.end_row();
        self.end_run();
        self.in_head = false;
        let values = cells.get(at + 1..).unwrap_or_default().to_vec();
        self.last_row = Some((target, section, values));
        if cells.len() > 1 {
            self.end_row();
        }
    }

    /// A row that names columns of a matrix: 本年新制作数量 …
    fn matrix_head(&mut self, labels: &[String], cells: &[Cell<'a>]) -> bool {
        for (number, block) in self.form.blocks.iter().enumerate() {
            let FormBlockKind::Matrix { columns, rows } = &block.kind else { continue };
            let column = |label: &String| columns.iter().position(|names| names.contains(label));
            let named: Vec<usize> = labels.iter().filter_map(column).collect();
            let is_row = |label: &String| rows.iter().any(|(names, _)| names.contains(label));
            if named.is_empty() || labels.iter().any(is_row) {
                continue;
            }
            self.end_row();
            match &mut self.head {
                Some((open, columns)) if *open == number && self.in_head && cells.len() == 1 => columns.extend(named),
                _ => self.head = Some((number, named)),
            }
            self.in_head = true;
            self.applicants = None;
            return true;
        }
        false
    }

    /// A row of the head of section III: 自然人 | 法人或其他组织 | 总计.
    fn applicant_head(&mut self, labels: &[String], cells: &[Cell<'a>]) -> bool {
        let anchored = self.form.blocks.iter().any(|block| match &block.kind {
            FormBlockKind::Applicants { anchors, .. } => {
                let text =
                    |cell: &Cell<'_>| anchors.iter().any(|word| self.page.text(cell.block).contains(word.as_str()));
                cells.iter().any(text)
            }
            FormBlockKind::Matrix { .. } | FormBlockKind::Run { .. } | FormBlockKind::List { .. } => false,
        });
        let applicants = &self.knowledge.cells.applicants;
        let of_label = |label: &String| applicants.iter().position(|applicant| applicant.labels.contains(label));
        let named: Vec<usize> = labels.iter().filter_map(of_label).collect();
        // 其他 and 总计 head other tables too, and 3.其他 is a row.
        let vague = applicants.len().saturating_sub(2);
        let certain = named.iter().any(|applicant| *applicant < vague);
        let goes_on = self.applicants.as_ref().is_some_and(|known| !known.is_empty())
            && self.in_head
            && !named.is_empty()
            && cells.iter().all(|cell| matches!(cell.value, Value::Words | Value::Blank));
        if !(anchored || certain || goes_on) {
            return false;
        }
        self.end_row();
        self.head = None;
        self.in_head = true;
        let known = self.applicants.get_or_insert_with(Vec::new);
        known.extend(named);
        known.sort_unstable();
        known.dedup();
        self.named.clone_from(known);
        true
    }

    /// The head of section IV.
    fn run_head(&mut self, labels: &[String]) -> bool {
        let head = self.form.blocks.iter().position(|block| match &block.kind {
            FormBlockKind::Run { anchors, .. } => labels.iter().any(|label| anchors.contains(label)),
            FormBlockKind::Matrix { .. } | FormBlockKind::Applicants { .. } | FormBlockKind::List { .. } => false,
        });
        if head.is_some() {
            self.end_row();
            self.run_block = head;
            self.applicants = None;
            self.head = None;
        }
        head.is_some()
    }

    /// The head of a list may name a column that runs over all years.
    fn list_head(&mut self, labels: &[String]) {
        let words = &self.knowledge.cells.cumulative;
        let at = labels.iter().rposition(|label| words.iter().any(|word| label.contains(word.as_str())));
        if let Some(at) = at {
            self.cumulative = Some(labels.len() - 1 - at);
        }
    }

    /// The row that the cells belong to: the last label before the values.
    fn target(&mut self, labels: &[String], cells: &[Cell<'a>]) -> Option<(usize, Target, Section)> {
        let first_value = cells.iter().position(|cell| matches!(cell.value, Value::Number { .. } | Value::Zero));
        let candidates: Vec<usize> = (0..first_value.unwrap_or(cells.len()))
            .rev()
            .filter(|at| cells.get(*at).is_some_and(|cell| cell.value == Value::Words))
            .collect();
        for at in candidates {
            let label = labels.get(at)?;
            for (number, block) in self.form.blocks.iter().enumerate() {
                if let Some(target) = self.target_in(number, &block.kind, label) {
                    return Some((at, target, block.section));
                }
            }
        }
        None
    }

    /// Whether a line alone is the label of a row of section III: `四、结转下年度继续办理` looks like a heading.
    fn row_of(&self, text: &str) -> Option<MetricId> {
        let label = label(text);
        self.applicants.as_ref()?;
        self.form.blocks.iter().find_map(|block| match &block.kind {
            FormBlockKind::Applicants { rows, .. } => {
                rows.iter().find(|(names, _)| names.contains(&label)).map(|(_, metric)| *metric)
            }
            FormBlockKind::Matrix { .. } | FormBlockKind::Run { .. } | FormBlockKind::List { .. } => None,
        })
    }

    fn target_in(&mut self, number: usize, kind: &FormBlockKind, label: &str) -> Option<Target> {
        match kind {
            FormBlockKind::Matrix { rows, .. } => {
                let (open, columns) = self.head.as_ref()?;
                let metrics = rows
                    .iter()
                    .find(|(names, _)| names.iter().any(|name| name == label))
                    .map(|(_, metrics)| metrics)?;
                let metric = |column: &usize| metrics.get(*column).copied().flatten();
                (*open == number).then(|| Target::Columns(columns.iter().map(metric).collect()))
            }
            FormBlockKind::Applicants { rows, .. } => {
                self.applicants.as_ref()?;
                let exact = rows.iter().find(|(names, _)| names.iter().any(|name| name == label));
                let glued = || rows.iter().find(|(names, _)| names.iter().any(|name| is_glued(name, label)));
                exact.or_else(glued).map(|(_, metric)| Target::Applicants(*metric))
            }
            FormBlockKind::List { rows, .. } => {
                let named = |(names, _): &(Vec<String>, MetricId)| names.iter().any(|name| name == label);
                let cursor = self.cursors.get_mut(number)?;
                let ahead = rows.iter().skip(*cursor).position(named).map(|at| at + *cursor);
                let at = ahead.or_else(|| rows.iter().position(named))?;
                *cursor = at + 1;
                rows.get(at).map(|(_, metric)| Target::Single(*metric))
            }
            FormBlockKind::Run { .. } => None,
        }
    }

    /// Publishes the values of the open row.
    fn end_row(&mut self) {
        let Some((target, section, values)) = self.last_row.take() else { return };
        match target {
            Target::Applicants(metric) => self.applicant_rows.push((metric, section, values)),
            Target::Columns(metrics) => self.matrix_row(&metrics, section, &values),
            Target::Single(metric) => self.single(metric, section, &values),
        }
    }

    /// Publishes section III. A merged label leaves empty cells before the values of its row; the most frequent
    /// number of values tells them from values that are blank.
    fn end_applicants(&mut self) {
        let rows = std::mem::take(&mut self.applicant_rows);
        let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
        for (_, _, values) in rows.iter().filter(|(_, _, values)| !values.is_empty()) {
            *widths.entry(values.len()).or_default() += 1;
        }
        let columns = self.knowledge.cells.applicants.len();
        let most = widths.into_iter().max_by_key(|(width, rows)| (*rows, *width));
        let width = most.map_or(columns, |(width, _)| width);
        for (metric, section, values) in rows {
            self.applicant_row(metric, section, trim_blanks(&values, width.min(columns)));
        }
    }

    fn applicant_row(&mut self, metric: MetricId, section: Section, values: &[Cell<'a>]) {
        let columns = self.knowledge.cells.applicants.len();
        if values.iter().all(|cell| cell.value == Value::Blank) {
            return;
        }
        let named = self.named.clone();
        for (at, cell) in values.iter().enumerate() {
            let certain = if values.len() == columns {
                Some(at)
            } else {
                // Columns were lost: only those from the left that the head still names in the form's order are sure.
                // A head that names more columns than there are values has lost values, nobody knows which.
                let prefix = named.iter().enumerate().take_while(|(at, column)| at == *column).count();
                (at < prefix && values.len() < columns && values.len() >= named.len()).then_some(at)
            };
            let applicant = certain.and_then(|at| ApplicantId::try_from(at).ok());
            self.publish(metric, applicant, certain.is_some(), section, cell);
        }
    }

    fn matrix_row(&mut self, metrics: &[Option<MetricId>], section: Section, values: &[Cell<'a>]) {
        let width = metrics.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let values = trim_blanks(values, metrics.len());
        let certain = values.len() >= width;
        for (metric, cell) in metrics.iter().zip(values) {
            if let Some(metric) = metric {
                self.publish(*metric, None, certain, section, cell);
            }
        }
    }

    fn single(&mut self, metric: MetricId, section: Section, values: &[Cell<'a>]) {
        let skip = self.cumulative.unwrap_or(0);
        let within = values.get(..values.len().saturating_sub(skip)).unwrap_or_default();
        if let Some(cell) = within.iter().rev().find(|cell| !matches!(cell.value, Value::Words)) {
            self.publish(metric, None, true, section, cell);
        }
    }

    /// Publishes section IV: the last numbers in a row, exactly as many as the form has cells.
    fn end_run(&mut self) {
        let Some(block) = self.run_block.take().and_then(|block| self.form.blocks.get(block)) else { return };
        let FormBlockKind::Run { metrics, .. } = &block.kind else { return };
        let run = std::mem::take(&mut self.run);
        let Some(first) = run.len().checked_sub(metrics.len()) else { return };
        if !run.len().is_multiple_of(metrics.len()) {
            return;
        }
        for (metric, cell) in metrics.iter().zip(run.get(first..).unwrap_or_default()) {
            self.publish(*metric, None, true, block.section, cell);
        }
    }

    fn publish(
        &mut self,
        metric: MetricId,
        applicant: Option<ApplicantId>,
        certain: bool,
        section: Section,
        cell: &Cell<'_>,
    ) {
        let kind = self.knowledge.catalogue.metric(metric).kind;
        let (value, basis, decimals, bound, unit) = match cell.value {
            Value::Number { value, decimals, bound, unit } => {
                let value = self.in_own_unit(metric, value, unit);
                let whole = value.is_some_and(|value| value % ONE == 0) || kind == MetricKind::Amount;
                let signed = value.is_some_and(|value| value >= 0) || kind == MetricKind::Signed;
                if whole && signed {
                    (value, Basis::Cell, decimals, bound, unit)
                } else {
                    (None, Basis::Illegible, 0, Bound::Exact, None)
                }
            }
            Value::Zero => (Some(0), Basis::StatedZero, 0, Bound::Exact, None),
            Value::Blank => (None, Basis::Blank, 0, Bound::Exact, None),
            Value::NotApplicable => (None, Basis::NotApplicable, 0, Bound::Exact, None),
            Value::Words => (None, Basis::Illegible, 0, Bound::Exact, None),
        };
        let (value, basis) = match (certain, value) {
            (true, _) | (false, None) => (value, basis),
            (false, Some(_)) => (None, Basis::AmbiguousColumn),
        };
        self.findings.push(Finding {
            metric,
            applicant,
            value,
            bound,
            decimals,
            basis,
            rule: self.knowledge.rules.other("cell"),
            section,
            stated_year: None,
            label: None,
            unit,
            start: cell.block.start,
            end: cell.block.end,
        });
    }

    /// 251000元 in a column of 万元 is 25.1; a bare number is in the metric's own unit.
    fn in_own_unit(&self, metric: MetricId, value: i64, unit: Option<u16>) -> Option<i64> {
        let lexicon = &self.knowledge.lexicon;
        let own = lexicon.unit_at(self.knowledge.catalogue.metric(metric).unit);
        match (unit.map(|unit| lexicon.unit(unit)), own) {
            (Some(printed), Some((_, own))) => Some(value.checked_mul(printed.scale)? / own.scale),
            _ => Some(value),
        }
    }
}
