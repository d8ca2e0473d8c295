//! Ruled tables: cells are the areas between lines, merged where no line parts two of them.
//!
//! Lines that touch are one table. Their places cut it into elementary cells; neighbours without a line between them
//! are one cell; a character belongs to the cell in which its middle lies.

#![expect(clippy::float_arithmetic, reason = "places on a page are measured, never published")]

use std::collections::BTreeMap;

use super::ink::{Letter, Rule};
use super::lines::{Cell, Line, Piece, Row, read_lines};

/// Lines this near are one line (points).
const NEAR: f64 = 2.5;

/// Shorter lines are parts of a drawing.
const SHORTEST: f64 = 4.0;

/// A page with more lines than this holds a drawing.
const MOST_RULES: usize = 4_000;

/// A form has fewer columns and rows than this on one page.
const MOST_COLUMNS: usize = 200;
const MOST_ROWS: usize = 500;

/// The tables and the lines of a page, from top to bottom.
pub(super) fn pieces(letters: Vec<Letter>, rules: Vec<Rule>) -> Vec<Piece> {
    let rules = joined(rules);
    let mut free: Vec<Option<Letter>> = letters.into_iter().map(Some).collect();
    let mut pieces = Vec::new();
    if rules.len() <= MOST_RULES {
        for rules in touching(&rules) {
            pieces.extend(Frame::new(&rules).map(|frame| frame.fill(&mut free)));
        }
    }
    let rest: Vec<Letter> = free.into_iter().flatten().collect();
    pieces.extend(read_lines(rest).into_iter().map(Piece::Line));
    pieces.sort_by(|one, other| one.top().total_cmp(&other.top()));
    pieces
}

/// Lines at one place become one place, and pieces that follow each other one line.
fn joined(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by(|one, other| {
        one.level.cmp(&other.level).then(one.place.total_cmp(&other.place)).then(one.from.total_cmp(&other.from))
    });
    let near = |one: &Rule, other: &Rule| one.level == other.level && other.place - one.place < NEAR;
    for group in rules.chunk_by_mut(near) {
        let place = group.first().map_or(0.0, |rule| rule.place);
        group.iter_mut().for_each(|rule| rule.place = place);
        group.sort_by(|one, other| one.from.total_cmp(&other.from));
    }
    let mut whole: Vec<Rule> = Vec::new();
    for rule in rules {
        match whole.last_mut() {
            Some(last)
                if last.level == rule.level
                    && last.place.total_cmp(&rule.place).is_eq()
                    && rule.from <= last.to + NEAR =>
            {
                last.to = last.to.max(rule.to);
            }
            _ => whole.push(rule),
        }
    }
    whole.retain(|rule| rule.to - rule.from > SHORTEST);
    whole
}

/// Lines that cross or meet, each group a table.
fn touching(rules: &[Rule]) -> Vec<Vec<Rule>> {
    let mut sets = Sets::new(rules.len());
    for (at, one) in rules.iter().enumerate().filter(|(_, rule)| rule.level) {
        for (other_at, other) in rules.iter().enumerate().filter(|(_, rule)| !rule.level) {
            let within = |rule: &Rule, place: f64| rule.from - NEAR <= place && place <= rule.to + NEAR;
            if within(one, other.place) && within(other, one.place) {
                sets.join(at, other_at);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<Rule>> = BTreeMap::new();
    for (at, rule) in rules.iter().enumerate() {
        groups.entry(sets.find(at)).or_default().push(*rule);
    }
    groups.into_values().collect()
}

/// The places of a table's lines, and which elementary cells are one.
struct Frame {
    columns: Vec<f64>,
    rows: Vec<f64>,
    cells: Sets,
}

impl Frame {
    /// `None` where the lines enclose nothing.
    fn new(rules: &[Rule]) -> Option<Frame> {
        let places = |level: bool| {
            let mut places: Vec<f64> = rules.iter().filter(|rule| rule.level == level).map(|rule| rule.place).collect();
            places.sort_by(f64::total_cmp);
            places.dedup_by(|one, other| (*one - *other).abs() < NEAR);
            places
        };
        let (columns, rows) = (places(false), places(true));
        if columns.len() < 2 || rows.len() < 2 || columns.len() > MOST_COLUMNS || rows.len() > MOST_ROWS {
            return None;
        }
        let wide = columns.len() - 1;
        let mut cells = Sets::new(wide * (rows.len() - 1));
        let parted = |level: bool, place: f64, middle: f64| {
            rules.iter().any(|rule| {
                rule.level == level
                    && (rule.place - place).abs() < NEAR
                    && rule.from - NEAR <= middle
                    && middle <= rule.to + NEAR
            })
        };
        for (row, high) in rows.windows(2).enumerate() {
            for (column, broad) in columns.windows(2).enumerate() {
                let [top, bottom] = high else { continue };
                let [left, right] = broad else { continue };
                let at = row * wide + column;
                if column + 1 < wide && !parted(false, *right, f64::midpoint(*top, *bottom)) {
                    cells.join(at, at + 1);
                }
                if row + 2 < rows.len() && !parted(true, *bottom, f64::midpoint(*left, *right)) {
                    cells.join(at, at + wide);
                }
            }
        }
        Some(Frame { columns, rows, cells })
    }

    /// Takes the letters that stand in the table.
    fn fill(mut self, letters: &mut [Option<Letter>]) -> Piece {
        let (wide, high) = (self.columns.len() - 1, self.rows.len() - 1);
        let mut inside: BTreeMap<usize, Vec<Letter>> = BTreeMap::new();
        for slot in letters.iter_mut() {
            let place = slot.as_ref().and_then(|letter| {
                Some((between(&self.columns, letter.centre())?, between(&self.rows, letter.middle())?))
            });
            if let Some((column, row)) = place {
                inside.entry(self.cells.find(row * wide + column)).or_default().extend(slot.take());
            }
        }
        let mut areas: BTreeMap<usize, Area> = BTreeMap::new();
        for at in 0..wide * high {
            let (row, column) = (at / wide, at % wide);
            let area =
                areas.entry(self.cells.find(at)).or_insert(Area { top: row, left: column, bottom: row, right: column });
            area.left = area.left.min(column);
            area.right = area.right.max(column);
            area.bottom = area.bottom.max(row);
        }
        let mut rows: Vec<Row> = (0..high).map(|_| Row::new()).collect();
        for (at, area) in areas {
            let lines = inside.remove(&at).map(read_lines).unwrap_or_default();
            let right = self.columns.get(area.right + 1).copied().unwrap_or(f64::MAX);
            let text = joined_lines(&lines, right);
            if let Some(row) = rows.get_mut(area.top) {
                row.push(Cell {
                    left: area.left,
                    columns: area.right - area.left + 1,
                    rows: area.bottom - area.top + 1,
                    text,
                });
            }
        }
        rows.iter_mut().for_each(|row| row.sort_by_key(|cell| cell.left));
        Piece::Table { top: self.rows.first().copied().unwrap_or(0.0), edges: self.columns, rows }
    }
}

/// Words in a narrow cell are broken where it ends, not where they do; two numbers one above the other are two, unless
/// the first fills its line.
fn joined_lines(lines: &[Line], right: f64) -> String {
    let mut text = String::new();
    let mut last: Option<&Line> = None;
    for line in lines {
        let digits =
            text.ends_with(|end: char| end.is_ascii_digit()) && line.text.starts_with(|one: char| one.is_ascii_digit());
        let full = last.is_some_and(|last| last.right + 0.9 * last.height > right);
        if digits && !full {
            text.push(' ');
        }
        text.push_str(&line.text);
        last = Some(line);
    }
    text
}

/// Rows and columns of a cell.
struct Area {
    top: usize,
    left: usize,
    bottom: usize,
    right: usize,
}

/// Between which two neighbours a place lies.
fn between(edges: &[f64], place: f64) -> Option<usize> {
    let behind = edges.partition_point(|edge| *edge <= place);
    (behind > 0 && behind < edges.len()).then(|| behind - 1)
}

/// Sets that are joined step by step; a set is called by its smallest member.
struct Sets {
    parents: Vec<usize>,
}

impl Sets {
    fn new(count: usize) -> Sets {
        Sets { parents: (0..count).collect() }
    }

    fn find(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.find(one), self.find(other));
        self.parents[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(level: bool, place: f64, from: f64, to: f64) -> Rule {
        Rule { level, place, from, to }
    }

    fn letter(text: &str, left: f64, top: f64) -> Letter {
        Letter { text: text.to_owned(), left, right: left + 10.0, top, bottom: top + 10.0 }
    }

    #[test]
    fn cells_without_a_line_between_them_are_one() {
        let mut rules: Vec<Rule> = [0.0, 20.0, 40.0].iter().map(|y| rule(true, *y, 0.0, 60.0)).collect();
        rules.extend([0.0, 60.0].iter().map(|x| rule(false, *x, 0.0, 40.0)));
        rules.push(rule(false, 30.0, 20.0, 40.0));
        let letters =
            vec![letter("a", 5.0, 5.0), letter("b", 5.0, 25.0), letter("c", 40.0, 25.0), letter("d", 5.0, 50.0)];
        let pieces = pieces(letters, rules);
        let [Piece::Table { rows, .. }, Piece::Line(Line { text, .. })] = pieces.as_slice() else {
            panic!("{pieces:?}")
        };
        let shown: Vec<Vec<(&str, usize)>> =
            rows.iter().map(|row| row.iter().map(|cell| (cell.text.as_str(), cell.columns)).collect()).collect();
        assert_eq!(shown, [vec![("a", 2)], vec![("b", 1), ("c", 1)]]);
        assert_eq!(text, "d");
    }
}
