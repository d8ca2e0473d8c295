//! Lines without a label that is known: parts of broken labels, rows that the form does not have, heads of other tables.

use super::super::cell::Cell;
use super::super::head::Head;
use super::super::label;
use super::super::line::{Layout as Lines, Line};
use super::{Reader, Row, bordered};
use crate::number;

/// So many lines may a broken label take.
const LINES_OF_LABEL: usize = 3;

impl Reader<'_> {
    /// Reads a line of which no part is a known label.
    pub(super) fn unknown(&mut self, line: &Line) {
        if line.cells.iter().any(Cell::is_number) {
            let read = (self.in_run && self.run_row(&line.cells)) || self.behind_label(line);
            if !read {
                self.unknown_row(line);
            }
            return;
        }
        let words: Vec<&Cell> = line.cells.iter().filter(|cell| cell.is_words()).collect();
        if let Some(run) = self.out.runs.last_mut().filter(|run| self.in_run && run.cells.is_empty()) {
            run.words.extend(words.iter().map(|cell| (cell.start, cell.end)));
        }
        let ignored = |cell: &&Cell| {
            let full = label::full(self.text((cell.start, cell.end)));
            self.form.ignore.iter().any(|label| *label == full)
        };
        let units = words.iter().filter(|cell| self.is_unit_of_open(cell)).count();
        if units == words.len() {
            let place = words.first().map(|cell| (cell.start, cell.end));
            let unit = place.zip(self.open.as_ref()).and_then(|(place, open)| self.unit_of_list(place, open.block));
            self.open.iter_mut().for_each(|open| (open.units, open.unit) = (open.units + units, unit));
        } else if words.iter().all(ignored) {
            self.is_table(line);
            self.end_row();
        } else if self.continues(line) {
            self.is_table(line);
            // A unit without a number: the value is lost.
            if units > 0 {
                self.end_row();
            }
        } else if line.layout == Lines::Row && words.len() > 1 && !self.is_numbered(line) {
            self.foreign_head();
        } else {
            self.part_of_label(line);
        }
    }

    fn is_unit_of_open(&self, cell: &Cell) -> bool {
        self.open.as_ref().is_some_and(|open| self.is_unit_of_list((cell.start, cell.end), open.block))
    }

    /// Whether a line begins with a number, as rows do and heads do not.
    fn is_numbered(&self, line: &Line) -> bool {
        let first = line.cells.iter().find(|cell| cell.is_words()).map_or("", |cell| self.text((cell.start, cell.end)));
        number::after_enumerator(first).len() < first.len()
    }

    /// The head of a table that is not ours closes every table.
    fn foreign_head(&mut self) {
        self.end_row();
        self.pending.clear();
        (self.section, self.list, self.in_head) = (None, false, false);
        self.out.heads.push(Head::default());
    }

    /// Waits for the rest of a broken label.
    fn part_of_label(&mut self, line: &Line) {
        self.end_row();
        if self.completes(line) {
            self.is_table(line);
            return;
        }
        let list = self.open_block();
        let is_unit = |cell: &&Cell| list.is_some_and(|list| self.is_unit_of_list((cell.start, cell.end), list));
        let last = line.cells.iter().rfind(|cell| !is_unit(cell)).map(|cell| cell.end);
        self.pending.extend(line.cells.first().zip(last).map(|(first, last)| (first.start, last)));
        let surplus = self.pending.len().saturating_sub(LINES_OF_LABEL);
        self.pending.drain(..surplus);
        if let Some(row) = self.joined() {
            self.pending.clear();
            self.in_head = false;
            self.open = Some(row);
            self.is_table(line);
        }
    }

    /// Values between the lines of a broken label, or behind the last of them.
    fn behind_label(&mut self, line: &Line) -> bool {
        if self.fills_last(line) {
            return true;
        }
        let bare = line.cells.iter().all(|cell| !cell.is_words() || self.is_unit_of_open(cell));
        let waits = self.open.as_ref().is_some_and(|open| open.cells.is_empty() && open.units == 0);
        if self.open.is_none() || !((waits && bare) || self.continues(line)) {
            return false;
        }
        let unit =
            |cell: &Cell| self.open.as_ref().and_then(|open| self.unit_of_list((cell.start, cell.end), open.block));
        let unit = line.cells.iter().find_map(unit);
        if let Some(open) = &mut self.open {
            open.cells.extend(line.cells.iter().filter(|cell| !cell.is_words()));
            (open.units, open.unit) = (open.units + 1, unit.or(open.unit));
        }
        self.is_table(line);
        self.end_row();
        true
    }

    /// The second row of a label that was broken over two: the first has only empty cells.
    fn fills_last(&mut self, line: &Line) -> bool {
        let blank = |row: &&Row| row.line > 0 && row.cells.iter().all(Cell::is_blank);
        let waits = self.open.is_none() && self.out.rows.last().filter(blank).is_some();
        if !waits || line.layout != Lines::Row || !self.continues(line) {
            return false;
        }
        if let Some(row) = self.out.rows.last_mut() {
            row.cells = line.cells.iter().filter(|cell| !cell.is_words()).copied().collect();
            row.line = bordered(line);
        }
        true
    }

    /// A row that the form does not have: kept when it fits the table that is open.
    pub(super) fn unknown_row(&mut self, line: &Line) {
        self.end_row();
        let Some(block) = self.open_block() else { return };
        let first = line.cells.iter().position(|cell| !cell.is_words() && !cell.is_blank()).unwrap_or(0);
        let (labels, cells) = line.cells.split_at(first);
        let is_label = |cell: &&Cell| cell.is_words() && !self.is_unit_of_list((cell.start, cell.end), block);
        let label = labels.iter().rfind(is_label).map(|cell| (cell.start, cell.end));
        let columns = self.out.heads.last().map_or(0, |head| head.columns.len());
        let fits = line.layout == Lines::Row || self.list || (cells.len() > 1 && cells.len() >= columns);
        if !fits || cells.iter().any(|cell| is_label(&cell)) {
            return;
        }
        self.pending.extend(label.filter(|_| line.layout != Lines::Row));
        let mut row = match self.joined() {
            Some(row) => row,
            None => {
                let label = label.or_else(|| self.take_pending());
                self.new_row(block, None, label)
            }
        };
        (row.cells, row.line) = (cells.to_vec(), bordered(line));
        self.out.rows.push(row);
        self.pending.clear();
        self.is_table(line);
    }

    /// Whether the line ends the label of the row before, whose first half several rows share.
    fn completes(&mut self, line: &Line) -> bool {
        let Some((first, last)) = line.cells.first().zip(line.cells.last()) else { return false };
        let before = self.out.rows.last().filter(|row| row.row.is_none()).and_then(|row| row.label);
        let Some(before) = before else { return false };
        let text = format!("{}{}", self.text(before), self.text((first.start, last.end)));
        let Some((block, row)) = self.row_named(&text) else { return false };
        let Some(last) = self.out.rows.last_mut().filter(|last| last.block == block) else { return false };
        last.row = Some(row);
        true
    }

    /// The row whose label the pending lines make together.
    fn joined(&mut self) -> Option<Row> {
        let end = self.pending.last()?.1;
        let starts: Vec<usize> = self.pending.iter().rev().skip(1).map(|(start, _)| *start).collect();
        let (start, (block, row)) = starts.into_iter().find_map(|start| {
            let text = self.text((start, end)).replace('\n', "");
            Some((start, self.row_named(&text)?))
        })?;
        Some(self.new_row(block, Some(row), Some((start, end))))
    }

    /// The lines that are no label by themselves, as one label.
    pub(super) fn take_pending(&mut self) -> Option<(usize, usize)> {
        let label = self.pending.first().zip(self.pending.last()).map(|(first, last)| (first.0, last.1));
        self.pending.clear();
        label
    }

    /// Whether the line is a later part of the label of the row read last.
    fn continues(&self, line: &Line) -> bool {
        let Some(row) = self.open.as_ref().or(self.out.rows.last()).filter(|_| self.pending.is_empty()) else {
            return false;
        };
        let form = row.row.and_then(|at| self.form.blocks.get(row.block)?.rows.get(at));
        let (Some(form), Some(label)) = (form, row.label) else { return false };
        let Some(first) = line.cells.first().filter(|cell| cell.is_words()) else { return false };
        let known = label::full(self.text(label));
        let text = label::full(self.text((first.start, first.end)));
        // The rest of an instruction in brackets, or one that begins a line of its own.
        let begins = text.starts_with('(') && row.cells.is_empty();
        if begins || (known.rfind('(') > known.rfind(')') && text.contains(')')) {
            return true;
        }
        form.labels
            .iter()
            .any(|label| label.strip_prefix(known.as_ref()).is_some_and(|rest| rest.starts_with(text.as_ref())))
    }
}
