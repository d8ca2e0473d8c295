//! Files of this machine and objects in stores, under one kind of name: a path, or `s3://bucket/key`.
//!
//! Where a store is and who asks stands in the environment, as for other programs: `AWS_ENDPOINT_URL`, `AWS_REGION`,
//! `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and whatever else the crate `object_store` knows. What may pass is tried
//! again there. Errors say with their kind what they are: `NotFound`, `InvalidInput` for names that no object can have,
//! and others, which may pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::future::Future;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path as Key;
use object_store::{GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::error::Error;

/// Bytes that tell what a file is which is not read at once.
pub const HEAD: usize = 64 * 1024;

/// Objects that one thread asks for at a time: a store answers slowly, and many at once.
const ASKED: usize = 32;

/// Characters of what a store says that are told.
const SAID: usize = 300;

/// What was read of a file or an object.
#[derive(Debug)]
pub struct Seen {
    /// Its size.
    pub size: u64,
    /// All of it; its first bytes, if it is larger than was asked for.
    pub bytes: Vec<u8>,
    /// Whether that is all.
    pub is_whole: bool,
    /// What its store calls these very bytes; nothing of a file.
    pub tag: Option<String>,
}

/// An object that a store lists.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub name: PathBuf,
    /// The same below the folder that was listed.
    pub below: String,
    /// Its size.
    pub size: u64,
    /// What its store calls these very bytes.
    pub tag: String,
}

/// Whether a name is that of an object, or of a folder of such, and not a path.
pub fn is_object(name: &Path) -> bool {
    let scheme = name.to_str().and_then(|name| name.split_once("://")).map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Refuses a name that is of no store that is known, before anything is done.
///
/// # Errors
/// [`Error::Usage`], with what to write.
pub fn check(name: &Path) -> Result<(), Error> {
    let known = if is_object(name) { bucket(name).map(|_| ()) } else { Ok(()) };
    known.map_err(|error| Error::Usage(error.to_string()))
}

/// Reads a file or an object.
///
/// # Errors
/// When the disk or the store refuses.
pub fn read(name: &Path) -> io::Result<Vec<u8>> {
    if is_object(name) { see(name, u64::MAX).map(|seen| seen.bytes) } else { fs::read(name) }
}

/// Reads a file or an object that is no larger than `most`; the beginning of a larger one.
///
/// # Errors
/// When the disk or the store refuses, or it is no file.
pub fn see(name: &Path, most: u64) -> io::Result<Seen> {
    if is_object(name) {
        let (store, key) = resolve(name)?;
        return wait(see_object(store, key, most))?;
    }
    let metadata = fs::metadata(name)?;
    if !metadata.is_file() {
        // A pipe would be waited for.
        return Err(invalid("it is no file".to_owned()));
    }
    let size = metadata.len();
    if size <= most {
        let bytes = fs::read(name)?;
        return Ok(Seen { size: bytes.len() as u64, bytes, is_whole: true, tag: None });
    }
    let mut bytes = Vec::new();
    File::open(name)?.take(HEAD as u64).read_to_end(&mut bytes)?;
    Ok(Seen { size, bytes, is_whole: false, tag: None })
}

/// Reads objects, as [`see`] does, some at the same time.
pub fn see_all(names: &[&Path], most: u64) -> Vec<io::Result<Seen>> {
    let one = |name: &&Path| resolve(name).map(|(store, key)| see_object(store, key, most));
    let asked = names.iter().map(one).map(|asked| async { asked?.await });
    match wait(stream::iter(asked).buffered(ASKED).collect()) {
        Ok(seen) => seen,
        Err(error) => names.iter().map(|_| Err(io::Error::new(error.kind(), error.to_string()))).collect(),
    }
}

async fn see_object(store: Arc<dyn ObjectStore>, key: Key, most: u64) -> io::Result<Seen> {
    let found = store.get(&key).await.map_err(fault)?;
    let (size, tag) = (found.meta.size, tag(&found.meta));
    let bytes = if size <= most {
        found.bytes().await.map_err(fault)?
    } else {
        let head = GetOptions { range: Some((0..HEAD as u64).into()), ..GetOptions::default() };
        store.get_opts(&key, head).await.map_err(fault)?.bytes().await.map_err(fault)?
    };
    if size <= most && bytes.len() as u64 != size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Seen { size, bytes: bytes.into(), is_whole: size <= most, tag: Some(tag) })
}

/// Writes an object, whole or not at all.
///
/// # Errors
/// When the store refuses.
pub fn put(name: &Path, bytes: &[u8]) -> io::Result<()> {
    let (store, key) = resolve(name)?;
    wait(async { store.put(&key, bytes.to_vec().into()).await.map(|_| ()) })?.map_err(fault)
}

/// Brings an object here, under its own name in a folder that goes when it is let go; with its size and what its store
/// calls it.
///
/// # Errors
/// When the store or the disk refuses.
pub fn fetch(name: &Path) -> io::Result<(TempDir, PathBuf, (u64, String))> {
    let (store, key) = resolve(name)?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(name.file_name().unwrap_or_default());
    let mut file = File::create(&path)?;
    let tag = wait(async {
        let found = store.get(&key).await.map_err(fault)?;
        let tag = tag(&found.meta);
        let mut pieces = found.into_stream();
        while let Some(piece) = pieces.next().await {
            file.write_all(&piece.map_err(fault)?)?;
        }
        Ok::<String, io::Error>(tag)
    })??;
    let size = file.metadata()?.len();
    Ok((folder, path, (size, tag)))
}

/// Lists what lies below a name, or the object of that name. Empty objects that stand for folders are none.
///
/// # Errors
/// When the store refuses, or has a key that is none of its names: with an empty part, or one of dots.
pub fn list(root: &Path) -> io::Result<Vec<Listed>> {
    let (store, prefix) = resolve(root)?;
    let mut found: Vec<ObjectMeta> = wait(store.list(Some(&prefix)).try_collect())?.map_err(fault)?;
    if found.is_empty() && !prefix.as_ref().is_empty() {
        match wait(store.head(&prefix))?.map_err(fault) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            object => found.extend(object.ok()),
        }
    }
    let folders: BTreeSet<&str> = found.iter().flat_map(|object| folders(object.location.as_ref())).collect();
    let mut listed = Vec::new();
    for object in &found {
        let key = object.location.as_ref();
        // Some programs put an empty object where a folder is; its name ends in a slash, and without it there is nothing.
        if object.size == 0 && (folders.contains(key) || is_missing(&store, &object.location)?) {
            continue;
        }
        let below = key.strip_prefix(prefix.as_ref()).unwrap_or(key).trim_start_matches('/');
        let below = if below.is_empty() { object.location.filename().unwrap_or_default() } else { below };
        let name = PathBuf::from(format!("{}/{key}", bucket(root)?));
        listed.push(Listed { name, below: below.to_owned(), size: object.size, tag: tag(object) });
    }
    Ok(listed)
}

fn is_missing(store: &Arc<dyn ObjectStore>, key: &Key) -> io::Result<bool> {
    match wait(store.head(key))?.map_err(fault) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        found => found.map(|_| false),
    }
}

/// What a store says, on one line.
fn fault(error: object_store::Error) -> io::Error {
    use object_store::Error as Fault;
    let told: Vec<String> = error.to_string().split_whitespace().map(str::to_owned).collect();
    let told: String = told.join(" ").chars().take(SAID).collect();
    let kind = match &error {
        Fault::InvalidPath { .. } => io::ErrorKind::InvalidInput,
        Fault::PermissionDenied { .. } | Fault::Unauthenticated { .. } => io::ErrorKind::PermissionDenied,
        _ => io::Error::from(error).kind(),
    };
    io::Error::new(kind, told)
}

/// The folders above a key.
fn folders(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(key.rsplit_once('/'), |(above, _)| above.rsplit_once('/')).map(|(above, _)| above)
}

/// What tells the bytes of an object from those that were there before.
fn tag(object: &ObjectMeta) -> String {
    let seen = || format!("{} {}", object.size, object.last_modified.to_rfc3339());
    object.e_tag.clone().unwrap_or_else(seen)
}

/// The name of a store: all before the key.
fn bucket(name: &Path) -> io::Result<String> {
    let text = name.to_str().unwrap_or_default();
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    match scheme {
        "s3" if !host.is_empty() => Ok(format!("s3://{host}")),
        #[cfg(test)]
        "memory" => Ok(format!("memory://{host}")),
        _ => Err(invalid(format!("{text} is of no store that is known: write s3://bucket/key, or a path"))),
    }
}

/// The store of an object, opened once, and its key there.
fn resolve(name: &Path) -> io::Result<(Arc<dyn ObjectStore>, Key)> {
    static STORES: Mutex<BTreeMap<String, Arc<dyn ObjectStore>>> = Mutex::new(BTreeMap::new());
    let bucket = bucket(name)?;
    let key = name.to_str().and_then(|name| name.strip_prefix(&bucket)).unwrap_or_default();
    let key = Key::parse(key).map_err(|error| invalid(error.to_string()))?;
    let mut stores = STORES.lock().map_err(|_| io::Error::other("stores cannot be opened any more"))?;
    if let Some(store) = stores.get(&bucket) {
        return Ok((store.clone(), key));
    }
    let store = open(&bucket)?;
    stores.insert(bucket, store.clone());
    Ok((store, key))
}

fn open(bucket: &str) -> io::Result<Arc<dyn ObjectStore>> {
    #[cfg(test)]
    if bucket.starts_with("memory://") {
        return Ok(Arc::new(object_store::memory::InMemory::new()));
    }
    let host = bucket.trim_start_matches("s3://");
    Ok(Arc::new(AmazonS3Builder::from_env().with_bucket_name(host).build().map_err(fault)?))
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

/// Waits for a store.
fn wait<F: Future>(future: F) -> io::Result<F::Output> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = match RUNTIME.get() {
        Some(runtime) => runtime,
        None => {
            let new = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            RUNTIME.get_or_init(|| new)
        }
    };
    Ok(runtime.block_on(future))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_told_from_paths() {
        let object = |name: &str| is_object(Path::new(name));
        assert!(object("s3://bucket/key") && object("file:///tmp") && object("gs://bucket"));
        assert!(!object("s3:/bucket") && !object("/data/a://b") && !object("://") && !object("data"));
        for name in ["gs://bucket", "s3:///key", "file:///tmp"] {
            assert!(list(Path::new(name)).unwrap_err().to_string().contains("write s3://bucket/key"));
        }
        assert_eq!(folders("a/b/c").collect::<Vec<_>>(), ["a/b", "a"]);
    }

    #[test]
    fn what_is_put_is_listed_and_read() {
        let root = PathBuf::from("memory://one/corpus");
        let name = root.join("盐井乡/2019 100%#1.txt");
        put(&name, b"nothing").unwrap();
        put(&root.join("盐井乡"), b"").unwrap();
        put(&root.join("empty.txt"), b"").unwrap();
        let all = list(&root).unwrap();
        assert_eq!(
            all.iter().map(|one| one.below.as_str()).collect::<Vec<_>>(),
            ["empty.txt", "盐井乡/2019 100%#1.txt"]
        );
        let listed = &all[1];
        assert_eq!((&listed.name, listed.size), (&name, 7));
        let seen = see(&name, 7).unwrap();
        assert_eq!(
            (seen.bytes.as_slice(), seen.size, &seen.tag),
            (b"nothing".as_slice(), 7, &Some(listed.tag.clone()))
        );
        assert!(seen.is_whole && !see(&name, 6).unwrap().is_whole);
        let (_folder, path, (size, tag)) = fetch(&name).unwrap();
        assert_eq!((fs::read(&path).unwrap().as_slice(), size, &tag), (b"nothing".as_slice(), 7, &listed.tag));
        assert_eq!(path.file_name(), name.file_name());
        assert_eq!(list(&name).unwrap()[0].below, "2019 100%#1.txt", "the object itself");
        assert!(list(&root.join("nowhere")).unwrap().is_empty());
        let seen = see_all(&[&name, &root.join("nowhere")], 3);
        assert_eq!(seen[0].as_ref().unwrap().size, 7);
        assert_eq!(seen[1].as_ref().unwrap_err().kind(), io::ErrorKind::NotFound);
        put(&name, b"other").unwrap();
        assert_ne!(see(&name, 7).unwrap().tag, Some(listed.tag.clone()));
        assert_eq!(read(&root.join("a//b")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
