//! Which names and codes are one place in the course of the years: renamed, promoted, moved to another code.
//!
//! The sources say which names and codes there were in each year, not what became of them. A place that ends in one year
//! goes on as one that begins in the next, within the same parent, when
//!
//! 1. they have the same name, or names that differ in their last word only (密云县, 密云区);
//! 2. or they have the same code;
//! 3. or, for counties, most towns of each are, by their names, towns of the other.
//!
//! Each rule is asked of what the one before has left over, and settles only what is unique on both sides: a county that
//! is divided, or merged into several, ends.

use std::collections::{BTreeMap, BTreeSet};

use super::gazetteer::{Gazetteer, Place};
use crate::model::Level;

/// The last word of a name (自治县 apart) has no more characters than this.
const LAST_WORD: usize = 2;

/// The first and only name of most places stands for itself; a later one for the first.
pub struct Lineage {
    firsts: Vec<usize>,
    /// Parents in which some place ended or began and none went on as it: by the year before.
    redrawn: BTreeSet<(Level, Option<usize>, i16)>,
}

impl Lineage {
    /// Follows all places through the years.
    pub fn of(gazetteer: &Gazetteer) -> Lineage {
        let places = gazetteer.places();
        let mut lineage = Lineage { firsts: (0..places.len()).collect(), redrawn: BTreeSet::new() };
        let towns = Towns::of(places);
        // Parents first: a county that moves to another code takes its townships with it.
        for level in [Level::Province, Level::Prefecture, Level::County, Level::Township] {
            let mut changes: BTreeMap<(Option<usize>, i16), Change> = BTreeMap::new();
            for (at, place) in places.iter().enumerate().filter(|(_, place)| place.level() == level) {
                if place.to < i16::MAX {
                    let parent = lineage.parent(gazetteer, place.code, place.to);
                    changes.entry((parent, place.to)).or_default().ends.push(at);
                }
                if place.from > i16::MIN {
                    let parent = lineage.parent(gazetteer, place.code, place.from);
                    changes.entry((parent, place.from - 1)).or_default().begins.push(at);
                }
            }
            for ((parent, year), mut change) in changes {
                change.settle(&mut lineage, places, |one, next| one.name == next.name);
                change.settle(&mut lineage, places, |one, next| is_renamed(one.name, next.name));
                change.settle(&mut lineage, places, |one, next| one.code == next.code);
                if level == Level::County {
                    change.settle(&mut lineage, places, |one, next| towns.go_on(one, next));
                }
                if !change.ends.is_empty() {
                    lineage.redrawn.insert((level, parent, year));
                }
            }
            lineage.shorten();
        }
        lineage
    }

    /// Each place goes on from the one before it: chains become their first link.
    fn shorten(&mut self) {
        for at in 0..self.firsts.len() {
            let mut first = at;
            while self.firsts[first] != first {
                first = self.firsts[first];
            }
            self.firsts[at] = first;
        }
    }

    /// Whether a place beside the one of a code ended the year before, and no other went on as it: others took it over.
    pub fn is_redrawn(&self, gazetteer: &Gazetteer, code: u32, year: i16) -> bool {
        let level = gazetteer.with_code(code).first().map(Place::level);
        level.is_some_and(|level| self.redrawn.contains(&(level, self.parent(gazetteer, code, year - 1), year - 1)))
    }

    /// The same for a place by its number in the gazetteer.
    pub fn of_place(&self, at: usize) -> Option<usize> {
        self.firsts.get(at).copied()
    }

    /// A number for the place that had a code in a year, the same through all its names; `None` for no such place.
    pub fn body(&self, gazetteer: &Gazetteer, code: u32, year: i16) -> Option<usize> {
        let (first, same) = gazetteer.numbered(code);
        let gap = |place: &Place| i32::from(place.from.max(year)) - i32::from(place.to.min(year));
        let (at, _) = same.iter().enumerate().min_by_key(|(_, place)| gap(place))?;
        self.of_place(first + at)
    }

    fn parent(&self, gazetteer: &Gazetteer, code: u32, year: i16) -> Option<usize> {
        let digits = [1_000, 100].map(|unit| code / unit);
        let parent = if code > 999_999 { digits[0] } else { digits[1] };
        self.body(gazetteer, parent, year).or_else(|| self.body(gazetteer, code / 10_000, year))
    }
}

/// The towns of each county, by the county's code.
struct Towns<'p>(BTreeMap<u32, Vec<&'p Place>>);

impl<'p> Towns<'p> {
    fn of(places: &'p [Place]) -> Towns<'p> {
        let mut towns: BTreeMap<u32, Vec<&Place>> = BTreeMap::new();
        for town in places.iter().filter(|place| place.level() == Level::Township) {
            towns.entry(town.code / 1_000).or_default().push(town);
        }
        Towns(towns)
    }

    /// Whether most towns of a county that ends are towns of one that begins, and the other way round.
    fn go_on(&self, end: &Place, begin: &Place) -> bool {
        let names = |county: &Place, year: i16| -> BTreeSet<&str> {
            let towns = self.0.get(&county.code).into_iter().flatten();
            towns.filter(|town| town.from <= year && year <= town.to).map(|town| town.name).collect()
        };
        let (before, after) = (names(end, end.to), names(begin, begin.from));
        let common = before.intersection(&after).count();
        common * 2 > before.len() && common * 2 > after.len()
    }
}

/// What ends in a year and what begins in the next within one parent.
#[derive(Default)]
struct Change {
    ends: Vec<usize>,
    begins: Vec<usize>,
}

impl Change {
    /// Joins what goes on as something, and leaves the others.
    fn settle(&mut self, lineage: &mut Lineage, places: &[Place], goes_on: impl Fn(&Place, &Place) -> bool) {
        let mut joined = Vec::new();
        for end in &self.ends {
            let mut heirs = self.begins.iter().filter(|begin| goes_on(&places[*end], &places[**begin]));
            let (Some(heir), None) = (heirs.next(), heirs.next()) else { continue };
            if self.ends.iter().filter(|end| goes_on(&places[**end], &places[*heir])).count() == 1 {
                joined.push((*end, *heir));
            }
        }
        for (end, heir) in joined {
            lineage.firsts[heir] = end;
            self.ends.retain(|at| *at != end);
            self.begins.retain(|at| *at != heir);
        }
    }
}

/// Whether two names are alike but for their last word.
fn is_renamed(one: &str, other: &str) -> bool {
    let common = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let rest = |name: &str| name.chars().count() - common;
    common >= 2 && rest(one) <= LAST_WORD && rest(other) <= LAST_WORD
}
