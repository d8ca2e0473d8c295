//! Whether a document is a report at all: a sum of evidence, weighed as `data/titles.toml` says.

use std::cmp::Ordering;

use memchr::memmem;

use super::title::{Announcement, HEAD, LONGEST, Title};
use super::year::Year;
use crate::knowledge::{Kind, Knowledge, Set, Titles};
use crate::model::{BlockKind, Class};
use crate::number;
use crate::parse::fold::Page;

/// Paragraphs in which a report says that it is one: cover, date and site stand above them.
const OPENING: usize = 12;

/// Bytes of a paragraph in which its heading stands.
const HEADING: usize = 90;

/// Bytes behind a word of disclosure in which its count stands.
const REACH: usize = 72;

/// Groups of parts that only reports on disclosure have.
const DISCLOSURE: usize = 2;

/// What titles do not have.
const PROSE: [char; 6] = ['。', ',', ';', ':', '>', '|'];

/// The class with its evidence.
#[derive(Debug)]
pub(super) struct Judgement {
    /// Report or not.
    pub class: Class,
    /// Published reason.
    pub reason: &'static str,
    /// What spoke, and how much it weighs; what is below zero speaks against a report.
    pub evidence: Vec<(&'static str, i32)>,
}

/// Pieces of evidence and their sum.
#[derive(Default)]
struct Evidence {
    pieces: Vec<(&'static str, i32)>,
    sum: i32,
}

impl Evidence {
    fn add(&mut self, name: &'static str, times: usize, weight: i32) {
        let weight = weight.saturating_mul(i32::try_from(times).unwrap_or(i32::MAX));
        if times > 0 {
            self.pieces.push((name, weight));
            self.sum = self.sum.saturating_add(weight);
        }
    }
}

/// Adds up what speaks for a report and against it. Unless `all` is asked for, what cannot change the class any more is
/// not looked for.
pub(super) fn judge(
    knowledge: &Knowledge,
    (page, seen): (&Page, &Set),
    (title, announced): (Option<&Title>, Option<&Announcement>),
    year: &Year,
    all: bool,
) -> Judgement {
    let titles = &knowledge.titles;
    let weights = &titles.weights;
    let text = page.folded.text.as_str();
    let other = other_title(knowledge, page, title);
    let kind = titles.kinds.iter().find(|kind| is_kind(kind, (page, seen), title));
    let mut evidence = Evidence::default();
    let announced = announced.filter(|_| title.is_none());
    let opening = opens(titles, page, seen);
    for (name, found, weight) in [
        ("title", title.is_some(), weights.title),
        ("title_year", title.is_some_and(|title| title.year.is_some()), weights.title_year),
        ("announcement", announced.is_some(), weights.announcement),
        ("announced_year", announced.is_some_and(|announced| announced.year.is_some()), weights.announced_year),
        ("opening", opening, weights.opening),
        ("period", year.period.is_some(), weights.period),
        ("introduction", year.introduced, weights.introduction),
        ("other_kind", other.is_none() && kind.is_some_and(|kind| !kind.decisive), weights.other_kind),
        // Above a report, and without a body or a year, another title may be that of a site's section.
        ("title_above", other.is_some_and(|(_, own)| title.is_some() || !own), weights.other_kind),
        ("other_title", other.is_some_and(|(_, own)| title.is_none() && own), weights.other_title),
        ("other_words", kind.is_some_and(|kind| kind.decisive), weights.other_title),
    ] {
        evidence.add(name, usize::from(found), weight);
    }
    // Headings without a figure among them are an outline: a notice tells what to write.
    let outline = if is_counted(titles, text) { usize::MAX } else { titles.figures.outline };
    let headings = headings(page);
    let headed = groups(titles, &knowledge.parts.seen(&headings));
    evidence.add("headings", headed.min(outline), weights.heading);
    let has_parts = knowledge.parts.any(text);
    if all || !has_parts || title.is_none() || evidence.sum < weights.report {
        let parts = knowledge.parts.seen(text);
        let named = groups(titles, &parts);
        let own = || titles.subjects.iter().any(|subject| headings.contains(subject.as_str()));
        let disclosure = own() || titles.sections.iter().take(DISCLOSURE).flatten().any(|word| parts.has(word.number));
        let figures = figures(titles, text);
        // A title with a link below it is no report.
        let bare = figures == 0 || (title.is_some() && !year.introduced);
        evidence.add("parts", named.min(outline.saturating_sub(headed)), weights.part);
        evidence.add("figures", figures, weights.figure);
        evidence.add("no_parts", usize::from(named == 0 && bare), weights.no_parts);
        let silent = title.is_none() && announced.is_none() && !opening && !disclosure;
        evidence.add("no_disclosure", usize::from(silent), weights.no_disclosure);
    }
    let (class, reason) = match evidence.sum.cmp(&weights.report) {
        // Where nothing is counted, there is nothing to read.
        _ if !text.bytes().any(|byte| byte.is_ascii_digit()) => (Class::NotReport, "no_figures"),
        Ordering::Less => {
            let silent = if title.is_some() { "title_only" } else { "no_title" };
            (
                Class::NotReport,
                other.map(|(kind, _)| kind).or(kind).map_or(silent, |kind| crate::knowledge::reason(&kind.reason)),
            )
        }
        _ if title.is_none() => (Class::Report, "sections"),
        _ if has_parts => (Class::Report, "title_and_sections"),
        _ => (Class::Report, "title_and_period"),
    };
    Judgement { class, reason, evidence: evidence.pieces }
}

/// How many parts of a report have one of their words among those that were seen.
fn groups(titles: &Titles, seen: &Set) -> usize {
    titles.sections.iter().filter(|group| group.iter().any(|word| seen.has(word.number))).count()
}

/// The beginnings of the paragraphs that are numbered like headings, one on a line.
fn headings(page: &Page) -> String {
    let paragraphs = page.paragraphs().map(|block| page.text(block));
    let numbered = paragraphs.filter(|text| number::is_top_heading(text) || number::is_enumerator(text));
    let beginnings = numbered.map(|text| text.get(..text.floor_char_boundary(HEADING)).unwrap_or(text));
    beginnings.flat_map(|beginning| [beginning, "\n"]).collect()
}

/// Whether one of the first paragraphs says that what follows is the report.
fn opens(titles: &Titles, page: &Page, seen: &Set) -> bool {
    let words: Vec<&str> =
        titles.opening.iter().filter(|word| seen.has(word.number)).map(|word| word.word.as_str()).collect();
    let mut first = page.paragraphs().take(OPENING).map(|block| page.text(block));
    let subject = |text: &str| titles.subjects.iter().any(|word| text.contains(word.as_str()));
    first.any(|text| words.iter().any(|word| text.contains(word)) && subject(text))
}

/// How many words of disclosure have their count behind them, at most so many as matter.
fn figures(titles: &Titles, text: &str) -> usize {
    let near = |at: usize| {
        let behind = text.get(at..text.floor_char_boundary(at + REACH)).unwrap_or_default();
        behind.split(['。', ';', '\n']).next().unwrap_or_default()
    };
    let words = titles.figures.words.iter();
    let ends = words.flat_map(|word| memmem::find_iter(text.as_bytes(), word).map(|at| at + word.len()));
    ends.filter(|at| is_counted(titles, near(*at))).take(titles.figures.most).count()
}

/// Whether a text counts anything: a number and a unit, 42次, 20余万条.
fn is_counted(titles: &Titles, text: &str) -> bool {
    let rounds = |character: char| titles.figures.rounds.contains(character);
    let mut behind = text.split(|character: char| character.is_ascii_digit()).skip(1);
    behind.any(|behind| behind.trim_start_matches(rounds).starts_with(|unit| titles.figures.units.contains(unit)))
}

/// Whether a document gives itself away as one of a kind. A report may have articles for headings.
fn is_kind(kind: &Kind, (page, seen): (&Page, &Set), title: Option<&Title>) -> bool {
    let words = kind.words.iter().any(|word| seen.has(word.number));
    let articles = || page.paragraphs().filter(|block| number::is_article(page.text(block))).count();
    words || (kind.articles > 0 && title.is_none() && articles() >= kind.articles)
}

/// The kind of document whose title is among the first lines, above the title of a report or where there is none, and
/// whether it names a body or a year.
fn other_title<'k>(knowledge: &'k Knowledge, page: &Page, title: Option<&Title>) -> Option<(&'k Kind, bool)> {
    let titles = &knowledge.titles;
    let above = title.map_or(HEAD / 3, |title| title.first.min(HEAD / 3));
    let lines = page.blocks.iter().take(above).filter(|block| block.kind == BlockKind::Paragraph);
    let lines = lines.map(|block| page.text(block));
    let heading = |line: &str| number::is_top_heading(line) || number::is_enumerator(line);
    let mut short = lines.filter(|line| line.chars().count() <= LONGEST && !line.contains(PROSE) && !heading(line));
    let mut before = "";
    short.find_map(|line| {
        // 政府信息公开指南(2021年版)
        let stripped = line.strip_suffix(')').and_then(|line| line.rsplit_once('(')).map_or(line, |(line, _)| line);
        let has = |words: &[String]| words.iter().any(|word| line.contains(word.as_str()));
        let subject = titles.subjects.iter().filter_map(|subject| line.find(subject.as_str())).min();
        let (body, rest) = line.split_at(subject.unwrap_or(0));
        // Above a report's title a site lists its 指南 and 目录; a document's own title has a body or a year.
        let named = line.contains(|digit: char| digit.is_ascii_digit());
        let own = named || knowledge.gazetteer.longest_at(line).is_some();
        let announces = |line: &str| titles.announced.iter().any(|word| line.contains(word.as_str()));
        let announced = announces(std::mem::replace(&mut before, line)) || announces(line);
        if (announced && has(&titles.endings)) || (title.is_some() && !own) {
            return None;
        }
        let of = |kind: &&Kind| {
            (subject.is_some() && kind.titled(body, rest))
                || has(&kind.subjects)
                || ((own || subject.is_some()) && kind.endings.iter().any(|word| stripped.ends_with(word.as_str())))
        };
        titles.kinds.iter().find(of).map(|kind| (kind, own))
    })
}
