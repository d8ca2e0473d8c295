//! Which year a sentence says that a figure is of.

use super::place::{Place, tags_of};
use super::{NOUN_NEAR, Prose, Sentence};
use crate::extract::Period;
use crate::knowledge::Set;

/// What years a sentence names before a number or a negator.
#[derive(Clone, Copy, Default)]
pub(super) struct Named {
    /// The last one and where it stands, but for those that it only compares with: 比2020年增长5%.
    pub last: Option<(usize, i16)>,
    /// The same when it is not the report's, and no word behind it turns back to that: 含2023年转至今年办理的3件.
    pub other: Option<i16>,
    /// Whether that comes after the report's.
    pub is_later: bool,
}

impl Prose<'_> {
    /// What years a sentence names before a place.
    pub(super) fn named(&self, sentence: Sentence<'_>, before: usize) -> Named {
        let Some((at, year)) = self.year_before(sentence, before) else { return Named::default() };
        let signals = &self.knowledge.rules.signals;
        let back = tags_of(sentence.words(at, before));
        let returns =
            [&signals.of_this_year, &signals.carried, &signals.carry, &signals.now].iter().any(|tag| back.meets(tag));
        let other = self.year.filter(|own| *own != year && (2000..2100).contains(&year) && !returns).map(|_| year);
        let is_later = other.is_some_and(|named| self.year.is_some_and(|year| named > year));
        Named { last: Some((at, year)), other, is_later }
    }

    /// The last year that a sentence names before a place, but for those that it only compares with.
    fn year_before(&self, sentence: Sentence<'_>, before: usize) -> Option<(usize, i16)> {
        let than = &self.knowledge.rules.signals.than;
        let compared = |at: usize| {
            let words = sentence.words(at.saturating_sub(NOUN_NEAR), at);
            words.last().is_some_and(|word| word.end == at && word.tags.meets(than))
        };
        let years = &sentence.scan.years;
        let last = years.partition_point(|(at, _)| *at < before);
        years.get(..last)?.iter().rfind(|(at, _)| !compared(*at)).copied()
    }

    /// Whether what is named comes after the report's year: a plan, unless something was carried over to it.
    pub(super) fn is_of_later_year(&self, sentence: Sentence<'_>, named: Named) -> bool {
        let carried = |at: usize| {
            let words = sentence.words(at.saturating_sub(2 * NOUN_NEAR), at);
            words.iter().any(|word| word.tags.meets(&self.knowledge.rules.signals.carry))
        };
        named.is_later && !named.last.is_some_and(|(at, _)| carried(at))
    }

    /// Whether a sentence says that a figure is this year's or that of all years: 截至年底累计公开552条.
    pub(super) fn period(&self, place: &Place<'_>) -> Period {
        let signals = &self.knowledge.rules.signals;
        let before = tags_of(place.before());
        let has = |tag: &Set| before.meets(tag);
        let own = place.named.last.is_some_and(|(_, year)| Some(year) == self.year) && !has(&signals.until);
        if has(&signals.of_this_year) || (own && !has(&signals.cumulative)) {
            Period::Year
        } else if has(&signals.cumulative) && !own {
            Period::Cumulative
        } else {
            Period::Unsaid
        }
    }
}
