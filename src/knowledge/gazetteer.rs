//! Places with their codes and the years in which they had them.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::rows;
use crate::model::Level;
use crate::parse::fold::Variants;

/// The longest name, in characters.
const LONGEST: usize = 16;

/// One name that one code had for some years.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// 2, 4, 6 or 9 digits.
    pub code: u32,
    /// Full name.
    pub name: &'static str,
    /// First year, or `i16::MIN` when it is older than our sources.
    pub from: i16,
    /// Last year, or `i16::MAX`.
    pub to: i16,
}

impl Place {
    /// Whether the name was valid in a year; sources show changes up to a year late.
    pub fn alive(&self, year: i16) -> bool {
        self.from.saturating_sub(1) <= year && year <= self.to.saturating_add(1)
    }

    /// The level that a code of so many digits has.
    pub fn level(&self) -> Level {
        match self.code {
            0..=99 => Level::Province,
            100..=9_999 => Level::Prefecture,
            10_000..=999_999 => Level::County,
            _ => Level::Township,
        }
    }
}

/// All places.
#[derive(Default)]
pub struct Gazetteer {
    places: Vec<Place>,
    /// Places by folded name: the head of a list through `entries`.
    by_name: HashMap<Cow<'static, str>, u32, FixedState>,
    /// Place and the next entry of the same name.
    entries: Vec<(u32, u32)>,
    phones: HashMap<&'static str, Vec<u32>>,
    postcodes: Vec<(&'static str, u32)>,
}

const END: u32 = u32::MAX;

impl Gazetteer {
    /// The places that have or had this name or alias. The name is folded.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Place> {
        let mut at = self.by_name.get(name).copied().unwrap_or(END);
        std::iter::from_fn(move || {
            let (place, next) = *self.entries.get(at as usize)?;
            at = next;
            self.places.get(place as usize)
        })
    }

    /// Whether any place has this name.
    pub fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Length in bytes of the longest name that the text starts with.
    pub fn longest_at(&self, text: &str) -> Option<usize> {
        let ends: Vec<usize> =
            text.char_indices().map(|(at, character)| at + character.len_utf8()).take(LONGEST).collect();
        ends.into_iter().skip(1).rev().find(|end| text.get(..*end).is_some_and(|name| self.knows(name)))
    }

    /// The name of a code in a year, or its last name before, or its first after.
    pub fn name(&self, code: u32, year: Option<i16>) -> Option<&'static str> {
        let year = year.unwrap_or(i16::MAX);
        let same = self.with_code(code);
        let exact = same.iter().find(|place| place.from <= year && year <= place.to);
        exact.or(same.last()).map(|place| place.name)
    }

    /// All names of a code.
    pub fn with_code(&self, code: u32) -> &[Place] {
        self.numbered(code).1
    }

    /// The same, with the number of the first among all places.
    pub(super) fn numbered(&self, code: u32) -> (usize, &[Place]) {
        let (start, end) = self.range_of(code);
        (start, self.places.get(start..end).unwrap_or_default())
    }

    /// Codes that a telephone area code serves.
    pub fn by_phone(&self, area_code: &str) -> &[u32] {
        self.phones.get(area_code).map_or(&[], Vec::as_slice)
    }

    /// The code that the longest known prefix of a postcode belongs to.
    pub fn by_postcode(&self, postcode: &str) -> Option<u32> {
        let fits = self.postcodes.iter().filter(|(prefix, _)| postcode.starts_with(prefix));
        fits.max_by_key(|(prefix, _)| prefix.len()).map(|(_, code)| *code)
    }

    /// Whether a county is only the code under which a city without counties has its towns: 东莞市 is 4419 and 441900.
    pub fn is_shell(&self, place: &Place) -> bool {
        place.level() == Level::County && self.with_code(place.code / 100).iter().any(|city| city.name == place.name)
    }

    /// How many places of a level there are in a year, in one county or in all: two sources of one year may give a code two
    /// names.
    pub fn count(&self, level: Level, year: i16, county: Option<u32>) -> usize {
        let start = |code: u32| self.places.partition_point(|place| order(place.code).0 < order(code).0);
        let inside = county.map_or(0..self.places.len(), |county| start(county)..start(county + 1));
        let places = self.places.get(inside).unwrap_or_default().iter();
        let alive = places.filter(|place| place.level() == level && place.from <= year && year <= place.to);
        let mut codes: Vec<u32> = alive.filter(|place| !self.is_shell(place)).map(|place| place.code).collect();
        codes.dedup();
        codes.len()
    }

    /// All places.
    pub fn places(&self) -> &[Place] {
        &self.places
    }
}

/// The order of the file: as text, so that a place comes before the places in it.
fn order(code: u32) -> (u32, u32) {
    match code {
        0..=99 => (code * 10_000_000, 2),
        100..=9_999 => (code * 100_000, 4),
        10_000..=999_999 => (code * 1_000, 6),
        _ => (code, 9),
    }
}

/// Whether `inner` lies in `outer` (or is it), by their codes.
pub fn within(inner: u32, outer: u32) -> bool {
    let (inner_order, inner_digits) = order(inner);
    let (outer_order, outer_digits) = order(outer);
    let unit = 10_u32.pow(9_u32.saturating_sub(outer_digits));
    inner_digits >= outer_digits && inner_order / unit == outer_order / unit
}

pub(super) fn load(variants: &Variants) -> Result<Gazetteer, String> {
    let mut places = Vec::with_capacity(60_000);
    let mut gazetteer = Gazetteer {
        places: Vec::new(),
        by_name: HashMap::with_capacity_and_hasher(60_000, FixedState::default()),
        entries: Vec::with_capacity(60_000),
        phones: HashMap::new(),
        postcodes: Vec::new(),
    };
    for line in include_str!("../../data/places/divisions.tsv").lines().skip(1) {
        let mut fields = super::fields(line);
        let fault = || format!("data/places/divisions.tsv: {line:?}");
        let code = fields.next().and_then(|code| code.parse().ok()).ok_or_else(fault)?;
        let name = fields.next().ok_or_else(fault)?;
        let year = |text: Option<&str>, open: i16| match text {
            None | Some("") => Some(open),
            Some(year) => year.parse().ok(),
        };
        let from = year(fields.next(), i16::MIN).ok_or_else(fault)?;
        let to = year(fields.next(), i16::MAX).ok_or_else(fault)?;
        gazetteer.enter(folded(variants, name), places.len());
        places.push(Place { code, name, from, to });
    }
    gazetteer.places = places;
    for row in rows(include_str!("../../data/places/aliases.tsv")) {
        let [code, alias] = row.as_slice() else { return Err(format!("data/places/aliases.tsv: {row:?}")) };
        let code: u32 = code.parse().map_err(|error| format!("data/places/aliases.tsv: {error}"))?;
        let (start, end) = gazetteer.range_of(code);
        for place in start..end {
            gazetteer.enter(folded(variants, alias), place);
        }
    }
    for row in rows(include_str!("../../data/places/phones.tsv")) {
        let [area, code] = row.as_slice() else { return Err(format!("data/places/phones.tsv: {row:?}")) };
        let code = code.parse().map_err(|error| format!("data/places/phones.tsv: {error}"))?;
        gazetteer.phones.entry(area).or_default().push(code);
    }
    for row in rows(include_str!("../../data/places/postcodes.tsv")) {
        let [prefix, code] = row.as_slice() else { return Err(format!("data/places/postcodes.tsv: {row:?}")) };
        let code = code.parse().map_err(|error| format!("data/places/postcodes.tsv: {error}"))?;
        gazetteer.postcodes.push((prefix, code));
    }
    Ok(gazetteer)
}

impl Gazetteer {
    /// Where the lines of a code stand in the file.
    fn range_of(&self, code: u32) -> (usize, usize) {
        let key = order(code);
        let start = self.places.partition_point(|place| order(place.code) < key);
        let same = self.places.iter().skip(start).take_while(|place| place.code == code).count();
        (start, start + same)
    }

    fn enter(&mut self, name: Cow<'static, str>, place: usize) {
        let entry = u32::try_from(self.entries.len()).unwrap_or(END);
        let place = u32::try_from(place).unwrap_or(END);
        let next = self.by_name.insert(name, entry).unwrap_or(END);
        self.entries.push((place, next));
    }
}

/// Most names are their own folded form and need no copy.
fn folded(variants: &Variants, name: &'static str) -> Cow<'static, str> {
    if variants.is_folded(name) { Cow::Borrowed(name) } else { Cow::Owned(variants.word(name)) }
}
