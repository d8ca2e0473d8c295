//! How a corpus falls into batches, and which files lie beside each other.

use std::collections::HashMap;

use crate::discover::Found;
use crate::medium::Media;

/// Documents of one part, on average: a part ends where the hash of a path says so, so that a file that comes or goes
/// changes the part that it is in and hardly ever another. Parts depend on the sorted corpus only, and the published
/// bytes do too.
pub(super) const BATCH: usize = 256;

pub(in crate::run) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Groups of files, each ending at a path whose hash says so, or when it is twice as long as usual.
pub(in crate::run) fn batches(found: &[Found]) -> Vec<&[Found]> {
    let (mut batches, mut start) = (Vec::new(), 0);
    for (at, found_here) in found.iter().enumerate() {
        let first = blake3::hash(found_here.path.as_bytes())
            .as_bytes()
            .first_chunk()
            .map_or(0, |chunk| u64::from_le_bytes(*chunk));
        if first.is_multiple_of(BATCH as u64) || at + 1 - start == 2 * BATCH {
            batches.extend(found.get(start..=at));
            start = at + 1;
        }
    }
    batches.extend(found.get(start..).filter(|rest| !rest.is_empty()));
    batches
}

/// By folder: hash of the names of the documents that a report beside them may have for its tables.
pub(super) fn attachable(found: &[Found]) -> HashMap<String, String> {
    let mut names: HashMap<&str, blake3::Hasher> = HashMap::new();
    for found in found.iter().filter(|found| Media::is_named(&found.path)) {
        names.entry(folder(&found.path)).or_default().update(found.path.as_bytes()).update(b"\n");
    }
    names.into_iter().map(|(folder, hasher)| (folder.to_owned(), hasher.finalize().to_hex().to_string())).collect()
}
