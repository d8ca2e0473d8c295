//! A new build becomes current in one step, or not at all.
//!
//! `OUT/builds/<id>` is written beside the old builds, synced, and only then does the symbolic link `OUT/current`
//! change, by one rename. Killed at any instant, `current` is the old build or the new one, whole.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::store;

/// Name of a build while another takes its place.
const DAMAGED: &str = "damaged.part";

/// The dataset's folder, held by this process alone.
#[derive(Debug)]
pub struct Dataset {
    out: PathBuf,
    /// Locked for as long as it is open; the system lets go when its owner dies.
    _lock: File,
}

/// A published file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileEntry {
    /// Name within the build.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Dataset {
    /// Takes the dataset for this process and clears away what a killed run left.
    ///
    /// # Errors
    /// [`Error::Locked`] when another run holds it.
    pub fn open(out: &Path) -> Result<Dataset, Error> {
        if store::is_object(out) {
            let out = out.display();
            return Err(Error::Usage(format!("{out}: a dataset is a folder of this machine; copy it from there")));
        }
        let builds = out.join("builds");
        fs::create_dir_all(&builds).map_err(|source| Error::io("create", &builds, source))?;
        let path = out.join(".lock");
        let mut options = File::options();
        let mut lock = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| Error::io("open", &path, source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // Who holds it is a courtesy; that it is held is the message.
                let _ = lock.read_to_string(&mut owner);
                return Err(Error::Locked(format!(
                    "another nianbao ({}) is building {}; wait for it, or choose another --out",
                    owner.trim(),
                    out.display()
                )));
            }
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path, source)),
        }
        let owner = format!("process {}\n", std::process::id());
        let written = lock.set_len(0).and_then(|()| lock.rewind()).and_then(|()| lock.write_all(owner.as_bytes()));
        written.map_err(|source| Error::io("write", &path, source))?;
        let current = out.join("current");
        if fs::symlink_metadata(&current).is_ok_and(|metadata| !metadata.is_symlink()) {
            let current = current.display();
            return Err(Error::Usage(format!(
                "{current} is not the link that a build makes: move it away, then build"
            )));
        }
        let dataset = Dataset { out: out.to_owned(), _lock: lock };
        dataset.sweep()?;
        Ok(dataset)
    }

    /// Removes unfinished builds: whoever made them is dead, for we hold the lock.
    fn sweep(&self) -> Result<(), Error> {
        let damaged = self.out.join("builds").join(DAMAGED);
        if let Some(target) = fs::read_link(self.out.join("current")).ok().map(|target| self.out.join(target)) {
            // Killed while a build gave way to another of its name: the old one is all that there is.
            if damaged.join("manifest.json").is_file() && !target.exists() {
                rename(&damaged, &target)?;
            }
        }
        for path in self.builds()? {
            if path.extension().is_some_and(|extension| extension == "part") {
                fs::remove_dir_all(&path).map_err(|source| Error::io("remove", &path, source))?;
            }
        }
        let link = self.out.join(".current.next");
        if fs::symlink_metadata(&link).is_ok() {
            fs::remove_file(&link).map_err(|source| Error::io("remove", &link, source))?;
        }
        Ok(())
    }

    /// What nianbao itself has put beside the others: finished builds and unfinished ones. What else lies there is not
    /// ours to remove.
    fn builds(&self) -> Result<Vec<PathBuf>, Error> {
        let folder = self.out.join("builds");
        let mut paths = Vec::new();
        for entry in walkdir::WalkDir::new(&folder).min_depth(1).max_depth(1).sort_by_file_name() {
            let entry = entry.map_err(|error| Error::io("list", &folder, error.into()))?;
            let name = entry.file_name().to_string_lossy();
            let finished = is_build_id(&name) && entry.path().join("manifest.json").is_file();
            if finished || ["next.part", DAMAGED].contains(&name.as_ref()) {
                paths.push(entry.into_path());
            }
        }
        Ok(paths)
    }

    /// Where the last run has left what it read.
    pub fn cache(&self) -> PathBuf {
        self.out.join("cache")
    }

    /// Leaves what a run has read for the next one.
    ///
    /// # Errors
    /// When the disk refuses; there may be no cache then.
    pub fn keep_cache(&self, parts: &Path) -> Result<(), Error> {
        let cache = self.cache();
        let removed = match fs::symlink_metadata(&cache) {
            Err(_) => Ok(()),
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&cache),
            Ok(_) => fs::remove_file(&cache),
        };
        removed.map_err(|source| Error::io("remove", &cache, source))?;
        rename(parts, &cache)
    }

    /// A new, empty folder for a build in the making.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn begin(&self) -> Result<PathBuf, Error> {
        let path = self.out.join("builds").join("next.part");
        fs::create_dir_all(&path).map_err(|source| Error::io("create", &path, source))?;
        Ok(path)
    }

    /// The current build, when there is one.
    pub fn current(&self) -> Option<PathBuf> {
        let target = fs::read_link(self.out.join("current")).ok()?;
        let path = self.out.join(target);
        path.is_dir().then_some(path)
    }

    /// Gives a finished build its name without making it current: for a build that fails a gate. Says also whether a
    /// damaged build of that name gave way.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep(&self, part: &Path, id: &str) -> Result<(PathBuf, bool), Error> {
        sync(part)?;
        let path = self.out.join("builds").join(id);
        let mut mended = false;
        if path.exists() && inventory(&path).ok() == Some(inventory(part)?) {
            // The same bytes are there already.
            fs::remove_dir_all(part).map_err(|source| Error::io("remove", part, source))?;
        } else if path.exists() {
            // The same build, damaged since: it gives way to the whole one.
            mended = true;
            let damaged = self.out.join("builds").join(DAMAGED);
            rename(&path, &damaged)?;
            rename(part, &path)?;
            fs::remove_dir_all(&damaged).map_err(|source| Error::io("remove", &damaged, source))?;
        } else {
            rename(part, &path)?;
        }
        sync(&self.out.join("builds"))?;
        Ok((path, mended))
    }

    /// Makes a build current.
    ///
    /// # Errors
    /// When the disk refuses; `current` is then as it was.
    pub fn switch(&self, id: &str) -> Result<(), Error> {
        let next = self.out.join(".current.next");
        let target = Path::new("builds").join(id);
        std::os::unix::fs::symlink(&target, &next).map_err(|source| Error::io("link", &next, source))?;
        rename(&next, &self.out.join("current"))?;
        sync(&self.out)
    }

    /// Removes the oldest builds beyond `keep`; never the current one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn prune(&self, keep: usize) -> Result<usize, Error> {
        let current = self.current();
        let mut old = Vec::new();
        for path in self.builds()? {
            if Some(&path) != current.as_ref() && path.extension().is_none() {
                let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
                old.push((modified.map_err(|source| Error::io("look at", &path, source))?, path));
            }
        }
        old.sort();
        let surplus = (old.len() + 1).saturating_sub(keep.max(1));
        for (_, path) in old.iter().take(surplus) {
            fs::remove_dir_all(path).map_err(|source| Error::io("remove", path, source))?;
        }
        Ok(surplus)
    }
}

/// Whether a folder may be called so that holds a build: sixteen digits of its hash.
fn is_build_id(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Writes a small file.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, text: &str) -> Result<(), Error> {
    let mut file = File::create(path).map_err(|source| Error::io("write", path, source))?;
    file.write_all(text.as_bytes()).map_err(|source| Error::io("write", path, source))
}

/// Writes a small file in the place of another, which is there, whole, until then.
///
/// # Errors
/// When the disk refuses.
pub fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let next = path.with_file_name(format!(".{name}.next"));
    // Of a run that was killed. A link that lies there is removed, never followed.
    if fs::symlink_metadata(&next).is_ok() {
        fs::remove_file(&next).map_err(|source| Error::io("remove", &next, source))?;
    }
    let mut file = File::create_new(&next).map_err(|source| Error::io("write", &next, source))?;
    let written = file.write_all(text.as_bytes()).map_err(|source| Error::io("write", path, source));
    let replaced = written.and_then(|()| rename(&next, path));
    replaced.inspect_err(|_| drop(fs::remove_file(&next)))
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Writes a file or an object that is there whole or not at all, whoever else writes it at the same time.
///
/// # Errors
/// When the disk or the store refuses.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if store::is_object(path) {
        return store::put(path, bytes).map_err(|source| Error::io("write", path, source));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|source| Error::io("create", folder, source))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = format!(".{name}.");
    let next = tempfile::Builder::new().prefix(&name).suffix(".tmp").make_in(folder, |path| File::create_new(path));
    let mut next = next.map_err(|source| Error::io("write in", folder, source))?;
    let file = next.as_file_mut();
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|source| Error::io("write", path, source))?;
    next.persist(path).map_err(|error| Error::io("write", path, error.error))?;
    Ok(())
}

/// Size and hash of every file of a build, by name.
///
/// # Errors
/// When one cannot be read.
pub fn inventory(folder: &Path) -> Result<Vec<FileEntry>, Error> {
    let mut paths = Vec::new();
    for entry in walkdir::WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name() {
        paths.push(entry.map_err(|error| Error::io("list", folder, error.into()))?.into_path());
    }
    paths.into_par_iter().map(|path| entry(&path)).collect()
}

fn entry(path: &Path) -> Result<FileEntry, Error> {
    if !path.is_file() {
        return Err(Error::io("read", path, std::io::Error::other("it is no file; a build has nothing else")));
    }
    let mut file = File::open(path).map_err(|source| Error::io("read", path, source))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer).map_err(|source| Error::io("read", path, source))?;
        if read == 0 {
            break;
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(FileEntry { name, bytes, sha256: hex::encode(hasher.finalize()) })
}

/// Pushes a folder and the files in it to the disk.
fn sync(folder: &Path) -> Result<(), Error> {
    for entry in walkdir::WalkDir::new(folder).max_depth(1) {
        let entry = entry.map_err(|error| Error::io("list", folder, error.into()))?;
        // A pipe would be waited for.
        if !entry.file_type().is_file() && entry.depth() > 0 {
            continue;
        }
        let path = entry.into_path();
        let file = File::open(&path).map_err(|source| Error::io("open", &path, source))?;
        file.sync_all().map_err(|source| Error::io("sync", &path, source))?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the one place that renames")]
fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(|source| Error::io("rename", from, source))
}
