//! The parent's side: readers that wait for work, one for each thread that needs one.

use std::io::{self, BufReader, BufWriter};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use super::{Answer, Request, TOO_LONG, receive, send};
use crate::decode::Container;
use crate::medium::Media;
use crate::open::Page;
use crate::record::{Reason, Reject};
use crate::unpack::{Columns, Limits, Member};

/// Processes that read documents and containers.
pub struct Readers {
    program: PathBuf,
    /// Time for one document, or from one member to the next.
    seconds: u64,
    idle: Mutex<Vec<Reader>>,
}

/// The members of a container, one by one.
pub struct Given<'r> {
    readers: &'r Readers,
    reader: Option<Reader>,
}

/// One process.
struct Reader {
    child: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Readers {
    /// Readers are started when they are needed; `program` is nianbao itself, `seconds` the time for one document.
    pub fn new(program: PathBuf, seconds: u64) -> Readers {
        Readers { program, seconds, idle: Mutex::new(Vec::new()) }
    }

    /// Makes a page of a document.
    ///
    /// # Errors
    /// Says why there is none; when the reader did not survive the document, that is why.
    pub fn open(&self, media: Media, bytes: &[u8]) -> Result<Page, Reject> {
        // A reader that somebody else ended says nothing of the document: what ends it ends a second one too.
        match self.ask(media, bytes) {
            Err(reject) if reject.reason == Reason::Crashed => self.ask(media, bytes),
            answer => answer,
        }
    }

    fn ask(&self, media: Media, bytes: &[u8]) -> Result<Page, Reject> {
        let mut reader = self.take().map_err(|error| unstarted(&error))?;
        let asked = send(&mut reader.input, Request::Open { media, seconds: self.seconds }, bytes);
        match asked.and_then(|()| receive::<Answer>(&mut reader.output)) {
            Ok(Some((Answer::Page { errors }, markup))) => {
                self.put_back(reader);
                let markup = String::from_utf8(markup).map_err(|error| fault(&error.to_string()))?;
                Ok(Page { markup, errors })
            }
            Ok(Some((Answer::Refused { stage, reason, detail }, _))) => {
                self.put_back(reader);
                Err(stage.reject(reason, detail))
            }
            _ => Err(reader.end("decode", self.seconds)),
        }
    }

    /// Begins to unpack a file.
    ///
    /// # Errors
    /// When no reader can be started.
    pub fn unpack(
        &self,
        container: Container,
        path: &Path,
        (limits, columns): (Limits, Columns),
    ) -> Result<Given<'_>, Reject> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut reader = self.take().map_err(|error| unstarted(&error))?;
        let request = Request::Unpack { container, name, limits, columns, seconds: self.seconds };
        match send(&mut reader.input, request, path.as_os_str().as_bytes()) {
            Ok(()) => Ok(Given { readers: self, reader: Some(reader) }),
            Err(_) => Err(reader.end("read", self.seconds)),
        }
    }

    fn take(&self) -> io::Result<Reader> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        idle.map_or_else(|| Reader::start(&self.program), Ok)
    }

    fn put_back(&self, reader: Reader) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(reader);
        }
    }
}

/// An error says why nothing more can be had.
impl Iterator for Given<'_> {
    type Item = Result<Member, Reject>;

    fn next(&mut self) -> Option<Result<Member, Reject>> {
        let mut reader = self.reader.take()?;
        let Ok(Some((answer, bytes))) = receive::<Answer>(&mut reader.output) else {
            return Some(Err(reader.end("read", self.readers.seconds)));
        };
        let member = match answer {
            Answer::Member { name, url } => Member { name, url, content: Ok(bytes) },
            Answer::Lost { name, url, stage, reason, detail } => {
                Member { name, url, content: Err(stage.reject(reason, detail)) }
            }
            Answer::End => {
                self.readers.put_back(reader);
                return None;
            }
            Answer::Refused { stage, reason, detail } => {
                self.readers.put_back(reader);
                return Some(Err(stage.reject(reason, detail)));
            }
            Answer::Page { .. } => return Some(Err(fault("a page was not asked for"))),
        };
        self.reader = Some(reader);
        Some(Ok(member))
    }
}

impl Reader {
    fn start(program: &Path) -> io::Result<Reader> {
        let mut command = Command::new(program);
        command.arg("reader").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (input, output) = input.zip(output).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Reader { child, input: BufWriter::new(input), output: BufReader::new(output) })
    }

    /// Why a reader that does not answer is gone.
    fn end(mut self, stage: &'static str, seconds: u64) -> Reject {
        // It may still be there, with a pipe that nobody understands.
        let _ = self.child.kill();
        let (reason, detail) = match self.child.wait() {
            Ok(status) if status.code() == Some(TOO_LONG) => {
                (Reason::Timeout, format!("reading it takes longer than corpus.max_seconds = {seconds}"))
            }
            Ok(status) => {
                (Reason::Crashed, format!("the process that read it has ended, out of memory or stack ({status})"))
            }
            Err(error) => (Reason::Crashed, error.to_string()),
        };
        Reject { stage, reason, detail }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // An idle reader sees the end of its input; one in the middle of something would not look.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unstarted(error: &io::Error) -> Reject {
    Reject {
        stage: "decode",
        reason: Reason::Crashed,
        detail: format!("no process can be started to read it: {error}"),
    }
}

fn fault(detail: &str) -> Reject {
    Reject { stage: "decode", reason: Reason::Panic, detail: format!("a reader spoke out of turn: {detail}") }
}
