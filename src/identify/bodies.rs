//! The bodies that the running text names: who introduces the report, who acts in it, whose site shows it.

use memchr::memmem;

use super::INTRODUCTION;
use super::title::{self, BORDERS, HEAD};
use crate::knowledge::{Knowledge, Place};
use crate::model::Level;
use crate::parse::fold::Page;

/// Bodies behind an opening word that are looked at in a paragraph.
const MENTIONS: usize = 5;

/// Paragraphs in which a body acts under its name; later ones tell of others too.
const ACTING: usize = 12;

/// Characters of a body's name behind its place.
const LONGEST_BODY: usize = 20;

/// Bytes behind an opening word in which it says what is introduced.
const CLAUSE: usize = 180;

/// Characters of a place's name in front of the words for its site.
const LONGEST_PLACE: usize = 12;

/// What one body's name says.
pub(super) struct Reading {
    /// Names of places in it, from the largest to the smallest.
    pub chain: Vec<String>,
    /// Whether it is the name of a place or of its government.
    pub governs: bool,
    /// Whether the place is one by its own name.
    pub named: bool,
    /// Level by the ending of the name.
    pub level: Option<Level>,
}

impl Reading {
    /// The level of the last place of the chain: of 黄陂区 before a town that nobody knows it is not the town's.
    pub(super) fn sought(&self) -> Option<Level> {
        self.level.filter(|level| self.governs || *level != Level::Township)
    }
}

/// The chain of places that a body's name begins with, and the level that it ends with.
pub(super) fn read(knowledge: &Knowledge, body: &str) -> Reading {
    let acts = knowledge.titles.bodies.acts.iter();
    let body = acts.filter_map(|act| body.strip_suffix(act.as_str())).next().unwrap_or(body);
    let (chain, rest) = chain(knowledge, body);
    let governs = !chain.is_empty() && rest.is_empty();
    // 浦东新区 is a county, whatever its name ends with.
    let county = |place: &Place| place.level() == Level::County;
    let counted = governs && chain.last().is_some_and(|name| knowledge.gazetteer.named(name).any(county));
    let level = title::level(&knowledge.titles, body).filter(|level| !counted || *level != Level::Other);
    let named = chain.len() > 1 || chain.first().is_some_and(|name| !is_generic(knowledge, name));
    Reading { chain, governs, named, level }
}

/// The places that a text begins with, governments between them left out, and what follows them.
fn chain<'b>(knowledge: &Knowledge, body: &'b str) -> (Vec<String>, &'b str) {
    let gazetteer = &knowledge.gazetteer;
    let governments = &knowledge.titles.levels.government;
    let mut chain = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        if let Some(length) = gazetteer.longest_at(rest) {
            chain.push(rest.get(..length).unwrap_or_default().to_owned());
            rest = rest.get(length..).unwrap_or_default();
        } else if let Some(inner) = governments.iter().find_map(|word| rest.strip_prefix(word.as_str())) {
            // 荔湾区人民政府南源街道办事处: the chain goes on behind the government.
            rest = inner;
        } else {
            break;
        }
    }
    (chain, rest)
}

/// Whether a name is only a kind of place, as 街道 and 高新区管委会 are: in its county it names one, alone it does not.
fn is_generic(knowledge: &Knowledge, name: &str) -> bool {
    let levels = &knowledge.titles.levels;
    let mut kinds = levels.township.iter().chain(&levels.other);
    let rest = kinds.clone().find_map(|kind| name.strip_suffix(kind.as_str())).unwrap_or(name);
    rest.is_empty() || kinds.any(|kind| kind == rest)
}

/// The body that the first paragraphs speak of: `由武进区湖塘镇人民政府编制`, `现公布光明区公明街道2020年…`.
pub(super) fn introduced(knowledge: &Knowledge, page: &Page, from: usize) -> Option<String> {
    let openers = &knowledge.titles.years.introduction;
    for block in page.blocks.iter().skip(from).take(INTRODUCTION) {
        let text = page.text(block);
        for opener in openers {
            for at in memmem::find_iter(text.as_bytes(), opener).take(MENTIONS) {
                let behind = text.get(at + opener.len()..).unwrap_or_default().trim_start_matches('《');
                let Some(length) = knowledge.gazetteer.longest_at(behind) else { continue };
                // 由桐城市统计局核对 introduces nothing.
                let clause = behind.get(..behind.floor_char_boundary(CLAUSE)).unwrap_or_default();
                let clause = clause.split('。').next().unwrap_or_default();
                let titles = &knowledge.titles;
                let mut words = titles.subjects.iter().chain(&titles.endings).chain(&titles.bodies.made);
                if opener.starts_with(titles.bodies.by) && !words.any(|word| clause.contains(word.as_str())) {
                    continue;
                }
                // 山东省 behind 由 begins the name of a rule more often than that of a body.
                let local = |place: &Place| matches!(place.level(), Level::County | Level::Township);
                if !read(knowledge, behind).chain.iter().any(|name| knowledge.gazetteer.named(name).any(local)) {
                    continue;
                }
                let end = behind.find(|end: char| !end.is_alphabetic()).unwrap_or(behind.len());
                return Some(behind.get(..end.max(length)).unwrap_or_default().to_owned());
            }
        }
    }
    None
}

/// The body that begins a clause and acts: `2014年,廊坊市落实…`, `漳州市卫生健康委员会依照《…`. It must be of the level at
/// which the text speaks of itself, and the only one.
pub(super) fn acting(knowledge: &Knowledge, page: &Page, own: Option<Own>) -> Option<String> {
    let titles = &knowledge.titles;
    let paragraphs = page.paragraphs().take(ACTING).map(|block| page.text(block));
    let actors = paragraphs.flat_map(|text| {
        let own_acts = clauses(text).filter_map(|clause| actor(knowledge, clause, own));
        // 本报告由…; elsewhere 由 tells of others.
        let by = text.match_indices(titles.bodies.by).filter(|(at, _)| {
            let before = text.get(..*at).unwrap_or_default();
            titles.endings.iter().any(|ending| before.ends_with(ending.as_str()))
        });
        let by = by.filter_map(|(at, by)| text.get(at + by.len()..));
        own_acts.chain(by.filter_map(|clause| actor(knowledge, clause, own)))
    });
    let mut actors: Vec<(Vec<String>, &str)> = actors.map(|body| (chain(knowledge, body).0, body)).collect();
    actors.dedup_by(|one, other| one.0 == other.0);
    match actors.as_slice() {
        [(_, body)] => Some((*body).to_owned()),
        _ => None,
    }
}

/// The clauses of a text, but for the titles in it.
fn clauses(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().filter(|(_, border)| BORDERS.has(*border));
    let starts = ends.filter(|(_, border)| *border != '《').map(|(at, border)| at + border.len_utf8());
    std::iter::once(0).chain(starts).filter_map(|start| text.get(start..))
}

/// The body with which a clause begins, when it acts.
fn actor<'c>(knowledge: &Knowledge, clause: &'c str, own: Option<Own>) -> Option<&'c str> {
    let titles = &knowledge.titles;
    let clause = title::year_at(titles, clause).map_or(clause, |(_, end)| clause.get(end..).unwrap_or_default());
    let clause = clause.trim_start_matches(' ');
    let (places, rest) = chain(knowledge, clause);
    let last = places.last()?;
    let acts = |rest: &str| titles.bodies.acts.iter().any(|act| rest.starts_with(act.as_str()));
    let ends = rest.char_indices().map(|(at, _)| at).take(LONGEST_BODY);
    for end in ends.take_while(|end| rest.get(..*end).is_some_and(|name| !name.contains(|mark| BORDERS.has(mark)))) {
        if !rest.get(end..).is_some_and(acts) {
            continue;
        }
        let body = clause.get(..clause.len() - rest.len() + end)?;
        let level = if end == 0 { None } else { Some(title::level(titles, body)?) };
        let fits = |place: &Place| match own.map(|own| (own.level, own.kind)) {
            None => true,
            Some((Level::Department, _)) => level == Some(Level::Department),
            Some((Level::County, kind)) => {
                level.is_none() && last.ends_with(kind) && matches!(place.level(), Level::County | Level::Prefecture)
            }
            Some((own, _)) => place.level() == own && level.is_none_or(|level| level == own),
        };
        return Some(body).filter(|_| knowledge.gazetteer.named(last).any(fits));
    }
    None
}

/// The body under which the page stands in its site: `首页 > 政府信息公开 > 泾县黄村镇 > 年报`.
pub(super) fn breadcrumb(knowledge: &Knowledge, page: &Page) -> Option<String> {
    let paths = page.blocks.iter().take(HEAD).map(|block| page.text(block)).filter(|text| text.contains('>'));
    let steps = paths.flat_map(|path| path.rsplit('>')).map(str::trim);
    steps.filter(|step| read(knowledge, step).named).map(str::to_owned).next()
}

/// The place of the government whose site is named first: `高邑县人民政府网站`.
pub(super) fn portal(knowledge: &Knowledge, page: &Page) -> Option<String> {
    let text = page.folded.text.as_str();
    let words = knowledge.titles.bodies.portals.iter();
    let found = words.flat_map(|word| memmem::find_iter(text.as_bytes(), word).take(MENTIONS));
    let place = |at: usize| {
        let before = text.get(..at)?;
        let starts = before.char_indices().rev().take(LONGEST_PLACE).map(|(start, _)| start);
        let names = starts.filter_map(|start| before.get(start..));
        names.filter(|name| knowledge.gazetteer.knows(name)).last()
    };
    found.filter_map(|at| place(at).map(|name| (at, name))).min().map(|(_, name)| name.to_owned())
}

/// How a body speaks of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    /// Its level: 我镇, 全县, 我局.
    pub level: Level,
    /// The last character of the word that it uses most: 县, 市 …
    pub kind: char,
    /// Whether it does so more than once, since one 全省 may be a slip.
    pub often: bool,
    /// Whether bodies of another level use that word too.
    pub undecided: bool,
}

/// The level by which a body speaks of itself.
pub(super) fn own_words(knowledge: &Knowledge, page: &Page) -> Option<Own> {
    let text = page.folded.text.as_bytes();
    let count = |word: &String| memmem::find_iter(text, word).count();
    let mut best: Option<(usize, Own)> = None;
    for own in &knowledge.titles.levels.itself {
        let counts: Vec<usize> = own.words.iter().map(count).collect();
        let sum = counts.iter().sum::<usize>() * own.weight;
        // The first in the data wins among equals.
        if sum <= best.map_or(0, |(most, _)| most) {
            continue;
        }
        let most = own.words.iter().zip(counts).max_by_key(|(_, count)| *count);
        let kind = most.and_then(|(word, _)| word.chars().next_back()).unwrap_or_default();
        let undecided = own.undecided.contains(kind);
        best = Some((sum, Own { level: own.level, kind, often: sum > 1, undecided }));
    }
    best.map(|(_, own)| own)
}
