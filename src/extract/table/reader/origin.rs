//! Whose tables they are: the year that a line names, and the report that begins with it.

use super::super::line::{Layout as Lines, Line};
use super::Reader;
use crate::date;
use crate::identify::title;

/// A title has at most so many bytes: 70 ideographs.
const LONGEST_TITLE: usize = 210;

/// A line that says of which year a table is has at most so many bytes: 25 ideographs.
const LONGEST_YEAR_LINE: usize = 75;

/// A year and nothing else is no caption.
const SHORTEST_CAPTION: usize = 7;

impl Reader<'_> {
    /// A short line between tables may say of which year they are: 以下为2021年度数据.
    pub(super) fn year_of(&mut self, line: &Line) {
        let Some((first, last)) = line.cells.first().zip(line.cells.last()) else { return };
        let text = self.text((first.start, last.end));
        if self.section.is_none() || line.layout == Lines::Row || text.len() > LONGEST_YEAR_LINE {
            return;
        }
        let mut rest = text;
        let mut years = Vec::new();
        let caption = &self.knowledge.cells.caption;
        while !rest.is_empty() {
            if let Some((year, length)) = year_in(rest) {
                years.push(year);
                rest = rest.get(length..).unwrap_or_default();
            } else if let Some(word) =
                caption.iter().filter(|word| rest.starts_with(word.as_str())).max_by_key(|word| word.len())
            {
                rest = rest.get(word.len()..).unwrap_or_default();
            } else {
                return;
            }
        }
        if let ([year], true) = (years.as_slice(), text.len() > SHORTEST_CAPTION) {
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

/// The year that a text begins with, with its unit, and their length.
fn year_in(text: &str) -> Option<(i16, usize)> {
    let (year, end) = date::year(text)?;
    let unit = text.get(end..)?.chars().next().filter(|unit| date::is_year_unit(*unit))?;
    Some((year, end + unit.len_utf8()))
}
