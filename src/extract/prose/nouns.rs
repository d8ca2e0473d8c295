//! What the words of a clause say that a number counts.

use super::Prose;
use super::place::Place;
use crate::characters::is_letter;
use crate::extract::words::Word;
use crate::knowledge::{Exclusive, Set};
use crate::model::MetricId;

/// Two nouns of one kind in a clause are joint when the gap between them is at most this long, in bytes.
const JOINT: usize = 30;

/// Ideographs between a verb and its object that make the object a part of the information.
const FOREIGN: usize = 2;

impl Prose<'_> {
    /// Adds the tags of a clause. One that only names a whole (在办结的申请中) tells the topic and nothing else.
    pub(super) fn gather_clause(&self, tags: &mut Set, words: &[Word<'_>], near: bool) {
        let within = words.iter().position(|word| word.tags.meets(&self.knowledge.rules.signals.within));
        let words = words.get(within.unwrap_or(0)..).unwrap_or_default();
        match self.examples(words, near) {
            Some((verb, etc)) => {
                let examples = &self.knowledge.rules.examples;
                let is_example = |at: usize| (verb..etc).contains(&at) && words[at].tags.meets(examples);
                let counted: Vec<Word<'_>> =
                    (0..words.len()).filter(|at| !is_example(*at)).map(|at| words[at]).collect();
                self.gather(tags, &counted);
            }
            None => self.gather(tags, words),
        }
    }

    /// `公开机构职能、人事任免等信息30条`: the words from the verb to 等 are examples of what is counted, unless they are all of
    /// one kind and nothing else is named behind them.
    fn examples(&self, words: &[Word<'_>], near: bool) -> Option<(usize, usize)> {
        let signals = &self.knowledge.rules.signals;
        let etc = words.iter().rposition(|word| word.tags.meets(&signals.etc))?;
        let verb = words.iter().take(etc).position(|word| word.tags.meets(&signals.disclose));
        let named_behind = words.iter().skip(etc).any(|word| word.tags.meets(&self.knowledge.rules.named));
        let from = verb.or_else(|| named_behind.then_some(0))?;
        let of_one_kind = self.is_of_one_kind(words.get(from..etc).unwrap_or_default());
        (named_behind || !of_one_kind || !near).then_some((from, etc))
    }

    /// Adds the tags of a clause; in exclusive groups only where no nearer clause has spoken.
    pub(super) fn gather(&self, tags: &mut Set, words: &[Word<'_>]) {
        let rules = &self.knowledge.rules;
        let mut own = Set::default();
        for word in words.iter().filter(|word| !self.is_relative(word)) {
            own.extend(word.tags);
        }
        let enumerated = words.iter().any(|word| word.tags.meets(&rules.signals.etc));
        for exclusive in &rules.exclusive {
            if !own.meets(&exclusive.group) {
                continue;
            }
            let mut near = near_together(
                self.text,
                words,
                &exclusive.group,
                (exclusive.compound, &rules.signals.join, &rules.any_generic),
            );
            match words.iter().rfind(|word| word.tags.meets(&exclusive.group)) {
                // 公开栏等其他方式 is other ways, 机构类及其他类 is two.
                Some(last) if last.tags.meets(&rules.rest) && (enumerated || !exclusive.compound) => near = *last.tags,
                Some(last) if last.tags.meets(&rules.rest) => {}
                _ => near.remove(&rules.rest),
            }
            own.remove(&exclusive.group);
            if !tags.meets(&exclusive.group) {
                own.extend(self.only_member(exclusive, &near));
            }
        }
        tags.extend(&own);
    }

    /// The one member of a group that a clause speaks of, or that it speaks of several.
    fn only_member<'r>(&self, exclusive: &'r Exclusive, near: &Set) -> &'r Set {
        let rules = &self.knowledge.rules;
        let (mut specials, mut special, mut generic, mut generics) = (0, None, None, Set::default());
        for member in exclusive.members.iter().filter(|member| near.meets(member)) {
            if member.meets(&rules.any_generic) {
                generic.get_or_insert(member);
                generics.extend(member);
            } else {
                special.get_or_insert(member);
                specials += 1;
            }
        }
        let swallowed = |only: &Set| {
            let mut kinds = rules.generic.iter().filter(|(member, _)| generics.meets(member));
            kinds.all(|(_, kinds)| kinds.meets(only))
        };
        match (specials, special, generic) {
            (1, Some(only), _) if swallowed(only) => only,
            (0 | 2.., _, Some(only)) => only,
            _ => &exclusive.joint,
        }
    }

    /// Whether a verb only qualifies a noun: 本年度制发的文件.
    pub(super) fn is_relative(&self, word: &Word<'_>) -> bool {
        let rules = &self.knowledge.rules;
        let verb = word.tags.meets(&rules.any_verb) && !word.tags.meets(&rules.signals.disclose);
        let rest = self.text.get(word.end..).and_then(|rest| rest.strip_prefix(rules.relative.as_str()));
        // 答复的91件 is what the number counts.
        verb && rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
    }

    /// Whether examples are of one category: 专项规划、国土空间规划等信息.
    fn is_of_one_kind(&self, examples: &[Word<'_>]) -> bool {
        let rules = &self.knowledge.rules;
        let mut kinds: Vec<Set> = Vec::new();
        for word in examples.iter().filter(|word| word.tags.meets(&rules.examples)) {
            if !kinds.contains(word.tags) {
                kinds.push(*word.tags);
            }
        }
        let mut one = kinds.first().copied().unwrap_or_default();
        for kind in &kinds {
            one.keep(kind);
        }
        one.meets(&rules.categories)
    }

    /// The object of a verb that names a part of the information only: 公开助企纾困信息136条 is no total.
    pub(super) fn part_of_information(&self, place: &Place<'_>, metric: MetricId) -> Option<String> {
        let rules = &self.knowledge.rules;
        if metric != rules.disclosure.total {
            return None;
        }
        let words = place.near();
        let verb = words.iter().rposition(|word| word.tags.meets(&rules.signals.disclose))?;
        let behind = words.get(verb + 1..)?;
        let info = behind.iter().rposition(|word| word.tags.meets(&rules.signals.info))?;
        let examples = behind.iter().take(info).any(|word| word.tags.meets(&rules.signals.etc));
        if examples && behind[info].tags.meets(&rules.signals.whole) {
            return None;
        }
        let (from, to) = (words.get(verb)?.end, behind.get(info)?.start);
        // A relative clause tells all there is: 公开与生活密切相关的信息119条.
        let object = self.text.get(from..to).filter(|object| !object.ends_with(&rules.relative))?;
        let told = |word: &&Word<'_>| !word.tags.meets(&rules.signals.nothing);
        let known =
            |at: usize| behind.iter().take(info).filter(told).any(|word| (word.start..word.end).contains(&(from + at)));
        let foreign = object
            .char_indices()
            .filter(|(at, character)| is_letter(*character) && !rules.fillers.contains(character) && !known(*at))
            .count();
        (examples || foreign >= FOREIGN).then(|| object.trim_matches(|edge: char| !edge.is_alphanumeric()).to_owned())
    }
}

/// The tags of the last words of a group and of those that stand close before them. Where the group makes compounds, a
/// word that nothing joins to the next is only the beginning of its name.
fn near_together(text: &str, words: &[Word<'_>], group: &Set, (compound, join, generic): (bool, &Set, &Set)) -> Set {
    let mut near = Set::default();
    let mut start = None;
    let mut joined = true;
    for word in words.iter().rev() {
        if word.tags.meets(group) {
            // Names that 、 joins stand together however long they are.
            let apart = |start: usize| {
                let gap = text.get(word.end..start).unwrap_or_default();
                gap.len() > JOINT && (gap.len() > 3 * JOINT || !gap.contains('、'))
            };
            if start.is_some_and(apart) {
                break;
            }
            if joined || !compound {
                near.extend(word.tags);
            }
            start = Some(word.start);
            // 类信息 is no name of its own.
            joined &= word.tags.meets(generic);
        }
        joined |= word.tags.meets(join);
    }
    near
}
