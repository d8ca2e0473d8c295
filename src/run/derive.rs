//! Reading a corpus, or a shard of one, into parts; and what a build of them is called.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::hand::Hand;
use super::held::Held;
use super::proceed::proceed;
use super::read::Reading;
use super::worker::Workers;
use super::{Summary, package};
use crate::config::Config;
use crate::discover::Found;
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::overlay::Overlay;
use crate::publish::{self, Dataset};
use crate::reader::Readers;
use crate::tabulate::books::Walked;
use crate::tabulate::{Parts, tabulate};

/// What a corpus came to, in parts.
pub(super) struct Derived {
    /// Where the parts lie.
    pub(super) parts: PathBuf,
    /// How many numbers each of them gave away.
    pub(super) counts: Vec<usize>,
    /// Hashes of what their rows were made of.
    pub(super) made_of: Vec<String>,
    pub(super) walked: Walked,
    /// Documents that were read, by the reason; nothing where others have read them.
    pub(super) read: Option<BTreeMap<&'static str, usize>>,
    pub(super) build_id: String,
}

impl Derived {
    /// Makes all tables from the parts.
    pub(super) fn tabulate(&self, knowledge: &Knowledge, folder: &Path) -> Result<(), Error> {
        tabulate(knowledge, Parts { folder: &self.parts, counts: &self.counts }, folder)?;
        publish::write(&folder.join("datapackage.json"), &package(knowledge))
    }

    /// Leaves the parts for the next run, if it was this one that read them. A cache that cannot be kept costs time, and is
    /// no reason to lose a build.
    pub(super) fn keep(&self, dataset: &Dataset, summary: &mut Summary) -> Result<(), Error> {
        let kept = self.read.as_ref().map(|_| dataset.keep_cache(&self.parts));
        if let Some(Err(error)) = &kept {
            summary.warnings.push(format!("{error}: the next build will read everything again"));
        }
        match kept {
            Some(Ok(())) => Ok(()),
            _ => std::fs::remove_dir_all(&self.parts).map_err(|source| Error::io("remove", &self.parts, source)),
        }
    }
}

/// The name of a build: of the program, its rules and settings, the reviewed corrections, and what all rows were made of.
pub(super) fn name<'h>(rules: &str, overlay: &Overlay, made_of: impl Iterator<Item = &'h String>) -> String {
    let mut inputs = blake3::Hasher::new();
    inputs.update(rules.as_bytes());
    if let Some(hash) = overlay.hash {
        inputs.update(hash.as_bytes());
    }
    made_of.for_each(|hash| _ = inputs.update(hash.as_bytes()));
    inputs.finalize().to_hex().chars().take(16).collect()
}

/// Program and rules, as manifests, shards and those who ask for them must agree in.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "-", env!("NIANBAO_FINGERPRINT"));

/// Refuses what another version has made or expects.
///
/// # Errors
/// When it is not this one.
pub fn expect(version: &str, what: &str) -> Result<(), Error> {
    if version == VERSION {
        Ok(())
    } else {
        Err(Error::Version(format!("{what} is of version {version}, this program is {VERSION}")))
    }
}

/// More threads than this are a slip of the pen.
const MOST_THREADS: usize = 512;

/// What is read in one go.
pub(super) struct Inputs<'c> {
    /// All files that may be looked at.
    pub(super) found: &'c [Found],
    /// Those of them that are read.
    pub(super) wanted: Range<usize>,
    pub(super) cache: &'c Cache,
    pub(super) overlay: &'c Overlay,
    /// Processes that read documents; without them this one does.
    pub(super) workers: Option<&'c Workers>,
    /// Where the rows are held; without it they are written.
    pub(super) held: Option<&'c Held>,
}

impl<'c> Inputs<'c> {
    pub(super) fn all(found: &'c [Found], cache: &'c Cache, overlay: &'c Overlay) -> Inputs<'c> {
        Inputs { found, wanted: 0..found.len(), cache, overlay, workers: None, held: None }
    }
}

/// Reads all documents into parts, in a folder of their own below `folder`.
pub(super) fn derive(
    knowledge: &Knowledge,
    config: &Config,
    inputs: Inputs<'_>,
    folder: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Derived, Error> {
    if config.build.threads > MOST_THREADS {
        return Err(Error::Usage(format!("build.threads is at most {MOST_THREADS}; 0 is one for each processor")));
    }
    let parts = folder.join("parts");
    std::fs::create_dir_all(&parts).map_err(|source| Error::io("create", &parts, source))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.build.threads).build();
    let pool = pool.map_err(|error| Error::Usage(format!("build.threads: {error}")))?;
    let program = std::env::current_exe().map_err(|source| Error::io("find", Path::new("nianbao"), source))?;
    let readers = Readers::new(program, config.corpus.max_seconds);
    let Inputs { found, wanted, cache, overlay, workers, held } = inputs;
    let hand = Hand { knowledge, overlay, readers: &readers };
    let corpus = (found, wanted);
    let mut reading = Reading::new((hand, workers), (config, cache), corpus, (&parts, held), progress)?;
    pool.install(|| reading.read())?;
    let Reading { index, walked, read, .. } = reading;
    proceed(config)?;
    let counts = index.parts.iter().map(|part| part.count).collect();
    let made_of: Vec<String> =
        index.parts.iter().map(|part| blake3::Hash::from(part.inputs).to_hex().to_string()).collect();
    index.finish(cache.rules())?;
    let build_id = name(cache.rules(), overlay, made_of.iter());
    Ok(Derived { parts, counts, made_of, walked, read: Some(read), build_id })
}
