//! What a copy of a report has lost of its tables.

use super::table::Tables;
use crate::knowledge::Knowledge;
use crate::number;
use crate::parse::fold::Page;

/// Published names of the defects of a page's tables, sorted.
pub(super) fn of_tables(knowledge: &Knowledge, page: &Page, tables: &Tables) -> Vec<&'static str> {
    let kinds = [
        ("attachment_absent", tables.findings.is_empty() && is_attached(knowledge, page)),
        ("flattened_table", tables.glued),
        ("values_lost", tables.lost || is_empty(knowledge, page)),
    ];
    kinds.into_iter().filter(|(_, found)| *found).map(|(name, _)| name).collect()
}

/// A line that names a table and ends like a file.
fn is_attached(knowledge: &Knowledge, page: &Page) -> bool {
    let words = &knowledge.damage;
    page.paragraphs().map(|block| page.text(block)).any(|text| {
        words.file_endings.iter().any(|ending| text.ends_with(ending.as_str()))
            && words.attached_tables.iter().any(|table| text.contains(table.as_str()))
    })
}

/// The heading of a table right above the next heading.
fn is_empty(knowledge: &Knowledge, page: &Page) -> bool {
    let headings = &knowledge.damage.table_headings;
    page.blocks.windows(2).any(|pair| {
        let [first, second] = pair else { return false };
        let (first, second) = (page.text(first), page.text(second));
        let is_table = |text: &str| headings.iter().any(|heading| text.ends_with(heading.as_str()));
        number::is_top_heading(first) && is_table(first) && number::is_top_heading(second)
    })
}
