//! Old Word documents keep what is deleted, hidden, struck out or raised among the other characters; it is blanked here.
//!
//! `office_oxide` heeds such marks only on pages of formatting with fewer than 64 runs, and in a report most have more:
//! the mark of a note behind 137 made 1371 of it.

use std::io::{self, Cursor, Read, Write};
use std::ops::Range;

use cfb::CompoundFile;

/// Older documents (Word 6 and 95) are laid out in another way.
const WORD_97: u16 = 0x00C1;

/// The tables of characters' formatting and of pieces, by their place among those that the header lists.
const FORMATTING: usize = 12;
const PIECES: usize = 33;

/// A piece of text: its bytes in the main stream, and whether its characters are of two bytes.
type Piece = (Range<usize>, bool);

/// Blanks such characters in the bytes of a document.
///
/// # Errors
/// Says that the document could not be understood so far; its bytes are then as they were.
pub(super) fn blank(bytes: &mut [u8]) -> io::Result<()> {
    let mut file = CompoundFile::open(Cursor::new(bytes))?;
    let mut text = stream(&mut file, "/WordDocument")?;
    if short(&text, 2).is_none_or(|version| version < WORD_97) {
        return Ok(());
    }
    let tables = if short(&text, 10).unwrap_or(0) & 0x0200 == 0 { "/0Table" } else { "/1Table" };
    let tables = stream(&mut file, tables)?;
    if blank_runs(&mut text, &tables).ok_or(io::ErrorKind::InvalidData)? == 0 {
        return Ok(());
    }
    let mut stream = file.open_stream("/WordDocument")?;
    stream.write_all(&text)?;
    stream.flush()
}

fn stream(file: &mut CompoundFile<Cursor<&mut [u8]>>, name: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.open_stream(name)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Blanks all characters that are not to be seen, and counts them. `None` when a table is not where the header says.
fn blank_runs(text: &mut [u8], tables: &[u8]) -> Option<usize> {
    let pieces = pieces(listed(text, tables, PIECES)?)?;
    let mut runs = hidden_runs(text, listed(text, tables, FORMATTING)?)?;
    runs.sort_by_key(|run| (run.start, run.end));
    runs.dedup();
    let mut count = 0;
    for run in runs {
        for (piece, is_wide) in &pieces {
            let part = run.start.max(piece.start)..run.end.min(piece.end);
            let width = 1 + usize::from(*is_wide);
            for character in text.get_mut(part).unwrap_or_default().chunks_exact_mut(width) {
                // What is below the blank ends cells and paragraphs.
                if !matches!(character, [..=b' '] | [..=b' ', 0]) {
                    character.fill(0);
                    count += 1;
                }
            }
        }
    }
    Some(count)
}

/// A table by its number in the header's list of tables.
fn listed<'t>(text: &[u8], tables: &'t [u8], number: usize) -> Option<&'t [u8]> {
    // Two arrays of the lengths that stand before them lie between the head and the list.
    let shorts = 32 + 2 + 2 * usize::from(short(text, 32)?);
    let list = shorts + 2 + 4 * usize::from(short(text, shorts)?) + 2;
    let (start, length) = (long(text, list + 8 * number)?, long(text, list + 8 * number + 4)?);
    tables.get(start..start.checked_add(length)?)
}

/// Where the pieces of the text lie.
fn pieces(mut table: &[u8]) -> Option<Vec<Piece>> {
    // Modifications of pieces come first, each with its length.
    while let [1, rest @ ..] = table {
        table = rest.get(2 + usize::from(short(rest, 0)?)..)?;
    }
    let [2, table @ ..] = table else { return None };
    let table = table.get(4..)?;
    let count = table.len().checked_sub(4)? / 12;
    let piece = |at: usize| {
        let characters = long(table, 4 * at + 4)?.checked_sub(long(table, 4 * at)?)?;
        let place = long(table, 4 * (count + 1) + 8 * at + 2)?;
        let (start, is_wide) = match place & 0x4000_0000 {
            0 => (place & 0x3FFF_FFFF, true),
            _ => ((place & 0x3FFF_FFFF) / 2, false),
        };
        Some((start..start + characters * (1 + usize::from(is_wide)), is_wide))
    };
    (0..count).map(piece).collect()
}

/// The runs of characters whose formatting takes them out of sight.
fn hidden_runs(text: &[u8], table: &[u8]) -> Option<Vec<Range<usize>>> {
    let count = table.len().checked_sub(4)? / 8;
    let mut runs = Vec::new();
    for at in 0..count {
        let page = (long(table, 4 * (count + 1) + 4 * at)? & 0x3F_FFFF) * 512;
        // A page ends with the number of its runs.
        let page = text.get(page..page + 512)?;
        let of_page = usize::from(page[511]);
        for run in 0..of_page {
            let start = usize::from(*page.get(4 * (of_page + 1) + run)?) * 2;
            let length = usize::from(*page.get(start)?);
            let changes = page.get(start + 1..start + 1 + length).filter(|_| start > 0);
            if changes.is_some_and(hides) {
                runs.push(long(page, 4 * run)?..long(page, 4 * run + 4)?);
            }
        }
    }
    Some(runs)
}

/// Whether changes of the formatting take characters out of the words of a report.
fn hides(mut changes: &[u8]) -> bool {
    /// Deleted, struck out once or twice, hidden.
    const SWITCHES: [u16; 4] = [0x0800, 0x0837, 0x2A53, 0x083C];
    /// Raised or lowered.
    const RAISED: u16 = 0x2A48;
    while let [low, high, rest @ ..] = changes {
        let name = u16::from_le_bytes([*low, *high]);
        let first = rest.first().copied().unwrap_or(0);
        // 0x81 is the contrary of what the style says, which says nothing of the kind as a rule.
        if (SWITCHES.contains(&name) && matches!(first, 1 | 0x81)) || (name == RAISED && matches!(first, 1 | 2)) {
            return true;
        }
        let length = match name >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            _ => 1 + usize::from(first),
        };
        changes = rest.get(length..).unwrap_or_default();
    }
    false
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?)).ok()
}
