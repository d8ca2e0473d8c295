//! Numbers that look like figures and are left alone: plans, changes, rates, repetitions, other years' history.

use super::place::{Place, tags_of};
use super::{NOUN_NEAR, Prose};
use crate::extract::Finding;
use crate::extract::scan::Quantity;
use crate::extract::words::Word;
use crate::knowledge::Set;
use crate::number::ONE;

impl Prose<'_> {
    /// Numbers that look like figures and are none: plans, changes, rates, repetitions, other years' history.
    pub(super) fn is_left_alone(&self, place: &Place<'_>) -> bool {
        let signals = &self.knowledge.rules.signals;
        let Place { sentence, quantity, .. } = place;
        let before = place.before();
        let (all, near) = (tags_of(before), tags_of(place.near()));
        let rest = self.text.get(quantity.end..).unwrap_or_default();
        let times = quantity.unit.is_some_and(|unit| self.is_class(unit, &self.knowledge.lexicon.classes.times));
        let later = self.is_of_later_year(*sentence, place.named) && !place.tags.meets(&signals.carry);
        let plan = all.meets(&signals.future) || later;
        let change = near.meets(&signals.delta) || is_behind(place, 1, &signals.delta_to);
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
            || self.is_of_articles(place)
            || self.is_the_year(quantity)
            || self.is_beside_the_year(place)
            || (self.is_within(place) && self.is_known(quantity))
    }

    /// Whether the word before a number makes it no figure: 每, 提升, 不足, 上述.
    fn is_spoilt(&self, word: &Word<'_>, quantity: &Quantity) -> bool {
        let signals = &self.knowledge.rules.signals;
        let near = word.end + NOUN_NEAR >= quantity.start;
        let by = [&signals.per, &signals.delta_near, &signals.below].iter().any(|tag| word.tags.meets(tag));
        (near && by) || (word.end == quantity.start && word.tags.meets(&signals.anaphora))
    }

    /// Whether a figure is of earlier years, or of all years together.
    pub(super) fn is_of_other_times(&self, place: &Place<'_>) -> bool {
        let signals = &self.knowledge.rules.signals;
        (place.tags.meets(&signals.history) && !place.tags.meets(&signals.carried))
            || self.is_since(place)
            || self.is_of_years(place)
            || self.is_of_all_years(place.before())
    }

    /// Whether words or a year before a number say that it is of the report's year.
    pub(super) fn is_said_of_this_year(&self, place: &Place<'_>) -> bool {
        let inside = place.cursor..place.quantity.start;
        let year = |(at, year): &(usize, i16)| inside.contains(at) && Some(*year) == self.year;
        place.tags.meets(&self.knowledge.rules.signals.of_this_year) || place.sentence.scan.years.iter().any(year)
    }

    /// 《…制度》共15条 has articles.
    fn is_of_articles(&self, place: &Place<'_>) -> bool {
        let Place { sentence, quantity, .. } = place;
        let rules = &self.knowledge.rules;
        let counts = |unit: u16| rules.disclosure.units.contains(&self.knowledge.lexicon.unit(unit).word);
        let before = self.text.get(sentence.start..quantity.start).unwrap_or_default();
        quantity.unit.is_some_and(counts) && before.trim_end_matches(rules.fillers.as_slice()).ends_with('》')
    }

    /// Whether the last year named is the end of a span: 2015-2017年.
    fn is_of_years(&self, place: &Place<'_>) -> bool {
        let span = |at: usize| {
            let before = self.text.get(place.sentence.start..at).and_then(|text| text.strip_suffix('-'));
            before.is_some_and(|text| text.ends_with(|last: char| last.is_ascii_digit()))
        };
        place.named.last.is_some_and(|(at, _)| span(at))
    }

    /// 公开信息2017条 in the report of 2017 is a year that has lost a character.
    fn is_the_year(&self, quantity: &Quantity) -> bool {
        self.year.is_some_and(|year| quantity.value == i64::from(year) * ONE)
    }

    /// Whether a sentence names another year for a figure, and the report's for others: the first is for comparison.
    fn is_beside_the_year(&self, place: &Place<'_>) -> bool {
        let earlier = place.named.other.is_some_and(|named| self.year.is_some_and(|year| named < year));
        let own = |(_, year): &(usize, i16)| Some(*year) == self.year;
        let carry = &self.knowledge.rules.signals.carry;
        earlier
            && place.sentence.scan.years.iter().any(own)
            && !place.before().last().is_some_and(|word| word.tags.meets(carry))
    }

    /// Whether a figure is counted from an earlier year on: 对2005年以来的信息….
    fn is_since(&self, place: &Place<'_>) -> bool {
        let Some((at, year)) = place.named.last else { return false };
        let since = |word: &Word<'_>| word.tags.meets(&self.knowledge.rules.signals.since);
        self.year.is_some_and(|own| year < own) && place.sentence.words(at, at + NOUN_NEAR).iter().any(since)
    }

    /// Whether a list is about the items of all years: 历年主动公开的信息中，….
    fn is_of_all_years(&self, before: &[Word<'_>]) -> bool {
        let signals = &self.knowledge.rules.signals;
        let whole = before.iter().rposition(|word| word.tags.meets(&signals.within)).unwrap_or(0);
        before.iter().take(whole).any(|word| word.tags.meets(&signals.history))
    }

    /// Whether a number only tells of how many the next ones are: 2件中同意公开1件.
    pub(super) fn is_within(&self, place: &Place<'_>) -> bool {
        is_behind(place, 4, &self.knowledge.rules.signals.within)
    }

    /// Whether a figure of the same things has been stated before: 在主动公开的26条信息中 repeats it.
    fn is_known(&self, quantity: &Quantity) -> bool {
        let alike = |finding: &Finding| {
            finding.unit.zip(quantity.unit).is_none_or(|(one, other)| self.counts_alike(one, other))
        };
        let whole = |finding: &Finding| self.knowledge.catalogue.metric(finding.metric).parent.is_none();
        self.findings.iter().any(|finding| finding.value == Some(quantity.value) && whole(finding) && alike(finding))
    }
}

/// Whether a word begins within so many bytes behind a number, or with its unit: 6件中.
fn is_behind(place: &Place<'_>, reach: usize, tag: &Set) -> bool {
    let words = place.sentence.words(place.quantity.start, place.quantity.end + reach);
    words.iter().any(|word| word.end > place.quantity.end && word.tags.meets(tag))
}
