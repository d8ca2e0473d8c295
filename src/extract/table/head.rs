//! The heads of tables: which columns they name, in which order.

use super::cell::{Cell, Value};
use super::label;
use super::line::{Layout as Lines, Line};
use crate::date;
use crate::knowledge::{Form, FormBlock, Knowledge, Layout, Role};
use crate::parse::fold::Page;

/// A unit has at most so many characters.
const LONGEST_UNIT: usize = 3;

/// A column that a head names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The form's column; `None` when the form has no such column.
    pub(super) column: Option<usize>,
    /// Its label as it stands in the folded text.
    pub(super) label: (usize, usize),
    /// The unit printed with it.
    pub(super) unit: Option<u16>,
    /// The year printed with it.
    pub(super) year: Option<i16>,
    /// Which line of the head it stands in.
    pub(super) line: usize,
}

/// What is known of the columns of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    /// The form's table; `None` until a column of it is named.
    pub(super) block: Option<usize>,
    /// As printed, line by line.
    pub(super) columns: Vec<Named>,
    /// Whether nobody knows the order of its columns, or whether the rows are its own.
    pub(super) unsure: bool,
}

/// What the cells of a line say about columns: for each cell that is a part of the head, the columns in it.
pub(super) struct Found {
    pub(super) block: usize,
    pub(super) columns: Vec<Named>,
    /// Whether a group of columns stands behind the total.
    pub(super) unsure: bool,
}

/// What a head's line is looked up in.
pub(super) struct Heads<'a> {
    pub(super) knowledge: &'a Knowledge,
    pub(super) page: &'a Page,
    pub(super) form: &'a Form,
}

impl Heads<'_> {
    /// The labels of a table's columns.
    pub(super) fn names<'k>(&'k self, block: &'k FormBlock) -> Vec<&'k [String]> {
        match block.layout {
            Layout::Applicants => self.knowledge.cells.applicants.iter().map(|one| one.labels.as_slice()).collect(),
            Layout::Matrix | Layout::List | Layout::Run => {
                block.columns.iter().map(|column| column.labels.as_slice()).collect()
            }
        }
    }

    /// Reads a line as a part of the head of a table; `open` is the table whose head the line before was part of.
    pub(super) fn read(&self, line: &Line, before: Option<(usize, usize)>, open: Option<usize>) -> Option<Found> {
        if line.cells.iter().any(Cell::is_number) || !self.may_be_head(line, before) {
            return None;
        }
        (0..self.form.blocks.len()).find_map(|block| self.read_as(block, line, before, open == Some(block)))
    }

    /// Whether the label of any column stands in a line: most lines are none of a head, and this is quickly seen.
    fn may_be_head(&self, line: &Line, before: Option<(usize, usize)>) -> bool {
        let Some((first, last)) = line.cells.first().zip(line.cells.last()) else { return false };
        let start = before.map_or(first.start, |before| before.0.min(first.start));
        let text = self.page.folded.text.get(start..last.end).unwrap_or_default();
        self.form.heads.is_match(label::bare(text).as_ref())
    }

    fn read_as(&self, number: usize, line: &Line, before: Option<(usize, usize)>, goes_on: bool) -> Option<Found> {
        let block = self.form.blocks.get(number)?;
        let columns = self.columns(block, line, before)?;
        let known: Vec<usize> = columns.iter().filter_map(|named| named.column).collect();
        let lone = line.layout == Lines::Lone;
        let is_head = match block.layout {
            Layout::Run => false,
            Layout::Matrix => !known.is_empty() && !self.is_row(block, line),
            Layout::Applicants => {
                // 其他 and 总计 head other tables too, and 3.其他 is a row.
                let vague = self.knowledge.cells.applicants.len().saturating_sub(2);
                let sure = known.iter().any(|column| *column < vague);
                sure || (goes_on && !known.is_empty() && columns.iter().all(|named| named.column.is_some()))
            }
            Layout::List => {
                let role = |column: &usize| block.columns.get(*column).map(|column| column.role);
                let labels = known.iter().any(|column| role(column) == Some(Role::Label));
                (goes_on && !known.is_empty()) || (labels && (lone || known.len() > 1))
            }
        };
        let unsure = block.layout == Layout::Applicants && self.is_mixed(line, &columns);
        is_head.then_some(Found { block: number, columns, unsure })
    }

    /// Whether words that fill the head stand behind the total: the columns of a group come last then.
    fn is_mixed(&self, line: &Line, columns: &[Named]) -> bool {
        let total = self.knowledge.cells.applicants.len().checked_sub(1);
        let total = columns.iter().find(|named| named.column == total).map(|named| named.label.1);
        let behind = |end: usize| line.cells.iter().any(|cell| cell.is_words() && cell.start >= end);
        let last = columns.last().map(|named| named.label.1);
        line.layout == Lines::Row && total.is_some_and(|end| Some(end) == last && behind(end))
    }

    /// The columns in a line's cells; `None` when a cell before them is something else.
    fn columns(&self, block: &FormBlock, line: &Line, before: Option<(usize, usize)>) -> Option<Vec<Named>> {
        let names = self.names(block);
        let fillers = [self.form.ignore.as_slice(), block.anchors.as_slice()];
        let is_unit = |text: &str| self.money(text).is_some();
        let read = |start: usize, end: usize| {
            let text = self.page.folded.text.get(start..end).unwrap_or_default();
            label::columns(&names, &fillers, &is_unit, text)
        };
        let whole = (line.cells.first()?.start, line.cells.last()?.end);
        let mut wholes = vec![whole];
        if line.layout == Lines::Lone {
            // A label broken over two lines: 本年新, 制作数量.
            wholes.extend(before.map(|before| (before.0, whole.1)));
        }
        if line.layout != Lines::Row {
            for (start, end) in wholes {
                let text = self.page.folded.text.get(start..end).unwrap_or_default().replace('\n', "");
                if let Some(found) = label::columns(&names, &fillers, &is_unit, &text).filter(|found| !found.is_empty())
                {
                    let named = |column| self.named(Some(column), (start, end), line);
                    return Some(found.into_iter().map(named).collect());
                }
            }
        }
        let mut columns: Vec<Named> = Vec::new();
        for cell in line.cells.iter().filter(|cell| cell.value == Value::Words) {
            let label = (cell.start, cell.end);
            match read(cell.start, cell.end) {
                Some(found) => {
                    columns.extend(found.into_iter().map(|column| self.named(Some(column), label, line)));
                }
                None if columns.is_empty() => {}
                None => columns.push(self.named(None, label, line)),
            }
        }
        self.share(&names, &mut columns);
        Some(columns)
    }

    /// Whether a cell of the line is the label of one of the table's rows.
    fn is_row(&self, block: &FormBlock, line: &Line) -> bool {
        let text = |cell: &Cell| self.page.folded.text.get(cell.start..cell.end).unwrap_or_default();
        line.cells.iter().any(|cell| !label::rows(self.form, block, &label::full(text(cell))).is_empty())
    }

    fn named(&self, column: Option<usize>, label: (usize, usize), line: &Line) -> Named {
        let text = self.page.folded.text.get(label.0..label.1).unwrap_or_default();
        Named { column, label, unit: self.unit(text), year: date::year(text).map(|(year, _)| year), line: line.block }
    }

    /// A unit of money; a count's needs no conversion.
    fn money(&self, text: &str) -> Option<u16> {
        let lexicon = &self.knowledge.lexicon;
        let (unit, found) = lexicon.unit_at(text)?;
        (found.word == text && found.classes.meets(&lexicon.classes.money)).then_some(unit)
    }

    /// The unit that a column's label ends with: 采购总金额(万元), 收费金额单位:元.
    fn unit(&self, text: &str) -> Option<u16> {
        let text = text.trim_end_matches([')', ']']);
        let inner = text.rsplit(['(', '[', ':', '/']).next().filter(|inner| inner.len() < text.len());
        let longest = || {
            let ends = text.char_indices().rev().take(LONGEST_UNIT);
            ends.filter_map(|(at, _)| self.money(text.get(at..)?)).last()
        };
        inner.and_then(|inner| self.money(inner)).or_else(longest)
    }

    /// A label that several columns share, 本年新, names them in order; seen fewer times than that it names none.
    fn share(&self, names: &[&[String]], columns: &mut [Named]) {
        let printed: Vec<String> = columns
            .iter()
            .map(|named| self.page.folded.text.get(named.label.0..named.label.1).unwrap_or_default())
            .map(|text| label::short(&label::full(text)).to_owned())
            .collect();
        for text in &printed {
            let sharing: Vec<usize> =
                (0..names.len()).filter(|at| names.get(*at).is_some_and(|labels| labels.contains(text))).collect();
            if sharing.len() < 2 {
                continue;
            }
            let all = printed.iter().filter(|other| *other == text).count() == sharing.len();
            let mut next = sharing.into_iter();
            for (named, _) in columns.iter_mut().zip(&printed).filter(|(_, other)| *other == text) {
                named.column = if all { next.next() } else { None };
            }
        }
    }
}
