//! The place that a report is about, or an honest silence with the candidates.
//!
//! A body's name is read as a chain of places (湖南省 永顺县 盐井乡) by longest match. The last name has candidates in
//! the gazetteer; the names before it, then address, contact, telephone, postcode and path leave one or do not.

use std::cell::LazyCell;

use memchr::memmem;

use super::PlaceVote;
use super::bodies::{self, Own, Reading};
use super::header::Header;
use super::title::{Announcement, Title};
use crate::knowledge::{Gazetteer, Knowledge, Place, within};
use crate::model::Level;
use crate::parse::fold::Page;

/// Blocks of the text that are searched for the names of counties when a name is ambiguous.
const SEARCHED: usize = 60;

/// Evidence beside the name must weigh at least this much to settle an ambiguous one.
const ENOUGH: u32 = 2;

/// A body that something names.
struct Body {
    /// What names it, as in `place_basis`.
    basis: &'static str,
    /// Its name, folded.
    words: String,
    /// What the name says.
    reading: Reading,
}

impl Body {
    fn new(knowledge: &Knowledge, basis: &'static str, words: String) -> Body {
        let reading = bodies::read(knowledge, &words);
        Body { basis, words, reading }
    }
}

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

/// Settles the place, or says which are possible.
pub(super) fn settle(
    knowledge: &Knowledge,
    page: &Page,
    (title, announced, header): (Option<&Title>, Option<Announcement>, &Header),
    (year, path): (Option<i16>, &str),
    mut votes: Option<&mut Vec<PlaceVote>>,
) -> Settled {
    let gazetteer = &knowledge.gazetteer;
    let own = LazyCell::new(|| bodies::own_words(knowledge, page));
    let mut named = named(knowledge, page, (title, announced, header), path);
    if !named.iter().any(|body| body.reading.named) {
        let found = fallback(knowledge, page, (header, &named), year, *own);
        named.extend(found);
    }
    if let Some(votes) = votes.as_deref_mut() {
        for Body { basis, words, reading } in &named {
            let places = candidates(gazetteer, &reading.chain, year, reading.sought());
            let codes = places.iter().map(|place| place.code).collect();
            votes.push(PlaceVote { basis, words: words.clone(), codes, weight: None });
        }
    }
    let first = named.first().filter(|body| body.basis == "title");
    let mut placed = named.iter().filter(|body| !body.reading.chain.is_empty());
    let Some(decides) = placed.clone().find(|body| body.reading.named).or_else(|| placed.next()) else {
        let issuer = named.first().map(|body| body.words.clone());
        return Settled { issuer, level: level(gazetteer, &named, None, || *own, None), ..Settled::default() };
    };
    let decides = match deepest(gazetteer, &named, decides, year) {
        Ok(body) => body,
        Err(candidates) => {
            let level = level(gazetteer, &named, None, || *own, None);
            return Settled { candidates, level, ..Settled::default() };
        }
    };
    let reading = &decides.reading;
    let candidates = candidates(gazetteer, &reading.chain, year, reading.sought());
    let codes: Vec<u32> = candidates.iter().map(|place| place.code).collect();
    let mut settled = Settled { issuer: Some(first.unwrap_or(decides).words.clone()), ..Settled::default() };
    match codes.as_slice() {
        [] => {}
        [code] if reading.chain.len() > 1 || *code < 1_000_000 => {
            settled.code = Some(*code);
            settled.basis = Some(decides.basis);
        }
        // The only town of that name that we know; a telephone elsewhere says that there was another.
        [code] if is_served(gazetteer, header, *code) => {
            settled.code = Some(*code);
            settled.basis = Some("unique_name");
        }
        [code] => settled.candidates = vec![*code],
        several => match shared(gazetteer, &named, several, year)
            .or_else(|| weigh(knowledge, page, header, (several, year, path), votes))
        {
            Some((code, basis)) => {
                settled.code = Some(code);
                settled.basis = Some(basis);
            }
            None => settled.candidates = several.to_vec(),
        },
    }
    let known = settled.code.or_else(|| codes.first().copied());
    settled.level = level(gazetteer, &named, Some(decides), || *own, known);
    settled
}

/// Of bodies that tell of one place the one that tells most of it: 来源:安庆市 above, 太湖县人民政府办公室 below. Where none
/// has the last word, as a title has, and two contradict each other, their places are candidates.
fn deepest<'b>(
    gazetteer: &Gazetteer,
    named: &'b [Body],
    first: &'b Body,
    year: Option<i16>,
) -> Result<&'b Body, Vec<u32>> {
    if first.basis == "title" {
        return Ok(first);
    }
    let place = |body: &Body| match candidates(gazetteer, &body.reading.chain, year, body.reading.sought()).as_slice() {
        [place] => Some(place.code),
        _ => None,
    };
    let mut best = (first, place(first));
    for body in named.iter().filter(|body| !matches!(body.basis, "path" | "address" | "site")) {
        let (Some(best_code), Some(code)) = (best.1, place(body)) else { continue };
        if within(code, best_code) {
            best = (body, Some(code));
        } else if !within(best_code, code) {
            return Err(vec![best_code.min(code), best_code.max(code)]);
        }
    }
    Ok(best.0)
}

/// The bodies that title, introduction, contact clause, header, signature and path name.
fn named(
    knowledge: &Knowledge,
    page: &Page,
    (title, announced, header): (Option<&Title>, Option<Announcement>, &Header),
    path: &str,
) -> Vec<Body> {
    let introduced = bodies::introduced(knowledge, page, title.map_or(0, |title| title.next));
    let introduced = introduced.or(announced.map(|announced| announced.issuer));
    let title = title.map(|title| ("title", title.issuer.clone()));
    // The path comes last: it is where somebody put the file, not what the report says.
    let path = ("path", places_in_path(knowledge, path));
    let introduced = introduced.map(|body| ("introduction", body));
    let all = title.into_iter().chain(introduced).chain(header.bodies.iter().cloned()).chain([path]);
    all.filter(|(_, words)| !words.is_empty()).map(|(basis, words)| Body::new(knowledge, basis, words)).collect()
}

/// What else tells the place when none of the bodies has one in its name: who acts in the text, the address, the site.
fn fallback(
    knowledge: &Knowledge,
    page: &Page,
    (header, named): (&Header, &[Body]),
    year: Option<i16>,
    own: Option<Own>,
) -> Option<Body> {
    let body = |basis, words: Option<String>| words.map(|words| Body::new(knowledge, basis, words));
    let served = |body: &Body| {
        let places = candidates(&knowledge.gazetteer, &body.reading.chain, year, body.reading.sought());
        !places.is_empty() && places.iter().any(|place| is_served(&knowledge.gazetteer, header, place.code))
    };
    // 全县 speaks of a county: an address in the city that it belongs to is not its place.
    let of_kind = |body: &Body| match own {
        // The address of a province's government is in its capital.
        Some(Own { level: Level::Province, .. }) => false,
        Some(Own { level: Level::County, kind, .. }) => {
            body.reading.chain.last().is_some_and(|name| name.ends_with(kind))
        }
        _ => true,
    };
    let around = |body: &Body| {
        let places = candidates(&knowledge.gazetteer, &body.reading.chain, year, None);
        matches!(own, Some(Own { level: Level::County, .. }))
            || places.iter().all(|place| place.level() == Level::County)
    };
    let acting = || body("text", bodies::acting(knowledge, page, own));
    let address = || {
        let address = header.contact.address.as_deref().map(|address| knowledge.variants.word(address));
        let mut body = body("address", address)?;
        // An office of the county stands in some town, a school or a zone of the city in some county.
        let deepest = match own.map(|own| own.level) {
            _ if named.iter().any(|body| body.reading.level == Some(Level::Other)) => Level::Prefecture,
            Some(Level::Other) => Level::Prefecture,
            Some(Level::Township) => Level::Township,
            _ => Level::County,
        };
        let reaches = |place: &Place| deepest == Level::Township || place.level() <= deepest;
        body.reading.chain.retain(|name| knowledge.gazetteer.named(name).any(reaches));
        Some(body).filter(of_kind)
    };
    let site = || body("site", bodies::portal(knowledge, page)).filter(of_kind).filter(around);
    let breadcrumb = || body("breadcrumb", bodies::breadcrumb(knowledge, page)).filter(of_kind);
    acting().or_else(breadcrumb).filter(served).or_else(|| address().filter(served)).or_else(|| site().filter(served))
}

/// The one of several places that another body's name means too: 城关镇 in the title, 永顺县城关镇 in the signature.
fn shared(gazetteer: &Gazetteer, named: &[Body], several: &[u32], year: Option<i16>) -> Option<(u32, &'static str)> {
    named.iter().find_map(|body| {
        match candidates(gazetteer, &body.reading.chain, year, body.reading.sought()).as_slice() {
            [place] if several.contains(&place.code) => Some((place.code, body.basis)),
            _ => None,
        }
    })
}

/// The level of the body: by its name where it reports under it, by what it calls itself where others name it.
fn level(
    gazetteer: &Gazetteer,
    named: &[Body],
    decides: Option<&Body>,
    own: impl Fn() -> Option<Own>,
    code: Option<u32>,
) -> Option<Level> {
    let by_name = match decides {
        // A name that is nothing but a place has that place's level; an address is no name.
        Some(body) if body.basis == "title" || (body.reading.governs && !matches!(body.basis, "address" | "site")) => {
            return body.reading.level.or_else(|| named_level(gazetteer, &body.reading, code));
        }
        _ => named.iter().find_map(|body| body.reading.level),
    };
    let by_code = code.map(level_of);
    match own().filter(|own| own.often) {
        // 全市 is a city of either level, 全区 a district or an autonomous region.
        Some(own) if own.undecided => by_name.or(by_code.filter(|level| *level != Level::Township)),
        own => by_name.or(own.map(|own| own.level)).or(by_code),
    }
}

/// The level of a government by its place; of a place that had another name or code that year, by those.
fn named_level(gazetteer: &Gazetteer, reading: &Reading, code: Option<u32>) -> Option<Level> {
    let last = reading.chain.last().filter(|_| reading.governs)?;
    let inside: Vec<&Place> =
        gazetteer.named(last).filter(|place| code.is_none_or(|code| within(place.code, code))).collect();
    let itself = inside.iter().find(|place| Some(place.code) == code).or(inside.first())?;
    let same = code.is_some() || inside.iter().all(|place| place.level() == itself.level());
    same.then(|| itself.level())
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
    // 东区办事处 is no 东区 of another city.
    if places.iter().any(&fits) || (level == Some(Level::Township) && around.is_empty()) {
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
    prefer_valid(gazetteer, &mut places, year);
    if places.len() > 1 {
        places.retain(|place| !gazetteer.is_shell(place));
    }
    places
}

/// Of two codes that a place had one after the other, the year's own: 三元区 is 350403 to 2020, and 350404 from then on.
fn prefer_valid(gazetteer: &Gazetteer, places: &mut Vec<&Place>, year: Option<i16>) {
    let Some(year) = year else { return };
    let is_valid = |place: &Place| place.from <= year && year <= place.to;
    let valid: Vec<&Place> = places.iter().copied().filter(|place| is_valid(place)).collect();
    let names = |code: u32| gazetteer.with_code(code).iter().map(|place| place.name);
    let is_county =
        |one: u32, other: u32| one / 100 == other / 100 && names(one).any(|name| names(other).any(|same| same == name));
    let is_same = |one: &Place, other: &Place| {
        let (name, level) = (one.name == other.name, one.level() == other.level());
        let (one, other) = (one.code, other.code);
        let moved = match level_of(one) {
            Level::County => is_county(one, other),
            // Its county moved, and took it along.
            Level::Township => is_county(one / 1_000, other / 1_000),
            _ => false,
        };
        name && level && moved
    };
    places.retain(|place| is_valid(place) || !valid.iter().any(|other| is_same(place, other)));
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
    areas.is_empty() || areas.iter().any(|area| within(code, *area) || within(*area, code))
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
