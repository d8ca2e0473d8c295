//! One spelling for matching, with the way back to the document's own words.
//!
//! Width, traditional and variant characters, blanks between ideographs, zero-width characters, Markdown stars and
//! pinyin glosses are folded away. The document's text is never changed: every byte of the folded text knows where it
//! came from, so every quotation is the document's own words.

use crate::characters::Characters;
use crate::model::{BlockKind, Document, Span};

/// A tag is at most so many bytes; longer ones are text.
const LONGEST_TAG: usize = 80;

/// Which simplified character stands for a variant; covers the basic plane.
#[derive(Default)]
pub struct Variants {
    table: Vec<char>,
    /// Characters that are not matched as themselves, or mean something for folding.
    special: Box<Characters>,
}

impl Variants {
    /// Builds the table from pairs of one character each.
    pub fn new(pairs: &[(char, char)]) -> Variants {
        let mut table: Vec<char> = (0..0x1_0000).map(|code| char::from_u32(code).unwrap_or('\u{FFFD}')).collect();
        for (code, slot) in table.iter_mut().enumerate() {
            *slot = width(*slot, code);
        }
        for (variant, form) in pairs {
            if let Some(slot) = table.get_mut(*variant as usize) {
                *slot = *form;
            }
        }
        let mut special = Box::new(Characters::new(&[]));
        for (code, form) in table.iter().enumerate() {
            let character = u32::try_from(code).ok().and_then(char::from_u32);
            if let Some(character) = character.filter(|character| character != form || has_meaning(*form)) {
                special.insert(character);
            }
        }
        Variants { table, special }
    }

    /// The form that a character is matched as.
    pub fn form(&self, character: char) -> char {
        // The table is larger than what a processor keeps at hand, and few characters have another form.
        if !self.special.has(character) {
            return character;
        }
        self.table.get(character as usize).copied().unwrap_or(character)
    }

    /// A text in the forms of its characters, without blanks.
    pub fn bare(&self, text: &str) -> String {
        let mut bare = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((run, character)) = self.special.first_in(rest) {
            bare.push_str(rest.get(..run).unwrap_or_default());
            bare.extend(Some(self.form(character)).filter(|form| !form.is_whitespace()));
            rest = rest.get(run + character.len_utf8()..).unwrap_or_default();
        }
        bare.push_str(rest);
        bare
    }

    /// Whether folding leaves a text as it is.
    pub fn is_folded(&self, text: &str) -> bool {
        self.special.first_in(text).is_none()
    }

    /// Folds a short text without keeping the way back: labels, names, lexicon words.
    pub fn word(&self, text: &str) -> String {
        self.fold(text, Span::new(0, text.len())).text
    }

    /// Folds the part of `text` under `span`.
    pub fn fold(&self, text: &str, span: Span) -> Folded {
        let mut folded = Folded::with_capacity(span.range().len());
        self.fold_into(text, span, &mut folded);
        folded
    }

    /// Appends the folded form of the part of `text` under `span`.
    pub fn fold_into(&self, text: &str, span: Span, folded: &mut Folded) {
        let part = text.get(span.range()).unwrap_or_default();
        let origin = span.start as usize;
        let mut blank: Option<usize> = None;
        let mut at = 0;
        while let Some(rest) = part.get(at..).filter(|rest| !rest.is_empty()) {
            let run = self.special.first_in(rest).map_or(rest.len(), |(run, _)| run);
            let Some(character) = rest.chars().next() else { break };
            if run > 0 {
                folded.part(blank.take(), character);
                folded.begin(origin + at);
                folded.text.push_str(rest.get(..run).unwrap_or_default());
                at += run;
                continue;
            }
            let form = self.form(character);
            let width = character.len_utf8();
            at += match form {
                _ if is_invisible(form) => width,
                ' ' | '\n' | '\r' => {
                    blank.get_or_insert(origin + at);
                    width
                }
                '*' if rest.starts_with("**") => "**".len(),
                '<' if tag(rest) > 0 => {
                    blank.get_or_insert(origin + at);
                    tag(rest)
                }
                '(' if folded.ends_with_ideograph() && gloss(rest).is_some() => {
                    folded.glosses += 1;
                    gloss(rest).unwrap_or(width)
                }
                _ => {
                    folded.variants += usize::from(form != character && is_ideograph(character));
                    folded.part(blank.take(), form);
                    folded.push(form, origin + at);
                    width
                }
            };
        }
        folded.end = span.end;
    }
}
fn is_ideograph(character: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&character)
}

/// Whether folding does more with a character than to print its form.
fn has_meaning(form: char) -> bool {
    is_invisible(form) || matches!(form, ' ' | '\n' | '\r' | '*' | '<' | '(')
}

fn is_invisible(form: char) -> bool {
    matches!(form, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}')
}

/// Full width to half width, and every kind of blank to a space.
fn width(character: char, code: usize) -> char {
    match character {
        '\t' => ' ',
        '\u{3000}' | '\u{00A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{1680}' => ' ',
        '﹝' | '【' | '［' => '〔',
        '﹞' | '】' | '］' => '〕',
        '〇' | '○' | '◯' => '〇',
        '「' | '『' | '＂' | '〝' => '“',
        '」' | '』' | '〞' => '”',
        '―' | '–' | '─' | '－' => '-',
        '—' => '-',
        '﹪' | '٪' => '%',
        '﹐' | '､' => ',',
        '﹔' => ';',
        '﹕' | '︰' => ':',
        '｡' => '。',
        '\u{FF01}'..='\u{FF5E}' => u32::try_from(code - 0xFEE0).ok().and_then(char::from_u32).unwrap_or(character),
        _ => character,
    }
}

/// Length of a tag that was left in a text, such as `<br/>` in a cell of Markdown; 0 for none.
fn tag(text: &str) -> usize {
    let name = text.get(1..).map_or("", |rest| rest.trim_start_matches('/'));
    let names = ["br", "div", "span", "p", "center", "u", "b", "ins", "cite"];
    let end = text.get(..text.floor_char_boundary(LONGEST_TAG)).and_then(|text| text.find('>')).map_or(0, |at| at + 1);
    let of_name = |tag: &&str| {
        name.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag))
            && name.get(tag.len()..).is_some_and(|rest| rest.starts_with(['>', '/', ' ']))
    };
    if names.iter().any(of_name) { end } else { 0 }
}

/// Length of a pinyin gloss such as `(gōng)` at the start of the text.
fn gloss(text: &str) -> Option<usize> {
    let close = text.char_indices().take(9).find(|(_, character)| matches!(character, ')' | '）'))?;
    let inner = text.get(1..close.0).or_else(|| text.get('（'.len_utf8()..close.0))?;
    let pinyin =
        |character: char| character.is_ascii_lowercase() || "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ".contains(character);
    let some_vowel = inner.chars().any(|character| !character.is_ascii() || "aeiou".contains(character));
    (!inner.is_empty() && some_vowel && inner.chars().all(pinyin)).then_some(close.0 + close.1.len_utf8())
}

/// Texts of four gigabytes are not read.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A folded text with the way back.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// The text to match on.
    pub text: String,
    /// Where in `text` a stretch begins that was copied as it is, and where in the original: one for every change of the
    /// distance between them.
    stretches: Vec<(u32, u32)>,
    /// How many ideographs are printed as another one.
    pub variants: usize,
    /// How many pinyin glosses were left out.
    pub glosses: usize,
    /// Where in `text` blanks stood that folding took away, or left one of.
    gaps: Vec<u32>,
    /// Where the original ends.
    end: u32,
}

impl Folded {
    /// An empty folded text with room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Folded {
        Folded { text: String::with_capacity(bytes), ..Folded::default() }
    }

    /// Appends one character that comes from byte `origin` of the original.
    pub fn push(&mut self, character: char, origin: usize) {
        self.begin(origin);
        self.text.push(character);
    }

    /// Says where what is appended next comes from.
    fn begin(&mut self, origin: usize) {
        let (at, origin) = (position(self.text.len()), position(origin));
        let goes_on = |(start, from): &(u32, u32)| origin.checked_sub(*from) == Some(at - start);
        if !self.stretches.last().is_some_and(goes_on) {
            self.stretches.push((at, origin));
        }
    }

    /// Marks the blank at byte `blank` of the original before what begins with `next`; between words of letters one
    /// stays.
    fn part(&mut self, blank: Option<usize>, next: char) {
        let Some(blank) = blank else { return };
        if next.is_ascii_alphanumeric() && self.text.ends_with(|last: char| last.is_ascii_alphanumeric()) {
            self.push(' ', blank);
        }
        self.gaps.push(position(self.text.len()));
    }

    fn ends_with_ideograph(&self) -> bool {
        self.text.ends_with(is_ideograph)
    }

    /// Whether blanks stood right before a place of the folded text.
    pub fn has_gap(&self, at: usize) -> bool {
        self.gaps.binary_search(&position(at)).is_ok()
    }

    /// The pieces of a range that blanks part in the original, as ranges of folded bytes.
    pub fn pieces(&self, start: usize, end: usize) -> Vec<(usize, usize)> {
        let first = self.gaps.partition_point(|gap| (*gap as usize) <= start);
        let inner = self.gaps.iter().skip(first).map(|gap| *gap as usize).take_while(|gap| *gap < end);
        let mut pieces = Vec::new();
        let mut from = start;
        for to in inner.chain([end]) {
            let piece = self.text.get(from..to).unwrap_or_default();
            let length = piece.trim_end().len();
            if length > 0 {
                pieces.push((from, from + length));
            }
            from = to;
        }
        pieces
    }

    /// The original's span of a range of folded bytes; ends where the last character of the range ends.
    pub fn original(&self, start: usize, end: usize, original: &str) -> Span {
        let first = self.origin(start).unwrap_or(self.end as usize);
        let last = end.checked_sub(1).and_then(|at| self.origin(at)).unwrap_or(first);
        let width = original.get(last..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Span::new(first, last + width)
    }

    /// The byte of the original that the character at a folded byte starts at.
    fn origin(&self, at: usize) -> Option<usize> {
        let at = self.text.floor_char_boundary(at);
        let stretch = self.stretches.partition_point(|(start, _)| *start as usize <= at).checked_sub(1)?;
        let (start, from) = self.stretches.get(stretch).filter(|_| at < self.text.len())?;
        Some(*from as usize + at - *start as usize)
    }
}

/// A document folded block by block, for matching in one pass.
#[derive(Debug, Default)]
pub struct Page {
    /// The blocks' texts, one line each.
    pub folded: Folded,
    /// What each line is and where it stands in the folded text.
    pub blocks: Vec<FoldedBlock>,
}

/// One block of a [`Page`].
#[derive(Debug, Clone)]
pub struct FoldedBlock {
    /// What it is.
    pub kind: BlockKind,
    /// Its place in the original.
    pub span: Span,
    /// Its place in the folded text.
    pub start: usize,
    /// Its end in the folded text.
    pub end: usize,
}

impl Page {
    /// Folds a document.
    pub fn new(variants: &Variants, document: &Document) -> Page {
        let mut page = Page { folded: Folded::with_capacity(document.text.len()), blocks: Vec::new() };
        for block in &document.blocks {
            let start = page.folded.text.len();
            variants.fold_into(&document.text, block.span, &mut page.folded);
            let end = page.folded.text.len();
            page.folded.push('\n', block.span.end as usize);
            page.blocks.push(FoldedBlock { kind: block.kind, span: block.span, start, end });
        }
        page
    }

    /// The folded text of a block.
    pub fn text(&self, block: &FoldedBlock) -> &str {
        self.folded.text.get(block.start..block.end).unwrap_or_default()
    }

    /// The paragraphs, tables left out.
    pub fn paragraphs(&self) -> impl Iterator<Item = &FoldedBlock> {
        self.blocks.iter().filter(|block| block.kind == BlockKind::Paragraph)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants() -> Variants {
        Variants::new(&[('開', '开'), ('鎮', '镇')])
    }

    #[test]
    fn folds_width_blanks_stars_and_glosses() {
        let word = |text: &str| variants().word(text);
        assert_eq!(word("１５　余 条"), "15余条");
        assert_eq!(word("2020 年 政府信息"), "2020年政府信息");
        assert_eq!(word("2018 12"), "2018 12");
        assert_eq!(word("**公開**鎮(zhèn)"), "公开镇");
        assert_eq!(word("公告(n=3)"), "公告(n=3)");
        assert_eq!(word("（一）"), "(一)");
    }

    #[test]
    fn knows_where_blanks_stood() {
        let text = "行政 许可 12　-3  无";
        let folded = variants().fold(text, Span::new(0, text.len()));
        let pieces = folded.pieces(0, folded.text.len());
        let words: Vec<&str> = pieces.iter().filter_map(|(start, end)| folded.text.get(*start..*end)).collect();
        assert_eq!(words, ["行政", "许可", "12", "-3", "无"]);
    }

    #[test]
    fn knows_the_way_back() {
        let text = "共公 開 ３ 条。";
        let folded = variants().fold(text, Span::new(0, text.len()));
        let at = folded.text.find("公开3条").unwrap();
        let span = folded.original(at, at + "公开3条".len(), text);
        assert_eq!(text.get(span.range()), Some("公 開 ３ 条"));
    }
}
