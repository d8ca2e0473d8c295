//! Bytes become characters: what kind of file it is, in which encoding, and what was lost.

mod charset;

pub use charset::Charset;

use crate::model::{Decoded, Media};
use crate::record::Reject;

/// A mean character weight below this is noise, not a text: random bytes read as GB18030 stay far below.
const HARDLY_TEXT: f64 = 0.12;

/// Vertical tab, form feed, next line, line separator, paragraph separator.
const LINE_ENDS: [char; 5] = ['\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'];

/// What the first bytes of files that are not text look like.
const BINARY: [(&[u8], &str); 10] = [
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"\xD0\xCF\x11\xE0", "an old Office document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xBC\xAF", "a 7z archive"),
    (b"\x1F\x8B", "a gzip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xFF\xD8\xFF", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"{\\rtf", "an RTF document"),
];

/// Decodes one document, or says why it cannot be read.
pub fn decode(charset: &Charset, bytes: &[u8]) -> Result<Decoded, Reject> {
    if bytes.is_empty() {
        return Err(reject("empty", "the file has no bytes"));
    }
    if let Some((_, kind)) = BINARY.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(reject("binary", &format!("this is {kind}, which this version does not read")));
    }
    let choice = charset.choose(bytes);
    if choice.score < HARDLY_TEXT && has_high_bytes(bytes) {
        return Err(reject("binary", "no known encoding turns these bytes into text"));
    }
    let body = bytes.get(choice.mark..).unwrap_or_default();
    let (text, _) = choice.encoding.decode_without_bom_handling(body);
    let errors = text.matches('\u{FFFD}').count();
    let mut text = text.into_owned();
    if text.contains('\r') {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    // Separators of lines and paragraphs that are rarely used end a line too.
    if text.contains(LINE_ENDS) {
        text = text.replace(LINE_ENDS, "\n");
    }
    let visible = text.chars().filter(|character| !character.is_whitespace() && *character != '\u{FEFF}');
    let (shown, control) = visible.fold((0_usize, 0_usize), |(shown, control), character| {
        (shown + 1, control + usize::from(character.is_control()))
    });
    if shown == 0 {
        return Err(reject("empty", "the file has only blanks"));
    }
    if control * 50 > shown {
        return Err(reject("binary", "more than one character in fifty is a control character"));
    }
    // What is left of them is no word, and may be meant for a terminal.
    let foreign = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if text.contains(foreign) {
        text = text.replace(foreign, " ");
    }
    Ok(Decoded {
        media: media(&text),
        encoding: name(choice.encoding),
        basis: choice.basis,
        errors: u32::try_from(errors).unwrap_or(u32::MAX),
        text,
    })
}

fn reject(reason: &'static str, detail: &str) -> Reject {
    Reject { stage: "decode", reason, detail: detail.to_owned() }
}

fn has_high_bytes(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| !byte.is_ascii() || *byte == 0)
}

/// The WHATWG name in lower case.
fn name(encoding: &'static encoding_rs::Encoding) -> &'static str {
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
    let mut head: String = text.chars().take(4096).collect();
    head.make_ascii_lowercase();
    let any = |tags: &[&str]| tags.iter().any(|tag| head.contains(tag));
    let markdown = || ["---|", "--- |", "--:|", "--: |"].iter().any(|rule| text.contains(rule));
    if any(&TAGS) || (any(&LOOSE) && !markdown()) { Media::Html } else { Media::Text }
}
