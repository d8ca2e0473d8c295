//! What the last build has read, kept beside the dataset, so that the next one reads what has changed.
//!
//! The cache is the parts of the last run and an index of the files that they were made from. It may be deleted at any
//! time, and is worth nothing to other rules or settings. Parts and index carry hashes: what a crash or the disk has
//! damaged is read again, never believed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::tabulate::files;

/// Name of the index among the parts: a line of JSON for each file, one for the run, and a hash of all these.
const INDEX: &str = "index.jsonl";

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
    /// Hash of what its rows were made of: a part of the build's name.
    pub(super) inputs: [u8; blake3::OUT_LEN],
    /// Hashes of its files, by table: a few bytes that stay while all around them goes would keep that from being
    /// given back, so they stand in the list itself.
    pub(super) hashes: [[u8; blake3::OUT_LEN]; files::FACTS.len()],
}

impl Part {
    fn is_whole(&self, folder: &Path, number: usize) -> bool {
        let same = |(table, hash): (&str, &[u8; blake3::OUT_LEN])| {
            hash_of(&files::part(folder, table, number)).is_ok_and(|found| found == *hash)
        };
        files::FACTS.into_iter().zip(&self.hashes).all(same)
    }
}

/// What there is of the last build.
#[derive(Debug, Default)]
pub(super) struct Cache {
    folder: PathBuf,
    parts: Vec<Part>,
    files: HashMap<String, Known>,
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
#[derive(Debug, Serialize, Deserialize)]
struct Run<'r> {
    /// Program, knowledge and settings by which it was read.
    rules: Cow<'r, str>,
    /// Its parts, in order.
    parts: Cow<'r, [Part]>,
}

/// The index of a run that is under way: what is known of a file is written at once, and takes no memory.
#[derive(Debug)]
pub(super) struct Index {
    path: PathBuf,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    /// The parts that are written, in order.
    pub(super) parts: Vec<Part>,
}

impl Cache {
    /// Opens the cache of a run under these rules; there is nothing in it when it was made under others.
    pub(super) fn open(folder: &Path, rules: String, is_full: bool) -> Cache {
        let index = read(&folder.join(INDEX));
        // No cache is none; whatever else cannot be read was one.
        let is_new = index.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        let text = index.ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let found = entries(&text);
        let why_empty = match &found {
            _ if is_full => "--full",
            None if is_new => "new",
            None => "damaged cache",
            Some((_, files)) if files.is_empty() => "new",
            Some((run, _)) if run.rules != rules => "other rules or settings",
            Some(_) => "",
        };
        let Some((run, files)) = found.filter(|_| why_empty.is_empty()) else {
            return Cache { folder: folder.to_owned(), rules, why_empty, ..Cache::default() };
        };
        let mut by_hash: HashMap<String, Vec<String>> = HashMap::with_capacity(files.len());
        for (path, known) in &files {
            if let Kept::Document { hash, at: Some(_), .. } = &known.kept {
                by_hash.entry(hash.clone()).or_default().push(path.clone());
            }
        }
        let parts = run.parts.into_owned();
        let whole = parts.par_iter().enumerate().map(|(number, part)| part.is_whole(folder, number)).collect();
        Cache { folder: folder.to_owned(), parts, files: files.into_iter().collect(), by_hash, whole, rules, why_empty }
    }

    /// Whether there is anything in it.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
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
        self.files.get(path)
    }

    /// Files with these bytes, wherever they lay.
    pub(super) fn with_hash(&self, hash: &str) -> impl Iterator<Item = (&str, &Known)> {
        let paths = self.by_hash.get(hash).into_iter().flatten();
        paths.filter_map(|path| Some((path.as_str(), self.files.get(path)?)))
    }

    /// A part, if its files are as they were written.
    pub(super) fn part(&self, number: usize) -> Option<&Part> {
        self.parts.get(number).filter(|_| self.whole.get(number) == Some(&true))
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

/// What an index says: of the run, and of each file by its path. None where it is not as it was written.
fn entries(text: &str) -> Option<(Run<'_>, Vec<(String, Known)>)> {
    let (body, hash) = text.rsplit_once('\n')?;
    if blake3::hash(body.as_bytes()).to_hex().as_str() != hash {
        return None;
    }
    let (files, run) = body.rsplit_once('\n')?;
    let files = files.par_lines().map(|line| serde_json::from_str(line).ok()).collect::<Option<_>>()?;
    Some((serde_json::from_str(run).ok()?, files))
}

impl Index {
    /// Begins the index beside its parts.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn create(folder: &Path) -> Result<Index, Error> {
        let path = folder.join(INDEX);
        let file = File::create(&path).map_err(|source| Error::io("write", &path, source))?;
        Ok(Index { path, file: BufWriter::new(file), hasher: blake3::Hasher::new(), parts: Vec::new() })
    }

    /// Enters what is known of a file.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn enter(&mut self, path: &str, known: &Known) -> Result<(), Error> {
        let line =
            serde_json::to_vec(&(path, known)).map_err(|source| Error::io("write", &self.path, source.into()))?;
        self.write(&line)?;
        self.write(b"\n")
    }

    /// Ends it, for runs under the same rules.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn finish(mut self, rules: &str) -> Result<(), Error> {
        let run = Run { rules: rules.into(), parts: Cow::Borrowed(&self.parts) };
        let line = serde_json::to_vec(&run).map_err(|source| Error::io("write", &self.path, source.into()))?;
        self.write(&line)?;
        let hash = self.hasher.finalize().to_hex();
        let end = write!(self.file, "\n{hash}").and_then(|()| self.file.flush());
        end.map_err(|source| Error::io("write", &self.path, source))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hasher.update(bytes);
        self.file.write_all(bytes).map_err(|source| Error::io("write", &self.path, source))
    }
}

/// Hash of a file.
fn hash_of(path: &Path) -> Result<[u8; blake3::OUT_LEN], Error> {
    let bytes = read(path).map_err(|source| Error::io("read", path, source))?;
    Ok(*blake3::hash(&bytes).as_bytes())
}

/// The bytes of a file; a pipe in its place would be waited for.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.is_file() { std::fs::read(path) } else { Err(std::io::ErrorKind::InvalidInput.into()) }
}
