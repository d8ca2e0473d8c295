//! What single cells say, and what makes a row of them.

use crate::knowledge::{Knowledge, Where};
use crate::model::{BlockKind, Bound};
use crate::number;
use crate::parse::fold::{FoldedBlock, Page};

/// A suffix must be this long, in characters, to name a row whose label is glued to the end of a longer cell.
const SHORTEST_SUFFIX: usize = 4;

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Number { value: i64, decimals: u8, bound: Bound, unit: Option<u16> },
    Zero,
    Blank,
    NotApplicable,
    Words,
}

/// A cell with its value.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    pub(super) block: &'a FoldedBlock,
    pub(super) value: Value,
}

/// The rows of all tables, and the short paragraphs between them as rows of one cell.
pub(super) fn rows(page: &Page) -> Vec<Vec<&FoldedBlock>> {
    let mut rows: Vec<Vec<&FoldedBlock>> = Vec::new();
    let mut open: Option<(u32, u32)> = None;
    for block in &page.blocks {
        match block.kind {
            BlockKind::Cell { table, row, .. } => {
                if open == Some((table, row)) {
                    if let Some(last) = rows.last_mut() {
                        last.push(block);
                    }
                } else {
                    open = Some((table, row));
                    rows.push(vec![block]);
                }
            }
            BlockKind::Paragraph => {
                open = None;
                rows.push(vec![block]);
            }
        }
    }
    rows
}

/// Drops empty cells around the values of a row that has more cells than the head has columns.
pub(super) fn trim_blanks<'c, 'a>(mut values: &'c [Cell<'a>], columns: usize) -> &'c [Cell<'a>] {
    while values.len() > columns {
        match values {
            [first, rest @ ..] if first.value == Value::Blank => values = rest,
            [rest @ .., last] if last.value == Value::Blank => values = rest,
            _ => break,
        }
    }
    values
}

/// Whether a longer cell ends with the label: a page break has glued 三、本 and （一）予以公开 together.
pub(super) fn is_glued(name: &str, label: &str) -> bool {
    name.chars().count() >= SHORTEST_SUFFIX
        && label.strip_suffix(name).is_some_and(|before| before.ends_with(|last: char| !last.is_alphabetic()))
}

/// What a cell says, told from its folded text.
pub(super) fn value(knowledge: &Knowledge, text: &str) -> Value {
    let text = text.trim();
    let cells = &knowledge.cells;
    if text.is_empty() {
        return Value::Blank;
    }
    if cells.not_applicable.iter().any(|mark| mark == text) {
        return Value::NotApplicable;
    }
    if cells.none.iter().any(|word| word == text) {
        return Value::Zero;
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
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
    if !rest.is_empty() {
        return Value::Words;
    }
    Value::Number { value: sign * number.value, decimals: number.decimals, bound, unit: unit.map(|(unit, _)| unit) }
}

/// A label without its number, quotes and instructions: `（二）部分公开（区分处理的…）` is 部分公开.
pub(super) fn label(text: &str) -> String {
    let text = number::after_enumerator(text.trim());
    // 其中:… names a part, and the part is the row; a colon in brackets is an instruction's: 收费金额(单位:万元).
    let text = match text.split_once(':') {
        Some((whole, part)) if !part.is_empty() && !whole.contains('(') => number::after_enumerator(part),
        _ => text,
    };
    let text = match text.find('(') {
        Some(at) if at > 0 && !text.get(at..).is_some_and(number::is_enumerator) => text.get(..at).unwrap_or(text),
        _ => text,
    };
    text.chars()
        .filter(|character| !matches!(character, '“' | '”' | '"' | '\'' | '‘' | '’' | '《' | '》' | ':' | '*' | ' '))
        .collect()
}
