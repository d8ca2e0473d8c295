//! Spreadsheets: Excel's, new and old, and those of WPS.

#![expect(clippy::float_arithmetic, reason = "a share is written as it is shown")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, DataRef, Dimensions, ExcelDateTime, Reader, Sheet, SheetVisible, Xlsx};
use office_oxide::limits::Limits;
use office_oxide::xls::CellValue;
use office_oxide::{Document, DocumentFormat};

use super::markup::Markup;
use super::{Page, reject};
use crate::medium::Media;
use crate::record::{Reason, Reject};

/// A sheet with more filled cells than this is no form.
const MOST_CELLS: usize = 200_000;

/// Rows times columns beyond which a few cells would become a page of blanks.
const MOST_PLACES: usize = 2_000_000;

/// Filled cells by row and column.
type Cells = BTreeMap<(u32, u32), String>;

/// Rows of a sheet, their cells by column.
type Rows = BTreeMap<u32, BTreeMap<u32, String>>;

/// Reads all sheets that are shown.
pub(super) fn read(media: Media, bytes: Vec<u8>) -> Result<Page, Reject> {
    let mut markup = Markup::default();
    if media == Media::Xls {
        old(&mut markup, bytes)?;
    } else {
        new(&mut markup, bytes)?;
    }
    if markup.is_empty() {
        return Err(reject(Reason::Empty, "no sheet has a filled cell"));
    }
    Ok(Page::new(markup.finish(), 0))
}

/// Through `calamine`, which gives the cells of such a book one by one.
fn new(markup: &mut Markup, bytes: Vec<u8>) -> Result<(), Reject> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(refused)?;
    for name in shown(book.sheets_metadata()) {
        let (cells, merged) = streamed(&mut book, &name)?;
        write(markup, cells, &merged)?;
    }
    Ok(())
}

/// Through `office_oxide`: `calamine` makes room for all that lies between the cells of an old book, gigabytes where two
/// of them are far apart.
fn old(markup: &mut Markup, bytes: Vec<u8>) -> Result<(), Reject> {
    Limits::default().apply();
    let document = Document::from_reader(Cursor::new(bytes), DocumentFormat::Xls).map_err(refused)?;
    let book = document.as_xls().ok_or_else(|| refused("it has no sheets"))?;
    for sheet in book.sheets.iter().filter(|sheet| !sheet.hidden) {
        let mut cells = Cells::new();
        for (row, values) in sheet.rows.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let shown = || sheet.display_text(row, column).unwrap_or_default();
                let text = match value {
                    CellValue::Empty | CellValue::Error(_) => continue,
                    CellValue::String(text) => text.clone(),
                    CellValue::Bool(truth) => truth.to_string(),
                    CellValue::Number(number) => as_shown(*number, &shown()),
                };
                keep(&mut cells, (place(row), place(column)), text)?;
            }
        }
        let merged = sheet.merged_cells.iter().map(|(top, bottom, left, right)| {
            Dimensions::new((u32::from(*top), u32::from(*left)), (u32::from(*bottom), u32::from(*right)))
        });
        write(markup, cells, &merged.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn place(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A number as it is, whatever its format rounds away; a day or a share as it is shown.
fn as_shown(number: f64, shown: &str) -> String {
    let numeric = |one: char| one.is_ascii_digit() || matches!(one, '.' | ',' | '-' | ' ' | '(' | ')');
    if shown.ends_with('%') {
        format!("{}%", decimal(number * 100.0))
    } else if shown.matches(['-', '/', ':']).count() > 1 || !shown.chars().all(numeric) {
        shown.to_owned()
    } else {
        decimal(number)
    }
}

fn shown(sheets: &[Sheet]) -> Vec<String> {
    let visible = |sheet: &&Sheet| sheet.visible == SheetVisible::Visible;
    sheets.iter().filter(visible).map(|sheet| sheet.name.clone()).collect()
}

fn refused(error: impl std::fmt::Display) -> Reject {
    let message = error.to_string();
    let lower = message.to_lowercase();
    if lower.contains("password") || lower.contains("encrypted") {
        reject(Reason::Encrypted, "the workbook is protected by a password")
    } else {
        reject(Reason::Unreadable, format!("the workbook is damaged: {message}"))
    }
}

/// Cell by cell: a table as a whole would take room for all columns and rows up to the last format.
fn streamed(book: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Result<(Cells, Vec<Dimensions>), Reject> {
    let merged = book.merge_cells_by_sheet_name(name).unwrap_or_default();
    let mut reader = book.worksheet_cells_reader(name).map_err(refused)?;
    let mut cells = Cells::new();
    while let Some(cell) = reader.next_cell().map_err(refused)? {
        let text = match cell.get_value() {
            DataRef::Empty => continue,
            value => printed(&Data::from(value.clone())),
        };
        keep(&mut cells, cell.get_position(), text)?;
    }
    Ok((cells, merged))
}

fn keep(cells: &mut Cells, place: (u32, u32), text: String) -> Result<(), Reject> {
    if cells.len() >= MOST_CELLS {
        return Err(reject(Reason::TooLarge, format!("a sheet has more than {MOST_CELLS} filled cells")));
    }
    if !text.trim().is_empty() {
        cells.insert(place, text);
    }
    Ok(())
}

/// A value as its reader would write it: 12 for 12.0, a day for a date.
fn printed(value: &Data) -> String {
    match value {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => decimal(*number),
        Data::Bool(truth) => truth.to_string(),
        Data::DateTime(date) => day(date),
    }
}

/// Six decimals at most: what stands behind them is how a computer adds.
fn decimal(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn day(date: &ExcelDateTime) -> String {
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    format!("{year}-{month:02}-{day:02}")
}

/// Rows of several cells are the table; what stands alone above and below them are its title and its notes.
fn write(markup: &mut Markup, cells: Cells, merged: &[Dimensions]) -> Result<(), Reject> {
    let mut rows: Rows = BTreeMap::new();
    for ((row, column), text) in cells {
        rows.entry(row).or_default().insert(column, text);
    }
    let several = |row: &&u32| rows.get(row).is_some_and(|cells| cells.len() > 1);
    let body = rows.keys().find(several).copied().zip(rows.keys().rev().find(several).copied());
    let (first, last) = body.unwrap_or((u32::MAX, u32::MAX));
    let behind = rows.split_off(&last.saturating_add(1));
    let inside = rows.split_off(&first);
    let columns: BTreeSet<u32> = inside.values().flat_map(BTreeMap::keys).copied().collect();
    if inside.len() * columns.len() > MOST_PLACES {
        return Err(reject(Reason::TooLarge, "the cells of a sheet lie too far apart"));
    }
    alone(markup, &rows);
    if !inside.is_empty() {
        markup.begin_table();
        for row in inside.keys() {
            markup.begin_row();
            filled_row(markup, *row, &inside, &columns, merged);
            markup.end_row();
        }
        markup.end_table();
    }
    alone(markup, &behind);
    Ok(())
}

fn alone(markup: &mut Markup, rows: &Rows) {
    rows.values().flat_map(BTreeMap::values).for_each(|text| markup.paragraph(text));
}

/// One row: its cells, the blanks between them, and nothing where a merged cell reaches in. Rows and columns without
/// any cell do not count.
fn filled_row(markup: &mut Markup, row: u32, rows: &Rows, columns: &BTreeSet<u32>, merged: &[Dimensions]) {
    let cells = rows.get(&row);
    let mut covered = 0;
    for column in columns {
        if *column < covered {
            continue;
        }
        let text = cells.and_then(|cells| cells.get(column)).map_or("", String::as_str);
        let Some(area) = merged.iter().find(|area| area.contains(row, *column)) else {
            markup.cell(text, 1, 1);
            continue;
        };
        covered = area.end.1.saturating_add(1);
        let count = |number: usize| u32::try_from(number).unwrap_or(1);
        let deep = count(rows.range(row..=area.end.0).count());
        let wide = count(columns.range(*column..=area.end.1).count());
        if rows.range(area.start.0..row).next().is_none() {
            markup.cell(text, wide, deep);
        }
    }
}
