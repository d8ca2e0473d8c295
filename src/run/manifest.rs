//! The list of inputs that machines share: what is read, where it lies, and which shard reads it.
//!
//! It is a Parquet file: a row for each file, in the order of the corpus, and in its metadata the settings and reviewed
//! corrections under which all shards read. So a shard needs nothing else, and how many there are depends on the list
//! only, never on how many machines there are.

use std::collections::HashSet;
use std::ffi::OsString;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use polars::prelude::{
    BinaryChunked, DataFrame, Int64Chunked, IntoColumn, KeyValueMetadata, NewChunkedArray, ParquetReader,
    ParquetWriter, PolarsResult, SerReader, StringChunked,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::load;
use super::read::{batches, folder};
use crate::config::{Config, Corpus};
use crate::discover::{self, Found};
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::medium::Media;
use crate::overlay::Overlay;
use crate::publish;
use crate::record::Reject;
use crate::unpack::Columns;

/// Bytes that one shard reads, more or less, unless others are asked for: some seconds of work, which fit into memory.
pub const SHARD_BYTES: u64 = 64 << 20;

/// Key of the settings in the file's metadata.
const HEAD: &str = "nianbao.manifest";

/// What all shards must agree in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// Program and rules.
    pub version: String,
    /// Files that are listed.
    pub inputs: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Shards that read them.
    pub shards: usize,
    /// What is read, and how.
    corpus: Corpus,
    columns: Columns,
    /// The file of reviewed corrections, in base64.
    overlay: Option<String>,
}

/// A manifest that was written or opened.
#[derive(Debug)]
pub struct Manifest {
    path: PathBuf,
    bytes: Vec<u8>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// What all shards must agree in.
    pub head: Head,
}

/// Lists the files of a corpus in a file.
///
/// # Errors
/// Those of the walk, and when the disk refuses.
pub fn list(config: &Config, path: &Path, shard_bytes: u64) -> Result<Manifest, Error> {
    discover::check(&config.corpus)?;
    let run = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found = discover::discover(&config.corpus, &[&config.build.out, run])?;
    let sizes = found.par_iter_mut().map(|found| look(config, found)).collect::<Result<Vec<u64>, Error>>()?;
    let shards = shards(&found, &sizes, shard_bytes);
    let overlay = super::corrections(config).map(|path| read(path).map(|bytes| BASE64_STANDARD.encode(bytes)));
    let head = Head {
        version: super::derive::version(),
        inputs: found.len(),
        bytes: sizes.iter().sum(),
        shards: shards.last().map_or(0, |last| last + 1),
        corpus: config.corpus.clone(),
        columns: config.columns.clone(),
        overlay: overlay.transpose()?,
    };
    let fault = |source| Error::table("the manifest", source);
    let mut frame = frame(&found, &sizes, &shards).map_err(fault)?;
    let told = serde_json::to_string(&head).map_err(|source| Error::io("write", path, source.into()))?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(vec![(HEAD.to_owned(), told)])))
        .finish(&mut frame)
        .map_err(fault)?;
    publish::put(path, &bytes)?;
    Ok(Manifest { path: path.to_owned(), sha256: hash_of(&bytes), bytes, head })
}

/// The size of a file; its hash is noted, unless it is larger than what is read at once.
fn look(config: &Config, found: &mut Found) -> Result<u64, Error> {
    found.file = std::path::absolute(&found.file).map_err(|source| Error::io("name", &found.file, source))?;
    if found.reject.is_some() {
        return Ok(0);
    }
    let Ok(metadata) = std::fs::metadata(&found.file) else { return Ok(0) };
    if metadata.len() <= config.corpus.max_file_bytes {
        found.hash = std::fs::read(&found.file).ok().map(|bytes| blake3::hash(&bytes).to_hex().to_string());
    }
    Ok(metadata.len())
}

/// The shard of each file: whole batches, as one machine would read them, until there are bytes enough.
fn shards(found: &[Found], sizes: &[u64], most: u64) -> Vec<usize> {
    let (mut shards, mut shard, mut bytes) = (Vec::with_capacity(found.len()), 0, 0);
    for batch in batches(found) {
        if bytes >= most {
            (shard, bytes) = (shard + 1, 0);
        }
        let first = shards.len();
        shards.resize(first + batch.len(), shard);
        bytes += sizes.iter().skip(first).take(batch.len()).sum::<u64>();
    }
    shards
}

fn frame(found: &[Found], sizes: &[u64], shards: &[usize]) -> PolarsResult<DataFrame> {
    let text = |name: &str, value: &dyn Fn(&Found) -> Option<String>| {
        StringChunked::from_iter_options(name.into(), found.iter().map(value)).into_column()
    };
    let reason = |reject: &Reject| serde_json::to_string(&reject.reason).ok();
    let count = |name: &str, values: Vec<i64>| Int64Chunked::from_vec(name.into(), values).into_column();
    let wide = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let files = found.iter().map(|found| found.file.as_os_str().as_bytes());
    DataFrame::new(
        found.len(),
        vec![
            text("path", &|found| Some(found.path.clone())),
            BinaryChunked::from_iter_values("file".into(), files).into_column(),
            count("bytes", sizes.iter().map(|size| wide(*size)).collect()),
            text("hash", &|found| found.hash.clone()),
            text("reason", &|found| found.reject.as_ref().and_then(reason)),
            text("detail", &|found| found.reject.as_ref().map(|reject| reject.detail.clone())),
            count("shard", shards.iter().map(|shard| wide(*shard as u64)).collect()),
        ],
    )
}

impl Manifest {
    /// Opens a manifest of this version of the program.
    ///
    /// # Errors
    /// When it cannot be read, or another version has made it.
    pub fn open(path: &Path) -> Result<Manifest, Error> {
        let refuse = |why: String| Error::Run(format!("{} is no manifest: {why}", path.display()));
        let bytes = std::fs::read(path).map_err(|source| refuse(source.to_string()))?;
        let metadata = ParquetReader::new(std::io::Cursor::new(&bytes)).get_metadata().cloned();
        let metadata = metadata.map_err(|source| refuse(source.to_string()))?;
        let pairs = metadata.key_value_metadata().as_ref().into_iter().flatten();
        let told = pairs.into_iter().find(|pair| pair.key == HEAD).and_then(|pair| pair.value.clone());
        let told = told.ok_or_else(|| refuse("`nianbao manifest` writes one".to_owned()))?;
        let head: Head = serde_json::from_str(&told).map_err(|source| refuse(source.to_string()))?;
        super::derive::expect(&head.version, &format!("the manifest {}", path.display()))?;
        Ok(Manifest { path: path.to_owned(), sha256: hash_of(&bytes), bytes, head })
    }

    /// The settings under which all shards read.
    pub fn config(&self) -> Config {
        let Head { corpus, columns, .. } = self.head.clone();
        Config { corpus, columns, ..Config::default() }
    }

    /// The reviewed corrections.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn overlay(&self, knowledge: &Knowledge) -> Result<Overlay, Error> {
        let Some(text) = &self.head.overlay else { return Ok(Overlay::default()) };
        let bytes =
            BASE64_STANDARD.decode(text).map_err(|error| Error::Run(format!("{}: {error}", self.path.display())))?;
        Overlay::parse(knowledge, "the reviewed corrections of the manifest", &bytes)
    }

    /// The files of a shard, and what lies beside them and may belong to one of them.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub(super) fn inputs(&self, shard: usize) -> Result<(Vec<Found>, Range<usize>), Error> {
        let fault = |source| Error::table(&self.path.display().to_string(), source);
        let frame = ParquetReader::new(std::io::Cursor::new(&self.bytes)).finish().map_err(fault)?;
        rows(&frame, i64::try_from(shard).unwrap_or(i64::MAX)).map_err(fault)
    }
}

fn rows(frame: &DataFrame, shard: i64) -> PolarsResult<(Vec<Found>, Range<usize>)> {
    let text = |name: &str| frame.column(name)?.str();
    let (paths, hashes, reasons, details) = (text("path")?, text("hash")?, text("reason")?, text("detail")?);
    let (files, shards) = (frame.column("file")?.binary()?, frame.column("shard")?.i64()?);
    let own = |at: usize| shards.get(at) == Some(shard);
    let folders: HashSet<&str> =
        (0..frame.height()).filter(|at| own(*at)).filter_map(|at| paths.get(at)).map(folder).collect();
    let beside = |path: &str| Media::is_named(path) && folders.contains(folder(path));
    let (mut found, mut wanted) = (Vec::new(), 0..0);
    for at in 0..frame.height() {
        let (Some(path), Some(file)) = (paths.get(at), files.get(at)) else { continue };
        if own(at) {
            // They stand together, and what lies beside them before or behind them.
            wanted.start = if wanted.is_empty() { found.len() } else { wanted.start };
            wanted.end = found.len() + 1;
        } else if !beside(path) {
            continue;
        }
        let reason = reasons.get(at).and_then(|reason| serde_json::from_str(reason).ok());
        let detail = details.get(at).unwrap_or_default().to_owned();
        found.push(Found {
            path: path.to_owned(),
            file: PathBuf::from(OsString::from_vec(file.to_vec())),
            reject: reason.map(|reason| Reject { stage: "read", reason, detail }),
            hash: hashes.get(at).map(str::to_owned),
        });
    }
    Ok((found, wanted))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::io("read", path, source))
}

fn hash_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Program, knowledge and settings of a manifest's shards.
pub(super) fn rules(manifest: &Manifest) -> String {
    load::rules(&manifest.config())
}
