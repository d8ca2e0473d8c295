//! `pipeline.toml`: where to read, where to write, how hard to work. Every key has a default.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::unpack::Columns;

/// All settings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What to read.
    pub corpus: Corpus,
    /// Dumps: JSON lines and Parquet with a text a row.
    pub columns: Columns,
    /// What to write.
    pub build: Build,
    /// What was reviewed.
    pub overlay: Reviewed,
}

/// Reviewed corrections.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reviewed {
    /// The file of corrections; none when it is empty.
    pub file: PathBuf,
}

/// What to read.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Corpus {
    /// Folders and files to walk.
    pub roots: Vec<PathBuf>,
    /// Globs over paths below a root; a file that fits none is not walked.
    pub include: Vec<String>,
    /// Globs over paths below a root; a file that fits one is not walked.
    pub exclude: Vec<String>,
    /// Whether to read what symbolic links point to.
    pub follow_symlinks: bool,
    /// Larger files are rejected unread.
    pub max_file_bytes: u64,
    /// A document, or the way to the next file in an archive, may take so long; not texts and web pages.
    pub max_seconds: u64,
    /// Whether to read the files in archives, crawls and dumps.
    pub archives: bool,
    /// Larger archives are rejected unread.
    pub max_archive_bytes: u64,
    /// An archive with more files than this is rejected.
    pub max_members: u64,
}

impl Default for Corpus {
    fn default() -> Corpus {
        Corpus {
            roots: vec![PathBuf::from("data/sample")],
            include: vec!["**".to_owned()],
            exclude: vec!["**/.*".to_owned()],
            follow_symlinks: false,
            max_file_bytes: 64 * 1024 * 1024,
            max_seconds: 30,
            archives: true,
            max_archive_bytes: 64 * 1024 * 1024 * 1024,
            max_members: 2_000_000,
        }
    }
}

/// What to write.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Build {
    /// The dataset's folder.
    pub out: PathBuf,
    /// Threads that read documents; 0 for one a processor.
    pub threads: usize,
    /// A build that holds more memory stops; 0 for no limit.
    pub max_memory_bytes: u64,
    /// Builds to keep, the current one included.
    pub keep: usize,
    /// Whether everything is read and made again, whatever the last build has kept.
    #[serde(skip)]
    pub full: bool,
    /// More rejects than this share of the documents, and the build is not made current.
    pub max_reject_ratio: f64,
}

impl Default for Build {
    fn default() -> Build {
        Build {
            out: PathBuf::from("out"),
            threads: 0,
            max_memory_bytes: 0,
            keep: 3,
            full: false,
            max_reject_ratio: 0.2,
        }
    }
}

/// Reads a file of settings.
///
/// # Errors
/// [`Error::Usage`] with the file, the line and, for an unknown key, the nearest known one.
pub fn load(path: &Path) -> Result<Config, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::Usage(format!("cannot read the configuration {}: {source}", path.display())))?;
    parse(&text).map_err(|message| Error::Usage(format!("{}:{message}", path.display())))
}

fn parse(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| describe(text, &error))?;
    if !(0.0..=1.0).contains(&config.build.max_reject_ratio) {
        let line = text.lines().position(|line| line.contains("max_reject_ratio")).map_or(1, |at| at + 1);
        return Err(format!("{line}: build.max_reject_ratio is a share from 0 to 1"));
    }
    Ok(config)
}

/// `LINE: what is wrong; did you mean …?`
fn describe(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let message = error.message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let hint = match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(unknown)) => {
            nearest(unknown, quoted).map_or_else(String::new, |known| format!("; did you mean `{known}`?"))
        }
        _ => String::new(),
    };
    // What the program calls a number says nothing to people.
    let message = ["usize", "u64"].iter().fold(message.to_owned(), |message, kind| {
        message.replace(&format!("expected {kind}"), "expected a whole number")
    });
    format!("{line}: {message}{hint}")
}

/// The word that another was probably meant to be.
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let likeness = |known: &str| similarity(word, known);
    known.max_by_key(|known| likeness(known)).filter(|known| likeness(known) > 600)
}

/// How alike two keys are, in thousandths.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a hint in a message"
)]
fn similarity(one: &str, other: &str) -> u32 {
    (strsim::jaro_winkler(one, other) * 1000.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let message = parse("[build]\nout = \"x\"\nthread = 2\n").unwrap_err();
        assert!(message.starts_with("3: unknown field `thread`"), "{message}");
        assert!(message.ends_with("did you mean `threads`?"), "{message}");
    }

    #[test]
    fn the_shipped_file_holds_the_defaults() {
        let shipped = parse(include_str!("../pipeline.toml")).unwrap();
        assert_eq!(format!("{shipped:?}"), format!("{:?}", Config::default()));
    }
}
