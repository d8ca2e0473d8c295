//! Sentence rules and checks, compiled to tag sets and metric numbers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::checks::CheckRule;
use super::lexicon::{Lexicon, TagSet, Tags};
use super::{Catalogue, parse_toml};
use crate::model::{MetricId, Section};

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

/// Tags that the grammar itself acts on; `data/lexicon.tsv` says which words carry them.
pub struct Signals {
    pub neg: TagSet,
    pub neg_bare: TagSet,
    pub neg_after: TagSet,
    pub future: TagSet,
    pub delta: TagSet,
    pub delta_near: TagSet,
    pub about: TagSet,
    pub rate_of: TagSet,
    pub since: TagSet,
    pub cumulative: TagSet,
    pub until: TagSet,
    pub new: TagSet,
    pub share: TagSet,
    pub history: TagSet,
    pub per: TagSet,
    pub each: TagSet,
    pub within: TagSet,
    pub anaphora: TagSet,
    pub join: TagSet,
    pub among: TagSet,
    pub respectively: TagSet,
    pub break_off: TagSet,
    pub all_of: TagSet,
    pub part: TagSet,
    pub after_channel: TagSet,
    pub channel: TagSet,
    pub disclose: TagSet,
    pub disclosed: TagSet,
    pub of_this_year: TagSet,
    pub on_time: TagSet,
    pub zero: TagSet,
    pub bad_result: TagSet,
    pub carried: TagSet,
    pub carry: TagSet,
    pub later: TagSet,
    pub etc: TagSet,
    pub via: TagSet,
    pub topic: TagSet,
    pub whole: TagSet,
    pub nothing: TagSet,
    pub request: TagSet,
    pub info: TagSet,
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
    /// Verbs, and the tag that one lends to the bare items behind it.
    pub verbs: Vec<(TagSet, TagSet)>,
    /// All verbs.
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
    /// The tag of each section, in the order of [`Section::NAMES`].
    pub sections: Vec<TagSet>,
    /// The tag of each metric's family.
    pub families: Vec<TagSet>,
    /// Sentence rules in order of precedence.
    pub sentence: Vec<Rule>,
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
    pub fn name(&self, rule: crate::model::RuleId) -> &str {
        let at = usize::from(rule);
        let beyond = at.wrapping_sub(self.sentence.len());
        self.sentence.get(at).map_or_else(|| self.other.get(beyond).copied().unwrap_or_default(), |rule| &rule.id)
    }

    /// The number of a rule that is not a sentence rule.
    pub fn other(&self, name: &str) -> crate::model::RuleId {
        let at = self.other.iter().position(|known| *known == name).unwrap_or(0);
        u16::try_from(self.sentence.len() + at).unwrap_or(u16::MAX)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesFile {
    exclusive: Vec<String>,
    generic: Vec<(String, String)>,
    compound: Vec<String>,
    rest: Vec<String>,
    verbs: Vec<String>,
    breaking: Vec<String>,
    kind: String,
    fillers: String,
    relative: String,
    unitless: Vec<(String, String)>,
    named: Vec<String>,
    examples: Vec<String>,
    after: BTreeMap<String, Vec<String>>,
    zero: ZeroEntry,
    disclosure: DisclosureEntry,
    all_of_them: AllOfThemEntry,
    rule: Vec<RuleEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZeroEntry {
    heads: Vec<String>,
    ignores: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisclosureEntry {
    family: String,
    channels: String,
    total: String,
    unlisted: String,
    foreign: Vec<String>,
    nameless: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllOfThemEntry {
    of: Vec<String>,
    families: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    id: String,
    #[serde(default)]
    metric: Option<String>,
    #[serde(default)]
    each: Option<String>,
    #[serde(default)]
    unlisted: Option<String>,
    #[serde(default)]
    skip: Vec<String>,
    all: Vec<String>,
    #[serde(default)]
    none: Vec<String>,
    #[serde(default)]
    outer: Vec<String>,
    unit: Vec<String>,
    #[serde(default)]
    not_unit: Vec<String>,
    #[serde(default)]
    zero: bool,
    example: String,
}

/// Tags that the grammar itself adds: the heading above, the list around, the family of the list's whole.
fn context_tags(tags: &mut Tags, catalogue: &Catalogue, verbs: &[String]) -> Result<(), String> {
    for (_, name) in Section::NAMES {
        tags.intern(&format!("sec.{name}"))?;
    }
    for number in 0..catalogue.metrics.len() {
        let family = catalogue.family(u16::try_from(number).unwrap_or(u16::MAX));
        tags.intern(&format!("in.{family}"))?;
    }
    tags.intern("part")?;
    tags.intern("after_channel")?;
    tags.intern("later")?;
    for verb in verbs {
        tags.intern(&format!("run.{verb}"))?;
    }
    tags.intern("zero")?;
    Ok(())
}

pub(super) fn load(tags: &mut Tags, catalogue: &Catalogue) -> Result<RulesFile, String> {
    let file: RulesFile = parse_toml("rules.toml", include_str!("../../data/rules.toml"))?;
    context_tags(tags, catalogue, &file.verbs)?;
    for name in file.after.keys() {
        tags.intern(&format!("after.{name}"))?;
    }
    for group in &file.exclusive {
        tags.intern(&format!("{group}.joint"))?;
    }
    Ok(file)
}

impl RulesFile {
    pub(super) fn compile(self, lexicon: &Lexicon, catalogue: &Catalogue) -> Result<Rules, String> {
        let tags = &lexicon.tags;
        let union = |names: &[String]| {
            names.iter().fold(TagSet::default(), |mut all, name| {
                all.extend(&tags.set(name));
                all
            })
        };
        let (zero_heads, zero_ignores) = (union(&self.zero.heads), union(&self.zero.ignores));
        let metric = |id: &String| catalogue.find(id).ok_or(format!("data/rules.toml: no metric {id}"));
        let DisclosureEntry { family, channels, total, unlisted, foreign, nameless } = self.disclosure;
        let (total, unlisted) = (metric(&total)?, metric(&unlisted)?);
        let disclosure =
            Disclosure { family, channels, total, unlisted, foreign: union(&foreign), nameless: union(&nameless) };
        let all_of = self.all_of_them.of.iter().map(metric).collect::<Result<Vec<_>, _>>()?;
        let rest = union(&self.rest);
        let kinds = |names: &str| union(&names.split('|').map(str::to_owned).collect::<Vec<_>>());
        let generic: Vec<(TagSet, TagSet)> =
            self.generic.iter().map(|(member, swallows)| (tags.set(member), kinds(swallows))).collect();
        let any_generic = generic.iter().fold(TagSet::default(), |mut all, (member, _)| {
            all.extend(member);
            all
        });
        let compound = |group: &String| self.compound.contains(group);
        let exclusive = self.exclusive.iter().map(|group| exclusive(tags, group, compound(group))).collect();
        let sections = Section::NAMES.iter().map(|(_, name)| tags.set(&format!("sec.{name}"))).collect();
        let families = (0..catalogue.metrics.len())
            .map(|number| u16::try_from(number).unwrap_or(u16::MAX))
            .map(|metric| tags.set(&format!("in.{}", catalogue.family(metric))))
            .collect();
        let mut sentence = Vec::new();
        for entry in self.rule {
            match &entry.each {
                None => sentence.push(entry.compile(lexicon, catalogue, None)?),
                Some(group) => {
                    for member in tags.members(group).iter().filter(|member| !entry.skip.contains(member)) {
                        sentence.push(entry.compile(lexicon, catalogue, Some(member))?);
                    }
                }
            }
        }
        let checks = super::checks::load(catalogue)?;
        let mut after = vec![TagSet::default(); catalogue.metrics.len()];
        for (name, metrics) in &self.after {
            for id in metrics {
                after[usize::from(metric(id)?)].extend(&tags.set(&format!("after.{name}")));
            }
        }
        let verbs = self.verbs.iter().map(|verb| (tags.set(verb), tags.set(&format!("run.{verb}")))).collect();
        Ok(Rules {
            signals: signals(tags)?,
            exclusive,
            generic,
            any_generic,
            rest,
            verbs,
            any_verb: union(&self.verbs),
            breaking: union(&self.breaking),
            kind: self.kind,
            after,
            fillers: self.fillers.chars().collect(),
            relative: self.relative,
            unitless: unitless(lexicon, self.unitless)?,
            named: union(&self.named),
            examples: union(&self.examples),
            categories: tags.set("cat"),
            sections,
            families,
            sentence,
            other: vec!["cell", "all-of-them", "listed"],
            zero_heads,
            disclosure,
            all_of,
            all_of_families: self.all_of_them.families,
            zero_ignores,
            checks,
        })
    }
}

fn unitless(lexicon: &Lexicon, entries: Vec<(String, String)>) -> Result<Vec<(String, u16)>, String> {
    let entry = |(noun, unit): (String, String)| {
        let (number, _) = lexicon.unit_at(&unit).ok_or(format!("data/rules.toml: unitless: no unit {unit}"))?;
        Ok((noun, number))
    };
    let mut entries = entries.into_iter().map(entry).collect::<Result<Vec<_>, String>>()?;
    entries.sort_by_key(|(noun, _)| std::cmp::Reverse(noun.len()));
    Ok(entries)
}

fn exclusive(tags: &Tags, group: &str, compound: bool) -> Exclusive {
    let members = tags.members(group);
    let member = |name: &String| tags.set(&format!("{group}.{name}"));
    Exclusive {
        group: tags.set(group),
        members: members.iter().filter(|name| *name != "joint").map(member).collect(),
        joint: tags.set(&format!("{group}.joint")),
        compound,
    }
}

fn signals(tags: &Tags) -> Result<Signals, String> {
    let set = |name: &str| {
        let set = tags.set(name);
        if set.is_empty() { Err(format!("data/lexicon.tsv: no word is tagged {name}")) } else { Ok(set) }
    };
    Ok(Signals {
        neg: set("neg")?,
        neg_bare: set("neg.bare")?,
        neg_after: set("neg.after")?,
        future: set("future")?,
        delta: set("delta")?,
        delta_near: set("delta_near")?,
        about: set("about")?,
        rate_of: set("rate_of")?,
        since: set("since")?,
        cumulative: set("cumulative")?,
        until: set("until")?,
        new: set("year.new")?,
        share: set("share")?,
        history: set("history")?,
        per: set("per")?,
        each: set("each")?,
        within: set("within")?,
        anaphora: set("anaphora")?,
        join: set("join")?,
        among: set("op.among")?,
        respectively: set("op.respectively")?,
        break_off: set("op.break")?,
        all_of: set("all_of")?,
        part: set("part")?,
        after_channel: set("after_channel")?,
        channel: set("ch")?,
        disclose: set("disclose")?,
        disclosed: set("run.disclose")?,
        of_this_year: set("year")?,
        on_time: set("on_time")?,
        zero: set("zero")?,
        bad_result: set("result.bad")?,
        carried: set("carried_in")?,
        carry: set("carry")?,
        later: set("later")?,
        etc: set("etc")?,
        via: set("via")?,
        topic: set("topic")?,
        whole: set("whole")?,
        request: set("request")?,
        info: set("info")?,
        nothing: set("nothing")?,
    })
}

impl RuleEntry {
    fn compile(&self, lexicon: &Lexicon, catalogue: &Catalogue, member: Option<&str>) -> Result<Rule, String> {
        let tags = &lexicon.tags;
        let fill = |text: &str| text.replace("{}", member.unwrap_or_default());
        let term = |text: &String| {
            let mut set = TagSet::default();
            for name in fill(text).split('|') {
                set.extend(&tags.set(name));
            }
            set
        };
        let union = |terms: &[String]| {
            terms.iter().try_fold(TagSet::default(), |mut all, name| {
                let set = term(name);
                all.extend(&set);
                if set.is_empty() {
                    return Err(format!("data/rules.toml: {}: no word is tagged {name}", self.id));
                }
                Ok(all)
            })
        };
        let find = |id: &str| catalogue.find(&fill(id));
        let (reading, unlisted) = match (self.metric.as_deref(), self.unlisted.as_deref()) {
            (Some("{share}"), _) => (Reading::Share, false),
            (None, _) => (Reading::Nothing, false),
            (Some(id), fallback) => match (find(id), fallback.and_then(find)) {
                (Some(metric), _) => (Reading::Metric(metric), false),
                (None, Some(metric)) => (Reading::Metric(metric), true),
                // Several at once, without a catch-all to put them in.
                (None, None) if member == Some("joint") => (Reading::Nothing, false),
                (None, None) => return Err(format!("data/rules.toml: {}: no metric {}", self.id, fill(id))),
            },
        };
        let all: Vec<TagSet> = self.all.iter().map(term).collect();
        if all.iter().any(TagSet::is_empty) {
            return Err(format!("data/rules.toml: {}: a term that no word has", self.id));
        }
        Ok(Rule {
            id: member.map_or(self.id.clone(), |member| format!("{}-{}", self.id, member.replace('_', "-"))),
            reading,
            unlisted,
            all,
            none: union(&self.none)?,
            outer: union(&self.outer)?,
            unit: self.unit.iter().fold(TagSet::default(), |mut all, class| {
                all.extend(&lexicon.unit_classes.set(class));
                all
            }),
            not_unit: self.not_unit.clone(),
            zero: self.zero,
            example: self.example.clone(),
        })
    }
}
