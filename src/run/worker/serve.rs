//! The worker's side: batches of documents become batches of rows, until the stream ends.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, RecordBatch, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::super::derive::{VERSION as OWN, expect};
use super::super::hand::{Hand, Look};
use super::super::load::{Content, load, rules};
use super::super::manifest::Manifest;
use super::super::read::folder;
use super::super::{reviewed, shard};
use super::published;
use super::stream::Watched;
use super::{BESIDE, CONTENT, EXPECTED, KIND, NOTES, Notes, PATH, PAYLOAD, PROTOCOL, Places, RULES, URL, VERSION};
use crate::config::Config;
use crate::discover::Found;
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::model::Source;
use crate::overlay::Overlay;
use crate::reader::{Clock, Readers};
use crate::record::{Reason, Reject};
use crate::tabulate::facts::Facts;
use crate::tabulate::files;

/// What the rows of an answer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As they are published, in one flat table.
    Published,
    /// As parts have them, packed by table: for this program itself.
    Parts,
}

/// How a worker works.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// What it answers.
    form: Form,
    /// Time for one document.
    seconds: u64,
}

/// Stack of the thread that reads: as that of readers.
const STACK: usize = 64 << 20;

/// Answers on standard output what is asked on standard input.
///
/// # Errors
/// When another version is expected, a column is missing, or the stream is cut off.
fn serve(knowledge: &Knowledge, config: &Config, overlay: &Overlay, manner: Manner) -> Result<(), Error> {
    // What a fault would print is in the answer, or in how the process ended.
    std::panic::set_hook(Box::new(|_| {}));
    // A parent that is killed ends the stream, and the clock whoever is still reading: a signal at the parent's death would
    // come when the thread is done that has started this process.
    let clock = Clock::start();
    let work = || answer_all(knowledge, config, overlay, (&clock, manner));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.map_err(|source| Error::io("start", &PathBuf::from("a thread"), source))?;
        // What a document does is caught: it is the stream.
        thread.join().unwrap_or_else(|_| Err(Error::Schema("the stream is damaged".to_owned())))
    })
}

fn answer_all(
    knowledge: &Knowledge,
    config: &Config,
    overlay: &Overlay,
    (clock, manner): (&Clock, Manner),
) -> Result<(), Error> {
    let schema = Arc::new(schema(config, manner.form));
    let mut output = StreamWriter::try_new(BufWriter::new(io::stdout().lock()), &schema).map_err(gone)?;
    output.get_mut().flush().map_err(|source| Error::io("write to", &PathBuf::from("standard output"), source))?;
    let (input, ending) = Watched::new(BufReader::new(io::stdin().lock()));
    let input = StreamReader::try_new(input, None).map_err(|error| Error::Schema(error.to_string()))?;
    check(&input.schema())?;
    let program = std::env::current_exe().map_err(|source| Error::io("find", &PathBuf::from("nianbao"), source))?;
    let readers = Readers::new(program, config.corpus.max_seconds);
    let hand = Hand { knowledge, overlay, readers: &readers };
    for batch in input {
        let batch = batch.map_err(|error| {
            Error::Schema(format!("the stream cannot be read: {error}; send it whole and uncompressed"))
        })?;
        let rows = answer(&hand, (config, manner.form), &batch, &|| clock.wind(manner.seconds))?;
        clock.stop();
        let answer = RecordBatch::try_new(schema.clone(), rows).map_err(gone)?;
        output.write(&answer).map_err(gone)?;
        output.get_mut().flush().map_err(|source| Error::io("write to", &PathBuf::from("standard output"), source))?;
    }
    if !ending.is_seen() {
        return Err(Error::Schema("the stream stops without its end".to_owned()));
    }
    output.finish().map_err(gone)?;
    output.get_mut().flush().map_err(|source| Error::io("write to", &PathBuf::from("standard output"), source))
}

/// Whoever asks does not listen any more.
fn gone(error: ArrowError) -> Error {
    let source = match error {
        ArrowError::IoError(_, source) => source,
        other => io::Error::other(other),
    };
    Error::io("write to", &PathBuf::from("standard output"), source)
}

/// What every answer looks like, and who answers.
fn schema(config: &Config, form: Form) -> Schema {
    let fields = match form {
        Form::Parts => vec![Field::new(KIND, DataType::Utf8, false), Field::new(PAYLOAD, DataType::Binary, false)],
        Form::Published => published::fields(),
    };
    let told = [(PROTOCOL, shard::PROTOCOL.to_string()), (VERSION, OWN.to_owned()), (RULES, rules(config))];
    let told: HashMap<String, String> = told.map(|(key, value)| (key.to_owned(), value)).into();
    Schema::new_with_metadata(fields, told)
}

/// Refuses who speaks otherwise.
fn check(asked: &Schema) -> Result<(), Error> {
    let told = asked.metadata();
    let protocol = told.get(PROTOCOL).map_or("none", String::as_str);
    if protocol != shard::PROTOCOL.to_string() {
        return Err(Error::Version(format!("protocol {protocol} is spoken, this program speaks {}", shard::PROTOCOL)));
    }
    if let Some(version) = told.get(EXPECTED) {
        expect(version, "what is expected")?;
    }
    let is_text = |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let is_binary = |kind: &DataType| matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    for field in asked.fields() {
        let fits = match field.name().as_str() {
            CONTENT => is_binary(field.data_type()),
            PATH | URL | BESIDE => is_text(field.data_type()),
            _ => true,
        };
        if !fits {
            return Err(Error::Schema(format!("the column {} cannot be {}", field.name(), field.data_type())));
        }
    }
    asked.field_with_name(PATH).map(|_| ()).map_err(|_| Error::Schema(format!("there is no column {PATH}")))
}

fn text<'b>(batch: &'b RecordBatch, name: &str, at: usize) -> Option<&'b str> {
    let column = batch.column_by_name(name).filter(|column| column.is_valid(at))?;
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string::<i32>().value(at)),
        DataType::LargeUtf8 => Some(column.as_string::<i64>().value(at)),
        _ => Some(column.as_string_view_opt()?.value(at)),
    }
}

fn bytes<'b>(batch: &'b RecordBatch, name: &str, at: usize) -> Option<&'b [u8]> {
    let column = batch.column_by_name(name).filter(|column| column.is_valid(at))?;
    match column.data_type() {
        DataType::Binary => Some(column.as_binary::<i32>().value(at)),
        DataType::LargeBinary => Some(column.as_binary::<i64>().value(at)),
        _ => Some(column.as_binary_view_opt()?.value(at)),
    }
}

/// The rows of a batch of documents.
fn answer(
    hand: &Hand<'_>,
    (config, form): (&Config, Form),
    batch: &RecordBatch,
    wind: &dyn Fn(),
) -> Result<Vec<ArrayRef>, Error> {
    let (mut facts, mut notes) = (Facts::with_room(batch.num_rows()), Notes::default());
    let mut folders: HashMap<&str, Places> = HashMap::new();
    for at in 0..batch.num_rows() {
        wind();
        let path = text(batch, PATH, at).ok_or_else(|| Error::Schema(format!("a {PATH} is null")))?;
        if let Some(told) = text(batch, BESIDE, at) {
            let places = serde_json::from_str(told).map_err(|error| Error::Schema(format!("{BESIDE}: {error}")))?;
            folders.insert(folder(path), places);
        }
        let beside = folders.get(folder(path));
        let url = text(batch, URL, at).map(str::to_owned);
        let passing = match bytes(batch, CONTENT, at) {
            Some(bytes) => {
                let source = Source { url, ..Source::of(path, bytes) };
                document(hand, config, beside, (source, bytes), at, &mut facts)?
            }
            None => match open(config, &named(path))? {
                Ok(bytes) => {
                    let source = Source { url, ..Source::of(path, &bytes) };
                    document(hand, config, beside, (source, &bytes), at, &mut facts)?
                }
                Err(reject) => {
                    facts.reject(path, 0, &reject, at);
                    reject.reason.is_passing()
                }
            },
        };
        notes.passing.extend(passing.then_some(at));
    }
    if form == Form::Published {
        let paths: Vec<&str> = (0..batch.num_rows()).filter_map(|at| text(batch, PATH, at)).collect();
        return published::rows(hand.knowledge, facts, &paths);
    }
    notes.corrections = hand.overlay.met();
    parts(facts, &notes)
}

/// Rows as parts have them, and what is told beside them.
fn parts(facts: Facts, notes: &Notes) -> Result<Vec<ArrayRef>, Error> {
    let (mut kinds, mut payloads) = (Vec::new(), Vec::new());
    for (table, frame) in files::FACTS.into_iter().zip(facts.into_frames()?) {
        if frame.height() > 0 {
            kinds.push(table);
            payloads.push(files::passed(table, frame)?);
        }
    }
    kinds.push(NOTES);
    payloads.push(serde_json::to_vec(notes).unwrap_or_default());
    Ok(vec![Arc::new(StringArray::from(kinds)), Arc::new(BinaryArray::from_iter_values(payloads))])
}

/// Reads a document into rows; `beside` is what may be attached to it.
fn document(
    hand: &Hand<'_>,
    config: &Config,
    beside: Option<&Places>,
    (source, bytes): (Source, &[u8]),
    at: usize,
    facts: &mut Facts,
) -> Result<bool, Error> {
    let stopped = RefCell::new(None);
    let look = |name: &str| {
        let found = beside?.get(name)?.found(name);
        open(config, &found).map_or_else(|error| stopped.replace(Some(Err(error))).and(None), Result::ok)
    };
    let look: Option<&Look<'_>> = if beside.is_some() { Some(&look) } else { None };
    let passing = hand.read((source, bytes), look, at, facts);
    stopped.into_inner().unwrap_or(Ok(passing))
}

/// A file that is read as it lies there.
fn named(path: &str) -> Found {
    Found { path: path.to_owned(), file: PathBuf::from(path), reject: None, tag: None, size: None }
}

/// The bytes of a file that is one document.
///
/// # Errors
/// When another try may give it, or it is not what was listed.
fn open(config: &Config, found: &Found) -> Result<Result<Vec<u8>, Reject>, Error> {
    Ok(match load(config, found)? {
        Content::Bytes(bytes, _) => Ok(bytes),
        Content::Lost(_, reject) => Err(reject),
        Content::Container(..) => Err(Reject {
            stage: "read",
            reason: Reason::Archive,
            detail: "this file holds others, and a worker reads documents".to_owned(),
        }),
    })
}

/// Answers under the settings of a manifest, with rows as parts have them; or under those of the configuration, with rows
/// as they are published.
///
/// # Errors
/// Those of [`serve`], and when the settings cannot be read.
pub fn work(
    knowledge: &Knowledge,
    manifest: Option<&Path>,
    settings: impl FnOnce() -> Result<Config, Error>,
    seconds: u64,
) -> Result<(), Error> {
    match manifest {
        Some(path) => {
            let manifest = Manifest::open(path)?;
            let manner = Manner { form: Form::Parts, seconds };
            serve(knowledge, &manifest.config(), &manifest.overlay(knowledge)?, manner)
        }
        None => {
            let config = settings()?;
            serve(knowledge, &config, &reviewed(knowledge, &config)?, Manner { form: Form::Published, seconds })
        }
    }
}
