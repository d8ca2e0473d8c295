//! The chain over a whole corpus: in parallel, in order, in batches that bound the memory.

mod cache;
mod derive;
mod finish;
mod gather;
mod hand;
mod held;
mod load;
mod manifest;
mod partial;
mod proceed;
mod read;
mod reduce;
mod shard;
mod verify;
mod worker;

pub use derive::{VERSION, expect};
pub use load::{Beside, document};
pub use manifest::{Head as ManifestHead, Manifest, SHARD_BYTES, list};
pub use partial::{QUALITY, Scope, remake};
pub use reduce::reduce;
pub use shard::{PROTOCOL, Receipt, Task, shard};
pub use verify::{Verdict, verify};
pub use worker::work;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::json;

use crate::config::Config;
use crate::discover;
use crate::error::Error;
use crate::knowledge::{FINGERPRINT, Knowledge};
use crate::overlay::Overlay;
use crate::publish::{self, Dataset};
use crate::tabulate::books::{self, Books, Walked};
use crate::tabulate::{files, schema};

use self::derive::{Derived, Inputs, derive};
use self::finish::{ended, finish, gates};
use proceed::proceed;

/// Set by SIGINT or SIGTERM; looked at between tasks.
pub static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// What a build did, for the person who ran it.
#[derive(Debug, Default, serde::Serialize)]
pub struct Summary {
    /// Name of the build.
    pub build_id: String,
    /// Where it lies.
    pub published: PathBuf,
    /// The page that says what was read and what changed; of the dataset, not of one build.
    pub page: PathBuf,
    /// Whether it was current already.
    pub unchanged: bool,
    /// The books.
    pub books: Books,
    /// Those of each archive.
    pub archives: BTreeMap<String, Books>,
    /// Texts and pages by encoding, other documents by their kind.
    pub encodings: BTreeMap<String, usize>,
    /// Reports by layout.
    pub formats: BTreeMap<String, usize>,
    /// Rejects by reason.
    pub reasons: BTreeMap<String, usize>,
    /// Documents that were read, by the reason; the others are as the last build read them. None where none is read.
    pub read: Option<BTreeMap<&'static str, usize>>,
    /// Rows of the tables that were made again alone, as far as they were asked for.
    pub made: BTreeMap<String, usize>,
    /// Reports whose place is settled.
    pub placed: usize,
    /// Checks that could be assessed, and those that failed.
    pub checks: (usize, usize),
    /// Hash of the file of reviewed corrections, if there is one.
    pub overlay: Option<String>,
    /// Reviewed corrections that were applied.
    pub corrected: usize,
    /// Those that no longer fit.
    pub stale: Vec<String>,
    /// Rows of each table.
    pub rows: BTreeMap<String, usize>,
    /// Wall time.
    pub seconds: f64,
    /// Builds that were removed.
    pub pruned: usize,
    /// What went wrong beside the dataset.
    pub warnings: Vec<String>,
}

/// Reads the corpus and publishes all tables.
///
/// # Errors
/// Whatever stops a run; the current dataset is then as it was.
pub fn build(
    knowledge: &Knowledge,
    config: &Config,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Summary, Error> {
    let started = Instant::now();
    if config.build.keep == 0 {
        return Err(Error::Usage("build.keep is at least 1: the current build".to_owned()));
    }
    discover::check(&config.corpus)?;
    let dataset = Dataset::open(&config.build.out)?;
    let part = dataset.begin()?;
    let made = make(knowledge, config, &dataset, &part, progress);
    // Whatever went wrong, a full disk above all, must not be made worse by what is left lying.
    if made.is_err() {
        let _ = std::fs::remove_dir_all(&part);
    }
    Ok(ended(made?, &config.build.out, started))
}

/// Reads all documents, makes the tables in a folder of their own, and publishes them; or finds that nothing has changed.
fn make(
    knowledge: &Knowledge,
    config: &Config,
    dataset: &Dataset,
    part: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Summary, Error> {
    let overlay = reviewed(knowledge, config)?;
    let walk = || discover::discover(&config.corpus, &[&config.build.out]);
    let open = || cache::Cache::open(&dataset.cache(), load::rules(config), config.build.full);
    let (found, cache) = rayon::join(walk, open);
    let found = found?;
    let derived = derive(knowledge, config, Inputs::all(&found, &cache, &overlay), part, progress)?;
    // Tables need memory too.
    drop((found, cache));
    conclude(knowledge, config, (dataset, part), (&derived, &overlay))
}

/// Makes the tables of what was read, in a folder of their own, and publishes them; or finds that nothing has changed.
fn conclude(
    knowledge: &Knowledge,
    config: &Config,
    (dataset, part): (&Dataset, &Path),
    (derived, overlay): (&Derived, &Overlay),
) -> Result<Summary, Error> {
    if let Some(mut summary) = unchanged(knowledge, config, (dataset, derived, overlay)) {
        derived.keep(dataset, &mut summary)?;
        gates(config, &summary, &summary.published)?;
        summary.pruned = dataset.prune(config.build.keep)?;
        std::fs::remove_dir_all(part).map_err(|source| Error::io("remove", part, source))?;
        return Ok(summary);
    }
    derived.tabulate(knowledge, part)?;
    proceed(config)?;
    let counted = summarize(part, &derived.walked)?;
    let mut summary = Summary { read: derived.read.clone(), build_id: derived.build_id.clone(), ..counted };
    derived.keep(dataset, &mut summary)?;
    if overlay.count() > 0 {
        summary.stale = overlay.stale(knowledge, &copies(part)?);
        summary.corrected = overlay.count() - summary.stale.len();
    }
    summary.overlay = overlay.hash.map(|hash| hash.to_hex().to_string());
    finish(knowledge, dataset, part, config, &mut summary)?;
    Ok(summary)
}

/// The current build, when it is that of these inputs and nobody has touched it since.
fn unchanged(
    knowledge: &Knowledge,
    config: &Config,
    (dataset, derived, overlay): (&Dataset, &Derived, &Overlay),
) -> Option<Summary> {
    let current = dataset.current().filter(|current| !config.build.full && current.ends_with(&derived.build_id))?;
    let published = read_manifest(&current).ok()?;
    let told = told(&published);
    let summary = Summary {
        build_id: derived.build_id.clone(),
        overlay: overlay.hash.map(|hash| hash.to_hex().to_string()),
        corrected: told.corrected,
        stale: told.stale,
        read: derived.read.clone(),
        unchanged: true,
        published: current.clone(),
        ..summarize(&current, &derived.walked).ok()?
    };
    let package = std::fs::read_to_string(current.join("datapackage.json")).ok()?;
    let same = manifest(&summary, &current).ok()? == published;
    (same && package == self::package(knowledge)).then_some(summary)
}

/// What a build that is there says of itself.
fn told(manifest: &serde_json::Value) -> Summary {
    let corrected = manifest["overlay"]["applied"].as_u64().and_then(|one| usize::try_from(one).ok());
    Summary {
        build_id: manifest["build_id"].as_str().unwrap_or_default().to_owned(),
        corrected: corrected.unwrap_or(0),
        stale: serde_json::from_value(manifest["overlay"]["stale"].clone()).unwrap_or_default(),
        ..Summary::default()
    }
}

/// The corrections that the configuration names.
fn reviewed(knowledge: &Knowledge, config: &Config) -> Result<Overlay, Error> {
    Overlay::load(knowledge, corrections(config))
}

/// Their file, if there is one.
fn corrections(config: &Config) -> Option<&Path> {
    Some(config.overlay.file.as_path()).filter(|file| !file.as_os_str().is_empty())
}

/// The documents whose figures another one gives, with that one.
fn copies(folder: &Path) -> Result<BTreeMap<String, String>, Error> {
    let rows = files::tally(folder, "reports", &["document_class", "report_id", "duplicate_of"])?;
    let copy = |(row, _): files::Tally| match <[Option<String>; 3]>::try_from(row) {
        Ok([Some(class), Some(id), Some(kept)]) if class == "duplicate" && id != kept => Some((id, kept)),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(copy).collect())
}

fn read_manifest(build: &Path) -> Result<serde_json::Value, Error> {
    let path = build.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(|source| Error::io("read", &path, source))?;
    serde_json::from_str(&text).map_err(|source| Error::io("read", &path, source.into()))
}

/// Counts what the tables hold.
fn summarize(folder: &Path, walked: &Walked) -> Result<Summary, Error> {
    let books = Books { walked: walked.documents, ..Books::default() };
    let mut summary = Summary { books, archives: books::of_archives(folder, walked)?, ..Summary::default() };
    let columns = ["document_class", "encoding", "media_type", "format", "county_code", "province_code"];
    let (reports, checks) =
        rayon::join(|| files::tally(folder, "reports", &columns), || files::tally(folder, "checks", &["status"]));
    for (row, count) in reports? {
        let [class, encoding, media, format, county, province] = row.as_slice() else { continue };
        summary.books.enter(class.as_deref(), count);
        let encoding = encoding.clone().or(media.clone()).unwrap_or_default();
        *summary.encodings.entry(encoding).or_default() += count;
        if class.as_deref() == Some("report") {
            *summary.formats.entry(format.clone().unwrap_or_default()).or_default() += count;
            summary.placed += if county.is_some() || province.is_some() { count } else { 0 };
        }
    }
    for (row, count) in files::tally(folder, "rejects", &["reason"])? {
        summary.books.rejected += count;
        *summary.reasons.entry(row.into_iter().flatten().collect()).or_default() += count;
    }
    for (row, count) in checks? {
        match row.first().and_then(Option::as_deref) {
            Some("pass") => summary.checks.0 += count,
            Some("fail") => summary.checks = (summary.checks.0 + count, summary.checks.1 + count),
            _ => {}
        }
    }
    for table in schema::names() {
        summary.rows.insert(table.to_owned(), files::height(folder, table)?);
    }
    Ok(summary)
}

/// The text of datapackage.json.
fn package(knowledge: &Knowledge) -> String {
    format!("{:#}\n", schema::package(knowledge))
}

/// What a build says of itself.
fn manifest(summary: &Summary, folder: &Path) -> Result<serde_json::Value, Error> {
    let files: Vec<_> = publish::inventory(folder)?.into_iter().filter(|file| file.name != "manifest.json").collect();
    Ok(json!({
        "build_id": summary.build_id,
        "program": env!("CARGO_PKG_VERSION"),
        "rules": FINGERPRINT,
        "books": summary.books,
        "archives": summary.archives,
        "rows": summary.rows,
        "overlay": { "hash": summary.overlay, "applied": summary.corrected, "stale": summary.stale },
        "files": files,
    }))
}
