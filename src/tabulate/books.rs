//! The books of a build: every document that was met is one row, in all and for each archive.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::files;
use crate::error::Error;

/// How many documents were met, of whatever kind.
#[derive(Debug, Clone, Default)]
pub struct Walked {
    /// In all.
    pub documents: usize,
    /// In each file that holds others: its members, and itself where it could not be read to its end.
    pub archives: BTreeMap<String, usize>,
}

/// Every document that was walked is one of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Books {
    /// Documents met by the walk.
    pub walked: usize,
    /// Annual reports, restated ones included.
    pub reports: usize,
    /// Other documents.
    pub not_reports: usize,
    /// Copies of documents that are kept.
    pub duplicates: usize,
    /// Documents that could not be read.
    pub rejected: usize,
}

impl Walked {
    /// What an earlier build has met, from its manifest.
    pub fn of(manifest: &Value) -> Walked {
        let walked = |books: &Value| books["walked"].as_u64().and_then(|count| usize::try_from(count).ok());
        let archives = manifest["archives"].as_object().into_iter().flatten();
        let archives = archives.filter_map(|(path, books)| Some((path.clone(), walked(books)?))).collect();
        Walked { documents: walked(&manifest["books"]).unwrap_or(0), archives }
    }
}

impl Books {
    /// Whether nothing is lost.
    pub fn balance(&self) -> bool {
        self.walked == self.reports + self.not_reports + self.duplicates + self.rejected
    }

    /// Enters rows of a class of `reports`.
    pub fn enter(&mut self, class: Option<&str>, count: usize) {
        match class {
            Some("report") => self.reports += count,
            Some("duplicate") => self.duplicates += count,
            _ => self.not_reports += count,
        }
    }
}

/// The books of each archive, from the rows that its members have in the tables.
///
/// # Errors
/// When a table cannot be read.
pub fn of_archives(folder: &Path, walked: &Walked) -> Result<BTreeMap<String, Books>, Error> {
    let begin = |(path, &walked): (&String, &usize)| (path.clone(), Books { walked, ..Books::default() });
    let mut archives: BTreeMap<String, Books> = walked.archives.iter().map(begin).collect();
    if archives.is_empty() {
        return Ok(archives);
    }
    for (row, count) in files::tally(folder, "reports", &["path", "document_class"])? {
        let [Some(path), class] = row.as_slice() else { continue };
        if let Some(books) = archive(&mut archives, path) {
            books.enter(class.as_deref(), count);
        }
    }
    for (row, count) in files::tally(folder, "rejects", &["path"])? {
        let [Some(path)] = row.as_slice() else { continue };
        if let Some(books) = archive(&mut archives, path) {
            books.rejected += count;
        }
    }
    Ok(archives)
}

/// The archive that a path lies in, or is.
fn archive<'b>(archives: &'b mut BTreeMap<String, Books>, path: &str) -> Option<&'b mut Books> {
    let ends = path.match_indices("!/").map(|(at, _)| at).chain([path.len()]);
    let name = ends.filter_map(|end| path.get(..end)).find(|name| archives.contains_key(*name))?;
    archives.get_mut(name)
}
