//! Where noun phrases and sentences end.

/// Bytes of a sentence above which it is cut at the next comma: a thousand ideographs.
const LONGEST_SENTENCE: usize = 3_000;

/// Characters that end a noun phrase.
pub(super) fn is_border(character: char) -> bool {
    matches!(character, ',' | '。' | ';' | ':' | '、' | '(' | ')' | '!' | '?' | '“' | '”' | '"')
}

/// The sentences of a stretch: start, end, and whether a full stop (rather than a semicolon) ends it. A sentence that
/// no writer would write is cut at a comma, or anywhere, so that what looks back over a sentence stays cheap.
pub(super) fn sentences(text: &str, start: usize, end: usize) -> Vec<(usize, usize, bool)> {
    let mut sentences = Vec::new();
    let mut from = start;
    let stretch = text.get(start..end).unwrap_or_default();
    for (at, character) in stretch.char_indices() {
        let behind = start + at + character.len_utf8();
        let next = text.get(behind..end).and_then(|rest| rest.chars().next());
        let long = behind - from > LONGEST_SENTENCE;
        let stop = match character {
            '。' | '!' | '?' => true,
            '.' if next.is_some_and(|next| next.is_ascii_alphanumeric()) => continue,
            '.' => true,
            ';' => false,
            ',' if long => false,
            _ if behind - from > 2 * LONGEST_SENTENCE => false,
            _ => continue,
        };
        let border = if matches!(character, '。' | '!' | '?' | '.' | ';' | ',') { start + at } else { behind };
        sentences.push((from, border, stop));
        from = behind;
    }
    if from < end {
        sentences.push((from, end, true));
    }
    sentences
}
