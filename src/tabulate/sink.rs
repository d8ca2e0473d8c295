//! A published table, written group of rows by group of rows.
//!
//! Its bytes depend on its rows only: neither on the pieces in which these come nor on the number of threads.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use polars::io::parquet::write::BatchedWriter;
use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::{
    DataFrame, DataType, Field, KeyValueMetadata, ParquetCompression, ParquetWriter, PolarsError, Schema,
    StatisticsOptions,
};

use super::schema::{self, Type};
use crate::error::Error;
use crate::knowledge::Catalogue;

/// Cells of one group of rows: small enough to be held in memory and to be skipped by statistics, large enough to
/// compress; …
const CELLS: usize = 2_000_000;

/// … and rows, where a table has few columns.
const ROWS: usize = 100_000;

/// Compression of all files.
const LEVEL: i32 = 3;

/// A table that is being written.
pub struct Sink<'t> {
    table: &'t str,
    path: PathBuf,
    writer: BatchedWriter<Disk>,
    said: Arc<OnceLock<i32>>,
    names: Vec<String>,
    /// Rows of a group.
    group: usize,
    /// Rows that make no whole group yet.
    waiting: DataFrame,
}

impl<'t> Sink<'t> {
    /// Begins `<folder>/<table>.parquet`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(catalogue: &Catalogue, folder: &Path, table: &'t str) -> Result<Sink<'t>, Error> {
        let fault = |source| Error::table(table, source);
        let path = folder.join(format!("{table}.parquet"));
        let columns = schema::columns(catalogue, table);
        let fields = columns.iter().map(|column| Field::new(column.name.as_str().into(), dtype(column.kind)));
        let file = File::create(&path).map_err(|source| Error::io("write", &path, source))?;
        let said = Arc::new(OnceLock::new());
        let disk = Disk { file: BufWriter::new(file), said: said.clone() };
        let level = ZstdLevel::try_new(LEVEL).map_err(fault)?;
        let schema: Schema = fields.collect();
        let writer = ParquetWriter::new(disk)
            .with_compression(ParquetCompression::Zstd(Some(level)))
            .with_statistics(StatisticsOptions::full())
            .with_key_value_metadata(Some(KeyValueMetadata::from_static(schema::metadata(catalogue, table))))
            .batched(&schema)
            .map_err(fault)?;
        Ok(Sink {
            table,
            path,
            writer,
            said,
            group: (CELLS / columns.len().max(1)).min(ROWS),
            names: columns.into_iter().map(|column| column.name).collect(),
            waiting: DataFrame::empty_with_schema(&schema),
        })
    }

    /// Adds rows behind the others; columns that the table does not have are left out.
    ///
    /// # Errors
    /// When a column is missing, or the disk refuses.
    pub fn push(&mut self, rows: &DataFrame) -> Result<(), Error> {
        let fault = |source| Error::table(self.table, source);
        let rows = rows.select(self.names.iter().map(String::as_str)).map_err(fault)?;
        self.waiting.vstack_mut_owned(rows).map_err(fault)?;
        while self.waiting.height() >= self.group {
            let rest = self.waiting.slice(i64::try_from(self.group).unwrap_or(i64::MAX), usize::MAX);
            let group = std::mem::replace(&mut self.waiting, rest).slice(0, self.group);
            self.write(group)?;
        }
        Ok(())
    }

    fn write(&mut self, mut group: DataFrame) -> Result<(), Error> {
        group.rechunk_mut();
        self.writer.write_batch(&group).map_err(|source| self.fault(source))
    }

    /// Writes what is left, and the foot of the file.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> Result<(), Error> {
        let rest = std::mem::take(&mut self.waiting);
        if rest.height() > 0 {
            self.write(rest)?;
        }
        self.writer.finish().map_err(|source| self.fault(source))?;
        Ok(())
    }

    /// What the disk said, with the file's name.
    fn fault(&self, source: PolarsError) -> Error {
        match self.said.get() {
            Some(code) => Error::io("write", &self.path, std::io::Error::from_raw_os_error(*code)),
            None => Error::table(&self.path.display().to_string(), source),
        }
    }
}

/// A file in the making. The foot of one is written byte by byte, so these are gathered; and what the disk says is kept,
/// for the writer of Parquet does not tell it.
struct Disk {
    file: BufWriter<File>,
    said: Arc<OnceLock<i32>>,
}

impl Disk {
    fn heard<T>(&self, result: std::io::Result<T>) -> std::io::Result<T> {
        if let Some(code) = result.as_ref().err().and_then(std::io::Error::raw_os_error) {
            self.said.get_or_init(|| code);
        }
        result
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes);
        self.heard(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let flushed = self.file.flush();
        self.heard(flushed)
    }
}

/// How a column is stored.
pub fn dtype(kind: Type) -> DataType {
    match kind {
        Type::Text => DataType::String,
        Type::Int16 => DataType::Int16,
        Type::Int32 => DataType::Int32,
        Type::Integer => DataType::Int64,
        Type::Number => DataType::Float64,
        Type::Boolean => DataType::Boolean,
        Type::Date => DataType::Date,
        Type::Code => DataType::UInt16,
    }
}
