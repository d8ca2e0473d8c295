//! The words of the grammar with their tags, and the units that numbers come in.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Included, Unbounded};

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder, MatchKind};

use super::rows;
use crate::characters::Characters;
use crate::model::Bound;
use crate::number::NUMERALS;
use crate::parse::fold::Variants;

/// How many tags, classes of units or rules there can be.
pub(super) const CAPACITY: usize = 448;

/// A set of tags, of classes of units, or of rules, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Set([u64; CAPACITY / 64]);

impl Set {
    /// Whether the sets share a member.
    pub fn meets(&self, other: &Set) -> bool {
        // Without a branch for each word of bits: this is asked some ten thousand times of a report.
        self.0.iter().zip(&other.0).fold(0, |shared, (mine, theirs)| shared | (mine & theirs)) != 0
    }

    /// Adds all members of another set.
    pub fn extend(&mut self, other: &Set) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    /// Takes away all members of another set.
    pub fn remove(&mut self, other: &Set) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine &= !theirs;
        }
    }

    /// Takes away all members that another set has not.
    pub fn keep(&mut self, other: &Set) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine &= theirs;
        }
    }

    /// Adds one member; `false` when its number is too large for a set.
    pub fn insert(&mut self, member: usize) -> bool {
        let Some(word) = self.0.get_mut(member / 64) else { return false };
        *word |= 1 << (member % 64);
        true
    }

    /// Whether a number is a member.
    pub fn has(&self, member: usize) -> bool {
        self.0.get(member / 64).is_some_and(|word| word >> (member % 64) & 1 == 1)
    }

    /// The members in order.
    pub fn members(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(at * 64 + bit)
            })
        })
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

impl FromIterator<usize> for Set {
    fn from_iter<I: IntoIterator<Item = usize>>(members: I) -> Set {
        let mut set = Set::default();
        for member in members {
            set.insert(member);
        }
        set
    }
}

/// Numbers for tag names. A name may have a group: `ch.website` is in `ch`.
#[derive(Debug, Default)]
pub struct Tags {
    by_name: BTreeMap<String, usize>,
}

impl Tags {
    /// The number of a name, new if need be.
    pub fn intern(&mut self, name: &str) -> Result<usize, String> {
        let next = self.by_name.len();
        if next == CAPACITY && !self.by_name.contains_key(name) {
            return Err(format!("data/lexicon.tsv: more than {CAPACITY} tags"));
        }
        Ok(*self.by_name.entry(name.to_owned()).or_insert(next))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_name.len()
    }

    /// The set of a name and of all names in its group.
    pub fn set(&self, name: &str) -> Set {
        let mut set = Set::default();
        let begun =
            self.by_name.range::<str, _>((Included(name), Unbounded)).take_while(|(known, _)| known.starts_with(name));
        for (known, tag) in begun {
            let in_group = known.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            if in_group {
                set.insert(*tag);
            }
        }
        set
    }

    /// The members of a group, without the group's name.
    pub fn members(&self, group: &str) -> Vec<String> {
        let member = |name: &String| name.strip_prefix(group)?.strip_prefix('.').map(str::to_owned);
        self.by_name.keys().filter_map(member).collect()
    }
}

/// A unit as printed.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The word, folded.
    pub word: String,
    /// What it can count: `item`, `case`, `people`, `money` … as a set over [`Lexicon::unit_classes`].
    pub classes: Set,
    /// What one of it is in the smallest unit of its kind: 10 000 for 万元.
    pub scale: i64,
    /// One of it in characters is an article, not a count.
    pub article: bool,
}

/// Where a word stands that says how exact a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// Before the digits: 约300条.
    Before,
    /// Between digits and unit: 300余条.
    Inside,
    /// After the unit: 300条左右.
    After,
}

/// Classes of units that the grammar itself asks for; `data/units.tsv` says which units are in them.
pub struct Classes {
    /// Units that make no figure: 20个工作日.
    pub none: Set,
    /// Shares.
    pub percent: Set,
    /// Pieces of information.
    pub item: Set,
    /// Money.
    pub money: Set,
    /// Things that stand somewhere.
    pub piece: Set,
    /// Events.
    pub times: Set,
}

/// Words and units.
pub struct Lexicon {
    /// Finds every word in one pass, the longest first.
    pub automaton: CharwiseDoubleArrayAhoCorasick<u32>,
    /// For each of its words the number of their tags in `sets`.
    words: Vec<u16>,
    /// The sets of tags that words have: far fewer than words, and so near at hand.
    sets: Vec<Set>,
    /// Characters of which every negator has one.
    pub negators: Characters,
    /// The same, and what numerals begin with.
    pub signs: Characters,
    /// Names of tags.
    pub tags: Tags,
    /// Names of unit classes.
    pub unit_classes: Tags,
    /// The classes that the grammar itself asks for.
    pub classes: Classes,
    /// Units, longest first.
    units: Vec<Unit>,
    /// What units begin with: most characters are none of them.
    first: Characters,
    /// For each first character the units that begin with it, in the same order.
    by_first: HashMap<char, Vec<u16>>,
    /// For each [`Where`] the words that say how exact a number is, longest first.
    bounds: [Vec<(String, Bound)>; 3],
}

impl Lexicon {
    /// The tags of a word of the automaton.
    pub fn tags_of(&self, word: u32) -> &Set {
        &self.sets[usize::from(self.words[word as usize])]
    }

    /// The unit that a text starts with.
    pub fn unit_at(&self, text: &str) -> Option<(u16, &Unit)> {
        let first = text.chars().next().filter(|first| self.first.has(*first))?;
        let candidates = self.by_first.get(&first)?;
        let number = candidates.iter().find(|number| text.starts_with(self.unit(**number).word.as_str()))?;
        Some((*number, self.unit(*number)))
    }

    /// The unit of money that the others are multiples of.
    pub fn plain_money(&self) -> Option<u16> {
        let plain = |unit: &Unit| unit.scale == 1 && unit.classes.meets(&self.classes.money);
        u16::try_from(self.units.iter().position(plain)?).ok()
    }

    /// The bound word that `text` starts with, or ends with when it stands before the number.
    pub fn bound(&self, place: Where, text: &str) -> Option<(usize, Bound)> {
        let fits = |word: &str| match place {
            Where::Before => text.ends_with(word),
            Where::Inside | Where::After => text.starts_with(word),
        };
        let (word, bound) = self.bounds[place as usize].iter().find(|(word, _)| fits(word))?;
        Some((word.len(), *bound))
    }

    /// All units, in the order of their numbers.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter()
    }

    /// A unit by number.
    pub fn unit(&self, number: u16) -> &Unit {
        &self.units[usize::from(number)]
    }
}

pub(super) fn load(mut tags: Tags, variants: &Variants) -> Result<Lexicon, String> {
    let mut words: BTreeMap<String, Set> = BTreeMap::new();
    for row in rows(include_str!("../../data/lexicon.tsv")) {
        let [names, list] = row.as_slice() else {
            return Err(format!("data/lexicon.tsv: two columns in {row:?}"));
        };
        let mut set = Set::default();
        for name in names.split(' ') {
            set.insert(tags.intern(name)?);
        }
        for word in list.split(' ') {
            if word.is_empty() {
                return Err(format!("data/lexicon.tsv: {names}: words are separated by one blank"));
            }
            words.entry(variants.word(word)).or_default().extend(&set);
        }
    }
    say_as_in_taiwan(&mut words, variants)?;
    let automaton = CharwiseDoubleArrayAhoCorasickBuilder::new()
        .match_kind(MatchKind::LeftmostLongest)
        .build(words.keys())
        .map_err(|error| format!("data/lexicon.tsv: {error}"))?;
    let negators = || traces(&words, &tags.set("neg"));
    let (signs, negators) = (negators().with(&NUMERALS), negators());
    let (words, sets) = numbered(words.into_values());
    let (unit_classes, units) = units(variants)?;
    let mut bounds: [Vec<(String, Bound)>; 3] = Default::default();
    for row in rows(include_str!("../../data/bounds.tsv")) {
        let (place, word, exact) = bound(&row)?;
        bounds[place as usize].push((word, exact));
    }
    for words in &mut bounds {
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    }
    let class = |name: &str| unit_classes.set(name);
    let classes = Classes {
        none: class("none"),
        percent: class("percent"),
        item: class("item"),
        money: class("money"),
        piece: class("piece"),
        times: class("times"),
    };
    let mut by_first: HashMap<char, Vec<u16>> = HashMap::new();
    let mut first = Characters::new(&[]);
    for (number, unit) in (0..).zip(&units) {
        let begin = unit.word.chars().next().unwrap_or_default();
        first.insert(begin);
        by_first.entry(begin).or_default().push(number);
    }
    Ok(Lexicon { automaton, signs, negators, words, sets, tags, classes, unit_classes, units, first, by_first, bounds })
}

/// The different ones of some sets, and for each of them its number there.
fn numbered(all: impl Iterator<Item = Set>) -> (Vec<u16>, Vec<Set>) {
    let (mut sets, mut numbers) = (Vec::new(), HashMap::new());
    let mut number = |set: Set| {
        *numbers.entry(set).or_insert_with(|| {
            sets.push(set);
            u16::try_from(sets.len() - 1).unwrap_or(u16::MAX)
        })
    };
    (all.map(&mut number).collect(), sets)
}

/// A few characters of which every word with a tag has one: a text without them has none of these words.
fn traces(words: &BTreeMap<String, Set>, tag: &Set) -> Characters {
    fn count<'w>(words: impl Iterator<Item = &'w str>) -> BTreeMap<char, usize> {
        let mut counts = BTreeMap::new();
        for character in words.flat_map(str::chars) {
            *counts.entry(character).or_default() += 1;
        }
        counts
    }
    let all = count(words.keys().map(String::as_str));
    let mut left: Vec<&str> = words.iter().filter(|(_, tags)| tags.meets(tag)).map(|(word, _)| word.as_str()).collect();
    let mut traces = Characters::new(&[]);
    // The one that most of the rest have, and of these the rarest.
    let best = |left: &[&str]| {
        let counts = count(left.iter().copied()).into_iter();
        counts.max_by_key(|(character, count)| (*count, std::cmp::Reverse(all.get(character).copied())))
    };
    while let Some((character, _)) = best(&left) {
        traces.insert(character);
        left.retain(|word| !word.contains(character));
    }
    traces
}

fn bound(row: &[&str]) -> Result<(Where, String, Bound), String> {
    let fault = || format!("data/bounds.tsv: {row:?}");
    let [place, word, bound] = row else { return Err(fault()) };
    let place = match *place {
        "before" => Where::Before,
        "inside" => Where::Inside,
        "after" => Where::After,
        _ => return Err(fault()),
    };
    let bound = match *bound {
        "at_least" => Bound::AtLeast,
        "about" => Bound::About,
        _ => return Err(fault()),
    };
    Ok((place, (*word).to_owned(), bound))
}

/// The classes of units, and the units, longest first.
fn units(variants: &Variants) -> Result<(Tags, Vec<Unit>), String> {
    let mut unit_classes = Tags::default();
    let mut units: HashMap<String, Unit> = HashMap::new();
    for row in rows(include_str!("../../data/units.tsv")) {
        let [word, classes, scale] = row.as_slice() else {
            return Err(format!("data/units.tsv: three columns in {row:?}"));
        };
        let mut set = Set::default();
        for class in classes.split(' ').filter(|class| *class != "article") {
            set.insert(unit_classes.intern(class)?);
        }
        let article = classes.split(' ').any(|class| class == "article");
        let scale = scale.parse().map_err(|error| format!("data/units.tsv: {error}"))?;
        let word = variants.word(word);
        units.insert(word.clone(), Unit { word, classes: set, scale, article });
    }
    let mut units: Vec<Unit> = units.into_values().collect();
    units.sort_by(|a, b| b.word.len().cmp(&a.word.len()).then_with(|| a.word.cmp(&b.word)));
    Ok((unit_classes, units))
}

/// Adds each word as mirrors print it that convert vocabulary, too: 政府資訊, 規範性檔案, 入口網站.
fn say_as_in_taiwan(words: &mut BTreeMap<String, Set>, variants: &Variants) -> Result<(), String> {
    let mut pairs = Vec::new();
    for row in rows(include_str!("../../data/taiwan.tsv")) {
        let [mainland, taiwan] = row.as_slice() else { return Err(format!("data/taiwan.tsv: two columns in {row:?}")) };
        pairs.push((variants.word(mainland), variants.word(taiwan)));
    }
    let said = |word: &String| pairs.iter().fold(word.clone(), |word, (here, there)| word.replace(here, there));
    let differs = |word: &str| pairs.iter().any(|(here, _)| word.contains(here.as_str()));
    let others = words.iter().filter(|(word, _)| differs(word));
    let other: Vec<(String, Set)> = others.map(|(word, tags)| (said(word), *tags)).collect();
    for (word, tags) in other {
        words.entry(word).or_insert(tags);
    }
    Ok(())
}
