//! Plain text becomes paragraphs and, where lines hold tabs or pipes, table rows.

use memchr::{memchr, memchr_iter, memchr2_iter};

use super::grid::Grid;
use crate::model::{Block, BlockKind, Document, Span};
use crate::number;

/// A row with one filled cell longer than this, or that is a sentence, is an indented paragraph.
const LONGEST_LONE_CELL: usize = 40;

/// Characters of a line that was broken by a page's right margin rather than by its writer.
const WRAPPED_LINE: usize = 25;

/// A cell with a unit has at most so many characters.
const LONGEST_UNIT: usize = 2;

/// Reads a text; its words stay as they are.
pub(super) fn parse(text: String) -> Document {
    let mut lines = Lines { blocks: Vec::new(), grid: None, tables: 0, open: None };
    let mut start = 0;
    for end in memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
        lines.read(&text, start, text.get(start..end).unwrap_or_default());
        start = end + 1;
    }
    lines.end_paragraph();
    Document { blocks: lines.blocks, text, ..Document::default() }
}

struct Lines {
    blocks: Vec<Block>,
    grid: Option<Grid>,
    tables: u32,
    /// A paragraph that may go on in the next line.
    open: Option<Span>,
}

impl Lines {
    fn read(&mut self, text: &str, start: usize, line: &str) {
        if let Some(cells) = row(line) {
            self.end_paragraph();
            self.row(start, line, &cells);
            return;
        }
        // A Markdown heading is a heading without its marks.
        let body = line.trim().trim_start_matches('#').trim_start();
        if body.is_empty() {
            return;
        }
        self.grid = None;
        let at = start + (body.as_ptr().addr() - line.as_ptr().addr());
        let span = Span::new(at, at + body.len());
        self.open = match self.open.take() {
            Some(open) if goes_on(text.get(open.range()).unwrap_or_default(), body) => Some(open.cover(span)),
            Some(open) => {
                self.blocks.push(Block { kind: BlockKind::Paragraph, span: open });
                Some(span)
            }
            None => Some(span),
        };
    }

    fn row(&mut self, start: usize, line: &str, cells: &[&str]) {
        let tables = &mut self.tables;
        let grid = self.grid.get_or_insert_with(|| {
            *tables += 1;
            Grid::default()
        });
        grid.next_row();
        for cell in cells {
            let place = grid.place(1, 1);
            let trimmed = cell.trim();
            let offset = trimmed.as_ptr().addr() - line.as_ptr().addr();
            let kind =
                BlockKind::Cell { table: self.tables - 1, row: place.row, col: place.col, colspan: place.colspan };
            let at = start + offset;
            self.blocks.push(Block { kind, span: Span::new(at, at + trimmed.len()) });
        }
    }

    fn end_paragraph(&mut self) {
        if let Some(span) = self.open.take() {
            self.blocks.push(Block { kind: BlockKind::Paragraph, span });
        }
    }
}

/// The cells of a line that is a table row.
fn row(line: &str) -> Option<Vec<&str>> {
    let mut marks = memchr2_iter(b'\t', b'|', line.as_bytes());
    let (first, second) = (marks.next()?, marks.next());
    let cells: Vec<&str> = if memchr(b'\t', line.as_bytes().get(first..)?).is_some() {
        line.split('\t').collect()
    } else if second.is_some() {
        let inner = line.trim().strip_prefix('|').unwrap_or(line.trim());
        unescaped(inner.strip_suffix('|').unwrap_or(inner))
    } else {
        return None;
    };
    let rule = |cell: &&str| !cell.is_empty() && cell.bytes().all(|byte| matches!(byte, b'-' | b':' | b' '));
    if cells.iter().all(rule) {
        return Some(Vec::new());
    }
    let mut filled = cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let first = filled.next()?;
    let is_lone = filled.next().is_none();
    // The label of a row whose cells are empty may hold a comma.
    let is_clause = is_lone && cells.len() <= 2 && first.contains(['，', ',', '；', ';']);
    let is_sentence = first.contains('。') || is_clause;
    let is_paragraph = is_lone && first.chars().count() > LONGEST_LONE_CELL;
    (!is_sentence && !is_paragraph).then_some(cells)
}

/// Cuts at pipes, but not at `\|`.
fn unescaped(line: &str) -> Vec<&str> {
    let mut cells = Vec::new();
    let mut from = 0;
    for (at, _) in line.match_indices('|') {
        if !line.get(..at).is_some_and(|before| before.ends_with('\\')) {
            cells.push(line.get(from..at).unwrap_or_default());
            from = at + 1;
        }
    }
    cells.push(line.get(from..).unwrap_or_default());
    cells
}

/// Whether a paragraph was broken by the margin, so that the next line belongs to it.
fn goes_on(paragraph: &str, next: &str) -> bool {
    let Some(last) = paragraph.chars().next_back() else { return false };
    if !last.is_alphanumeric() && !matches!(last, '“' | '《' | '、' | '，' | ',') {
        return false;
    }
    let last_line = paragraph.rsplit('\n').next().unwrap_or(paragraph);
    // 首页 > 政务公开 > … is a path through a site.
    let sentence = paragraph.contains(['。', '，', '、', ',']) && !paragraph.contains(['>', '＞']);
    // The last line of a paragraph may be short, but then it ends a sentence; a unit does not.
    let unit = || next.chars().nth(LONGEST_UNIT).is_none() && next.chars().all(char::is_alphanumeric);
    let broken = || sentence && last_line.chars().nth(WRAPPED_LINE - 1).is_some();
    broken() && !is_row(last_line) && !is_value(next) && !unit() && !number::starts_enumeration(next)
}

/// Whether a line ends with two numbers between blanks, or one far behind its words, as a row of a table does in the
/// text of a page.
fn is_row(line: &str) -> bool {
    let mut words = line.split_whitespace().rev();
    let last = words.next().filter(|last| is_value(last)).unwrap_or_default();
    let apart = line.trim_end().strip_suffix(last).is_some_and(|before| before.ends_with("  "));
    !last.is_empty() && (apart || words.next().is_some_and(is_value))
}

/// Whether a text is nothing but a number, a mark for none, or a border between cells.
fn is_value(text: &str) -> bool {
    let mark = |one: char| one.is_ascii_digit() || matches!(one, '.' | ',' | '，' | '+' | '-' | '—' | '/' | '|' | ' ');
    text.chars().all(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<String> {
        let document = parse(text.to_owned());
        let show = |block: &Block| match block.kind {
            BlockKind::Paragraph => document.words(block.span).to_owned(),
            BlockKind::Cell { table, row, col, .. } => format!("{table}:{row},{col}={}", document.words(block.span)),
        };
        document.blocks.iter().map(show).collect()
    }

    #[test]
    fn reads_rows_of_tabs_and_pipes() {
        assert_eq!(blocks("a\t1\t\nb\t\t2"), ["0:0,0=a", "0:0,1=1", "0:0,2=", "0:1,0=b", "0:1,1=", "0:1,2=2"]);
        assert_eq!(blocks("| a | 1 |\n|---|---|\nx"), ["0:0,0=a", "0:0,1=1", "x"]);
        assert_eq!(
            blocks("\tan indented paragraph that is far too long for one cell"),
            ["an indented paragraph that is far too long for one cell"]
        );
        assert_eq!(blocks("\t我镇公开5条，\n\t公开5条。\t受理1件。"), ["我镇公开5条，", "公开5条。\t受理1件。"]);
    }

    #[test]
    fn joins_lines_broken_by_the_margin() {
        let wrapped = "我镇以政府网站为载体，及时向社会公开各类政府信息并同时在乡\n\n镇的公开栏张贴。";
        assert_eq!(blocks(wrapped).len(), 1);
        assert_eq!(blocks("第一段，已经结束了的一段话在这里写得足够长也足够完整了。\n第二段。").len(), 2);
    }
}
