//! Whose report it is, about which year, and whether it is a report: every decision by a vote that can abstain.

mod bodies;
mod class;
mod header;
mod place;
mod scope;
pub(crate) mod title;
mod year;

use crate::knowledge::Knowledge;
use crate::model::{Day, Document, Identity};
use crate::parse::fold::Page;

/// Share of characters with a simplified form above which a text counts as traditional, one in so many.
const TRADITIONAL: usize = 20;

/// Paragraphs behind the title that introduce the report.
const INTRODUCTION: usize = 5;

/// Digits of a year.
const YEAR: usize = 4;

/// What a path can tell of its document: where two paths are alike in this, so is what is identified. A folder may have
/// the name of a place, and a name may stand anywhere once blanks and glosses are folded; of all else only years count.
pub fn hints(variants: &crate::parse::fold::Variants, path: &str) -> String {
    let folders = path.split('/').map(|folder| variants.word(folder)).filter(|folder| !folder.is_ascii());
    let folders: Vec<String> = folders.collect();
    format!("{}\n{}\n{}", told(path), told(&variants.word(path)), folders.join("/"))
}

/// Years and what is not ASCII; a point stands for all else.
fn told(name: &str) -> String {
    let mut told = String::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (next, behind) = rest.split_at(if digits > 0 { digits } else { first.len_utf8() });
        match first.is_ascii() && digits != YEAR {
            true if told.ends_with('.') => {}
            true => told.push('.'),
            false => told.push_str(next),
        }
        rest = behind;
    }
    told
}

/// Identifies a document. `path` is a hint only: it never outweighs what the document says.
pub fn identify(knowledge: &Knowledge, document: &Document, page: &Page, path: &str) -> Identity {
    decide(knowledge, document, page, path, None)
}

/// What speaks for a class, a year and a place, in the order of trust: for a person who asks why.
#[derive(Debug, Default)]
pub struct Votes {
    /// What speaks for a report, and how much it weighs; below zero, against it.
    pub class: Vec<(&'static str, i32)>,
    /// What names a year, and the year that it speaks for.
    pub year: Vec<(&'static str, i16)>,
    /// What names a place, or speaks for one beside the name.
    pub place: Vec<PlaceVote>,
}

/// One piece of evidence for a place.
#[derive(Debug)]
pub struct PlaceVote {
    /// What speaks, as in `place_basis`.
    pub basis: &'static str,
    /// Its words, folded.
    pub words: String,
    /// The codes that it can mean, or the one that it speaks for.
    pub codes: Vec<u32>,
    /// How much it weighs, where names alone do not decide.
    pub weight: Option<u32>,
}

/// The votes behind an identity.
pub fn votes(knowledge: &Knowledge, document: &Document, page: &Page, path: &str) -> Votes {
    let mut votes = Votes::default();
    decide(knowledge, document, page, path, Some(&mut votes));
    votes
}

fn decide(
    knowledge: &Knowledge,
    document: &Document,
    page: &Page,
    path: &str,
    mut votes: Option<&mut Votes>,
) -> Identity {
    let title = title::find(knowledge, document, page);
    let next = title.as_ref().map_or(0, |title| title.next);
    // Most labels stand nowhere on a page.
    let seen = knowledge.labels.seen(&page.folded.text);
    let header = header::read(knowledge, document, page, (&seen, next));
    let announced = title::announcement(knowledge, page, next);
    let year = year::vote(knowledge, page, (title.as_ref(), announced.as_ref()), header.published, path);
    let judged = class::judge(knowledge, (page, &seen), (title.as_ref(), announced.as_ref()), &year, votes.is_some());
    let place_votes = votes.as_deref_mut().map(|votes| &mut votes.place);
    let place = place::settle(knowledge, page, (title.as_ref(), announced, &header), (year.year, path), place_votes);
    if let Some(votes) = votes {
        votes.class.clone_from(&judged.evidence);
        votes.year.clone_from(&year.votes);
    }
    let whole_year = |year: i16| Some((Day::new(year, 1, 1).ok()?, Day::new(year, 12, 31).ok()?));
    let scope = scope::read(knowledge, page, title.as_ref());
    Identity {
        class: Some((judged.class, judged.reason)),
        traditional: is_traditional(page),
        title: title.map(|title| title.printed),
        level: place.level,
        scope,
        issuer: place.issuer,
        place: place.code,
        place_basis: place.basis,
        place_candidates: place.candidates,
        year: year.year,
        year_basis: year.basis,
        year_conflict: year.conflict(),
        published: header.published,
        period: year.period.and_then(whole_year),
        contact: header.contact,
    }
}

fn is_traditional(page: &Page) -> bool {
    // The first bytes of ideographs, and of hardly anything else; so many at a time as a byte can count.
    let count =
        |chunk: &[u8]| chunk.iter().fold(0_u8, |sum, byte| sum.wrapping_add((0xE4..=0xE9).contains(byte).into()));
    let ideographs: usize = page.folded.text.as_bytes().chunks(255).map(|chunk| usize::from(count(chunk))).sum();
    page.folded.variants * TRADITIONAL > ideographs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_alike_when_they_tell_the_same() {
        let variants = crate::knowledge::embedded().unwrap().variants;
        let hints = |path| hints(&variants, path);
        for (one, other) in [("a/2019.html", "b/c/x2019_1.htm"), ("t1.txt", "t2.txt"), ("a/x(1).doc", "y.docx")] {
            assert_eq!(hints(one), hints(other));
        }
        for (one, other) in [
            ("a/2019.html", "a/2018.html"),
            ("县a/1.txt", "县/1.txt"),
            ("岳a西.txt", "岳西.txt"),
            ("旬_阳县.txt", "旬 阳县.txt"),
            ("旬(xun)阳县.txt", "旬_阳县.txt"),
        ] {
            assert_ne!(hints(one), hints(other));
        }
    }
}
