//! Which rule names a number's metric: clause after clause outwards, then the noun behind it.

use super::borders::is_border;
use super::lists::State;
use super::place::Place;
use super::{NOUN_NEAR, Prose};
use crate::extract::words::Word;
use crate::knowledge::Set;
use crate::model::RuleId;

/// So many clauses before a number may hold its noun.
const REACH: usize = 4;

/// A rule that fits and the words that it rests on.
pub(super) struct Fit {
    pub(super) rule: RuleId,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Prose<'_> {
    /// Tries clause after clause outwards until a rule fits.
    pub(super) fn fit(&self, place: &Place<'_>, unit: u16, state: &State) -> Option<Fit> {
        let signals = &self.knowledge.rules.signals;
        let Place { sentence, quantity, clauses, named, .. } = place;
        let disclosed = place.near().iter().any(|word| word.tags.meets(&signals.disclose));
        let mut tags = self.context(sentence.section, state, disclosed);
        if named.is_later {
            tags.extend(&signals.later);
        }
        if named.last.is_some_and(|(_, named)| self.year.is_some_and(|year| named < year)) {
            tags.extend(&signals.earlier);
        }
        if let Some(fit) = self.name_behind(place, unit, tags) {
            return Some(fit);
        }
        let join = &self.knowledge.rules.signals.join;
        for (at, (start, end)) in clauses.iter().enumerate().take(REACH) {
            let words = sentence.words(*start, *end);
            self.gather_clause(&mut tags, words, at == 0);
            let first = words.iter().find(|word| !word.tags.meets(join));
            let quote_start = first.map_or(quantity.start, |word| word.start);
            // 新媒体(微博、微信等)发布: what stands behind a bracket goes on with what stands before it.
            let bracket = self.text.get(..*start).is_some_and(|before| before.ends_with(')'));
            let before = clauses.get(at + 1).and_then(|(_, end)| self.text.get(*end..));
            if bracket && before.is_some_and(|rest| rest.starts_with('(')) {
                continue;
            }
            if let Some((number, rule)) = self.knowledge.rules.first(&tags, Some(unit)) {
                let farther = clauses.get(at + 1..).unwrap_or_default();
                let blocks = |(start, end): &(usize, usize)| {
                    let words = sentence.words(*start, *end);
                    let names = self.text.get(*end..).is_some_and(|rest| rest.starts_with(':'));
                    self.blocks(words, &rule.outer, names)
                };
                if !farther.iter().any(blocks) {
                    return Some(Fit { rule: number, start: quote_start, end: quantity.end });
                }
            } else if let Some(fit) = self.noun_behind(place, (*start, *end), unit, tags) {
                return Some(Fit { start: quote_start, ..fit });
            }
        }
        None
    }

    /// `29场“新闻发布会”`, `6期《…公报》`: a name in quotation marks right behind a number is what it counts.
    fn name_behind(&self, place: &Place<'_>, unit: u16, tags: Set) -> Option<Fit> {
        let Place { sentence, quantity, .. } = place;
        let rest = self.text.get(quantity.end..sentence.end)?;
        let name = rest.strip_prefix(['“', '《'])?;
        let start = sentence.end - name.len();
        let end = start + name.find(['”', '》'])?;
        let words = sentence.words(start, end);
        let mut tags = tags;
        self.gather(&mut tags, words);
        let event = self.is_class(unit, &self.knowledge.lexicon.classes.times);
        let (rule, _) = self.knowledge.rules.first(&tags, Some(unit)).filter(|_| event && !words.is_empty())?;
        Some(Fit { rule, start: quantity.start, end })
    }

    /// Whether a farther clause says what a number is of. What was disclosed and where only count behind 通过 or before
    /// a colon: 县政府网站改版，全年公开信息300条.
    fn blocks(&self, words: &[Word<'_>], outer: &Set, names: bool) -> bool {
        let rules = &self.knowledge.rules;
        let has = |tag: &Set| words.iter().any(|word| word.tags.meets(tag));
        let mut told = *outer;
        if !names && !has(&rules.signals.via) {
            told.remove(&rules.signals.channel);
        }
        if !names && !has(&rules.signals.topic) {
            told.remove(&rules.categories);
        }
        has(&told)
    }

    /// `发布14条主动公开政府信息`: the noun comes after the number.
    fn noun_behind(&self, place: &Place<'_>, clause: (usize, usize), unit: u16, tags: Set) -> Option<Fit> {
        let Place { sentence, quantity, .. } = place;
        if self.is_within(place) {
            return None;
        }
        let rest = self.text.get(quantity.end..sentence.end)?;
        let border = rest.find(is_border).map_or(sentence.end, |at| quantity.end + at);
        let next = sentence.quantities(quantity.end, border).first().map_or(border, |next| next.start);
        let signals = &self.knowledge.rules.signals;
        let words = sentence.words(quantity.end, next);
        // 其余65件均在法定期限内答复: a number that begins its clause is what the clause is about.
        let subject = sentence.words(clause.0, clause.1).iter().all(|word| word.tags.meets(&signals.among));
        let stop = words.iter().position(|word| {
            let of_all = word.tags.meets(&signals.all_of) || word.tags.meets(&signals.on_time);
            word.tags.meets(&signals.neg) || (of_all && !subject)
        });
        let words = words.get(..stop.unwrap_or(words.len())).unwrap_or_default();
        // 4宗申请人主动撤销申请: what begins its clause may have its noun a little farther.
        let named = words.iter().find(|word| !subject || !word.tags.meets(&signals.nothing));
        let reach = if subject { 3 * NOUN_NEAR } else { NOUN_NEAR };
        let near = named.filter(|word| word.start <= quantity.end + reach)?;
        if self.is_class(unit, &self.knowledge.lexicon.classes.percent)
            || near.tags.meets(&self.knowledge.rules.signals.nothing)
        {
            return None;
        }
        let mut tags = tags;
        self.gather(&mut tags, words);
        let (number, rule) = self.knowledge.rules.first(&tags, Some(unit))?;
        // 9个重点领域 counts fields, not items.
        let classes = &self.knowledge.lexicon.classes;
        let items = rule.unit.meets(&classes.item) && !rule.unit.meets(&classes.piece);
        if self.knowledge.lexicon.unit(unit).article && items {
            return None;
        }
        let end = words.iter().map(|word| word.end).filter(|end| *end <= next).max()?;
        Some(Fit { rule: number, start: quantity.start, end })
    }
}
