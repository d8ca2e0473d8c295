//! Sentence rules and checks, compiled to tag sets and metric numbers.

use super::checks::CheckRule;
use super::lexicon::Set;
use super::signals::Signals;
use crate::model::{MetricId, RuleId};

/// What a rule says that the number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A value of this metric.
    Metric(MetricId),
    /// The share of the nearest value before it: the `_pct` companion of its metric.
    Share,
    /// Known, and not a metric: the number is left alone.
    Nothing,
}

/// One sentence rule; see `data/rules.toml`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Published name.
    pub id: String,
    /// What the number is.
    pub reading: Reading,
    /// The metric is a catch-all and the observation carries the printed noun.
    pub unlisted: bool,
    /// Each set must be met.
    pub all: Vec<Set>,
    /// Must not be met.
    pub none: Set,
    /// Must not stand in the farther clauses.
    pub outer: Set,
    /// Classes of units, as a set over the lexicon's unit classes.
    pub unit: Set,
    /// Units that do not count although their class does.
    pub not_unit: Vec<String>,
    /// Whether words can state its zero.
    pub zero: bool,
    /// A sentence that it must read.
    pub example: String,
}

/// How the figures of what was disclosed are told from others.
pub struct Disclosure {
    /// The family of their metrics.
    pub family: String,
    /// How the ids of its channels begin.
    pub channels: String,
    /// All of them together.
    pub total: MetricId,
    /// The catch-all for items under a name that the dictionary does not have.
    pub unlisted: MetricId,
    /// What stands in the name of no such item.
    pub foreign: Set,
    /// Words that are no name.
    pub nameless: Set,
    /// What a verb alone, without a list, makes an item counts in these.
    pub units: Vec<String>,
}

/// A group of tags of which the nearest clause decides.
pub struct Exclusive {
    /// The whole group, `joint` included.
    pub group: Set,
    /// Its members one by one.
    pub members: Vec<Set>,
    /// The tag for several members in one clause.
    pub joint: Set,
    /// Members side by side are one name, of which the last says what it is.
    pub compound: bool,
}

/// Which sentence rules are worth a look.
pub struct RuleIndex {
    /// For each tag the rules of which it meets the rarest term.
    pub of_tag: Vec<Set>,
    /// For each unit the rules that it can be of.
    pub of_unit: Vec<Set>,
    /// The rules that words can state the zero of.
    pub zero: Set,
}

/// Everything that `data/rules.toml` and `data/checks.toml` say.
pub struct Rules {
    /// Tags that the grammar acts on.
    pub signals: Signals,
    /// Groups of which the nearest clause decides.
    pub exclusive: Vec<Exclusive>,
    /// Members that give way to one of their kinds beside them, and the kinds.
    pub generic: Vec<(Set, Set)>,
    /// All members that do.
    pub any_generic: Set,
    /// Members that stand for all others when they come last, and for nothing when a special one follows.
    pub rest: Set,
    /// What no list tells the parts of.
    pub no_whole: Vec<MetricId>,
    /// Verbs.
    pub any_verb: Set,
    /// Those that end a list of what was disclosed.
    pub breaking: Set,
    /// What ends the name of a kind of information.
    pub kind: String,
    /// The tag that each metric lends the figure behind it.
    pub after: Vec<Set>,
    /// Characters that tell nothing between a verb and its object.
    pub fillers: Vec<char>,
    /// What a relative clause ends with, which tells all of the information and names no part.
    pub relative: String,
    /// Nouns behind which a number needs no unit, the longest first, and the unit that it has.
    pub unitless: Vec<(String, u16)>,
    /// Categories of what was disclosed.
    pub categories: Set,
    /// What is counted when it stands behind 等.
    pub named: Set,
    /// What stands before 等 as an example only.
    pub examples: Set,
    /// The tag of each section, in the order of [`Section::NAMES`](crate::model::Section::NAMES).
    pub sections: Vec<Set>,
    /// The tag of each metric's family.
    pub families: Vec<Set>,
    /// Sentence rules in order of precedence.
    pub sentence: Vec<Rule>,
    /// Which of them are worth a look.
    pub index: RuleIndex,
    /// Names that tables and inferences publish as their rule.
    pub other: Vec<&'static str>,
    /// Tags that a zero statement can be about.
    pub zero_heads: Set,
    /// Figures of what was disclosed.
    pub disclosure: Disclosure,
    /// Of which metrics it can be said that all of them …
    pub all_of: Vec<MetricId>,
    /// … and the families of what is said.
    pub all_of_families: Vec<String>,
    /// Tags that tell nothing in a zero statement.
    pub zero_ignores: Set,
    /// Checks in table order.
    pub checks: Vec<CheckRule>,
}

impl Rules {
    /// The first rule that a number's tags and unit satisfy; without a unit, that a statement of none satisfies.
    pub fn first(&self, tags: &Set, unit: Option<u16>) -> Option<(RuleId, &Rule)> {
        let mut possible = Set::default();
        for of_tag in tags.members().filter_map(|tag| self.index.of_tag.get(tag)) {
            possible.extend(of_tag);
        }
        possible.keep(unit.map_or(Some(&self.index.zero), |unit| self.index.of_unit.get(usize::from(unit)))?);
        let mut rules = possible.members().filter_map(|at| Some((RuleId::try_from(at).ok()?, self.sentence.get(at)?)));
        rules.find(|(_, rule)| rule.all.iter().all(|term| term.meets(tags)) && !rule.none.meets(tags))
    }

    /// The published names of all rules, by their numbers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sentence.iter().map(|rule| rule.id.as_str()).chain(self.other.iter().copied())
    }

    /// The number of a rule that is not a sentence rule.
    pub fn other(&self, name: &str) -> RuleId {
        let at = self.other.iter().position(|known| *known == name).unwrap_or(0);
        u16::try_from(self.sentence.len() + at).unwrap_or(u16::MAX)
    }
}
