//! Sets of characters that a text is searched for, one look for each of its characters.

use std::sync::LazyLock;

/// A set of characters of the basic plane.
pub struct Characters([u64; 0x1_0000 / 64]);

impl Default for Characters {
    fn default() -> Characters {
        Characters::new(&[])
    }
}

impl Characters {
    /// The set of those listed; characters beyond the basic plane are left out.
    pub const fn new(list: &[char]) -> Characters {
        let mut set = Characters([0; 0x1_0000 / 64]);
        let mut at = 0;
        while at < list.len() {
            set.insert(list[at]);
            at += 1;
        }
        set
    }

    /// Adds one.
    pub const fn insert(&mut self, character: char) {
        let code = character as usize;
        if code < 0x1_0000 {
            self.0[code / 64] |= 1 << (code % 64);
        }
    }

    /// Adds all of another set.
    pub const fn with(mut self, other: &Characters) -> Characters {
        let mut at = 0;
        while at < self.0.len() {
            self.0[at] |= other.0[at];
            at += 1;
        }
        self
    }

    /// Whether it is among them.
    pub fn has(&self, character: char) -> bool {
        let code = character as usize;
        self.0.get(code / 64).is_some_and(|bits| bits >> (code % 64) & 1 == 1)
    }

    /// The first of them in a text, and where it stands.
    pub fn first_in(&self, text: &str) -> Option<(usize, char)> {
        text.char_indices().find(|(_, character)| self.has(*character))
    }
}

/// Letters of the basic plane: the tables of all scripts are slow for marks between ideographs.
static LETTERS: LazyLock<Box<Characters>> = LazyLock::new(|| {
    let mut letters = Box::new(Characters::new(&[]));
    ('\0'..='\u{FFFF}').filter(|character| character.is_alphabetic()).for_each(|letter| letters.insert(letter));
    letters
});

/// Whether it is a letter of any script, ideographs included.
pub fn is_letter(character: char) -> bool {
    if u32::from(character) < 0x1_0000 { LETTERS.has(character) } else { character.is_alphabetic() }
}
