//! Where noun phrases and sentences end.

use crate::characters::Characters;
use crate::extract::words::{LONGEST_NAME, LONGEST_TITLE};
use crate::number::NUMERALS;

/// Bytes of a sentence above which it is cut at the next comma: a thousand ideographs.
const LONGEST_SENTENCE: usize = 3_000;

/// Characters that may end a sentence, the comma of a very long one included.
static STOPS: Characters = Characters::new(&['。', '!', '?', '.', ';', ',']);

/// Characters that end a noun phrase.
pub(super) fn is_border(character: char) -> bool {
    matches!(character, ',' | '。' | ';' | ':' | '、' | '(' | ')' | '!' | '?' | '“' | '”' | '"')
}

/// Whether a place lies in a title or in a short quotation, which may have stops of its own: 《什么是信息公开?…》.
fn is_enclosed(text: &str, at: usize) -> bool {
    let (before, behind) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
    [('《', '》', LONGEST_TITLE), ('“', '”', LONGEST_NAME)].iter().any(|(open, close, longest)| {
        let border = |character: &char| [*open, *close, '。', '\n'].contains(character);
        let opened = before.chars().rev().take(*longest).find(border) == Some(*open);
        opened && behind.chars().take(*longest).find(border) == Some(*close)
    })
}

/// The sentences of a stretch: start, end, and whether a full stop (rather than a semicolon) ends it. A sentence that
/// no writer would write is cut at a comma, or anywhere, so that what looks back over a sentence stays cheap.
pub(super) fn sentences(text: &str, start: usize, end: usize) -> Vec<(usize, usize, bool)> {
    let mut sentences = Vec::new();
    let mut from = start;
    while from < end {
        let limit = text.ceil_char_boundary(from + 2 * LONGEST_SENTENCE + 1).min(end);
        let stretch = text.get(from..limit).unwrap_or_default();
        let marks = stretch.char_indices().filter(|(_, mark)| STOPS.has(*mark));
        let mut marks = marks.map(|(at, mark)| (from + at, from + at + mark.len_utf8(), mark));
        let stop = marks.find_map(|(at, behind, mark)| {
            let is_long = behind - from > LONGEST_SENTENCE;
            let goes_on = |next: char| next.is_ascii_alphanumeric() || NUMERALS.has(next);
            match mark {
                ',' => is_long.then_some((at, behind, false)),
                ';' | '!' | '?' | '.' if is_enclosed(text, at) => None,
                ';' => Some((at, behind, false)),
                '.' if text.get(behind..end).is_some_and(|rest| rest.starts_with(goes_on)) => None,
                _ => Some((at, behind, true)),
            }
        });
        let (at, behind, full) = stop.unwrap_or((limit, limit, limit == end));
        sentences.push((from, at, full));
        from = behind;
    }
    sentences
}
