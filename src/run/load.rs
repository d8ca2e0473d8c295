//! The bytes of one file, and what one document becomes.

use std::io::Read;
use std::path::Path;

use crate::config::{Config, Corpus};
use crate::decode::{Container, Kind, decode};
use crate::discover::Found;
use crate::knowledge::{FINGERPRINT, Knowledge};
use crate::medium::{Decoded, Decoding};
use crate::model::Source;
use crate::reader::Readers;
use crate::record::{Reason, Record, Reject};
use crate::report;
use crate::unpack;

/// A report has so many attached tables at most.
const MOST_ATTACHED: usize = 4;

/// Bytes that tell whether a text is a dump.
const HEAD: usize = 64 * 1024;

/// What a file holds.
pub(super) enum Content {
    /// A document, and the hash of its bytes.
    Bytes(Vec<u8>, String),
    /// Not read here: its members are. The hash of its bytes, where they were all at hand.
    Container(Container, Option<String>),
    /// Its size, where that is known, and why it cannot be read.
    Lost(u64, Reject),
}

impl Content {
    /// Hash of all bytes, where they were at hand.
    pub(super) fn hash(&self) -> Option<&str> {
        match self {
            Content::Bytes(_, hash) => Some(hash),
            Content::Container(_, hash) => hash.as_deref(),
            Content::Lost(..) => None,
        }
    }
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
pub(super) fn load(config: &Config, found: &Found) -> Content {
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
            Ok(bytes) => {
                let hash = blake3::hash(&bytes).to_hex().to_string();
                match container(config, &bytes) {
                    Some(container) => Content::Container(container, Some(hash)),
                    None => Content::Bytes(bytes, hash),
                }
            }
            Err(error) => Content::Lost(size, unreadable(error)),
        };
    }
    match head(&found.file).map(|head| container(config, &head)) {
        Ok(Some(container)) if size <= corpus.max_archive_bytes => Content::Container(container, None),
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

/// Program, knowledge, and the settings that change what is read of the same files; where they lie and who reads them
/// does not.
pub(super) fn rules(config: &Config) -> String {
    let Corpus { max_file_bytes, archives, max_archive_bytes, max_members, exclude, .. } = &config.corpus;
    let limits = format!("{max_file_bytes} {archives} {max_archive_bytes} {max_members}");
    format!("{FINGERPRINT} {limits} {exclude:?} {:?}", config.columns)
}
