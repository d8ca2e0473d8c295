//! The files of a corpus, in an order that depends on their names only.

use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};
use walkdir::WalkDir;

use crate::config::Corpus;
use crate::error::Error;
use crate::record::Reject;

/// Something that the walk met.
#[derive(Debug)]
pub struct Found {
    /// Path below the root, `/` separated; bytes that are not UTF-8 as %XX.
    pub path: String,
    /// Where it lies.
    pub file: PathBuf,
    /// Why it cannot be read, when the walk already knows.
    pub reject: Option<Reject>,
}

/// Lists the files below the roots, sorted by path.
///
/// # Errors
/// A root that does not exist, or a glob that cannot be read. What lies deeper never stops the walk.
pub fn discover(corpus: &Corpus) -> Result<Vec<Found>, Error> {
    let include = globs("include", &corpus.include)?;
    let exclude = globs("exclude", &corpus.exclude)?;
    let mut found = Vec::new();
    for root in &corpus.roots {
        std::fs::symlink_metadata(root).map_err(|source| {
            Error::Usage(format!("cannot read the corpus {}: {source}; name a folder that exists", root.display()))
        })?;
        // Several roots may hold equal paths below them: their own names keep them apart.
        let prefix = (corpus.roots.len() > 1).then(|| printable(root));
        for entry in WalkDir::new(root).follow_links(corpus.follow_symlinks).follow_root_links(true) {
            if let Some(item) = item(root, prefix.as_deref(), entry)
                && include.is_match(&item.path)
                && !exclude.is_match(&item.path)
            {
                found.push(item);
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn globs(key: &str, patterns: &[String]) -> Result<GlobSet, Error> {
    let fault = |error: globset::Error| Error::Usage(format!("corpus.{key}: {error}"));
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        builder.add(Glob::new(pattern).map_err(fault)?);
    }
    builder.build().map_err(fault)
}

fn item(root: &Path, prefix: Option<&str>, entry: walkdir::Result<walkdir::DirEntry>) -> Option<Found> {
    let reject = |reason: &'static str, detail: String| Some(Reject { stage: "read", reason, detail });
    let (file, reject) = match entry {
        Ok(entry) if entry.file_type().is_dir() => return None,
        Ok(entry) => {
            let kind = entry.file_type();
            let reject = if kind.is_symlink() {
                reject("symlink", "a symbolic link; set corpus.follow_symlinks to read what it points to".to_owned())
            } else if kind.is_file() {
                None
            } else {
                reject("not_a_file", "a pipe, socket or device".to_owned())
            };
            (entry.into_path(), reject)
        }
        Err(error) => {
            let file = error.path().unwrap_or(root).to_owned();
            let looped = error.loop_ancestor().map(|ancestor| format!("a link back to {}", printable(ancestor)));
            let reject = match looped {
                Some(detail) => reject("loop", detail),
                None => reject("unreadable", error.io_error().map_or_else(|| error.to_string(), ToString::to_string)),
            };
            (file, reject)
        }
    };
    let below = file.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
    let name = || file.file_name().map(PathBuf::from).unwrap_or_default();
    let below = below.map_or_else(name, Path::to_owned);
    let path = printable(&below);
    let path = prefix.map_or(path.clone(), |prefix| format!("{}/{path}", prefix.trim_end_matches('/')));
    Some(Found { path, file, reject })
}

/// A path as text, reversibly: `%XX` for bytes that are not UTF-8, `%25` for a percent sign beside such bytes.
#[cfg(unix)]
fn printable(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let bytes = path.as_os_str().as_bytes();
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(not(unix))]
fn printable(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
