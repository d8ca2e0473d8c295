//! Files and members of archives become rows: in parallel within a batch, in order from batch to batch. What the last
//! build has read of the same bytes is not read again.

mod asked;
mod batches;
mod members;
mod reuse;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use crate::config::Config;
use crate::decode::Container;
use crate::discover::{self, Found};
use crate::error::Error;
use crate::model::Source;
use crate::record::Reject;
use crate::run::cache::{Cache, Index, Kept, Known, Part, Stamp};
use crate::run::gather::{Reused, gather};
use crate::run::hand::{Hand, Look};
use crate::run::held::Held;
use crate::run::load::{Content, load, loaded};
use crate::run::proceed::proceed;
use crate::run::worker::{Ask, Workers};
use crate::store::{self, Seen};
use crate::tabulate::books::Walked;
use crate::tabulate::facts::Facts;
use crate::tabulate::files;
use asked::{Asked, places};
use batches::{BATCH, attachable};
pub(super) use batches::{batches, folder};
use reuse::hash_of;

/// Documents that one thread reads at a time.
const TASK: usize = 16;

/// Objects of no more bytes are asked for together.
const AHEAD: u64 = 1 << 18;

/// What a fault that may pass adds to a document's digest.
const PASSING: &str = "passing fault\n";

/// Something of which one row is made, or none.
enum Item<'f> {
    File(&'f Found),
    /// Path, address, and bytes or why there are none.
    Member(String, Option<String>, Result<Vec<u8>, (u64, Reject)>),
}

/// A document whose bytes are at hand.
struct Bytes {
    path: String,
    url: Option<String>,
    bytes: Vec<u8>,
    hash: String,
    /// What the disk says of it.
    stamp: Option<Stamp>,
}

/// A file that holds others.
struct Opened {
    path: String,
    /// Its place in the batch.
    at: usize,
    stamp: Option<Stamp>,
    /// The same, however young the file is.
    seen: Option<Stamp>,
    hash: Option<String>,
    members: Members,
}

enum Members {
    /// Rows of the last build: their parts, and how many there are.
    Kept(Range<usize>, usize),
    Packed(Container),
}

/// The reading of a corpus.
pub(super) struct Reading<'r> {
    hand: Hand<'r>,
    /// Who reads documents in its place.
    workers: Option<&'r Workers>,
    config: &'r Config,
    parts: &'r Path,
    /// Where they are held instead, by a shard.
    held: Option<&'r Held>,
    progress: &'r (dyn Fn(usize, usize) + Sync),
    /// All files, sorted by path.
    found: &'r [Found],
    /// Those of them that are read.
    wanted: Range<usize>,
    /// By folder: hash of the names of the documents that may be attached to others.
    attachable: HashMap<String, String>,
    /// By folder: where these lie, for workers.
    places: HashMap<String, Arc<str>>,
    /// What the last build has read.
    cache: &'r Cache,
    started: SystemTime,
    /// What the next build will find.
    pub(super) index: Index,
    /// Documents that were met.
    pub(super) walked: Walked,
    /// Documents that were read, by the reason.
    pub(super) read: BTreeMap<&'static str, usize>,
    /// Documents that are known to be there.
    expected: usize,
    /// The rows of the last batch.
    unwritten: Option<Unwritten>,
}

/// The rows of some documents, of each table in order.
type Frames = [DataFrame; files::FACTS.len()];

/// Documents that were read and have rows, and these.
type Fresh = (usize, Frames);

/// The rows of a batch.
#[derive(Default)]
struct Unwritten {
    /// Of the part.
    number: usize,
    /// Numbers that it gives away.
    count: usize,
    /// Hash of what its rows were made of.
    inputs: [u8; blake3::OUT_LEN],
    /// Documents that were read and have rows.
    documents: usize,
    /// Their rows, of each table in pieces.
    fresh: [Vec<DataFrame>; files::FACTS.len()],
    /// Documents whose rows are those of the last build.
    reused: Vec<Reused>,
}

/// What one thread has read.
#[derive(Default)]
struct Rows {
    /// How many documents there are.
    documents: usize,
    /// None as long as nothing is new.
    facts: Option<Facts>,
    reused: Vec<Reused>,
    /// Paths with hashes of bytes, or with the reason why there are none.
    digests: Vec<String>,
    opened: Vec<Opened>,
    known: Vec<(String, Known)>,
    read: BTreeMap<&'static str, usize>,
    /// Whether a member has to be read every time.
    again: bool,
    /// Documents that workers read.
    asked: Asked,
}

/// What a batch came to.
#[derive(Default)]
struct Batch {
    opened: Vec<Opened>,
    /// How many documents there are.
    documents: usize,
    again: bool,
}

impl<'r> Reading<'r> {
    pub(super) fn new(
        (hand, workers): (Hand<'r>, Option<&'r Workers>),
        (config, cache): (&'r Config, &'r Cache),
        (found, wanted): (&'r [Found], Range<usize>),
        (parts, held): (&'r Path, Option<&'r Held>),
        progress: &'r (dyn Fn(usize, usize) + Sync),
    ) -> Result<Reading<'r>, Error> {
        Ok(Reading {
            hand,
            workers,
            config,
            parts,
            held,
            progress,
            expected: wanted.len(),
            found,
            wanted,
            attachable: attachable(found),
            places: workers.map_or_else(HashMap::new, |_| places(found)),
            cache,
            started: now(),
            index: Index::create(parts)?,
            walked: Walked::default(),
            read: BTreeMap::new(),
            unwritten: None,
        })
    }

    /// Reads all files, and behind each batch of them the members of its containers.
    pub(super) fn read(&mut self) -> Result<(), Error> {
        let exclude = discover::globs("exclude", &self.config.corpus.exclude)?;
        let found = self.found;
        for batch in batches(found.get(self.wanted.clone()).unwrap_or_default()) {
            let Batch { opened, .. } = self.batch(batch.iter().map(Item::File).collect())?;
            for opened in opened {
                self.expected = self.expected.saturating_sub(1);
                self.container(&batch[opened.at], opened, &exclude)?;
            }
        }
        self.flush()?;
        (self.progress)(self.walked.documents, self.walked.documents);
        Ok(())
    }

    /// Reads a batch into one part, which is written while the next batch is read.
    fn batch(&mut self, items: Vec<Item<'_>>) -> Result<Batch, Error> {
        let (count, unwritten, reading) = (items.len(), self.unwritten.take(), &*self);
        let number = reading.index.parts.len() + usize::from(unwritten.is_some());
        let write = || unwritten.map(|part| reading.write(part)).transpose();
        let (written, read) = rayon::join(write, || reading.rows(items));
        self.index.parts.extend(written?);
        let (mut part, mut batch) = (Unwritten { number, count, ..Unwritten::default() }, Batch::default());
        let mut inputs = blake3::Hasher::new();
        for (fresh, rows) in read? {
            if let Some((documents, frames)) = fresh {
                part.documents += documents;
                part.fresh.iter_mut().zip(frames).for_each(|(table, frame)| table.push(frame));
            }
            part.reused.extend(rows.reused);
            batch.documents += rows.digests.len();
            rows.digests.iter().for_each(|digest| _ = inputs.update(digest.as_bytes()));
            batch.opened.extend(rows.opened);
            batch.again |= rows.again;
            for (reason, count) in rows.read {
                *self.read.entry(reason).or_default() += count;
            }
            for (path, mut known) in rows.known {
                if let Kept::Document { at: Some((part, _)), .. } = &mut known.kept {
                    *part = number;
                }
                self.index.enter(&path, &known)?;
            }
        }
        // Behind all digests: how many documents a thread reads at a time is no matter.
        batch.opened.iter().for_each(|opened| _ = inputs.update(opened.path.as_bytes()));
        self.walked.documents += batch.documents;
        part.inputs = *inputs.finalize().as_bytes();
        self.unwritten = Some(part);
        Ok(batch)
    }

    /// Reads documents in parallel; returns in their order how many have rows that are new, these, and what else is to be
    /// known.
    fn rows(&self, items: Vec<Item<'_>>) -> Result<Vec<(Option<Fresh>, Rows)>, Error> {
        let done = AtomicUsize::new(self.walked.documents);
        (self.progress)(self.walked.documents, self.expected);
        // Whoever is asked is asked for much at a time.
        let task = self.workers.map_or(TASK, |_| (BATCH / rayon::current_num_threads()).max(TASK));
        let tasks = items.into_par_iter().enumerate().chunks(task);
        let read = tasks.map(|task| {
            proceed(self.config)?;
            let count = task.len();
            let mut rows = Rows { documents: count, ..Rows::default() };
            let mut seen = self.see(&task);
            for (at, item) in task {
                self.one(item, seen.remove(&at), at, &mut rows)?;
                if rows.asked.is_full() {
                    self.ask(&mut rows)?;
                }
            }
            (self.progress)(done.fetch_add(count, Ordering::Relaxed) + count, self.expected);
            let fresh = self.settle(&mut rows)?;
            Ok((fresh, rows))
        });
        read.collect()
    }

    /// Writes the last part.
    fn flush(&mut self) -> Result<(), Error> {
        if let Some(part) = self.unwritten.take() {
            let part = self.write(part)?;
            self.index.parts.push(part);
        }
        Ok(())
    }

    /// Writes a part, or uses one of the last build when it is the same.
    fn write(&self, part: Unwritten) -> Result<Part, Error> {
        if let Some(old) = self.same_part(&part) {
            return Ok(Part { inputs: part.inputs, ..self.cache.link(old, self.parts, part.number)? });
        }
        let Unwritten { number, count, inputs, documents, fresh, reused } = part;
        let tables: Vec<_> =
            files::FACTS.into_iter().zip(Facts::default().into_frames()?.into_iter().zip(fresh)).collect();
        let mut hashes = <[[u8; blake3::OUT_LEN]; files::FACTS.len()]>::default();
        tables.into_par_iter().zip(&mut hashes).try_for_each(|((table, fresh), hash)| {
            let frame = gather(self.cache, table, fresh, &reused)?;
            match self.held {
                Some(held) => held.keep(table, number, frame),
                None => *hash = *files::write_frame(self.parts, table, number, frame)?.as_bytes(),
            }
            Ok(())
        })?;
        Ok(Part { count, documents: documents + reused.len(), inputs, hashes })
    }

    /// The old part that has exactly these documents, under these numbers.
    fn same_part(&self, new: &Unwritten) -> Option<usize> {
        let (old, _) = new.reused.first()?.at;
        let same = |one: &Reused| one.path.is_none() && one.at == (old, one.number);
        let part = self.cache.part(old)?;
        let whole = part.count == new.count && part.documents == new.reused.len() && new.documents == 0;
        (whole && new.reused.iter().all(same)).then_some(old)
    }

    /// The objects of a task, which come together.
    fn see(&self, task: &[(usize, Item<'_>)]) -> HashMap<usize, io::Result<Seen>> {
        let small = |found: &Found| found.size.is_some_and(|size| size <= AHEAD) && store::is_object(&found.file);
        let objects = task.iter().filter_map(|(at, item)| match item {
            Item::File(found) if small(found) => Some((*at, found.file.as_path())),
            Item::File(_) | Item::Member(..) => None,
        });
        let (places, names): (Vec<usize>, Vec<&Path>) = objects.unzip();
        if names.is_empty() {
            return HashMap::new();
        }
        places.into_iter().zip(store::see_all(&names, self.config.corpus.max_file_bytes)).collect()
    }

    /// Reads one document into rows, or finds the rows that it has; `seen` is what is known of its bytes.
    fn one(&self, item: Item<'_>, seen: Option<io::Result<Seen>>, at: usize, rows: &mut Rows) -> Result<(), Error> {
        let found = match item {
            Item::File(found) => found,
            Item::Member(path, url, Ok(bytes)) => {
                let hash = blake3::hash(&bytes).to_hex().to_string();
                *rows.read.entry("members of archives").or_default() += 1;
                return self.document(Bytes { path, url, bytes, hash, stamp: None }, at, rows).map(|_| ());
            }
            Item::Member(path, _, Err((size, reject))) => {
                rows.again |= reject.reason.is_passing();
                rows.lose(&path, size, &reject, at);
                return Ok(());
            }
        };
        let metadata = std::fs::metadata(&found.file).ok().filter(|_| found.reject.is_none());
        let now = metadata.map(|metadata| Stamp::of(&metadata));
        let stamp = now.clone().filter(|stamp| stamp.is_quiet(self.started));
        let known = self.cache.file(&found.path);
        let unchanged = known.filter(|known| stamp.is_some() && known.stamp == stamp);
        match unchanged.map(|known| &known.kept) {
            Some(Kept::Document { hash, .. }) if self.reuse(&found.path, hash, stamp.as_ref(), at, rows).is_ok() => {
                return Ok(());
            }
            Some(Kept::Container { hash, .. }) => {
                if let Some(members) = self.kept_members(known) {
                    let (path, hash) = (found.path.clone(), hash.clone());
                    rows.opened.push(Opened { path, at, stamp, seen: now, hash, members });
                    return Ok(());
                }
            }
            Some(Kept::Document { .. }) | None => {}
        }
        match seen.map_or_else(|| load(self.config, found), |seen| loaded(self.config, found, seen))? {
            Content::Lost(size, reject) => rows.lose(&found.path, size, &reject, at),
            Content::Container(container, hash) => {
                let same = known.filter(|known| {
                    hash.is_some() && matches!(&known.kept, Kept::Container { hash: old, .. } if *old == hash)
                });
                let members = self.kept_members(same).unwrap_or(Members::Packed(container));
                rows.opened.push(Opened { path: found.path.clone(), at, stamp, seen: now, hash, members });
            }
            Content::Bytes(bytes, hash) => {
                let Err(why) = self.reuse(&found.path, &hash, stamp.as_ref(), at, rows) else { return Ok(()) };
                *rows.read.entry(why).or_default() += 1;
                let path = found.path.clone();
                let known = self.document(Bytes { path, url: None, bytes, hash, stamp }, at, rows)?;
                rows.known.push((found.path.clone(), known));
            }
        }
        Ok(())
    }

    /// Reads one document into rows; says what is to be known of it.
    fn document(&self, input: Bytes, at: usize, rows: &mut Rows) -> Result<Known, Error> {
        let Bytes { path, url, bytes, hash, stamp } = input;
        let digest = digest(&path, &hash, url.as_deref());
        if self.workers.is_some() {
            let beside = self.places.get(folder(&path)).cloned();
            rows.asked.push((at, rows.digests.len()), Ask { path, url, bytes, beside });
            rows.digests.push(digest);
            // Nobody keeps what a shard knows.
            let kept = Kept::Document { hash, at: None, beside: String::new(), attached: Vec::new() };
            return Ok(Known { stamp, kept });
        }
        let source = Source { url, ..Source::with_hash(path.as_str(), &bytes, &hash) };
        let (attached, stopped) = (RefCell::new(Vec::new()), RefCell::new(None));
        let look = |name: &str| {
            let bytes = self.beside(&path, name).unwrap_or_else(|error| {
                *stopped.borrow_mut() = Some(error);
                None
            })?;
            attached.borrow_mut().push((name.to_owned(), hash_of(bytes.as_deref())));
            bytes
        };
        let look: Option<&Look<'_>> = if self.attachable.is_empty() { None } else { Some(&look) };
        let corrected = self.hand.overlay.corrects(&source.report_id);
        let passing = self.hand.read((source, &bytes), look, at, rows.facts());
        stopped.into_inner().map_or(Ok(()), Err)?;
        // What a passing fault has made must not have the name of what the same bytes give without it.
        rows.digests.push(digest + if passing { PASSING } else { "" });
        let again = corrected || passing;
        rows.again |= again;
        let kept = Kept::Document {
            hash,
            at: (!again).then_some((0, at)),
            beside: self.names_beside(&path),
            attached: attached.into_inner(),
        };
        Ok(Known { stamp, kept })
    }
}

impl Rows {
    fn facts(&mut self) -> &mut Facts {
        self.facts.get_or_insert_with(|| Facts::with_room(self.documents))
    }

    /// A document that is not even there to be read.
    fn lose(&mut self, path: &str, size: u64, reject: &Reject, at: usize) {
        self.facts().reject(path, size, reject, at);
        let Reject { reason, detail, .. } = reject;
        self.digests.push(format!("{} {path} {} {size} {detail:?}\n", path.len(), reason.name()));
    }
}

fn digest(path: &str, hash: &str, url: Option<&str>) -> String {
    // The length tells where the path ends, whatever stands in it.
    format!("{} {path} {hash} {url:?}\n", path.len())
}

#[expect(clippy::disallowed_methods, reason = "tells which files are younger than the run; nothing of it is published")]
fn now() -> SystemTime {
    SystemTime::now()
}
