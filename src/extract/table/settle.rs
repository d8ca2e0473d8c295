//! Which column each value of a row belongs to.
//!
//! A value has a column when the head names as many as the row has values, or when the row has as many as the form has.
//! Otherwise columns or values were lost and nobody knows which: the values are published without a number, but for
//! those whose column no reading changes.

use std::collections::{BTreeMap, BTreeSet};

use super::cell::{Cell, Value, glued_zeros, trim_blanks};
use super::head::{Head, Named};
use super::reader::Row;
use crate::knowledge::{FormBlock, Layout, Role};
use crate::number::ONE;
use crate::parse::fold::Page;

/// Different rows whose sums agree and together reach this many cases rule out that they agree by chance.
const NO_CHANCE: i64 = 10 * ONE;

/// A table of ours has at least so many rows.
const FEW_ROWS: usize = 3;

/// Where a value belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A column of the form.
    Column(usize),
    /// A column that the form does not have; its number in the head.
    Unlisted(usize),
    /// One of several.
    Unsure,
}

/// A row whose values have their places.
pub(super) struct Settled<'r> {
    pub(super) row: &'r Row,
    /// The columns of its head, in the order of the values.
    pub(super) columns: Vec<Named>,
    pub(super) cells: Vec<(Cell, Place)>,
    /// Values behind the row's own: those of a row whose label was lost.
    pub(super) rest: Vec<Cell>,
}

/// Settles the rows of a table with a fixed number of columns that stand under one head.
pub(super) fn columns<'r>(
    page: &Page,
    rows: &[&'r Row],
    head: &Head,
    (layout, year): (Layout, Option<i16>),
    of_form: &dyn Fn(&Row) -> usize,
) -> Vec<Settled<'r>> {
    let widest = rows.iter().map(|row| of_form(row)).max().unwrap_or(0);
    let order = order(head, layout, widest, year);
    // Values whose label was lost stand above all labels: perhaps all of them stand above theirs.
    let shifted = rows.first().is_some_and(|row| row.row.is_none() && row.label.is_none() && row.line == 0);
    // A few rows under a few columns may be a table of something else.
    let few = layout == Layout::Applicants
        && rows.iter().filter(|row| row.row.is_some()).count() < FEW_ROWS
        && order.as_ref().is_some_and(|order| !order.is_empty() && order.len() < widest);
    let known = order.is_some() && !shifted && !few;
    let named = order.unwrap_or_default();
    let usual = most_frequent(rows.iter().filter(|row| row.lone).map(|row| row.cells.len())).0;
    let mut cut: Vec<Cut<'_>> = Vec::new();
    for row in rows {
        let own = if named.is_empty() { of_form(row) } else { named.len() };
        cut.push(cut_row(page, row, (own, usual), of_form(row).max(named.len())));
    }
    let filled = cut.iter().filter(|row| !row.cells.is_empty());
    let (width, usual) = most_frequent(filled.map(|row| trim_blanks(&row.cells, row.columns).0.len()));
    let width = width.max(1);
    let fits = is_most(usual, rows);
    let lines = most_frequent(cut.iter().map(|row| row.row.line));
    for row in &mut cut {
        let excess = row.cells.len().saturating_sub(width);
        let blank = |cells: &[Cell]| cells.iter().all(Cell::is_blank);
        let (before, behind) = (&row.cells[..excess], &row.cells[row.cells.len() - excess..]);
        // Under the applicants a label spans columns: where nearly all lines have as many cells, the values are the last
        // of them. Elsewhere they are the first behind the label.
        let even = row.row.line > 0 && row.row.line == lines.0 && lines.1 + 1 >= rows.len();
        let (cells, sure) = match layout {
            Layout::Applicants if even && blank(before) => (&row.cells[excess..], true),
            Layout::Matrix if row.row.line > 0 && blank(behind) => (&row.cells[..width.min(row.cells.len())], true),
            _ => trim_blanks(&row.cells, width),
        };
        let sure = sure && fits && known && !(row.row.glued && row.cells.len() < of_form(row.row));
        (row.sure, row.cells) = (row.sure && sure, cells.to_vec());
    }
    // Only the applicants have a total.
    let last_is_sum = layout == Layout::Applicants && last_is_sum(&cut, width);
    cut.into_iter()
        .map(|Cut { row, cells, rest, sure, .. }| {
            // A single number among blanks is one of a merged cell, unless it is the total.
            let single = layout == Layout::Applicants
                && row.line > 0
                && cells.iter().filter(|cell| !cell.is_blank()).count() == 1
                && cells.last().is_some_and(Cell::is_blank);
            let places = if sure && !single {
                places(&named, (&cells, row.line > 0), width, of_form(row), last_is_sum)
            } else {
                vec![Place::Unsure; cells.len()]
            };
            Settled { row, columns: named.clone(), cells: cells.into_iter().zip(places).collect(), rest }
        })
        .collect()
}

/// A row without what merged cells and other rows left around its values.
struct Cut<'r> {
    row: &'r Row,
    cells: Vec<Cell>,
    rest: Vec<Cell>,
    sure: bool,
    /// At most so many of the cells are values.
    columns: usize,
}

/// The columns of a head in the order in which the values stand; `None` when that is not sure.
///
/// One line that names most columns speaks for itself. A head of several lines names the group before its columns, and
/// the total beside the group: its order is the form's, unless a line contradicts it.
fn order(head: &Head, layout: Layout, of_form: usize, year: Option<i16>) -> Option<Vec<Named>> {
    let columns = of_year(&head.columns, year);
    if layout != Layout::Applicants {
        return Some(columns).filter(|_| !head.unsure);
    }
    let lines: BTreeSet<usize> = columns.iter().map(|named| named.line).collect();
    for line in lines {
        let named: Vec<Named> = columns.iter().filter(|named| named.line == line).cloned().collect();
        let known: Vec<usize> = named.iter().filter_map(|named| named.column).collect();
        if known.len() + 1 >= of_form {
            return Some(named);
        }
        let last = known.split_last().filter(|(last, _)| **last + 1 == of_form);
        let groups = last.map_or(known.as_slice(), |(_, others)| others);
        if !groups.is_sorted() || groups.iter().any(|column| column + 1 == of_form) {
            return None;
        }
    }
    let groups: Vec<usize> = columns.iter().filter_map(|named| named.column).filter(|at| at + 1 < of_form).collect();
    if head.unsure || !groups.is_sorted() || columns.first().is_some_and(|first| first.column == Some(of_form - 1)) {
        return None;
    }
    let mut keyed: Vec<(usize, Named)> = Vec::new();
    let mut last = 0;
    for (at, named) in columns.iter().enumerate() {
        last = named.column.unwrap_or(last);
        let ends_line = columns.get(at + 1).is_none_or(|next| next.line != named.line);
        let is_above = columns.last().is_some_and(|last| last.line != named.line);
        match named.column {
            // The columns of a group stand in the next line: where they come in is not said.
            None if is_above && !ends_line => return None,
            // What ends the line of the groups ends the table: a total by another name.
            None if is_above => keyed.push((of_form, named.clone())),
            // A column that the form does not have stands behind the one before it.
            _ => keyed.push((last, named.clone())),
        }
    }
    keyed.sort_by_key(|(key, _)| *key);
    Some(keyed.into_iter().map(|(_, named)| named).collect())
}

/// Of columns that are the same but for their years those of other years are not the form's; the same column named
/// again at the top of the next page is one.
fn of_year(columns: &[Named], year: Option<i16>) -> Vec<Named> {
    let mut kept: Vec<Named> = Vec::new();
    for named in columns {
        let same = |other: &&Named| named.column.is_some() && other.column == named.column;
        let beside = columns.iter().filter(same).filter(|other| other.line == named.line).count() > 1;
        let years = columns.iter().filter(same).any(|other| other.year.is_some());
        if beside || years {
            let ours = named.year == year || (named.year.is_none() && !beside);
            kept.push(Named { column: named.column.filter(|_| ours), ..named.clone() });
        } else if !kept.iter().any(|other| same(&other)) {
            kept.push(named.clone());
        }
    }
    kept
}

fn cut_row<'r>(page: &Page, row: &'r Row, (own, usual): (usize, usize), columns: usize) -> Cut<'r> {
    if let [cell] = row.cells.as_slice()
        && let Some(zeros) = glued_zeros(page.folded.text.get(cell.start..cell.end).unwrap_or_default(), *cell, own)
    {
        return Cut { row, cells: zeros, rest: Vec::new(), sure: true, columns };
    }
    let count = row.cells.len();
    let several = row.lone && own > 0 && own == usual && count > columns && count.is_multiple_of(own);
    let end = if several { own } else { count };
    let (cells, rest) = row.cells.split_at(end);
    Cut { row, cells: cells.to_vec(), rest: rest.to_vec(), sure: true, columns }
}

/// The most frequent number and how often it is there; of two equally frequent ones the larger.
fn most_frequent(numbers: impl Iterator<Item = usize>) -> (usize, usize) {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(number, count)| (*count, *number)).unwrap_or_default()
}

fn places(
    named: &[Named],
    (cells, bordered): (&[Cell], bool),
    width: usize,
    of_form: usize,
    last_is_sum: bool,
) -> Vec<Place> {
    let at = |at: usize| match named.get(at) {
        Some(Named { column: Some(column), .. }) => Place::Column(*column),
        Some(Named { column: None, .. }) => Place::Unlisted(at),
        None => Place::Unsure,
    };
    let form_only = named.iter().all(|named| named.column.is_some()) && named.is_sorted_by_key(|named| named.column);
    let count = cells.len();
    // Without borders an empty cell leaves no trace: a head with fewer columns than the form's may have lost one, and
    // the row another.
    if count == named.len() && count == width && (bordered || count >= of_form) {
        return (0..count).map(at).collect();
    }
    let edges = [cells.first(), cells.last()];
    let merged = named.len() < of_form && !named.is_empty() && edges.iter().flatten().any(|cell| cell.is_blank());
    if count == of_form && form_only && !merged {
        return (0..count).map(Place::Column).collect();
    }
    // Columns were lost: only those from the left that the head still names in the form's order are sure. A head that
    // names more columns than there are values has lost values, nobody knows which.
    let prefix = named.iter().enumerate().take_while(|(at, named)| named.column == Some(*at)).count();
    let lost = bordered && count == width && count < of_form && count >= named.len() && form_only;
    let last = |at: usize| last_is_sum && at + 1 == count && named.len() < count;
    let place = |at: usize| match () {
        () if lost && at < prefix => Place::Column(at),
        () if lost && last(at) => Place::Column(of_form - 1),
        () => Place::Unsure,
    };
    (0..count).map(place).collect()
}

/// Whether the last value is the sum of the others in every row, and too often to be so by chance.
fn last_is_sum(rows: &[Cut<'_>], width: usize) -> bool {
    let mut seen: BTreeSet<Vec<i64>> = BTreeSet::new();
    for row in rows.iter().filter(|row| row.cells.len() == width && width > 1) {
        let values: Option<Vec<i64>> = row
            .cells
            .iter()
            .map(|cell| match cell.value {
                Value::Number { value, .. } => Some(value),
                Value::Zero => Some(0),
                Value::Blank | Value::NotApplicable | Value::Words => None,
            })
            .collect();
        let Some(values) = values else { continue };
        let Some((last, others)) = values.split_last() else { continue };
        if others.iter().try_fold(0_i64, |sum, value| sum.checked_add(*value)) != Some(*last) {
            return false;
        }
        seen.insert(values);
    }
    seen.iter().filter_map(|values| values.last()).try_fold(0_i64, |sum, last| sum.checked_add(*last))
        >= Some(NO_CHANCE)
}

/// Settles the rows of a list that stand under one head: a label, often a unit and a code, and one value or several of
/// different kinds.
pub(super) fn list<'r>(block: &FormBlock, rows: &[&'r Row], head: &Head, year: Option<i16>) -> Vec<Settled<'r>> {
    let columns = of_year(&head.columns, year);
    let role = |named: &Named| {
        named.column.and_then(|column| block.columns.get(column)).map_or(Role::Other, |column| column.role)
    };
    // Two tables may stand side by side: the second begins with labels again.
    let behind_label = columns.iter().enumerate().skip_while(|(_, named)| role(named) == Role::Label);
    let behind_label = behind_label.take_while(|(_, named)| role(named) != Role::Label);
    let (units, numbers): (Vec<_>, Vec<_>) = behind_label.partition(|(_, named)| role(named) == Role::Unit);
    let place = |(at, named): &(usize, &Named)| match (named.column, role(named)) {
        (Some(column), Role::Value | Role::Level | Role::Code) => Place::Column(column),
        _ => Place::Unlisted(*at),
    };
    let mut places: Vec<Place> = numbers.iter().map(place).collect();
    let headless = numbers.iter().all(|(_, named)| role(named) == Role::Code);
    let only = block.columns.iter().position(|column| column.role == Role::Value).filter(|_| block.single);
    if let (true, Some(value)) = (headless, only) {
        places = vec![Place::Column(value)];
    }
    let wanted = places.len().max(1);
    let (usual, rows_of_it) = most_frequent(rows.iter().map(|row| row.cells.len()).filter(|count| *count > 0));
    let fits = usual == places.len() && is_most(rows_of_it, rows);
    let settle = |row: &&'r Row| {
        let row: &'r Row = row;
        let count = row.cells.len();
        let own = if row.lone && count > wanted && count.is_multiple_of(wanted) { wanted } else { count };
        // Of a row without borders and without its unit nobody knows what else is lost.
        let whole = !row.lone || units.is_empty() || row.units == count / wanted;
        let sure = fits && whole && own == places.len() && !(row.glued && (headless || !block.single));
        let place = |at: usize| if sure { places.get(at).copied() } else { None }.unwrap_or(Place::Unsure);
        let (own, rest) = row.cells.split_at(own);
        let cells = own.iter().enumerate().map(|(at, cell)| (*cell, place(at))).collect();
        Settled { row, columns: columns.clone(), cells, rest: rest.to_vec() }
    };
    rows.iter().map(settle).collect()
}

/// Whether a table without borders still has the values of most of its rows; otherwise those of others may stand where
/// its own stood.
fn is_most(whole: usize, rows: &[&Row]) -> bool {
    let named = rows.iter().filter(|row| row.row.is_some()).count();
    2 * whole >= named || !rows.iter().any(|row| row.lone)
}
