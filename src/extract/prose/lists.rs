//! Lists and their wholes: 其中, brackets, and silent lists that only their sum gives away.

use super::Prose;
use super::fit::Fit;
use super::place::Place;
use crate::extract::words::Word;
use crate::extract::{Finding, Period};
use crate::knowledge::{Reading, Set};
use crate::model::{MetricId, Partition, RuleId};

/// Longest printed noun of a category that the dictionary does not know, in characters.
const LONGEST_LABEL: usize = 40;

/// A list that an opener began.
pub(super) struct List {
    /// The finding that the items are parts of.
    pub(super) whole: Option<usize>,
    /// First finding of its paragraph.
    pub(super) first: usize,
    pub(super) parts: Vec<usize>,
    pub(super) unit: Option<u16>,
}

/// What a paragraph remembers from sentence to sentence.
#[derive(Default)]
pub(super) struct State {
    /// First finding of the paragraph.
    pub(super) first: usize,
    pub(super) lists: Vec<List>,
    /// The last number was left alone, and so is the list that tells its parts.
    pub(super) alone: bool,
    /// The list that is open tells the parts of such a number.
    pub(super) void: bool,
    /// The tag of the sentence's last verb.
    pub(super) run: Set,
}

impl Prose<'_> {
    /// Gives a list that has just been opened its whole: the nearest number before it that counts the same things.
    pub(super) fn anchor_list(&self, unit: u16, state: &mut State) {
        let classes = self.knowledge.lexicon.unit(unit).classes;
        let Some(list) = state.lists.last_mut().filter(|list| list.unit.is_none()) else { return };
        list.unit = Some(unit);
        let candidates = self.findings.get(state.first..).unwrap_or_default();
        let same = |finding: &Finding| {
            !self.knowledge.rules.no_whole.contains(&finding.metric)
                && finding.unit.is_some_and(|unit| self.knowledge.lexicon.unit(unit).classes.meets(&classes))
        };
        list.whole = candidates.iter().rposition(same).map(|at| at + state.first);
    }

    /// Adds a finding, and to the open list when it counts the same things.
    pub(super) fn accept(&mut self, finding: Finding, outside: bool, state: &mut State) {
        if let (Some(list), false) = (state.lists.last_mut(), outside) {
            let unlisted = self.knowledge.rules.disclosure.unlisted;
            let same = |whole: &usize| self.findings[*whole].metric == finding.metric && finding.metric != unlisted;
            let whole = list.whole.filter(same);
            // 各网站发布56853条，其中市政府网站12583条
            if whole.is_some() && self.is_channel(finding.metric) && !self.is_of_this_year(&finding) {
                self.findings.push(finding);
                return;
            }
            if let Some(whole) = whole {
                // 累计…1093条，其中本年度…251条: the part is this year's figure, and the whole was all years'.
                let disclosure = &self.knowledge.rules.signals.disclosure;
                let narrower = finding.told.meets(disclosure) && !self.findings[whole].told.meets(disclosure);
                if finding.value < self.findings[whole].value && (narrower || self.is_of_this_year(&finding)) {
                    self.findings[whole] = finding;
                    self.close_lists(state);
                }
                return;
            }
            list.parts.push(self.findings.len());
        }
        self.findings.push(finding);
        self.pop_complete_list(state);
    }

    fn is_of_this_year(&self, finding: &Finding) -> bool {
        finding.told.meets(&self.knowledge.rules.signals.of_this_year)
    }

    /// Whether a number of another kind stands in a list of disclosure like its items, without a verb: the list goes on
    /// behind it.
    pub(super) fn is_bare(&self, place: &Place<'_>, unit: u16, state: &State) -> bool {
        let rules = &self.knowledge.rules;
        let Some(list) = state.lists.last().filter(|list| list.unit == Some(unit)) else { return false };
        self.is_of_disclosure(list) && !place.tags.meets(&rules.any_verb)
    }

    /// Whether a rule's metric can be an item of the innermost list.
    pub(super) fn belongs(&self, rule: RuleId, state: &State) -> bool {
        let Some(whole) = state.lists.last().and_then(|list| list.whole) else { return true };
        match self.knowledge.rules.sentence.get(usize::from(rule)).map(|rule| rule.reading) {
            Some(Reading::Metric(part)) => self.can_hold(self.findings[whole].metric, part),
            _ => true,
        }
    }

    /// A figure holds its parts by the dictionary. Disclosure figures hold categories and channels; a figure that is
    /// itself a part, or that has other parts, holds nothing else.
    fn can_hold(&self, whole: MetricId, part: MetricId) -> bool {
        let catalogue = &self.knowledge.catalogue;
        let parent = |metric: MetricId| catalogue.metric(metric).parent;
        let disclosure = |metric: MetricId| catalogue.family(metric) == self.knowledge.rules.disclosure.family;
        if whole == part || parent(part) == Some(whole) || parent(part).and_then(parent) == Some(whole) {
            return true;
        }
        if disclosure(whole) || disclosure(part) {
            return disclosure(whole) && disclosure(part);
        }
        let has_parts = catalogue.metrics.iter().any(|metric| metric.parent == Some(whole));
        !has_parts && parent(whole).is_none()
    }

    /// Whether a list tells the parts of what was disclosed.
    fn is_of_disclosure(&self, list: &List) -> bool {
        let whole = list.whole.and_then(|whole| self.findings.get(whole));
        whole.is_some_and(|whole| {
            self.knowledge.catalogue.family(whole.metric) == self.knowledge.rules.disclosure.family
        })
    }

    /// An item of a disclosure list, or behind its verb, under a name that the dictionary does not have.
    pub(super) fn unlisted(&self, place: &Place<'_>, unit: u16, state: &State) -> Option<Finding> {
        let classes = &self.knowledge.lexicon.classes;
        let counted = self.knowledge.lexicon.unit(unit);
        let rules = &self.knowledge.rules;
        let alike = |list: &&List| list.unit.is_some_and(|other| self.counts_alike(other, unit));
        let in_list = state.lists.last().filter(alike).is_some_and(|list| self.is_of_disclosure(list));
        let in_another = !in_list && state.lists.last().is_some_and(|list| list.whole.is_some());
        let behind_verb = state.run.meets(&rules.signals.disclosed) && rules.disclosure.units.contains(&counted.word);
        if !counted.classes.meets(&classes.item) || in_another || !(in_list || behind_verb) {
            return None;
        }
        let mut foreign = if in_list { rules.zero_heads } else { rules.disclosure.foreign };
        foreign.extend(&rules.signals.neg);
        foreign.extend(&rules.signals.sub_body);
        let is_foreign = place.near().iter().any(|word| word.tags.meets(&foreign));
        if is_foreign && !self.is_information(place) {
            return None;
        }
        let metric = self.knowledge.rules.disclosure.unlisted;
        let (start, _) = place.clause();
        let fit = Fit { rule: self.knowledge.rules.other("listed"), start, end: place.quantity.end };
        let label = self.label(place, &fit).filter(|label| self.is_name(label))?;
        self.stated(place, unit, &fit, (metric, Some(label)))
    }

    /// The printed noun between the last border or opener and the number.
    pub(super) fn label(&self, place: &Place<'_>, fit: &Fit) -> Option<String> {
        let (start, end) = place.clause();
        let opener = |word: &&Word<'_>| {
            let signals = &self.knowledge.rules.signals;
            word.tags.meets(&signals.among) || word.tags.meets(&signals.disclose)
        };
        let inside = || place.sentence.words(start, end).iter().filter(|word| word.end <= end);
        // 领域公开8条: a verb at the end is none of the name.
        let end = inside().next_back().filter(opener).filter(|word| word.end == end).map_or(end, |word| word.start);
        let start = inside().filter(opener).map(|word| word.end).filter(|at| *at <= end).max().unwrap_or(start);
        let noun = self.text.get(start..end)?.trim_matches(|edge: char| !edge.is_alphanumeric());
        let noun = if noun.is_empty() { self.text.get(place.quantity.end..fit.end)?.trim() } else { noun };
        let length = noun.chars().count();
        ((2..=LONGEST_LABEL).contains(&length)).then(|| noun.to_owned())
    }

    /// Whether two units count pieces of information: 条 and 篇.
    pub(super) fn counts_alike(&self, one: u16, other: u16) -> bool {
        let pieces = |unit: u16| {
            let unit = self.knowledge.lexicon.unit(unit);
            unit.classes.meets(&self.knowledge.lexicon.classes.item) && !unit.article
        };
        one == other || (pieces(one) && pieces(other))
    }

    /// Whether the noun right before a number is information: 培训信息6条 is no training.
    pub(super) fn is_information(&self, place: &Place<'_>) -> bool {
        let Place { sentence, quantity, .. } = place;
        let noun = place.before().last();
        let kind = self
            .text
            .get(sentence.start..quantity.start)
            .is_some_and(|text| text.ends_with(&self.knowledge.rules.kind));
        kind || noun
            .is_some_and(|noun| noun.end == quantity.start && noun.tags.meets(&self.knowledge.rules.signals.info))
    }

    /// Whether a label is more than particles and figures.
    pub(super) fn has_words(&self, label: &str) -> bool {
        let fillers = &self.knowledge.rules.fillers;
        label.chars().any(|character| character.is_alphabetic() && !fillers.contains(&character))
    }

    /// Whether a label names anything but information, documents and sums.
    fn is_name(&self, label: &str) -> bool {
        let rules = &self.knowledge.rules;
        let lexicon = &self.knowledge.lexicon;
        let mut rest = label.to_owned();
        for found in lexicon.automaton.leftmost_find_iter(label) {
            let tags = lexicon.tags_of(found.value());
            if tags.meets(&rules.disclosure.nameless) && !tags.meets(&rules.categories) {
                rest = rest.replacen(label.get(found.start()..found.end()).unwrap_or_default(), "", 1);
            }
        }
        self.has_words(&rest)
    }

    /// A list whose items already sum to its whole is over.
    pub(super) fn pop_complete_list(&mut self, state: &mut State) {
        let Some(list) = state.lists.last() else { return };
        let Some(whole) = list.whole else { return };
        if list.parts.len() > 1
            && self.sum(&list.parts) == self.findings[whole].value
            && let Some(list) = state.lists.pop()
        {
            self.record(&list);
        }
    }

    pub(super) fn sum(&self, parts: &[usize]) -> Option<i64> {
        parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(self.findings.get(*part)?.value?))
    }

    /// Ends the innermost list.
    pub(super) fn close_list(&mut self, state: &mut State) {
        if let Some(list) = state.lists.pop() {
            self.record(&list);
        }
    }

    pub(super) fn close_lists(&mut self, state: &mut State) {
        for list in std::mem::take(&mut state.lists) {
            self.record(&list);
        }
    }

    /// Publishes a list. Where its sum gives away another whole before it, that one is meant.
    pub(super) fn record(&mut self, list: &List) {
        let (Some(anchor), [first, ..]) = (list.whole, list.parts.as_slice()) else { return };
        let sum = self.sum(&list.parts);
        let part = self.findings[*first].metric;
        let meant = |at: &usize| {
            let finding = &self.findings[*at];
            list.parts.len() > 1 && finding.value == sum && self.can_hold(finding.metric, part)
        };
        let whole = (list.first..*first).rev().find(meant).unwrap_or(anchor);
        if !self.can_hold(self.findings[whole].metric, part) {
            return;
        }
        let last = list.parts.last().map(|part| self.knowledge.catalogue.metric(self.findings[*part].metric).id);
        let claims_all = list.parts.len() > 1 && last.is_some_and(|id| id.ends_with("_other"));
        // Categories of all channels may stand behind one channel's figure: that list is not of this whole.
        let foreign = claims_all && sum > self.findings[whole].value && self.is_channel(self.findings[whole].metric);
        let exhaustive = claims_all || sum == self.findings[whole].value;
        if !foreign {
            self.partitions.push(Partition { whole, parts: list.parts.clone(), exhaustive });
        }
    }

    /// Whether a metric is the figure of one channel.
    pub(super) fn is_channel(&self, metric: MetricId) -> bool {
        self.knowledge.catalogue.metric(metric).id.starts_with(&self.knowledge.rules.disclosure.channels)
    }

    /// Lists without an opener: the figures after a whole that are its parts by the dictionary and sum to it exactly.
    pub(super) fn find_silent_lists(&mut self, first: usize) {
        for whole in first..self.findings.len() {
            let (metric, value) = (self.findings[whole].metric, self.findings[whole].value);
            if value == Some(0)
                || self
                    .partitions
                    .iter()
                    .rev()
                    .take_while(|known| known.whole >= first)
                    .any(|known| known.whole == whole)
            {
                continue;
            }
            let is_part = |finding: &Finding| {
                self.knowledge.catalogue.metric(finding.metric).parent == Some(metric) && finding.value.is_some()
            };
            let mut parts = Vec::new();
            for at in whole + 1..self.findings.len() {
                let percent = self.findings[at]
                    .unit
                    .is_some_and(|unit| self.is_class(unit, &self.knowledge.lexicon.classes.percent));
                if percent {
                    continue;
                }
                if !is_part(&self.findings[at]) {
                    break;
                }
                parts.push(at);
                if parts.len() > 1 && self.sum(&parts) == value {
                    self.partitions.push(Partition { whole, parts, exhaustive: true });
                    break;
                }
            }
        }
    }

    /// `累计公开信息8775条(2025年新增388条)`: the year's figure in brackets takes the place of that of all years.
    pub(super) fn is_years_part(&mut self, place: &Place<'_>, state: &State) -> bool {
        let (cursor, quantity) = (place.cursor, place.quantity);
        let bracket = self.text.get(cursor..quantity.start).is_some_and(|gap| gap.starts_with('('));
        let signals = &self.knowledge.rules.signals;
        let words = place.words();
        let new = words.iter().all(|word| word.tags.meets(&signals.of_this_year)) && place.tags.meets(&signals.new);
        let Some(last) = self.findings.len().checked_sub(1).filter(|last| bracket && new && *last >= state.first)
        else {
            return false;
        };
        let finding = &mut self.findings[last];
        if finding.told.meets(&signals.cumulative) && finding.end == cursor && finding.unit == quantity.unit {
            finding.decimals = quantity.decimals;
            finding.value = Some(quantity.value);
            finding.bound = quantity.bound;
            finding.span = Period::Year;
            finding.told.extend(&place.tags);
            finding.end = quantity.end;
        }
        true
    }

    /// Totals of all years are no figure of the report when it states the year's, too.
    pub(in crate::extract) fn forget_cumulative(&mut self) {
        let total = self.knowledge.rules.disclosure.total;
        let of =
            |span: Period| self.findings.iter().filter(move |finding| finding.metric == total && finding.span == span);
        let Some(year) = of(Period::Year).filter_map(|finding| finding.value).max() else { return };
        let forgotten = |finding: &Finding| {
            finding.metric == total && finding.span == Period::Cumulative && finding.value > Some(year)
        };
        let mut place = Vec::new();
        let mut kept = 0;
        for finding in &self.findings {
            place.push((!forgotten(finding)).then_some(kept));
            kept += usize::from(!forgotten(finding));
        }
        self.findings.retain(|finding| !forgotten(finding));
        self.partitions.retain_mut(|partition| {
            let parts: Option<Vec<usize>> = partition.parts.iter().map(|part| place[*part]).collect();
            let (Some(whole), Some(parts)) = (place[partition.whole], parts) else { return false };
            *partition = Partition { whole, parts, ..*partition };
            true
        });
    }
}
