//! Years, days and reporting periods in folded text, whole or damaged.
//!
//! Page exports often lose the one-character nodes between digits, so that 2018年1月1日至12月31日 is printed as
//! 2018111231. Only whole-year templates are repaired; nothing else is guessed.

use memchr::memmem;

use crate::model::Day;
use crate::number::{self, digit_of};

/// A year at the start of a folded text, in digits or characters: 2018, 二〇一八, 二0一八. Returns it and its bytes.
pub fn year(text: &str) -> Option<(i16, usize)> {
    let mut year = 0_i16;
    let mut end = 0;
    for (count, (at, character)) in text.char_indices().enumerate() {
        if count == 4 {
            break;
        }
        let digit = match character {
            'O' | 'o' => 0,
            _ => character.to_digit(10).map(i64::from).or_else(|| digit_of(character))?,
        };
        year = year.checked_mul(10)?.checked_add(i16::try_from(digit).ok()?)?;
        end = at + character.len_utf8();
    }
    (1990..2100).contains(&year).then_some((year, end))
}

/// A calendar day at the start of a folded text, and its bytes: 2019年3月8日, 2019-03-08, 二〇一九年三月八日.
pub fn day(text: &str) -> Option<(Day, usize)> {
    let (year, mut end) = year(text)?;
    let (month, taken) = part(text.get(end..)?, &['年', '-', '/', '.'])?;
    end += taken;
    let (day, taken) = part(text.get(end..)?, &['月', '-', '/', '.'])?;
    end += taken;
    if text.get(end..)?.starts_with('日') {
        end += '日'.len_utf8();
    }
    Some((Day::new(year, month, day).ok()?, end))
}

/// Whether digits at a place of a text are a year that has run into what followed it: 201811日, 〔201848号.
pub fn is_glued(text: &str, at: usize) -> bool {
    let (before, rest) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let behind = rest.get(digits..).unwrap_or_default();
    let year = rest.starts_with("200") || rest.starts_with("201") || rest.starts_with("202");
    let apart = !before.ends_with(|character: char| character.is_ascii_digit());
    let of_date = behind.starts_with(['月', '日']) && digits <= "2018年12月31".chars().count();
    let of_document = before.ends_with('〔') && behind.starts_with('号');
    apart && year && digits > "2018".len() && (of_date || of_document)
}

/// Whether a text names two years in a row: 2015-2016年, 2011至2015年.
pub fn names_several_years(text: &str) -> bool {
    let years = text.char_indices().filter_map(|(at, _)| {
        let (_, end) = year(text.get(at..)?)?;
        text.get(at + end..)
    });
    years.into_iter().any(|rest| {
        let rest = rest.trim_start_matches('年');
        let next = rest.trim_start_matches(['-', '~', '、', '/', '至', '到']);
        next.len() < rest.len() && year(next).is_some()
    })
}

/// Whether a day can end with this character.
pub fn ends_day(character: char) -> bool {
    character == '日' || number::NUMERALS.has(character)
}

/// A separator and the number of one or two digits behind it.
fn part(text: &str, separators: &[char]) -> Option<(i8, usize)> {
    let rest = text.strip_prefix(separators)?;
    let skipped = rest.trim_start_matches(' ');
    let digits = skipped.bytes().take_while(u8::is_ascii_digit).count();
    let (value, taken) = match digits {
        1 | 2 => (skipped.get(..digits)?.parse().ok()?, digits),
        0 => {
            let number = number::parse(skipped)?;
            (i8::try_from(number.value / number::ONE).ok()?, number.len)
        }
        _ => return None,
    };
    Some((value, text.len() - skipped.len() + taken))
}

/// A period over a whole year at the start of a folded text: 2018年1月1日至12月31日, however damaged.
pub fn whole_year(text: &str) -> Option<i16> {
    let (first, end) = year(text)?;
    let rest = skip(text.get(end..)?, '年');
    let rest = skip(skip(rest, '度'), '0');
    let rest = skip(rest.strip_prefix('1')?, '月');
    let rest = skip(rest, '0').strip_prefix('1')?;
    let rest =
        skip(rest, '日').trim_start_matches(['起', '始', '至', '到', '-', '止', '~', '—', ' ', ',', '(', ')', '开']);
    let rest = match year(rest) {
        Some((second, end)) if second == first => skip(rest.get(end..)?, '年'),
        Some(_) => return None,
        None => rest,
    };
    let rest = skip(rest.strip_prefix("12")?, '月');
    rest.starts_with("31").then_some(first)
}

/// Whether a character behind a number says that it is a year.
pub fn is_year_unit(character: char) -> bool {
    character == '年'
}

/// The first year in a text that ends a period: 截至2012年底, 截止2010年12月31日.
pub fn year_end(text: &str) -> Option<i16> {
    memmem::find_iter(text.as_bytes(), "截").find_map(|at| {
        let rest = text.get(at..)?.strip_prefix("截")?.strip_prefix(['至', '止'])?;
        let rest = rest.strip_prefix('到').unwrap_or(rest);
        let (year, end) = year(rest)?;
        let rest = rest.get(end..)?;
        ["年底", "年12月31", "1231", "年末", "年12月底"].iter().any(|ending| rest.starts_with(ending)).then_some(year)
    })
}

fn skip(text: &str, character: char) -> &str {
    text.strip_prefix(character).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days() {
        let printed = |text: &str| day(text).map(|(day, end)| format!("{day} {end}"));
        assert_eq!(printed("2019年3月8日").as_deref(), Some("2019-03-08 15"));
        assert_eq!(printed("2019-03-01 08:51").as_deref(), Some("2019-03-01 10"));
        assert_eq!(printed("二〇一九年十二月三十一日").as_deref(), Some("2019-12-31 36"));
        assert_eq!(printed("2017- 01- 13"), Some("2017-01-13 12".to_owned()));
        assert_eq!(printed("2019年13月8日"), None);
        assert_eq!(printed("2019年3月"), None);
    }

    #[test]
    fn reads_whole_years_however_damaged() {
        let whole = [
            "2012年1月1日起至2012年12月31日止",
            "2012年1月1日至12月31日",
            "2012111231",
            "201211日起至20121231日止",
            "2012年11日至2012年1231日",
            "2012年1月1日----2012年12月31日",
            "20121月1日至201212月31日",
            "2012年01月01日至2012年12月31日",
        ];
        for text in whole {
            assert_eq!(whole_year(text), Some(2012), "{text}");
        }
        assert_eq!(whole_year("2012年5月1日至12月31日"), None);
        assert_eq!(year_end("截至2012年底"), Some(2012));
    }
}
