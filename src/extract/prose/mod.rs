//! Figures in sentences: a small grammar over the scanned marks.
//!
//! A number gathers the tags of the words before it, nearest clause first, and the first rule of `data/rules.toml`
//! that they satisfy names its metric. Lists that 其中 opens lend their items the family of their whole.

mod alone;
mod borders;
mod fit;
mod lists;
mod nouns;
mod place;
mod shared;
mod units;
mod years;
mod zero;

use super::Finding;
use super::scan::{Quantity, Scan, may_state, scan};
use super::words::{Word, Words};
use crate::knowledge::{Knowledge, MetricKind, Reading, Set};
use crate::model::{Basis, Bound, MetricId, Partition, Section};
use crate::number::ONE;
use borders::sentences;
use fit::Fit;
use lists::{List, State};
use place::{Place, tags_of};

/// Counts from here on, a billion, are misread.
const LARGEST: i64 = 1_000_000_000 * ONE;

/// How far behind a number its noun may begin when the number comes first, in bytes: three ideographs.
const NOUN_NEAR: usize = 9;

/// Reads sentences; one for each document.
pub(super) struct Prose<'a> {
    /// What is known.
    pub knowledge: &'a Knowledge,
    /// The folded text.
    pub text: &'a str,
    /// The report's year.
    pub year: Option<i16>,
    /// What was found so far.
    pub findings: Vec<Finding>,
    /// Lists and their wholes.
    pub partitions: Vec<Partition>,
}

/// A sentence with its marks.
#[derive(Clone, Copy)]
pub(super) struct Sentence<'s> {
    /// Its words.
    pub words: &'s Words<'s>,
    /// Its numbers.
    pub scan: &'s Scan,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The heading above.
    pub section: Section,
}

impl<'s> Sentence<'s> {
    /// The words that begin in a stretch.
    pub(super) fn words(&self, start: usize, end: usize) -> &'s [Word<'s>] {
        self.words.within(start, end)
    }

    /// All tags of the words inside a stretch.
    pub(super) fn told(&self, start: usize, end: usize) -> Set {
        let words = self.words(start, end);
        // Only the last can end behind it.
        let inside = words.iter().rposition(|word| word.end <= end).map_or(0, |last| last + 1);
        tags_of(words.get(..inside).unwrap_or_default())
    }

    /// The quantities that begin in a stretch.
    pub(super) fn quantities(&self, start: usize, end: usize) -> &'s [Quantity] {
        let inside = |quantity: &Quantity, at: usize| quantity.start < at;
        let first = self.scan.quantities.partition_point(|quantity| inside(quantity, start));
        let last = self.scan.quantities.partition_point(|quantity| inside(quantity, end));
        self.scan.quantities.get(first..last.max(first)).unwrap_or_default()
    }
}

impl Prose<'_> {
    /// Reads one paragraph of a section.
    pub(super) fn paragraph(&mut self, start: usize, end: usize, section: Section) {
        let mut state = State { first: self.findings.len(), ..State::default() };
        for (start, end, stop) in sentences(self.text, start, end) {
            self.read(start, end, section, &mut state);
            if stop {
                state.run = Set::default();
                state.void = false;
                if state.lists.last().is_none_or(|list| !list.parts.is_empty()) {
                    self.close_lists(&mut state);
                }
            }
        }
        self.close_lists(&mut state);
        self.find_silent_lists(state.first);
    }

    /// Reads one sentence. The words of one without a number or a negator are not even looked up.
    fn read(&mut self, start: usize, end: usize, section: Section, state: &mut State) {
        let (knowledge, text) = (self.knowledge, self.text);
        let own = text.get(start..end).unwrap_or_default();
        if !may_state(&knowledge.lexicon, own) {
            return;
        }
        let words = Words::new(knowledge, text, start, end);
        let numbers = scan(knowledge, text, words.within(start, end), start, end);
        let sentence = Sentence { words: &words, scan: &numbers, start, end, section };
        self.sentence(sentence, state);
        zero::read(self, sentence);
    }

    fn sentence(&mut self, sentence: Sentence<'_>, state: &mut State) {
        let signals = &self.knowledge.rules.signals;
        let mut cursor = sentence.start;
        for quantity in sentence.quantities(sentence.start, sentence.end) {
            let place = self.place(sentence, cursor, quantity);
            for word in place.words() {
                if word.tags.meets(&signals.among) {
                    // …33条，历年累计98条。其中 is of the year.
                    state.void = state.alone && self.findings.len() == state.first;
                    state.lists.push(List { whole: None, first: state.first, parts: Vec::new(), unit: None });
                } else if word.tags.meets(&signals.break_off) {
                    self.close_lists(state);
                }
                self.hear(word, state);
            }
            // 历年累计公开1356条，其中网站800条: the parts go where the whole went.
            state.void &= !self.is_said_of_this_year(&place);
            let share = quantity.unit.is_some_and(|unit| self.is_class(unit, &self.knowledge.lexicon.classes.percent));
            state.alone = self.is_of_other_times(&place);
            let alone = (state.void && !share) || state.alone || self.is_left_alone(&place);
            cursor = if alone { quantity.end } else { self.quantity(&place, state) };
        }
        self.respectively(sentence, state);
        self.all_of_them(sentence, state.first);
    }

    /// Remembers the verb, for the bare items behind it.
    fn hear(&self, word: &Word<'_>, state: &mut State) {
        let rules = &self.knowledge.rules;
        let of_disclosed = word.tags.meets(&rules.signals.of_disclosed);
        if of_disclosed || (word.tags.meets(&rules.any_verb) && !self.is_relative(word)) {
            let discloses = of_disclosed || word.tags.meets(&rules.signals.disclose);
            state.run = if discloses { rules.signals.disclosed } else { Set::default() };
        }
    }

    /// Reads one number; returns where the words of the next one begin.
    fn quantity(&mut self, place: &Place<'_>, state: &mut State) -> usize {
        let quantity = place.quantity;
        if self.is_distributed(place) {
            return quantity.end;
        }
        let Some(unit) = self.unit(place, state) else { return quantity.end };
        if self.shared(place, unit) {
            return quantity.end;
        }
        if self.is_years_part(place, state) {
            return quantity.end;
        }
        let percent = self.is_class(unit, &self.knowledge.lexicon.classes.percent);
        if !percent {
            self.anchor_list(unit, state);
        }
        let mut fit = self.fit(place, unit, state);
        let mut outside = percent;
        while !percent && !state.lists.is_empty() {
            if fit.as_ref().is_some_and(|found| self.belongs(found.rule, state)) {
                break;
            }
            if self.is_bare(place, unit, state) {
                outside = fit.is_some();
                break;
            }
            if fit.is_none() && !self.is_of_another_verb(place) {
                break;
            }
            self.close_list(state);
            fit = self.fit(place, unit, state);
        }
        let behind = fit.as_ref().map_or(quantity.end, |fit| fit.end.max(quantity.end));
        let finding = match fit {
            Some(fit) => self.finding(place, unit, &fit),
            None => self.unlisted(place, unit, state),
        };
        if let Some(finding) = finding {
            self.accept(finding, outside, state);
        }
        behind
    }

    /// Whether a verb says that a number is of something else than what was disclosed.
    fn is_of_another_verb(&self, place: &Place<'_>) -> bool {
        let rules = &self.knowledge.rules;
        let verb = |word: &&Word<'_>| word.tags.meets(&rules.any_verb);
        let last = place.words().iter().rfind(verb);
        let breaks = |verb: &Word<'_>| verb.tags.meets(&rules.breaking) && !verb.tags.meets(&rules.signals.disclose);
        last.is_some_and(breaks) && !self.is_information(place)
    }

    /// The tags that the place lends a number: its section, its list, the figure before it.
    fn context(&self, section: Section, state: &State, disclosed: bool) -> Set {
        let rules = &self.knowledge.rules;
        let mut tags = self.section_tags(section);
        tags.extend(&state.run);
        let whole = match state.lists.last() {
            Some(list) => {
                tags.extend(&rules.signals.part);
                list.whole
            }
            // A verb of its own, or that of the enumeration, begins something new.
            None if disclosed || state.run.meets(&rules.signals.disclosed) => None,
            None => self.findings.len().checked_sub(1).filter(|last| *last >= state.first),
        };
        let last = self.findings.get(state.first..).and_then(<[Finding]>::last);
        if let Some(after) = last.and_then(|last| rules.after.get(usize::from(last.metric))) {
            tags.extend(after);
        }
        if last.is_some_and(|last| self.is_channel(last.metric)) {
            tags.extend(&rules.signals.after_channel);
        }
        if let Some(family) = whole.and_then(|whole| rules.families.get(usize::from(self.findings[whole].metric))) {
            tags.extend(family);
        }
        tags
    }

    /// The tag of a section.
    pub(super) fn section_tags(&self, section: Section) -> Set {
        let at = Section::NAMES.iter().position(|(known, _)| *known == section).unwrap_or(0);
        self.knowledge.rules.sections.get(at).copied().unwrap_or_default()
    }

    fn finding(&self, place: &Place<'_>, unit: u16, fit: &Fit) -> Option<Finding> {
        let rule = self.knowledge.rules.sentence.get(usize::from(fit.rule))?;
        let metric = match rule.reading {
            Reading::Metric(metric) => metric,
            Reading::Share => self.share_of_last()?,
            Reading::Nothing => return None,
        };
        let unlisted = self.knowledge.rules.disclosure.unlisted;
        let (metric, label) = if rule.unlisted {
            (metric, Some(self.label(place, fit).filter(|label| self.has_words(label))?))
        } else if let Some(label) = self.part_of_information(place, metric) {
            (unlisted, Some(label))
        } else {
            (metric, None)
        };
        self.stated(place, unit, fit, (metric, label))
    }

    /// What a number in a sentence states, read as `metric` by the rule of `fit`.
    fn stated(
        &self,
        place: &Place<'_>,
        unit: u16,
        fit: &Fit,
        (metric, label): (MetricId, Option<String>),
    ) -> Option<Finding> {
        let signals = &self.knowledge.rules.signals;
        let quantity = place.quantity;
        let before = tags_of(place.sentence.words(fit.start, quantity.start));
        let (start, end) = (fit.start.min(quantity.start), fit.end);
        // 结转至2026年: the year to come is where it goes. 含2021年度结转5宗: the year gone is where it came from.
        let moved = place.named.is_later || before.meets(&signals.carry);
        Some(Finding {
            metric,
            applicant: None,
            value: Some(self.value(metric, quantity, unit)?),
            // 约占总量的26%
            bound: if before.meets(&signals.about) { Bound::About } else { quantity.bound },
            decimals: quantity.decimals,
            basis: Basis::Sentence,
            rule: fit.rule,
            section: place.sentence.section,
            stated_year: place.named.other.filter(|_| !moved),
            label,
            span: self.period(place),
            told: place.sentence.told(start, end),
            unit: Some(unit),
            start,
            end,
        })
    }

    /// The `_pct` companion of the last figure.
    fn share_of_last(&self) -> Option<MetricId> {
        let catalogue = &self.knowledge.catalogue;
        let last = catalogue.metric(self.findings.last()?.metric).id;
        catalogue.find(&format!("{last}_pct"))
    }

    /// The value in the metric's own unit; `None` when the number cannot be one of its values.
    pub(super) fn value(&self, metric: MetricId, quantity: &Quantity, unit: u16) -> Option<i64> {
        let metric = self.knowledge.catalogue.metric(metric);
        let unit = self.knowledge.lexicon.unit(unit);
        let value = match metric.kind {
            MetricKind::Amount => {
                let own = self.knowledge.lexicon.unit(metric.unit_number?);
                quantity.value.checked_mul(unit.scale)? / own.scale
            }
            MetricKind::Count | MetricKind::Signed | MetricKind::Percent => quantity.value,
        };
        let whole =
            (value % ONE == 0 && value < LARGEST) || matches!(metric.kind, MetricKind::Amount | MetricKind::Percent);
        whole.then_some(value)
    }

    fn is_class(&self, unit: u16, class: &Set) -> bool {
        self.knowledge.lexicon.unit(unit).classes.meets(class)
    }
}
