//! The list of inputs that machines share: what is read, where it lies, and which shard reads it.
//!
//! The manifest is a Parquet file with a row for each shard, and in its metadata the settings and reviewed corrections
//! under which all shards read. Beside it lies the list of each shard, whose hash the manifest holds. So a shard reads a
//! small file and its own list, however many files there are in all; and how many shards there are depends on the files
//! only, never on how many machines there are.

mod lists;

use std::ops::Range;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use polars::prelude::{
    DataFrame, Int64Chunked, IntoColumn, KeyValueMetadata, NewChunkedArray, ParquetReader, ParquetWriter, PolarsResult,
    SerReader, StringChunked,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::lists::{List, Lists};
use super::load;
use super::read::batches;
use crate::config::{Config, Corpus};
use crate::discover::{self, Found};
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::overlay::Overlay;
use crate::unpack::Columns;
use crate::{publish, store};

/// Bytes that one shard reads, more or less, unless others are asked for: some seconds of work, which fit into memory.
pub const SHARD_BYTES: u64 = 64 << 20;

/// Key of the settings in the file's metadata.
const HEAD: &str = "nianbao.manifest";

/// Column of the manifest.
const SHA256: &str = "sha256";

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
    /// Under which they are read.
    settings: Settings,
}

/// What is read, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Settings {
    corpus: Corpus,
    columns: Columns,
    /// The file of reviewed corrections, in base64.
    overlay: Option<String>,
}

/// A manifest that was written or opened.
#[derive(Debug)]
pub struct Manifest {
    path: PathBuf,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// What all shards must agree in.
    pub head: Head,
    /// SHA-256 of the list of each shard.
    lists: Vec<String>,
}

/// Lists the files of a corpus: writes the list of each shard, and the manifest last.
///
/// # Errors
/// Those of the walk, when corrections cannot be meant, and when the disk or a store refuses.
pub fn list(knowledge: &Knowledge, config: &Config, path: &Path, shard_bytes: u64) -> Result<Manifest, Error> {
    store::check(path)?;
    discover::check(&config.corpus)?;
    let run = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Some(root) = discover::root_of(&config.corpus, run) {
        let (run, root) = (run.display(), root.display());
        return Err(Error::Usage(format!(
            "{run} lies in the corpus {root}, so that a run would read itself: put the list elsewhere"
        )));
    }
    let settings = settings(knowledge, config)?;
    let mut found = discover::discover(&config.corpus, &[&config.build.out])?;
    found.par_iter_mut().try_for_each(look)?;
    let lists = Lists::of(path, &found).write(shards(&found, shard_bytes))?;
    let head = Head {
        version: super::derive::VERSION.to_owned(),
        inputs: found.len(),
        bytes: lists.iter().map(|list| list.bytes).sum(),
        shards: lists.len(),
        settings,
    };
    let bytes = packed(told(&head)?, &lists).map_err(|source| Error::table("the manifest", source))?;
    publish::put(path, &bytes)?;
    let sha256 = publish::sha256(&bytes);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    publish::put(&hash_beside(path), format!("{sha256}  {name}\n").as_bytes())?;
    let lists = lists.into_iter().map(|list| list.sha256).collect();
    Ok(Manifest { path: path.to_owned(), sha256, head, lists })
}

/// Where the hash of a manifest lies, as `sha256sum` writes and checks it. It is written last.
fn hash_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sha256");
    PathBuf::from(name)
}

fn settings(knowledge: &Knowledge, config: &Config) -> Result<Settings, Error> {
    // Corrections that cannot be meant are told here, and not by every shard.
    super::reviewed(knowledge, config)?;
    let read = |path: &Path| std::fs::read(path).map_err(|source| Error::io("read", path, source));
    let overlay = super::corrections(config).map(read).transpose()?.map(|bytes| BASE64_STANDARD.encode(bytes));
    Ok(Settings { corpus: config.corpus.clone(), columns: config.columns.clone(), overlay })
}

/// Notes size and hash of a file; those of an object its store has told.
fn look(found: &mut Found) -> Result<(), Error> {
    if found.tag.is_some() {
        return Ok(());
    }
    found.file = std::path::absolute(&found.file).map_err(|source| Error::io("name", &found.file, source))?;
    if found.reject.is_none() {
        found.size = std::fs::metadata(&found.file).ok().map(|metadata| metadata.len());
        // What cannot be read now is read as it lies there then.
        found.tag = load::hash_of(&found.file).ok();
    }
    Ok(())
}

/// The files of each shard: whole batches, as one machine would read them, until there are bytes enough.
fn shards(found: &[Found], most: u64) -> Vec<Range<usize>> {
    let (mut shards, mut shard, mut bytes) = (Vec::new(), 0..0, 0);
    for batch in batches(found) {
        if bytes >= most && !shard.is_empty() {
            shards.push(shard.clone());
            (shard, bytes) = (shard.end..shard.end, 0);
        }
        shard.end += batch.len();
        bytes += batch.iter().filter_map(|found| found.size).sum::<u64>();
    }
    shards.push(shard);
    shards
}

/// What is told, as JSON.
fn told<T: Serialize>(what: &T) -> Result<String, Error> {
    serde_json::to_string(what).map_err(|error| {
        Error::Usage(format!(
            "the settings cannot be noted ({error}): rename a folder that is no text, or list the one above it"
        ))
    })
}

fn packed(told: String, lists: &[List]) -> PolarsResult<Vec<u8>> {
    let count = |name: &str, value: &dyn Fn(&List) -> u64| {
        let wide = lists.iter().map(|list| i64::try_from(value(list)).unwrap_or(i64::MAX)).collect();
        Int64Chunked::from_vec(name.into(), wide).into_column()
    };
    let hashes = StringChunked::from_iter_values(SHA256.into(), lists.iter().map(|list| list.sha256.as_str()));
    let columns =
        vec![count("inputs", &|list| list.inputs as u64), count("bytes", &|list| list.bytes), hashes.into_column()];
    let metadata = vec![(HEAD.to_owned(), told)];
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(metadata)))
        .finish(&mut DataFrame::new(lists.len(), columns)?)?;
    Ok(bytes)
}

impl Manifest {
    /// Opens a manifest of this version of the program.
    ///
    /// # Errors
    /// When it cannot be read, or another version has made it.
    pub fn open(path: &Path) -> Result<Manifest, Error> {
        let refuse = |why: String| Error::Run(format!("{} is no manifest: {why}", path.display()));
        let bytes = store::read(path).map_err(|source| missing(path, source))?;
        let beside = hash_beside(path);
        let told = store::read(&beside).map_err(|source| missing(&beside, source))?;
        let sha256 = publish::sha256(&bytes);
        // Before anything is made of it.
        if !told.starts_with(sha256.as_bytes()) {
            return Err(refuse(format!("it is not what {} says", beside.display())));
        }
        let head = head(&bytes).map_err(refuse)?;
        super::derive::expect(&head.version, &format!("the manifest {}", path.display()))?;
        let rows = ParquetReader::new(std::io::Cursor::new(&bytes)).finish();
        let hashes =
            rows.and_then(|rows| Ok(rows.column(SHA256)?.str()?.iter().flatten().map(str::to_owned).collect()));
        let lists: Vec<String> = hashes.map_err(|source| refuse(source.to_string()))?;
        Ok(Manifest { path: path.to_owned(), sha256, head, lists })
    }

    /// The manifest that is there already, when it is one of these settings.
    ///
    /// # Errors
    /// When it is of others, or cannot be read.
    pub fn kept(knowledge: &Knowledge, config: &Config, path: &Path) -> Result<Option<Manifest>, Error> {
        match store::read(&hash_beside(path)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            _ => {}
        }
        let manifest = Manifest::open(path)?;
        if told(&manifest.head.settings)? == told(&settings(knowledge, config)?)? {
            Ok(Some(manifest))
        } else {
            let path = path.display();
            Err(Error::Run(format!("{path} lists another corpus, or under other settings: begin a new run")))
        }
    }

    /// The settings under which all shards read.
    pub fn config(&self) -> Config {
        let Settings { corpus, columns, .. } = self.head.settings.clone();
        Config { corpus, columns, ..Config::default() }
    }

    /// Program, knowledge and settings of its shards.
    pub(super) fn rules(&self) -> String {
        load::rules(&self.config())
    }

    /// The reviewed corrections.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn overlay(&self, knowledge: &Knowledge) -> Result<Overlay, Error> {
        let Some(text) = &self.head.settings.overlay else { return Ok(Overlay::default()) };
        let bytes =
            BASE64_STANDARD.decode(text).map_err(|error| Error::Run(format!("{}: {error}", self.path.display())))?;
        Overlay::parse(knowledge, "the reviewed corrections of the manifest", &bytes)
    }

    /// The files of a shard, and what lies beside them and may belong to one of them.
    ///
    /// # Errors
    /// When its list cannot be read, or is not the one that the manifest knows.
    pub(super) fn inputs(&self, shard: usize) -> Result<(Vec<Found>, Range<usize>), Error> {
        let path = lists::path(&self.path, shard);
        let bytes = store::read(&path).map_err(|source| missing(&path, source))?;
        if self.lists.get(shard) != Some(&publish::sha256(&bytes)) {
            let path = path.display();
            return Err(Error::Run(format!("{path} is not the list that the manifest knows: make a new manifest")));
        }
        lists::read(&bytes).map_err(|source| Error::table(&path.display().to_string(), source))
    }
}

/// The settings in a manifest's metadata, or why there are none.
fn head(bytes: &[u8]) -> Result<Head, String> {
    let mut reader = ParquetReader::new(std::io::Cursor::new(bytes));
    let metadata = reader.get_metadata().map_err(|error| error.to_string())?;
    let pairs = metadata.key_value_metadata().iter().flatten();
    let told = pairs.filter(|pair| pair.key == HEAD).find_map(|pair| pair.value.as_deref());
    serde_json::from_str(told.ok_or("`nianbao manifest` writes one")?).map_err(|error| error.to_string())
}

/// A file of a run that cannot be had: if it is not there, trying again is of no use.
pub(super) fn missing(path: &Path, source: std::io::Error) -> Error {
    match source.kind() {
        std::io::ErrorKind::NotFound => Error::Run(format!("{} is not there", path.display())),
        _ => Error::io("read", path, source),
    }
}
