//! One shard of a manifest: its files become one part, a file for each table of facts, and a receipt that says what is in
//! it. The same shard gives the same bytes under the same names, whoever reads it and however often.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::cache::Cache;
use super::derive::{Inputs, VERSION, derive};
use super::held::Held;
use super::manifest::{Manifest, missing};
use super::worker::Workers;
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::overlay::Met;
use crate::tabulate::files;
use crate::{publish, store};

/// Of what shards and those who ask for them say to each other.
pub const PROTOCOL: u32 = 1;

/// A worker may take so many times as long as those whom it asks to open a document.
const PATIENCE: u64 = 4;

/// Which shard is read, and where its part goes.
#[derive(Debug)]
pub struct Task {
    /// The manifest.
    pub manifest: PathBuf,
    /// The shard's number, from 0.
    pub shard: usize,
    /// How many there are, as whoever asks believes.
    pub of: usize,
    /// Where parts and receipts lie.
    pub out: PathBuf,
    /// Threads that read.
    pub threads: usize,
}

/// What a shard came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receipt {
    /// See [`PROTOCOL`].
    pub protocol: u32,
    /// Program and rules.
    pub version: String,
    /// Of the manifest.
    pub manifest_sha256: String,
    /// The shard's number, from 0.
    pub shard: usize,
    /// How many there are.
    pub of: usize,
    /// Name of the part, a folder beside the receipt.
    pub part: String,
    /// Files of the manifest that were read.
    pub inputs: usize,
    /// Numbers that the part gives to documents.
    pub numbers: usize,
    /// Rows of each table.
    pub rows: BTreeMap<String, usize>,
    /// Documents that could not be read.
    pub errors: usize,
    /// Bytes of the part.
    pub bytes: u64,
    /// Hash over the hashes of its files.
    pub sha256: String,
    /// SHA-256 of each of its files, by table.
    pub files: BTreeMap<String, String>,
    /// Documents that were met, members of archives included.
    pub documents: usize,
    /// Documents that each archive holds.
    pub archives: BTreeMap<String, usize>,
    /// Hashes of what the rows were made of: the name of the build comes from these.
    pub made_of: Vec<String>,
    /// What became of reviewed corrections, by their numbers.
    pub corrections: BTreeMap<usize, Met>,
    /// Wall time.
    pub seconds: f64,
    /// Hash over all of this but the time.
    pub seal: String,
}

impl Receipt {
    fn sealed(self) -> Result<Receipt, Error> {
        let seal = self.hash()?;
        Ok(Receipt { seal, ..self })
    }

    fn hash(&self) -> Result<String, Error> {
        let told = to_text(&Receipt { seal: String::new(), seconds: 0.0, ..self.clone() })?;
        Ok(publish::sha256(told.as_bytes()))
    }
}

fn to_text(receipt: &Receipt) -> Result<String, Error> {
    serde_json::to_string(receipt).map_err(|source| Error::io("write", Path::new("a receipt"), source.into()))
}

/// Reads a shard, unless its part and receipt are there already.
///
/// # Errors
/// When manifest, shard and program do not fit, a file is not what the manifest lists, or the disk refuses.
pub fn shard(knowledge: &Knowledge, task: &Task, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Receipt, Error> {
    let started = Instant::now();
    [&task.manifest, &task.out].into_iter().try_for_each(|name| store::check(name))?;
    let manifest = Manifest::open(&task.manifest)?;
    let (shard, of) = (task.shard, manifest.head.shards);
    if task.of != of || shard >= of {
        let (path, asked) = (task.manifest.display(), task.of);
        return Err(Error::Run(format!("{path} has {of} shards: there is no shard {shard} of {asked}")));
    }
    let name = name(&manifest, shard);
    if let Some(receipt) = finished(&task.out, &manifest, shard) {
        return Ok(receipt);
    }
    let (found, wanted) = manifest.inputs(shard)?;
    let files = wanted.len();
    let mut config = manifest.config();
    config.build.threads = task.threads;
    let overlay = manifest.overlay(knowledge)?;
    let cache = Cache::open(Path::new(""), manifest.rules(), true);
    let scratch = tempfile::tempdir().map_err(|source| Error::io("create", Path::new("a temporary folder"), source))?;
    let program = std::env::current_exe().map_err(|source| Error::io("find", Path::new("nianbao"), source))?;
    let workers = Workers::new(program, task.manifest.clone(), PATIENCE * config.corpus.max_seconds);
    let held = Held::default();
    let inputs =
        Inputs { found: &found, wanted, cache: &cache, overlay: &overlay, workers: Some(&workers), held: Some(&held) };
    let derived = derive(knowledge, &config, inputs, scratch.path(), progress)?;
    workers.finish()?;
    let mut receipt = Receipt {
        protocol: PROTOCOL,
        version: VERSION.to_owned(),
        manifest_sha256: manifest.sha256.clone(),
        shard,
        of,
        part: name,
        inputs: files,
        numbers: derived.counts.iter().sum(),
        rows: BTreeMap::new(),
        errors: 0,
        bytes: 0,
        sha256: String::new(),
        files: BTreeMap::new(),
        documents: derived.walked.documents,
        archives: derived.walked.archives.clone(),
        made_of: derived.made_of.clone(),
        corrections: overlay.met(),
        seconds: 0.0,
        seal: String::new(),
    };
    for table in files::FACTS {
        write(&task.out, table, held.take(table, &derived.counts)?, &mut receipt)?;
    }
    receipt.errors = receipt.rows.get("rejects").copied().unwrap_or(0);
    receipt.sha256 = publish::sha256(receipt.files.values().cloned().collect::<String>().as_bytes());
    receipt.seconds = started.elapsed().as_secs_f64();
    let receipt = receipt.sealed()?;
    publish::put(&receipt_of(&task.out, &receipt.part), format!("{}\n", to_text(&receipt)?).as_bytes())?;
    Ok(receipt)
}

/// Name of a shard's part, whoever makes it.
fn name(manifest: &Manifest, shard: usize) -> String {
    let (of, list) = (manifest.head.shards, manifest.sha256.get(..8).unwrap_or_default());
    format!("part-{shard:05}-of-{of:05}-{list}-{VERSION}")
}

/// Where the receipt of a part lies: beside it.
fn receipt_of(run: &Path, part: &str) -> PathBuf {
    run.join(format!("{part}.json"))
}

/// Writes one table of the part.
fn write(out: &Path, table: &str, all: DataFrame, receipt: &mut Receipt) -> Result<(), Error> {
    let rows = all.height();
    let bytes = files::packed(table, all)?;
    publish::put(&out.join(&receipt.part).join(format!("{table}.parquet")), &bytes)?;
    receipt.rows.insert(table.to_owned(), rows);
    receipt.bytes += bytes.len() as u64;
    receipt.files.insert(table.to_owned(), publish::sha256(&bytes));
    Ok(())
}

/// The receipt of a part that is there, whole.
fn finished(run: &Path, manifest: &Manifest, shard: usize) -> Option<Receipt> {
    let receipt = receipt(run, manifest, shard).ok()??;
    files::FACTS.iter().all(|table| bytes(run, &receipt, table).is_ok()).then_some(receipt)
}

/// The receipt of a shard, where there is one.
///
/// # Errors
/// When it is not as it was written, or of something else.
pub(super) fn receipt(run: &Path, manifest: &Manifest, shard: usize) -> Result<Option<Receipt>, Error> {
    let name = name(manifest, shard);
    let path = receipt_of(run, &name);
    let text = match store::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::io("read", &path, source)),
    };
    let refuse = |why: &str| Error::Run(format!("{} is {why}: remove it and read the shard again", path.display()));
    let receipt: Receipt = serde_json::from_slice(&text).map_err(|error| refuse(&format!("no receipt ({error})")))?;
    if receipt.hash()? != receipt.seal {
        return Err(refuse("not as it was written"));
    }
    let own = (PROTOCOL, VERSION, manifest.sha256.as_str(), shard, manifest.head.shards, name.as_str());
    let Receipt { protocol, version, manifest_sha256, shard, of, part, .. } = &receipt;
    if (*protocol, version.as_str(), manifest_sha256.as_str(), *shard, *of, part.as_str()) != own {
        return Err(refuse("the receipt of something else"));
    }
    Ok(Some(receipt))
}

/// The bytes of a table of a part, as its receipt has them.
pub(super) fn bytes(run: &Path, receipt: &Receipt, table: &str) -> Result<Vec<u8>, Error> {
    let path = run.join(&receipt.part).join(format!("{table}.parquet"));
    let bytes = store::read(&path).map_err(|source| missing(&path, source))?;
    if receipt.files.get(table) == Some(&publish::sha256(&bytes)) {
        Ok(bytes)
    } else {
        Err(Error::Run(format!("{} is not what its receipt says: read the shard again", path.display())))
    }
}
