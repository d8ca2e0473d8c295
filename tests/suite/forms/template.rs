//! The official forms as `tests/forms/*.txt` print them: headings, cells with spans, and the places of figures.

use std::collections::BTreeMap;
use std::path::Path;

/// A part of a form.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// A line outside tables.
    Heading(String),
    /// A table, row by row; cells that a span covers are not written.
    Table(Vec<Vec<Cell>>),
}

/// A cell of a form.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// What is printed; a figure's place is `{metric}` or `{metric@applicant}`.
    pub(super) text: String,
    pub(super) colspan: usize,
    pub(super) rowspan: usize,
}

impl Cell {
    fn parse(text: &str) -> Cell {
        let mut cell = Cell { text: String::new(), colspan: 1, rowspan: 1 };
        let mut words = Vec::new();
        for word in text.split(' ') {
            match (word.strip_prefix('<').map(str::parse), word.strip_prefix('^').map(str::parse)) {
                (Some(Ok(span)), _) => cell.colspan = span,
                (_, Some(Ok(span))) => cell.rowspan = span,
                _ => words.push(word),
            }
        }
        cell.text = words.join(" ");
        if cell.text == "." {
            cell.text.clear();
        }
        cell
    }

    pub(super) fn is_figure(&self) -> bool {
        self.text.contains('{')
    }
}

/// Sums that hold in one form only: `#+ whole = part part`.
pub(super) fn sums(name: &str) -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(Path::new("tests/forms").join(name).with_extension("txt")).unwrap();
    let sums = text.lines().filter_map(|line| line.strip_prefix("#+ ")?.split_once(" = "));
    sums.map(|(whole, parts)| (whole.to_owned(), parts.split(' ').map(str::to_owned).collect())).collect()
}

/// Reads a form.
pub(super) fn load(name: &str) -> Vec<Part> {
    let text = std::fs::read_to_string(Path::new("tests/forms").join(name).with_extension("txt")).unwrap();
    let mut parts = Vec::new();
    let mut rows: Option<Vec<Vec<Cell>>> = None;
    for line in text.lines().filter(|line| !line.starts_with('#')).chain([""]) {
        if line == "-- table" {
            rows = Some(Vec::new());
        } else if let Some(heading) = line.strip_prefix("== ") {
            parts.push(Part::Heading(heading.to_owned()));
        } else if line.is_empty() {
            parts.extend(rows.take().map(Part::Table));
        } else if let Some(rows) = &mut rows {
            rows.push(line.split(" | ").flat_map(applicants).collect());
        }
    }
    parts
}

pub(super) const APPLICANTS: [&str; 7] = [
    "natural_person",
    "commercial_enterprise",
    "research_institution",
    "public_welfare_org",
    "legal_service_org",
    "other_org",
    "total",
];

/// `{metric@*}` is one cell an applicant.
fn applicants(text: &str) -> Vec<Cell> {
    match text.strip_suffix("@*}") {
        Some(metric) => APPLICANTS.iter().map(|name| Cell::parse(&format!("{metric}@{name}}}"))).collect(),
        None => vec![Cell::parse(text)],
    }
}

/// A cell (row and number in the row) that covers a place of the grid, and whether it begins there.
pub(super) type Place = ((usize, usize), bool);

/// A table as a full grid: for each place the cell that covers it (row and number in the row), and whether it begins
/// there.
pub(super) fn grid(rows: &[Vec<Cell>]) -> Vec<Vec<Place>> {
    let width: usize = rows.first().map_or(0, |row| row.iter().map(|cell| cell.colspan).sum());
    let mut grid: Vec<Vec<Option<Place>>> = vec![vec![None; width]; rows.len()];
    for (at, row) in rows.iter().enumerate() {
        let mut column = 0;
        for (number, cell) in row.iter().enumerate() {
            while grid[at][column].is_some() {
                column += 1;
            }
            for down in 0..cell.rowspan.min(rows.len() - at) {
                for right in 0..cell.colspan {
                    grid[at + down][column + right] = Some(((at, number), down == 0 && right == 0));
                }
            }
            column += cell.colspan;
        }
    }
    grid.into_iter().map(|row| row.into_iter().map(Option::unwrap).collect()).collect()
}

/// Takes one column out of a table.
pub(super) fn without_column(rows: &[Vec<Cell>], column: usize) -> Vec<Vec<Cell>> {
    let grid = grid(rows);
    if grid[0].len() <= column {
        return rows.to_vec();
    }
    let mut rows: Vec<Vec<Option<Cell>>> = rows.iter().map(|row| row.iter().cloned().map(Some).collect()).collect();
    let mut done = std::collections::BTreeSet::new();
    for line in &grid {
        let ((row, number), _) = line[column];
        if done.insert((row, number)) {
            let cell = &mut rows[row][number];
            match cell.as_mut().map(|cell| cell.colspan) {
                Some(1) => *cell = None,
                Some(_) => cell.as_mut().unwrap().colspan -= 1,
                None => {}
            }
        }
    }
    rows.into_iter().map(|row| row.into_iter().flatten().collect()).collect()
}
