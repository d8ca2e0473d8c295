//! What the last build has read, kept beside the dataset, so that the next one reads what has changed.
//!
//! The cache is the parts of the last run and an index of the files that they were made from. It may be deleted at any
//! time, and is worth nothing to other rules or settings. Parts and index carry hashes: what a crash or the disk has
//! damaged is read again, never believed.

use std::collections::{BTreeMap, HashMap};
use std::fs::Metadata;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::publish;
use crate::tabulate::files;

/// Name of the index among the parts.
const INDEX: &str = "index.json";

/// A file that changed so shortly before it was read may change again within the same tick of the disk's clock.
const TICK: Duration = Duration::from_secs(2);

/// What the disk says of a file: as long as it is the same, so are its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    /// With its device.
    inode: (u64, u64),
}

impl Stamp {
    /// Of a file.
    pub(super) fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: (metadata.dev(), metadata.ino()),
        }
    }

    /// Whether the file is older than the run: a younger one may change again and keep its times.
    pub(super) fn is_quiet(&self, started: SystemTime) -> bool {
        let quiet = started.checked_sub(TICK).and_then(|quiet| quiet.duration_since(UNIX_EPOCH).ok());
        let is_older = |(seconds, _): (i64, i64)| {
            u64::try_from(seconds).ok().zip(quiet).is_some_and(|(seconds, quiet)| seconds < quiet.as_secs())
        };
        is_older(self.modified) && is_older(self.changed)
    }
}

/// A file as the last build met it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Known {
    /// None: its bytes must be looked at.
    pub(super) stamp: Option<Stamp>,
    pub(super) kept: Kept,
}

/// Where its rows are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Kept {
    /// A document.
    Document {
        /// Hash of its bytes.
        hash: String,
        /// The part that holds its rows, and its number there; none when it has to be read every time.
        at: Option<(usize, usize)>,
        /// Hash of the names of the documents that lie beside it and could be attached; empty for none.
        beside: String,
        /// Those of them that were looked at, with the hashes of their bytes.
        attached: Vec<(String, String)>,
    },
    /// A file that holds others.
    Container {
        /// Hash of its bytes; none for one that is too large to be looked at as a whole.
        hash: Option<String>,
        /// Hash over the members.
        digest: String,
        /// The parts that hold their rows.
        parts: Range<usize>,
        /// How many there are.
        members: usize,
        /// Whether the members have to be read every time.
        again: bool,
    },
}

/// One part of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Part {
    /// Numbers that it gives away.
    pub(super) count: usize,
    /// Documents that have rows in it.
    pub(super) documents: usize,
    /// Hashes of its files, by table.
    hashes: [String; files::FACTS.len()],
}

impl Part {
    /// The part that was just written.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn of(folder: &Path, number: usize, (count, documents): (usize, usize)) -> Result<Part, Error> {
        let mut hashes = <[String; files::FACTS.len()]>::default();
        for (hash, table) in hashes.iter_mut().zip(files::FACTS) {
            *hash = hash_of(&files::part(folder, table, number))?;
        }
        Ok(Part { count, documents, hashes })
    }

    fn is_whole(&self, folder: &Path, number: usize) -> bool {
        let same = |(table, hash): (&str, &String)| {
            hash_of(&files::part(folder, table, number)).is_ok_and(|found| found == *hash)
        };
        files::FACTS.into_iter().zip(&self.hashes).all(same)
    }
}

/// What there is of the last build.
#[derive(Debug, Default)]
pub(super) struct Cache {
    folder: PathBuf,
    index: Index,
    /// Paths by the hash of their bytes.
    by_hash: HashMap<String, Vec<String>>,
    /// Which parts are as they were written.
    whole: Vec<bool>,
    /// Program, knowledge and settings of this run.
    rules: String,
    /// Why there is nothing in it.
    why_empty: &'static str,
}

/// What is written of a run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    /// Program, knowledge and settings by which it was read.
    pub(super) rules: String,
    /// Its parts, in order.
    pub(super) parts: Vec<Part>,
    /// Its files, by path.
    pub(super) files: BTreeMap<String, Known>,
}

impl Cache {
    /// Opens the cache of a run under these rules; there is nothing in it when it was made under others.
    pub(super) fn open(folder: &Path, rules: String, is_full: bool) -> Cache {
        let text = read(&folder.join(INDEX)).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let whole =
            text.split_once('\n').filter(|(hash, body)| blake3::hash(body.as_bytes()).to_hex().as_str() == *hash);
        let mut index: Index = whole.and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or_default();
        let why_empty = match () {
            () if is_full => "--full",
            () if index.files.is_empty() => "new",
            () if index.rules != rules => "other rules or settings",
            () => "",
        };
        if !why_empty.is_empty() {
            index = Index::default();
        }
        let mut by_hash: HashMap<String, Vec<String>> = HashMap::new();
        for (path, known) in &index.files {
            if let Kept::Document { hash, at: Some(_), .. } = &known.kept {
                by_hash.entry(hash.clone()).or_default().push(path.clone());
            }
        }
        let whole = index.parts.par_iter().enumerate().map(|(number, part)| part.is_whole(folder, number)).collect();
        Cache { folder: folder.to_owned(), index, by_hash, whole, rules, why_empty }
    }

    /// Whether there is anything in it.
    pub(super) fn is_empty(&self) -> bool {
        self.index.files.is_empty()
    }

    /// Why there is nothing in it.
    pub(super) fn why_empty(&self) -> &'static str {
        self.why_empty
    }

    /// Program, knowledge and settings of this run.
    pub(super) fn rules(&self) -> &str {
        &self.rules
    }

    /// What was known of a file.
    pub(super) fn file(&self, path: &str) -> Option<&Known> {
        self.index.files.get(path)
    }

    /// Files with these bytes, wherever they lay.
    pub(super) fn with_hash(&self, hash: &str) -> impl Iterator<Item = (&str, &Known)> {
        let paths = self.by_hash.get(hash).into_iter().flatten();
        paths.filter_map(|path| Some((path.as_str(), self.index.files.get(path)?)))
    }

    /// A part, if its files are as they were written.
    pub(super) fn part(&self, number: usize) -> Option<&Part> {
        self.index.parts.get(number).filter(|_| self.whole.get(number) == Some(&true))
    }

    /// Where a table of a part lies.
    pub(super) fn path(&self, table: &str, number: usize) -> PathBuf {
        files::part(&self.folder, table, number)
    }

    /// Uses a part as it is for a new run.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn link(&self, number: usize, folder: &Path, new: usize) -> Result<Part, Error> {
        for table in files::FACTS {
            let (old, new) = (self.path(table, number), files::part(folder, table, new));
            std::fs::hard_link(&old, &new)
                .or_else(|_| std::fs::copy(&old, &new).map(|_| ()))
                .map_err(|source| Error::io("copy", &old, source))?;
        }
        // Its hashes were looked at when the cache was opened.
        let part = self.part(number).cloned();
        part.ok_or_else(|| Error::io("read", &self.path(INDEX, number), std::io::ErrorKind::InvalidData.into()))
    }
}

impl Index {
    /// Writes the index beside its parts.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(INDEX);
        let body = serde_json::to_string(self).map_err(|source| Error::io("write", &path, source.into()))?;
        publish::write(&path, &format!("{}\n{body}", blake3::hash(body.as_bytes()).to_hex()))
    }
}

/// Hash of a file.
fn hash_of(path: &Path) -> Result<String, Error> {
    let bytes = read(path).map_err(|source| Error::io("read", path, source))?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

/// The bytes of a file; a pipe in its place would be waited for.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.is_file() { std::fs::read(path) } else { Err(std::io::ErrorKind::InvalidInput.into()) }
}
