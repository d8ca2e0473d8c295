//! Which documents and members need not be read again, and why others must be.

use super::{Members, Reading, Rows, digest, folder};
use crate::error::Error;
use crate::identify;
use crate::model::Source;
use crate::run::cache::{Kept, Known, Stamp};
use crate::run::gather::{Reused, has_any};
use crate::run::load::{Content, load};

impl Reading<'_> {
    /// Takes the rows that the last build has made of the same bytes, or says why a document has to be read.
    pub(super) fn reuse(
        &self,
        path: &str,
        hash: &str,
        stamp: Option<&Stamp>,
        number: usize,
        rows: &mut Rows,
    ) -> Result<(), &'static str> {
        let (old_path, known) = self.last(path, hash)?;
        let Kept::Document { at: Some(at), beside, attached, .. } = &known.kept else { return Err("read every time") };
        if self.hand.overlay.corrects(&Source::with_hash(path, &[], hash).report_id) {
            return Err("corrected");
        }
        let now = |name: &str| self.beside(path, name).ok().map(Option::flatten);
        let same = |(name, hash): &(String, String)| now(name).is_some_and(|bytes| hash_of(bytes.as_deref()) == *hash);
        if *beside != self.names_beside(path) || !attached.iter().all(same) {
            return Err("another file beside it");
        }
        if self.cache.part(at.0).is_none() {
            return Err("damaged cache");
        }
        let moved = old_path != path;
        rows.reused.push(Reused { number, at: *at, path: moved.then(|| path.to_owned()) });
        rows.digests.push(digest(path, hash, None));
        let kept = Kept::Document {
            hash: hash.to_owned(),
            at: Some((0, number)),
            beside: beside.clone(),
            attached: attached.clone(),
        };
        rows.known.push((path.to_owned(), Known { stamp: stamp.cloned(), kept }));
        Ok(())
    }

    /// What the last build knew of these bytes: under the same path, or under one that says the same.
    pub(super) fn last<'p>(&'p self, path: &'p str, hash: &str) -> Result<(&'p str, &'p Known), &'static str> {
        let own = self.cache.file(path);
        match own.map(|known| &known.kept) {
            _ if self.cache.is_empty() => return Err(self.cache.why_empty()),
            Some(Kept::Document { hash: old, .. }) if old == hash => return Ok((path, own.ok_or("new")?)),
            _ => {}
        }
        // A file's name can tell which table belongs to it.
        let alone = |known: &Known| matches!(&known.kept, Kept::Document { beside, .. } if beside.is_empty());
        let hints = |path: &str| identify::hints(&self.hand.knowledge.variants, path);
        let mut others = self.cache.with_hash(hash).peekable();
        match (own, others.peek()) {
            (Some(_), None) => Err("changed"),
            (None, None) => Err("new"),
            (_, Some(_)) => others
                .find(|(other, known)| hints(other) == hints(path) && alone(known))
                .ok_or("moved to where its path tells something else"),
        }
    }

    /// The members of a file that are as they were.
    pub(super) fn kept_members(&self, known: Option<&Known>) -> Option<Members> {
        let Kept::Container { parts, members, again: false, .. } = &known?.kept else { return None };
        let ids: Vec<&str> = self.hand.overlay.reports().collect();
        let whole = |part: usize| {
            self.cache.part(part).is_some() && (ids.is_empty() || has_any(self.cache, part, &ids).is_ok_and(|any| !any))
        };
        parts.clone().all(whole).then(|| Members::Kept(parts.clone(), *members))
    }

    /// Hash of the names of the documents in a file's folder.
    pub(super) fn names_beside(&self, path: &str) -> String {
        self.attachable.get(folder(path)).cloned().unwrap_or_default()
    }

    /// The bytes of a file in the folder of another, or none where they cannot be had; `None` for no such file. Members of
    /// archives have none beside them.
    ///
    /// # Errors
    /// When it is not what was listed.
    pub(super) fn beside(&self, path: &str, name: &str) -> Result<Option<Option<Vec<u8>>>, Error> {
        let folder = folder(path);
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let at = self.found.binary_search_by(|found| found.path.as_str().cmp(&path)).ok();
        let Some(found) = at.and_then(|at| self.found.get(at)) else { return Ok(None) };
        Ok(Some(match load(self.config, found)? {
            Content::Bytes(bytes, _) => Some(bytes),
            Content::Container(..) | Content::Lost(..) => None,
        }))
    }
}

/// Hash of bytes; nothing for none.
pub(super) fn hash_of(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(String::new, |bytes| blake3::hash(bytes).to_hex().to_string())
}
