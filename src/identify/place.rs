//! The place that a report is about, or an honest silence with the candidates.
//!
//! A body's name is read as a chain of places (湖南省 永顺县 盐井乡) by longest match. The last name has candidates in
//! the gazetteer; the names before it, then address, contact, telephone, postcode and path leave one or do not.

use memchr::memmem;

use super::header::Header;
use super::title::{self, Announcement, Title};
use super::{INTRODUCTION, PlaceVote};
use crate::knowledge::{Gazetteer, Knowledge, Place, within};
use crate::model::Level;
use crate::parse::fold::Page;

/// Blocks of the text that are searched for the names of counties when a name is ambiguous.
const SEARCHED: usize = 60;

/// Bodies behind an opening word that are looked at in a paragraph.
const MENTIONS: usize = 5;

/// Evidence beside the name must weigh at least this much to settle an ambiguous one.
const ENOUGH: u32 = 2;

/// A place with its evidence.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Code, when one is left.
    pub code: Option<u32>,
    /// What decided.
    pub basis: Option<&'static str>,
    /// Codes that are left when more than one is.
    pub candidates: Vec<u32>,
    /// The body's name, folded.
    pub issuer: Option<String>,
    /// The body's level.
    pub level: Option<Level>,
}

/// What one body's name says.
struct Reading {
    /// Names of places in it, from the largest to the smallest.
    chain: Vec<String>,
    /// Level by the ending of the name.
    level: Option<Level>,
}

/// Settles the place, or says which are possible.
pub(super) fn settle(
    knowledge: &Knowledge,
    page: &Page,
    (title, announced, header): (Option<&Title>, Option<Announcement>, &Header),
    (year, path): (Option<i16>, &str),
    mut votes: Option<&mut Vec<PlaceVote>>,
) -> Settled {
    let gazetteer = &knowledge.gazetteer;
    let named = title.map(|title| ("title", title.issuer.clone())).filter(|(_, issuer)| !issuer.is_empty());
    let spoken = ("introduction", introduced(knowledge, page, title.map_or(0, |title| title.next)));
    let spoken = Some(spoken).filter(|(_, body)| !body.is_empty());
    let spoken = spoken.or(announced.map(|announced| ("introduction", announced.issuer)));
    let spoken = spoken.filter(|(_, body)| !body.is_empty());
    // The path comes last: it is where somebody put the file, not what the report says.
    let folders = [("path", places_in_path(knowledge, path))];
    let folders = folders.into_iter().filter(|(_, names)| !names.is_empty());
    let bodies: Vec<(&'static str, String)> =
        named.into_iter().chain(spoken).chain(header.bodies.iter().cloned()).chain(folders).collect();
    let readings: Vec<(&'static str, &String, Reading)> =
        bodies.iter().map(|(basis, body)| (*basis, body, read(knowledge, body))).collect();
    if let Some(votes) = votes.as_deref_mut() {
        for (basis, body, reading) in &readings {
            let places = candidates(gazetteer, &reading.chain, year, reading.level);
            let codes = places.iter().map(|place| place.code).collect();
            votes.push(PlaceVote { basis, words: (*body).clone(), codes, weight: None });
        }
    }
    let told = || readings.iter().find_map(|(_, _, reading)| reading.level).or_else(|| own_words(knowledge, page));
    let Some((basis, issuer, reading)) = readings.iter().find(|(_, _, reading)| !reading.chain.is_empty()) else {
        let (issuer, level) = (bodies.first().map(|(_, body)| body.clone()), told());
        return Settled { issuer, level, ..Settled::default() };
    };
    // Where the title's body has no place in its name, its name still tells the level.
    // So does a name that is nothing but a place: 我市 is a city of either level.
    let level = if *basis == "title" || reading.chain.concat() == **issuer { reading.level } else { told() };
    let issuer =
        bodies.first().filter(|(basis, _)| *basis == "title").map_or((*issuer).clone(), |(_, body)| body.clone());
    let mut settled = Settled { issuer: Some(issuer), level, ..Settled::default() };
    let candidates = candidates(gazetteer, &reading.chain, year, reading.level);
    let codes: Vec<u32> = candidates.iter().map(|place| place.code).collect();
    match codes.as_slice() {
        [] => {}
        [code] if reading.chain.len() > 1 || *code < 1_000_000 => {
            settled.code = Some(*code);
            settled.basis = Some(basis);
        }
        // The only town of that name that we know; a telephone elsewhere says that there was another.
        [code] if is_served(gazetteer, header, *code) => {
            settled.code = Some(*code);
            settled.basis = Some("unique_name");
        }
        [code] => settled.candidates = vec![*code],
        several => match weigh(knowledge, page, header, (several, year, path), votes) {
            Some((code, basis)) => {
                settled.code = Some(code);
                settled.basis = Some(basis);
            }
            None => settled.candidates = several.to_vec(),
        },
    }
    if settled.level.is_none() {
        settled.level = settled.code.map(level_of).or_else(|| candidates.first().map(|place| place.level()));
    }
    settled
}

/// The body that the first paragraphs speak of: `由武进区湖塘镇人民政府编制`, `现公布光明区公明街道2020年…`.
fn introduced(knowledge: &Knowledge, page: &Page, from: usize) -> String {
    let openers = &knowledge.titles.years.introduction;
    for block in page.blocks.iter().skip(from).take(INTRODUCTION) {
        let text = page.text(block);
        for opener in openers {
            for at in memmem::find_iter(text.as_bytes(), opener).take(MENTIONS) {
                let behind = text.get(at + opener.len()..).unwrap_or_default().trim_start_matches('《');
                let Some(length) = knowledge.gazetteer.longest_at(behind) else { continue };
                // 山东省 behind 由 begins the name of a rule more often than that of a body.
                let local = |place: &Place| matches!(place.level(), Level::County | Level::Township);
                if !read(knowledge, behind).chain.iter().any(|name| knowledge.gazetteer.named(name).any(local)) {
                    continue;
                }
                let end = behind.find(|end: char| !end.is_alphabetic()).unwrap_or(behind.len());
                return behind.get(..end.max(length)).unwrap_or_default().to_owned();
            }
        }
    }
    String::new()
}

/// The folders of a path that are names of places, one after the other: 湖南省/永顺县/盐井乡/2019.txt.
fn places_in_path(knowledge: &Knowledge, path: &str) -> String {
    let folders = path.split('/').map(|folder| knowledge.variants.word(folder));
    folders.filter(|folder| knowledge.gazetteer.knows(folder)).collect()
}

/// Level of a code by its digits.
fn level_of(code: u32) -> Level {
    Place { code, name: "", from: 0, to: 0 }.level()
}

/// The chain of places that a body's name begins with, and the level that it ends with.
fn read(knowledge: &Knowledge, body: &str) -> Reading {
    let gazetteer = &knowledge.gazetteer;
    let mut chain = Vec::new();
    let mut rest = body;
    let governments = &knowledge.titles.levels.government;
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
    let level = title::level(&knowledge.titles, body);
    Reading { chain, level }
}

/// The places that the last name of a chain can be, the names before it being around it.
fn candidates<'g>(
    gazetteer: &'g Gazetteer,
    chain: &[String],
    year: Option<i16>,
    level: Option<Level>,
) -> Vec<&'g Place> {
    let Some((name, around)) = chain.split_last() else { return Vec::new() };
    let alive = |place: &&Place| year.is_none_or(|year| place.alive(year));
    let fits = |place: &&Place| match level {
        Some(Level::Township) => place.level() == Level::Township,
        Some(Level::Department | Level::Other) | None => place.level() != Level::Township || !around.is_empty(),
        Some(Level::Province | Level::Prefecture | Level::County) => true,
    };
    let mut places: Vec<&Place> = gazetteer.named(name).filter(alive).collect();
    if places.iter().any(&fits) {
        places.retain(|place| fits(place));
    }
    let inside =
        |place: &&Place| around.iter().all(|outer| gazetteer.named(outer).any(|outer| within(place.code, outer.code)));
    if places.iter().any(&inside) {
        places.retain(|place| inside(place));
    } else if !around.is_empty() {
        return candidates(gazetteer, around, year, None);
    }
    places.sort_by_key(|place| place.code);
    places.dedup_by_key(|place| place.code);
    places
}

/// Weighs the evidence beside the name; the best candidate must be alone at the top.
fn weigh(
    knowledge: &Knowledge,
    page: &Page,
    header: &Header,
    (codes, year, path): (&[u32], Option<i16>, &str),
    mut votes: Option<&mut Vec<PlaceVote>>,
) -> Option<(u32, &'static str)> {
    let gazetteer = &knowledge.gazetteer;
    let end = page.blocks.iter().take(SEARCHED).next_back().map_or(0, |block| block.end);
    let text = page.folded.text.as_bytes().get(..end).unwrap_or_default();
    let path = knowledge.variants.word(path);
    let area = header.contact.phone.as_deref().map(|phone| area_codes(gazetteer, phone)).unwrap_or_default();
    let post = header.contact.postcode.as_deref().and_then(|postcode| gazetteer.by_postcode(postcode));
    let mut scores: Vec<(u32, u32, &'static str)> = Vec::new();
    for code in codes {
        let mut evidence: Vec<(u32, &'static str)> = Vec::new();
        let mut speak = |weight: u32, basis: &'static str, words: &str| {
            evidence.push((weight, basis));
            if let Some(votes) = votes.as_deref_mut() {
                votes.push(PlaceVote { basis, words: words.to_owned(), codes: vec![*code], weight: Some(weight) });
            }
        };
        for (outer, weight) in [(code / 1_000, 4), (code / 100_000, 2), (code / 10_000_000, 1)] {
            let name =
                (outer > 0).then(|| gazetteer.name(outer, year)).flatten().map(|name| knowledge.variants.word(name));
            let Some(name) = name else { continue };
            if memmem::find(text, name.as_bytes()).is_some() {
                speak(weight, "text", &name);
            }
            if path.contains(&name) {
                speak(weight, "path", &name);
            }
        }
        if area.iter().any(|area| within(*code, *area)) {
            speak(3, "phone", header.contact.phone.as_deref().unwrap_or_default());
        }
        if post.is_some_and(|area| within(*code, area)) {
            speak(1, "postcode", header.contact.postcode.as_deref().unwrap_or_default());
        }
        let best = evidence.iter().max_by_key(|(weight, _)| *weight).map_or("text", |(_, basis)| basis);
        scores.push((evidence.iter().map(|(weight, _)| weight).sum(), *code, best));
    }
    scores.sort_unstable_by_key(|(score, code, _)| (std::cmp::Reverse(*score), *code));
    match scores.as_slice() {
        [(first, code, basis), (second, _, _), ..] if first > second && *first >= ENOUGH => Some((*code, basis)),
        _ => None,
    }
}

/// Whether a place lies where the contact's telephone is; true when no telephone says otherwise.
fn is_served(gazetteer: &Gazetteer, header: &Header, code: u32) -> bool {
    let areas = header.contact.phone.as_deref().map(|phone| area_codes(gazetteer, phone)).unwrap_or_default();
    areas.is_empty() || areas.iter().any(|area| within(code, *area))
}

/// The codes that the area code at the start of a telephone number serves.
fn area_codes(gazetteer: &Gazetteer, phone: &str) -> Vec<u32> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    [4, 3]
        .iter()
        .filter_map(|length| digits.get(..*length))
        .map(|area| gazetteer.by_phone(area).to_vec())
        .find(|codes| !codes.is_empty())
        .unwrap_or_default()
}

/// The level by which a body speaks of itself: 我镇, 我县, 我局; the most frequent wins.
fn own_words(knowledge: &Knowledge, page: &Page) -> Option<Level> {
    let text = page.folded.text.as_bytes();
    let count = |words: &Vec<String>| words.iter().map(|word| memmem::find_iter(text, word).count()).sum::<usize>();
    let counted = knowledge.titles.levels.itself.iter().map(|(level, words)| (count(words), level.as_str()));
    let (most, level) = counted.max()?;
    let level = match level {
        "township" => Level::Township,
        "county" => Level::County,
        _ => Level::Department,
    };
    (most > 0).then_some(level)
}
