//! The year that the report is about: not the year of its publication, which is usually the next one.
//!
//! Period, title and introduction have one vote each; a majority decides, the title breaks ties. Only when all three
//! are silent do the publication date and the path speak. The votes that lost are kept.

use std::collections::BTreeMap;

use memchr::memmem;

use super::INTRODUCTION;
use super::title::{self, Announcement, Title};
use crate::date;
use crate::knowledge::{Knowledge, Titles};
use crate::model::Day;
use crate::parse::fold::Page;

/// First and last year that a report can be about.
const RANGE: std::ops::RangeInclusive<i16> = 2004..=2035;

/// Characters between an introducing word and the year.
const REACH: usize = 30;

/// The year with its evidence.
#[derive(Debug, Default)]
pub(super) struct Year {
    /// The year, when any evidence names one.
    pub year: Option<i16>,
    /// What decided.
    pub basis: Option<&'static str>,
    /// All votes.
    pub votes: Vec<(&'static str, i16)>,
    /// Whether the text states a whole-year period.
    pub period: Option<i16>,
    /// Whether the first paragraphs say of which year they report, or the period does.
    pub introduced: bool,
}

impl Year {
    /// The votes that lost.
    pub(super) fn conflict(&self) -> Vec<(&'static str, i16)> {
        self.votes.iter().filter(|(_, vote)| Some(*vote) != self.year).copied().collect()
    }
}

/// Counts the votes.
pub(super) fn vote(
    knowledge: &Knowledge,
    page: &Page,
    (title, announced): (Option<&Title>, Option<&Announcement>),
    published: Option<Day>,
    path: &str,
) -> Year {
    let titles = &knowledge.titles;
    let period = period(&page.folded.text);
    let mut votes: Vec<(&'static str, i16)> = Vec::new();
    let mut cast =
        |name, year: Option<i16>| votes.extend(year.filter(|year| RANGE.contains(year)).map(|year| (name, year)));
    cast("title", title.and_then(|title| title.year));
    cast("period", period);
    let introduced = introduction(knowledge, page, title.map_or(0, |title| title.next));
    cast("introduction", introduced.or(announced.and_then(|announced| announced.year)));
    let strong = votes.len();
    let mut cast =
        |name, year: Option<i16>| votes.extend(year.filter(|year| RANGE.contains(year)).map(|year| (name, year)));
    cast("signature", published.map(|day| day.year() - 1));
    cast("path", in_path(path));
    if votes.is_empty() {
        votes.extend(in_body(titles, &page.folded.text).map(|year| ("body", year)));
    }
    let pool = if strong > 0 { votes.get(..strong) } else { votes.get(..1) }.unwrap_or_default();
    let count = |year: i16| pool.iter().filter(|(_, vote)| *vote == year).count();
    // The first of the most frequent: the title comes first and so breaks ties.
    let most = pool.iter().map(|(_, year)| count(*year)).max().unwrap_or(0);
    let winner = pool.iter().find(|(_, year)| count(*year) == most).copied();
    let year = winner.map(|(_, year)| year);
    let introduced = period.is_some() || introduced.is_some();
    Year { year, basis: winner.map(|(name, _)| name), votes, period, introduced }
}

/// The first whole-year period in the text.
fn period(text: &str) -> Option<i16> {
    let starts = memchr::memchr2_iter(b'1', b'2', text.as_bytes());
    let mut whole = starts.filter_map(|at| date::whole_year(text.get(at..)?));
    whole.next().or_else(|| date::year_end(text))
}

/// The year behind 现公布, 编制的 … in the first paragraphs.
fn introduction(knowledge: &Knowledge, page: &Page, from: usize) -> Option<i16> {
    let titles = &knowledge.titles;
    for block in page.blocks.iter().skip(from).take(INTRODUCTION) {
        let text = page.text(block);
        for word in &titles.years.introduction {
            let Some(at) = memmem::rfind(text.as_bytes(), word.as_bytes()) else { continue };
            let behind = text.get(at + word.len()..).unwrap_or_default();
            let near = behind.char_indices().take(REACH).take_while(|(_, character)| *character != '。');
            let mut years = near.filter_map(|(at, _)| {
                let (year, taken) = title::year_at(titles, behind.get(at..)?)?;
                Some((year, behind.get(at + taken..)?))
            });
            // A date is not the year of a report: 统计期限为2019年9月1日.
            if let Some((year, _)) = years.find(|(_, rest)| !rest.starts_with(|month: char| month.is_ascii_digit())) {
                return Some(year);
            }
        }
    }
    None
}

/// The year that the text names most often, when all other evidence is silent.
fn in_body(titles: &Titles, text: &str) -> Option<i16> {
    let mut counts: BTreeMap<i16, usize> = BTreeMap::new();
    for (at, _) in text.char_indices().filter(|(_, character)| *character == '2') {
        let named = text.get(at..).and_then(|rest| title::year_at(titles, rest));
        if let Some((year, _)) = named.filter(|(year, _)| RANGE.contains(year)) {
            *counts.entry(year).or_default() += 1;
        }
    }
    let most = counts.values().copied().max()?;
    let mut years = counts.into_iter().filter(|(_, count)| *count == most).map(|(year, _)| year);
    // Two years named equally often settle nothing.
    years.next().filter(|_| years.next().is_none())
}

/// The last year that stands by itself in a path: `…/2019/x.html`, `x_2019年.txt`.
fn in_path(path: &str) -> Option<i16> {
    let bytes = path.as_bytes();
    let alone = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(u8::is_ascii_digit);
        let after = bytes.get(at + 4).is_some_and(u8::is_ascii_digit);
        !before && !after
    };
    let years = path.char_indices().filter(|(at, first)| *first == '2' && alone(*at));
    years.filter_map(|(at, _)| path.get(at..at + 4)?.parse().ok()).rfind(|year| RANGE.contains(year))
}
