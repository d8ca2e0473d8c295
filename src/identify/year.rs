//! The year that the report is about: not the year of its publication, which is usually the next one.
//!
//! Title, period, introduction and the year that the text names far more often than others have one vote each; a majority
//! decides, the title breaks ties. Only when they are silent do the publication date and the path speak. The votes that
//! lost are kept.

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

/// A year that is named so often is hardly mentioned by the way.
const OFTEN: usize = 3;

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
    let next = title.map_or(0, |title| title.next);
    let period = period(page, next);
    let introduced = introduction(knowledge, page, next);
    let body = in_body(titles, &page.folded.text);
    let clear = body.filter(|body| body.clear).map(|body| body.year);
    let named = introduced.or(announced.and_then(|announced| announced.year));
    let strong =
        [("title", title.and_then(|title| title.year)), ("period", period), ("introduction", named), ("body", clear)];
    let signed = published.map(|day| day.year() - 1);
    let weak = [
        ("signature", signed),
        ("path", in_path(path)),
        ("body", body.filter(|body| !body.clear).map(|body| body.year)),
    ];
    let cast = |votes: &[(&'static str, Option<i16>)]| -> Vec<(&'static str, i16)> {
        let cast = votes.iter().filter_map(|(name, year)| Some((*name, (*year)?)));
        cast.filter(|(_, year)| RANGE.contains(year)).collect()
    };
    let (strong, weak) = (cast(&strong), cast(&weak));
    let pool = if strong.is_empty() { weak.get(..1).unwrap_or_default() } else { strong.as_slice() };
    let count = |year: i16| pool.iter().filter(|(_, vote)| *vote == year).count();
    let most = pool.iter().map(|(_, year)| count(*year)).max().unwrap_or(0);
    let mut tied = pool.iter().filter(|(_, year)| count(*year) == most);
    // The first of the most frequent: the title comes first and so breaks ties, unless all else is for another.
    let support = |year: i16| weak.iter().filter(|(_, vote)| *vote == year).count();
    let first = tied.next();
    let supported = tied.find(|(_, year)| support(*year) > 1 && first.is_some_and(|(_, first)| support(*first) == 0));
    let winner = supported.or(first).copied();
    // A report on several years has no year.
    let winner = winner.filter(|_| !title.is_some_and(|title| title.several));
    let year = winner.map(|(_, year)| year);
    let introduced = period.is_some() || introduced.is_some();
    let votes = [strong, weak].concat();
    Year { year, basis: winner.map(|(name, _)| name), votes, period, introduced }
}

/// The first whole-year period in the text, or the day in the first paragraphs up to which is reported.
fn period(page: &Page, next: usize) -> Option<i16> {
    let text = page.folded.text.as_str();
    let starts = memchr::memchr2_iter(b'1', b'2', text.as_bytes());
    let mut whole = starts.filter_map(|at| date::whole_year(text.get(at..)?));
    let mut first = page.blocks.iter().skip(next).take(INTRODUCTION).map(|block| page.text(block));
    whole.next().or_else(|| first.find_map(date::year_end))
}

/// The year behind 现公布, 编制的 … in the first paragraphs.
fn introduction(knowledge: &Knowledge, page: &Page, from: usize) -> Option<i16> {
    let titles = &knowledge.titles;
    for block in page.blocks.iter().skip(from).take(INTRODUCTION) {
        let text = page.text(block);
        for word in &titles.years.introduction {
            let Some(at) = memmem::rfind(text.as_bytes(), word.as_bytes()) else { continue };
            let behind = text.get(at + word.len()..).unwrap_or_default();
            let near = || behind.char_indices().take_while(|(_, character)| *character != '。');
            // 由2016年的312条, 公布2016年度部门决算 speak of something else.
            let end = near().nth(2 * REACH).map_or(behind.len(), |(end, _)| end);
            let clause = behind.get(..end).unwrap_or_default();
            if !titles.subjects.iter().chain(&titles.endings).any(|word| clause.contains(word.as_str())) {
                continue;
            }
            let near = near().take(REACH);
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

/// The year that a text names most often.
#[derive(Clone, Copy)]
struct Named {
    year: i16,
    /// Whether it does so several times, and names no other nearly as often.
    clear: bool,
}

/// The year that the text names most often; two that it names equally often settle nothing.
fn in_body(titles: &Titles, text: &str) -> Option<Named> {
    let mut counts: BTreeMap<i16, usize> = BTreeMap::new();
    for at in memmem::find_iter(text.as_bytes(), "20") {
        let named = text.get(at..).and_then(|rest| title::year_at(titles, rest));
        if let Some((year, _)) = named.filter(|(year, _)| RANGE.contains(year)) {
            *counts.entry(year).or_default() += 1;
        }
    }
    let mut counts: Vec<(usize, i16)> = counts.into_iter().map(|(year, count)| (count, year)).collect();
    counts.sort_unstable_by_key(|(count, year)| (std::cmp::Reverse(*count), *year));
    let (most, year) = *counts.first()?;
    let second = counts.get(1).map_or(0, |(count, _)| *count);
    (most > second).then_some(Named { year, clear: most >= OFTEN && most >= 2 * second })
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
