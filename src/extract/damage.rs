//! What a copy of a report has lost or been given since it was written.

use memchr::{memchr_iter, memchr2_iter, memmem};

use super::table::Tables;
use crate::date;
use crate::knowledge::Knowledge;
use crate::model::Document;
use crate::number;
use crate::parse::fold::Page;

/// Bytes at the top and at the bottom in which sites print what is theirs.
const MARGIN: usize = 4 * 1024;

/// One bracket with Latin letters may be a name.
const GLOSSES: usize = 3;

/// Bytes read as Latin letters come in pairs; one pair may be a name.
const LATIN: usize = 2;

/// A junk word that stands once may be a link.
const JUNK: usize = 2;

/// Published names of the defects of a page, sorted.
pub(super) fn of(knowledge: &Knowledge, document: &Document, page: &Page, tables: &Tables) -> Vec<&'static str> {
    let (portal, junk) = marks(knowledge, page);
    let kinds = [
        ("attachment_absent", tables.findings.is_empty() && is_attached(knowledge, page)),
        ("flattened_table", tables.glued),
        ("glyph_loss", has_lost_glyphs(page)),
        ("mojibake", is_mojibake(&document.text)),
        ("pinyin_gloss", page.folded.glosses >= GLOSSES),
        ("portal_chrome", portal),
        ("split_glyphs", is_split(knowledge, &document.text)),
        ("substituted_name", junk),
        ("values_lost", tables.lost || is_empty(knowledge, page)),
    ];
    kinds.into_iter().filter(|(_, found)| *found).map(|(name, _)| name).collect()
}

/// Whether a site's furniture stands around the text, and whether junk stands in the place of names.
fn marks(knowledge: &Knowledge, page: &Page) -> (bool, bool) {
    let (words, text) = (&knowledge.damage, page.folded.text.as_str());
    let top = text.get(..text.floor_char_boundary(MARGIN)).unwrap_or_default();
    let bottom = text.get(text.ceil_char_boundary(text.len().saturating_sub(MARGIN))..).unwrap_or_default();
    let mut seen = knowledge.marks.seen(top);
    if text.len() > MARGIN {
        seen.extend(&knowledge.marks.seen(bottom));
    }
    let portal = words.portal.iter().any(|word| seen.has(word.number));
    let mut junk = words.junk.iter().filter(|word| seen.has(word.number));
    (portal, junk.any(|word| memmem::find_iter(text.as_bytes(), &word.word).nth(JUNK - 1).is_some()))
}

/// Whether single characters are gone: 201711日, 〔201848号, 、概述, ()公开方式.
fn has_lost_glyphs(page: &Page) -> bool {
    let text = page.folded.text.as_str();
    let glued = |at: usize| date::is_glued(text, at);
    let headless = |text: &str| {
        let rest = text.strip_prefix("()").or_else(|| text.strip_prefix('、'));
        rest.is_some_and(|rest| rest.starts_with(char::is_alphabetic))
    };
    memmem::find_iter(text.as_bytes(), "20").any(glued) || page.paragraphs().any(|block| headless(page.text(block)))
}

/// Whether bytes were read in another encoding: letters of Zhuyin among ideographs, 锟斤拷, Latin letters in pairs.
fn is_mojibake(text: &str) -> bool {
    let bytes = text.as_bytes();
    // 0xC3 before 0xC2: a letter with an accent, then a sign of Latin-1, as the bytes of ideographs look.
    let pairs = memchr_iter(0xC2, bytes).filter(|at| at.checked_sub(2).is_some_and(|at| bytes.get(at) == Some(&0xC3)));
    let zhuyin =
        memmem::find(bytes, &[0xE3, 0x84]).is_some_and(|at| bytes.get(at + 2).is_some_and(|byte| *byte >= 0x85));
    let replaced = memmem::find(bytes, "\u{951F}\u{65A4}\u{62F7}".as_bytes()).is_some();
    replaced || zhuyin || pairs.take(LATIN).count() >= LATIN
}

/// Whether a blank or a broken line stands within a word of a sentence; titles are spaced on purpose.
fn is_split(knowledge: &Knowledge, text: &str) -> bool {
    let within = |at: usize| {
        let (before, behind) = text.split_at(at);
        let before = before.trim_end();
        let mut last = before.chars().rev();
        let (Some(first), Some(second)) = (last.next(), behind.trim_start().chars().next()) else { return false };
        knowledge.damage.split_pairs.contains(&(first, second)) && last.next().is_some_and(char::is_alphabetic)
    };
    memchr2_iter(b' ', b'\n', text.as_bytes()).any(within)
}

/// A line that names a table and ends like a file.
fn is_attached(knowledge: &Knowledge, page: &Page) -> bool {
    let words = &knowledge.damage;
    page.paragraphs().map(|block| page.text(block)).any(|text| {
        words.file_endings.iter().any(|ending| text.ends_with(ending.as_str()))
            && words.attached_tables.iter().any(|table| text.contains(table.as_str()))
    })
}

/// The heading of a table right above the next heading.
fn is_empty(knowledge: &Knowledge, page: &Page) -> bool {
    let headings = &knowledge.damage.table_headings;
    page.blocks.windows(2).any(|pair| {
        let [first, second] = pair else { return false };
        let (first, second) = (page.text(first), page.text(second));
        let is_table = |text: &str| headings.iter().any(|heading| text.ends_with(heading.as_str()));
        number::is_top_heading(first) && is_table(first) && number::is_top_heading(second)
    })
}
