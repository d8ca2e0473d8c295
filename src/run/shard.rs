//! One shard of a manifest: its files become one part, a file for each table of facts, and a receipt that says what is in
//! it. The same shard gives the same bytes under the same names, whoever reads it and however often.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::cache::Cache;
use super::derive::{Inputs, derive, version};
use super::manifest::{self, Manifest};
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::overlay::Met;
use crate::publish;
use crate::tabulate::{Parts, files};

/// Of what shards and those who ask for them say to each other.
pub const PROTOCOL: u32 = 1;

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
}

/// Reads a shard, unless its part and receipt are there already.
///
/// # Errors
/// When manifest, shard and program do not fit, a file is not what the manifest lists, or the disk refuses.
pub fn shard(knowledge: &Knowledge, task: &Task, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Receipt, Error> {
    let started = Instant::now();
    let manifest = Manifest::open(&task.manifest)?;
    let (shard, of) = (task.shard, manifest.head.shards);
    if task.of != of || shard >= of {
        let (path, asked) = (task.manifest.display(), task.of);
        return Err(Error::Run(format!("{path} has {of} shards: there is no shard {shard} of {asked}")));
    }
    let name = name(&manifest, shard);
    if let Some(receipt) = finished(&task.out, &name, &manifest) {
        return Ok(receipt);
    }
    let (found, wanted) = manifest.inputs(shard)?;
    let files = wanted.len();
    let mut config = manifest.config();
    config.build.threads = task.threads;
    let overlay = manifest.overlay(knowledge)?;
    let cache = Cache::open(Path::new(""), manifest::rules(&manifest), true);
    let scratch = tempfile::tempdir().map_err(|source| Error::io("create", Path::new("a temporary folder"), source))?;
    let inputs = Inputs { found: &found, wanted, cache: &cache, overlay: &overlay };
    let derived = derive(knowledge, &config, inputs, scratch.path(), progress)?;
    let parts = Parts { folder: &derived.parts, counts: &derived.counts };
    let mut receipt = Receipt {
        protocol: PROTOCOL,
        version: version(),
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
    };
    for table in files::FACTS {
        write(&task.out, parts, table, &mut receipt)?;
    }
    receipt.errors = receipt.rows.get("rejects").copied().unwrap_or(0);
    receipt.sha256 = hex(&Sha256::digest(receipt.files.values().cloned().collect::<String>()));
    receipt.seconds = started.elapsed().as_secs_f64();
    let told = serde_json::to_string(&receipt).map_err(|source| Error::io("write", &task.out, source.into()))?;
    publish::put(&receipt_of(&task.out, &receipt.part), format!("{told}\n").as_bytes())?;
    Ok(receipt)
}

/// Name of a shard's part, whoever makes it.
pub(super) fn name(manifest: &Manifest, shard: usize) -> String {
    let (of, list) = (manifest.head.shards, manifest.sha256.get(..8).unwrap_or_default());
    format!("part-{shard:05}-of-{of:05}-{list}-{}", version())
}

/// Where the receipt of a part lies: beside it.
pub(super) fn receipt_of(run: &Path, part: &str) -> PathBuf {
    run.join(format!("{part}.json"))
}

/// One table of all batches in one file: documents are numbered through them.
fn write(out: &Path, parts: Parts<'_>, table: &str, receipt: &mut Receipt) -> Result<(), Error> {
    let mut all: Option<DataFrame> = None;
    parts.for_each(table, None, Ok, |rows| {
        match &mut all {
            None => all = Some(rows),
            Some(all) => _ = all.vstack_mut_owned(rows).map_err(|source| Error::table(table, source))?,
        }
        Ok(())
    })?;
    let mut all = all.unwrap_or_default();
    all.rechunk_mut();
    let rows = all.height();
    let bytes = files::packed(table, all)?;
    publish::put(&out.join(&receipt.part).join(format!("{table}.parquet")), &bytes)?;
    receipt.rows.insert(table.to_owned(), rows);
    receipt.bytes += bytes.len() as u64;
    receipt.files.insert(table.to_owned(), hex(&Sha256::digest(&bytes)));
    Ok(())
}

/// The receipt of a part that is there, whole.
fn finished(out: &Path, name: &str, manifest: &Manifest) -> Option<Receipt> {
    let receipt = read(&receipt_of(out, name)).ok()?;
    let fits = receipt.manifest_sha256 == manifest.sha256 && receipt.version == version();
    (fits && receipt.files.keys().all(|table| bytes(out, &receipt, table).is_ok())).then_some(receipt)
}

pub(super) fn read(path: &Path) -> Result<Receipt, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::io("read", path, source))?;
    serde_json::from_str(&text).map_err(|source| Error::Run(format!("{} is no receipt: {source}", path.display())))
}

/// The bytes of a table of a part, as its receipt has them.
pub(super) fn bytes(run: &Path, receipt: &Receipt, table: &str) -> Result<Vec<u8>, Error> {
    let path = run.join(&receipt.part).join(format!("{table}.parquet"));
    let bytes = std::fs::read(&path).map_err(|source| Error::io("read", &path, source))?;
    let told = receipt.files.get(table).is_some_and(|told| *told == hex(&Sha256::digest(&bytes)));
    if told {
        Ok(bytes)
    } else {
        Err(Error::Run(format!("{} is not what its receipt says: read the shard again", path.display())))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
