//! Assembles rows: which label the values belong to, under which head.
//!
//! A label and its values may stand in one line, or the values in the lines below it, one each or all together. A head
//! opens a table, a heading of another section or the head of another table closes it.

mod cut;
mod origin;
mod unknown;

use super::cell::{Cell, Value, trim_blanks};
use super::head::{Found, Head, Heads};
use super::label;
use super::line::{Layout as Lines, Line, heading};
use crate::knowledge::{Form, Knowledge, Layout};
use crate::model::Section;
use crate::parse::fold::Page;
use cut::Segment;

/// Values with what is known of their label.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The form's table.
    pub(super) block: usize,
    /// The form's row; `None` when it has no such row.
    pub(super) row: Option<usize>,
    /// The label as it stands in the folded text; `None` when it is lost.
    pub(super) label: Option<(usize, usize)>,
    /// Which of the heads it stands under.
    pub(super) head: usize,
    pub(super) cells: Vec<Cell>,
    /// How many cells its line has; 0 where no borders stand between the cells, so that empty ones leave no trace.
    pub(super) line: usize,
    /// Units printed among the values: how many, and the last of them.
    pub(super) units: usize,
    pub(super) unit: Option<u16>,
    /// Whether the values stood one a line: those of a row whose label was lost then follow without a border.
    pub(super) lone: bool,
    /// Whether the values are glued to the label: nobody knows how many they are.
    pub(super) glued: bool,
    /// The year that a line above the table names, when it is not the report's.
    pub(super) stated_year: Option<i16>,
    /// Whether it stands under the title of another body's report.
    pub(super) foreign: bool,
}

/// A table that is one row of cells.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The values in order.
    pub(super) cells: Vec<Cell>,
    /// Where the words of its head stand.
    pub(super) words: Vec<(usize, usize)>,
    /// Cells of the first line with values, when it has borders: what is no such line is no part of the table.
    pub(super) width: usize,
    /// Whole rows of values; of several nobody knows which is the year's.
    pub(super) rows: usize,
    /// Whether values stand behind words of their own, or words among them.
    pub(super) broken: bool,
    /// Whether it stands under the title of another body's report.
    pub(super) foreign: bool,
    /// The year that a line above the table names, when it is not the report's.
    pub(super) stated_year: Option<i16>,
}

/// Everything that a page's tables hold, before columns are settled.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Row>,
    /// The tables of section IV.
    pub(super) runs: Vec<Run>,
    /// Blocks of the page that are rows of a table although they are paragraphs.
    pub(super) paragraphs: Vec<usize>,
}

pub(super) struct Reader<'a> {
    knowledge: &'a Knowledge,
    page: &'a Page,
    form: &'a Form,
    /// The section whose tables are being read.
    section: Option<Section>,
    /// Whether a list is being read.
    list: bool,
    /// Whether the last line was part of a head.
    in_head: bool,
    /// The label before values that stand in lines of their own.
    open: Option<Row>,
    /// Lines that are no label by themselves: parts of a broken one, or of a row that the form does not have.
    pending: Vec<(usize, usize)>,
    /// The list's row that was read last: labels recur, and the family tells which is meant.
    last: Option<(usize, usize)>,
    /// Whether the values of section IV are being read.
    in_run: bool,
    /// The report's year, and another one that a line names: the tables below it are of that year.
    year: Option<i16>,
    stated_year: Option<i16>,
    /// The body in the title of the report, and whether a title of another body's stands above.
    body: Option<String>,
    foreign: bool,
    out: Assembled,
}

impl<'a> Reader<'a> {
    pub(super) fn new(knowledge: &'a Knowledge, page: &'a Page, form: &'a Form, year: Option<i16>) -> Reader<'a> {
        Reader {
            knowledge,
            page,
            form,
            section: None,
            list: false,
            in_head: false,
            open: None,
            pending: Vec::new(),
            last: None,
            in_run: false,
            year,
            stated_year: None,
            body: None,
            foreign: false,
            out: Assembled { heads: vec![Head::default()], ..Assembled::default() },
        }
    }

    pub(super) fn read(mut self, lines: &[Line]) -> Assembled {
        for line in lines {
            self.line(line);
        }
        self.end_row();
        self.drop_ends();
        self.out
    }

    /// Where a border stands behind the last cell of every row too, the empty cell behind it is none.
    fn drop_ends(&mut self) {
        let rows = || self.out.rows.iter().filter(|row| row.lone && !row.cells.is_empty());
        let ended = rows().filter(|row| row.cells.last().is_some_and(Cell::is_blank)).count();
        if ended == 0 || 10 * ended < 9 * rows().count() {
            return;
        }
        let lone = self.out.rows.iter_mut().filter(|row| row.lone).map(|row| &mut row.cells);
        for cells in lone.chain(self.out.runs.iter_mut().map(|run| &mut run.cells)) {
            if cells.last().is_some_and(Cell::is_blank) {
                cells.pop();
            }
        }
    }

    fn line(&mut self, line: &Line) {
        self.border(line);
        self.year_of(line);
        self.title_of(line);
        let segments = self.segments(line);
        if segments.is_empty()
            && let Some(text) = heading(self.page, line)
        {
            self.open_section(text);
            return;
        }
        if line.layout == Lines::Prose {
            self.end_row();
            self.pending.clear();
            self.list = false;
            return;
        }
        if line.cells.iter().all(|cell| !cell.is_words()) {
            self.values(line);
            return;
        }
        let before = self.pending.last().copied().or(self.last_of_head(line));
        let heads = Heads { knowledge: self.knowledge, page: self.page, form: self.form };
        let open = self.out.heads.last().and_then(|head| head.block).filter(|_| self.in_head);
        if let Some(found) = heads.read(line, before, open) {
            self.head(line, found, before);
        } else if self.opens(line) {
            self.end_row();
        } else if segments.is_empty() {
            self.unknown(line);
        } else {
            self.rows(line, segments);
        }
    }

    /// A border right before the next label: the last cell of the row is empty.
    fn border(&mut self, line: &Line) {
        let Some(cell) = line.cells.first().filter(|cell| line.parted && cell.is_words()) else { return };
        let blank = Cell { start: cell.start, end: cell.start, value: Value::Blank };
        let block = self.open.as_ref().map(|open| open.block);
        if block.is_some_and(|block| self.is_unit_of_list((cell.start, cell.end), block)) {
            return;
        }
        match &mut self.open {
            Some(open) => open.cells.push(blank),
            None if self.in_run => {
                if let Some(run) = self.out.runs.last_mut().filter(|run| !run.cells.is_empty()) {
                    run.cells.push(blank);
                }
            }
            None => {}
        }
    }

    /// The label of the column named last, when that may be the first half of a label that this line ends.
    fn last_of_head(&self, line: &Line) -> Option<(usize, usize)> {
        if !self.in_head || line.layout != Lines::Lone {
            return None;
        }
        self.out.heads.last()?.columns.last().map(|named| named.label)
    }

    fn text(&self, (start, end): (usize, usize)) -> &'a str {
        self.page.folded.text.get(start..end).unwrap_or_default()
    }

    /// A heading opens the section that it names, and closes every other.
    fn open_section(&mut self, text: &str) {
        let name = text.split(['。', ':']).next().unwrap_or(text);
        self.end_row();
        // A list has headings of its own.
        if self.list || self.form.ignore.iter().any(|label| label::full(name).starts_with(label)) {
            return;
        }
        self.pending.clear();
        self.in_head = false;
        self.section = self.knowledge.catalogue.section_of(name);
        self.in_run = self.has(Layout::Run);
        if self.in_run {
            self.out.runs.push(Run { stated_year: self.stated_year, foreign: self.foreign, ..Run::default() });
        }
        self.out.heads.push(Head::default());
    }

    /// Whether the open section has a table of this layout.
    fn has(&self, layout: Layout) -> bool {
        self.form.blocks.iter().any(|block| block.layout == layout && Some(block.section) == self.section)
    }

    /// A line with words that only one table has opens its section.
    fn opens(&mut self, line: &Line) -> bool {
        let Some((first, last)) = line.cells.first().zip(line.cells.last()) else { return false };
        let text = self.text((first.start, last.end));
        let block = self.form.blocks.iter().find(|block| {
            block.layout != Layout::List && block.anchors.iter().any(|anchor| text.contains(anchor.as_str()))
        });
        let Some(block) = block.filter(|_| !line.cells.iter().any(Cell::is_number)) else { return false };
        let goes_on = self.in_head && self.section == Some(block.section);
        self.section = Some(block.section);
        let is_run = block.layout == Layout::Run;
        // A head behind values is that of another table.
        let goes_on_run = self.in_run && self.out.runs.last().is_some_and(|run| run.cells.is_empty());
        if is_run && !goes_on_run {
            self.out.runs.push(Run { stated_year: self.stated_year, foreign: self.foreign, ..Run::default() });
        }
        if let Some(run) = self.out.runs.last_mut().filter(|_| is_run) {
            run.words.extend(line.cells.iter().filter(|cell| cell.is_words()).map(|cell| (cell.start, cell.end)));
        }
        self.in_run = is_run;
        self.pending.clear();
        if !goes_on {
            self.out.heads.push(Head::default());
        }
        self.in_head = block.layout == Layout::Applicants;
        true
    }

    fn head(&mut self, line: &Line, found: Found, before: Option<(usize, usize)>) {
        self.end_row();
        let goes_on = self.in_head
            && self.out.heads.last().is_some_and(|head| {
                head.block == Some(found.block) || (head.block.is_none() && self.is_applicants(found.block))
            });
        self.pending.clear();
        self.in_head = true;
        self.in_run = false;
        if let Some(block) = self.form.blocks.get(found.block) {
            self.list = block.layout == Layout::List;
            self.section = Some(block.section);
        }
        if !goes_on {
            self.out.heads.push(Head { block: Some(found.block), columns: found.columns, unsure: found.unsure });
            return;
        }
        let Some(head) = self.out.heads.last_mut() else { return };
        head.block = Some(found.block);
        // The first half of a broken label was taken for a column of its own.
        if line.layout == Lines::Lone
            && let (Some(last), Some(first)) = (head.columns.last(), found.columns.first())
            && before == Some(last.label)
            && first.label.0 == last.label.0
        {
            head.columns.pop();
        }
        head.columns.extend(found.columns);
        head.unsure |= found.unsure;
    }

    fn is_applicants(&self, block: usize) -> bool {
        self.form.blocks.get(block).is_some_and(|block| block.layout == Layout::Applicants)
    }

    /// Keeps a paragraph that is a part of a table from being read as prose.
    fn is_table(&mut self, line: &Line) {
        if line.layout != Lines::Row {
            self.out.paragraphs.push(line.block);
        }
    }

    /// The table that is being read.
    fn open_block(&self) -> Option<usize> {
        let head = self.out.heads.last().and_then(|head| head.block);
        let of_layout = |layout: Layout| {
            self.form.blocks.iter().position(|block| block.layout == layout && Some(block.section) == self.section)
        };
        head.or_else(|| of_layout(Layout::Applicants)).filter(|_| self.section.is_some() || self.list)
    }

    /// A line of values without words.
    fn values(&mut self, line: &Line) {
        if line.layout == Lines::Row && self.in_run && self.run_row(&line.cells) {
            return;
        }
        let lone = line.layout == Lines::Lone;
        let filled = line.cells.iter().any(|cell| !cell.is_blank());
        if self.open.is_none() && lone && !self.pending.is_empty() && !self.in_run {
            let label = self.take_pending();
            self.open = self.open_block().map(|block| self.new_row(block, None, label));
        }
        if let Some(open) = &mut self.open {
            if lone {
                open.cells.extend(&line.cells);
                open.lone = true;
                return;
            }
            if open.cells.is_empty() && filled {
                open.cells.extend(&line.cells);
                self.end_row();
                return;
            }
        }
        if let Some(run) = self.out.runs.last_mut().filter(|_| self.in_run) {
            if run.cells.is_empty() {
                run.width = bordered(line);
            }
            let fits = run.width == bordered(line);
            run.cells.extend(line.cells.iter().filter(|cell| fits && (lone || !cell.is_blank())));
        } else if !lone && filled {
            // The label of this row is lost.
            self.unknown_row(line);
        }
    }

    /// A row of exactly as many cells as section IV has.
    fn run_row(&mut self, cells: &[Cell]) -> bool {
        let width = self.form.blocks.iter().find(|block| block.layout == Layout::Run);
        let width = width.and_then(|block| block.rows.first()).map_or(0, |row| row.metrics.len());
        // A label before the values, a remark behind them.
        let first = cells.iter().position(|cell| !cell.is_words()).unwrap_or(cells.len());
        let last = cells.iter().rposition(|cell| !cell.is_words()).map_or(first, |last| last + 1);
        let values = cells.get(first..last).unwrap_or_default();
        let readable = |cells: &[Cell]| 2 * cells.iter().filter(|cell| cell.is_number()).count() > width;
        // A cell that cannot be read is one cell, and the others are where they are.
        if cells.len() == width && first < cells.len() && readable(cells) {
            return self.whole_run(cells);
        }
        let (values, sure) = trim_blanks(values, width);
        let numbers = values.iter().filter(|cell| cell.is_number()).count();
        let Some(run) = self.out.runs.last_mut().filter(|_| numbers > 0 || first == 0) else { return false };
        if sure && values.len() == width && values.iter().all(|cell| !cell.is_words()) {
            return self.whole_run(values);
        }
        if first > 0 && numbers > 0 {
            run.cells.extend(values.iter().filter(|cell| cell.is_number()));
            run.broken = true;
        }
        first > 0 && numbers > 0
    }

    /// The values of section IV, each in its place.
    fn whole_run(&mut self, values: &[Cell]) -> bool {
        let Some(run) = self.out.runs.last_mut() else { return false };
        run.rows += 1;
        if run.rows == 1 {
            (run.cells, run.width) = (values.to_vec(), values.len());
        }
        true
    }

    fn rows(&mut self, line: &Line, segments: Vec<Segment>) {
        let start = segments.first().map(|segment| segment.label.0);
        if start.is_some() && self.open.as_ref().and_then(|open| open.label).map(|(start, _)| start) == start {
            // What waited for its values was the first half of this label.
            self.open = None;
        }
        self.end_row();
        self.in_head = false;
        self.pending.clear();
        self.is_table(line);
        let count = segments.len();
        for (at, segment) in segments.into_iter().enumerate() {
            let filled = segment.cells.iter().any(|cell| !cell.is_blank());
            if !filled && at + 1 < count {
                // The name of a group before its first row.
                continue;
            }
            // A list that has lost its head begins with a telling label.
            self.list |= self.form.blocks.get(segment.block).is_some_and(|block| block.layout == Layout::List);
            let mut row = self.new_row(segment.block, Some(segment.row), Some(segment.label));
            (row.cells, row.line) = (segment.cells, bordered(line));
            (row.units, row.unit, row.glued) = (segment.units, segment.unit, segment.glued);
            // A unit without a number is a row whose value is lost, not one whose value is to come.
            if row.cells.is_empty() && (row.units == 0 || line.layout == Lines::Lone) {
                self.open = Some(row);
            } else {
                self.out.rows.push(row);
            }
        }
    }

    fn new_row(&mut self, block: usize, row: Option<usize>, label: Option<(usize, usize)>) -> Row {
        if let Some(row) = row {
            self.last = Some((block, row));
        }
        Row {
            block,
            row,
            label,
            head: self.out.heads.len() - 1,
            cells: Vec::new(),
            line: 0,
            units: 0,
            unit: None,
            lone: false,
            glued: false,
            stated_year: self.stated_year,
            foreign: self.foreign,
        }
    }

    fn end_row(&mut self) {
        self.out.rows.extend(self.open.take());
    }
}

/// The cells of a line with borders between them; 0 of any other.
fn bordered(line: &Line) -> usize {
    if line.layout == Lines::Row { line.cells.len() } else { 0 }
}
