//! The lexicon's words in a folded text.

use memchr::memmem;

use crate::knowledge::{Knowledge, Set};

/// A lexicon word in the folded text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'k> {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it means.
    pub tags: &'k Set,
}

/// The words of a stretch of text in text order.
pub(super) struct Words<'k>(Vec<Word<'k>>);

impl<'k> Words<'k> {
    /// Finds those of the stretch `start..end`.
    pub(super) fn new(knowledge: &'k Knowledge, text: &str, start: usize, end: usize) -> Words<'k> {
        Words(find(knowledge, text.get(start..end).unwrap_or_default(), start))
    }

    /// Those that begin between two places.
    pub(super) fn within(&self, start: usize, end: usize) -> &[Word<'k>] {
        let before = |at: usize| self.0.partition_point(|word| word.start < at);
        self.0.get(before(start)..before(end)).unwrap_or_default()
    }
}

/// Even in the densest sentence a word stands in so many bytes.
const BYTES_FOR_A_WORD: usize = 8;

/// How many characters a document's title has.
pub(super) const LONGEST_TITLE: usize = 60;

/// How many characters of a name in quotation marks are looked through.
pub(super) const LONGEST_NAME: usize = 20;

/// All lexicon words of a text that begins at `offset`, but those inside the quoted name of a channel: “某县财政”微信公众号
/// is no figure of finance.
fn find<'k>(knowledge: &'k Knowledge, text: &str, offset: usize) -> Vec<Word<'k>> {
    let lexicon = &knowledge.lexicon;
    let word = |found: daachorse::Match<u32>| Word {
        start: found.start(),
        end: found.end(),
        tags: lexicon.tags_of(found.value()),
    };
    let mut words: Vec<Word<'_>> = Vec::with_capacity(text.len() / BYTES_FOR_A_WORD);
    let mut name_end = 0;
    let mut titles = titles(text).into_iter().peekable();
    for found in lexicon.automaton.leftmost_find_iter(text).map(word) {
        while titles.next_if(|(_, end)| *end <= found.start).is_some() {}
        // What a document is called tells nothing of a figure, but for the gazette's name.
        let in_title = titles.peek().is_some_and(|(start, _)| *start < found.start);
        if found.start < name_end || (in_title && !found.tags.meets(&knowledge.rules.signals.channel)) {
            continue;
        }
        if found.tags.meets(&knowledge.rules.signals.channel) {
            let name = quoted_name(text, found.start).unwrap_or(found.start);
            while words.last().is_some_and(|last| last.start >= name) {
                words.pop();
            }
            name_end = name_behind(text, found.end).unwrap_or(0);
        }
        words.push(found);
    }
    for word in &mut words {
        word.start += offset;
        word.end += offset;
    }
    words
}

/// Where the quoted name that ends right before `end` begins.
fn quoted_name(text: &str, end: usize) -> Option<usize> {
    let mut before = text.get(..end)?.char_indices().rev();
    before.next().filter(|(_, last)| matches!(last, '”' | '"' | '’' | '』' | '」'))?;
    let open = |(_, character): &(usize, char)| matches!(character, '“' | '"' | '‘' | '『' | '「');
    before.take(LONGEST_NAME).find(open).map(|(start, _)| start)
}

/// The titles of documents in a text: from 《 to 》.
fn titles(text: &str) -> Vec<(usize, usize)> {
    let title = |start: usize| {
        let mut behind = text.get(start..)?.char_indices().skip(1).take(LONGEST_TITLE);
        let (end, last) = behind.find(|(_, character)| matches!(character, '《' | '》' | '。'))?;
        (last == '》').then_some((start, start + end))
    };
    memmem::find_iter(text.as_bytes(), "《").filter_map(title).collect()
}

/// Where the quoted name that begins right at `start` ends: 微信公众号“卧龙民政”.
fn name_behind(text: &str, start: usize) -> Option<usize> {
    let mut behind = text.get(start..)?.char_indices();
    behind.next().filter(|(_, first)| matches!(first, '“' | '‘' | '『' | '「'))?;
    let close = |(_, character): &(usize, char)| matches!(character, '”' | '’' | '』' | '」');
    behind.take(LONGEST_NAME).find(close).map(|(end, _)| start + end)
}
