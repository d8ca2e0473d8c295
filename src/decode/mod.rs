//! Bytes become characters: what kind of file it is, in which encoding, and what was lost.

mod charset;
mod kind;
mod mend;

pub use charset::Charset;
pub use kind::{Container, Kind};

use encoding_rs::{BIG5, Encoding, GB18030};
use memchr::memmem;

use charset::Choice;

use crate::medium::{Decoded, Decoding, EncodingBasis, Media};
use crate::record::{Reason, Reject};

/// A mean character weight below this is noise, not a text: random bytes read as GB18030 stay far below.
const HARDLY_TEXT: f64 = 0.12;

/// Vertical tab, form feed, next line, line separator, paragraph separator.
const LINE_ENDS: [char; 5] = ['\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'];

/// Characters in which a page shows its first tags.
const HEAD: usize = 4096;

/// Decodes one document, or says why it cannot be read.
pub fn decode(charset: &Charset, bytes: &[u8]) -> Result<Decoded, Reject> {
    if bytes.is_empty() {
        return Err(reject(Reason::Empty, "the file has no bytes"));
    }
    let choice = charset.choose(bytes);
    if choice.score < HARDLY_TEXT && has_high_bytes(bytes) {
        return Err(reject(Reason::Binary, "no known encoding turns these bytes into text"));
    }
    if mend::is_hz(bytes) {
        return Err(reject(Reason::Binary, "this is in HZ, an encoding of the 1990s; convert it to UTF-8"));
    }
    let (encoding, mut text, is_mended) = characters(charset, &choice, bytes);
    if text.chars().all(is_blank) {
        return Err(reject(Reason::Empty, "the file has only blanks"));
    }
    if has_control(&text) {
        text = cleaned(&text)?;
    }
    if is_escaped(&text) {
        text = ESCAPES.iter().fold(text, |text, (escape, character)| text.replace(escape, character));
    }
    let errors = memmem::find_iter(text.as_bytes(), "\u{FFFD}").count();
    Ok(Decoded {
        decoding: Decoding {
            media: media(&text),
            encoding: Some((name(encoding), choice.basis)),
            errors: u32::try_from(errors).unwrap_or(u32::MAX),
            mended: is_mended,
        },
        text,
    })
}

/// The characters of a file in the encoding of its larger part, and whether they were not what the file says.
fn characters(charset: &Charset, choice: &Choice<'_>, bytes: &[u8]) -> (&'static Encoding, String, bool) {
    if let Some(text) = choice.valid {
        let mended = mend::unscrambled(charset, text);
        let is_mended = mended.is_some();
        return (choice.encoding, mended.unwrap_or_else(|| text.to_owned()), is_mended);
    }
    let body = bytes.get(choice.mark..).unwrap_or_default();
    if choice.basis != EncodingBasis::Bom
        && let Some((larger, text)) = mend::by_lines(charset, choice.encoding, body)
    {
        return (larger, text, true);
    }
    let text = choice.encoding.decode_without_bom_handling(body).0;
    if choice.encoding == GB18030 || choice.encoding == BIG5 {
        let whole = mend::without_shifted(charset, &text).into_owned();
        let is_mended = whole.len() != text.len();
        return (choice.encoding, whole, is_mended);
    }
    (choice.encoding, text.into_owned(), false)
}

/// What a page was escaped with to stand in another; the ampersand last, since it begins the others.
const ESCAPES: [(&str, &str); 5] = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];

/// Whether a text is a page whose every tag is escaped.
fn is_escaped(text: &str) -> bool {
    memmem::find(text.as_bytes(), b"&lt;/").is_some() && memchr::memchr(b'<', text.as_bytes()).is_none()
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == '\u{FEFF}'
}

/// Whether there may be a control character or a rare end of a line: most texts have none, and this is a quick look.
fn has_control(text: &str) -> bool {
    let rare = |byte: &u8| (*byte < b' ' && *byte != b'\n' && *byte != b'\t') | (*byte == 0x7F) | (*byte == 0xC2);
    text.as_bytes().iter().fold(false, |any, byte| any | rare(byte))
        || ["\u{2028}", "\u{2029}"].iter().any(|end| memmem::find(text.as_bytes(), end.as_bytes()).is_some())
}

/// The text with one kind of line end and without control characters: what is left of them is no word, and may be meant
/// for a terminal.
fn cleaned(text: &str) -> Result<String, Reject> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace(LINE_ENDS, "\n");
    let shown = text.chars().filter(|character| !is_blank(*character)).count();
    // A NUL pads, whatever else the file holds.
    let control = text.chars().filter(|character| is_foreign(*character) && *character != '\0').count();
    if control * 50 > shown {
        return Err(reject(Reason::Binary, "more than one character in fifty is a control character"));
    }
    Ok(text.replace(is_foreign, " "))
}

/// What may not stay in a text.
fn is_foreign(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t')
}

fn reject(reason: Reason, detail: &str) -> Reject {
    Reject { stage: "decode", reason, detail: detail.to_owned() }
}

fn has_high_bytes(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| !byte.is_ascii() || *byte == 0)
}

/// The WHATWG name in lower case.
fn name(encoding: &'static Encoding) -> &'static str {
    match encoding.name() {
        "UTF-8" => "utf-8",
        "gb18030" | "GBK" => "gb18030",
        "Big5" => "big5",
        "UTF-16LE" => "utf-16le",
        "UTF-16BE" => "utf-16be",
        other => other,
    }
}

/// A page shows itself by its first tags, whatever the file is called.
fn media(text: &str) -> Media {
    const TAGS: [&str; 10] =
        ["<html", "<!doctype html", "<head", "<body", "<meta ", "<table", "<p>", "<p ", "<td", "<h1"];
    // These stand in Markdown too, beside the rule under the head of a table.
    const LOOSE: [&str; 3] = ["<div", "<br", "<span"];
    let Some(first) = memchr::memchr(b'<', text.as_bytes()) else { return Media::Text };
    let end = text.char_indices().nth(HEAD).map_or(text.len(), |(end, _)| end);
    let head = text.as_bytes().get(first..end).unwrap_or_default();
    let any = |tags: &[&str]| {
        memchr::memchr_iter(b'<', head).any(|at| {
            let has = |tag: &&str| {
                head.get(at..at + tag.len()).is_some_and(|found| found.eq_ignore_ascii_case(tag.as_bytes()))
            };
            tags.iter().any(has)
        })
    };
    let markdown = || ["---|", "--- |", "--:|", "--: |"].iter().any(|rule| text.contains(rule));
    if any(&TAGS) || (any(&LOOSE) && !markdown()) { Media::Html } else { Media::Text }
}
