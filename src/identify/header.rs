//! Facts with a label: publication date, issuer, contact.

use memchr::memmem;

use super::bodies;
use crate::date;
use crate::knowledge::{Knowledge, Label, Set};
use crate::model::{Contact, Day, Document};
use crate::parse::fold::{FoldedBlock, Page};

/// Blocks below the title, and above it all, in which a date may stand alone.
const STAMP: usize = 3;

/// Blocks at the top in which header fields stand.
const HEAD: usize = 40;

/// Paragraphs at the bottom in which a signature stands.
const TAIL: usize = 14;

/// A signature line is at most this long, in characters.
const LONGEST_SIGNATURE: usize = 40;

/// A contact fact is at most this long, in characters.
const LONGEST_FACT: usize = 60;

/// What the head, the foot and the contact clause say.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// Publication date.
    pub published: Option<Day>,
    /// Folded names of bodies, the most trustworthy first: contact clause, header field, signature, page metadata.
    pub bodies: Vec<(&'static str, String)>,
    /// Contact facts.
    pub contact: Contact,
}

/// Reads the labelled facts.
pub(super) fn read<'k>(
    knowledge: &'k Knowledge,
    document: &Document,
    page: &Page,
    (seen, title_end): (&Set, usize),
) -> Header {
    let labels = &knowledge.titles.header;
    let stands = |labels: &'k [Label]| -> Vec<&'k str> {
        let labels = labels.iter().filter(|label| seen.has(label.number));
        labels.map(|label| label.word.as_str()).collect()
    };
    let mut header = Header::default();
    let signature = signature(knowledge, page);
    header.published = metadata_date(knowledge, document)
        .or_else(|| labelled_date(page, &stands(&labels.published), false))
        .or_else(|| stamped_date(knowledge, page, title_end))
        .or_else(|| labelled_date(page, &stands(&labels.dated), true))
        .or(signature.as_ref().map(|(day, _)| *day))
        .or_else(|| labelled_date(page, &stands(&labels.updated), true));
    if let Some(body) = contact_body(page, &stands(&labels.contact), &labels.with) {
        header.bodies.push(("contact", body));
    }
    if let Some(body) = field(page, &stands(&labels.issuer)) {
        header.bodies.push(("header", body));
    }
    if let Some((_, body)) = signature {
        header.bodies.push(("signature", body));
    }
    let text = page.folded.text.as_str();
    let words = |found: Option<(usize, usize)>| {
        found.map(|(start, end)| document.words(page.folded.original(start, end, &document.text)).trim().to_owned())
    };
    header.contact = Contact {
        phone: words(fact(
            text,
            &stands(&labels.phone),
            |c| c.is_ascii_digit() || matches!(c, '-' | '(' | ')' | ' ' | '/'),
            7,
        )),
        postcode: words(fact(text, &stands(&labels.postcode), |c| c.is_ascii_digit(), 6)),
        address: words(fact(text, &stands(&labels.address), |c| !matches!(c, ';' | ',' | '。' | ')' | '\n' | ':'), 2)),
        email: words(fact(
            text,
            &stands(&labels.email),
            |c| c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '_' | '-'),
            6,
        )),
        url: words(url(text)),
    };
    header
}

fn metadata_date(knowledge: &Knowledge, document: &Document) -> Option<Day> {
    let names = &knowledge.titles.meta.published;
    names.iter().find_map(|name| {
        let (_, value) = document.meta.iter().find(|(known, _)| known == name)?;
        date::day(value.trim()).map(|(day, _)| day)
    })
}

/// The date behind a label, in the same block or in the next one, no sentence before it; `alone` when the label must
/// be a word by itself: 归档时间 is none of 时间.
fn labelled_date(page: &Page, labels: &[&str], alone: bool) -> Option<Day> {
    let blocks: Vec<&FoldedBlock> = page.blocks.iter().take(HEAD).chain(page.blocks.iter().rev().take(TAIL)).collect();
    for label in labels {
        let finder = memmem::Finder::new(label);
        for block in &blocks {
            let own = page.text(block);
            for at in finder.find_iter(own.as_bytes()) {
                let before = own.get(..at).unwrap_or_default();
                let part = before.ends_with(char::is_alphabetic) && !page.folded.has_gap(block.start + at);
                if before.contains(['。', '《']) || (alone && part) {
                    continue;
                }
                let behind = page.folded.text.get(block.start + at + label.len()..).unwrap_or_default();
                let behind = behind.trim_start_matches([':', ' ', '\n', '〕', ']', '|', '-', '•']);
                if let Some((day, _)) = date::day(behind) {
                    return Some(day);
                }
            }
        }
    }
    None
}

/// A date on a line of its own around the title: `(2017年1月12日)`, `2014-01-03 13:09 来源: …`.
fn stamped_date(knowledge: &Knowledge, page: &Page, title_end: usize) -> Option<Day> {
    let ends = |block: &FoldedBlock| {
        let text = page.text(block).trim_matches(|mark: char| !mark.is_alphanumeric());
        let (start, day) = final_date(text, &knowledge.titles.header.until)?;
        let before = text.get(..start)?.trim();
        (is_line(text, LONGEST_SIGNATURE) && (before.is_empty() || signs(knowledge, before))).then_some(day)
    };
    let stands =
        |block: &FoldedBlock| standing_date(page.text(block)).filter(|_| is_line(page.text(block), LONGEST_FACT));
    let below = page.blocks.iter().skip(title_end).take(STAMP).find_map(ends);
    below.or_else(|| page.blocks.iter().take(title_end + STAMP).find_map(|block| stands(block).or_else(|| ends(block))))
}

fn is_line(text: &str, longest: usize) -> bool {
    text.char_indices().nth(longest).is_none()
}

/// A date between blanks, or with the time of day behind it; 2018年1月1日至 is none.
fn standing_date(line: &str) -> Option<Day> {
    let mut starts = line.char_indices().filter(|(_, first)| *first == '2');
    starts.find_map(|(start, _)| {
        let before = line.get(..start)?.chars().next_back();
        let (day, end) = date::day(line.get(start..)?)?;
        let behind = line.get(start + end..)?;
        let time = behind.trim_start().as_bytes();
        let timed = time.first().is_some_and(u8::is_ascii_digit) && time.iter().take(3).any(|byte| *byte == b':');
        let apart = before.is_none_or(|before| !before.is_alphanumeric());
        (apart && (timed || behind.starts_with([' ', '|', '(']))).then_some(day)
    })
}

/// The last line that ends with a date, or that a date follows, and the body that signs.
fn signature(knowledge: &Knowledge, page: &Page) -> Option<(Day, String)> {
    let paragraphs: Vec<&str> = page.paragraphs().map(|block| page.text(block)).collect();
    let first = paragraphs.len().saturating_sub(TAIL);
    for (at, text) in paragraphs.iter().enumerate().skip(first).rev() {
        if text.chars().count() > LONGEST_SIGNATURE {
            continue;
        }
        if let Some((start, day)) = final_date(text, &knowledge.titles.header.until) {
            let before = text.get(..start).unwrap_or_default().trim();
            // A list of other pages and a clock have words before the date that name nobody.
            if !before.is_empty() && !signs(knowledge, before) {
                continue;
            }
            let above = at.checked_sub(1).and_then(|above| paragraphs.get(above)).copied().unwrap_or_default();
            let body = if before.is_empty() { above } else { before };
            let body = if body.chars().count() > LONGEST_SIGNATURE || body.contains(['。', ':']) { "" } else { body };
            return Some((day, body.to_owned()));
        }
    }
    None
}

/// Whether words before a date are the name of a body.
fn signs(knowledge: &Knowledge, words: &str) -> bool {
    let body = bodies::read(knowledge, words);
    body.governs || body.level.is_some()
}

/// The date that ends a line, and where it begins; the end of a period is none.
fn final_date(line: &str, until: &[String]) -> Option<(usize, Day)> {
    let mut starts = line.char_indices().filter(|_| line.ends_with(date::ends_day));
    let (start, day) = starts.find_map(|(start, _)| {
        let (day, end) = date::day(line.get(start..)?)?;
        (start + end == line.len()).then_some((start, day))
    })?;
    let before = line.get(..start)?;
    (!until.iter().any(|word| before.ends_with(word.as_str()))).then_some((start, day))
}

/// The body behind 请与: `请与盐井乡…办公室联系`.
fn contact_body(page: &Page, words: &[&str], with: &[String]) -> Option<String> {
    let text = page.folded.text.as_str();
    for word in words {
        for at in memmem::find_iter(text.as_bytes(), word) {
            let from = text.floor_char_boundary(at.saturating_sub(4 * LONGEST_FACT));
            let line = text.get(from..at)?.rsplit(['\n', '。', ',', ';']).next()?;
            let (_, body) = with.iter().find_map(|with| line.split_once(with.as_str()))?;
            let body = body.split('(').next()?;
            if (3..=LONGEST_FACT).contains(&body.chars().count()) {
                return Some(body.to_owned());
            }
        }
    }
    None
}

/// The value of a header field: behind its label and a colon, or in the next cell.
fn field(page: &Page, labels: &[&str]) -> Option<String> {
    let blocks: Vec<&FoldedBlock> = page.blocks.iter().take(HEAD).collect();
    for finder in labels.iter().map(memmem::Finder::new) {
        for (number, block) in blocks.iter().enumerate() {
            let text = page.text(block);
            let Some(at) = finder.find(text.as_bytes()) else { continue };
            let behind = text.get(at + finder.needle().len()..)?;
            let value = match behind.strip_prefix(':') {
                Some(rest) if !rest.is_empty() => rest,
                Some(_) => page.text(blocks.get(number + 1)?),
                None if behind.is_empty() && at == 0 => page.text(blocks.get(number + 1)?),
                None => continue,
            };
            let value = value.trim().split([' ', ',', ';', ':', '|']).next()?;
            if (3..=LONGEST_FACT).contains(&value.chars().count()) {
                return Some(value.to_owned());
            }
        }
    }
    None
}

/// The longest run of allowed characters right behind a label.
fn fact(text: &str, labels: &[&str], allowed: impl Fn(char) -> bool, least: usize) -> Option<(usize, usize)> {
    for label in labels {
        for at in memmem::find_iter(text.as_bytes(), label) {
            let start = at + label.len();
            let behind = text.get(start..)?;
            let skipped = behind.trim_start_matches([':', ' ', '(', '〔']);
            let start = start + (behind.len() - skipped.len());
            let value: String =
                skipped.chars().take(LONGEST_FACT).take_while(|character| allowed(*character)).collect();
            let value = value.trim_end_matches(['-', '(', ' ', '/', '.']);
            if value.chars().count() >= least {
                return Some((start, start + value.len()));
            }
        }
    }
    None
}

fn url(text: &str) -> Option<(usize, usize)> {
    let find = |word: &[u8]| memmem::find(text.as_bytes(), word);
    let start = find(b"http").or_else(|| find(b"www."))?;
    let length =
        text.get(start..)?.bytes().take_while(|byte| byte.is_ascii_graphic() && !b"();,<>\"".contains(byte)).count();
    (length > 8).then_some((start, start + length))
}
