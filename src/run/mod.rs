//! The chain over a whole corpus: in parallel, in order, in batches that bound the memory.

mod cache;
mod gather;
mod load;
mod partial;
mod proceed;
mod read;
mod verify;

pub use load::{Beside, document};
pub use partial::{QUALITY, Scope, remake};
pub use verify::{Verdict, verify};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::json;

use crate::config::Config;
use crate::discover::{self, Found};
use crate::error::Error;
use crate::knowledge::{FINGERPRINT, Knowledge};
use crate::overlay::Overlay;
use crate::page::{Changes, Head, Quality, Since};
use crate::publish::{self, Dataset};
use crate::reader::Readers;
use crate::tabulate::books::{self, Books, Walked};
use crate::tabulate::{Parts, files, schema, tabulate};

use proceed::{memory, proceed};

/// More threads than this are a slip of the pen.
const MOST_THREADS: usize = 512;

/// The page of a build, and of the dataset.
const PAGE: &str = "quality.html";

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
    if config.build.threads > MOST_THREADS {
        return Err(Error::Usage(format!("build.threads is at most {MOST_THREADS}; 0 is one for each processor")));
    }
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

/// What is only known at the end of a run; the dataset is published by then, and nothing here can take it back.
fn ended(mut summary: Summary, out: &Path, started: Instant) -> Summary {
    summary.seconds = started.elapsed().as_secs_f64();
    summary.page = out.join(PAGE);
    // Lost, or never written: what the build says of itself is better than nothing.
    if !summary.page.is_file() {
        let shown = std::fs::read_to_string(summary.published.join(PAGE))
            .map_err(|source| Error::io("read", &summary.published.join(PAGE), source))
            .and_then(|page| publish::replace(&summary.page, &page));
        summary.warnings.extend(shown.err().map(|error| error.to_string()));
    }
    if let Err(error) = write_run(out, &summary) {
        summary.warnings.push(error.to_string());
    }
    summary
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
    let walk = || discover::discover(&config.corpus, &config.build.out);
    let open = || cache::Cache::open(&dataset.cache(), load::rules(config), config.build.full);
    let (found, cache) = rayon::join(walk, open);
    let found = found?;
    let derived = derive(knowledge, config, (&found, &cache, &overlay), part, progress)?;
    // Tables need memory too.
    drop((found, cache));
    let parts = &derived.parts;
    if let Some(mut summary) = unchanged(knowledge, config, (dataset, &derived, &overlay)) {
        keep_cache(dataset, parts, &mut summary)?;
        gates(config, &summary, &summary.published)?;
        summary.pruned = dataset.prune(config.build.keep)?;
        std::fs::remove_dir_all(part).map_err(|source| Error::io("remove", part, source))?;
        return Ok(summary);
    }
    derived.tabulate(knowledge, part)?;
    proceed(config)?;
    let counted = summarize(part, &derived.walked)?;
    let mut summary = Summary { read: Some(derived.read), build_id: derived.build_id, ..counted };
    keep_cache(dataset, parts, &mut summary)?;
    if overlay.count() > 0 {
        summary.stale = overlay.stale(knowledge, &copies(part)?);
        summary.corrected = overlay.count() - summary.stale.len();
    }
    summary.overlay = overlay.hash.map(|hash| hash.to_hex().to_string());
    finish(knowledge, dataset, part, config, &mut summary)?;
    Ok(summary)
}

/// Leaves the parts for the next run. A cache that cannot be kept costs time, and is no reason to lose a build.
fn keep_cache(dataset: &Dataset, parts: &Path, summary: &mut Summary) -> Result<(), Error> {
    if let Err(error) = dataset.keep_cache(parts) {
        summary.warnings.push(format!("{error}: the next build will read everything again"));
        std::fs::remove_dir_all(parts).map_err(|source| Error::io("remove", parts, source))?;
    }
    Ok(())
}

/// What a corpus came to, in parts.
struct Derived {
    /// Where the parts lie.
    parts: PathBuf,
    /// How many numbers each of them gave away.
    counts: Vec<usize>,
    walked: Walked,
    read: BTreeMap<&'static str, usize>,
    build_id: String,
}

impl Derived {
    /// Makes all tables from the parts.
    fn tabulate(&self, knowledge: &Knowledge, folder: &Path) -> Result<(), Error> {
        tabulate(knowledge, Parts { folder: &self.parts, counts: &self.counts }, folder)?;
        publish::write(&folder.join("datapackage.json"), &package(knowledge))
    }
}

/// Reads all documents into parts, in a folder of their own below `folder`.
fn derive(
    knowledge: &Knowledge,
    config: &Config,
    (found, cache, overlay): (&[Found], &cache::Cache, &Overlay),
    folder: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Derived, Error> {
    let parts = folder.join("parts");
    std::fs::create_dir_all(&parts).map_err(|source| Error::io("create", &parts, source))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.build.threads).build();
    let pool = pool.map_err(|error| Error::Usage(format!("build.threads: {error}")))?;
    let program = std::env::current_exe().map_err(|source| Error::io("find", Path::new("nianbao"), source))?;
    let readers = Readers::new(program, config.corpus.max_seconds);
    let mut reading = read::Reading::new((knowledge, config, overlay), (&readers, found, cache), &parts, progress)?;
    pool.install(|| reading.read())?;
    let read::Reading { index, walked, inputs, read, .. } = reading;
    proceed(config)?;
    let counts = index.parts.iter().map(|part| part.count).collect();
    index.finish(cache.rules())?;
    let build_id = inputs.finalize().to_hex().chars().take(16).collect();
    Ok(Derived { parts, counts, walked, read, build_id })
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
        read: Some(derived.read.clone()),
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
    let file = Some(config.overlay.file.as_path()).filter(|file| !file.as_os_str().is_empty());
    Overlay::load(knowledge, file)
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

/// Writes the page and the manifest, passes the gates, makes the build current and removes old ones.
fn finish(
    knowledge: &Knowledge,
    dataset: &Dataset,
    part: &Path,
    config: &Config,
    summary: &mut Summary,
) -> Result<(), Error> {
    let page = paged(knowledge, part, summary, dataset.current())?;
    let manifest = manifest(summary, part)?;
    publish::write(&part.join("manifest.json"), &format!("{manifest:#}\n"))?;
    summary.unchanged = dataset.current().is_some_and(|current| current.ends_with(&summary.build_id));
    let (build, mended) = dataset.keep(part, &summary.build_id)?;
    if mended {
        let path = build.display();
        summary.warnings.push(format!("{path} was not as it was published, and was made again: look at the disk"));
    }
    gates(config, summary, &build)?;
    proceed(config)?;
    if !summary.unchanged {
        dataset.switch(&summary.build_id)?;
        // It tells what changed, which no build alone can.
        if let Err(error) = publish::replace(&config.build.out.join(PAGE), &page) {
            summary.warnings.push(error.to_string());
        }
    }
    summary.pruned = dataset.prune(config.build.keep)?;
    summary.published = build;
    Ok(())
}

/// Writes the page of a build; returns it with what changed since the one before.
fn paged(knowledge: &Knowledge, part: &Path, summary: &mut Summary, before: Option<PathBuf>) -> Result<String, Error> {
    let since = match before.map(|before| Changes::between(&before, part)).transpose() {
        Ok(changes) => changes.map_or(Since::Nothing, |changes| Since::Build(Box::new(changes))),
        Err(error) => {
            summary.warnings.push(format!("{error}: {PAGE} does not tell what changed"));
            Since::Untold
        }
    };
    let head = Head {
        build_id: &summary.build_id,
        books: &summary.books,
        placed: summary.placed,
        reasons: &summary.reasons,
        rows: &summary.rows,
        corrections: (summary.corrected, &summary.stale),
    };
    let quality = Quality::of(knowledge, part, head)?;
    publish::write(&part.join(PAGE), &quality.page(&Since::Untold))?;
    Ok(quality.page(&since))
}

/// What a build must pass to be current: balanced books, and not too many rejects.
fn gates(config: &Config, summary: &Summary, build: &Path) -> Result<(), Error> {
    let build = build.to_owned();
    let books = summary.books;
    let archives = summary.archives.iter().map(|(path, books)| (format!(" of {path}"), books));
    if let Some((place, books)) = [(String::new(), &books)].into_iter().chain(archives).find(|(_, one)| !one.balance())
    {
        let Books { walked, reports, not_reports, duplicates, rejected } = books;
        let reason = format!(
            "the books{place} do not balance: walked {walked} is not {reports} reports + {not_reports} others + {duplicates} copies + {rejected} rejects"
        );
        return Err(Error::Gate { reason, build });
    }
    if exceeds(books.rejected, books.walked, config.build.max_reject_ratio) {
        let why: Vec<String> = summary.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let reason = format!(
            "{} of {} documents were rejected ({}), more than build.max_reject_ratio = {} allows",
            books.rejected,
            books.walked,
            why.join(", "),
            config.build.max_reject_ratio
        );
        return Err(Error::Gate { reason, build });
    }
    Ok(())
}

#[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "a share is compared, never published")]
fn exceeds(part: usize, whole: usize, ratio: f64) -> bool {
    part as f64 > whole as f64 * ratio
}

/// What may differ between identical builds goes beside them, not into them.
fn write_run(out: &Path, summary: &Summary) -> Result<(), Error> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let run = json!({
        "build_id": summary.build_id,
        "seconds": summary.seconds,
        "documents": summary.books.walked,
        "peak_memory_bytes": memory("VmHWM:"),
        "host": host.trim(),
    });
    publish::write(&out.join("run.json"), &format!("{run:#}\n"))
}
