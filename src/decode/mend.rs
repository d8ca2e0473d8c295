//! What went wrong before a file came to us: another encoding in a part of it, bytes lost within it, all of it read in
//! the wrong one and saved. Mended where there is one way only, otherwise left out and counted.

use std::borrow::Cow;

use encoding_rs::{BIG5, Encoding, GB18030, UTF_8, WINDOWS_1252};

use super::Charset;

/// A mean weight of characters that no text in its right encoding stays below.
const SUSPECT: f64 = 0.35;

/// A mean weight that no text in a wrong encoding reaches.
const SOUND: f64 = 0.55;

/// Of so many characters one may be lost.
const LEGIBLE: usize = 10;

/// Bytes of a text, from the first beyond ASCII on, that are looked at for a suspicion.
const HEAD: usize = 512;

/// Bytes beyond ASCII that tell the encoding of a line: two ideographs in UTF-8 may be three in GBK by chance.
const TELLING: usize = 9;

/// Ideographs without a common one among them that are none: a byte before them is lost.
const SHIFTED: usize = 8;

/// A mean weight of such a run: one common character in eight.
const NOISE: f64 = 0.26;

/// Whether it is HZ, which writes ideographs as ASCII between `~{` and `~}`.
pub(super) fn is_hz(bytes: &[u8]) -> bool {
    let several = |mark: &[u8]| memchr::memmem::find_iter(bytes, mark).nth(1).is_some();
    bytes.is_ascii() && several(b"~{") && several(b"~}")
}

/// A text that was read in the wrong encoding and saved, as it was before; `None` where nothing speaks for that, or
/// where there is more than one way back.
pub(super) fn unscrambled(charset: &Charset, text: &str) -> Option<String> {
    // A page begins with markup.
    let start = text.bytes().position(|byte| !byte.is_ascii())?;
    let head = text.get(start..text.floor_char_boundary(start + HEAD)).unwrap_or_default();
    if charset.score(head) > SUSPECT {
        return None;
    }
    let ways = [(GB18030, UTF_8), (WINDOWS_1252, GB18030), (WINDOWS_1252, UTF_8), (WINDOWS_1252, BIG5), (BIG5, UTF_8)];
    let mut sound = ways.iter().filter_map(|(wrong, right)| {
        // A character that was lost then stays lost: no byte of any encoding.
        let pieces: Vec<_> = text.split('\u{FFFD}').map(|piece| wrong.encode(piece)).collect();
        if pieces.iter().any(|(.., failed)| *failed) {
            return None;
        }
        let bytes = pieces.iter().map(|(bytes, ..)| bytes.as_ref()).collect::<Vec<_>>().join(&0xFF);
        let text = right.decode_without_bom_handling(&bytes).0;
        let lost = text.matches('\u{FFFD}').count();
        (lost * LEGIBLE <= text.chars().count() && charset.score(&text) > SOUND).then(|| text.into_owned())
    });
    let first = sound.next()?;
    sound.all(|other| other == first).then_some(first)
}

/// Decodes line by line: the encoding of the larger part is read, a line in the other one is a character that is
/// lost. `None` where all lines are in one encoding.
pub(super) fn by_lines(
    charset: &Charset,
    encoding: &'static Encoding,
    bytes: &[u8],
) -> Option<(&'static Encoding, String)> {
    let other = if encoding == UTF_8 { GB18030 } else { UTF_8 };
    if ![UTF_8, GB18030, BIG5].contains(&encoding) {
        return None;
    }
    let high = |line: &[u8]| line.iter().filter(|byte| !byte.is_ascii()).count();
    let is_other = |line: &[u8]| high(line) >= TELLING && reads_better(charset, line, (other, encoding));
    let foreign: usize = bytes.split(|byte| *byte == b'\n').filter(|line| is_other(line)).map(high).sum();
    if foreign == 0 {
        return None;
    }
    let (larger, smaller) = if foreign * 2 > high(bytes) { (other, encoding) } else { (encoding, other) };
    let mut text = String::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if high(line) >= TELLING && reads_better(charset, line, (smaller, larger)) {
            text.push_str("\u{FFFD}\n");
        } else {
            text.push_str(&larger.decode_without_bom_handling(line).0);
        }
    }
    Some((larger, text))
}

fn reads_better(charset: &Charset, line: &[u8], (one, other): (&'static Encoding, &'static Encoding)) -> bool {
    // Most lines are in the encoding of the others, and strict UTF-8 says so fastest.
    if one == UTF_8 && std::str::from_utf8(line).is_err() {
        return false;
    }
    let (text, failed) = one.decode_without_bom_handling(line);
    !failed && charset.score(&text) > SOUND && charset.score(&other.decode_without_bom_handling(line).0) < SOUND
}

/// Leaves out what stands between a lost byte and the next character that is certain: ideographs by the dozen and no
/// common one among them.
pub(super) fn without_shifted<'t>(charset: &Charset, text: &'t str) -> Cow<'t, str> {
    let is_ideograph = |character: char| ('\u{3400}'..='\u{9FFF}').contains(&character) || character > '\u{E000}';
    let mut mended: Option<String> = None;
    let mut done = 0;
    let mut rest = 0;
    while let Some(start) = text.get(rest..).and_then(|rest| rest.find(is_ideograph)).map(|at| rest + at) {
        let run = text.get(start..).unwrap_or_default();
        let run = run.get(..run.find(|one| !is_ideograph(one)).unwrap_or(run.len())).unwrap_or_default();
        rest = start + run.len();
        let is_rare = || run.chars().take(SHIFTED).filter(|one| charset.is_common(*one)).count() <= 1;
        if run.chars().nth(SHIFTED - 1).is_some() && is_rare() && charset.score(run) < NOISE {
            let mended = mended.get_or_insert_default();
            mended.push_str(text.get(done..start).unwrap_or_default());
            mended.push('\u{FFFD}');
            done = rest;
        }
    }
    match mended {
        None => Cow::Borrowed(text),
        Some(mended) => Cow::Owned(mended + text.get(done..).unwrap_or_default()),
    }
}
