//! Rows of an earlier run's parts become rows of a new one.

use std::collections::BTreeMap;

use polars::prelude::{
    DataFrame, DataType, IntoColumn, IntoLazy, JoinArgs, JoinType, NamedFrom, PolarsResult, Series,
    SortMultipleOptions, UnionArgs, coalesce, col, concat, lit,
};

use super::cache::Cache;
use crate::error::Error;
use crate::tabulate::facts::DOCUMENT;
use crate::tabulate::files;

/// A document whose rows are there already.
#[derive(Debug, Clone)]
pub(super) struct Reused {
    /// Its number in the new part.
    pub(super) number: usize,
    /// The old part, and its number there.
    pub(super) at: (usize, usize),
    /// Its path, when that is another.
    pub(super) path: Option<String>,
}

/// The rows of a table of one part: those that were just made and those of documents that were read before, by number.
///
/// # Errors
/// When an old part cannot be read.
pub(super) fn gather(cache: &Cache, table: &str, fresh: Vec<DataFrame>, reused: &[Reused]) -> Result<DataFrame, Error> {
    let fault = |source| Error::table(table, source);
    let fresh = stacked(fresh).map_err(fault)?;
    let mut by_part: BTreeMap<usize, Vec<&Reused>> = BTreeMap::new();
    for one in reused {
        by_part.entry(one.at.0).or_default().push(one);
    }
    if by_part.is_empty() {
        return Ok(fresh);
    }
    let names: Vec<_> = fresh.get_column_names().into_iter().cloned().collect();
    let mut frames = Vec::new();
    for (part, reused) in by_part {
        let old = files::scan(table, &[cache.path(table, part)])?;
        let numbers = numbers(&reused).map_err(fault)?.lazy();
        let joined = old.join(numbers, [col(DOCUMENT)], [col("old")], JoinArgs::new(JoinType::Inner));
        let mut renewed = vec![col("new").alias(DOCUMENT)];
        if names.iter().any(|name| name == "path") {
            renewed.push(coalesce(&[col("new_path"), col("path")]).alias("path"));
        }
        frames
            .push(joined.with_columns(renewed).select(names.iter().map(|name| col(name.clone())).collect::<Vec<_>>()));
    }
    frames.push(fresh.lazy());
    let all = concat(frames, UnionArgs::default()).map_err(fault)?;
    // Within a document the rows are in order already.
    all.sort([DOCUMENT], SortMultipleOptions::default().with_maintain_order(true)).collect().map_err(fault)
}

/// The rows of several frames in one piece.
fn stacked(frames: Vec<DataFrame>) -> PolarsResult<DataFrame> {
    let mut frames = frames.into_iter();
    let mut all = frames.next().unwrap_or_default();
    frames.try_for_each(|frame| all.vstack_mut_owned(frame).map(|_| ()))?;
    all.rechunk_mut();
    Ok(all)
}

/// Old and new numbers, and new paths.
fn numbers(reused: &[&Reused]) -> PolarsResult<DataFrame> {
    let number = |at: usize| i64::try_from(at).unwrap_or(i64::MAX);
    let columns = [
        Series::new("old".into(), reused.iter().map(|one| number(one.at.1)).collect::<Vec<_>>()),
        Series::new("new".into(), reused.iter().map(|one| number(one.number)).collect::<Vec<_>>()),
        Series::new("new_path".into(), reused.iter().map(|one| one.path.clone()).collect::<Vec<_>>())
            .cast(&DataType::String)?,
    ];
    DataFrame::new(reused.len(), columns.map(IntoColumn::into_column).to_vec())
}

/// Whether a part has a report among these.
///
/// # Errors
/// When the part cannot be read.
pub(super) fn has_any(cache: &Cache, part: usize, ids: &[&str]) -> Result<bool, Error> {
    let fault = |source| Error::table("reports", source);
    let is_one = ids.iter().fold(lit(false), |any, id| any.or(col("report_id").eq(lit((*id).to_owned()))));
    let reports = files::scan("reports", &[cache.path("reports", part)])?;
    Ok(reports.filter(is_one).select([col("report_id")]).collect().map_err(fault)?.height() > 0)
}
