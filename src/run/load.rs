//! The bytes of one file, and what one document becomes.

use std::io;
use std::path::Path;

use crate::config::{Config, Corpus};
use crate::decode::{Container, Kind, decode};
use crate::discover::Found;
use crate::error::Error;
use crate::knowledge::{FINGERPRINT, Knowledge};
use crate::medium::{Decoded, Decoding};
use crate::model::Source;
use crate::reader::Readers;
use crate::record::{Reason, Record, Reject};
use crate::report;
use crate::store::{self, Seen};
use crate::unpack;

/// A report has so many attached tables at most.
const MOST_ATTACHED: usize = 4;

/// What a file holds.
pub(super) enum Content {
    /// A document, and the hash of its bytes.
    Bytes(Vec<u8>, String),
    /// Not read here: its members are. The hash of its bytes, where they were all at hand.
    Container(Container, Option<String>),
    /// Its size, where that is known, and why it cannot be read.
    Lost(u64, Reject),
}

/// The files in a document's folder.
#[derive(Clone, Copy)]
pub struct Beside<'f> {
    /// Gives the bytes of one by its name.
    pub bytes: &'f dyn Fn(&str) -> Option<Vec<u8>>,
    /// Is told of one that cannot be read.
    pub lost: &'f dyn Fn(&Reject),
}

/// Reads one document of any kind, with the tables that lie beside it; `beside` gives the files of its folder, where there
/// are any that may be attached.
///
/// # Errors
/// Says in which stage and why there is nothing to read.
pub fn document(
    knowledge: &Knowledge,
    readers: &Readers,
    (source, bytes): (Source, &[u8]),
    beside: Option<Beside<'_>>,
) -> Result<Record, Reject> {
    let record = report::study(knowledge, source, decoded(knowledge, readers, bytes)?)?;
    let Some(beside) = beside else { return Ok(record) };
    let folder = record.source.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let mut files: Vec<(String, Decoded)> = Vec::new();
    for name in report::missing_tables(knowledge, &record) {
        let path = format!("{folder}{name}");
        if files.len() < MOST_ATTACHED && files.iter().all(|(known, _)| *known != path) {
            let Some(bytes) = (beside.bytes)(&name) else { continue };
            match decoded(knowledge, readers, &bytes) {
                Ok(decoded) => files.push((path, decoded)),
                Err(reject) => (beside.lost)(&reject),
            }
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
///
/// # Errors
/// When it is not what was listed, or cannot be had although it was: another try may give it.
pub(super) fn load(config: &Config, found: &Found) -> Result<Content, Error> {
    match &found.reject {
        Some(reject) => Ok(Content::Lost(0, reject.clone())),
        None => loaded(config, found, store::see(&found.file, config.corpus.max_file_bytes)),
    }
}

/// The same of what was seen before.
pub(super) fn loaded(config: &Config, found: &Found, seen: io::Result<Seen>) -> Result<Content, Error> {
    let reject = |reason: Reason, detail: String| Reject { stage: "read", reason, detail };
    let Seen { size, bytes, is_whole, tag } = match seen {
        Ok(seen) => seen,
        Err(error) if is_told(found, &error) => return Err(refused(found, error)),
        Err(error) => {
            let size = std::fs::metadata(&found.file).map_or(0, |metadata| metadata.len());
            return Ok(Content::Lost(size, reject(Reason::Unreadable, error.to_string())));
        }
    };
    let hash = is_whole.then(|| blake3::hash(&bytes).to_hex().to_string());
    if found.tag.is_some() {
        let tag =
            tag.or(hash.clone()).map_or_else(|| hash_of(&found.file).map_err(|error| refused(found, error)), Ok)?;
        unchanged(found, size, &tag)?;
    }
    let corpus = &config.corpus;
    Ok(match (container(config, &bytes), hash) {
        (Some(container), hash) if size <= corpus.max_archive_bytes.max(corpus.max_file_bytes) => {
            Content::Container(container, hash)
        }
        (Some(_), _) => {
            let detail = format!("{size} bytes; corpus.max_archive_bytes is {}", corpus.max_archive_bytes);
            Content::Lost(size, reject(Reason::TooLarge, detail))
        }
        (None, Some(hash)) => Content::Bytes(bytes, hash),
        (None, None) => {
            let detail = format!("{size} bytes; corpus.max_file_bytes is {}", corpus.max_file_bytes);
            Content::Lost(size, reject(Reason::TooLarge, detail))
        }
    })
}

/// Whether a fault stops the run: what was listed must be there, and a store that does not answer may answer later.
fn is_told(found: &Found, error: &io::Error) -> bool {
    let passes = !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput);
    found.tag.is_some() || (store::is_object(&found.file) && passes)
}

/// Refuses what is not what was listed.
pub(super) fn unchanged(found: &Found, size: u64, tag: &str) -> Result<(), Error> {
    let same = found.tag.as_ref().is_none_or(|listed| listed == tag) && found.size.is_none_or(|listed| listed == size);
    if same { Ok(()) } else { Err(Error::Changed(found.file.clone())) }
}

/// Why something that was listed cannot be had.
pub(super) fn refused(found: &Found, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::InvalidInput => Error::Changed(found.file.clone()),
        _ => Error::io("read", &found.file, error),
    }
}

/// Hash of a file, however large.
pub(super) fn hash_of(file: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(file)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Which container the bytes begin, when their members are wanted.
fn container(config: &Config, bytes: &[u8]) -> Option<Container> {
    let head = bytes.get(..store::HEAD).unwrap_or(bytes);
    match Kind::of(bytes) {
        _ if !config.corpus.archives => None,
        Kind::Container(container) => Some(container),
        Kind::Text => unpack::dump(head, &config.columns),
        _ => None,
    }
}

/// Program, knowledge, and the settings that change what is read of the same files; where they lie and who reads them
/// does not.
pub(super) fn rules(config: &Config) -> String {
    let Corpus { max_file_bytes, archives, max_archive_bytes, max_members, exclude, .. } = &config.corpus;
    let limits = format!("{max_file_bytes} {archives} {max_archive_bytes} {max_members}");
    format!("{FINGERPRINT} {limits} {exclude:?} {:?}", config.columns)
}
