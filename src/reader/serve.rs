//! The reader's side: takes requests until its parent is gone.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::{Answer, Request, Stage, TOO_LONG, receive, send};
use crate::open::{self, Page};
use crate::record::{Reason, Reject};
use crate::unpack::{self, Member};

/// Memory that a reader may ask for: what an honest document takes many times over.
const MEMORY: u64 = 2 << 30;

/// Stack of the thread that reads: honest documents nest a few dozen levels.
const STACK: usize = 64 << 20;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(200);

/// Reads requests from standard input and answers on standard output.
///
/// # Errors
/// When the parent has gone in the middle of a frame.
pub fn serve() -> io::Result<()> {
    let limit = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::As, limit(MEMORY))?;
    setrlimit(Resource::Core, limit(0))?;
    // What a fault would print is in the answer, or in how the process ended.
    std::panic::set_hook(Box::new(|_| {}));
    let clock = Clock::start();
    let reading = std::thread::Builder::new().stack_size(STACK).spawn(move || answer_all(&clock))?;
    reading.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}

fn answer_all(clock: &Clock) -> io::Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    while let Some((request, bytes)) = receive::<Request>(&mut input)? {
        let answered = answer(request, bytes, clock, &mut output)?;
        if let Err(reject) = answered {
            let stage = Stage::of(&reject);
            send(&mut output, Answer::Refused { stage, reason: reject.reason, detail: reject.detail }, &[])?;
        }
        clock.stop();
    }
    Ok(())
}

fn answer(
    request: Request,
    bytes: Vec<u8>,
    clock: &Clock,
    output: &mut impl io::Write,
) -> io::Result<Result<(), Reject>> {
    match request {
        Request::Open { media, seconds } => {
            clock.wind(seconds);
            match open::open(media, bytes) {
                Ok(Page { markup, errors }) => send(output, Answer::Page { errors }, markup.as_bytes()).map(Ok),
                Err(reject) => Ok(Err(reject)),
            }
        }
        Request::Unpack { container, name, limits, columns, seconds } => {
            clock.wind(seconds);
            let refused =
                |error: io::Error| Reject { stage: "read", reason: Reason::Unreadable, detail: error.to_string() };
            let mut gone = None;
            let mut sink = |member: Member| {
                // Whoever takes the members may take his time.
                clock.stop();
                gone = give(output, member).err();
                clock.wind(seconds);
                gone.as_ref().map_or(Ok(()), |error| {
                    Err(Reject { stage: "read", reason: Reason::Unreadable, detail: error.to_string() })
                })
            };
            let path = Path::new(OsStr::from_bytes(&bytes));
            let unpacked = File::open(path)
                .and_then(|file| Ok((file.metadata()?.len(), file)))
                .map_err(refused)
                .and_then(|(size, mut file)| {
                    unpack::unpack(container, &mut file, (&name, size), (&limits, &columns), &mut sink)
                });
            match (gone, unpacked) {
                (Some(error), _) => Err(error),
                (None, Err(reject)) => Ok(Err(reject)),
                (None, Ok(())) => send(output, Answer::End, &[]).map(Ok),
            }
        }
    }
}

fn give(output: &mut impl io::Write, member: Member) -> io::Result<()> {
    let Member { name, url, content } = member;
    match content {
        Ok(bytes) => send(output, Answer::Member { name, url }, &bytes),
        Err(reject) => {
            let stage = Stage::of(&reject);
            send(output, Answer::Lost { name, url, stage, reason: reject.reason, detail: reject.detail }, &[])
        }
    }
}

/// Ends the process when a piece of work takes longer than it may: a loop does not look at flags.
pub struct Clock {
    started: Instant,
    /// Milliseconds after `started` at which patience ends; 0 while nothing is read.
    deadline: Arc<AtomicU64>,
}

impl Clock {
    /// A clock that is not wound.
    pub fn start() -> Clock {
        let (started, deadline) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let watched = Arc::clone(&deadline);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(TICK);
                let deadline = watched.load(Ordering::Relaxed);
                if deadline > 0 && since(started) > deadline {
                    #[expect(clippy::disallowed_methods, reason = "the thread that reads cannot be asked to stop")]
                    std::process::exit(TOO_LONG);
                }
            }
        });
        Clock { started, deadline }
    }

    /// So many seconds from now.
    pub fn wind(&self, seconds: u64) {
        let deadline = since(self.started).saturating_add(seconds.saturating_mul(1_000));
        self.deadline.store(deadline, Ordering::Relaxed);
    }

    /// There is time.
    pub fn stop(&self) {
        self.deadline.store(0, Ordering::Relaxed);
    }
}

fn since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
