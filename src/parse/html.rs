//! A web page becomes its reading text: paragraphs and table cells; scripts, menus and hidden parts are left out.
//!
//! A streaming tokenizer, not a tree: pages are unclosed and mis-nested, and a tree costs ten times as much
//! (measured, see docs/architecture.md). What a tree would tell us, which cell is open, the page keeps itself.

use std::convert::Infallible;

use html5gum::Tokenizer;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};

use super::grid::{Grid, Place};
use crate::medium::Media;
use crate::model::{Block, BlockKind, Document, Span};

/// A cell with more characters than this, or with a sentence, holds an article, not a figure: an old site's layout table.
const LONGEST_CELL: usize = 240;

/// Tables nested deeper than this are treated as text.
const DEEPEST: usize = 32;

/// Elements whose content no reader sees.
const UNSEEN: [&[u8]; 19] = [
    b"script",
    b"style",
    b"noscript",
    b"template",
    b"select",
    b"option",
    b"button",
    b"nav",
    b"footer",
    b"textarea",
    b"iframe",
    b"svg",
    b"object",
    // Struck out, small print above a number, readings beside a character: in a cell they would become digits of it.
    b"del",
    b"s",
    b"strike",
    b"sup",
    b"rt",
    b"rp",
];

/// Elements without an end tag, which nothing can hide.
const VOID: [&[u8]; 8] = [b"br", b"hr", b"img", b"input", b"meta", b"link", b"col", b"embed"];

/// Elements that begin and end a line of their own.
const BLOCKS: [&[u8]; 30] = [
    b"p",
    b"div",
    b"br",
    b"li",
    b"ul",
    b"ol",
    b"dl",
    b"dt",
    b"dd",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"hr",
    b"section",
    b"article",
    b"header",
    b"main",
    b"aside",
    b"form",
    b"blockquote",
    b"pre",
    b"center",
    b"caption",
    b"fieldset",
    b"body",
    b"html",
    b"address",
];

/// Reads a page.
///
/// An unseen element that never ends is a fault of the page, and everything behind it would be lost: the page is then
/// read again as if such elements could be seen.
pub(super) fn parse(markup: &str) -> Document {
    let mut seen = Vec::new();
    let mut hides = true;
    loop {
        match read(markup, hides, &seen) {
            Ok(document) => return document,
            Err(Endless::Hidden) => hides = false,
            Err(Endless::Unseen(tag)) => seen.push(tag),
        }
    }
}

/// An element that never ends.
enum Endless {
    /// One that a style hides.
    Hidden,
    /// One of a kind that no reader sees.
    Unseen(Vec<u8>),
}

fn read(markup: &str, hides: bool, seen: &[Vec<u8>]) -> Result<Document, Endless> {
    let mut page = Page { hides, seen: seen.to_vec(), ..Page::default() };
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: html5gum::Span<()>| -> Option<Infallible> {
        page.read(&event);
        None
    });
    emitter.naively_switch_states(true);
    // The callback keeps everything; nothing is ever yielded.
    for Ok(_) in Tokenizer::new_with_emitter(markup, emitter) {}
    while !page.tables.is_empty() {
        page.close_table();
    }
    page.flush();
    match page.unseen {
        Some(_) if page.in_hidden => Err(Endless::Hidden),
        Some((tag, _)) => Err(Endless::Unseen(tag)),
        None => Ok(page.document),
    }
}

#[derive(Default)]
struct Page {
    document: Document,
    /// Text since the last block ended, blanks collapsed.
    line: String,
    tag: Vec<u8>,
    attribute: Vec<u8>,
    colspan: u32,
    rowspan: u32,
    meta_name: String,
    meta_content: String,
    /// The unseen element we are in and how often it is nested in itself.
    unseen: Option<(Vec<u8>, u32)>,
    /// Kinds of elements that are read although no reader sees them, because one never ends.
    seen: Vec<Vec<u8>>,
    /// Whether elements that the page hides are left out, whether the tag hides its element, whether we are in one.
    hides: bool,
    hidden: bool,
    in_hidden: bool,
    in_title: bool,
    tables: Vec<Table>,
    table_count: u32,
    /// Tables opened beyond [`DEEPEST`].
    ignored_tables: u32,
}

struct Table {
    number: u32,
    grid: Grid,
    cell: Option<Cell>,
}

struct Cell {
    place: Place,
    /// Blocks and text before the cell.
    first_block: usize,
    start: usize,
    holds_table: bool,
}

impl Page {
    fn read(&mut self, event: &CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = name.to_vec();
                (self.colspan, self.rowspan, self.hidden) = (1, 1, false);
                self.meta_name.clear();
                self.meta_content.clear();
            }
            CallbackEvent::AttributeName { name } => {
                self.attribute = name.to_vec();
                self.hidden |= *name == b"hidden";
            }
            CallbackEvent::AttributeValue { value } => self.attribute_value(value),
            CallbackEvent::CloseStartTag { self_closing } => self.open(*self_closing),
            CallbackEvent::EndTag { name } => self.close(name),
            CallbackEvent::String { value } => self.characters(value),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
    }

    fn attribute_value(&mut self, value: &[u8]) {
        let text = std::str::from_utf8(value).unwrap_or_default();
        match self.attribute.as_slice() {
            b"colspan" => self.colspan = text.trim().parse().unwrap_or(1),
            b"rowspan" => self.rowspan = text.trim().parse().unwrap_or(1),
            b"name" => text.clone_into(&mut self.meta_name),
            b"style" => self.hidden |= is_hidden(text),
            b"content" => text.clone_into(&mut self.meta_content),
            b"href" if Media::is_named(text) => {
                let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
                self.document.links.push(name.to_owned());
            }
            _ => {}
        }
    }

    fn open(&mut self, self_closing: bool) {
        let tag = std::mem::take(&mut self.tag);
        if let Some((name, depth)) = &mut self.unseen {
            *depth += u32::from(*name == tag && !self_closing);
        } else if self.is_unseen(&tag) || (self.hidden && self.hides && !VOID.contains(&tag.as_slice())) {
            if !self_closing {
                self.in_hidden = !self.is_unseen(&tag);
                self.unseen = Some((tag, 1));
            }
        } else {
            self.open_seen(&tag);
        }
    }

    fn is_unseen(&self, tag: &[u8]) -> bool {
        UNSEEN.contains(&tag) && !self.seen.iter().any(|seen| seen == tag)
    }

    fn open_seen(&mut self, tag: &[u8]) {
        match tag {
            b"title" => self.in_title = true,
            b"meta" => {
                let pair = (self.meta_name.to_lowercase(), self.meta_content.trim().to_owned());
                if !pair.0.is_empty() && !pair.1.is_empty() {
                    self.document.meta.push(pair);
                }
            }
            b"table" => self.open_table(),
            b"tr" => {
                self.close_cell();
                if let Some(table) = self.tables.last_mut() {
                    table.grid.next_row();
                }
            }
            b"td" | b"th" => self.open_cell(),
            _ if BLOCKS.contains(&tag) || UNSEEN.contains(&tag) => self.flush(),
            _ => {}
        }
    }

    fn close(&mut self, tag: &[u8]) {
        if let Some((name, depth)) = &mut self.unseen {
            if *name == tag {
                *depth -= 1;
                if *depth == 0 {
                    self.unseen = None;
                    self.in_hidden = false;
                }
            }
            return;
        }
        match tag {
            b"title" => {
                self.in_title = false;
                let title = std::mem::take(&mut self.line);
                self.document.meta.push(("title".to_owned(), title.trim().to_owned()));
            }
            b"table" => self.close_table(),
            b"tr" => {
                self.close_cell();
                self.end_line();
            }
            b"td" | b"th" => self.close_cell(),
            _ if BLOCKS.contains(&tag) => self.flush(),
            _ => {}
        }
    }

    fn characters(&mut self, value: &[u8]) {
        if self.unseen.is_some() {
            return;
        }
        let text = std::str::from_utf8(value).unwrap_or_default();
        for character in text.chars() {
            if !character.is_whitespace() {
                self.line.push(character);
            } else if !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
        }
    }

    /// Ends the paragraph that the line holds, if it holds one.
    fn flush(&mut self) {
        if self.in_title {
            return;
        }
        let line = self.line.trim_end();
        if !line.is_empty() {
            let text = &mut self.document.text;
            let start = text.len();
            text.push_str(line);
            self.document.blocks.push(Block { kind: BlockKind::Paragraph, span: Span::new(start, text.len()) });
            let in_cell = self.tables.last().is_some_and(|table| table.cell.is_some());
            text.push(if in_cell && line.len() < LONGEST_CELL { ' ' } else { '\n' });
        }
        self.line.clear();
    }

    fn end_line(&mut self) {
        let text = &mut self.document.text;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
    }

    fn open_table(&mut self) {
        self.flush();
        if self.tables.len() >= DEEPEST {
            self.ignored_tables += 1;
            return;
        }
        if let Some(cell) = self.tables.last_mut().and_then(|table| table.cell.as_mut()) {
            cell.holds_table = true;
        }
        self.end_line();
        self.tables.push(Table { number: self.table_count, grid: Grid::default(), cell: None });
        self.table_count += 1;
    }

    fn close_table(&mut self) {
        if self.ignored_tables > 0 {
            self.ignored_tables -= 1;
            return;
        }
        self.close_cell();
        self.tables.pop();
        self.end_line();
    }

    fn open_cell(&mut self) {
        self.close_cell();
        self.flush();
        let (first_block, start) = (self.document.blocks.len(), self.document.text.len());
        let (colspan, rowspan) = (self.colspan, self.rowspan);
        if let Some(table) = self.tables.last_mut() {
            let place = table.grid.place(colspan, rowspan);
            table.cell = Some(Cell { place, first_block, start, holds_table: false });
        }
    }

    /// Ends the open cell: one cell block, or the paragraphs as they are when it only served the layout.
    fn close_cell(&mut self) {
        if self.tables.last().is_none_or(|table| table.cell.is_none()) {
            return;
        }
        self.flush();
        let Some(table) = self.tables.last_mut() else { return };
        let Some(cell) = table.cell.take() else { return };
        let document = &mut self.document;
        let inside = document.blocks.get(cell.first_block..).unwrap_or_default();
        let end = inside.last().map_or(cell.start, |block| block.span.end as usize);
        let words = document.text.get(cell.start..end).unwrap_or_default();
        let is_prose = words.contains('。') || words.chars().count() > LONGEST_CELL;
        if cell.holds_table || is_prose {
            self.end_line();
            return;
        }
        document.blocks.truncate(cell.first_block);
        document.text.truncate(end);
        let Place { row, col, colspan } = cell.place;
        document.blocks.push(Block {
            kind: BlockKind::Cell { table: table.number, row, col, colspan },
            span: Span::new(cell.start, end),
        });
        document.text.push('\t');
    }
}

/// Styles that take words out of sight, strike them out, or set them as the mark of a note.
const HIDING: [&str; 6] =
    ["display:none", "visibility:hidden", "mso-hide:all", "line-through", "vertical-align:super", "vertical-align:sub"];

/// Whether a style takes an element out of the words of its line.
fn is_hidden(style: &str) -> bool {
    let plain: String = style.chars().filter(|one| !one.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let no_size = |rest: &str| !rest.starts_with(|one: char| one.is_ascii_digit() || one == '.');
    HIDING.iter().any(|hiding| plain.contains(hiding))
        || plain.match_indices("font-size:0").any(|(at, found)| plain.get(at + found.len()..).is_some_and(no_size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(markup: &str) -> Vec<String> {
        let document = parse(markup);
        let show = |block: &Block| match block.kind {
            BlockKind::Paragraph => document.words(block.span).to_owned(),
            BlockKind::Cell { row, col, .. } => format!("{row},{col}={}", document.words(block.span)),
        };
        document.blocks.iter().map(show).collect()
    }

    #[test]
    fn what_the_page_hides_is_not_read() {
        let words = |markup: &str| parse(markup).text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words("<p>3<span style='display: none'>7</span>1</p>"), "31");
        assert_eq!(words("<p>3<sup>1</sup></p><div hidden>no</div><p><del>5</del>6</p>"), "3 6");
        assert_eq!(words("<div style='display:none'>never closed<p>all of it"), "never closed all of it");
        assert_eq!(words("<input hidden><p>a</p>"), "a");
        assert_eq!(words("<nav>menu</nav><button>go<p>a</p><nav>never closed<p>b"), "menu go a never closed b");
        assert_eq!(words("<select><option>2018<option>2019</select><p>a"), "a");
    }

    #[test]
    fn reads_paragraphs_and_drops_what_nobody_sees() {
        let page = "<title>t</title><script>var x='<p>no</p>'</script><p>a&nbsp; b<br>c</p><nav>menu</nav><div>d";
        assert_eq!(blocks(page), ["a b", "c", "d"]);
    }

    #[test]
    fn reads_spans_and_unclosed_cells() {
        let page = "<table><tr><td rowspan=2>a<td>1<tr><td><p>2</p></td></tr></table>";
        assert_eq!(blocks(page), ["0,0=a", "0,1=1", "1,1=2"]);
    }

    #[test]
    fn a_table_in_a_cell_that_never_ends_is_that_cell_only() {
        let page = "<table><tr><td>1<td><table><tr><td>in</table><tr><td>2<td>3</table><p>rest";
        assert_eq!(blocks(page), ["0,0=1", "0,0=in", "1,0=2", "1,1=3", "rest"]);
        let lost =
            "<table><tr><td>a<table><tr><td>in</td></tr></td></tr><tr><td>b</td></tr></table><p>rest</p><p>more</p>";
        assert_eq!(blocks(lost), ["a", "0,0=in", "1,0=b", "rest", "more"]);
        let open = "<table><tr><td><table><tr><td>1<td>2</tr></table><p>first</p><div>second</div><h3>third</h3>";
        assert_eq!(blocks(open), ["0,0=1", "0,1=2", "first", "second", "third"]);
    }

    #[test]
    fn a_layout_table_is_text() {
        let page = "<table><tr><td><p>intro</p><table><tr><td>x</td></tr></table></td></tr></table>";
        assert_eq!(blocks(page), ["intro", "0,0=x"]);
    }
}
