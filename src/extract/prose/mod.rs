//! Figures in sentences: a small grammar over the scanned marks.
//!
//! A number gathers the tags of the words before it, nearest clause first, and the first rule of `data/rules.toml`
//! that they satisfy names its metric. Lists that 其中 opens lend their items the family of their whole.

mod borders;
mod lists;
mod shared;
mod zero;

use super::Finding;
use super::scan::{Quantity, Scan, Word, scan};
use crate::knowledge::{Knowledge, MetricKind, Reading, Rule, TagSet};
use crate::model::{Basis, Bound, MetricId, Partition, RuleId, Section};
use crate::number::ONE;
use borders::{is_border, sentences};
use lists::{List, State};

/// So many clauses before a number may hold its noun.
const REACH: usize = 4;

/// Two nouns of one kind in a clause are joint when the gap between them is at most this long, in bytes.
const JOINT: usize = 30;

/// How far behind a number its noun may begin when the number comes first, in bytes: three ideographs.
const NOUN_NEAR: usize = 9;

/// Reads sentences; one for each document.
pub(super) struct Prose<'a> {
    /// What is known.
    pub knowledge: &'a Knowledge,
    /// The folded text.
    pub text: &'a str,
    /// All lexicon words of the text.
    pub words: &'a [Word],
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
    /// The marks of the whole paragraph.
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
    pub(super) fn words(&self, start: usize, end: usize) -> &'s [Word] {
        let first = self.scan.words.partition_point(|word| word.start < start);
        let last = self.scan.words.partition_point(|word| word.start < end);
        self.scan.words.get(first..last.max(first)).unwrap_or_default()
    }

    /// The quantities that begin in a stretch.
    pub(super) fn quantities(&self, start: usize, end: usize) -> &'s [Quantity] {
        let inside = |quantity: &Quantity, at: usize| quantity.start < at;
        let first = self.scan.quantities.partition_point(|quantity| inside(quantity, start));
        let last = self.scan.quantities.partition_point(|quantity| inside(quantity, end));
        self.scan.quantities.get(first..last.max(first)).unwrap_or_default()
    }
}

/// A rule that fits and the words that it rests on.
struct Fit {
    rule: RuleId,
    start: usize,
    end: usize,
}

impl Prose<'_> {
    /// Reads one paragraph of a section.
    pub(super) fn paragraph(&mut self, start: usize, end: usize, section: Section) {
        let scan = scan(self.knowledge, self.text, self.words, start, end);
        let mut state = State { first: self.findings.len(), lists: Vec::new() };
        for (start, end, stop) in sentences(self.text, start, end) {
            let sentence = Sentence { scan: &scan, start, end, section };
            self.sentence(sentence, &mut state);
            zero::read(self, sentence);
            if stop && state.lists.last().is_none_or(|list| !list.parts.is_empty()) {
                self.close_lists(&mut state);
            }
        }
        self.close_lists(&mut state);
        self.find_silent_lists(state.first);
    }

    fn sentence(&mut self, sentence: Sentence<'_>, state: &mut State) {
        let signals = &self.knowledge.rules.signals;
        let mut cursor = sentence.start;
        for quantity in sentence.quantities(sentence.start, sentence.end) {
            for word in sentence.words(cursor, quantity.start) {
                if word.tags.meets(&signals.among) {
                    state.lists.push(List { whole: None, first: state.first, parts: Vec::new(), unit: None });
                } else if word.tags.meets(&signals.break_off) {
                    self.close_lists(state);
                }
            }
            cursor = if self.is_left_alone(sentence, cursor, quantity) {
                quantity.end
            } else {
                self.quantity(sentence, (cursor, quantity), state)
            };
        }
        self.respectively(sentence, state);
        self.all_of_them(sentence, state.first);
    }

    /// Numbers that look like figures and are none: plans, changes, rates, repetitions, other years' history.
    fn is_left_alone(&self, sentence: Sentence<'_>, cursor: usize, quantity: &Quantity) -> bool {
        let signals = &self.knowledge.rules.signals;
        let near = self.clauses(cursor, quantity.start).first().copied().unwrap_or((cursor, quantity.start));
        let has = |words: &[Word], tag: &TagSet| words.iter().any(|word| word.tags.meets(tag));
        let near_words = sentence.words(near.0, near.1);
        let before = sentence.words(sentence.start, quantity.start);
        let window = sentence.words(cursor, quantity.start);
        let touching = before.last().filter(|word| word.end + NOUN_NEAR >= quantity.start);
        let rest = self.text.get(quantity.end..).unwrap_or_default();
        // “强农惠农36条” is a name.
        rest.starts_with('”')
            || self.is_of_later_year(sentence, quantity.start)
            || has(before, &signals.future)
            || has(near_words, &signals.delta)
            || touching.is_some_and(|word| word.tags.meets(&signals.per))
            || touching.is_some_and(|word| word.end == quantity.start && word.tags.meets(&signals.anaphora))
            || (has(window, &signals.history) && !has(window, &signals.carried))
            || sentence.words(quantity.end, quantity.end + 4).iter().any(|word| word.tags.meets(&signals.within))
    }

    /// Whether the last year named before a place comes after the report's: a plan.
    pub(super) fn is_of_later_year(&self, sentence: Sentence<'_>, before: usize) -> bool {
        self.stated_year(sentence, before).is_some_and(|named| self.year.is_some_and(|year| named > year))
    }

    /// Reads one number; returns where the words of the next one begin.
    fn quantity(&mut self, sentence: Sentence<'_>, (cursor, quantity): (usize, &Quantity), state: &mut State) -> usize {
        let Some(unit) = quantity.unit.or_else(|| self.unit_of_neighbours(quantity, sentence, state)) else {
            return quantity.end;
        };
        if self.is_distributed(sentence, quantity) || self.shared(sentence, (cursor, quantity, unit)) {
            return quantity.end;
        }
        let percent = self.is_class(unit, &self.knowledge.lexicon.classes.percent);
        if !percent {
            self.anchor_list(unit, state);
        }
        let mut context = self.context(sentence.section, state);
        let mut fit = self.fit(sentence, (cursor, quantity, unit), context);
        while let Some(found) = fit.as_ref().filter(|_| !percent && !state.lists.is_empty()) {
            if self.belongs(found.rule, state) {
                break;
            }
            self.close_list(state);
            context = self.context(sentence.section, state);
            fit = self.fit(sentence, (cursor, quantity, unit), context);
        }
        let behind = fit.as_ref().map_or(quantity.end, |fit| fit.end.max(quantity.end));
        let finding = match fit {
            Some(fit) => self.finding(sentence, (cursor, quantity, unit), &fit),
            None => self.unlisted(sentence, (cursor, quantity, unit), state),
        };
        if let Some(finding) = finding {
            self.accept(finding, percent, state);
        }
        behind
    }

    /// A number without a unit takes the unit of the list that it stands in, when a border follows it.
    fn unit_of_neighbours(&self, quantity: &Quantity, sentence: Sentence<'_>, state: &State) -> Option<u16> {
        let rest = self.text.get(quantity.end..)?;
        let border = rest.chars().next().is_none_or(|next| is_border(next) || next == '\n');
        let Some(previous) = self.findings.get(state.first..)?.last() else {
            // The first item of a list may have lost its unit: the next one has it.
            let next = sentence.quantities(quantity.end, sentence.end).first()?;
            let item = next.unit.filter(|unit| self.is_class(*unit, &self.knowledge.lexicon.classes.item));
            return item.filter(|_| border && !state.lists.is_empty());
        };
        let same_sentence = previous.start >= sentence.start;
        let in_list = state.lists.last().is_some_and(|list| !list.parts.is_empty());
        let named = sentence
            .words(previous.end, quantity.start)
            .iter()
            .any(|word| !word.tags.meets(&self.knowledge.rules.signals.nothing));
        (border && named && (same_sentence || in_list) && quantity.bound == Bound::Exact)
            .then_some(previous.unit)
            .flatten()
            .filter(|unit| {
                !self.is_class(*unit, &self.knowledge.lexicon.classes.percent)
                    && !self.is_class(*unit, &self.knowledge.lexicon.classes.money)
            })
    }

    /// The tags that the place lends a number: its section, its list, the figure before it.
    fn context(&self, section: Section, state: &State) -> TagSet {
        let rules = &self.knowledge.rules;
        let mut tags = self.section_tags(section);
        let whole = match state.lists.last() {
            Some(list) => {
                tags.extend(&rules.signals.part);
                list.whole
            }
            None => self.findings.len().checked_sub(1).filter(|last| *last >= state.first),
        };
        let last = self.findings.get(state.first..).and_then(<[Finding]>::last);
        if last.is_some_and(|last| self.is_channel(last.metric)) {
            tags.extend(&rules.signals.after_channel);
        }
        if let Some(family) = whole.and_then(|whole| rules.families.get(usize::from(self.findings[whole].metric))) {
            tags.extend(family);
        }
        tags
    }

    /// The tag of a section.
    pub(super) fn section_tags(&self, section: Section) -> TagSet {
        let at = Section::NAMES.iter().position(|(known, _)| *known == section).unwrap_or(0);
        self.knowledge.rules.sections.get(at).copied().unwrap_or_default()
    }

    /// Tries clause after clause outwards until a rule fits.
    fn fit(
        &self,
        sentence: Sentence<'_>,
        (cursor, quantity, unit): (usize, &Quantity, u16),
        context: TagSet,
    ) -> Option<Fit> {
        let clauses = self.clauses(cursor, quantity.start);
        let mut tags = context;
        let join = &self.knowledge.rules.signals.join;
        for (at, (start, end)) in clauses.iter().enumerate().take(REACH) {
            let words = sentence.words(*start, *end);
            self.gather_clause(&mut tags, words);
            let first = words.iter().find(|word| !word.tags.meets(join));
            let quote_start = first.map_or(quantity.start, |word| word.start);
            if let Some(rule) = self.rule(&tags, unit) {
                let farther = clauses.get(at + 1..).unwrap_or_default();
                let outer = self.knowledge.rules.sentence.get(usize::from(rule)).map(|rule| rule.outer);
                let blocked = farther.iter().flat_map(|(start, end)| sentence.words(*start, *end));
                if !outer.is_some_and(|outer| blocked.into_iter().any(|word| word.tags.meets(&outer))) {
                    return Some(Fit { rule, start: quote_start, end: quantity.end });
                }
            } else if let Some(fit) = self.noun_behind(sentence, quantity, unit, tags) {
                return Some(Fit { start: quote_start, ..fit });
            }
        }
        None
    }

    /// Adds the tags of a clause. One that only names a whole (在办结的申请中) tells the topic and nothing else.
    fn gather_clause(&self, tags: &mut TagSet, words: &[Word]) {
        let within = words.iter().position(|word| word.tags.meets(&self.knowledge.rules.signals.within));
        self.gather(tags, words.get(within.unwrap_or(0)..).unwrap_or_default());
    }

    /// `发布14条主动公开政府信息`: the noun comes after the number.
    fn noun_behind(&self, sentence: Sentence<'_>, quantity: &Quantity, unit: u16, tags: TagSet) -> Option<Fit> {
        let rest = self.text.get(quantity.end..sentence.end)?;
        let border = rest.find(is_border).map_or(sentence.end, |at| quantity.end + at);
        let next = sentence.quantities(quantity.end, border).first().map_or(border, |next| next.start);
        let signals = &self.knowledge.rules.signals;
        let words = sentence.words(quantity.end, next);
        let stop = words.iter().position(|word| {
            word.tags.meets(&signals.all_of) || word.tags.meets(&signals.neg) || word.tags.meets(&signals.on_time)
        });
        let words = words.get(..stop.unwrap_or(words.len())).unwrap_or_default();
        let near = words.first().filter(|word| word.start <= quantity.end + NOUN_NEAR)?;
        if self.is_class(unit, &self.knowledge.lexicon.classes.percent)
            || near.tags.meets(&self.knowledge.rules.signals.nothing)
        {
            return None;
        }
        let mut tags = tags;
        self.gather(&mut tags, words);
        let rule = self.rule(&tags, unit)?;
        let end = words.iter().map(|word| word.end).filter(|end| *end <= next).max()?;
        Some(Fit { rule, start: quantity.start, end })
    }

    /// Adds the tags of a clause; in exclusive groups only where no nearer clause has spoken.
    pub(super) fn gather(&self, tags: &mut TagSet, words: &[Word]) {
        let rules = &self.knowledge.rules;
        let mut own = TagSet::default();
        for word in words {
            own.extend(&word.tags);
        }
        for exclusive in &rules.exclusive {
            if !own.meets(&exclusive.group) {
                continue;
            }
            let mut near = near_together(words, &exclusive.group);
            match words.iter().rfind(|word| word.tags.meets(&exclusive.group)) {
                Some(last) if last.tags.meets(&rules.rest) => near = last.tags,
                _ => near.remove(&rules.rest),
            }
            let present: Vec<&TagSet> = exclusive.members.iter().filter(|member| near.meets(member)).collect();
            own.remove(&exclusive.group);
            if tags.meets(&exclusive.group) {
                continue;
            }
            let (generic, special): (Vec<&TagSet>, Vec<&TagSet>) =
                present.into_iter().partition(|member| member.meets(&rules.generic));
            own.extend(match (special.as_slice(), generic.as_slice()) {
                ([only], _) | ([], [only, ..]) | ([_, _, ..], [only, ..]) => only,
                _ => &exclusive.joint,
            });
        }
        tags.extend(&own);
    }

    /// The first rule that tags and unit satisfy.
    fn rule(&self, tags: &TagSet, unit: u16) -> Option<RuleId> {
        let unit = self.knowledge.lexicon.unit(unit);
        let fits = |rule: &Rule| {
            rule.unit.meets(&unit.classes)
                && !rule.not_unit.contains(&unit.word)
                && rule.all.iter().all(|term| term.meets(tags))
                && !rule.none.meets(tags)
        };
        self.knowledge.rules.sentence.iter().position(fits).and_then(|at| RuleId::try_from(at).ok())
    }

    fn finding(
        &self,
        sentence: Sentence<'_>,
        (cursor, quantity, unit): (usize, &Quantity, u16),
        fit: &Fit,
    ) -> Option<Finding> {
        let rule = self.knowledge.rules.sentence.get(usize::from(fit.rule))?;
        let metric = match rule.reading {
            Reading::Metric(metric) => metric,
            Reading::Share => self.share_of_last()?,
            Reading::Nothing => return None,
        };
        let label = if rule.unlisted { Some(self.label(cursor, quantity, fit)?) } else { None };
        self.stated(sentence, (quantity, unit), fit, (metric, label))
    }

    /// What a number in a sentence states, read as `metric` by the rule of `fit`.
    fn stated(
        &self,
        sentence: Sentence<'_>,
        (quantity, unit): (&Quantity, u16),
        fit: &Fit,
        (metric, label): (MetricId, Option<String>),
    ) -> Option<Finding> {
        Some(Finding {
            metric,
            applicant: None,
            value: Some(self.value(metric, quantity, unit)?),
            bound: quantity.bound,
            decimals: quantity.decimals,
            basis: Basis::Sentence,
            rule: fit.rule,
            section: sentence.section,
            stated_year: self.stated_year(sentence, quantity.start),
            label,
            unit: Some(unit),
            start: fit.start.min(quantity.start),
            end: fit.end,
        })
    }

    /// The year that the sentence names before the number when it is not the report's.
    pub(super) fn stated_year(&self, sentence: Sentence<'_>, before: usize) -> Option<i16> {
        let named = sentence.scan.years.iter().rfind(|(at, _)| (sentence.start..before).contains(at))?.1;
        self.year.filter(|year| *year != named && (2000..2100).contains(&named)).map(|_| named)
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
                let (_, own) = self.knowledge.lexicon.unit_at(metric.unit)?;
                quantity.value.checked_mul(unit.scale)? / own.scale
            }
            MetricKind::Count | MetricKind::Signed | MetricKind::Percent => quantity.value,
        };
        let whole = value % ONE == 0 || matches!(metric.kind, MetricKind::Amount | MetricKind::Percent);
        whole.then_some(value)
    }

    /// The clauses of a window, nearest to its end first.
    pub(super) fn clauses(&self, start: usize, end: usize) -> Vec<(usize, usize)> {
        let Some(window) = self.text.get(start..end) else { return Vec::new() };
        let mut borders = vec![end];
        for (at, border) in window.char_indices().rev() {
            if matches!(border, ',' | ':' | '(' | ')' | ';') {
                borders.push(start + at);
            }
        }
        borders.push(start);
        let pair = |pair: &[usize]| {
            let [end, border] = pair else { return None };
            let from = if *border == start { start } else { border + 1 };
            (from < *end).then_some((from, *end))
        };
        let clauses: Vec<(usize, usize)> = borders.windows(2).filter_map(pair).collect();
        if clauses.is_empty() { vec![(end, end)] } else { clauses }
    }

    fn is_class(&self, unit: u16, class: &TagSet) -> bool {
        self.knowledge.lexicon.unit(unit).classes.meets(class)
    }
}

/// The tags of the last words of a group and of those that stand close before them.
fn near_together(words: &[Word], group: &TagSet) -> TagSet {
    let mut near = TagSet::default();
    let mut start = None;
    for word in words.iter().rev().filter(|word| word.tags.meets(group)) {
        if start.is_some_and(|start| word.end + JOINT < start) {
            break;
        }
        near.extend(&word.tags);
        start = Some(word.start);
    }
    near
}
