//! The parts of a manifest's shards become one dataset: the one that a single machine makes of the same files.

use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;

use super::derive::{Derived, name};
use super::finish::ended;
use super::manifest::{self, Manifest};
use super::shard::{self, Receipt};
use super::{Summary, conclude};
use crate::config::Config;
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::overlay::Overlay;
use crate::publish::{self, Dataset};
use crate::tabulate::books::Walked;
use crate::tabulate::files;

/// Publishes what the shards of a manifest have read: the same dataset as one machine makes of the same files.
///
/// # Errors
/// When a receipt is missing or something does not fit it, and whatever stops a build.
pub fn reduce(knowledge: &Knowledge, config: &Config, run: &Path, manifest: &Path) -> Result<Summary, Error> {
    let started = Instant::now();
    let manifest = Manifest::open(manifest)?;
    let receipts = receipts(run, &manifest)?;
    let overlay = manifest.overlay(knowledge)?;
    meet(&overlay, &receipts);
    let dataset = Dataset::open(&config.build.out)?;
    let part = dataset.begin()?;
    let parts = part.join("parts");
    let fetched = receipts.par_iter().map(|receipt| fetch(run, receipt, &parts)).collect::<Result<_, Error>>();
    let made = fetched.and_then(|counts| {
        let made_of: Vec<String> = receipts.iter().flat_map(|receipt| receipt.made_of.clone()).collect();
        let build_id = name(&manifest::rules(&manifest), &overlay, made_of.iter());
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
        match shard::read(&shard::receipt_of(run, &shard::name(manifest, shard))) {
            Ok(receipt) if receipt.manifest_sha256 == manifest.sha256 && receipt.shard == shard => {
                receipts.push(receipt);
            }
            Ok(_) | Err(Error::Io { .. }) => missing.push(shard.to_string()),
            Err(error) => return Err(error),
        }
    }
    if !missing.is_empty() {
        let (run, of) = (run.display(), manifest.head.shards);
        let missing = missing.join(", ");
        return Err(Error::Run(format!("{run} has no receipt of the shards {missing} of {of}: read them first")));
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
