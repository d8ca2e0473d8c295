//! Is a dataset what its corpus says? Everything is read and made again elsewhere, and compared byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, JoinArgs, JoinType, LazyFrame, PolarsResult, col};
use serde_json::{Value, json};

use super::cache::Cache;
use super::derive::{Derived, Inputs, derive};
use super::{load, read_manifest, reviewed, summarize};
use crate::config::Config;
use crate::discover::discover;
use crate::error::Error;
use crate::knowledge::{FINGERPRINT, Knowledge};
use crate::publish;
use crate::tabulate::{files, schema};

/// Lines that are printed of one kind of fault.
const SHOWN: usize = 20;

/// What was found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What was compared, and each fault.
    pub page: String,
    /// How many faults there are.
    pub faults: usize,
}

impl Verdict {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.page, "{text}");
    }

    /// Notes faults of one kind.
    fn faults(&mut self, lines: &[String]) {
        self.faults += lines.len();
        lines.iter().take(SHOWN).for_each(|line| self.line(line));
        if lines.len() > SHOWN {
            self.line(&format!("… and {} more", lines.len() - SHOWN));
        }
    }
}

/// Compares a dataset with the corpus of the configuration.
///
/// # Errors
/// When there is no dataset, it was made by another program or other rules, or the corpus cannot be read.
pub fn verify(
    knowledge: &Knowledge,
    config: &Config,
    dataset: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Verdict, Error> {
    let mut verdict = Verdict::default();
    let build = [dataset.to_owned(), dataset.join("current")].into_iter().find(|at| at.join("manifest.json").exists());
    let build = build.ok_or_else(|| Error::Usage(format!("there is no dataset in {}", dataset.display())))?;
    let manifest = read_manifest(&build)?;
    verdict.faults(&damaged(&build, &manifest)?);
    let overlay = reviewed(knowledge, config)?;
    for (name, own) in
        [("rules", json!(FINGERPRINT)), ("overlay", json!(overlay.hash.map(|hash| hash.to_hex().to_string())))]
    {
        let theirs = if name == "overlay" { &manifest["overlay"]["hash"] } else { &manifest[name] };
        if *theirs != own {
            let what = if name == "overlay" { "other reviewed corrections" } else { "another program or other rules" };
            return Err(Error::Usage(format!(
                "{}{} was made with {what}: only the same can derive it again",
                verdict.page,
                build.display()
            )));
        }
    }
    // A build lies in the dataset's folder, which may lie in the corpus.
    let real = build.canonicalize().map_err(|source| Error::io("read", &build, source))?;
    let out = real.parent().filter(|builds| builds.ends_with("builds")).and_then(Path::parent).unwrap_or(dataset);
    let found = discover(&config.corpus, &[out])?;
    let again = tempfile::tempdir().map_err(|source| Error::io("create", Path::new("a temporary folder"), source))?;
    let cache = Cache::open(Path::new(""), load::rules(config), true);
    let derived = derive(knowledge, config, Inputs::all(&found, &cache, &overlay), again.path(), progress)?;
    derived.tabulate(knowledge, again.path())?;
    let differ: Vec<&str> = schema::names().into_iter().filter(|table| !same(&build, again.path(), table)).collect();
    for table in &differ {
        // A table that cannot be read has been told as damaged.
        verdict.faults(&differences(&build, again.path(), table).unwrap_or_default());
        verdict.faults(&[format!("{table}.parquet: not the table that the corpus gives")]);
    }
    verdict.faults(&of_itself(&real, again.path(), &manifest, &derived)?);
    let rows = |table: &str| files::height(again.path(), table).unwrap_or(0);
    let roots: Vec<String> = config.corpus.roots.iter().map(|root| root.display().to_string()).collect();
    let roots = roots.join(", ");
    if verdict.faults > 0 {
        verdict.line("if the corpus has changed since the build, build again; otherwise the disk or a hand has changed the dataset");
    }
    let (documents, observations) = (derived.walked.documents, rows("observations"));
    verdict.line(&format!(
        "{documents} documents of {roots} read again, {observations} observations with their words derived again, {} of {} tables equal",
        schema::names().len() - differ.len(),
        schema::names().len()
    ));
    Ok(verdict)
}

/// Files that are not those of the manifest.
fn damaged(build: &Path, manifest: &Value) -> Result<Vec<String>, Error> {
    let hash = |entry: &Value| Some((entry["name"].as_str()?.to_owned(), entry["sha256"].as_str()?.to_owned()));
    let named: BTreeMap<String, String> = manifest["files"].as_array().into_iter().flatten().filter_map(hash).collect();
    let there = publish::inventory(build)?.into_iter().filter(|entry| entry.name != "manifest.json");
    let there: BTreeMap<String, String> = there.map(|entry| (entry.name, entry.sha256)).collect();
    let names: BTreeSet<&String> = named.keys().chain(there.keys()).collect();
    let fault = |name: &&String| match (named.get(*name), there.get(*name)) {
        (one, other) if one == other => None,
        (Some(_), None) => Some(format!("{name}: is in the manifest and not there")),
        (None, _) => Some(format!("{name}: is there and not in the manifest")),
        (Some(_), Some(_)) => Some(format!("{name}: its bytes are not those that were published")),
    };
    Ok(names.iter().filter_map(fault).collect())
}

/// What the build says of itself and is not so.
fn of_itself(build: &Path, again: &Path, manifest: &Value, derived: &Derived) -> Result<Vec<String>, Error> {
    let summary = summarize(again, &derived.walked)?;
    let fields = [
        ("program", json!(env!("CARGO_PKG_VERSION"))),
        ("books", json!(summary.books)),
        ("archives", json!(summary.archives)),
        ("rows", json!(summary.rows)),
    ];
    let wrong = fields.iter().filter(|(name, value)| manifest[*name] != *value);
    let mut faults: Vec<String> = wrong.map(|(name, _)| format!("manifest.json: {name} is not so")).collect();
    // A build of which some tables were made again has a name of its own.
    let named = manifest["build_id"].as_str().is_some_and(|id| id == derived.build_id || build.ends_with(id));
    if !named {
        faults.push("manifest.json: build_id is not the build's".to_owned());
    }
    let read = |folder: &Path| std::fs::read(folder.join("datapackage.json")).ok();
    if read(build) != read(again) {
        faults.push("datapackage.json: not what the program writes".to_owned());
    }
    Ok(faults)
}

/// Whether a table is the same in two folders, byte for byte.
fn same(one: &Path, other: &Path, table: &str) -> bool {
    let read = |folder: &Path| std::fs::read(folder.join(format!("{table}.parquet"))).ok();
    read(one).is_some_and(|bytes| read(other) == Some(bytes))
}

/// What a table of facts has that the corpus does not give, and the other way round.
fn differences(build: &Path, again: &Path, table: &str) -> PolarsResult<Vec<String>> {
    match table {
        "reports" | "rejects" => {
            let key = if table == "reports" { ["path", "report_id"] } else { ["path", "reason"] };
            let [published, derived] = only(build, again, table, &key)?;
            let paths = published.keys().chain(derived.keys()).collect::<BTreeSet<_>>();
            let said = |path: &&String| match (published.get(*path), derived.get(*path)) {
                (Some(was), Some(is)) => format!("{path}: was {was} when the dataset was made, and is {is}"),
                (Some(_), None) => format!("{path}: is not in the corpus any more, or is something else"),
                (None, _) => format!("{path}: was not in the corpus when the dataset was made, or was something else"),
            };
            Ok(paths.iter().map(said).collect())
        }
        "observations" => {
            let [gone, _] = only(build, again, "reports", &["report_id", "path"])?;
            let [published, derived] = only(build, again, table, &["observation_id", "metric", "value", "quote"])?;
            let of_same = |id: &&String| !gone.contains_key(id.split('/').next().unwrap_or(id));
            let mut lines = Vec::new();
            for id in published.keys().chain(derived.keys()).collect::<BTreeSet<_>>().iter().filter(|id| of_same(id)) {
                let [was, is] = [&published, &derived].map(|rows| rows.get(*id).map_or("nothing", String::as_str));
                lines.push(format!("{id}: {was} is published, and the document gives {is}"));
            }
            Ok(lines)
        }
        _ => Ok(Vec::new()),
    }
}

/// The rows that only one of two tables has: the first column, and the others in one line.
fn only(build: &Path, again: &Path, table: &str, columns: &[&str]) -> PolarsResult<[BTreeMap<String, String>; 2]> {
    let [published, derived] =
        [build, again].map(|folder| rows(table, folder.join(format!("{table}.parquet")), columns));
    let (published, derived) = (published?, derived?);
    let on: Vec<_> = columns.iter().map(|name| col(*name)).collect();
    let anti = |one: &LazyFrame, other: &LazyFrame| {
        let arguments = JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Anti) };
        lines(&one.clone().join(other.clone(), on.clone(), on.clone(), arguments).collect()?)
    };
    Ok([anti(&published, &derived)?, anti(&derived, &published)?])
}

fn rows(table: &str, path: PathBuf, columns: &[&str]) -> PolarsResult<LazyFrame> {
    let query = files::scan(table, &[path]).map_err(|error| polars::prelude::polars_err!(ComputeError: "{error}"))?;
    Ok(query.select(columns.iter().map(|name| col(*name)).collect::<Vec<_>>()))
}

fn lines(frame: &DataFrame) -> PolarsResult<BTreeMap<String, String>> {
    let mut lines = BTreeMap::new();
    for at in 0..frame.height() {
        let cells = frame.columns().iter().map(|column| Ok(column.get(at)?.str_value().into_owned()));
        let mut cells = cells.collect::<PolarsResult<Vec<String>>>()?;
        let first = cells.remove(0);
        lines.insert(first, cells.join("  "));
    }
    Ok(lines)
}
