//! Some tables made again from the facts of the current build, without reading the corpus.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use super::finish::{PAGE, ended, finish};
use super::{Summary, read_manifest, reviewed, summarize, told};
use crate::config::Config;
use crate::error::Error;
use crate::knowledge::{FINGERPRINT, Knowledge};
use crate::publish::{self, Dataset};
use crate::tabulate::books::Walked;
pub use crate::tabulate::wide::Scope;
use crate::tabulate::{check_years, wide};

/// Stands for the page among the names of tables: it is made of the tables, whichever of them are made again.
pub const QUALITY: &str = "quality";

/// Makes some tables again from the current build's facts, and publishes them with the others as they are.
///
/// # Errors
/// When there is no current build, or it was made by other rules, or it has no row of these years and places.
pub fn remake(knowledge: &Knowledge, config: &Config, tables: &[String], scope: &Scope) -> Result<Summary, Error> {
    let started = Instant::now();
    if tables.iter().all(|table| table == QUALITY) && *scope != Scope::default() {
        return Err(Error::Usage("--only quality takes neither --years nor --places: it is of all tables".to_owned()));
    }
    let dataset = Dataset::open(&config.build.out)?;
    let Some(current) = dataset.current() else {
        return Err(Error::Usage(format!(
            "there is no dataset in {} yet; run `nianbao build` first",
            config.build.out.display()
        )));
    };
    let manifest = read_manifest(&current)?;
    let overlay = reviewed(knowledge, config)?.hash.map(|hash| hash.to_hex().to_string());
    let strange = match () {
        () if manifest["rules"] != json!(FINGERPRINT) => Some("by other rules"),
        () if manifest["overlay"]["hash"] != json!(overlay) => Some("with other reviewed corrections"),
        () => None,
    };
    if let Some(strange) = strange {
        return Err(Error::Usage(format!(
            "the dataset in {} was made {strange}; run `nianbao build` without --only",
            config.build.out.display()
        )));
    }
    let part = dataset.begin()?;
    let made = tabulate(knowledge, (&current, &manifest, &part), tables, scope);
    if made.is_err() {
        let _ = std::fs::remove_dir_all(&part);
    }
    let (made, files) = (made?, unnamed(&part)?);
    let old = told(&manifest);
    let same = files.iter().all(|file| manifest["files"].as_array().is_some_and(|old| old.contains(&json!(file))));
    let build_id = if same { old.build_id } else { name(&files) };
    let counted = summarize(&part, &Walked::of(&manifest))?;
    let mut summary = Summary { build_id, made, overlay, corrected: old.corrected, stale: old.stale, ..counted };
    finish(knowledge, &dataset, &part, config, &mut summary)?;
    Ok(ended(summary, &config.build.out, started))
}

/// Makes the tables that are wanted in a new folder, and puts the others of the current build beside them; returns how many
/// rows of each are in the scope.
fn tabulate(
    knowledge: &Knowledge,
    (current, manifest, part): (&Path, &serde_json::Value, &Path),
    tables: &[String],
    scope: &Scope,
) -> Result<BTreeMap<String, usize>, Error> {
    let is_wanted = |name: &str| tables.iter().any(|table| name.strip_suffix(".parquet") == Some(table));
    let there = unnamed(current)?;
    for file in manifest["files"].as_array().into_iter().flatten() {
        let name = file["name"].as_str().unwrap_or_default();
        // The checks of single reports are kept.
        let is_needed = name != PAGE && (!is_wanted(name) || name == "checks.parquet");
        if is_needed && !there.iter().any(|entry| json!(entry) == *file) {
            return Err(Error::Usage(format!(
                "{} is not as it was published; run `nianbao build` without --only",
                current.join(name).display()
            )));
        }
    }
    if is_wanted("checks.parquet") {
        check_years(knowledge, current, part)?;
    }
    let mut made = BTreeMap::new();
    if tables.iter().any(|table| wide::TABLES.contains(&table.as_str())) {
        wide::make_again(knowledge, current, part, scope)?;
    }
    for table in tables.iter().filter(|table| *table != QUALITY) {
        made.insert(table.clone(), wide::count(part, table, scope)?);
    }
    if made.values().all(|rows| *rows == 0) && *scope != Scope::default() {
        return Err(Error::Usage(format!(
            "{} has no row of these years and places in {}; look at --years and --places",
            current.display(),
            tables.join(", ")
        )));
    }
    for entry in there.iter().filter(|entry| !is_wanted(&entry.name)) {
        let (old, new) = (current.join(&entry.name), part.join(&entry.name));
        let _ = std::fs::remove_file(&new);
        std::fs::hard_link(&old, &new)
            .or_else(|_| std::fs::copy(&old, &new).map(|_| ()))
            .map_err(|source| Error::io("copy", &old, source))?;
    }
    Ok(made)
}

/// What a build consists of, but for what it says of itself.
fn unnamed(build: &Path) -> Result<Vec<publish::FileEntry>, Error> {
    let says = ["manifest.json", PAGE];
    Ok(publish::inventory(build)?.into_iter().filter(|entry| !says.contains(&entry.name.as_str())).collect())
}

/// The name of a build that no inputs alone have made.
fn name(files: &[publish::FileEntry]) -> String {
    let hashes: String = files.iter().map(|entry| entry.sha256.as_str()).collect();
    blake3::hash(hashes.as_bytes()).to_hex().chars().take(16).collect()
}
