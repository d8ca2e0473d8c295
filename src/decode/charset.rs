//! Which encoding the bytes are in, and by what evidence.
//!
//! Order of evidence: a byte-order mark; strict UTF-8; then every candidate is decoded and scored by how much of it is
//! common in official Chinese. UTF-8 stays among the candidates, so one bad byte does not turn a page into mojibake,
//! and a page's own declaration only decides when it decodes without an error and scores no worse.

use encoding_rs::{BIG5, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::medium::EncodingBasis;

/// Bytes looked at to choose an encoding; the whole document is then decoded with it.
const SAMPLE: usize = 16 * 1024;

/// With more than one NUL in so many bytes it is no encoding that has single bytes.
const NULS: usize = 10;

/// A mean weight that no text in a wrong encoding comes near, …
const CERTAIN: f64 = 0.75;

/// … when so many of its bytes are beyond ASCII.
const TELLING: usize = 64;

/// A declared encoding may score this much less than the best candidate and still be believed.
const DECLARATION_BONUS: f64 = 0.1;

/// Scores texts by how common their characters are in official Chinese.
pub struct Charset {
    weights: Vec<f32>,
}

/// A decoded text with its evidence.
pub struct Choice<'b> {
    /// The encoding, gbk and gb2312 widened to gb18030.
    pub encoding: &'static Encoding,
    /// What decided it.
    pub basis: EncodingBasis,
    /// The text, where the bytes are already in UTF-8 and need no second look.
    pub valid: Option<&'b str>,
    /// Bytes of the mark to skip.
    pub mark: usize,
    /// Mean weight per non-ASCII character of the sample; below 0 it is hardly text.
    pub score: f64,
}

impl Charset {
    /// Learns which characters are common.
    pub fn new(common: &str) -> Charset {
        let mut weights: Vec<f32> = (0..0x1_0000).map(rarity).collect();
        for character in common.chars() {
            if let Some(weight) = weights.get_mut(character as usize) {
                *weight = 1.0;
            }
        }
        Charset { weights }
    }

    /// Decides on an encoding.
    pub fn choose<'b>(&self, bytes: &'b [u8]) -> Choice<'b> {
        if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
            return Choice { encoding, basis: EncodingBasis::Bom, valid: None, mark, score: 1.0 };
        }
        let sample = sample(bytes);
        let nuls = memchr::memchr_iter(0, sample).count();
        let mut best =
            Choice { encoding: UTF_8, basis: EncodingBasis::Valid, valid: None, mark: 0, score: f64::NEG_INFINITY };
        match simdutf8::compat::from_utf8(bytes) {
            // Valid by chance, with every second byte a NUL: UTF-16 of plain ASCII.
            _ if nuls * NULS > sample.len() => {}
            Ok(text) => return Choice { valid: Some(text), score: 1.0, ..best },
            // A last character that was cut off does not count against it.
            Err(error) if error.error_len().is_none() => return Choice { score: 1.0, ..best },
            Err(_) => {}
        }
        best.basis = EncodingBasis::Detected;
        let mut text = String::new();
        let telling = sample.iter().filter(|byte| !byte.is_ascii()).count() >= TELLING;
        // The one that pages not in UTF-8 are nearly always in comes first: mostly no other is looked at.
        for encoding in [GB18030, UTF_8, BIG5, UTF_16LE, UTF_16BE] {
            let wide = encoding == UTF_16LE || encoding == UTF_16BE;
            if !wide && nuls * NULS > sample.len() {
                continue;
            }
            decode_sample(encoding, sample, &mut text);
            let score = self.score(&text);
            if score > best.score {
                best = Choice { encoding, score, ..best };
            }
            if telling && score > CERTAIN {
                let declared = declaration(bytes) == Some(encoding) && !text.contains('\u{FFFD}');
                return Choice { basis: if declared { EncodingBasis::Declared } else { best.basis }, ..best };
            }
        }
        self.believe_declaration(declaration(bytes), sample, best, &mut text)
    }

    #[expect(clippy::float_arithmetic, reason = "a score is compared, never published")]
    fn believe_declaration<'b>(
        &self,
        declared: Option<&'static Encoding>,
        sample: &[u8],
        best: Choice<'b>,
        text: &mut String,
    ) -> Choice<'b> {
        let Some(declared) = declared else { return best };
        decode_sample(declared, sample, text);
        let score = self.score(text);
        if score + DECLARATION_BONUS < best.score || text.contains('\u{FFFD}') {
            return best;
        }
        Choice { encoding: declared, basis: EncodingBasis::Declared, score, ..best }
    }

    /// Whether a character is on the list of common ones.
    pub(super) fn is_common(&self, character: char) -> bool {
        self.weights.get(character as usize).is_some_and(|weight| *weight >= 1.0)
    }

    /// Mean weight of the characters beyond ASCII; 0 where there are none.
    #[expect(clippy::float_arithmetic, reason = "a score is compared, never published")]
    pub(super) fn score(&self, text: &str) -> f64 {
        let (mut count, mut sum) = (0.0_f64, 0.0_f64);
        for character in text.chars() {
            if character.is_ascii() && (character.is_ascii_whitespace() || !character.is_ascii_control()) {
                continue;
            }
            count += 1.0;
            sum += f64::from(self.weights.get(character as usize).copied().unwrap_or(-0.5));
        }
        if count < 1.0 { 0.0 } else { sum / count }
    }
}

/// The weight of a character that is not on the list of common ones.
fn rarity(code: u32) -> f32 {
    match code {
        0x4E00..=0x9FFF => 0.15,
        0x3000..=0x303F | 0xFF01..=0xFF5E | 0x2010..=0x2027 | 0x2460..=0x24FF | 0x2160..=0x217F => 0.3,
        0xB0..=0xB7 | 0xD7 | 0x2500..=0x25FF => 0.3,
        0x3400..=0x4DBF | 0xF900..=0xFAFF => -0.5,
        0xFFFD => -4.0,
        0xE000..=0xF8FF => -1.0,
        0..=0x1F | 0x7F..=0x9F => -3.0,
        _ => -0.8,
    }
}

/// Puts the characters of a sample in the place of what the text was.
fn decode_sample(encoding: &'static Encoding, sample: &[u8], text: &mut String) {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    text.clear();
    text.reserve(decoder.max_utf8_buffer_length(sample.len()).unwrap_or(sample.len() * 3));
    // Not the last chunk: a character cut by the end of the sample is no error.
    let _ = decoder.decode_to_string(sample, text, false);
}

/// The bytes that are looked at: the first ones, or those behind a long head of scripts that is nothing but ASCII.
fn sample(bytes: &[u8]) -> &[u8] {
    let first = bytes.iter().position(|byte| !byte.is_ascii()).filter(|first| *first > SAMPLE / 2);
    // Two bytes may be one character.
    let rest = bytes.get(first.map_or(0, |first| first / 2 * 2)..).unwrap_or(bytes);
    rest.get(..SAMPLE).unwrap_or(rest)
}

/// The encoding that a page's head declares.
fn declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..2048).unwrap_or(bytes);
    let at = memchr::memmem::find(head, b"charset=").or_else(|| memchr::memmem::find(head, b"encoding="))?;
    let value = head.get(at..)?.split(|byte| *byte == b'=').nth(1)?;
    let label = value
        .iter()
        .skip_while(|byte| matches!(byte, b'"' | b'\'' | b' '))
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .copied()
        .collect::<Vec<u8>>();
    Encoding::for_label(&label).map(widened)
}

/// gbk and gb2312 are read as the superset that pages really use.
fn widened(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == encoding_rs::GBK { GB18030 } else { encoding }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_head_of_scripts_hides_no_encoding() {
        let charset = crate::knowledge::embedded().unwrap().charset;
        for encoding in [GB18030, BIG5] {
            let (text, ..) = encoding.encode("本年度主要工作，有公民和法人的申請。");
            let head = format!("<html><script>{}</script>", "a = 1; ".repeat(4_000));
            let bytes = [head.as_bytes(), text.repeat(20).as_slice()].concat();
            assert_eq!(charset.choose(&bytes).encoding, encoding);
        }
    }
}
