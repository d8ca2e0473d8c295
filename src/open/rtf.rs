//! Rich Text Format: words, paragraphs and tables; pictures, styles and fields' codes are left out.

use std::collections::BTreeSet;

use encoding_rs::Encoding;

use super::markup::Markup;
use super::{Page, reject};
use crate::record::{Reason, Reject};

/// Groups nested deeper than this end the reading.
const DEEPEST: usize = 1_000;

/// Groups that no reader sees.
const UNSEEN: [&[u8]; 20] = [
    b"fonttbl",
    b"colortbl",
    b"stylesheet",
    b"info",
    b"pict",
    b"header",
    b"headerl",
    b"headerr",
    b"headerf",
    b"footer",
    b"footerl",
    b"footerr",
    b"footerf",
    b"fldinst",
    b"themedata",
    b"listtable",
    b"listoverridetable",
    b"footnote",
    b"tc",
    b"xe",
];

/// Reads a document.
pub(super) fn read(bytes: &[u8]) -> Result<Page, Reject> {
    let mut reader = Reader {
        markup: Markup::default(),
        encoding: encoding_rs::GB18030,
        pending: Vec::new(),
        text: String::new(),
        table: Table::default(),
        in_table: false,
        groups: vec![Group { unseen: false, hidden: Hidden::default(), fallback: 1 }],
        skip: 0,
        errors: 0,
    };
    reader.run(bytes);
    reader.end_paragraph();
    reader.end_row();
    reader.close_table();
    if reader.markup.is_empty() {
        return Err(reject(Reason::Empty, "the document shows no text"));
    }
    Ok(Page::new(reader.markup.finish(), reader.errors))
}

#[derive(Clone, Copy)]
struct Group {
    /// A destination that no reader sees.
    unseen: bool,
    /// Hidden, struck out, deleted or raised: no part of the words.
    hidden: Hidden,
    /// Characters that follow a `\u` for readers that do not know it.
    fallback: usize,
}

/// Ways in which characters are no part of the words, each switched on and off by itself.
#[derive(Clone, Copy, Default)]
struct Hidden {
    vanished: bool,
    struck: bool,
    deleted: bool,
    raised: bool,
}

impl Hidden {
    fn any(self) -> bool {
        self.vanished || self.struck || self.deleted || self.raised
    }
}

struct Reader {
    markup: Markup,
    /// What `\'hh` bytes are in.
    encoding: &'static Encoding,
    /// Bytes of `\'hh`, which become characters together.
    pending: Vec<u8>,
    text: String,
    table: Table,
    in_table: bool,
    groups: Vec<Group>,
    /// Characters still to be passed over behind a `\u`.
    skip: usize,
    errors: usize,
}

impl Reader {
    fn run(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((first, behind)) = rest.split_first() {
            rest = behind;
            match first {
                b'{' => {
                    self.settle();
                    let group = self.group();
                    self.groups.push(group);
                    if self.groups.len() > DEEPEST {
                        return;
                    }
                }
                b'}' => {
                    self.settle();
                    if self.groups.len() > 1 {
                        self.groups.pop();
                    }
                }
                b'\\' => rest = self.control(behind),
                b'\r' | b'\n' => {}
                byte => self.byte(*byte),
            }
        }
    }

    fn is_seen(&self) -> bool {
        let group = self.group();
        !group.unseen && !group.hidden.any()
    }

    fn group(&self) -> Group {
        self.groups.last().copied().unwrap_or(Group { unseen: false, hidden: Hidden::default(), fallback: 1 })
    }

    /// What stands behind a backslash; returns what stands behind that.
    fn control<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let letters = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, rest) = bytes.split_at(letters);
        if word.is_empty() {
            return self.symbol(bytes);
        }
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest.iter().skip(sign).take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = rest.split_at(if digits > 0 { sign + digits } else { 0 });
        let number = std::str::from_utf8(number).ok().and_then(|number| number.parse::<i32>().ok());
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        self.word(word, number);
        if word == b"bin" {
            return rest.get(usize::try_from(number.unwrap_or(0)).unwrap_or(0)..).unwrap_or_default();
        }
        rest
    }

    fn symbol<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let Some((first, rest)) = bytes.split_first() else { return bytes };
        match first {
            b'\'' => {
                let hex = rest.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
                let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
                match byte {
                    Some(byte) => self.byte(byte),
                    None => self.errors += 1,
                }
                return rest.get(2..).unwrap_or_default();
            }
            b'*' => self.hide(),
            b'~' => self.character(' '),
            b'_' => self.character('-'),
            b'{' | b'}' | b'\\' => self.byte(*first),
            b'\r' | b'\n' => self.end_paragraph(),
            _ => {}
        }
        rest
    }

    fn hide(&mut self) {
        if let Some(group) = self.groups.last_mut() {
            group.unseen = true;
        }
    }

    fn switch(&mut self, change: impl FnOnce(&mut Hidden)) {
        if let Some(group) = self.groups.last_mut() {
            change(&mut group.hidden);
        }
    }

    fn word(&mut self, word: &[u8], number: Option<i32>) {
        if word != b"u" {
            self.settle();
        }
        match word {
            b"ansicpg" => {
                let known = number.and_then(codepage);
                self.encoding = known.unwrap_or(self.encoding);
            }
            b"u" => self.unicode(number.unwrap_or(0)),
            b"uc" => {
                let fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1);
                if let Some(group) = self.groups.last_mut() {
                    group.fallback = fallback;
                }
            }
            b"v" => self.switch(|hidden| hidden.vanished = number != Some(0)),
            b"strike" | b"striked" => self.switch(|hidden| hidden.struck = number != Some(0)),
            b"deleted" => self.switch(|hidden| hidden.deleted = number != Some(0)),
            b"super" => self.switch(|hidden| hidden.raised = number != Some(0)),
            b"nosupersub" => self.switch(|hidden| hidden.raised = false),
            b"plain" => self.switch(|hidden| *hidden = Hidden::default()),
            b"par" | b"sect" | b"page" => self.end_paragraph(),
            b"line" => self.character('\n'),
            b"tab" => self.character(' '),
            b"intbl" => self.in_table = true,
            b"pard" => self.in_table = false,
            b"cell" | b"nestcell" => self.end_cell(),
            b"row" | b"nestrow" => self.end_row(),
            b"trowd" => self.table.shape.clear(),
            b"clvmrg" => self.table.next = Merge::Above,
            b"clmrg" => self.table.next = Merge::Before,
            b"cellx" => {
                let merge = std::mem::take(&mut self.table.next);
                self.table.shape.push((number.unwrap_or(0), merge));
            }
            b"emdash" => self.character('\u{2014}'),
            b"endash" => self.character('\u{2013}'),
            b"lquote" => self.character('\u{2018}'),
            b"rquote" => self.character('\u{2019}'),
            b"ldblquote" => self.character('\u{201C}'),
            b"rdblquote" => self.character('\u{201D}'),
            _ if UNSEEN.contains(&word) => self.hide(),
            _ => {}
        }
    }

    fn unicode(&mut self, number: i32) {
        self.settle();
        let code = u32::try_from(if number < 0 { number + 0x1_0000 } else { number }).unwrap_or(0xFFFD);
        let character = char::from_u32(code).unwrap_or('\u{FFFD}');
        self.errors += usize::from(character == '\u{FFFD}');
        self.skip = 0;
        self.character(character);
        self.skip = self.group().fallback;
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.is_seen() {
            self.pending.push(byte);
        }
    }

    /// Bytes that were collected become characters.
    fn settle(&mut self) {
        if !self.pending.is_empty() {
            let (text, _) = self.encoding.decode_without_bom_handling(&self.pending);
            self.errors += text.matches('\u{FFFD}').count();
            self.text.push_str(&text);
            self.pending.clear();
        }
    }

    fn character(&mut self, character: char) {
        self.settle();
        if self.is_seen() {
            self.text.push(character);
        }
    }

    fn end_paragraph(&mut self) {
        self.settle();
        self.skip = 0;
        if self.in_table {
            self.text.push('\n');
        } else if !self.text.trim().is_empty() {
            self.close_table();
            self.markup.paragraph(&std::mem::take(&mut self.text));
        } else {
            self.text.clear();
        }
    }

    fn end_cell(&mut self) {
        self.settle();
        self.skip = 0;
        let text = std::mem::take(&mut self.text);
        self.table.cells.push(text);
    }

    fn end_row(&mut self) {
        self.settle();
        self.table.end_row();
    }

    fn close_table(&mut self) {
        std::mem::take(&mut self.table).write(&mut self.markup);
    }
}

/// How a cell belongs to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Merge {
    #[default]
    None,
    Above,
    Before,
}

/// A cell with its right edge.
struct Cell {
    text: String,
    edge: i32,
    merge: Merge,
}

/// Rows, until the table ends and its columns are known.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<Cell>>,
    /// Cells of the open row.
    cells: Vec<String>,
    /// Right edges of the rows to come, and how their cells are merged.
    shape: Vec<(i32, Merge)>,
    next: Merge,
}

impl Table {
    fn end_row(&mut self) {
        let texts = std::mem::take(&mut self.cells);
        let mut row: Vec<Cell> = Vec::with_capacity(texts.len());
        for (at, text) in texts.into_iter().enumerate() {
            let unknown = row.last().map_or(0, |last| last.edge).saturating_add(1);
            let (edge, merge) = self.shape.get(at).copied().unwrap_or((unknown, Merge::None));
            match row.last_mut().filter(|_| merge == Merge::Before) {
                Some(last) => last.edge = edge,
                None => row.push(Cell { text, edge, merge }),
            }
        }
        if !row.is_empty() {
            self.rows.push(row);
        }
    }

    fn write(self, markup: &mut Markup) {
        if self.rows.is_empty() {
            return;
        }
        let edges: BTreeSet<i32> = self.rows.iter().flatten().map(|cell| cell.edge).collect();
        let left =
            |row: &[Cell], at: usize| at.checked_sub(1).and_then(|at| row.get(at)).map_or(i32::MIN, |cell| cell.edge);
        markup.begin_table();
        for (number, row) in self.rows.iter().enumerate() {
            markup.begin_row();
            for (at, cell) in row.iter().enumerate().filter(|(_, cell)| cell.merge != Merge::Above) {
                let start = left(row, at);
                let goes_on = |below: &&Vec<Cell>| {
                    let same = |at: &usize| left(below, *at) == start && below[*at].merge == Merge::Above;
                    (0..below.len()).any(|at| same(&at))
                };
                let below = self.rows.get(number + 1..).unwrap_or_default().iter().take_while(goes_on).count();
                let wide = edges.iter().filter(|edge| **edge > start && **edge <= cell.edge).count();
                let count = |number: usize| u32::try_from(number).unwrap_or(1);
                markup.cell(&cell.text, count(wide), count(below + 1));
            }
            markup.end_row();
        }
        markup.end_table();
    }
}

/// The encoding of a Windows code page.
fn codepage(number: i32) -> Option<&'static Encoding> {
    match number {
        936 => Some(encoding_rs::GB18030),
        950 => Some(encoding_rs::BIG5),
        65_001 => Some(encoding_rs::UTF_8),
        // Western pages name their own encoding, but the Chinese bytes in them are the machine's.
        _ => None,
    }
}
