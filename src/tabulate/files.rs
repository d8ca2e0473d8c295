//! Parquet in and out: parts of a run, and the published tables made from them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::{
    DataFrame, FileWriteFormat, KeyValueMetadata, LazyFrame, ParquetCompression, ParquetWriteOptions, PlRefPath,
    ScanArgsParquet, SinkDestination, SinkTarget, StatisticsOptions, UnifiedSinkArgs, UnionArgs, col, concat, len, lit,
};

use super::columns::Columns;
use super::facts::DOCUMENT;
use super::schema;
use crate::error::Error;
use crate::knowledge::Catalogue;

/// Rows of one row group: small enough to skip by statistics, large enough to compress.
const ROW_GROUP: usize = 100_000;

/// Compression of all files.
const LEVEL: i32 = 3;

fn options(catalogue: &Catalogue, table: &str) -> Result<ParquetWriteOptions, Error> {
    let level = ZstdLevel::try_new(LEVEL).map_err(|source| Error::table(table, source))?;
    Ok(ParquetWriteOptions {
        compression: ParquetCompression::Zstd(Some(level)),
        statistics: StatisticsOptions::full(),
        row_group_size: Some(ROW_GROUP),
        key_value_metadata: Some(KeyValueMetadata::from_static(schema::metadata(catalogue, table))),
        ..ParquetWriteOptions::default()
    })
}

/// Tables that come from documents, in the order in which they are made.
pub const FACTS: [&str; 4] = ["reports", "observations", "checks", "rejects"];

/// Name of one part of a table.
pub fn part(folder: &Path, table: &str, number: usize) -> PathBuf {
    folder.join(format!("{table}-{number:06}.parquet"))
}

/// Writes rows as a part.
///
/// # Errors
/// When the disk refuses.
pub fn write_part(folder: &Path, table: &str, number: usize, columns: Columns) -> Result<PathBuf, Error> {
    write_frame(folder, table, number, columns.into_frame().map_err(|source| Error::table(table, source))?)
}

/// The same of a frame.
///
/// # Errors
/// When the disk refuses.
pub fn write_frame(folder: &Path, table: &str, number: usize, mut frame: DataFrame) -> Result<PathBuf, Error> {
    let path = part(folder, table, number);
    let file = std::fs::File::create(&path).map_err(|source| Error::io("write", &path, source))?;
    // A part is read once, from end to end, and removed.
    let quick = ParquetWriteOptions {
        compression: ParquetCompression::Lz4Raw,
        statistics: StatisticsOptions::empty(),
        ..ParquetWriteOptions::default()
    };
    quick.to_writer(file).finish(&mut frame).map_err(|source| Error::table(table, source))?;
    Ok(path)
}

/// The rows of several files, one after the other.
///
/// # Errors
/// When a path cannot be named.
pub fn scan(table: &str, paths: &[PathBuf]) -> Result<LazyFrame, Error> {
    let paths = paths.iter().map(|path| PlRefPath::try_from_path(path)).collect::<Result<Vec<_>, _>>();
    let paths = paths.map_err(|source| Error::table(table, source))?;
    // A folder called out[1] is a folder, not a pattern.
    let arguments = ScanArgsParquet { glob: false, ..ScanArgsParquet::default() };
    LazyFrame::scan_parquet_files(paths.into_iter().collect(), arguments).map_err(|source| Error::table(table, source))
}

/// The rows of a table in all parts of a run; each part has given away so many numbers of documents.
///
/// # Errors
/// When a path cannot be named.
pub fn scan_parts(table: &str, folder: &Path, counts: &[usize]) -> Result<LazyFrame, Error> {
    let mut first = 0;
    let mut parts = Vec::with_capacity(counts.len());
    for (number, count) in counts.iter().enumerate() {
        let offset = i64::try_from(first).unwrap_or(i64::MAX);
        parts.push(scan(table, &[part(folder, table, number)])?.with_columns([col(DOCUMENT) + lit(offset)]));
        first += count;
    }
    concat(parts, UnionArgs { maintain_order: true, ..UnionArgs::default() })
        .map_err(|source| Error::table(table, source))
}

/// Runs a query into `<folder>/<table>.parquet`, row by row, without holding the table in memory.
///
/// # Errors
/// When the query or the disk refuses.
pub fn sink(catalogue: &Catalogue, folder: &Path, table: &str, query: LazyFrame) -> Result<(), Error> {
    let fault = |source| Error::table(table, source);
    let path = folder.join(format!("{table}.parquet"));
    let target = SinkTarget::Path(PlRefPath::try_from_path(&path).map_err(fault)?);
    let format = FileWriteFormat::Parquet(Arc::new(options(catalogue, table)?));
    let arguments = UnifiedSinkArgs::default();
    let query = query.sink(SinkDestination::File { target }, format, arguments).map_err(fault)?;
    query.collect().map_err(fault)?;
    Ok(())
}

/// Values of some columns, and how many rows have them.
pub type Tally = (Vec<Option<String>>, usize);

/// How many rows have which values in some text columns of a table.
///
/// # Errors
/// When the table cannot be read.
pub fn tally(folder: &Path, table: &str, columns: &[&str]) -> Result<Vec<Tally>, Error> {
    let fault = |source| Error::table(table, source);
    let query = scan(table, &[folder.join(format!("{table}.parquet"))])?;
    let names: Vec<_> = columns.iter().map(|name| col(*name)).collect();
    let frame = query.group_by(names.clone()).agg([len().alias("rows")]).collect().map_err(fault)?;
    let counts = frame.column("rows").and_then(|column| column.u32().cloned()).map_err(fault)?;
    let mut rows = Vec::with_capacity(frame.height());
    for at in 0..frame.height() {
        let mut row = Vec::with_capacity(columns.len());
        for name in columns {
            let values = frame.column(name).and_then(|column| column.str()).map_err(fault)?;
            row.push(values.get(at).map(str::to_owned));
        }
        rows.push((row, counts.get(at).map_or(0, |count| count as usize)));
    }
    rows.sort();
    Ok(rows)
}

/// How many rows a table has.
///
/// # Errors
/// When the table cannot be read.
pub fn height(folder: &Path, table: &str) -> Result<usize, Error> {
    count(table, scan(table, &[folder.join(format!("{table}.parquet"))])?)
}

/// How many rows a query on a table finds.
///
/// # Errors
/// When the table cannot be read.
pub fn count(table: &str, query: LazyFrame) -> Result<usize, Error> {
    let fault = |source| Error::table(table, source);
    let frame = query.select([len().alias("rows")]).collect().map_err(fault)?;
    let count = frame.column("rows").and_then(|column| column.u32().cloned()).map_err(fault)?;
    Ok(count.get(0).map_or(0, |count| count as usize))
}
