//! Whose tables they are: the year that a line names, and the report that begins with it.

use super::super::line::{Layout as Lines, Line};
use super::Reader;
use crate::date;
use crate::identify::title;

/// A title has at most so many bytes: 70 ideographs.
const LONGEST_TITLE: usize = 210;

/// A line that says of which year a table is has at most so many bytes: 25 ideographs.
const LONGEST_YEAR_LINE: usize = 75;

impl Reader<'_> {
    /// A short line between tables may say of which year they are: 以下为2021年度数据.
    pub(super) fn year_of(&mut self, line: &Line) {
        let Some((first, last)) = line.cells.first().zip(line.cells.last()) else { return };
        let text = self.text((first.start, last.end));
        if self.section.is_none() || line.layout == Lines::Row || text.len() > LONGEST_YEAR_LINE {
            return;
        }
        let years: Vec<i16> = text.match_indices('2').filter_map(|(at, _)| year_in(text.get(at..)?)).collect();
        if let [year] = years.as_slice() {
            self.stated_year = Some(*year).filter(|year| Some(*year) != self.year);
        }
    }

    /// The title of another body's report: the tables below it are not ours. A title that recurs is a page's head.
    pub(super) fn title_of(&mut self, line: &Line) {
        let Some((first, last)) = line.cells.first().zip(line.cells.last()) else { return };
        let text = self.text((first.start, last.end));
        if line.layout == Lines::Row || text.len() > LONGEST_TITLE {
            return;
        }
        let Some((body, _)) = title::parse(&self.knowledge.titles, text).filter(|(body, _)| !body.is_empty()) else {
            return;
        };
        match &self.body {
            None => self.body = Some(body),
            Some(known) => self.foreign = !(known.contains(&body) || body.contains(known.as_str())),
        }
    }
}

/// The year that a text begins with, when no day of it follows.
fn year_in(text: &str) -> Option<i16> {
    let (year, end) = date::year(text)?;
    let rest = text.get(end..)?;
    let unit = rest.chars().next().filter(|unit| !unit.is_ascii())?;
    let is_day = rest.get(unit.len_utf8()..)?.starts_with(|next: char| next.is_ascii_digit());
    (date::is_year_unit(unit) && !is_day).then_some(year)
}
