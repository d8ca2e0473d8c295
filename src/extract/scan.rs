//! The numbers of a paragraph: quantities with their units and bounds, and years.

use super::words::Word;
use crate::characters::Characters;
use crate::knowledge::{Knowledge, Lexicon, Where};
use crate::model::Bound;
use crate::number::{self, Number};

/// A number with what belongs to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quantity {
    /// First byte, a bound word before the digits included.
    pub start: usize,
    /// One past the unit and the bound word after it.
    pub end: usize,
    /// Ten-thousandths.
    pub value: i64,
    /// Digits after the point.
    pub decimals: u8,
    /// How exact.
    pub bound: Bound,
    /// The unit, when one follows.
    pub unit: Option<u16>,
}

/// The numbers in one stretch of folded text, each list in text order.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Numbers that may be figures.
    pub quantities: Vec<Quantity>,
    /// Years in running text: place and year. Not those in the titles of other documents.
    pub years: Vec<(usize, i16)>,
}

/// Where a number or the title of a document may begin, and where the title ends.
static MARKS: Characters = Characters::new(&['《', '》']).with(&number::NUMERALS);

/// Scans the stretch `start..end` of a folded text, the words in it being known.
pub(super) fn scan(knowledge: &Knowledge, text: &str, words: &[Word<'_>], start: usize, end: usize) -> Scan {
    let mut words = words.iter().peekable();
    let mut scan = Scan::default();
    let mut at = start;
    let mut in_title = false;
    while let Some((skipped, character)) = text.get(at..end).and_then(|rest| MARKS.first_in(rest)) {
        at += skipped;
        while words.next_if(|word| word.end <= at).is_some() {}
        let inside = words.peek().filter(|word| word.start <= at);
        at = match (character, inside) {
            // Digits inside a name, as of a hotline, are no number.
            ('0'..='9', Some(word)) => word.end,
            ('0'..='9', None) => {
                let digits = digit_run(text, at, end);
                scan.digits(knowledge, text, (start, at, digits, end), in_title)
            }
            ('《' | '》', _) => {
                in_title = character == '《';
                at + character.len_utf8()
            }
            (_, None) => scan.characters(knowledge, text, (start, at, end)).unwrap_or(at + character.len_utf8()),
            (_, Some(_)) => at + character.len_utf8(),
        };
    }
    scan
}

/// Whether a text may state anything: it has digits, a numeral in characters with a unit, or a negator. A quick look,
/// which may be wrong only where there is nothing.
pub(super) fn may_state(lexicon: &Lexicon, text: &str) -> bool {
    let mut rest = text;
    while let Some((at, character)) = lexicon.signs.first_in(rest) {
        let numeral = rest.get(at..).unwrap_or_default();
        // What is no number is passed as a whole: 十几, 二〇一九.
        let run =
            || numeral.find(|next| !number::joins_numeral(next)).unwrap_or(numeral.len()).max(character.len_utf8());
        let length = number::parse(numeral).map_or_else(run, |number| number.len);
        rest = numeral.get(length..).unwrap_or_default();
        // (三)件
        let behind = rest.strip_prefix(')').unwrap_or(rest);
        let counts = || lexicon.unit_at(behind).is_some() || lexicon.bound(Where::Inside, rest).is_some();
        if character.is_ascii_digit() || lexicon.negators.has(character) || counts() {
            return true;
        }
    }
    false
}

/// One past the run of digits, points and hyphens that a number, date, phone or code is made of.
fn digit_run(text: &str, at: usize, end: usize) -> usize {
    let bytes = text.as_bytes().get(at..end).unwrap_or_default();
    at + bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

impl Scan {
    /// Reads a run of digits; returns where to go on.
    fn digits(
        &mut self,
        knowledge: &Knowledge,
        text: &str,
        (start, at, run_end, end): (usize, usize, usize, usize),
        in_title: bool,
    ) -> usize {
        let before = text.get(start..at).unwrap_or_default();
        let run = text.get(at..run_end).unwrap_or_default();
        let rest = text.get(run_end..end).unwrap_or_default();
        if run.len() == 4 && is_year_word(knowledge, rest) {
            if let (Ok(year), false) = (run.parse(), in_title) {
                self.years.push((at, year));
            }
            return run_end;
        }
        if in_title || is_code(run, before, rest) {
            return run_end;
        }
        let Some(number) = number::parse(text.get(at..end).unwrap_or_default()) else { return run_end };
        self.push(knowledge, text, (start, at, end), number).unwrap_or(run_end)
    }

    /// Reads a numeral in characters, which must have a unit.
    fn characters(
        &mut self,
        knowledge: &Knowledge,
        text: &str,
        (start, at, end): (usize, usize, usize),
    ) -> Option<usize> {
        let rest = text.get(at..end)?;
        let before = text.get(start..at)?.chars().next_back();
        if before.is_some_and(number::joins_numeral) {
            return None;
        }
        let number = number::parse(rest)?;
        let before = self.quantities.len();
        let stop = self.push(knowledge, text, (start, at, end), number)?;
        // 一个 is an article more often than a count.
        let article = |unit: u16| number.value == number::ONE && knowledge.lexicon.unit(unit).article;
        if self.quantities.get(before).is_some_and(|quantity| quantity.unit.is_none_or(article)) {
            self.quantities.truncate(before);
            return None;
        }
        Some(stop)
    }

    fn push(
        &mut self,
        knowledge: &Knowledge,
        text: &str,
        (start, at, end): (usize, usize, usize),
        number: Number,
    ) -> Option<usize> {
        let lexicon = &knowledge.lexicon;
        // 万元 and 亿元 are units of their own.
        let (number, _) = number.before_unit(text.get(at..end)?, |text| lexicon.unit_at(text).is_some());
        let mut quantity = Quantity {
            start: at,
            end: at + number.len,
            value: number.value,
            decimals: number.decimals,
            bound: Bound::Exact,
            unit: None,
        };
        let before = text.get(start..at)?;
        if let Some((length, bound)) = lexicon.bound(Where::Before, before) {
            quantity.bound = bound;
            quantity.start -= length;
        }
        if let Some((length, bound)) = lexicon.bound(Where::Inside, text.get(quantity.end..end)?) {
            quantity.bound = bound;
            quantity.end += length;
            let scale = text.get(quantity.end..end)?.chars().next().and_then(number::scale_of);
            if let Some(scale) = scale {
                quantity.value = quantity.value.checked_mul(scale)?;
                quantity.end += text.get(quantity.end..end)?.chars().next().map_or(0, char::len_utf8);
            }
        }
        // 动态信息(1335)条
        let behind = text.get(quantity.end..end)?.strip_prefix(')').filter(|_| before.ends_with('('));
        let is_end = |rest: &str| rest.chars().next().is_none_or(|next| !next.is_alphanumeric());
        if behind.is_some_and(|rest| {
            lexicon.unit_at(rest).is_some_and(|(_, unit)| rest.get(unit.word.len()..).is_some_and(is_end))
        }) {
            quantity.start -= 1;
            quantity.end += 1;
        }
        if let Some((unit, found)) = lexicon.unit_at(text.get(quantity.end..end)?) {
            if found.classes.meets(&lexicon.classes.none) {
                return Some(quantity.end + found.word.len());
            }
            quantity.unit = Some(unit);
            quantity.end += found.word.len();
            if let Some((length, bound)) = lexicon.bound(Where::After, text.get(quantity.end..end)?) {
                quantity.bound = bound;
                quantity.end += length;
            }
        }
        self.quantities.push(quantity);
        Some(quantity.end)
    }
}

/// Whether what follows four digits makes them a year.
fn is_year_word(knowledge: &Knowledge, rest: &str) -> bool {
    knowledge.titles.years.word.iter().any(|word| rest.starts_with(word.as_str()))
}

/// Digits that are no quantity: ordinals, document and telephone numbers, damaged dates.
fn is_code(run: &str, before: &str, rest: &str) -> bool {
    let previous = before.chars().next_back();
    let joined = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '.' | '/' | '_' | '@' | '〔' | '[' | '#' | '=')
    };
    let hyphen = matches!(previous, Some('-' | '±'));
    let next = rest.chars().next();
    let glued =
        next.is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '〕' | ']' | '/' | '_' | '@' | '='));
    let dialled = next == Some('-') && rest.trim_start_matches('-').starts_with(|next: char| next.is_ascii_digit());
    let damaged_date = run.len() >= 6 && (run.starts_with("200") || run.starts_with("201") || run.starts_with("202"));
    previous.is_some_and(joined)
        || previous.is_some_and(number::is_ordinal)
        || hyphen
        || glued
        || dialled
        || damaged_date
        || run.len() > 9
        || (run.len() > 1 && run.starts_with('0'))
}
