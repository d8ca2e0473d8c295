//! Where a table cell stands once merged cells are spread out.

/// Spans above this are damage, not layout.
const WIDEST: u32 = 1_000;

/// A row wider than this is damage; what lies beyond shares the last column.
const LAST_COLUMN: u32 = 4_000;

/// Walks a table row by row and gives each cell its first free column.
#[derive(Debug, Default)]
pub(super) struct Grid {
    row: Option<u32>,
    col: u32,
    /// For each column, the first row that no cell from above reaches into.
    free_from: Vec<u32>,
}

/// Row, column and width of a placed cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Row, from 0.
    pub row: u32,
    /// First column, from 0.
    pub col: u32,
    /// Columns covered.
    pub colspan: u32,
}

impl Grid {
    /// Begins the next row.
    pub(super) fn next_row(&mut self) {
        self.row = Some(self.row.map_or(0, |row| row + 1));
        self.col = 0;
    }

    /// Places a cell in the current row.
    pub(super) fn place(&mut self, colspan: u32, rowspan: u32) -> Place {
        if self.row.is_none() {
            self.next_row();
        }
        let row = self.row.unwrap_or(0);
        let colspan = colspan.clamp(1, WIDEST);
        // A rowspan of 0 reaches to the end of the table.
        let until = if rowspan == 0 { u32::MAX } else { row.saturating_add(rowspan.min(WIDEST)) };
        while self.free_from.get(self.col as usize).is_some_and(|free| *free > row) {
            self.col += 1;
        }
        self.col = self.col.min(LAST_COLUMN);
        let place = Place { row, col: self.col, colspan };
        self.col += colspan;
        if self.free_from.len() < self.col as usize {
            self.free_from.resize(self.col as usize, 0);
        }
        for free in &mut self.free_from[place.col as usize..self.col as usize] {
            *free = until;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_merged_cells() {
        let mut grid = Grid::default();
        grid.next_row();
        assert_eq!(grid.place(1, 3), Place { row: 0, col: 0, colspan: 1 });
        assert_eq!(grid.place(2, 1), Place { row: 0, col: 1, colspan: 2 });
        grid.next_row();
        assert_eq!(grid.place(1, 2), Place { row: 1, col: 1, colspan: 1 });
        assert_eq!(grid.place(1, 1), Place { row: 1, col: 2, colspan: 1 });
        grid.next_row();
        assert_eq!(grid.place(1, 1), Place { row: 2, col: 2, colspan: 1 });
    }
}
