//! Numbers that look like figures and are left alone: plans, changes, rates, repetitions, other years' history.

use super::{NOUN_NEAR, Prose, Sentence};
use crate::extract::Finding;
use crate::extract::scan::Quantity;
use crate::extract::words::Word;
use crate::knowledge::Set;
use crate::number::ONE;

impl Prose<'_> {
    /// Numbers that look like figures and are none: plans, changes, rates, repetitions, other years' history.
    pub(super) fn is_left_alone(&self, sentence: Sentence<'_>, cursor: usize, quantity: &Quantity) -> bool {
        let signals = &self.knowledge.rules.signals;
        let near = self.clauses(cursor, quantity.start).first().copied().unwrap_or((cursor, quantity.start));
        let before = sentence.words(sentence.start, quantity.start);
        let (all, window) = (tags_of(before), tags_of(sentence.words(cursor, quantity.start)));
        let near = tags_of(sentence.words(near.0, near.1));
        let rest = self.text.get(quantity.end..).unwrap_or_default();
        let times = quantity.unit.is_some_and(|unit| self.is_class(unit, &self.knowledge.lexicon.classes.times));
        let later = self.is_of_later_year(sentence, quantity.start) && !window.meets(&signals.carry);
        let plan = all.meets(&signals.future) || later;
        let change = near.meets(&signals.delta) || self.is_behind(sentence, quantity, 1, &signals.delta_to);
        let rate = (near.meets(&signals.per_unit) && !near.meets(&signals.visited))
            || (near.meets(&signals.rate_of) && times)
            || rest.starts_with('/');
        // “强农惠农36条” is a name.
        rest.starts_with('”')
            || plan
            || change
            || rate
            || before.last().is_some_and(|word| self.is_spoilt(word, quantity))
            || all.meets(&signals.partial)
            || self.is_of_articles(sentence, quantity)
            || self.is_the_year(quantity)
            || self.is_beside_the_year(sentence, quantity.start)
            || self.is_of_other_times(sentence, cursor, quantity)
            || (self.is_behind(sentence, quantity, 4, &signals.within) && self.is_known(quantity.value))
    }

    /// Whether a word begins within so many bytes behind a number.
    fn is_behind(&self, sentence: Sentence<'_>, quantity: &Quantity, reach: usize, tag: &Set) -> bool {
        sentence.words(quantity.end, quantity.end + reach).iter().any(|word| word.tags.meets(tag))
    }

    /// Whether the word before a number makes it no figure: 每, 提升, 不足, 上述.
    fn is_spoilt(&self, word: &Word<'_>, quantity: &Quantity) -> bool {
        let signals = &self.knowledge.rules.signals;
        let near = word.end + NOUN_NEAR >= quantity.start;
        let by = [&signals.per, &signals.delta_near, &signals.below].iter().any(|tag| word.tags.meets(tag));
        (near && by) || (word.end == quantity.start && word.tags.meets(&signals.anaphora))
    }

    /// Whether a figure is of earlier years, or of all years together.
    pub(super) fn is_of_other_times(&self, sentence: Sentence<'_>, cursor: usize, quantity: &Quantity) -> bool {
        let signals = &self.knowledge.rules.signals;
        let window = tags_of(sentence.words(cursor, quantity.start));
        (window.meets(&signals.history) && !window.meets(&signals.carried))
            || self.is_since(sentence, quantity.start)
            || self.is_of_years(sentence, quantity.start)
            || self.is_of_all_years(sentence.words(sentence.start, quantity.start))
    }

    /// Whether words or a year before a number say that it is of the report's year.
    pub(super) fn is_said_of_this_year(&self, sentence: Sentence<'_>, cursor: usize, quantity: &Quantity) -> bool {
        let this = &self.knowledge.rules.signals.of_this_year;
        let year = |(at, year): &(usize, i16)| (cursor..quantity.start).contains(at) && Some(*year) == self.year;
        sentence.words(cursor, quantity.start).iter().any(|word| word.tags.meets(this))
            || sentence.scan.years.iter().any(year)
    }

    /// 《…制度》共15条 has articles.
    pub(super) fn is_of_articles(&self, sentence: Sentence<'_>, quantity: &Quantity) -> bool {
        let rules = &self.knowledge.rules;
        let counts = |unit: u16| rules.disclosure.units.contains(&self.knowledge.lexicon.unit(unit).word);
        let before = self.text.get(sentence.start..quantity.start).unwrap_or_default();
        quantity.unit.is_some_and(counts) && before.trim_end_matches(rules.fillers.as_slice()).ends_with('》')
    }

    /// Whether the last year named is the end of a span: 2015-2017年.
    pub(super) fn is_of_years(&self, sentence: Sentence<'_>, before: usize) -> bool {
        let span = |at: usize| {
            let before = self.text.get(sentence.start..at).and_then(|text| text.strip_suffix('-'));
            before.is_some_and(|text| text.ends_with(|last: char| last.is_ascii_digit()))
        };
        self.year_before(sentence, before).is_some_and(|(at, _)| span(at))
    }

    /// 公开信息2017条 in the report of 2017 is a year that has lost a character.
    pub(super) fn is_the_year(&self, quantity: &Quantity) -> bool {
        self.year.is_some_and(|year| quantity.value == i64::from(year) * ONE)
    }

    /// Whether a sentence names another year for a figure, and the report's for others: the first is for comparison.
    pub(super) fn is_beside_the_year(&self, sentence: Sentence<'_>, before: usize) -> bool {
        let inside = |at: usize| (sentence.start..sentence.end).contains(&at);
        let own = sentence.scan.years.iter().any(|(at, year)| inside(*at) && Some(*year) == self.year);
        let words = sentence.words(sentence.start, before);
        let carried = words.last().is_some_and(|word| word.tags.meets(&self.knowledge.rules.signals.carry));
        own && !carried
            && self.stated_year(sentence, before).is_some_and(|named| self.year.is_some_and(|year| named < year))
    }

    /// Whether a figure is counted from an earlier year on: 对2005年以来的信息….
    pub(super) fn is_since(&self, sentence: Sentence<'_>, before: usize) -> bool {
        let Some((at, year)) = self.year_before(sentence, before) else { return false };
        let since = |word: &Word<'_>| word.tags.meets(&self.knowledge.rules.signals.since);
        self.year.is_some_and(|own| year < own) && sentence.words(at, at + NOUN_NEAR).iter().any(since)
    }

    /// Whether a list is about the items of all years: 历年主动公开的信息中，….
    pub(super) fn is_of_all_years(&self, before: &[Word<'_>]) -> bool {
        let signals = &self.knowledge.rules.signals;
        let whole = before.iter().rposition(|word| word.tags.meets(&signals.within)).unwrap_or(0);
        before.iter().take(whole).any(|word| word.tags.meets(&signals.history))
    }

    /// Whether a figure has been stated before: 在主动公开的26条信息中 repeats it.
    pub(super) fn is_known(&self, value: i64) -> bool {
        let whole = |finding: &Finding| self.knowledge.catalogue.metric(finding.metric).parent.is_none();
        self.findings.iter().any(|finding| finding.value == Some(value) && whole(finding))
    }
}

/// All tags of some words.
fn tags_of(words: &[Word<'_>]) -> Set {
    let mut tags = Set::default();
    for word in words {
        tags.extend(word.tags);
    }
    tags
}
