//! Readers: processes of this program that open what strangers made.
//!
//! A document or an archive can be made so that its reader runs out of stack, out of memory or in circles, and none of
//! these can be caught within a process. So documents ([`crate::open`]) and containers ([`crate::unpack`]) are read by
//! `nianbao reader`: the same program, with a limit on memory and on time, started once and fed many files. Its parent
//! asks and waits; when the reader is gone, the file that it read is a row of rejects and the next file has a new one.
//!
//! Both sides speak in frames: one line of JSON, followed by as many bytes as it says.

mod pool;
mod serve;

pub use pool::{Given, Readers};
pub use serve::{Clock, serve};

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};

use crate::decode::Container;
use crate::medium::Media;
use crate::record::{Reason, Reject};
use crate::unpack::{Columns, Limits};

/// Exit status of a reader that took too long.
pub const TOO_LONG: i32 = 124;

/// What the parent asks.
#[derive(Debug, Serialize, Deserialize)]
enum Request {
    /// Make a page of the document whose bytes follow.
    Open { media: Media, seconds: u64 },
    /// Give the members of the file whose path follows.
    Unpack { container: Container, name: String, limits: Limits, columns: Columns, seconds: u64 },
}

/// What the reader answers.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    /// The page's markup follows.
    Page { errors: u32 },
    /// A member; its bytes follow.
    Member { name: String, url: Option<String> },
    /// A member that could not be had.
    Lost { name: String, url: Option<String>, stage: Stage, reason: Reason, detail: String },
    /// All members were given.
    End,
    /// There is no page, or no further member.
    Refused { stage: Stage, reason: Reason, detail: String },
}

/// The stages that a reader works for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Stage {
    Read,
    Decode,
}

impl Stage {
    fn of(reject: &Reject) -> Stage {
        if reject.stage == "read" { Stage::Read } else { Stage::Decode }
    }

    fn reject(self, reason: Reason, detail: String) -> Reject {
        let stage = match self {
            Stage::Read => "read",
            Stage::Decode => "decode",
        };
        Reject { stage, reason, detail }
    }
}

/// A line and how many bytes follow it.
#[derive(Serialize, Deserialize)]
struct Frame<T> {
    says: T,
    bytes: u64,
}

fn send<T: Serialize>(stream: &mut impl Write, says: T, bytes: &[u8]) -> io::Result<()> {
    serde_json::to_writer(&mut *stream, &Frame { says, bytes: bytes.len() as u64 })?;
    stream.write_all(b"\n")?;
    stream.write_all(bytes)?;
    stream.flush()
}

/// The next frame, or `None` where the other side has gone.
fn receive<T: for<'d> Deserialize<'d>>(stream: &mut impl BufRead) -> io::Result<Option<(T, Vec<u8>)>> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let frame: Frame<T> = serde_json::from_slice(&line)?;
    let mut bytes = Vec::new();
    stream.take(frame.bytes).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != frame.bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some((frame.says, bytes)))
}
