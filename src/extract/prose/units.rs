//! The unit of a number: printed behind it, or what stands around says it.

use super::Prose;
use super::borders::is_border;
use super::lists::State;
use super::place::Place;
use crate::model::Bound;
use crate::number::ONE;

impl Prose<'_> {
    /// The unit as printed, or that of the list, or what the noun before counts in.
    pub(super) fn unit(&self, place: &Place<'_>, state: &State) -> Option<u16> {
        let Place { sentence, quantity, .. } = place;
        let rest = self.text.get(quantity.end..)?;
        let share = sentence
            .words(quantity.end, quantity.end + 1)
            .iter()
            .any(|word| word.tags.meets(&self.knowledge.rules.signals.share));
        let border = share || rest.chars().next().is_none_or(|next| is_border(next) || next == '\n');
        if quantity.unit.is_some() || !border {
            return quantity.unit;
        }
        self.unit_of_noun(place).or_else(|| self.unit_of_neighbours(place, state))
    }

    /// `信息数46`, `公开信息131`, and a zero of whatever it is.
    fn unit_of_noun(&self, place: &Place<'_>) -> Option<u16> {
        let Place { sentence, quantity, .. } = place;
        let rules = &self.knowledge.rules;
        let before = self.text.get(sentence.start..quantity.start)?;
        let is_year = (1900..2100).contains(&(quantity.value / ONE));
        let ends_with = |text: &str| rules.unitless.iter().find(|(noun, _)| text.ends_with(noun.as_str()));
        let noun = ends_with(before).or_else(|| ends_with(before.trim_end_matches(rules.fillers.as_slice())));
        noun.filter(|_| !is_year).map(|(_, unit)| *unit)
    }

    /// A number without a unit takes the unit of the list that it stands in, when a border follows it.
    fn unit_of_neighbours(&self, place: &Place<'_>, state: &State) -> Option<u16> {
        let Place { sentence, quantity, .. } = place;
        let Some(previous) = self.findings.get(state.first..)?.last() else {
            // The first item of a list may have lost its unit: the next one has it.
            let next = sentence.quantities(quantity.end, sentence.end).first()?;
            let item = next.unit.filter(|unit| self.is_class(*unit, &self.knowledge.lexicon.classes.item));
            return item.filter(|_| !state.lists.is_empty());
        };
        let same_sentence = previous.start >= sentence.start;
        let in_list = state.lists.last().is_some_and(|list| !list.parts.is_empty());
        let nothing = &self.knowledge.rules.signals.nothing;
        let named = sentence.words(previous.end, quantity.start).last().is_some_and(|word| !word.tags.meets(nothing));
        (named && (same_sentence || in_list) && quantity.bound == Bound::Exact)
            .then_some(previous.unit)
            .flatten()
            .filter(|unit| {
                !self.is_class(*unit, &self.knowledge.lexicon.classes.percent)
                    && !self.is_class(*unit, &self.knowledge.lexicon.classes.money)
            })
    }
}
