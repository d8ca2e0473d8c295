//! What single cells say.

use crate::knowledge::{Knowledge, Where};
use crate::model::Bound;
use crate::number::{self, ONE};
use crate::parse::fold::Page;

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Number { value: i64, decimals: u8, bound: Bound, unit: Option<u16> },
    Zero,
    Blank,
    NotApplicable,
    Words,
}

/// A cell: its place in the folded text, and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) value: Value,
}

impl Cell {
    pub(super) fn new(knowledge: &Knowledge, page: &Page, start: usize, end: usize) -> Cell {
        let text = page.folded.text.get(start..end).unwrap_or_default();
        Cell { start, end, value: value(knowledge, text) }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self.value, Value::Number { .. } | Value::Zero)
    }

    pub(super) fn is_words(&self) -> bool {
        self.value == Value::Words
    }

    pub(super) fn is_blank(&self) -> bool {
        self.value == Value::Blank
    }
}

/// A row that has more cells than its table has columns, without the empty ones that merged cells leave around it;
/// and whether it is sure which of them those are.
pub(super) fn trim_blanks(values: &[Cell], columns: usize) -> (&[Cell], bool) {
    let excess = values.len().saturating_sub(columns);
    let before = values.iter().take_while(|cell| cell.is_blank()).count();
    let behind = values.iter().rev().take_while(|cell| cell.is_blank()).count();
    let cut = |from: usize, to: usize| values.get(from..to).unwrap_or_default();
    match (before.min(excess), behind.min(excess)) {
        _ if before == values.len() => (cut(0, columns.min(values.len())), true),
        // What is still empty before the values may be a value, or one more of the label's.
        (front, 0) => (cut(front, values.len()), front == 0 || front == before),
        (0, back) => (cut(0, values.len() - back), true),
        (front, back) => (cut(front, values.len() - back.min(excess - front)), excess == before + behind),
    }
}

/// What a cell says, told from its folded text.
pub(super) fn value(knowledge: &Knowledge, text: &str) -> Value {
    let text = text.trim_matches(|edge: char| edge.is_whitespace() || matches!(edge, '"' | '“' | '”'));
    let cells = &knowledge.cells;
    if text.is_empty() || cells.blank.iter().any(|word| word == text) {
        return Value::Blank;
    }
    if let Some(value) = plain(text) {
        return Value::Number { value, decimals: 0, bound: Bound::Exact, unit: None };
    }
    if cells.not_applicable.iter().any(|mark| text.chars().all(|letter| mark.contains(letter))) {
        return Value::NotApplicable;
    }
    if cells.none.iter().any(|word| word == text) {
        return Value::Zero;
    }
    let signed = |words: &[String]| words.iter().find_map(|word| text.strip_prefix(word.as_str()));
    let (sign, digits) = match (signed(&cells.minus), signed(&cells.plus)) {
        (Some(digits), _) => (-1, digits.trim_start()),
        (None, Some(digits)) => (1, digits.trim_start()),
        (None, None) => (1, text),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return Value::Words;
    }
    let Some(number) = number::parse(digits) else { return Value::Words };
    let (number, mut rest) = number.before_unit(digits, |text| knowledge.lexicon.unit_at(text).is_some());
    let mut bound = Bound::Exact;
    if let Some((length, said)) = knowledge.lexicon.bound(Where::Inside, rest) {
        bound = said;
        rest = rest.get(length..).unwrap_or_default();
    }
    let unit = knowledge.lexicon.unit_at(rest);
    if let Some((_, unit)) = unit {
        rest = rest.get(unit.word.len()..).unwrap_or_default();
    }
    // A mark of a note: 3*, 3①.
    let rest = rest.trim_end_matches(|last| matches!(last, '*' | '①'..='⑳'));
    if !rest.is_empty() {
        return Value::Words;
    }
    Value::Number { value: sign * number.value, decimals: number.decimals, bound, unit: unit.map(|(unit, _)| unit) }
}

/// A number of a few digits and nothing else, as most cells are.
fn plain(text: &str) -> Option<i64> {
    const DIGITS: usize = 9;
    let is_plain = text.len() <= DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = text.parse().ok().filter(|_| is_plain)?;
    Some(number * ONE)
}

/// The single zeros of cells that were glued together: `000` in a row of three columns, and only zeros.
pub(super) fn glued_zeros(text: &str, cell: Cell, columns: usize) -> Option<Vec<Cell>> {
    let zeros = columns > 1 && text.len() == columns && text.bytes().all(|byte| byte == b'0');
    let zero = Value::Number { value: 0, decimals: 0, bound: Bound::Exact, unit: None };
    zeros.then(|| (cell.start..cell.end).map(|at| Cell { start: at, end: at + 1, value: zero }).collect())
}
