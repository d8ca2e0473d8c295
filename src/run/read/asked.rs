//! Documents that workers read: their rows come to stand among those of the others.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use polars::prelude::{DataFrame, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult};

use super::batches::folder;
use super::{Fresh, PASSING, Reading, Rows};
use crate::discover::Found;
use crate::error::Error;
use crate::medium::Media;
use crate::run::gather::in_order;
use crate::run::worker::{Ask, Place, Reply};
use crate::tabulate::facts::{DOCUMENT, Facts};
use crate::tabulate::files;

/// Bytes of documents that one worker is given at a time, more or less.
const BYTES: usize = 8 << 20;

/// Documents that workers read, and what has become of those that they were given.
#[derive(Default)]
pub(super) struct Asked {
    /// Of those that wait: numbers in the part, and places of their digests.
    places: Vec<(usize, usize)>,
    asks: Vec<Ask>,
    bytes: usize,
    /// Of those that were read: how many, and their rows.
    read: usize,
    tables: Vec<(String, DataFrame)>,
}

impl Asked {
    pub(super) fn push(&mut self, place: (usize, usize), ask: Ask) {
        self.bytes += ask.bytes.len();
        self.places.push(place);
        self.asks.push(ask);
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BYTES
    }
}

impl Reading<'_> {
    /// Has the documents read that wait for workers.
    pub(super) fn ask(&self, rows: &mut Rows) -> Result<(), Error> {
        let Some(workers) = self.workers else { return Ok(()) };
        let Asked { places, asks, read, tables, .. } = std::mem::take(&mut rows.asked);
        rows.asked = Asked { read, tables, ..Asked::default() };
        let mut first = 0;
        for reply in workers.read(&asks)? {
            match reply {
                Reply::Lost(reject) => {
                    let ((at, digest), ask) = (places[first], &asks[first]);
                    rows.facts().reject(&ask.path, ask.bytes.len() as u64, &reject, at);
                    rows.digests[digest].push_str(PASSING);
                    first += 1;
                }
                Reply::Rows { documents, tables: own, passing, notes } => {
                    passing.iter().for_each(|place| rows.digests[places[first + place].1].push_str(PASSING));
                    self.hand.overlay.meet(&notes);
                    for (table, frame) in own {
                        let numbers = &places[first..first + documents];
                        let frame = renumbered(frame, numbers).map_err(|source| Error::table(&table, source))?;
                        rows.asked.tables.push((table, frame));
                    }
                    first += documents;
                    rows.asked.read += documents;
                }
            }
        }
        Ok(())
    }

    /// The rows of a task: those that were read here, and those of the documents that were left to workers.
    pub(super) fn settle(&self, rows: &mut Rows) -> Result<Option<Fresh>, Error> {
        self.ask(rows)?;
        let Asked { read, tables, .. } = std::mem::take(&mut rows.asked);
        let facts = rows.facts.take();
        if facts.is_none() && read == 0 {
            return Ok(None);
        }
        let facts = facts.unwrap_or_default();
        let documents = facts.documents() + read;
        Ok(Some((documents, merged(facts, tables)?)))
    }
}

/// By folder: its files that may be attached, as JSON, for workers: what they are called and where they lie.
pub(super) fn places(found: &[Found]) -> HashMap<String, Arc<str>> {
    let mut folders: HashMap<&str, BTreeMap<&str, Place>> = HashMap::new();
    for found in found.iter().filter(|found| Media::is_named(&found.path)) {
        let name = found.path.rsplit_once('/').map_or(found.path.as_str(), |(_, name)| name);
        folders.entry(folder(&found.path)).or_default().insert(name, Place::of(found));
    }
    let told = |(folder, places)| (String::from(folder), serde_json::to_string(&places).unwrap_or_default().into());
    folders.into_iter().map(told).collect()
}

/// The rows of a worker under the numbers that its documents have here.
fn renumbered(mut frame: DataFrame, places: &[(usize, usize)]) -> PolarsResult<DataFrame> {
    let number = |own: i64| places.get(usize::try_from(own).ok()?).and_then(|(at, _)| i64::try_from(*at).ok());
    let numbers: Int64Chunked = frame.column(DOCUMENT)?.i64()?.iter().map(|own| own.and_then(number)).collect();
    let numbers = Int64Chunked::from_iter_options(DOCUMENT.into(), numbers.iter());
    frame.with_column(numbers.into_column())?;
    Ok(frame)
}

/// Rows from here and from workers, by the numbers of their documents.
fn merged(facts: Facts, tables: Vec<(String, DataFrame)>) -> Result<[DataFrame; files::FACTS.len()], Error> {
    let mut frames = facts.into_frames()?;
    for (table, rows) in tables {
        let own = files::FACTS.iter().position(|name| *name == table).and_then(|at| frames.get_mut(at));
        if let Some(own) = own {
            own.vstack_mut_owned(rows).map_err(|source| Error::table(&table, source))?;
        }
    }
    for (table, frame) in files::FACTS.into_iter().zip(&mut frames) {
        let rows = std::mem::take(frame);
        *frame = in_order(rows).map_err(|source| Error::table(table, source))?;
    }
    Ok(frames)
}
