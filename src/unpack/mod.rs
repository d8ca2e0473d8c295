//! Files that hold others: zip, tar, gzip, 7z, crawls (WARC), JSON lines and Parquet.
//!
//! Members are given one by one, in the order of the file, and a broken one does not lose the others. Nothing is ever
//! written to the disk, so a member's name is only a label. What unpacks to more than its file can honestly hold is cut
//! off by [`Limits`].

mod crawl;
mod meter;
mod names;
mod packed;
mod rows;
mod seven;
mod tape;
mod zipped;

pub use rows::dump;

use std::io::{BufReader, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::decode::{Container, Kind};
use crate::record::{Reason, Reject};
use meter::Meter;

/// How much may come out of a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// Bytes of one member.
    pub member_bytes: u64,
    /// Members of one file.
    pub members: u64,
    /// Bytes of all members, as a multiple of the file's own …
    pub ratio: u64,
    /// … but this many in any case.
    pub least: u64,
}

/// Which columns of a dump hold what; the first that is there is taken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    /// The document's text or page.
    pub text: Vec<String>,
    /// What it is called.
    pub id: Vec<String>,
    /// Where it was published.
    pub url: Vec<String>,
}

impl Default for Columns {
    fn default() -> Columns {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Columns {
            text: names(&["text", "content", "html", "body", "raw_content"]),
            id: names(&["id", "doc_id", "docid", "_id"]),
            url: names(&["url", "link", "source_url"]),
        }
    }
}

/// A document that lay in another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name within the file, `/` separated; within a nested one as `inner.zip!/name`.
    pub name: String,
    /// Where it was published, when the container says.
    pub url: Option<String>,
    /// Its bytes, or why they could not be had.
    pub content: Result<Vec<u8>, Reject>,
}

/// Where members go; an error ends the unpacking.
pub type Sink<'s> = dyn FnMut(Member) -> Result<(), Reject> + 's;

/// A file that can be read from any place.
pub trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// Unpacks a file of `size` bytes called `name`.
///
/// # Errors
/// What keeps the whole file, or all that follows in it, from being read; members that were given before are good.
pub fn unpack(
    container: Container,
    source: &mut dyn Source,
    (name, size): (&str, u64),
    (limits, columns): (&Limits, &Columns),
    sink: &mut Sink<'_>,
) -> Result<(), Reject> {
    let members = || {
        let meter = Meter::new(limits, size);
        let mut given = Given {
            names: names::Names::default(),
            charset: names::Speller::new(),
            count: 0,
            limits,
            columns,
            meter,
            sink,
        };
        given.open(container, source, name, "", 0)?;
        if given.count == 0 {
            return Err(reject(Reason::Empty, "there is no file in it"));
        }
        Ok(())
    };
    let unpacked = catch_unwind(AssertUnwindSafe(members));
    unpacked.unwrap_or_else(|_| Err(reject(Reason::Panic, "it is damaged in a way that its reader does not survive")))
}

fn reject(reason: Reason, detail: impl Into<String>) -> Reject {
    Reject { stage: "read", reason, detail: detail.into() }
}

fn damaged(error: &dyn std::fmt::Display) -> Reject {
    reject(Reason::Unreadable, format!("damaged: {error}"))
}

/// A container in a container is opened, one in that is not.
const DEEPEST: usize = 1;

/// What was given so far, and what may still be.
struct Given<'g, 's> {
    names: names::Names,
    charset: names::Speller,
    count: u64,
    limits: &'g Limits,
    columns: &'g Columns,
    meter: Meter,
    sink: &'g mut Sink<'s>,
}

impl Given<'_, '_> {
    /// Opens a container whose members are called `prefix` and their own name.
    fn open(
        &mut self,
        container: Container,
        source: &mut dyn Source,
        name: &str,
        prefix: &str,
        depth: usize,
    ) -> Result<(), Reject> {
        let place = Place { prefix: prefix.to_owned(), depth };
        match container {
            Container::Zip => zipped::read(self, source, &place),
            Container::Tar => tape::read(self, &mut BufReader::new(source), &place),
            Container::Gzip | Container::Bzip2 | Container::Xz | Container::Zstd => {
                packed::read(self, container, source, name, &place)
            }
            Container::SevenZip => seven::read(self, source, &place),
            Container::Warc => crawl::read(self, &mut BufReader::new(source), &place),
            Container::JsonLines => rows::read_lines(self, &mut BufReader::new(source), &place),
            Container::Json => rows::read_json(self, source, &place),
            Container::Parquet => rows::read_parquet(self, source, &place),
        }
    }

    /// Gives a member, or what lies in it when it is a container itself.
    fn give(
        &mut self,
        place: &Place,
        name: &str,
        url: Option<String>,
        content: Result<Vec<u8>, Reject>,
    ) -> Result<(), Reject> {
        let name = format!("{}{name}", place.prefix);
        let content = match content {
            Ok(bytes) => match Kind::of(&bytes) {
                Kind::Container(container) => return self.nested(container, bytes, &name, place.depth),
                _ => Ok(bytes),
            },
            lost => lost,
        };
        self.hand_over(&name, url, content)
    }

    fn hand_over(&mut self, name: &str, url: Option<String>, content: Result<Vec<u8>, Reject>) -> Result<(), Reject> {
        self.count += 1;
        if self.count > self.limits.members {
            return Err(reject(Reason::Bomb, format!("more than {} files in it", self.limits.members)));
        }
        let name = self.names.unique(name);
        (self.sink)(Member { name, url, content })
    }

    fn nested(&mut self, container: Container, bytes: Vec<u8>, name: &str, depth: usize) -> Result<(), Reject> {
        if depth >= DEEPEST {
            let why = "a container in a container in a container; unpack the outermost first";
            return self.hand_over(name, None, Err(reject(Reason::Nested, why)));
        }
        let before = self.count;
        let mut source = std::io::Cursor::new(bytes);
        match self.open(container, &mut source, name, &format!("{name}!/"), depth + 1) {
            Err(bomb) if bomb.reason == Reason::Bomb => Err(bomb),
            Err(lost) => self.hand_over(name, None, Err(lost)),
            Ok(()) if self.count == before => {
                self.hand_over(name, None, Err(reject(Reason::Empty, "there is no file in it")))
            }
            Ok(()) => Ok(()),
        }
    }

    /// All bytes of a member, unless they are more than it may have.
    fn take(&mut self, member: &mut dyn Read) -> Result<Result<Vec<u8>, Reject>, Reject> {
        let limit = self.limits.member_bytes;
        let mut bytes = Vec::new();
        let read = member.take(limit + 1).read_to_end(&mut bytes);
        self.meter.count(bytes.len() as u64)?;
        Ok(match read {
            _ if bytes.len() as u64 > limit => {
                Err(reject(Reason::TooLarge, format!("more than {limit} bytes; corpus.max_file_bytes is {limit}")))
            }
            Ok(_) => Ok(bytes),
            Err(error) => Err(damaged(&error)),
        })
    }
}

/// Where in a file we are.
struct Place {
    prefix: String,
    depth: usize,
}
