//! Which year a sentence says that a figure is of.

use super::{NOUN_NEAR, Prose, Sentence};
use crate::extract::Period;
use crate::extract::words::Word;
use crate::knowledge::Set;

impl Prose<'_> {
    /// Whether the last year named before a place comes after the report's: a plan, unless something was carried over
    /// to it.
    pub(super) fn is_of_later_year(&self, sentence: Sentence<'_>, before: usize) -> bool {
        let carried = |at: usize| {
            let words = sentence.words(at.saturating_sub(2 * NOUN_NEAR), at);
            words.iter().any(|word| word.tags.meets(&self.knowledge.rules.signals.carry))
        };
        let year = self.year_before(sentence, before);
        self.names_later_year(sentence, before) && !year.is_some_and(|(at, _)| carried(at))
    }

    /// Whether the last year named before a place comes after the report's.
    pub(super) fn names_later_year(&self, sentence: Sentence<'_>, before: usize) -> bool {
        self.stated_year(sentence, before).is_some_and(|named| self.year.is_some_and(|year| named > year))
    }

    /// The last year that a sentence names before a place, but for those that it only compares with: 比2020年增长5%.
    pub(super) fn year_before(&self, sentence: Sentence<'_>, before: usize) -> Option<(usize, i16)> {
        let than = &self.knowledge.rules.signals.than;
        let compared = |at: usize| {
            let words = sentence.words(at.saturating_sub(NOUN_NEAR), at);
            words.last().is_some_and(|word| word.end == at && word.tags.meets(than))
        };
        let years = &sentence.scan.years;
        let last = years.partition_point(|(at, _)| *at < before);
        let earlier = years.get(..last)?.iter().rev().take_while(|(at, _)| *at >= sentence.start);
        earlier.into_iter().find(|(at, _)| !compared(*at)).copied()
    }

    /// The year that the sentence names before the number when it is not the report's.
    pub(super) fn stated_year(&self, sentence: Sentence<'_>, before: usize) -> Option<i16> {
        let (at, named) = self.year_before(sentence, before)?;
        // 含2023年转至今年办理的3件
        let signals = &self.knowledge.rules.signals;
        let returns = |word: &Word<'_>| {
            [&signals.of_this_year, &signals.carried, &signals.carry, &signals.now]
                .iter()
                .any(|tag| word.tags.meets(tag))
        };
        let back = sentence.words(at, before).iter().any(returns);
        if back {
            return None;
        }
        self.year.filter(|year| *year != named && (2000..2100).contains(&named)).map(|_| named)
    }

    /// Whether a sentence says that a figure is this year's or that of all years: 截至年底累计公开552条.
    pub(super) fn period(&self, sentence: Sentence<'_>, before: usize) -> Period {
        let signals = &self.knowledge.rules.signals;
        let words = sentence.words(sentence.start, before);
        let has = |tag: &Set| words.iter().any(|word| word.tags.meets(tag));
        let year = self.year_before(sentence, before);
        let own = year.is_some_and(|(_, year)| Some(year) == self.year) && !has(&signals.until);
        if has(&signals.of_this_year) || (own && !has(&signals.cumulative)) {
            Period::Year
        } else if has(&signals.cumulative) && !own {
            Period::Cumulative
        } else {
            Period::Unsaid
        }
    }
}
