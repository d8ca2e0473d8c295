//! What a fact-checker pastes: the words with the number marked, where they stand, and which build read them.

use std::fmt::Write as _;
use std::path::Path;

use polars::prelude::{col, lit};

use super::{Build, Row, cell};
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::model::Basis;
use crate::number::{self, ONE};

/// Why the words may be quoted.
const LICENCE: &str = "an official document of an administrative body, to which the Copyright Law of the PRC does not apply \
                       (art. 5); please name the body and its report";

/// The citation of one observation.
///
/// # Errors
/// When there is no such dataset or observation.
pub fn cite(knowledge: &Knowledge, dataset: &Path, id: &str) -> Result<String, Error> {
    let build = Build::open(dataset)?;
    let of_id = |table, column: &str, id: &str| build.rows(table, col(column).eq(lit(id.to_owned())));
    let observations = of_id("observations", "observation_id", id)?;
    let report_id = id.split('/').next().unwrap_or(id);
    let reports = of_id("reports", "report_id", report_id)?;
    let (Some(observation), Some(report)) = (observations.first(), reports.first()) else {
        let why = match reports.first().and_then(|report| report.get("duplicate_of")) {
            Some(kept) => format!("; that report is a copy of {kept}, which has its observations"),
            None => "; an id is a report_id and a number, as in 06723acdf4f9b0a8/12".to_owned(),
        };
        return Err(Error::Usage(format!("no observation {id} in {}{why}", dataset.display())));
    };
    Ok(page(knowledge, &build, (observation, report)))
}

fn page(knowledge: &Knowledge, build: &Build, (observation, report): (&Row, &Row)) -> String {
    let mut page = String::new();
    let mut line = |name: &str, text: &str| {
        if !text.trim().is_empty() {
            let _ = writeln!(page, "{name:<10} {}", text.trim());
        }
    };
    let quote = cell(observation, "quote");
    let value = observation.get("value").and_then(|value| number::parse(value)).map(|number| number.value);
    let form = |one| knowledge.variants.form(one);
    line("words", &value.map_or_else(|| quote.to_owned(), |value| marked(form, quote, value)));
    if cell(observation, "basis") == Basis::Cell.name() {
        line("", "(a cell of a table: the metric says what its row and its column are called)");
    }
    let bound = match cell(observation, "bound") {
        "exact" => "",
        bound => bound,
    };
    let basis = cell(observation, "basis");
    match observation.get("value") {
        Some(value) => line("value", &format!("{value} {} {bound} ({basis})", cell(observation, "unit"))),
        None => line("value", &format!("none ({basis})")),
    }
    if basis == Basis::Reviewed.name() {
        line("reviewed", &format!("not what the program read in these words: {}", cell(observation, "label")));
    }
    if let Some(year) = observation.get("stated_year") {
        line("of year", &format!("{year}: the words name another year than the report's"));
    }
    let metric = cell(observation, "metric");
    let known = knowledge.catalogue.find(metric).map(|metric| knowledge.catalogue.metric(metric));
    let named = known.map_or_else(String::new, |metric| format!("{}; {}", metric.zh, metric.en));
    line("metric", &format!("{metric} {} {named}", cell(observation, "applicant")));
    line("report", &format!("{} {}", cell(report, "title"), cell(report, "issuer")));
    line("year", cell(report, "report_year"));
    line("published", cell(report, "published"));
    line("file", observation.get("attachment").map_or(cell(report, "path"), String::as_str));
    line("url", cell(report, "url"));
    let (start, end) = (cell(observation, "text_start"), cell(observation, "text_end"));
    line("place", &format!("characters {start} to {end} of its reading text (nianbao inspect --text)"));
    line(
        "id",
        &format!(
            "{} (BLAKE3 of the file begins with {})",
            cell(observation, "observation_id"),
            cell(report, "report_id")
        ),
    );
    line("dataset", &build.name());
    line("licence", LICENCE);
    page
}

/// The words with the number that has the value between brackets: 主动公开政府信息【137】条. `form` gives the one form of
/// a character that numbers are read in.
fn marked(form: impl Fn(char) -> char, quote: &str, value: i64) -> String {
    let folded: String = quote.chars().map(form).collect();
    for (place, (at, _)) in folded.char_indices().enumerate() {
        let (before, rest) = folded.split_at(at);
        if before.ends_with(|last: char| last.is_ascii_digit()) {
            continue;
        }
        let Some(found) = number::parse(rest) else { continue };
        // 1.2万元 is 12000 yuan, and a column in 万元 has it as 1.2.
        let same = [Some(value), value.checked_mul(ONE), value.checked_div(ONE)].contains(&Some(found.value));
        if let Some((printed, _)) = rest.split_at_checked(found.len).filter(|_| same) {
            let mut words = quote.chars();
            let before: String = words.by_ref().take(place).collect();
            let printed: String = words.by_ref().take(printed.chars().count()).collect();
            return format!("{before}【{printed}】{}", words.as_str());
        }
    }
    quote.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_marked_once_and_as_printed() {
        let knowledge = crate::knowledge::embedded().unwrap();
        let marked = |quote, value| marked(|one| knowledge.variants.form(one), quote, value * ONE);
        assert_eq!(marked("2018年主动公开137条", 137), "2018年主动公开【137】条");
        assert_eq!(marked("公开1，234条", 1234), "公开【1，234】条");
        assert_eq!(marked("公开１３７條", 137), "公开【１３７】條");
        assert_eq!(marked("公开十二条", 12), "公开【十二】条");
        assert_eq!(marked("未收到申请", 0), "未收到申请");
    }
}
