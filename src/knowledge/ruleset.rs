//! `data/rules.toml` as it is written, and how it becomes tag sets and metric numbers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lexicon::{Lexicon, Set, Tags, Unit};
use super::rules::{Disclosure, Exclusive, Reading, Rule, RuleIndex, Rules};
use super::signals::Signals;
use super::{Catalogue, parse_toml};
use crate::model::{MetricId, Section};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesFile {
    exclusive: Vec<String>,
    generic: Vec<(String, String)>,
    compound: Vec<String>,
    rest: Vec<String>,
    no_whole: Vec<String>,
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
    units: Vec<String>,
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
fn context_tags(tags: &mut Tags, catalogue: &Catalogue) -> Result<(), String> {
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
    tags.intern("earlier")?;
    tags.intern("run.disclose")?;
    tags.intern("zero")?;
    Ok(())
}

pub(super) fn load(tags: &mut Tags, catalogue: &Catalogue) -> Result<RulesFile, String> {
    let file: RulesFile = parse_toml("rules.toml", include_str!("../../data/rules.toml"))?;
    context_tags(tags, catalogue)?;
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
        let union = |names: &[String]| union(tags, names);
        let (zero_heads, zero_ignores) = (union(&self.zero.heads), union(&self.zero.ignores));
        let disclosure = self.disclosure.compile(tags, catalogue)?;
        let kinds = |names: &str| union(&names.split('|').map(str::to_owned).collect::<Vec<_>>());
        let generic = self.generic.iter().map(|(member, swallows)| (tags.set(member), kinds(swallows))).collect();
        let any_generic = union(&self.generic.iter().map(|(member, _)| member.clone()).collect::<Vec<_>>());
        let compound = |group: &String| self.compound.contains(group);
        let exclusive = self.exclusive.iter().map(|group| exclusive(tags, group, compound(group))).collect();
        let sections = Section::NAMES.iter().map(|(_, name)| tags.set(&format!("sec.{name}"))).collect();
        let families = (0..catalogue.metrics.len())
            .map(|number| u16::try_from(number).unwrap_or(u16::MAX))
            .map(|metric| tags.set(&format!("in.{}", catalogue.family(metric))))
            .collect();
        let sentence = sentence(self.rule, lexicon, catalogue)?;
        let after = after(&self.after, tags, catalogue)?;
        let checks = super::checks::load(catalogue)?;
        Ok(Rules {
            signals: Signals::load(tags)?,
            exclusive,
            generic,
            any_generic,
            rest: union(&self.rest),
            no_whole: metrics(catalogue, &self.no_whole)?,
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
            index: index(lexicon, &sentence)?,
            sentence,
            other: vec!["cell", "all-of-them", "listed"],
            zero_heads,
            disclosure,
            all_of: metrics(catalogue, &self.all_of_them.of)?,
            all_of_families: self.all_of_them.families,
            zero_ignores,
            checks,
        })
    }
}

fn union(tags: &Tags, names: &[String]) -> Set {
    names.iter().fold(Set::default(), |mut all, name| {
        all.extend(&tags.set(name));
        all
    })
}

impl DisclosureEntry {
    fn compile(self, tags: &Tags, catalogue: &Catalogue) -> Result<Disclosure, String> {
        Ok(Disclosure {
            total: metric(catalogue, &self.total)?,
            unlisted: metric(catalogue, &self.unlisted)?,
            foreign: union(tags, &self.foreign),
            nameless: union(tags, &self.nameless),
            family: self.family,
            channels: self.channels,
            units: self.units,
        })
    }
}

fn metrics(catalogue: &Catalogue, ids: &[String]) -> Result<Vec<MetricId>, String> {
    ids.iter().map(|id| metric(catalogue, id)).collect()
}

fn metric(catalogue: &Catalogue, id: &str) -> Result<MetricId, String> {
    catalogue.find(id).ok_or(format!("data/rules.toml: no metric {id}"))
}

/// The sentence rules, those that stand for a whole group one by one.
fn sentence(entries: Vec<RuleEntry>, lexicon: &Lexicon, catalogue: &Catalogue) -> Result<Vec<Rule>, String> {
    let mut rules = Vec::new();
    for entry in entries {
        match &entry.each {
            None => rules.push(entry.compile(lexicon, catalogue, None)?),
            Some(group) => {
                for member in lexicon.tags.members(group).iter().filter(|member| !entry.skip.contains(member)) {
                    rules.push(entry.compile(lexicon, catalogue, Some(member))?);
                }
            }
        }
    }
    Ok(rules)
}

fn index(lexicon: &Lexicon, rules: &[Rule]) -> Result<RuleIndex, String> {
    let such = |fits: &dyn Fn(&Rule) -> bool| {
        let mut set = Set::default();
        let all = rules.iter().enumerate().filter(|(_, rule)| fits(rule)).all(|(number, _)| set.insert(number));
        if all { Ok(set) } else { Err(format!("data/rules.toml: {} rules are more than a set can hold", rules.len())) }
    };
    let of = |unit: &Unit| such(&|rule| rule.unit.meets(&unit.classes) && !rule.not_unit.contains(&unit.word));
    let mut asked = vec![0_usize; lexicon.tags.count()];
    for tag in rules.iter().flat_map(|rule| &rule.all).flat_map(Set::members) {
        asked[tag] += 1;
    }
    let mut of_tag = vec![Set::default(); lexicon.tags.count()];
    for (number, rule) in rules.iter().enumerate() {
        let rarest = rule.all.iter().min_by_key(|term| term.members().map(|tag| asked[tag]).sum::<usize>());
        let rarest = rarest.ok_or(format!("data/rules.toml: {}: no term", rule.id))?;
        for tag in rarest.members() {
            of_tag[tag].insert(number);
        }
    }
    let of_unit = lexicon.units().map(of).collect::<Result<_, _>>()?;
    Ok(RuleIndex { of_tag, of_unit, zero: such(&|rule| rule.zero)? })
}

/// The tag that each metric lends the figure behind it.
fn after(entries: &BTreeMap<String, Vec<String>>, tags: &Tags, catalogue: &Catalogue) -> Result<Vec<Set>, String> {
    let mut after = vec![Set::default(); catalogue.metrics.len()];
    for (name, metrics) in entries {
        for id in metrics {
            after[usize::from(metric(catalogue, id)?)].extend(&tags.set(&format!("after.{name}")));
        }
    }
    Ok(after)
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

impl RuleEntry {
    fn compile(&self, lexicon: &Lexicon, catalogue: &Catalogue, member: Option<&str>) -> Result<Rule, String> {
        let tags = &lexicon.tags;
        let fill = |text: &str| text.replace("{}", member.unwrap_or_default());
        let term = |text: &String| {
            let mut set = Set::default();
            for name in fill(text).split('|') {
                set.extend(&tags.set(name));
            }
            set
        };
        let union = |terms: &[String]| {
            terms.iter().try_fold(Set::default(), |mut all, name| {
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
        let all: Vec<Set> = self.all.iter().map(term).collect();
        if all.iter().any(Set::is_empty) {
            return Err(format!("data/rules.toml: {}: a term that no word has", self.id));
        }
        Ok(Rule {
            id: member.map_or(self.id.clone(), |member| format!("{}-{}", self.id, member.replace('_', "-"))),
            reading,
            unlisted,
            all,
            none: union(&self.none)?,
            outer: union(&self.outer)?,
            unit: self.unit.iter().fold(Set::default(), |mut all, class| {
                all.extend(&lexicon.unit_classes.set(class));
                all
            }),
            not_unit: self.not_unit.clone(),
            zero: self.zero,
            example: self.example.clone(),
        })
    }
}
