//! Parquet in and out: the parts of a run, and queries on files. Published tables are written by [`super::sink`].

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use polars::prelude::{
    AnyValue, Column, DataFrame, Expr, LazyFrame, ParallelStrategy, ParquetCompression, ParquetReader,
    ParquetWriteOptions, PlRefPath, PolarsResult, ScanArgsParquet, SerReader, StatisticsOptions, len,
};

use crate::error::Error;

/// Tables that come from documents, in the order in which they are made.
pub const FACTS: [&str; 4] = ["reports", "observations", "checks", "rejects"];

/// Name of one part of a table.
pub fn part(folder: &Path, table: &str, number: usize) -> PathBuf {
    folder.join(format!("{table}-{number:06}.parquet"))
}

/// Writes rows as a part; returns the hash of its bytes.
///
/// # Errors
/// When the disk refuses.
pub fn write_frame(folder: &Path, table: &str, number: usize, frame: DataFrame) -> Result<blake3::Hash, Error> {
    let bytes = packed(table, frame)?;
    let path = part(folder, table, number);
    let written = File::create(&path).and_then(|mut file| file.write_all(&bytes));
    written.map_err(|source| Error::io("write", &path, source))?;
    Ok(blake3::hash(&bytes))
}

/// Rows as the bytes of a part.
///
/// # Errors
/// Never in practice: the rows are in memory.
pub fn packed(table: &str, frame: DataFrame) -> Result<Vec<u8>, Error> {
    to_bytes(table, frame, ParquetCompression::Lz4Raw)
}

/// The same for another process, which reads them at once.
///
/// # Errors
/// Never in practice: the rows are in memory.
pub fn passed(table: &str, frame: DataFrame) -> Result<Vec<u8>, Error> {
    to_bytes(table, frame, ParquetCompression::Uncompressed)
}

fn to_bytes(table: &str, mut frame: DataFrame, compression: ParquetCompression) -> Result<Vec<u8>, Error> {
    // They are read once, from end to end, and removed.
    let quick =
        ParquetWriteOptions { compression, statistics: StatisticsOptions::empty(), ..ParquetWriteOptions::default() };
    let mut bytes = Vec::new();
    quick.to_writer(&mut bytes).finish(&mut frame).map_err(|source| Error::table(table, source))?;
    Ok(bytes)
}

/// The rows in the bytes of a part.
///
/// # Errors
/// When they are none.
pub fn unpacked(table: &str, bytes: &[u8]) -> Result<DataFrame, Error> {
    let reader = ParquetReader::new(std::io::Cursor::new(bytes));
    reader.read_parallel(ParallelStrategy::None).finish().map_err(|source| Error::table(table, source))
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

/// Some columns of a file; all of them without names.
///
/// # Errors
/// When it cannot be read.
pub fn read(table: &str, path: &Path, columns: Option<&[&str]>) -> Result<DataFrame, Error> {
    slice(table, path, columns, None)
}

/// The same of so many rows from one on.
fn slice(table: &str, path: &Path, columns: Option<&[&str]>, rows: Option<(usize, usize)>) -> Result<DataFrame, Error> {
    let file = File::open(path).map_err(|source| Error::io("read", path, source))?;
    let columns = columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    // Several files are read at a time.
    let reader = ParquetReader::new(file).with_columns(columns).with_slice(rows);
    reader.read_parallel(ParallelStrategy::None).finish().map_err(|source| Error::table(table, source))
}

/// Rows that are read at a time where a table may be larger than memory.
const STRETCH: usize = 500_000;

/// What a query makes of a table's rows, stretch by stretch, in order.
///
/// # Errors
/// When the table cannot be read.
pub fn stretches<'q>(
    table: &'q str,
    path: &'q Path,
    query: &'q dyn Fn(LazyFrame) -> LazyFrame,
) -> Result<impl Iterator<Item = Result<DataFrame, Error>> + 'q, Error> {
    let height = count(table, scan(table, &[path.to_owned()])?)?;
    let one = move |first: usize| {
        let first = i64::try_from(first).unwrap_or(i64::MAX);
        let rows = scan(table, &[path.to_owned()])?.slice(first, u32::try_from(STRETCH).unwrap_or(u32::MAX));
        query(rows).collect().map_err(|source| Error::table(table, source))
    };
    Ok((0..height).step_by(STRETCH).map(one))
}

/// Some columns of a published table, piece by piece, in order.
///
/// # Errors
/// When the table cannot be read.
pub fn pieces<'p>(
    folder: &'p Path,
    table: &'p str,
    columns: &'p [&'p str],
) -> Result<impl Iterator<Item = Result<DataFrame, Error>> + 'p, Error> {
    let path = folder.join(format!("{table}.parquet"));
    let piece = move |first| slice(table, &path, Some(columns), Some((first, STRETCH)));
    Ok((0..height(folder, table)?).step_by(STRETCH).map(piece))
}

/// Values of some columns, and how many rows have them.
pub type Tally = (Vec<Option<String>>, usize);

/// How many rows have which values in some text columns of a table.
///
/// # Errors
/// When the table cannot be read.
pub fn tally(folder: &Path, table: &str, columns: &[&str]) -> Result<Vec<Tally>, Error> {
    let mut tallies: BTreeMap<Vec<Option<String>>, usize> = BTreeMap::new();
    for frame in pieces(folder, table, columns)? {
        for (row, count) in tally_of(&frame?, columns).map_err(|source| Error::table(table, source))? {
            *tallies.entry(row).or_default() += count;
        }
    }
    Ok(tallies.into_iter().collect())
}

fn tally_of(frame: &DataFrame, columns: &[&str]) -> PolarsResult<Vec<Tally>> {
    let values = columns.iter().map(|name| frame.column(name).and_then(|column| column.str()));
    let values = values.collect::<PolarsResult<Vec<_>>>()?;
    let mut tallies: BTreeMap<Vec<Option<&str>>, usize> = BTreeMap::new();
    let mut row = Vec::with_capacity(columns.len());
    for at in 0..frame.height() {
        row.clear();
        row.extend(values.iter().map(|values| values.get(at)));
        match tallies.get_mut(row.as_slice()) {
            Some(count) => *count += 1,
            None => _ = tallies.insert(row.clone(), 1),
        }
    }
    let owned = |row: Vec<Option<&str>>| row.into_iter().map(|value| value.map(str::to_owned)).collect();
    Ok(tallies.into_iter().map(|(row, count)| (owned(row), count)).collect())
}

/// The cells of a row that are not null, as people write them.
pub type Row = BTreeMap<String, String>;

/// What a query on a table finds.
///
/// # Errors
/// When the table cannot be read.
pub fn rows(table: &str, query: LazyFrame) -> Result<Vec<Row>, Error> {
    let rows = |frame: &DataFrame| (0..frame.height()).map(|at| row(frame, at)).collect();
    query.collect().and_then(|frame| rows(&frame)).map_err(|source| Error::table(table, source))
}

/// One row of a frame.
///
/// # Errors
/// When there is no such row.
pub fn row(frame: &DataFrame, at: usize) -> PolarsResult<Row> {
    let cells = frame.columns().iter().map(|column| Ok((column.name().to_string(), shown(column, at)?)));
    let cells = cells.collect::<PolarsResult<Vec<_>>>()?;
    Ok(cells.into_iter().filter_map(|(name, cell)| Some((name, cell?))).collect())
}

fn shown(column: &Column, at: usize) -> PolarsResult<Option<String>> {
    Ok(match column.get(at)? {
        AnyValue::Null => None,
        AnyValue::String(text) => Some(text.to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        AnyValue::Float64(number) => Some(number.to_string()),
        value => Some(value.to_string()),
    })
}

/// How many rows have which values, of those that a condition keeps; a null is an empty text.
///
/// # Errors
/// When the table cannot be read.
pub fn grouped(folder: &Path, table: &str, which: &Expr, by: &[Expr]) -> Result<BTreeMap<Vec<String>, usize>, Error> {
    let path = folder.join(format!("{table}.parquet"));
    let query = |rows: LazyFrame| rows.filter(which.clone()).group_by(by).agg([len().alias("rows")]);
    let mut groups: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut add = |frame: &DataFrame| -> PolarsResult<()> {
        let (counts, keys) =
            (frame.column("rows")?.u32()?, frame.columns().split_last().map_or(&[][..], |(_, keys)| keys));
        for (at, count) in counts.iter().enumerate() {
            let key = keys.iter().map(|column| Ok(shown(column, at)?.unwrap_or_default()));
            *groups.entry(key.collect::<PolarsResult<_>>()?).or_default() += count.map_or(0, |count| count as usize);
        }
        Ok(())
    };
    for frame in stretches(table, &path, &query)? {
        add(&frame?).map_err(|source| Error::table(table, source))?;
    }
    Ok(groups)
}

/// The first rows of each value of a text column, of those that a condition keeps, in the order of the table.
///
/// # Errors
/// When the table cannot be read.
pub fn first_of_each(folder: &Path, table: &str, key: &str, which: &Expr, most: usize) -> Result<Vec<Row>, Error> {
    let path = folder.join(format!("{table}.parquet"));
    let query = |rows: LazyFrame| rows.filter(which.clone());
    let (mut seen, mut found): (BTreeMap<String, usize>, Vec<Row>) = (BTreeMap::new(), Vec::new());
    let mut add = |frame: &DataFrame| -> PolarsResult<()> {
        for (at, value) in frame.column(key)?.str()?.iter().enumerate() {
            let seen = seen.entry(value.unwrap_or_default().to_owned()).or_default();
            if *seen < most {
                *seen += 1;
                found.push(row(frame, at)?);
            }
        }
        Ok(())
    };
    for frame in stretches(table, &path, &query)? {
        add(&frame?).map_err(|source| Error::table(table, source))?;
    }
    Ok(found)
}

/// How many rows a table has.
///
/// # Errors
/// When the table cannot be read.
pub fn height(folder: &Path, table: &str) -> Result<usize, Error> {
    let path = folder.join(format!("{table}.parquet"));
    let file = File::open(&path).map_err(|source| Error::io("read", &path, source))?;
    ParquetReader::new(file).num_rows().map_err(|source| Error::table(table, source))
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
