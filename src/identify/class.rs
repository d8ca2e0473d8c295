//! Whether a document is a report at all: a sum of evidence, weighed as `data/titles.toml` says.

use std::cmp::Ordering;

use memchr::memmem;

use super::title::{Announcement, HEAD, LONGEST, Title};
use super::year::Year;
use crate::knowledge::{Kind, Knowledge, Titles};
use crate::model::Class;
use crate::number;
use crate::parse::fold::Page;

/// Paragraphs in which a report says that it is one: cover, date and site stand above them.
const OPENING: usize = 12;

/// Characters of a paragraph in which its heading stands.
const HEADING: usize = 30;

/// Characters behind a word of disclosure in which its figure stands.
const REACH: usize = 24;

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

/// Adds up what speaks for a report and against it.
pub(super) fn judge(
    knowledge: &Knowledge,
    page: &Page,
    (title, announced): (Option<&Title>, Option<&Announcement>),
    year: &Year,
) -> Judgement {
    let titles = &knowledge.titles;
    let weights = &titles.weights;
    let text = page.folded.text.as_bytes();
    let named = groups(titles, |word| memmem::find(text, word.as_bytes()).is_some());
    let headings: Vec<&str> = headings(page).collect();
    let headed = groups(titles, |word| headings.iter().any(|heading| heading.contains(word)));
    let figures = figures(titles, page);
    let kind = titles.kinds.iter().find(|kind| is_kind(kind, page));
    let other = if title.is_none() { other_title(titles, page) } else { None };
    let mut evidence: Vec<(&'static str, i32)> = Vec::new();
    let mut speak = |name, times: usize, weight: i32| {
        let times = i32::try_from(times).unwrap_or(i32::MAX);
        if times > 0 {
            evidence.push((name, weight.saturating_mul(times)));
        }
    };
    speak("title", usize::from(title.is_some()), weights.title);
    speak("title_year", usize::from(title.is_some_and(|title| title.year.is_some())), weights.title_year);
    let announced = announced.filter(|_| title.is_none());
    speak("announcement", usize::from(announced.is_some()), weights.announcement);
    speak(
        "announced_year",
        usize::from(announced.is_some_and(|announced| announced.year.is_some())),
        weights.announced_year,
    );
    speak("opening", usize::from(opens(titles, page)), weights.opening);
    speak("period", usize::from(year.period.is_some()), weights.period);
    speak("introduction", usize::from(year.introduced), weights.introduction);
    // Headings without a figure among them are an outline: a notice tells what to write.
    let outline = if is_counted(titles, page.folded.text.as_str()) { usize::MAX } else { titles.figures.outline };
    speak("parts", named.min(outline), weights.part);
    speak("headings", headed.min(outline.saturating_sub(named)), weights.heading);
    speak("figures", figures, weights.figure);
    speak("no_parts", usize::from(named + headed + figures == 0), weights.no_parts);
    speak("other_kind", usize::from(kind.is_some()), weights.other_kind);
    speak("other_title", usize::from(other.is_some()), weights.other_title);
    let sum: i32 = evidence.iter().map(|(_, weight)| weight).sum();
    let (class, reason) = match sum.cmp(&weights.report) {
        // Where nothing is counted, there is nothing to read.
        _ if !text.iter().any(u8::is_ascii_digit) => (Class::NotReport, "no_figures"),
        Ordering::Less => {
            let known = kind.or(other).map(|kind| kind.reason.as_str());
            (
                Class::NotReport,
                crate::knowledge::reason(known.unwrap_or(if title.is_some() { "title_only" } else { "no_title" })),
            )
        }
        _ if title.is_none() => (Class::Report, "sections"),
        _ if named > 0 => (Class::Report, "title_and_sections"),
        _ => (Class::Report, "title_and_period"),
    };
    Judgement { class, reason, evidence }
}

/// How many parts of a report have one of their words where `has` looks.
fn groups(titles: &Titles, has: impl Fn(&str) -> bool) -> usize {
    titles.sections.iter().filter(|group| group.iter().any(|word| has(word))).count()
}

/// The beginnings of the paragraphs that are numbered like headings.
fn headings(page: &Page) -> impl Iterator<Item = &str> {
    let paragraphs = page.paragraphs().map(|block| page.text(block));
    let numbered = paragraphs.filter(|text| number::is_top_heading(text) || number::is_enumerator(text));
    numbered.map(|text| text.char_indices().nth(HEADING).and_then(|(end, _)| text.get(..end)).unwrap_or(text))
}

/// Whether one of the first paragraphs says that what follows is the report.
fn opens(titles: &Titles, page: &Page) -> bool {
    let mut first = page.paragraphs().take(OPENING).map(|block| page.text(block));
    let has = |text: &str, words: &[String]| words.iter().any(|word| text.contains(word.as_str()));
    first.any(|text| has(text, &titles.opening) && has(text, &titles.subjects))
}

/// How many words of disclosure have their count behind them, at most so many as matter.
fn figures(titles: &Titles, page: &Page) -> usize {
    let text = page.folded.text.as_str();
    let near = |at: usize| {
        let behind = text.get(at..).unwrap_or_default();
        let reach = behind.char_indices().nth(REACH).map_or(behind.len(), |(end, _)| end);
        let clause = behind.get(..reach).unwrap_or_default();
        clause.split(['。', ';', '\n']).next().unwrap_or_default()
    };
    let words = titles.figures.words.iter();
    let ends = words.flat_map(|word| memmem::find_iter(text.as_bytes(), word).map(|at| at + word.len()));
    ends.filter(|at| is_counted(titles, near(*at))).take(titles.figures.most).count()
}

/// Whether a text counts anything: a number and a unit, 42次, 20余万条.
fn is_counted(titles: &Titles, text: &str) -> bool {
    let rounds = |character: char| titles.figures.rounds.contains(character);
    text.split(|character: char| character.is_ascii_digit())
        .skip(1)
        .any(|behind| behind.trim_start_matches(rounds).starts_with(|unit| titles.figures.units.contains(unit)))
}

/// Whether a document gives itself away as one of a kind.
fn is_kind(kind: &Kind, page: &Page) -> bool {
    let text = page.folded.text.as_bytes();
    let words = kind.words.iter().any(|word| memmem::find(text, word.as_bytes()).is_some());
    let articles = || page.paragraphs().filter(|block| number::is_article(page.text(block))).count();
    words || (kind.articles > 0 && articles() >= kind.articles)
}

/// The kind of document whose title is among the first lines.
fn other_title<'k>(titles: &'k Titles, page: &Page) -> Option<&'k Kind> {
    let lines = page.blocks.iter().take(HEAD / 3).map(|block| page.text(block));
    let mut short = lines.filter(|line| line.chars().count() <= LONGEST);
    short.find_map(|line| {
        // 政府信息公开指南(2021年版)
        let line = line.strip_suffix(')').and_then(|line| line.rsplit_once('(')).map_or(line, |(line, _)| line);
        let subject = titles.subjects.iter().any(|subject| line.contains(subject.as_str()));
        let ends = |kind: &&Kind| {
            subject && kind.titles.iter().any(|word| line.ends_with(word.as_str()))
                || kind.whole_titles.iter().any(|word| line.ends_with(word.as_str()))
        };
        titles.kinds.iter().find(ends)
    })
}
