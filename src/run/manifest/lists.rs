//! The list of one shard: its files, and what lies beside them in another shard and may belong to one of them.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use polars::prelude::{
    BinaryChunked, BooleanChunked, DataFrame, Int64Chunked, IntoColumn, NewChunkedArray, ParquetReader, ParquetWriter,
    PolarsResult, SerReader, StringChunked,
};
use rayon::prelude::*;

use super::super::read::folder;
use crate::discover::Found;
use crate::error::Error;
use crate::medium::Media;
use crate::publish;
use crate::record::Reject;

/// What is listed for one shard.
pub(super) struct List {
    pub(super) inputs: usize,
    pub(super) bytes: u64,
    /// Of the file.
    pub(super) sha256: String,
}

/// Where the list of a shard lies.
pub(super) fn path(manifest: &Path, shard: usize) -> PathBuf {
    let mut folder = manifest.as_os_str().to_owned();
    folder.push(".lists");
    PathBuf::from(folder).join(format!("{shard:05}.parquet"))
}

/// The lists of all shards.
pub(super) struct Lists<'f> {
    manifest: &'f Path,
    found: &'f [Found],
    /// By folder: the files that may belong to another one there.
    attachable: HashMap<&'f str, Vec<usize>>,
}

impl<'f> Lists<'f> {
    pub(super) fn of(manifest: &'f Path, found: &'f [Found]) -> Lists<'f> {
        let mut attachable: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, found) in found.iter().enumerate().filter(|(_, found)| Media::is_named(&found.path)) {
            attachable.entry(folder(&found.path)).or_default().push(at);
        }
        Lists { manifest, found, attachable }
    }

    /// Writes them.
    pub(super) fn write(&self, shards: Vec<Range<usize>>) -> Result<Vec<List>, Error> {
        shards.into_par_iter().enumerate().map(|(number, shard)| self.one(number, shard)).collect()
    }

    fn one(&self, number: usize, shard: Range<usize>) -> Result<List, Error> {
        let own = self.found.get(shard.clone()).unwrap_or_default();
        let folders: BTreeSet<&str> = own.iter().map(|found| folder(&found.path)).collect();
        let beside = folders.into_iter().filter_map(|folder| self.attachable.get(folder)).flatten().copied();
        let rows: BTreeSet<usize> = shard.clone().chain(beside).collect();
        let rows: Vec<(&Found, bool)> =
            rows.into_iter().filter_map(|at| Some((self.found.get(at)?, shard.contains(&at)))).collect();
        let path = path(self.manifest, number);
        let bytes = packed(&rows).map_err(|source| Error::table(&path.display().to_string(), source))?;
        publish::put(&path, &bytes)?;
        let size = own.iter().filter_map(|found| found.size).sum();
        Ok(List { inputs: own.len(), bytes: size, sha256: publish::sha256(&bytes) })
    }
}

fn packed(rows: &[(&Found, bool)]) -> PolarsResult<Vec<u8>> {
    let text = |name: &str, value: &dyn Fn(&Found) -> Option<String>| {
        StringChunked::from_iter_options(name.into(), rows.iter().map(|(found, _)| value(found))).into_column()
    };
    let reason = |reject: &Reject| serde_json::to_string(&reject.reason).ok();
    let sizes = rows.iter().map(|(found, _)| found.size.and_then(|size| i64::try_from(size).ok()));
    let files = rows.iter().map(|(found, _)| found.file.as_os_str().as_bytes());
    let columns = vec![
        text("path", &|found| Some(found.path.clone())),
        BinaryChunked::from_iter_values("file".into(), files).into_column(),
        Int64Chunked::from_iter_options("bytes".into(), sizes).into_column(),
        text("tag", &|found| found.tag.clone()),
        text("reason", &|found| found.reject.as_ref().and_then(reason)),
        text("detail", &|found| found.reject.as_ref().map(|reject| reject.detail.clone())),
        BooleanChunked::from_iter_values("own".into(), rows.iter().map(|(_, own)| *own)).into_column(),
    ];
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut DataFrame::new(rows.len(), columns)?)?;
    Ok(bytes)
}

/// The rows of a list, and those of them that its shard reads.
pub(super) fn read(bytes: &[u8]) -> PolarsResult<(Vec<Found>, Range<usize>)> {
    let frame = ParquetReader::new(std::io::Cursor::new(bytes)).finish()?;
    let text = |name: &str| frame.column(name)?.str();
    let (paths, tags, reasons, details) = (text("path")?, text("tag")?, text("reason")?, text("detail")?);
    let (files, sizes, own) =
        (frame.column("file")?.binary()?, frame.column("bytes")?.i64()?, frame.column("own")?.bool()?);
    let (mut found, mut wanted) = (Vec::new(), 0..0);
    for at in 0..frame.height() {
        let (Some(path), Some(file)) = (paths.get(at), files.get(at)) else { continue };
        if own.get(at) == Some(true) {
            // They stand together, and what lies beside them before or behind them.
            wanted.start = if wanted.is_empty() { found.len() } else { wanted.start };
            wanted.end = found.len() + 1;
        }
        let reason = reasons.get(at).and_then(|reason| serde_json::from_str(reason).ok());
        let detail = details.get(at).unwrap_or_default().to_owned();
        found.push(Found {
            path: path.to_owned(),
            file: PathBuf::from(OsString::from_vec(file.to_vec())),
            reject: reason.map(|reason| Reject { stage: "read", reason, detail }),
            tag: tags.get(at).map(str::to_owned),
            size: sizes.get(at).and_then(|size| u64::try_from(size).ok()),
        });
    }
    Ok((found, wanted))
}
