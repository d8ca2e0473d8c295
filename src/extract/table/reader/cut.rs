//! Cuts a line at the labels in it.

use super::super::cell::Cell;
use super::super::label;
use super::super::line::{Layout as Lines, Line};
use super::Reader;
use crate::knowledge::Layout;

/// A unit has at most so many characters.
const LONGEST_UNIT: usize = 3;

/// Without a head, a label must be this long, in characters, to begin a list.
const TELLING_LABEL: usize = 7;

/// A label found in a line, and the cells that are its values.
pub(super) struct Segment {
    pub(super) block: usize,
    pub(super) row: usize,
    pub(super) label: (usize, usize),
    pub(super) cells: Vec<Cell>,
    pub(super) units: usize,
    pub(super) unit: Option<u16>,
    pub(super) glued: bool,
}

impl Reader<'_> {
    /// Cuts a line at the labels in it.
    pub(super) fn segments(&self, line: &Line) -> Vec<Segment> {
        let mut segments: Vec<Segment> = Vec::new();
        let spaced = line.layout == Lines::Spaced;
        let mut words_from: Option<usize> = None;
        for (at, cell) in line.cells.iter().enumerate() {
            if !cell.is_words() {
                words_from = None;
                if let Some(segment) = segments.last_mut() {
                    segment.cells.push(*cell);
                }
                continue;
            }
            let first = *words_from.get_or_insert(at);
            // In text between blanks a label may be in several pieces: the fewest that make one are it.
            let from = if spaced { first } else { at };
            let starts = line.cells.get(from..=at).unwrap_or_default().iter().rev().map(|piece| piece.start);
            // The line before may be the first half of the label: 全文电子化的, 主动公开信息数.
            let waiting = self.open.as_ref().filter(|open| open.cells.is_empty()).and_then(|open| open.label);
            let half = self.pending.last().copied().or(waiting).filter(|_| at == 0 && line.layout != Lines::Row);
            let half = half.map(|(start, _)| start);
            let found = half.and_then(|start| self.whole((start, cell.end)));
            let found = found.or_else(|| starts.into_iter().find_map(|start| self.segment((start, cell.end))));
            match (found, segments.last_mut()) {
                (Some(segment), _) => segments.push(segment),
                (None, Some(segment)) => segment.cells.push(*cell),
                (None, None) => {}
            }
        }
        for segment in &mut segments {
            let units = segment.cells.iter().filter(|cell| cell.is_words());
            let units: Vec<u16> =
                units.filter_map(|cell| self.unit_of_list((cell.start, cell.end), segment.block)).collect();
            (segment.units, segment.unit) = (units.len(), units.last().copied());
            // Between borders words are a cell that cannot be read; between blanks they may be anything.
            let is_cell = |cell: &Cell| !spaced && !self.is_unit_of_list((cell.start, cell.end), segment.block);
            segment.cells.retain(|cell| !cell.is_words() || segment.glued || is_cell(cell));
        }
        segments
    }

    /// The row that a label of two lines names, exactly.
    fn whole(&self, label: (usize, usize)) -> Option<Segment> {
        let text = self.text(label).replace('\n', "");
        let text = label::full(&text);
        let (block, row) = self.row_named(&text)?;
        let labels = &self.form.blocks.get(block)?.by_label;
        let instructed = text.ends_with(')') && labels.contains_key(label::short(&text));
        let exact = labels.contains_key(text.as_ref()) || instructed;
        exact.then(|| Segment { block, row, label, cells: Vec::new(), units: 0, unit: None, glued: false })
    }

    /// The row that a label names; its values may be glued to it: 规章000.
    fn segment(&self, label: (usize, usize)) -> Option<Segment> {
        let text = self.text(label);
        if let Some((block, row)) = self.row_named(text) {
            return Some(Segment { block, row, label, cells: Vec::new(), units: 0, unit: None, glued: false });
        }
        let none = &self.knowledge.cells.none;
        let mut border = label.1;
        while let Some(last) = self.text((label.0, border)).chars().next_back() {
            let mark = last.is_ascii_digit() || matches!(last, '.' | ',' | '+' | '-' | '/');
            if !mark && !none.iter().any(|word| word.chars().eq([last])) {
                break;
            }
            border -= last.len_utf8();
        }
        if border == label.1 {
            return None;
        }
        let name = self.text((label.0, border));
        let lexicon = &self.knowledge.lexicon;
        let is_unit = |at: &usize| {
            name.get(*at..).is_some_and(|text| lexicon.unit_at(text).is_some_and(|(_, unit)| unit.word == text))
        };
        let unit = name.char_indices().rev().take(LONGEST_UNIT).map(|(at, _)| at).filter(is_unit).last();
        let names = [Some(name), unit.and_then(|at| name.get(..at))];
        let (block, row) = names.into_iter().flatten().find_map(|name| self.row_named(name))?;
        let cell = Cell::new(self.knowledge, self.page, border, label.1);
        Some(Segment { block, row, label: (label.0, border), cells: vec![cell], units: 0, unit: None, glued: true })
    }

    /// The row of an open table that a text names.
    pub(super) fn row_named(&self, text: &str) -> Option<(usize, usize)> {
        let full = label::full(text);
        for (number, block) in self.form.blocks.iter().enumerate() {
            let open = match block.layout {
                Layout::Run => false,
                Layout::Matrix | Layout::Applicants => self.section == Some(block.section),
                Layout::List => self.list || text.chars().count() >= TELLING_LABEL,
            };
            if !open {
                continue;
            }
            match label::rows(self.form, block, &full).as_slice() {
                [] => {}
                // 其他 is a row of one group only.
                [row] if self.is_vague(label::short(&full)) => {
                    return self.of_family(number, &[*row]).map(|row| (number, row));
                }
                [row] => return Some((number, *row)),
                several => return self.of_family(number, several).map(|row| (number, row)),
            }
        }
        None
    }

    /// Whether the label of a row of one group is a column's too.
    fn is_vague(&self, label: &str) -> bool {
        let applicants = &self.knowledge.cells.applicants;
        applicants.iter().rev().skip(1).any(|applicant| applicant.labels.iter().any(|name| name == label))
    }

    /// Which of several rows with one label is meant: the one in the family of the row before it.
    fn of_family(&self, block: usize, rows: &[usize]) -> Option<usize> {
        let metric = |row: usize| *self.form.blocks.get(block)?.rows.get(row)?.metrics.first()?;
        let parent = |row: usize| self.knowledge.catalogue.metric(metric(row)?).parent;
        let (_, last) = self.last.filter(|(of, _)| *of == block)?;
        let mut family = rows
            .iter()
            .filter(|row| parent(**row).is_some() && (parent(**row) == metric(last) || parent(**row) == parent(last)));
        family.next().copied().filter(|_| family.next().is_none())
    }

    pub(super) fn is_unit_of_list(&self, place: (usize, usize), block: usize) -> bool {
        self.unit_of_list(place, block).is_some()
    }

    /// The unit that a cell of a list is.
    pub(super) fn unit_of_list(&self, place: (usize, usize), block: usize) -> Option<u16> {
        let text = self.text(place);
        let (unit, found) = self.knowledge.lexicon.unit_at(text)?;
        let list = self.form.blocks.get(block).is_some_and(|block| block.layout == Layout::List);
        (list && found.word == text).then_some(unit)
    }
}
