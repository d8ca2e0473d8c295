//! The parts of a manifest's shards become one dataset: the one that a single machine makes of the same files.

use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;

use super::derive::{Derived, name};
use super::finish::ended;
use super::manifest::Manifest;
use super::shard::{self, Receipt};
use super::{Summary, conclude};
use crate::config::Config;
use crate::discover;
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::overlay::Overlay;
use crate::publish::{self, Dataset};
use crate::store;
use crate::tabulate::books::Walked;
use crate::tabulate::files;

/// The receipts of all shards, in one file of the run, written when all are there and fit.
const NAMED: &str = "_MANIFEST.json";

/// Missing shards that are named.
const SHOWN: usize = 20;

/// Publishes what the shards of a manifest have read: the same dataset as one machine makes of the same files.
///
/// # Errors
/// When a receipt is missing or something does not fit it, and whatever stops a build.
pub fn reduce(knowledge: &Knowledge, config: &Config, run: &Path, manifest: &Path) -> Result<Summary, Error> {
    let started = Instant::now();
    [run, manifest].into_iter().try_for_each(store::check)?;
    let manifest = Manifest::open(manifest)?;
    if let Some(root) = discover::root_of(&manifest.config().corpus, &config.build.out) {
        let (out, root) = (config.build.out.display(), root.display());
        return Err(Error::Usage(format!(
            "{out} lies in the corpus {root}, whose next list would have it as documents: put the dataset elsewhere"
        )));
    }
    let receipts = receipts(run, &manifest)?;
    // Whoever reads parts themselves opens what is named here.
    let told = serde_json::to_vec(&receipts).map_err(|source| Error::io("write", run, source.into()))?;
    publish::put(&run.join(NAMED), &told)?;
    let overlay = manifest.overlay(knowledge)?;
    meet(&overlay, &receipts);
    let dataset = Dataset::open(&config.build.out)?;
    let part = dataset.begin()?;
    let parts = part.join("parts");
    let fetched = receipts.par_iter().map(|receipt| fetch(run, receipt, &parts)).collect::<Result<_, Error>>();
    let made = fetched.and_then(|counts| {
        let made_of: Vec<String> = receipts.iter().flat_map(|receipt| receipt.made_of.clone()).collect();
        let build_id = name(&manifest.rules(), &overlay, made_of.iter());
        let derived = Derived { parts, counts, made_of, walked: walked(&receipts), read: None, build_id };
        conclude(knowledge, config, (&dataset, &part), (&derived, &overlay))
    });
    if made.is_err() {
        let _ = std::fs::remove_dir_all(&part);
    }
    Ok(ended(made?, &config.build.out, started))
}

/// The receipts of a run, one for each shard, in order.
///
/// # Errors
/// When one is missing or does not fit the manifest, with the shards that have to be read.
fn receipts(run: &Path, manifest: &Manifest) -> Result<Vec<Receipt>, Error> {
    let (mut receipts, mut missing) = (Vec::new(), Vec::new());
    for shard in 0..manifest.head.shards {
        match shard::receipt(run, manifest, shard)? {
            Some(receipt) => receipts.push(receipt),
            None => missing.push(shard),
        }
    }
    if !missing.is_empty() {
        let (run, of) = (run.display(), manifest.head.shards);
        let (count, some) =
            (missing.len(), missing.iter().take(SHOWN).map(usize::to_string).collect::<Vec<_>>().join(", "));
        return Err(Error::Run(format!(
            "{run} has no receipt of {count} of {of} shards, among them {some}: read them first"
        )));
    }
    let (inputs, listed) = (receipts.iter().map(|receipt| receipt.inputs).sum::<usize>(), manifest.head.inputs);
    if inputs != listed {
        return Err(Error::Run(format!("the shards read {inputs} files, and the manifest lists {listed}")));
    }
    Ok(receipts)
}

/// What a run has met, for the books.
fn walked(receipts: &[Receipt]) -> Walked {
    let archives = receipts.iter().flat_map(|receipt| receipt.archives.clone()).collect();
    Walked { documents: receipts.iter().map(|receipt| receipt.documents).sum(), archives }
}

/// Puts the tables of a part where a build has its own; returns how many numbers it gives away.
fn fetch(run: &Path, receipt: &Receipt, folder: &Path) -> Result<usize, Error> {
    for table in files::FACTS {
        publish::put(&files::part(folder, table, receipt.shard), &shard::bytes(run, receipt, table)?)?;
    }
    Ok(receipt.numbers)
}

/// Takes note of what became of corrections in all shards.
fn meet(overlay: &Overlay, receipts: &[Receipt]) {
    receipts.iter().for_each(|receipt| overlay.meet(&receipt.corrections));
}
