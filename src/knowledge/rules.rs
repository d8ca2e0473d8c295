//! Sentence rules and checks, compiled to tag sets and metric numbers.

use super::checks::CheckRule;
use super::lexicon::TagSet;
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
    pub all: Vec<TagSet>,
    /// Must not be met.
    pub none: TagSet,
    /// Must not stand in the farther clauses.
    pub outer: TagSet,
    /// Classes of units, as a set over the lexicon's unit classes.
    pub unit: TagSet,
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
    pub foreign: TagSet,
    /// Words that are no name.
    pub nameless: TagSet,
    /// What a verb alone, without a list, makes an item counts in these.
    pub units: Vec<String>,
}

/// A group of tags of which the nearest clause decides.
pub struct Exclusive {
    /// The whole group, `joint` included.
    pub group: TagSet,
    /// Its members one by one.
    pub members: Vec<TagSet>,
    /// The tag for several members in one clause.
    pub joint: TagSet,
    /// Members side by side are one name, of which the last says what it is.
    pub compound: bool,
}

/// Everything that `data/rules.toml` and `data/checks.toml` say.
pub struct Rules {
    /// Tags that the grammar acts on.
    pub signals: Signals,
    /// Groups of which the nearest clause decides.
    pub exclusive: Vec<Exclusive>,
    /// Members that give way to one of their kinds beside them, and the kinds.
    pub generic: Vec<(TagSet, TagSet)>,
    /// All members that do.
    pub any_generic: TagSet,
    /// Members that stand for all others when they come last, and for nothing when a special one follows.
    pub rest: TagSet,
    /// What no list tells the parts of.
    pub no_whole: Vec<MetricId>,
    /// Verbs.
    pub any_verb: TagSet,
    /// Those that end a list of what was disclosed.
    pub breaking: TagSet,
    /// What ends the name of a kind of information.
    pub kind: String,
    /// The tag that each metric lends the figure behind it.
    pub after: Vec<TagSet>,
    /// Characters that tell nothing between a verb and its object.
    pub fillers: Vec<char>,
    /// What a relative clause ends with, which tells all of the information and names no part.
    pub relative: String,
    /// Nouns behind which a number needs no unit, the longest first, and the unit that it has.
    pub unitless: Vec<(String, u16)>,
    /// Categories of what was disclosed.
    pub categories: TagSet,
    /// What is counted when it stands behind 等.
    pub named: TagSet,
    /// What stands before 等 as an example only.
    pub examples: TagSet,
    /// The tag of each section, in the order of [`Section::NAMES`](crate::model::Section::NAMES).
    pub sections: Vec<TagSet>,
    /// The tag of each metric's family.
    pub families: Vec<TagSet>,
    /// Sentence rules in order of precedence.
    pub sentence: Vec<Rule>,
    /// For each unit the rules that it can be of, in the same order.
    pub of_unit: Vec<Vec<RuleId>>,
    /// Names that tables and inferences publish as their rule.
    pub other: Vec<&'static str>,
    /// Tags that a zero statement can be about.
    pub zero_heads: TagSet,
    /// Figures of what was disclosed.
    pub disclosure: Disclosure,
    /// Of which metrics it can be said that all of them …
    pub all_of: Vec<MetricId>,
    /// … and the families of what is said.
    pub all_of_families: Vec<String>,
    /// Tags that tell nothing in a zero statement.
    pub zero_ignores: TagSet,
    /// Checks in table order.
    pub checks: Vec<CheckRule>,
}

impl Rules {
    /// The published name of a rule.
    pub fn name(&self, rule: RuleId) -> &str {
        let at = usize::from(rule);
        let beyond = at.wrapping_sub(self.sentence.len());
        self.sentence.get(at).map_or_else(|| self.other.get(beyond).copied().unwrap_or_default(), |rule| &rule.id)
    }

    /// The number of a rule that is not a sentence rule.
    pub fn other(&self, name: &str) -> RuleId {
        let at = self.other.iter().position(|known| *known == name).unwrap_or(0);
        u16::try_from(self.sentence.len() + at).unwrap_or(u16::MAX)
    }
}
