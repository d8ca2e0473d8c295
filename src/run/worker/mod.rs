//! Workers: processes of this program that turn documents into rows, for whoever streams documents to them.
//!
//! Both sides speak Arrow IPC in strict lock-step. The worker writes its schema before it reads anything; then each batch
//! of documents is answered by one batch of rows, which may be empty; then the stream is ended, and the process with
//! status 0. A stream that stops without its end is a worker that died: Arrow's readers take it for the end of all rows,
//! so whoever asks must count answers, and see the end of the stream and the status.

mod pool;
mod published;
mod serve;
mod stream;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::discover::Found;
use crate::overlay::Met;

pub(super) use pool::{Ask, Reply, Workers};
pub use serve::work;

/// Key in a schema's metadata: the version of what is spoken.
const PROTOCOL: &str = "nianbao.protocol";

/// Key in a schema's metadata: of the program that answers.
const VERSION: &str = "nianbao.version";

/// Key in a schema's metadata: of the rules by which it reads.
const RULES: &str = "nianbao.rules";

/// Key in the metadata of the asking schema: the version that is expected.
const EXPECTED: &str = "nianbao.expect_version";

/// Column of the asking side: what a document is called.
const PATH: &str = "path";
/// Column of the asking side: its bytes; without them the worker opens the path.
const CONTENT: &str = "content";
/// Column of the asking side: where a crawl had it from.
const URL: &str = "url";
/// Column of the asking side: files in its folder that may be attached, as JSON: name to [`Place`]. It is told with the
/// first document of a folder in a batch.
const BESIDE: &str = "beside";

/// Column of the answering side.
const KIND: &str = "kind";
/// Column of the answering side, in parts.
const PAYLOAD: &str = "payload";

/// Kind of the row that tells what happened, in parts.
const NOTES: &str = "notes";

/// Files of a folder that may be attached, by name.
type Places = BTreeMap<String, Place>;

/// Where a file lies that may be attached.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Place {
    /// Its path or name, in base64: not all are text.
    file: String,
    tag: Option<String>,
    size: Option<u64>,
}

impl Place {
    pub(super) fn of(found: &Found) -> Place {
        let file = BASE64_STANDARD.encode(found.file.as_os_str().as_bytes());
        Place { file, tag: found.tag.clone(), size: found.size }
    }

    fn found(&self, path: &str) -> Found {
        let file = PathBuf::from(OsString::from_vec(BASE64_STANDARD.decode(&self.file).unwrap_or_default()));
        Found { path: path.to_owned(), file, reject: None, tag: self.tag.clone(), size: self.size }
    }
}

/// What a worker tells of a batch beside its rows.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Notes {
    /// Places in the batch of documents that met a fault which may pass.
    passing: Vec<usize>,
    /// What became of reviewed corrections.
    corrections: BTreeMap<usize, Met>,
}
