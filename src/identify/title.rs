//! The title, what the first paragraphs announce, and the level of the body that they name.

use memchr::memmem;

use super::INTRODUCTION;
use crate::characters::Characters;
use crate::date;
use crate::knowledge::{Knowledge, Titles};
use crate::model::{Document, Level};
use crate::parse::fold::{FoldedBlock, Page};

/// Paragraphs looked at for a title.
pub(super) const HEAD: usize = 30;

/// A title is at most this long, in characters.
pub(super) const LONGEST: usize = 70;

/// Characters before a body's name in which what is done with its report may stand.
const BEFORE_PLACE: usize = 12;

/// What the clause that announces a report stands between.
pub(super) static BORDERS: Characters =
    Characters::new(&[',', '。', ';', ':', '!', '?', '《', '》', '“', '”', '(', ')']);

/// A title may be broken over so many lines.
const LINES: usize = 3;

/// What stands before one of these is a site, a path or a notice, not the body.
const BEFORE_ISSUER: [char; 10] = ['-', '|', '_', ':', '《', '〔', '[', ']', '〕', '>'];

/// What may stand behind a title.
const CLOSING: [char; 4] = ['》', '"', '”', ')'];

/// A title found in a document.
#[derive(Debug, Clone, Default)]
pub(super) struct Title {
    /// As printed, blanks folded.
    pub printed: String,
    /// Folded words before and after the year that name the body.
    pub issuer: String,
    /// The year in it.
    pub year: Option<i16>,
    /// Whether it is about more years than one, or about a year of schools.
    pub several: bool,
    /// Number of its first paragraph.
    pub first: usize,
    /// Number of the paragraph behind it.
    pub next: usize,
}

/// Finds the title of a report: in the first lines, joined over line breaks, or in the page's metadata.
pub(super) fn find(knowledge: &Knowledge, document: &Document, page: &Page) -> Option<Title> {
    let titles = &knowledge.titles;
    let head: Vec<&FoldedBlock> = page.blocks.iter().take(HEAD).collect();
    let mut best: Option<((usize, usize), Title)> = None;
    for count in 1..=LINES.min(head.len()) {
        for (first, lines) in head.windows(count).enumerate() {
            // Most lines end like no title; one may be broken within its last word.
            let last = lines.last().map(|last| bracketed_year(titles, page.text(last)).0);
            let last = last.and_then(|last| last.trim_end_matches(CLOSING).chars().next_back());
            if !titles.endings.iter().any(|ending| ending.chars().next_back() == last) {
                continue;
            }
            let bytes: usize = lines.iter().map(|line| line.end - line.start).sum();
            if bytes > LONGEST * char::MAX_LEN_UTF8 {
                continue;
            }
            let folded: String = lines.iter().map(|line| page.text(line)).collect();
            if folded.chars().count() > LONGEST {
                continue;
            }
            // 7.信息公开年报 is an item of an outline, 上一篇:… a link.
            let linked =
                |line: &&&FoldedBlock| titles.links.iter().any(|link| page.text(line).starts_with(link.as_str()));
            if is_item(&folded) || lines.iter().any(|line| linked(&line)) {
                continue;
            }
            let Some((issuer, year)) = parse(titles, &folded) else { continue };
            // A title that names body and year beats one that does not, however few lines it takes.
            let silent = usize::from(issuer.is_empty()) + usize::from(year.is_none());
            // Of titles one below the other the last is that of the text: the others are a list.
            let listed = |best: &((usize, usize), Title)| {
                best.0 == (silent, count) && best.1.next == first && best.1.year != year
            };
            if best.as_ref().is_none_or(|best| (silent, count) < best.0 || listed(best)) {
                let printed: Vec<&str> = lines.iter().map(|line| document.words(line.span)).collect();
                let printed = printed.concat().split_whitespace().collect::<Vec<_>>().join(" ");
                let several = date::names_several_years(&folded);
                best = Some(((silent, count), Title { printed, issuer, year, several, first, next: first + count }));
            }
        }
    }
    if let Some((_, mut title)) = best {
        // (2015年度) on the line below.
        let below = page.blocks.get(title.next).map(|block| bracketed_year(titles, page.text(block)));
        title.year = title.year.or(below.filter(|(before, _)| before.is_empty()).and_then(|(_, year)| year));
        return Some(title);
    }
    let meta = titles.meta.title.iter().flat_map(|name| document.meta.iter().filter(move |(known, _)| known == name));
    meta.filter_map(|(_, printed)| {
        let folded = knowledge.variants.word(printed);
        let (issuer, year) = parse(titles, &folded)?;
        let several = date::names_several_years(&folded);
        Some(Title { printed: printed.clone(), issuer, year, several, first: 0, next: 0 })
    })
    .next()
}

/// What stands before the ending of a title.
fn ending<'t>(titles: &Titles, text: &'t str) -> Option<&'t str> {
    let text = text.trim_end_matches(CLOSING);
    titles.endings.iter().find_map(|ending| text.strip_suffix(ending.as_str()))
}

/// Whether a line begins with a number of one or two digits and a stop.
fn is_item(line: &str) -> bool {
    let rest = line.trim_start_matches(|digit: char| digit.is_ascii_digit());
    (1..=2).contains(&(line.len() - rest.len())) && rest.starts_with(['.', '、', ')'])
}

/// The body and the year of a folded title; `None` when it is no title of a report.
pub(crate) fn parse(titles: &Titles, text: &str) -> Option<(String, Option<i16>)> {
    let (text, behind) = bracketed_year(titles, text);
    let mut rest = ending(titles, text)?;
    let (subject, at) =
        titles.subjects.iter().find_map(|subject| rest.rfind(subject.as_str()).map(|at| (subject, at)))?;
    let mut between = rest.get(at + subject.len()..)?;
    while let Some(shorter) = strip_connector(titles, between) {
        between = shorter;
    }
    if !between.is_empty() {
        return None;
    }
    rest = rest.get(..at)?;
    let before = rest;
    if titles.other(before, text.get(at..).unwrap_or_default())
        && !titles.announced.iter().any(|word| before.contains(word.as_str()))
    {
        return None;
    }
    let (issuer, year) = split_year(titles, before);
    Some((issuer, year.or(behind)))
}

/// A text without the year in brackets that ends it, and that year: …年度报告(2016年). Brackets that say whose figures they
/// are may stand behind it: …年度报告(汇总).
fn bracketed_year<'t>(titles: &Titles, text: &'t str) -> (&'t str, Option<i16>) {
    let bracket = |text: &'t str| text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    let scopes = || titles.scope.summary.iter().chain(&titles.scope.own);
    let scoped = bracket(text).filter(|(_, inner)| scopes().any(|word| inner.contains(word.as_str())));
    let text = scoped.map_or(text, |(before, _)| before);
    let year = bracket(text).and_then(|(before, inner)| {
        let (year, end) = year_at(titles, inner)?;
        (end == inner.len()).then_some((before, Some(year)))
    });
    year.unwrap_or((text, None))
}

/// What the first paragraphs announce in running text, as its title would: 现公布永顺县2018年政府信息公开年度报告.
#[derive(Debug, Default)]
pub(super) struct Announcement {
    /// The body, from the name of its place on; may be empty.
    pub issuer: String,
    /// The year.
    pub year: Option<i16>,
}

/// Finds the announcement of a report behind the title, or in a page without one.
pub(super) fn announcement(knowledge: &Knowledge, page: &Page, from: usize) -> Option<Announcement> {
    let titles = &knowledge.titles;
    for block in page.blocks.iter().skip(from).take(INTRODUCTION) {
        let text = page.text(block);
        for ending in &titles.endings {
            for at in memmem::find_iter(text.as_bytes(), ending) {
                let end = at + ending.len();
                let clause = clause_before(text, end).filter(|_| !is_of_another(titles, text, end));
                let announced = clause.and_then(|clause| parse(titles, clause));
                if let Some((body, year)) = announced.filter(|(body, year)| !body.is_empty() || year.is_some()) {
                    return Some(Announcement { issuer: from_place(knowledge, &body).to_owned(), year });
                }
            }
        }
    }
    None
}

/// The clause that ends at a place; not when it is the beginning of another document's title: 《…年度报告的通知》.
fn clause_before(text: &str, end: usize) -> Option<&str> {
    let before = text.get(..end)?;
    // A title has no more characters, and hostile text has no borders.
    let near = before.char_indices().rev().take(LONGEST + 1);
    let start = near.take_while(|(_, border)| !BORDERS.has(*border)).last().map_or(end, |(at, _)| at);
    let quoted = before.get(..start)?.ends_with('《') && !text.get(end..)?.starts_with('》');
    before.get(start..).filter(|clause| !quoted && clause.chars().count() <= LONGEST)
}

/// Whether the clause goes on with the name of another document: 年度报告编制工作的通知.
fn is_of_another(titles: &Titles, text: &str, end: usize) -> bool {
    let behind = text.get(end..).unwrap_or_default();
    let rest: String = behind.chars().take(LONGEST).take_while(|border| !BORDERS.has(*border)).collect();
    titles.other("", &rest)
}

/// What of a body's name begins with the name of a place: 现公布 is no part of it.
fn from_place<'b>(knowledge: &Knowledge, body: &'b str) -> &'b str {
    let mut starts = body.char_indices().take(BEFORE_PLACE).filter_map(|(at, _)| body.get(at..));
    starts.find(|rest| knowledge.gazetteer.longest_at(rest).is_some()).unwrap_or_default()
}

fn strip_connector<'t>(titles: &Titles, text: &'t str) -> Option<&'t str> {
    if text.is_empty() {
        return None;
    }
    let word = titles.connectors.iter().find_map(|word| text.strip_prefix(word.as_str()));
    word.or_else(|| year_at(titles, text).map(|(_, end)| text.get(end..).unwrap_or_default()))
}

/// Splits `永顺县2018年` and `2018年永顺县` into body and year.
fn split_year(titles: &Titles, text: &str) -> (String, Option<i16>) {
    for (at, _) in text.char_indices() {
        let Some((year, end)) = text.get(at..).and_then(|rest| year_at(titles, rest)) else { continue };
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + end..).unwrap_or_default());
        let issuer = if after.chars().count() >= 2 { after } else { before };
        // 永顺县人民政府-永顺县2018年…: what stands before the dash is the site.
        let issuer = issuer.rsplit(BEFORE_ISSUER).next().unwrap_or(issuer);
        return (trim_issuer(titles, issuer), Some(year));
    }
    let issuer = text.rsplit(BEFORE_ISSUER).next().unwrap_or(text);
    (trim_issuer(titles, issuer), None)
}

fn trim_issuer(titles: &Titles, issuer: &str) -> String {
    // 2022-2023学年度 is no year, and 09 in front of a name no part of it.
    let issuer = issuer.trim_start_matches(|edge: char| edge.is_ascii_digit() || !edge.is_alphanumeric());
    let mut issuer = issuer
        .strip_prefix(titles.years.school.as_str())
        .unwrap_or(issuer)
        .trim_matches(|edge: char| !edge.is_alphanumeric());
    for word in titles.announced.iter().chain(&titles.connectors) {
        issuer = issuer.strip_suffix(word.as_str()).unwrap_or(issuer);
        issuer = issuer.strip_prefix(word.as_str()).unwrap_or(issuer);
    }
    issuer.trim_matches(|edge: char| !edge.is_alphanumeric()).to_owned()
}

/// A year with its word at the start of a text: 2018年, 2018年度, 二〇一八年. Returns the year and the bytes taken.
pub(super) fn year_at(titles: &Titles, text: &str) -> Option<(i16, usize)> {
    let (year, mut end) = date::year(text)?;
    let rest = text.get(end..)?;
    let word = titles.years.word.iter().find(|word| rest.starts_with(word.as_str()))?;
    end += word.len();
    for suffix in &titles.years.suffix {
        if text.get(end..).is_some_and(|rest| rest.starts_with(suffix.as_str())) {
            end += suffix.len();
        }
    }
    Some((year, end))
}

/// The level of a body by the ending of its name, its government's words cut off.
pub(super) fn level(titles: &Titles, issuer: &str) -> Option<Level> {
    let levels = &titles.levels;
    let government = levels.government.iter().find(|word| issuer.ends_with(word.as_str()));
    let name = government.and_then(|word| issuer.strip_suffix(word.as_str())).unwrap_or(issuer);
    let ends = |words: &[String]| words.iter().any(|word| name.ends_with(word.as_str()));
    if ends(&levels.other) {
        Some(Level::Other)
    } else if ends(&levels.township) {
        Some(Level::Township)
    } else if ends(&levels.department) {
        Some(Level::Department)
    } else {
        None
    }
}
