//! Why a run published nothing.

use std::fmt;
use std::path::{Path, PathBuf};

/// What stops a run; a fault of one document is a row of rejects instead.
#[derive(Debug)]
pub enum Error {
    /// Usage or configuration: the file, the place and what to do. Exit status 2.
    Usage(String),
    /// The disk said no. Exit status 1.
    Io {
        /// What we were doing, as in "cannot … PATH".
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// A table could not be made. Exit status 1.
    Table {
        /// Which.
        table: String,
        /// Why.
        source: polars::error::PolarsError,
    },
    /// Another run holds the dataset. Exit status 1.
    Locked(String),
    /// The program's own data contradicts itself. Exit status 1.
    Knowledge(String),
    /// Built, but not made current: too many rejects, or books that do not balance. Exit status 3.
    Gate {
        /// What is wrong.
        reason: String,
        /// Where the build lies.
        build: PathBuf,
    },
    /// Two builds differ in so many cells for no cause that is known. Exit status 1.
    Unexplained(usize),
    /// A dataset is not what its corpus says, in so many ways. Exit status 1.
    Unverified(usize),
    /// A build holds more memory than it may, in bytes. Exit status 1.
    Memory {
        /// What it holds.
        held: u64,
        /// What it may.
        most: u64,
    },
    /// A file is not what was listed. Exit status 66.
    Changed(PathBuf),
    /// A manifest, a receipt or a part that does not fit the others. Exit status 66.
    Run(String),
    /// Another version of the program is expected. Exit status 64.
    Version(String),
    /// What is asked of a worker is not understood. Exit status 65.
    Schema(String),
    /// SIGINT or SIGTERM. Exit status 130.
    Interrupted,
}

impl Error {
    /// An error of the disk, with what we were doing.
    pub fn io(doing: &'static str, path: &Path, source: std::io::Error) -> Error {
        Error::Io { doing, path: path.to_owned(), source }
    }

    /// An error of a table.
    pub fn table(table: &str, source: polars::error::PolarsError) -> Error {
        Error::Table { table: table.to_owned(), source }
    }

    /// The exit status that contract and documentation promise.
    pub fn exit_status(&self) -> u8 {
        match self {
            Error::Usage(_) => 2,
            Error::Gate { .. } => 3,
            Error::Version(_) => 64,
            Error::Schema(_) => 65,
            Error::Changed(_) | Error::Run(_) => 66,
            Error::Interrupted => 130,
            Error::Io { .. }
            | Error::Table { .. }
            | Error::Locked(_)
            | Error::Knowledge(_)
            | Error::Unexplained(_)
            | Error::Unverified(_)
            | Error::Memory { .. } => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage(message)
            | Error::Locked(message)
            | Error::Run(message)
            | Error::Version(message)
            | Error::Schema(message) => {
                write!(formatter, "{message}")
            }
            Error::Changed(path) => {
                write!(formatter, "{} is not what was listed: list again", path.display())
            }
            Error::Io { doing, path, source } => write!(formatter, "cannot {doing} {}: {source}", path.display()),
            Error::Table { table, source } => write!(formatter, "cannot make the table {table}: {source}"),
            Error::Knowledge(message) => {
                write!(formatter, "the data compiled into this program is at fault: {message}")
            }
            Error::Gate { reason, build } => {
                write!(formatter, "{reason}; the build was not made current, it lies in {}", build.display())
            }
            Error::Unexplained(count) => {
                write!(formatter, "{count} cells changed although documents, rules and places are the same")
            }
            Error::Unverified(count) => write!(formatter, "{count} faults: the dataset is not what its corpus says"),
            Error::Memory { held, most } => write!(
                formatter,
                "the build holds {held} bytes of memory, and build.max_memory_bytes allows {most}: allow more, or build \
                 parts of the corpus as datasets of their own; the current dataset is as it was"
            ),
            Error::Interrupted => write!(formatter, "interrupted; what was there is as it was"),
        }
    }
}

impl std::error::Error for Error {}
