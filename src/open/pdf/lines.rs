//! Letters become lines, lines paragraphs, and the parts of a table that a page's end cut one table again.

#![expect(clippy::float_arithmetic, reason = "places on a page are measured, never published")]

use std::collections::BTreeMap;

use super::super::markup::Markup;
use super::ink::Letter;

/// A cell of a row: its first column, how many columns and rows it covers, its words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    pub left: usize,
    pub columns: usize,
    pub rows: usize,
    pub text: String,
}

/// Cells that begin in one row of a table.
pub(super) type Row = Vec<Cell>;

/// A line of text outside tables.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub height: f64,
    pub text: String,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Line(Line),
    Table { top: f64, edges: Vec<f64>, rows: Vec<Row> },
}

impl Piece {
    pub(super) fn top(&self) -> f64 {
        match self {
            Piece::Line(line) => line.top,
            Piece::Table { top, .. } => *top,
        }
    }
}

/// Letters on one height are a line, from left to right, with blanks where the gap is wide.
pub(super) fn read_lines(mut letters: Vec<Letter>) -> Vec<Line> {
    letters.sort_by(|one, other| one.middle().total_cmp(&other.middle()));
    let mut lines: Vec<Vec<Letter>> = Vec::new();
    for letter in letters {
        let here = lines.last_mut().filter(|line| {
            let first = line.first().map_or(0.0, Letter::middle);
            let height = line.first().map_or(0.0, Letter::height).max(letter.height());
            (letter.middle() - first).abs() < 0.45 * height
        });
        match here {
            Some(line) => line.push(letter),
            None => lines.push(vec![letter]),
        }
    }
    lines.into_iter().map(line).collect()
}

fn line(mut letters: Vec<Letter>) -> Line {
    letters.sort_by(|one, other| one.left.total_cmp(&other.left));
    let mut text = String::new();
    let mut last: Option<&Letter> = None;
    for letter in &letters {
        if let Some(last) = last {
            let (gap, height) = (letter.left - last.right, last.height().max(1.0));
            // Some writers make a letter bold by drawing it twice.
            if letter.text == last.text && letter.left - last.left < 0.2 * height {
                continue;
            }
            if gap > 0.9 * height || (gap > 0.22 * height && last.text.is_ascii() && letter.text.is_ascii()) {
                text.push(' ');
            }
        }
        text.push_str(&letter.text);
        last = Some(letter);
    }
    let edge = |all: fn(&Letter) -> f64, pick: fn(f64, f64) -> f64| letters.iter().map(all).reduce(pick).unwrap_or(0.0);
    let top = edge(|letter| letter.top, f64::min);
    Line {
        left: edge(|letter| letter.left, f64::min),
        right: edge(|letter| letter.right, f64::max),
        top,
        height: edge(|letter| letter.bottom, f64::max) - top,
        text,
    }
}

/// Writes all pages as one text.
pub(super) fn write(markup: &mut Markup, pages: Vec<Vec<Piece>>) {
    let running = running_lines(&pages);
    let mut writer = Writer { markup, open: None, table: None };
    for page in pages {
        let last = page.len().saturating_sub(1);
        let lines = || page.iter().filter_map(|piece| if let Piece::Line(line) = piece { Some(line) } else { None });
        let left = lines().map(|line| line.left).reduce(f64::min).unwrap_or(0.0);
        let right = lines().map(|line| line.right).reduce(f64::max).unwrap_or(0.0);
        for (at, piece) in page.into_iter().enumerate() {
            match piece {
                Piece::Line(line) if (at == 0 || at == last) && is_running(&running, &line.text) => {}
                Piece::Line(line) => writer.line(line, (left, right)),
                Piece::Table { edges, rows, .. } => writer.table(edges, &rows),
            }
        }
    }
    writer.end_paragraph();
    writer.end_table();
}

/// A line without its digits, blanks and dashes: what a page's head or foot has in common with those of other pages.
fn skeleton(text: &str) -> String {
    text.chars().filter(|one| one.is_alphabetic()).collect()
}

/// How often each first or last line stands there.
fn running_lines(pages: &[Vec<Piece>]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for page in pages {
        let ends = [page.first(), page.last().filter(|_| page.len() > 1)];
        for piece in ends.into_iter().flatten() {
            if let Piece::Line(line) = piece {
                *counts.entry(skeleton(&line.text)).or_default() += 1;
            }
        }
    }
    counts
}

/// Whether the first or last line of a page is its number or what every page has there.
fn is_running(running: &BTreeMap<String, usize>, text: &str) -> bool {
    let skeleton = skeleton(text);
    skeleton.is_empty() || running.get(&skeleton).is_some_and(|count| *count > 2)
}

struct Writer<'m> {
    markup: &'m mut Markup,
    /// The paragraph in the making, its last line, and the right border of that line's page.
    open: Option<(String, Line, f64)>,
    /// Edges of the columns of the table in the making.
    table: Option<Vec<f64>>,
}

impl Writer<'_> {
    fn line(&mut self, line: Line, (left, right): (f64, f64)) {
        self.end_table();
        let goes_on = self.open.as_ref().is_some_and(|(_, last, border)| goes_on(last, *border, &line, left));
        if !goes_on {
            self.end_paragraph();
        }
        let mut text = self.open.take().map_or_else(String::new, |(text, ..)| text);
        text.push_str(&line.text);
        self.open = Some((text, line, right));
    }

    fn table(&mut self, edges: Vec<f64>, rows: &[Row]) {
        self.end_paragraph();
        let same = |old: &Vec<f64>| {
            old.len() == edges.len() && old.iter().zip(&edges).all(|(one, other)| (one - other).abs() < 4.0)
        };
        if !self.table.as_ref().is_some_and(same) {
            self.end_table();
            self.markup.begin_table();
            self.table = Some(edges);
        }
        let count = |number: usize| u32::try_from(number).unwrap_or(1);
        for row in rows {
            self.markup.begin_row();
            for cell in row {
                self.markup.cell(&cell.text, count(cell.columns), count(cell.rows));
            }
            self.markup.end_row();
        }
    }

    fn end_paragraph(&mut self) {
        if let Some((text, ..)) = self.open.take() {
            self.markup.paragraph(&text);
        }
    }

    fn end_table(&mut self) {
        if self.table.take().is_some() {
            self.markup.end_table();
        }
    }
}

/// Whether a line was broken by the right border, so that the next one belongs to it: it reaches the border, and the
/// next begins at the left one, in the same size, on the next height or on the next page.
fn goes_on(last: &Line, border: f64, next: &Line, left: f64) -> bool {
    let size = last.height.max(1.0);
    let full = last.right > border - 1.6 * size;
    let flush = next.left < left + 0.8 * size;
    let same = (next.height - last.height).abs() < 0.35 * size;
    let step = next.top - last.top;
    full && flush && same && (step < 0.0 || step < 3.2 * size)
}
