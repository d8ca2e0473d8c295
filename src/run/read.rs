//! Files and members of archives become rows: in parallel within a batch, in order from batch to batch.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use globset::GlobSet;
use rayon::prelude::*;

use super::stop_if_interrupted;
use crate::config::{Config, Corpus};
use crate::decode::{Container, Kind, decode};
use crate::discover::{self, Found};
use crate::error::Error;
use crate::knowledge::{FINGERPRINT, Knowledge};
use crate::medium::{Decoded, Decoding, Media};
use crate::model::Source;
use crate::overlay::Overlay;
use crate::reader::Readers;
use crate::record::{Reason, Record, Reject};
use crate::report;
use crate::tabulate::books::Walked;
use crate::tabulate::facts::Facts;
use crate::tabulate::files;
use crate::tabulate::likeness::Likeness;
use crate::unpack::{self, Limits, Member};

/// Documents of one part. Parts depend on the sorted corpus only, so that the published bytes do too.
const BATCH: usize = 512;

/// Bytes of one part's members, which are all in memory at once.
const BATCH_BYTES: usize = 64 * 1024 * 1024;

/// Documents that one thread reads at a time.
const TASK: usize = 16;

/// An archive may unpack to so many times its size, or to a member's limit.
const RATIO: u64 = 250;

/// A report has so many attached tables at most.
const MOST_ATTACHED: usize = 4;

/// Bytes that tell whether a text is a dump.
const HEAD: usize = 64 * 1024;

/// A document to be read: a file, or a member that was taken out of one.
struct Input {
    path: String,
    url: Option<String>,
    content: Content,
}

enum Content {
    Bytes(Vec<u8>),
    /// Not read here: its members are.
    Container(Container),
    /// Its size, where that is known, and why it cannot be read.
    Lost(u64, Reject),
}

/// The reading of a corpus.
pub(super) struct Reading<'r> {
    knowledge: &'r Knowledge,
    config: &'r Config,
    overlay: &'r Overlay,
    readers: &'r Readers,
    parts: &'r Path,
    progress: &'r (dyn Fn(usize, usize) + Sync),
    /// All files, sorted by path.
    found: &'r [Found],
    /// Whether any of them may be attached to another.
    has_documents: bool,
    /// Parts that were written.
    pub(super) count: usize,
    /// Documents that were met.
    pub(super) walked: Walked,
    /// Numbers that were given away, containers' included: the order of the tables.
    numbered: usize,
    /// What the build's name is made of.
    pub(super) inputs: blake3::Hasher,
    /// Documents that are known to be there.
    expected: usize,
}

/// What one thread has read.
#[derive(Default)]
struct Rows {
    facts: Facts,
    /// Paths with hashes of bytes, or with the reason why there are none.
    digests: Vec<String>,
    /// Numbers of those that are containers.
    containers: Vec<(usize, Container)>,
}

impl<'r> Reading<'r> {
    pub(super) fn new(
        (knowledge, config, overlay): (&'r Knowledge, &'r Config, &'r Overlay),
        (readers, found): (&'r Readers, &'r [Found]),
        parts: &'r Path,
        progress: &'r (dyn Fn(usize, usize) + Sync),
    ) -> Reading<'r> {
        let has_documents = found.iter().any(|found| Media::is_named(&found.path));
        let mut inputs = blake3::Hasher::new();
        inputs.update(FINGERPRINT.as_bytes());
        inputs.update(settings(config).as_bytes());
        if let Some(hash) = overlay.hash {
            inputs.update(hash.as_bytes());
        }
        Reading {
            knowledge,
            config,
            overlay,
            readers,
            parts,
            progress,
            found,
            has_documents,
            count: 0,
            walked: Walked::default(),
            numbered: 0,
            inputs,
            expected: 0,
        }
    }

    /// Reads all files, and behind each batch of them the members of its containers.
    pub(super) fn read(&mut self) -> Result<(), Error> {
        let (config, found) = (self.config, self.found);
        self.expected = found.len();
        let exclude = discover::globs("exclude", &config.corpus.exclude)?;
        for batch in found.chunks(BATCH) {
            let input = |found: &Found| Input { path: found.path.clone(), url: None, content: load(config, found) };
            for (at, container) in self.batch(batch.iter().collect(), input)? {
                self.expected = self.expected.saturating_sub(1);
                self.container(&batch[at], container, &exclude)?;
            }
        }
        (self.progress)(self.walked.documents, self.walked.documents);
        Ok(())
    }

    /// Reads a batch into one part; returns which of its files are containers.
    fn batch<T: Send>(
        &mut self,
        items: Vec<T>,
        input: impl Fn(T) -> Input + Sync,
    ) -> Result<Vec<(usize, Container)>, Error> {
        let (first, done) = (self.numbered, AtomicUsize::new(self.walked.documents));
        self.numbered += items.len();
        let reading = &*self;
        (reading.progress)(self.walked.documents, reading.expected);
        let tasks = items.into_par_iter().enumerate().chunks(TASK);
        let read = tasks.map(|task| {
            stop_if_interrupted()?;
            let mut rows = Rows::default();
            let count = task.len();
            for (at, item) in task {
                reading.one(input(item), (at, first + at), &mut rows);
            }
            (reading.progress)(done.fetch_add(count, Ordering::Relaxed) + count, reading.expected);
            Ok(rows)
        });
        let mut facts = Vec::new();
        let mut containers = Vec::new();
        for rows in read.collect::<Result<Vec<Rows>, Error>>()? {
            facts.push(rows.facts);
            containers.extend(rows.containers);
            self.walked.documents += rows.digests.len();
            for digest in rows.digests {
                self.inputs.update(digest.as_bytes());
            }
        }
        let Facts { reports, observations, checks, rejects } = Facts::concat(facts);
        let tables = [("reports", reports), ("observations", observations), ("checks", checks), ("rejects", rejects)];
        tables
            .into_par_iter()
            .try_for_each(|(table, columns)| files::write_part(self.parts, table, self.count, columns).map(|_| ()))?;
        self.count += 1;
        Ok(containers)
    }

    /// Reads one document into rows.
    fn one(&self, input: Input, (at, number): (usize, usize), rows: &mut Rows) {
        let Input { path, url, content } = input;
        let bytes = match content {
            Content::Bytes(bytes) => bytes,
            Content::Container(container) => return rows.containers.push((at, container)),
            Content::Lost(size, reject) => {
                rows.facts.reject(&path, size, &reject);
                return rows.digests.push(format!("{path}\n{} {size} {}\n", reject.reason.name(), reject.detail));
            }
        };
        let hash = blake3::hash(&bytes).to_hex();
        rows.digests.push(format!("{path}\n{hash} {}\n", url.as_deref().unwrap_or_default()));
        let source = Source { url, ..Source::with_hash(path.as_str(), &bytes, &hash) };
        // A fault of this program that one file meets costs that file's row, not the build.
        let look = |name: &str| self.beside(&path, name);
        let beside: Option<&Beside<'_>> = if self.has_documents { Some(&look) } else { None };
        let read = catch_unwind(AssertUnwindSafe(|| document(self.knowledge, self.readers, (source, &bytes), beside)));
        let fault = || Reject {
            stage: "extract",
            reason: Reason::Panic,
            detail: "the program met a fault of its own; please report the file".to_owned(),
        };
        match read.unwrap_or_else(|_| Err(fault())) {
            Ok(mut record) => {
                // Copies print the same, whatever is corrected in one of them.
                let likeness = Likeness::of(self.knowledge, &record);
                self.overlay.apply(&mut record);
                rows.facts.record(self.knowledge, &record, likeness, number);
            }
            Err(reject) => rows.facts.reject(&path, bytes.len() as u64, &reject),
        }
    }

    /// The bytes of a file in the folder of another; members of archives have none beside them.
    fn beside(&self, path: &str, name: &str) -> Option<Vec<u8>> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let at = self.found.binary_search_by(|found| found.path.as_str().cmp(&path)).ok()?;
        match load(self.config, self.found.get(at)?) {
            Content::Bytes(bytes) => Some(bytes),
            Content::Container(_) | Content::Lost(..) => None,
        }
    }

    /// Reads the members of a file, a batch at a time.
    fn container(&mut self, found: &Found, container: Container, exclude: &GlobSet) -> Result<(), Error> {
        let corpus = &self.config.corpus;
        let (member_bytes, members) = (corpus.max_file_bytes, corpus.max_members);
        let limits = Limits { member_bytes, members, ratio: RATIO, least: member_bytes };
        let columns = self.config.columns.clone();
        let mut given = match self.readers.unpack(container, &found.file, (limits, columns)) {
            Ok(given) => given,
            Err(reject) => {
                self.walked.archives.insert(found.path.clone(), 1);
                return self.batch(vec![whole(found, reject)], |whole| whole).map(|_| ());
            }
        };
        let mut count = 0;
        let input = |member: Member| Input {
            path: format!("{}!/{}", found.path, member.name),
            url: member.url,
            content: member.content.map_or_else(|reject| Content::Lost(0, reject), Content::Bytes),
        };
        let mut is_whole = false;
        while !is_whole {
            stop_if_interrupted()?;
            let mut members = Vec::new();
            let mut size = 0;
            while !is_whole && members.len() < BATCH && size < BATCH_BYTES {
                match given.next() {
                    Some(Ok(member)) => {
                        size += member.content.as_ref().map_or(0, Vec::len);
                        members.push(input(member));
                    }
                    // What was given before is good; the row of the container itself says that more is lost.
                    Some(Err(reject)) => members.push(whole(found, reject)),
                    None => is_whole = true,
                }
            }
            members.retain(|member| !exclude.is_match(&member.path));
            self.expected += members.len();
            count += members.len();
            self.batch(members, |member| member)?;
        }
        self.walked.archives.insert(found.path.clone(), count);
        Ok(())
    }
}

/// The settings that change what is read of the same files; where they lie and who reads them does not.
fn settings(config: &Config) -> String {
    let Corpus { max_file_bytes, archives, max_archive_bytes, max_members, .. } = config.corpus;
    format!("{max_file_bytes} {archives} {max_archive_bytes} {max_members} {:?}", config.columns)
}

/// A container that cannot be read, or not to its end.
fn whole(found: &Found, reject: Reject) -> Input {
    let size = found.file.metadata().map_or(0, |file| file.len());
    Input { path: found.path.clone(), url: None, content: Content::Lost(size, reject) }
}

/// Gives the bytes of a file by its name.
pub type Beside<'f> = dyn Fn(&str) -> Option<Vec<u8>> + 'f;

/// Reads one document of any kind, with the tables that lie beside it; `beside` gives the files of its folder, where there
/// are any that may be attached.
///
/// # Errors
/// Says in which stage and why there is nothing to read.
pub fn document(
    knowledge: &Knowledge,
    readers: &Readers,
    (source, bytes): (Source, &[u8]),
    beside: Option<&Beside<'_>>,
) -> Result<Record, Reject> {
    let record = report::study(knowledge, source, decoded(knowledge, readers, bytes)?)?;
    let Some(beside) = beside else { return Ok(record) };
    let folder = record.source.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let mut files: Vec<(String, Decoded)> = Vec::new();
    for name in report::missing_tables(knowledge, &record) {
        let path = format!("{folder}{name}");
        if files.len() < MOST_ATTACHED && files.iter().all(|(known, _)| *known != path) {
            let file = beside(&name).and_then(|bytes| decoded(knowledge, readers, &bytes).ok());
            files.extend(file.map(|decoded| (path, decoded)));
        }
    }
    Ok(if files.is_empty() { record } else { report::attach(knowledge, record, files) })
}

/// The characters of a document of any kind.
fn decoded(knowledge: &Knowledge, readers: &Readers, bytes: &[u8]) -> Result<Decoded, Reject> {
    let media = match Kind::of(bytes) {
        Kind::Text => return decode(&knowledge.charset, bytes),
        Kind::Document(media) => media,
        Kind::Unreadable(reject) => return Err(reject),
        Kind::Container(_) => {
            let detail =
                "this file holds others: `nianbao build` reads them, unless corpus.archives = false".to_owned();
            return Err(Reject { stage: "decode", reason: Reason::Archive, detail });
        }
    };
    let page = readers.open(media, bytes)?;
    Ok(Decoded { decoding: Decoding { media, encoding: None, errors: page.errors, mended: false }, text: page.markup })
}

/// The bytes of a file, unless it is too large, the disk refuses, or it holds other files.
fn load(config: &Config, found: &Found) -> Content {
    if let Some(reject) = &found.reject {
        return Content::Lost(0, reject.clone());
    }
    let reject = |reason: Reason, detail: String| Reject { stage: "read", reason, detail };
    let unreadable = |error: std::io::Error| reject(Reason::Unreadable, error.to_string());
    let size = match std::fs::metadata(&found.file) {
        Ok(metadata) => metadata.len(),
        Err(error) => return Content::Lost(0, unreadable(error)),
    };
    let corpus = &config.corpus;
    if size <= corpus.max_file_bytes {
        return match std::fs::read(&found.file) {
            Ok(bytes) => container(config, &bytes).map_or(Content::Bytes(bytes), Content::Container),
            Err(error) => Content::Lost(size, unreadable(error)),
        };
    }
    match head(&found.file).map(|head| container(config, &head)) {
        Ok(Some(container)) if size <= corpus.max_archive_bytes => Content::Container(container),
        Ok(Some(_)) => {
            let detail = format!("{size} bytes; corpus.max_archive_bytes is {}", corpus.max_archive_bytes);
            Content::Lost(size, reject(Reason::TooLarge, detail))
        }
        Ok(None) => {
            let detail = format!("{size} bytes; corpus.max_file_bytes is {}", corpus.max_file_bytes);
            Content::Lost(size, reject(Reason::TooLarge, detail))
        }
        Err(error) => Content::Lost(size, unreadable(error)),
    }
}

/// Which container the bytes begin, when their members are wanted.
fn container(config: &Config, bytes: &[u8]) -> Option<Container> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    match Kind::of(bytes) {
        _ if !config.corpus.archives => None,
        Kind::Container(container) => Some(container),
        Kind::Text => unpack::dump(head, &config.columns),
        _ => None,
    }
}

fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}
