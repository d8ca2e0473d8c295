//! Values far from those of other places of the same level and year.
//!
//! The score is a robust z-score (Iglewicz and Hoaglin, 1993): how many deviations a value's root lies from the median of
//! the roots, with the median deviation, or the mean one where more than half are the same. Roots, because counts of
//! places of many sizes are skewed. A far value is a reason to look, no fault.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::{DataFrame, DataType, PolarsResult};

use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::tabulate::files;

/// A score from which a value is far.
const FAR: f64 = 3.5;

/// Fewer values say nothing of what is usual.
const LEAST: usize = 10;

/// The farthest that are told.
const TOLD: usize = 30;

/// Series that are in memory at a time.
const SERIES: usize = 8;

/// Far values.
#[derive(Debug, Default)]
pub(super) struct Outliers {
    /// How many there are.
    pub(super) far: usize,
    /// How many values were compared.
    pub(super) compared: usize,
    /// The farthest first.
    pub(super) farthest: Vec<Outlier>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Outlier {
    pub(super) series: String,
    pub(super) year: i16,
    /// Of the place.
    pub(super) code: String,
    pub(super) report_id: String,
    pub(super) value: f64,
    pub(super) median: f64,
    pub(super) score: f64,
}

/// Looks through every series of the wide tables in a folder.
pub(super) fn find(knowledge: &Knowledge, folder: &Path) -> Result<Outliers, Error> {
    let mut outliers = Outliers::default();
    for (table, code) in [("counties", "county_code"), ("townships", "township_code")] {
        let path = folder.join(format!("{table}.parquet"));
        let places = files::read(table, &path, Some(&[code, "report_year", "report_id"]))?;
        for some in knowledge.catalogue.series.chunks(SERIES) {
            let names: Vec<&str> = some.iter().map(|series| series.id.as_str()).collect();
            let values = files::read(table, &path, Some(&names))?;
            for series in names {
                let found = of_series(code, series, &places, &values);
                let (compared, found) = found.map_err(|source| Error::table(table, source))?;
                outliers.compared += compared;
                outliers.far += found.len();
                outliers.farthest.extend(found);
            }
        }
        outliers.farthest.sort_by(|one, other| other.score.abs().total_cmp(&one.score.abs()));
        outliers.farthest.truncate(TOLD);
    }
    Ok(outliers)
}

/// How many values of a series were compared, and the far ones.
fn of_series(code: &str, series: &str, places: &DataFrame, values: &DataFrame) -> PolarsResult<(usize, Vec<Outlier>)> {
    let values = values.column(series)?.cast(&DataType::Float64)?;
    let (values, years) = (values.f64()?, places.column("report_year")?.i16()?);
    let (codes, reports) = (places.column(code)?.str()?, places.column("report_id")?.str()?);
    let mut by_year: BTreeMap<i16, Vec<(f64, usize)>> = BTreeMap::new();
    for (at, (value, year)) in values.iter().zip(years.iter()).enumerate() {
        if let Some((value, year)) = value.zip(year) {
            by_year.entry(year).or_default().push((value, at));
        }
    }
    let mut found = Vec::new();
    let mut compared = 0;
    for (year, of_year) in by_year.iter().filter(|(_, of_year)| of_year.len() >= LEAST) {
        compared += of_year.len();
        let roots: Vec<f64> = of_year.iter().map(|(value, _)| root(*value)).collect();
        let Some(usual) = Usual::of(&roots) else { continue };
        for ((value, at), root) in of_year.iter().zip(&roots) {
            let score = usual.score(*root);
            if score.abs() < FAR {
                continue;
            }
            found.push(Outlier {
                series: series.to_owned(),
                year: *year,
                code: codes.get(*at).unwrap_or_default().to_owned(),
                report_id: reports.get(*at).unwrap_or_default().to_owned(),
                value: *value,
                median: usual.typical(),
                score,
            });
        }
    }
    Ok((compared, found))
}

/// Middle and spread of some numbers.
#[derive(Debug, Clone, Copy)]
struct Usual {
    median: f64,
    spread: f64,
}

#[expect(clippy::float_arithmetic, reason = "a score points at a value, and changes none")]
impl Usual {
    /// None where all numbers are the same.
    fn of(numbers: &[f64]) -> Option<Usual> {
        let middle = median(numbers.to_vec())?;
        let deviations: Vec<f64> = numbers.iter().map(|number| (number - middle).abs()).collect();
        // What makes either the standard deviation of a normal distribution.
        let (of_median, of_mean) = (1.482_6, 1.253_3);
        let mean = deviations.iter().sum::<f64>() / count(deviations.len());
        let spread = median(deviations).map(|spread| spread * of_median)?;
        let spread = if spread > 0.0 { spread } else { mean * of_mean };
        (spread > 0.0).then_some(Usual { median: middle, spread })
    }

    fn score(self, number: f64) -> f64 {
        (number - self.median) / self.spread
    }

    /// The value in the middle.
    fn typical(self) -> f64 {
        self.median * self.median
    }
}

/// The middle number, or the mean of the two in the middle.
fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let upper = *numbers.get(middle)?;
    if numbers.len() % 2 == 1 { Some(upper) } else { Some(f64::midpoint(*numbers.get(middle - 1)?, upper)) }
}

/// The root is exact to the last bit on every machine, as a logarithm is not.
fn root(value: f64) -> f64 {
    value.max(0.0).sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53 places")]
fn count(numbers: usize) -> f64 {
    numbers as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_far_from_the_others_is_far() {
        let mut numbers: Vec<f64> = (90..110).map(f64::from).map(root).collect();
        numbers.push(root(400.0));
        let usual = Usual::of(&numbers).unwrap();
        assert!(usual.score(root(400.0)) > FAR);
        assert!(usual.score(root(95.0)).abs() < FAR);
        assert!((usual.typical() - 100.0).abs() < 1.0);
    }

    #[test]
    fn most_may_be_the_same_and_all_may_be() {
        let mut numbers = vec![0.0; 20];
        assert!(Usual::of(&numbers).is_none(), "nothing is far from itself");
        numbers.push(10.0);
        assert!(Usual::of(&numbers).unwrap().score(10.0) > FAR);
        assert!(Usual::of(&[]).is_none());
    }
}
