//! The files of a corpus, in an order that depends on their names only.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};
use walkdir::WalkDir;

use crate::config::Corpus;
use crate::error::Error;
use crate::record::{Reason, Reject};
use crate::store::{self, Listed};

/// Something that the walk met.
#[derive(Debug)]
pub struct Found {
    /// Path below the root, `/` separated; bytes that are not UTF-8 as %XX.
    pub path: String,
    /// Where it lies.
    pub file: PathBuf,
    /// Why it cannot be read, when the walk already knows.
    pub reject: Option<Reject>,
    /// What tells the bytes that were listed from all others: their hash, or what a store calls them. Nothing where it is
    /// read as it lies there.
    pub tag: Option<String>,
    /// Its size, where a list has told it.
    pub size: Option<u64>,
}

/// The root of a corpus in which a folder lies, or which it is.
pub fn root_of<'c>(corpus: &'c Corpus, folder: &Path) -> Option<&'c Path> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = if store::is_object(folder) { folder.to_owned() } else { std::path::absolute(folder).ok()? };
    // What is not there yet will lie where the nearest folder above it is.
    let above = folder.ancestors().find(|above| above.exists() && !above.as_os_str().is_empty());
    let inside = above.map_or_else(|| folder.clone(), real);
    corpus.roots.iter().map(PathBuf::as_path).find(|root| inside.starts_with(real(root)))
}

/// Whether there is something to walk, before anything is made.
///
/// # Errors
/// A root that does not exist, roots that overlap, or a glob that cannot be read.
pub fn check(corpus: &Corpus) -> Result<(), Error> {
    globs("include", &corpus.include)?;
    globs("exclude", &corpus.exclude)?;
    roots(&corpus.roots).map(|_| ())
}

/// Lists the files below the roots, sorted by path; `out` are the program's own folders, which are never read.
///
/// # Errors
/// A root that does not exist, roots that overlap, a glob that cannot be read, or nothing to read at all. What lies
/// deeper never stops the walk.
pub fn discover(corpus: &Corpus, out: &[&Path]) -> Result<Vec<Found>, Error> {
    let include = globs("include", &corpus.include)?;
    let exclude = globs("exclude", &corpus.exclude)?;
    let mut found = Vec::new();
    let own: Vec<(u64, u64)> = out.iter().filter_map(|out| identity(out)).collect();
    let mut keep = |item: Found| {
        if include.is_match(&item.path) && !exclude.is_match(&item.path) {
            found.push(item);
        }
    };
    for (root, prefix) in roots(&corpus.roots)? {
        if store::is_object(root) {
            let listed = store::list(root).map_err(|source| unlisted(root, source))?;
            listed.into_iter().for_each(|object| keep(self::object(prefix.as_deref(), object)));
            continue;
        }
        let walk = WalkDir::new(root).follow_links(corpus.follow_symlinks).follow_root_links(true);
        let foreign = |entry: &walkdir::DirEntry| {
            !entry.file_type().is_dir() || identity(entry.path()).is_none_or(|folder| !own.contains(&folder))
        };
        for entry in walk.into_iter().filter_entry(foreign) {
            item(root, prefix.as_deref(), entry).into_iter().for_each(&mut keep);
        }
    }
    if found.is_empty() {
        let names: Vec<String> = corpus.roots.iter().map(|root| printable(root)).collect();
        let names = if names.is_empty() { "no root is given".to_owned() } else { names.join(", ") };
        return Err(Error::Usage(format!(
            "there is nothing to read: {names}; look at corpus.roots, include and exclude"
        )));
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// The device and the number of a folder, however it is named.
fn identity(folder: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(folder).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// The roots, each with the name that keeps its paths apart when there are several.
fn roots(roots: &[PathBuf]) -> Result<Vec<(&PathBuf, Option<String>)>, Error> {
    let mut real = Vec::new();
    for root in roots {
        let path = if store::is_object(root) { Ok(root.clone()) } else { root.canonicalize() };
        real.push(path.map_err(|source| {
            Error::Usage(format!("cannot read the corpus {}: {source}; name a folder that exists", root.display()))
        })?);
    }
    for (at, one) in real.iter().enumerate() {
        for (other_at, other) in real.iter().enumerate() {
            let name = |path: &Path| path.file_name().map(std::ffi::OsStr::to_owned);
            if at != other_at && one.starts_with(other) {
                let (one, other) = (one.display(), other.display());
                return Err(Error::Usage(format!(
                    "{one} lies in {other}: its files would be read twice; name one of them"
                )));
            }
            if at != other_at && name(one) == name(other) {
                let (one, other) = (one.display(), other.display());
                return Err(Error::Usage(format!(
                    "{one} and {other} have one name, so their paths would be mixed; build them from the folder above"
                )));
            }
        }
    }
    let several = real.len() > 1;
    let prefix = |path: &PathBuf| path.file_name().filter(|_| several).map(|name| printable(Path::new(name)));
    Ok(roots.iter().zip(&real).map(|(root, path)| (root, prefix(path))).collect())
}

/// Compiles the globs of a setting.
///
/// # Errors
/// [`Error::Usage`] with the setting's name, when one cannot be read.
pub fn globs(key: &str, patterns: &[String]) -> Result<GlobSet, Error> {
    let fault = |error: globset::Error| Error::Usage(format!("corpus.{key}: {error}"));
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        builder.add(Glob::new(pattern).map_err(fault)?);
    }
    builder.build().map_err(fault)
}

fn item(root: &Path, prefix: Option<&str>, entry: walkdir::Result<walkdir::DirEntry>) -> Option<Found> {
    let reject = |reason: Reason, detail: String| Some(Reject { stage: "read", reason, detail });
    let (file, reject) = match entry {
        Ok(entry) if entry.file_type().is_dir() => return None,
        // A root that is a link to a folder is that folder.
        Ok(entry) if entry.depth() == 0 && entry.path().is_dir() => return None,
        Ok(entry) => {
            let kind = entry.file_type();
            let reject = if kind.is_symlink() {
                reject(
                    Reason::Symlink,
                    "a symbolic link; set corpus.follow_symlinks to read what it points to".to_owned(),
                )
            } else if kind.is_file() {
                None
            } else {
                reject(Reason::NotAFile, "a pipe, socket or device".to_owned())
            };
            (entry.into_path(), reject)
        }
        Err(error) => {
            let file = error.path().unwrap_or(root).to_owned();
            let looped = error.loop_ancestor().map(|ancestor| format!("a link back to {}", printable(ancestor)));
            let reject = match looped {
                Some(detail) => reject(Reason::Loop, detail),
                None => {
                    reject(Reason::Unreadable, error.io_error().map_or_else(|| error.to_string(), ToString::to_string))
                }
            };
            (file, reject)
        }
    };
    let below = file.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
    let name = || file.file_name().map(PathBuf::from).unwrap_or_default();
    let below = below.map_or_else(name, Path::to_owned);
    Some(Found { path: named(prefix, &below), file, reject, tag: None, size: None })
}

/// Why a store's objects cannot be listed: trying again may help, unless there is nothing of that name.
fn unlisted(root: &Path, source: std::io::Error) -> Error {
    match source.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::InvalidInput => {
            Error::Usage(format!("cannot list the corpus {}: {source}", root.display()))
        }
        _ => Error::io("list", root, source),
    }
}

fn object(prefix: Option<&str>, object: Listed) -> Found {
    let Listed { name, below, size, tag } = object;
    Found { path: named(prefix, Path::new(&below)), file: name, reject: None, tag: Some(tag), size: Some(size) }
}

/// What a file is called that lies here below its root.
fn named(prefix: Option<&str>, below: &Path) -> String {
    let path = printable(below);
    let path = prefix.map_or(path.clone(), |prefix| format!("{}/{path}", prefix.trim_end_matches('/')));
    // `!/` stands between an archive and its members, and nowhere else.
    path.replace("!/", "%21/")
}

/// A path as text, reversibly: `%XX` for bytes that are not UTF-8, and `%25` for a percent sign that looks like one.
#[cfg(unix)]
fn printable(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some((before, behind)) = rest.split_once('%') {
            let escaped = behind.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
            text.push_str(before);
            text.push_str(if escaped { "%25" } else { "%" });
            rest = behind;
        }
        text.push_str(rest);
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
