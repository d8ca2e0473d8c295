//! A page as lines of cells: rows of tables, lines whose values stand behind blanks, and lines of one cell.

use super::cell::{Cell, Value, value};
use crate::knowledge::Knowledge;
use crate::model::BlockKind;
use crate::number;
use crate::parse::fold::{FoldedBlock, Page};

/// A line whose label is longer than this, in bytes, is prose between tables: 60 ideographs.
const LONGEST_LABEL: usize = 180;

/// A number between dashes that has at most this many digits is the number of a page.
const PAGE_DIGITS: usize = 3;

/// How the cells of a line were told from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A row of a table.
    Row,
    /// A paragraph whose pieces stand between blanks, as in text copied from a page.
    Spaced,
    /// A paragraph that is one cell.
    Lone,
    /// Prose: no cells.
    Prose,
}

/// One line.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) cells: Vec<Cell>,
    pub(super) layout: Layout,
    /// Number of the page's block that it begins with.
    pub(super) block: usize,
    /// Whether a line with nothing but a border stands before it.
    pub(super) parted: bool,
}

/// The lines of a page, in text order.
pub(super) fn lines(knowledge: &Knowledge, page: &Page) -> Vec<Line> {
    let mut lines = all(knowledge, page);
    let table = |line: &Line| match page.blocks.get(line.block).map(|block| block.kind) {
        Some(BlockKind::Cell { table, .. }) => Some(table),
        _ => None,
    };
    for rows in lines.chunk_by_mut(|one, other| table(one).is_some() && table(one) == table(other)) {
        // Empty cells that end every row of a table are pipes without a cell behind them.
        let behind = |line: &Line| line.cells.iter().rev().take_while(|cell| cell.is_blank()).count();
        let tail = rows.iter().filter(|line| line.layout == Layout::Row).map(behind).min().unwrap_or(0);
        for row in rows {
            row.cells.truncate(row.cells.len() - tail.min(row.cells.len()));
        }
    }
    lines
}

fn all(knowledge: &Knowledge, page: &Page) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut open: Option<(u32, u32)> = None;
    let mut parted = false;
    for (number, block) in page.blocks.iter().enumerate() {
        if let BlockKind::Cell { table, row, .. } = block.kind {
            let cell = Cell::new(knowledge, page, block.start, block.end);
            match lines.last_mut() {
                Some(line) if open == Some((table, row)) => line.cells.push(cell),
                _ => lines.push(Line { cells: vec![cell], layout: Layout::Row, block: number, parted: false }),
            }
            open = Some((table, row));
            continue;
        }
        open = None;
        if is_separator(page.text(block)) {
            // Two in a row have an empty cell between them.
            if parted {
                let blank = Cell { start: block.start, end: block.start, value: Value::Blank };
                lines.push(Line { cells: vec![blank], layout: Layout::Lone, block: number, parted });
            }
            parted = true;
            continue;
        }
        lines.extend(paragraph(knowledge, page, number, block).map(|line| Line { parted, ..line }));
        parted = false;
    }
    lines
}

fn is_separator(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'|')
}

fn paragraph(knowledge: &Knowledge, page: &Page, number: usize, block: &FoldedBlock) -> Option<Line> {
    let text = page.text(block);
    if text.is_empty() || is_page_number(text) {
        return None;
    }
    let whole = Cell { start: block.start, end: block.end, value: value(knowledge, text) };
    if whole.value != Value::Words {
        return Some(Line { cells: vec![whole], layout: Layout::Lone, block: number, parted: false });
    }
    let pieces = pieces(knowledge, page, block);
    let label: usize =
        pieces.iter().filter(|piece| piece.value == Value::Words).map(|piece| piece.end - piece.start).sum();
    let long = label > LONGEST_LABEL || text.contains(['。', ';']);
    let layout = match pieces.len() {
        _ if long => Layout::Prose,
        0 | 1 => Layout::Lone,
        _ => Layout::Spaced,
    };
    let cells = match layout {
        Layout::Spaced => pieces,
        Layout::Lone => vec![whole],
        Layout::Row | Layout::Prose => Vec::new(),
    };
    Some(Line { cells, layout, block: number, parted: false })
}

/// The pieces of a paragraph that blanks part; a unit goes with the number before it.
fn pieces(knowledge: &Knowledge, page: &Page, block: &FoldedBlock) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for (start, end) in page.folded.pieces(block.start, block.end) {
        let cell = Cell::new(knowledge, page, start, end);
        if let Some(last) = cells.last_mut()
            && matches!(last.value, Value::Number { .. })
            && cell.value == Value::Words
        {
            let joined = Cell::new(knowledge, page, last.start, end);
            if matches!(joined.value, Value::Number { .. }) {
                *last = joined;
                continue;
            }
        }
        cells.push(cell);
    }
    cells
}

/// `— 3 —` at the foot of a page.
fn is_page_number(text: &str) -> bool {
    let inner = text.trim_matches(['-', ' ']);
    inner.len() + 2 <= text.len()
        && inner.len() <= PAGE_DIGITS
        && text.starts_with('-')
        && text.ends_with('-')
        && !inner.is_empty()
        && inner.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a line opens a section of the report, as printed: `三、收到和处理…`.
pub(super) fn heading<'p>(page: &'p Page, line: &Line) -> Option<&'p str> {
    if line.layout == Layout::Row {
        return None;
    }
    let text = page.blocks.get(line.block).map(|block| page.text(block))?;
    number::is_top_heading(text).then_some(text)
}
