//! Files that hold others: their members, a batch at a time.

use std::path::PathBuf;

use globset::GlobSet;
use tempfile::TempDir;

use super::{BATCH, Item, Members, Opened, Reading};
use crate::decode::Container;
use crate::discover::Found;
use crate::error::Error;
use crate::record::Reject;
use crate::run::cache::{Kept, Known, Stamp};
use crate::run::load::{refused, unchanged};
use crate::run::proceed::proceed;
use crate::store;
use crate::unpack::{Limits, Member};

/// Bytes of one part's members, which are all in memory at once.
const BATCH_BYTES: usize = 64 * 1024 * 1024;

/// An archive may unpack to so many times its size, or to a member's limit.
const RATIO: u64 = 250;

impl Reading<'_> {
    /// Reads the members of a file, a batch at a time, or takes those of the last build.
    pub(super) fn container(&mut self, found: &Found, opened: Opened, exclude: &GlobSet) -> Result<(), Error> {
        self.flush()?;
        let first = self.index.parts.len();
        let (members, again) = match opened.members {
            Members::Kept(parts, members) => {
                for old in parts {
                    let part = self.cache.link(old, self.parts, self.index.parts.len())?;
                    self.index.parts.push(part);
                }
                self.walked.documents += members;
                (members, false)
            }
            Members::Packed(container) => self.unpack(found, container, exclude)?,
        };
        self.flush()?;
        // A file that was replaced while it was read has members of nobody knows which.
        let now = std::fs::metadata(&found.file).ok().map(|metadata| Stamp::of(&metadata));
        if found.tag.is_some() && now != opened.seen {
            return Err(Error::Changed(found.file.clone()));
        }
        let again = again || now != opened.seen;
        self.walked.archives.insert(found.path.clone(), members);
        let parts = first..self.index.parts.len();
        let kept = Kept::Container { hash: opened.hash, parts, members, again };
        self.index.enter(&found.path, &Known { stamp: opened.stamp, kept })
    }

    /// Reads the members of a file; returns how many there are, and whether that may be otherwise the next time.
    pub(super) fn unpack(
        &mut self,
        found: &Found,
        container: Container,
        exclude: &GlobSet,
    ) -> Result<(usize, bool), Error> {
        let corpus = &self.config.corpus;
        let (member_bytes, members) = (corpus.max_file_bytes, corpus.max_members);
        let limits = Limits { member_bytes, members, ratio: RATIO, least: member_bytes };
        let columns = self.config.columns.clone();
        let (mut count, mut again) = (0, false);
        let mut read = |reading: &mut Self, members: Vec<Item<'_>>| -> Result<(), Error> {
            reading.expected += members.len();
            count += members.len();
            again |= reading.batch(members)?.again;
            Ok(())
        };
        // A reader opens files.
        let held = if store::is_object(&found.file) { Some(fetched(found)?) } else { None };
        let file = held.as_ref().map_or(&found.file, |(_, path)| path);
        match self.hand.readers.unpack(container, file, (limits, columns)) {
            Err(reject) => read(self, vec![whole(found, reject)])?,
            Ok(mut given) => {
                let mut is_whole = false;
                while !is_whole {
                    proceed(self.config)?;
                    let members;
                    (members, is_whole) = some_members(found, &mut given, exclude);
                    read(self, members)?;
                }
            }
        }
        Ok((count, again))
    }
}

/// The next members of a file, and whether they are the last.
fn some_members<'f>(
    found: &Found,
    given: &mut impl Iterator<Item = Result<Member, Reject>>,
    exclude: &GlobSet,
) -> (Vec<Item<'f>>, bool) {
    let (mut members, mut size) = (Vec::new(), 0);
    while members.len() < BATCH && size < BATCH_BYTES {
        match given.next() {
            Some(Ok(member)) => {
                size += member.content.as_ref().map_or(0, Vec::len);
                members.extend(item(found, member, exclude));
            }
            // What was given before is good; the row of the container itself says that more is lost.
            Some(Err(reject)) => members.push(whole(found, reject)),
            None => return (members, true),
        }
    }
    (members, false)
}

/// A member, unless the configuration excludes it.
fn item<'f>(found: &Found, member: Member, exclude: &GlobSet) -> Option<Item<'f>> {
    let path = format!("{}!/{}", found.path, member.name);
    let content = member.content.map_err(|reject| (0, reject));
    (!exclude.is_match(&path)).then_some(Item::Member(path, member.url, content))
}

/// Brings a container here from its store.
fn fetched(found: &Found) -> Result<(TempDir, PathBuf), Error> {
    let (folder, path, (size, tag)) = store::fetch(&found.file).map_err(|error| refused(found, error))?;
    unchanged(found, size, &tag)?;
    Ok((folder, path))
}

/// A container that cannot be read, or not to its end.
fn whole<'f>(found: &Found, reject: Reject) -> Item<'f> {
    let size = found.size.unwrap_or_else(|| found.file.metadata().map_or(0, |file| file.len()));
    Item::Member(found.path.clone(), None, Err((size, reject)))
}
