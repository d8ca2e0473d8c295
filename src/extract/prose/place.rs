//! Where a number stands: what the grammar asks of it again and again, looked up once.

use super::years::Named;
use super::{Prose, Sentence};
use crate::extract::scan::Quantity;
use crate::extract::words::Word;
use crate::knowledge::Set;

/// Most windows have no more clauses.
const FEW: usize = 4;

/// A number in its sentence.
pub(super) struct Place<'s> {
    /// The sentence.
    pub sentence: Sentence<'s>,
    /// The number.
    pub quantity: &'s Quantity,
    /// Where the words begin that may say what it counts: behind the number before it.
    pub cursor: usize,
    /// The clauses of these words, the nearest first; there is at least one.
    pub clauses: Vec<(usize, usize)>,
    /// All tags of these words.
    pub tags: Set,
    /// The years that the sentence names before it.
    pub named: Named,
}

impl<'s> Place<'s> {
    /// The words between the number before and this one.
    pub(super) fn words(&self) -> &'s [Word<'s>] {
        self.sentence.words(self.cursor, self.quantity.start)
    }

    /// All words of the sentence before it.
    pub(super) fn before(&self) -> &'s [Word<'s>] {
        self.sentence.words(self.sentence.start, self.quantity.start)
    }

    /// The clause that it ends.
    pub(super) fn clause(&self) -> (usize, usize) {
        self.clauses.first().copied().unwrap_or((self.cursor, self.quantity.start))
    }

    /// The words of this clause.
    pub(super) fn near(&self) -> &'s [Word<'s>] {
        let (start, end) = self.clause();
        self.sentence.words(start, end)
    }
}

impl Prose<'_> {
    /// Looks around a number whose words begin at `cursor`.
    pub(super) fn place<'s>(&self, sentence: Sentence<'s>, cursor: usize, quantity: &'s Quantity) -> Place<'s> {
        let clauses = self.clauses(cursor, quantity.start);
        let tags = tags_of(sentence.words(cursor, quantity.start));
        Place { sentence, quantity, cursor, clauses, tags, named: self.named(sentence, quantity.start) }
    }

    /// The clauses of a window, nearest to its end first.
    pub(super) fn clauses(&self, start: usize, end: usize) -> Vec<(usize, usize)> {
        let Some(window) = self.text.get(start..end) else { return Vec::new() };
        let mut clauses = Vec::with_capacity(FEW);
        let mut to = end;
        let mut open = false;
        for (at, border) in window.char_indices().rev() {
            // What stands in brackets is said of what stands before them: 通过新闻媒体(电视、报刊等)发布.
            let closes = border == ')' && !open && window.get(..at).is_some_and(|before| before.contains('('));
            let opens = border == '(' && open;
            if !(opens || closes || (!open && matches!(border, ',' | ':' | '(' | ')' | ';'))) {
                continue;
            }
            open = closes;
            let from = if at == 0 { start } else { start + at + 1 };
            // Nothing between a comma and the number: 其余65件均已答复 begins its clause.
            let begins = to == end && window.ends_with(',');
            if (from < to || begins) && !(opens && at > 0) {
                clauses.push((from.min(to), to));
            }
            to = start + at;
        }
        if start < to {
            clauses.push((start, to));
        }
        if clauses.is_empty() {
            clauses.push((end, end));
        }
        clauses
    }
}

/// All tags of some words.
pub(super) fn tags_of(words: &[Word<'_>]) -> Set {
    let mut tags = Set::default();
    for word in words {
        tags.extend(word.tags);
    }
    tags
}
