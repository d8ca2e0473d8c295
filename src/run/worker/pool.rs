//! The side that asks: workers that wait for documents, one for each thread, and what is done when one of them dies.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::{BinaryArray, RecordBatch, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use polars::prelude::DataFrame;

use super::super::derive::VERSION;
use super::super::read::folder;
use super::super::shard;
use super::stream::{Ending, Watched};
use super::{BESIDE, CONTENT, EXPECTED, NOTES, Notes, PATH, PROTOCOL, URL};
use crate::error::Error;
use crate::overlay::Met;
use crate::reader::TOO_LONG;
use crate::record::{Reason, Reject};
use crate::tabulate::files;

/// So many documents, one after the other, may end their workers. More are not at fault: something ends all processes.
const MOST_LOST: usize = 8;

/// So often is a worker started that ends before it was given anything.
const STARTS: usize = 4;

/// A document that is given to a worker.
pub(in crate::run) struct Ask {
    pub(in crate::run) path: String,
    pub(in crate::run) url: Option<String>,
    pub(in crate::run) bytes: Vec<u8>,
    /// Files in its folder that may be attached, as JSON: the same for all of the folder.
    pub(in crate::run) beside: Option<Arc<str>>,
}

/// What became of some documents, one behind the other.
pub(in crate::run) enum Reply {
    /// So many of them have these rows, which are numbered from the first of them.
    Rows { documents: usize, tables: Vec<(String, DataFrame)>, passing: Vec<usize>, notes: Corrections },
    /// One of them ends whoever reads it.
    Lost(Reject),
}

pub(in crate::run) type Corrections = BTreeMap<usize, Met>;

/// Processes that read documents.
pub(in crate::run) struct Workers {
    program: PathBuf,
    manifest: PathBuf,
    /// Time for one document.
    seconds: u64,
    schema: SchemaRef,
    idle: Mutex<Vec<Worker>>,
    /// Documents that were lost since the last one was read.
    lost: AtomicUsize,
}

/// One process.
struct Worker {
    child: Child,
    input: StreamWriter<BufWriter<ChildStdin>>,
    output: StreamReader<Watched<BufReader<ChildStdout>>>,
    ending: Ending,
}

/// How a worker ended before its answer.
enum End {
    /// What it read has ended it.
    Died(Reject),
    /// It refuses to work, or the machine does.
    Refused(Error),
}

impl Workers {
    /// Workers are started when they are needed; `program` is nianbao itself.
    pub(in crate::run) fn new(program: PathBuf, manifest: PathBuf, seconds: u64) -> Workers {
        let field = |name: &str, kind: DataType, nullable: bool| Field::new(name, kind, nullable);
        let fields = vec![
            field(PATH, DataType::Utf8, false),
            field(CONTENT, DataType::Binary, false),
            field(URL, DataType::Utf8, true),
            field(BESIDE, DataType::Utf8, true),
        ];
        let told = [(PROTOCOL, shard::PROTOCOL.to_string()), (EXPECTED, VERSION.to_owned())];
        let told: HashMap<String, String> = told.map(|(key, value)| (key.to_owned(), value)).into();
        let schema = Arc::new(Schema::new_with_metadata(fields, told));
        Workers { program, manifest, seconds, schema, idle: Mutex::new(Vec::new()), lost: AtomicUsize::new(0) }
    }

    /// Has documents read, in order. A document that ends its worker is lost, and no other.
    ///
    /// # Errors
    /// When no worker can be started, or one refuses to work.
    pub(in crate::run) fn read(&self, asks: &[Ask]) -> Result<Vec<Reply>, Error> {
        let mut replies = Vec::new();
        if !asks.is_empty() {
            // A worker that somebody else ended says nothing of its documents.
            self.isolate(asks, 2, &mut replies)?;
        }
        Ok(replies)
    }

    /// Has documents read so many times; if no worker survives them, has each half read once, down to the one that no
    /// worker survives twice.
    fn isolate(&self, asks: &[Ask], tries: usize, replies: &mut Vec<Reply>) -> Result<(), Error> {
        let mut end = None;
        for _ in 0..tries {
            match self.ask(asks) {
                Ok(reply) => {
                    self.lost.store(0, Ordering::Relaxed);
                    replies.push(reply);
                    return Ok(());
                }
                Err(End::Refused(error)) => return Err(error),
                Err(End::Died(reject)) => end = Some(reject),
            }
        }
        match (asks, end) {
            ([_], Some(_)) if self.lost.fetch_add(1, Ordering::Relaxed) >= MOST_LOST => {
                let many = MOST_LOST + 1;
                return Err(broken(&format!(
                    "{many} documents in a row have ended it: the machine is at fault, not they"
                )));
            }
            ([_], Some(reject)) => replies.push(Reply::Lost(reject)),
            _ => {
                let (one, other) = asks.split_at(asks.len() / 2);
                for half in [one, other] {
                    self.isolate(half, if half.len() == 1 { 2 } else { 1 }, replies)?;
                }
            }
        }
        Ok(())
    }

    fn ask(&self, asks: &[Ask]) -> Result<Reply, End> {
        let mut worker = self.take()?;
        let batch = self.batch(asks).map_err(|error| End::Refused(unasked(&error.to_string())))?;
        let asked = worker.input.write(&batch).and_then(|()| Ok(worker.input.get_mut().flush()?));
        let answer = asked.ok().and_then(|()| worker.output.next()).and_then(Result::ok);
        let Some(answer) = answer else { return Err(worker.end(self.seconds)) };
        let reply = reply(asks.len(), &answer).map_err(End::Refused)?;
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(worker);
        }
        Ok(reply)
    }

    fn batch(&self, asks: &[Ask]) -> Result<RecordBatch, ArrowError> {
        let bytes: BinaryArray = asks.iter().map(|ask| Some(ask.bytes.as_slice())).collect();
        // What lies in a folder is told once: there may be many files, and many documents.
        let mut told = HashSet::new();
        let beside = asks.iter().map(|ask| ask.beside.as_deref().filter(|_| told.insert(folder(&ask.path))));
        let beside: StringArray = beside.collect();
        RecordBatch::try_new(
            self.schema.clone(),
            vec![
                Arc::new(asks.iter().map(|ask| Some(ask.path.as_str())).collect::<StringArray>()),
                Arc::new(bytes),
                Arc::new(asks.iter().map(|ask| ask.url.as_deref()).collect::<StringArray>()),
                Arc::new(beside),
            ],
        )
    }

    fn take(&self) -> Result<Worker, End> {
        if let Some(worker) = self.idle.lock().ok().and_then(|mut idle| idle.pop()) {
            return Ok(worker);
        }
        for _ in 0..STARTS {
            match self.start() {
                // No document has done that.
                Err(End::Died(_)) => {}
                started => return started,
            }
        }
        Err(End::Refused(broken("it is ended before it reads anything")))
    }

    fn start(&self) -> Result<Worker, End> {
        let refuse = |error: std::io::Error| End::Refused(Error::io("start", &self.program, error));
        let mut command = Command::new(&self.program);
        command.arg("worker").arg("--manifest").arg(&self.manifest).arg("--seconds").arg(self.seconds.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(refuse)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(refuse(std::io::ErrorKind::BrokenPipe.into()));
        };
        // It speaks first: whatever is wrong is told before any work.
        let (output, ending) = Watched::new(BufReader::new(output));
        let greeted = StreamReader::try_new(output, None);
        let asked = StreamWriter::try_new(BufWriter::new(input), &self.schema);
        match (greeted, asked) {
            (Ok(output), Ok(input)) => Ok(Worker { child, input, output, ending }),
            (greeted, asked) => {
                // Its input has an end now: it goes by itself, if it is still there.
                drop((greeted, asked));
                Err(ended(&mut child, self.seconds))
            }
        }
    }

    /// Ends all workers; every one must have seen the end of what it was asked, and end well.
    ///
    /// # Errors
    /// When one does not.
    pub(in crate::run) fn finish(self) -> Result<(), Error> {
        let idle = self.idle.into_inner().unwrap_or_default();
        idle.into_iter().try_for_each(Worker::finish)
    }
}

impl Worker {
    fn finish(mut self) -> Result<(), Error> {
        let ended = self.input.finish().and_then(|()| Ok(self.input.get_mut().flush()?));
        let more = self.output.next();
        let status = self.child.wait().map_err(|error| broken(&error.to_string()))?;
        if ended.is_err() || more.is_some() || !self.ending.is_seen() || !status.success() {
            return Err(broken(&format!("it did not end as it should ({status})")));
        }
        Ok(())
    }

    /// Why a worker that does not answer is gone.
    fn end(mut self, seconds: u64) -> End {
        // It may still be there, with a pipe that nobody understands.
        let _ = self.child.kill();
        ended(&mut self.child, seconds)
    }
}

/// Why a worker has ended.
fn ended(child: &mut Child, seconds: u64) -> End {
    let lost = |reason, detail| End::Died(Reject { stage: "extract", reason, detail });
    match child.wait() {
        Ok(status) => match status.code() {
            Some(TOO_LONG) => lost(Reason::Timeout, format!("reading it takes longer than {seconds} seconds")),
            None => {
                lost(Reason::Crashed, format!("the process that read it has ended, out of memory or stack ({status})"))
            }
            // It has said why.
            Some(1) => End::Refused(broken("it has ended with status 1, and has said why")),
            Some(code) => End::Refused(unasked(&format!("it has ended with status {code}"))),
        },
        Err(error) => End::Refused(broken(&error.to_string())),
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // An idle worker sees the end of its input; one in the middle of something would not look.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Trying again is of no use.
fn unasked(why: &str) -> Error {
    Error::Run(format!("a worker cannot be asked: {why}"))
}

/// Another try may go well.
fn broken(why: &str) -> Error {
    Error::io("read with", &PathBuf::from("a worker"), std::io::Error::other(why))
}

/// The tables of an answer.
fn reply(documents: usize, answer: &RecordBatch) -> Result<Reply, Error> {
    let fault = |why: &str| unasked(&format!("its answer is not understood: {why}"));
    let (Some(kinds), Some(payloads)) =
        (answer.column(0).as_string_opt::<i32>(), answer.column(1).as_binary_opt::<i32>())
    else {
        return Err(fault("other columns"));
    };
    let (mut tables, mut notes) = (Vec::new(), None);
    for (kind, payload) in kinds.iter().zip(payloads.iter()) {
        let (kind, payload) = (kind.unwrap_or_default(), payload.unwrap_or_default());
        match kind {
            NOTES => notes = Some(serde_json::from_slice::<Notes>(payload).map_err(|error| fault(&error.to_string()))?),
            table => tables.push((table.to_owned(), files::unpacked(table, payload)?)),
        }
    }
    let Notes { passing, corrections } = notes.ok_or_else(|| fault("no notes"))?;
    Ok(Reply::Rows { documents, tables, passing, notes: corrections })
}
