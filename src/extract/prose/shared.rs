//! One statement for several figures: 各1件, 分别为14件、3件、2件, 已全部按时办结.

use super::borders::is_border;
use super::fit::Fit;
use super::lists::State;
use super::place::Place;
use super::{NOUN_NEAR, Prose, Sentence, zero};
use crate::extract::Finding;
use crate::extract::scan::Quantity;
use crate::extract::words::Word;
use crate::knowledge::{Reading, Set};
use crate::model::{Basis, MetricId};
use crate::number::ONE;

/// Places of nouns, and the numbers dealt out to them.
type Deal<'s> = (Vec<(usize, usize)>, &'s [Quantity]);

impl Prose<'_> {
    /// `行政复议、行政诉讼0件` gives zero, and `各1件` gives one, to each noun that is joined.
    pub(super) fn shared(&mut self, place: &Place<'_>, unit: u16) -> bool {
        let quantity = place.quantity;
        let each = place
            .words()
            .last()
            .is_some_and(|word| word.tags.meets(&self.knowledge.rules.signals.each) && word.end == quantity.start);
        if quantity.value != 0 && !each {
            return false;
        }
        let joined = zero::joined(self, place.sentence, place.cursor, quantity.start);
        if joined.len() < 2 {
            return false;
        }
        for (rule, metric, start) in joined {
            let fit = Fit { rule, start, end: quantity.end };
            if let Some(finding) = self.finding(place, unit, &fit) {
                self.findings.push(Finding { metric, ..finding });
            }
        }
        true
    }

    /// Whether the number is one of several that 分别为 deals out to the nouns before it.
    pub(super) fn is_distributed(&self, place: &Place<'_>) -> bool {
        let Place { sentence, quantity, .. } = place;
        let words = place.before();
        let Some(dealer) = words.iter().rfind(|word| word.tags.meets(&self.knowledge.rules.signals.respectively))
        else {
            return false;
        };
        let between = self.text.get(dealer.end..quantity.start).unwrap_or_default();
        !between.contains([';', '。'])
            && self
                .deal(*sentence, dealer)
                .is_some_and(|(_, numbers)| numbers.iter().any(|number| number.start == quantity.start))
    }

    /// The nouns before 分别为 and the numbers behind it, when there are as many of one as of the other.
    pub(super) fn deal<'s>(&self, sentence: Sentence<'s>, dealer: &Word<'_>) -> Option<Deal<'s>> {
        let join = &self.knowledge.rules.signals.join;
        let (start, end) = *self.clauses(sentence.start, dealer.start).first()?;
        let mut nouns = Vec::new();
        let mut from = start;
        for word in sentence.words(start, end).iter().filter(|word| word.tags.meets(join)) {
            nouns.push((from, word.start));
            from = word.end;
        }
        nouns.push((from, end));
        let behind = sentence.quantities(dealer.end, sentence.end);
        let border = |pair: &[Quantity]| match pair {
            [left, right] => self.text.get(left.end..right.start).is_some_and(|gap| gap.chars().count() > 1),
            _ => false,
        };
        let count = behind.windows(2).position(border).map_or(behind.len(), |at| at + 1);
        (nouns.len() > 1 && count == nouns.len()).then(|| (nouns, behind.get(..count).unwrap_or_default()))
    }

    /// Gives each noun before 分别为 its number; what the nouns have in common stands with the last one.
    pub(super) fn respectively(&mut self, sentence: Sentence<'_>, state: &State) {
        let signals = &self.knowledge.rules.signals;
        let words = sentence.words(sentence.start, sentence.end);
        let Some(dealer) = words.iter().find(|word| word.tags.meets(&signals.respectively)).copied() else { return };
        let Some((nouns, numbers)) = self.deal(sentence, &dealer) else { return };
        let context = self.context(sentence.section, state, false);
        // 复议和诉讼分别为: the last noun is only its own.
        let alone = nouns.last().is_some_and(|(start, end)| sentence.words(*start, *end).len() == 1);
        let common: Vec<Word<'_>> = sentence
            .words(sentence.start, dealer.start)
            .iter()
            .filter(|word| {
                let head = word.tags.meets(&self.knowledge.rules.zero_heads);
                !head || (word.end + NOUN_NEAR > dealer.start && !alone)
            })
            .copied()
            .collect();
        for ((start, end), number) in nouns.iter().zip(numbers) {
            let Some(unit) = number.unit.or(numbers.last().and_then(|last| last.unit)) else { continue };
            let mut tags = context;
            self.gather(&mut tags, sentence.words(*start, *end));
            self.gather(&mut tags, &common);
            let Some((rule, _)) = self.knowledge.rules.first(&tags, Some(unit)) else { continue };
            let fit = Fit { rule, start: *start, end: number.end };
            if let Some(finding) = self.finding(&self.place(sentence, *start, number), unit, &fit) {
                self.findings.push(finding);
            }
        }
    }

    /// `收到的6件…已全部按时办结`: the words say that all of them were.
    pub(super) fn all_of_them(&mut self, sentence: Sentence<'_>, first: usize) {
        let signals = &self.knowledge.rules.signals;
        for word in sentence.words(sentence.start, sentence.end) {
            let nearest =
                self.findings.get(first..).unwrap_or_default().iter().rfind(|finding| finding.end <= word.start);
            let Some(whole) = nearest.filter(|whole| whole.start >= sentence.start).cloned() else { continue };
            let alone = whole.value == Some(ONE) && word.tags.meets(&signals.on_time);
            if word.tags.meets(&signals.all_of) || alone {
                self.all_of(sentence, &whole, word);
            }
        }
    }

    /// What is said of all of `whole` in the clause that begins with `all`.
    pub(super) fn all_of(&mut self, sentence: Sentence<'_>, whole: &Finding, all: &Word<'_>) {
        let catalogue = &self.knowledge.catalogue;
        let rules = &self.knowledge.rules;
        let family = |metric: MetricId| catalogue.family(metric);
        let said_of = |metric: MetricId| rules.all_of_families.iter().any(|known| known == family(metric));
        let positive = whole.value.is_some_and(|value| value > 0) && whole.basis == Basis::Sentence;
        if !positive || !rules.all_of.contains(&whole.metric) {
            return;
        }
        let rest = self.text.get(all.start..sentence.end).unwrap_or_default();
        let end = rest.find(is_border).map_or(sentence.end, |at| all.start + at);
        if !sentence.quantities(whole.end, end).is_empty() {
            return;
        }
        let mut tags = Set::default();
        let inside = sentence.words(all.start, end);
        self.gather(&mut tags, inside);
        tags.extend(&self.knowledge.rules.families.get(usize::from(whole.metric)).copied().unwrap_or_default());
        let Some((_, rule)) = whole.unit.and_then(|unit| rules.first(&tags, Some(unit))) else { return };
        let Reading::Metric(metric) = rule.reading else { return };
        let known = self.findings.iter().any(|finding| finding.metric == metric && finding.start == whole.start);
        if metric == whole.metric || !said_of(metric) || known {
            return;
        }
        let end = inside.iter().map(|word| word.end).max().unwrap_or(end);
        let rule = self.knowledge.rules.other("all-of-them");
        let told = sentence.told(whole.start, end);
        self.findings.push(Finding { metric, basis: Basis::Derived, rule, told, end, ..whole.clone() });
    }
}
