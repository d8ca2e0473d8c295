//! Letters become lines, lines paragraphs, and the parts of a table that a page's end cut one table again.

#![expect(clippy::float_arithmetic, reason = "places on a page are measured, never published")]

use std::collections::BTreeMap;

use super::super::markup::Markup;
use super::ink::Letter;
use crate::number;

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
    /// Width of what would have had to fit into the line before it: its first character, or number, or word.
    pub lead: f64,
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
    let raised = raised(&letters);
    letters.retain(|letter| !raised(letter));
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
        lead: lead(&letters),
        text,
    }
}

/// What is small and stands above the others' feet is the mark of a note: it would become a digit of the number before
/// it.
fn raised(letters: &[Letter]) -> impl Fn(&Letter) -> bool + use<> {
    let tallest = letters.iter().map(Letter::height).max_by(f64::total_cmp).unwrap_or(0.0);
    let tall = letters.iter().filter(|letter| letter.height() > 0.8 * tallest);
    let foot = tall.map(|letter| letter.bottom).max_by(f64::total_cmp).unwrap_or(0.0);
    move |letter| letter.height() < 0.8 * tallest && letter.bottom < foot - 0.15 * tallest
}

/// Width of the first piece that no writer breaks: an ideograph, a number, a word, with the marks behind it.
fn lead(letters: &[Letter]) -> f64 {
    let holds = |pair: &[Letter]| {
        let [one, next] = pair else { return false };
        let is_mark = !next.text.chars().any(char::is_alphanumeric);
        is_mark || (one.text.is_ascii() && next.text.is_ascii())
    };
    let count = letters.windows(2).take_while(|pair| holds(pair)).count();
    letters.first().zip(letters.get(count)).map_or(0.0, |(first, last)| last.right - first.left)
}

/// Writes all pages as one text. Returns how many numbers are cut by the end of a page, or of a line, so that no one can
/// tell how they go on.
pub(super) fn write(markup: &mut Markup, pages: Vec<Vec<Piece>>) -> usize {
    let running = running_lines(&pages);
    let mut writer = Writer { markup, open: None, table: None, cut: 0 };
    for page in pages {
        let last = page.len().saturating_sub(1);
        let lines = || page.iter().filter_map(|piece| if let Piece::Line(line) = piece { Some(line) } else { None });
        let left = lines().map(|line| line.left).reduce(f64::min).unwrap_or(0.0);
        let right = lines().map(|line| line.right).reduce(f64::max).unwrap_or(0.0);
        let borders = Borders { left, right, step: step(lines(), right) };
        for (at, piece) in page.into_iter().enumerate() {
            match piece {
                Piece::Line(line) if (at == 0 || at == last) && is_running(&running, &line.text) => {}
                Piece::Line(line) => writer.line(line, borders),
                Piece::Table { edges, rows, .. } => writer.table(edges, rows),
            }
        }
    }
    writer.end_paragraph();
    writer.end_table();
    writer.cut
}

/// Where the lines of a page begin and end, and how far one is from the next within a paragraph.
#[derive(Clone, Copy)]
struct Borders {
    left: f64,
    right: f64,
    step: f64,
}

/// The usual way from a full line to the next: paragraphs may stand farther apart, so that it is one of the shorter ones.
fn step<'l>(lines: impl Iterator<Item = &'l Line>, right: f64) -> f64 {
    let lines: Vec<&Line> = lines.collect();
    let way = |pair: &[&Line]| match pair {
        [one, next] if one.right > right - 3.0 * one.height => Some(next.top - one.top),
        _ => None,
    };
    let mut steps: Vec<f64> = lines.windows(2).filter_map(way).collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 4).copied().unwrap_or(f64::MAX)
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
    /// The paragraph in the making, its last line, and the borders of that line's page.
    open: Option<(String, Line, Borders)>,
    /// The table in the making: edges of its columns, and its last row.
    table: Option<(Vec<f64>, Row)>,
    /// Numbers of which only the first digits were found.
    cut: usize,
}

impl Writer<'_> {
    fn line(&mut self, line: Line, borders: Borders) {
        self.end_table();
        let goes_on = self.open.as_ref().is_some_and(|(_, last, old)| goes_on((last, *old), (&line, borders)));
        if !goes_on {
            self.end_paragraph();
        }
        let mut text = self.open.take().map_or_else(String::new, |(text, ..)| text);
        text.push_str(&line.text);
        self.open = Some((text, line, borders));
    }

    fn table(&mut self, edges: Vec<f64>, mut rows: Vec<Row>) {
        self.end_paragraph();
        let same = |(old, _): &(Vec<f64>, Row)| {
            old.len() == edges.len() && old.iter().zip(&edges).all(|(one, other)| (one - other).abs() < 4.0)
        };
        match self.table.take_if(|table| same(table)) {
            Some((_, last)) => join_or_insert(last, &mut rows),
            None => {
                self.end_table();
                self.markup.begin_table();
            }
        }
        // The last row may go on on the next page.
        let last = rows.pop().unwrap_or_default();
        rows.iter().for_each(|row| self.row(row));
        self.table = Some((edges, last));
    }

    fn row(&mut self, row: &Row) {
        let count = |number: usize| u32::try_from(number).unwrap_or(1);
        self.markup.begin_row();
        for cell in row {
            self.markup.cell(&cell.text, count(cell.columns), count(cell.rows));
        }
        self.markup.end_row();
    }

    fn end_paragraph(&mut self) {
        if let Some((mut text, last, borders)) = self.open.take() {
            if is_cut(&last, borders) {
                self.cut += 1;
                text.push('\u{FFFD}');
            }
            self.markup.paragraph(&text);
        }
    }

    fn end_table(&mut self) {
        if let Some((_, last)) = self.table.take() {
            self.row(&last);
            self.markup.end_table();
        }
    }
}

/// Puts the last row of a page before those of the next: a row that the page's end cut is one row again. Its second
/// part has words only below words, none of which begins an item, and leaves out what was said above.
fn join_or_insert(mut last: Row, rows: &mut Vec<Row>) {
    let goes_on = |cut: &Row| {
        let below = |cell: &&Cell| last.iter().find(|above| above.left == cell.left && above.columns == cell.columns);
        let filled = || cut.iter().filter(|cell| !cell.text.is_empty());
        let fits = |cell: &Cell| below(&cell).is_some_and(|above| !above.text.is_empty());
        let item = |cell: &Cell| number::starts_enumeration(&cell.text);
        let above = last.iter().filter(|cell| !cell.text.is_empty()).count();
        filled().count() > 0 && filled().count() < above && filled().all(|cell| fits(cell) && !item(cell))
    };
    if rows.first().is_some_and(goes_on) {
        for cut in rows.remove(0) {
            if let Some(above) = last.iter_mut().find(|above| above.left == cut.left) {
                above.text.push_str(&cut.text);
                above.rows += cut.rows - 1;
            }
        }
    }
    rows.insert(0, last);
}

/// Whether a paragraph's last line ends at the right border with a number that belongs to the words before it, and
/// without a unit: its other digits may stand on the next page, below a head that is taken for text.
fn is_cut(last: &Line, borders: Borders) -> bool {
    let words = last.text.trim_end_matches(|one: char| one.is_ascii_digit());
    let is_counted = words.ends_with(|one: char| one.is_alphabetic() && !one.is_ascii());
    is_counted && words.len() < last.text.len() && last.right > borders.right - 1.5 * last.height.max(1.0)
}

/// Whether a line was broken by the right border, so that the next one belongs to it: what begins the next had no room
/// in it, and that begins at the left border, in the same size, one step below or on the next page.
fn goes_on((last, old): (&Line, Borders), (next, borders): (&Line, Borders)) -> bool {
    let size = last.height.max(1.0);
    // Closing marks may hang over the border by their own width.
    let full = last.right + next.lead > old.right - 1.1 * size;
    let flush = next.left < borders.left + 0.8 * size;
    let same = (next.height - last.height).abs() < 0.35 * size;
    let way = next.top - last.top;
    let near = way < 0.0 || way < 1.25 * borders.step.max(size);
    let open = |end: char| end.is_alphanumeric() || matches!(end, '，' | '、' | ',' | '（' | '《' | '“');
    let item = !last.text.ends_with(open) && number::starts_enumeration(&next.text);
    let heading = item || number::is_top_heading(&next.text);
    // A number goes on whatever room there was: its first half alone would be another number.
    let counted = next.text.trim_start_matches(|one: char| one.is_ascii_digit());
    let cut = last.text.ends_with(|end: char| end.is_ascii_digit())
        && counted.len() < next.text.len()
        && counted.starts_with(|one: char| one.is_alphabetic() && !one.is_ascii());
    ((full && flush && near && !heading) || cut) && same
}
