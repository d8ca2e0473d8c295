//! Numerals in digits and characters, exactly, as ten-thousandths.
//!
//! `3.2万` is 32 000 and `18.6198万` is 186 198: both survive because nothing here is a float.

use crate::characters::Characters;

/// Ten-thousandths in one.
pub const ONE: i64 = 10_000;

/// A numeral at the start of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// The value in ten-thousandths.
    pub value: i64,
    /// Bytes taken, scale words included.
    pub len: usize,
    /// Digits printed after the decimal point.
    pub decimals: u8,
    /// Written in characters rather than digits.
    pub chinese: bool,
}

impl Number {
    /// Gives a scale word back to the unit when the two are one unit: 240万元 is 240 of 万元. Returns what follows.
    pub fn before_unit(mut self, text: &str, is_unit: impl Fn(&str) -> bool) -> (Number, &str) {
        let last = text.get(..self.len).and_then(|taken| taken.char_indices().next_back());
        if let Some((at, scale)) = last.and_then(|(at, word)| Some((at, scale_of(word)?)))
            && !self.chinese
            && text.get(at..).is_some_and(is_unit)
        {
            self.value /= scale;
            self.len = at;
        }
        (self, text.get(self.len..).unwrap_or_default())
    }
}

/// Reads the numeral that `text` starts with. The text is folded: digits are ASCII.
///
/// Takes thousands separators in exact groups of three, up to four decimals, and a following 百, 千, 万 or 亿.
/// Returns `None` for what is not a number, overflows, or is vague (十几, 数百).
pub fn parse(text: &str) -> Option<Number> {
    match text.bytes().next()? {
        b'0'..=b'9' => digits(text),
        _ => characters(text),
    }
}

fn digits(text: &str) -> Option<Number> {
    let bytes = text.as_bytes();
    let run = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut whole: i64 = 0;
    let mut at = run(0);
    for byte in &bytes[..at] {
        whole = whole.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
    }
    if at <= 3 {
        while bytes.get(at) == Some(&b',') && run(at + 1) == 3 {
            for byte in &bytes[at + 1..at + 4] {
                whole = whole.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
            }
            at += 4;
        }
    }
    let mut value = whole.checked_mul(ONE)?;
    let mut decimals = 0;
    if bytes.get(at) == Some(&b'.') {
        let count = run(at + 1);
        if count > 4 {
            return None;
        }
        let mut unit = ONE;
        for byte in &bytes[at + 1..at + 1 + count] {
            unit /= 10;
            value = value.checked_add(i64::from(byte - b'0') * unit)?;
        }
        if count > 0 {
            at += 1 + count;
            decimals = u8::try_from(count).ok()?;
        }
    }
    let (value, len) = scaled(value, text, at)?;
    Some(Number { value, len, decimals, chinese: false })
}

/// Applies the scale words at `at`, if any.
fn scaled(mut value: i64, text: &str, mut at: usize) -> Option<(i64, usize)> {
    while let Some(scale) = text.get(at..).and_then(|rest| rest.chars().next()).and_then(scale_of) {
        value = value.checked_mul(scale)?;
        at += '万'.len_utf8();
    }
    Some((value, at))
}

/// What a scale word multiplies by.
pub fn scale_of(word: char) -> Option<i64> {
    match word {
        '百' => Some(100),
        '千' => Some(1_000),
        '万' => Some(10_000),
        '亿' => Some(100_000_000),
        _ => None,
    }
}

/// The value of one character numeral below ten.
pub fn digit_of(character: char) -> Option<i64> {
    match character {
        '零' | '〇' | '○' => Some(0),
        '一' => Some(1),
        '二' | '两' => Some(2),
        '三' => Some(3),
        '四' => Some(4),
        '五' => Some(5),
        '六' => Some(6),
        '七' => Some(7),
        '八' => Some(8),
        '九' => Some(9),
        _ => None,
    }
}

/// Reads 三, 十二, 一百零五, 两千三百, 二万 … Vague numerals and bare digit strings (二〇一九) are refused.
fn characters(text: &str) -> Option<Number> {
    let (mut total, mut section, mut digit): (i64, i64, Option<i64>) = (0, 0, None);
    let mut len = 0;
    for character in text.chars() {
        if let Some(value) = digit_of(character) {
            if digit.is_some_and(|previous| previous != 0) {
                return None;
            }
            digit = Some(value);
        } else if let ('廿', None) = (character, digit) {
            section = section.checked_add(20)?;
        } else if let Some(scale) = if character == '十' { Some(10) } else { scale_of(character) } {
            if scale < 10_000 {
                section = section.checked_add(digit.take().unwrap_or(1).checked_mul(scale)?)?;
            } else {
                section = section.checked_add(digit.take().unwrap_or(0))?;
                if section == 0 {
                    return None;
                }
                total = total.checked_add(section)?.checked_mul(scale)?;
                section = 0;
            }
        } else if character == '几' || character == '数' {
            return None;
        } else {
            break;
        }
        len += character.len_utf8();
    }
    if len == 0 {
        return None;
    }
    let value = total.checked_add(section)?.checked_add(digit.unwrap_or(0))?.checked_mul(ONE)?;
    Some(Number { value, len, decimals: 0, chinese: true })
}

/// What a numeral can begin with: digits, and characters for what is below ten, for ten and for twenty.
pub static NUMERALS: Characters = Characters::new(&[
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '零', '〇', '○', '一', '二', '两', '三', '四', '五', '六', '七',
    '八', '九', '十', '廿',
]);

/// Whether a numeral in characters can begin with this word for ten.
fn is_ten(character: char) -> bool {
    matches!(character, '十' | '廿')
}

/// Whether what follows this character is an ordinal, not a quantity.
pub fn is_ordinal(character: char) -> bool {
    character == '第'
}

/// Whether a numeral right after this character is a part of something longer.
pub fn joins_numeral(character: char) -> bool {
    is_ordinal(character)
        || is_ten(character)
        || digit_of(character).is_some()
        || scale_of(character).is_some()
        || matches!(character, '几' | '数' | '.' | '点' | '分')
        || character.is_ascii_alphanumeric()
}

/// Whether a paragraph is an article of a regulation: `第三条 …`.
pub fn is_article(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('第') else { return false };
    let after = rest.trim_start_matches(in_enumerator);
    after.len() < rest.len() && after.starts_with('条') && !after.starts_with("条第") && after != "条"
}

/// Whether a text begins with a number in brackets: `(一)`, `(3)`.
pub fn is_enumerator(text: &str) -> bool {
    after_bracketed(text).is_some()
}

fn after_bracketed(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(')?;
    let rest = inner.trim_start_matches(in_enumerator);
    if rest.len() == inner.len() { None } else { rest.strip_prefix(')') }
}

fn in_enumerator(character: char) -> bool {
    character.is_ascii_digit() || digit_of(character).is_some() || is_ten(character)
}

/// A folded label without the numbering before it: `一、`, `(二)`, `3.`, `①`; repeated numbering is cut too.
pub fn after_enumerator(text: &str) -> &str {
    let mut rest = text;
    loop {
        let numbered = rest.trim_start_matches(in_enumerator);
        let next = if let Some(after) = after_bracketed(rest) {
            after
        } else if numbered.len() < rest.len() && numbered.starts_with(['、', '.', ',']) {
            numbered.trim_start_matches(['、', '.', ','])
        } else if rest.starts_with(|first| matches!(first, '①'..='⑳' | '㈠'..='㈩')) {
            rest.get('①'.len_utf8()..).unwrap_or_default()
        } else {
            return rest;
        };
        rest = next.trim_start();
    }
}

/// Whether a folded line is a heading of the first order: `一、概述`.
pub fn is_top_heading(line: &str) -> bool {
    let rest = line.trim_start_matches(|character| digit_of(character).is_some() || is_ten(character));
    rest.len() < line.len() && rest.starts_with('、')
}

/// Whether a line begins like an item of an outline: `一、`, `（二）`, `3.`, `①` …
pub fn starts_enumeration(line: &str) -> bool {
    let mut characters = line.chars().filter(|character| !character.is_whitespace());
    match characters.next() {
        Some('(' | '（' | '①'..='⑳' | '㈠'..='㈩') => true,
        Some(first) if first.is_ascii_digit() || digit_of(first).is_some() || matches!(first, '十' | '第') => true,
        _ => false,
    }
}

/// Prints ten-thousandths as a plain decimal without trailing zeros.
pub fn print(value: i64) -> String {
    let mut text = String::new();
    append(&mut text, value);
    text
}

/// The same behind a text: the details of checks are full of numbers, and formatting them took most of their time.
pub fn append(text: &mut String, value: i64) {
    if value < 0 {
        text.push('-');
    }
    let (whole, mut fraction) = (value.unsigned_abs() / 10_000, value.unsigned_abs() % 10_000);
    append_whole(text, whole);
    if fraction > 0 {
        text.push('.');
    }
    while fraction > 0 {
        append_whole(text, fraction / 1000);
        fraction = fraction % 1000 * 10;
    }
}

/// A whole number behind a text.
pub fn append_whole(text: &mut String, number: u64) {
    if number >= 10 {
        append_whole(text, number / 10);
    }
    text.push(char::from_digit(u32::try_from(number % 10).unwrap_or(0), 10).unwrap_or('0'));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<(String, usize)> {
        parse(text).map(|number| (print(number.value), number.len))
    }

    #[test]
    fn reads_digits() {
        assert_eq!(value("96条"), Some(("96".into(), 2)));
        assert_eq!(value("12,436条"), Some(("12436".into(), 6)));
        assert_eq!(value("53,12"), Some(("53".into(), 2)));
        assert_eq!(value("1234,567"), Some(("1234".into(), 4)));
        assert_eq!(value("50.65%"), Some(("50.65".into(), 5)));
        assert_eq!(value("2.96万条"), Some(("29600".into(), 7)));
        assert_eq!(value("18.6198万元"), Some(("186198".into(), 10)));
        assert_eq!(value("1.2.3"), Some(("1.2".into(), 3)));
        assert_eq!(value("99999999999999999999"), None);
    }

    #[test]
    fn knows_what_numerals_begin_with() {
        for character in '\0'..='\u{FFFF}' {
            let begins = character.is_ascii_digit() || digit_of(character).is_some() || is_ten(character);
            assert_eq!(NUMERALS.has(character), begins, "{character}");
        }
    }

    #[test]
    fn reads_characters() {
        assert_eq!(value("三处"), Some(("3".into(), 3)));
        assert_eq!(value("十二次"), Some(("12".into(), 6)));
        assert_eq!(value("一百零五"), Some(("105".into(), 12)));
        assert_eq!(value("两千三百人"), Some(("2300".into(), 12)));
        assert_eq!(value("二〇一九年"), None);
        assert_eq!(value("十几次"), None);
        assert_eq!(value("万元"), None);
        assert_eq!(value("条"), None);
    }

    #[test]
    fn prints_what_it_reads() {
        for text in ["0", "7", "0.5", "97.3", "1146", "18.6198"] {
            assert_eq!(value(text).map(|(printed, _)| printed).as_deref(), Some(text));
        }
        assert_eq!(print(-15_000), "-1.5");
        assert_eq!(print(1_200_005), "120.0005");
        assert_eq!(print(0), "0");
        assert_eq!(print(i64::MIN), "-922337203685477.5808");
    }
}
