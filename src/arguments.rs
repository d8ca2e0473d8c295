//! What can be asked on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use nianbao::run;
use nianbao::tabulate::schema;

use crate::help;
use crate::terminal::Progress;

/// Reads Chinese government information disclosure annual reports and publishes every figure in them as Parquet.
#[derive(Parser)]
#[command(version = run::VERSION, after_help = help::EXAMPLES, max_term_width = 80)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Read a corpus and publish the dataset
    Build(BuildArguments),
    /// Read one document and show what was found, with the words
    Inspect {
        /// The document
        file: PathBuf,
        /// Print the rows of the tables as JSON
        #[arg(long, conflicts_with = "text")]
        json: bool,
        /// Print the reading text that all offsets point into
        #[arg(long)]
        text: bool,
        /// Write a page with every figure marked in its own words, for a browser
        #[arg(long, value_name = "PAGE", conflicts_with_all = ["json", "text"])]
        html: Option<PathBuf>,
    },
    /// Show the words that state a published number, with the number marked
    Cite {
        /// The dataset's folder: what build was given as --out, or one build in it
        dataset: PathBuf,
        /// An `observation_id`, as in 06723acdf4f9b0a8/12
        observation: String,
    },
    /// Show every statement that a cell of counties or townships could rest on, and what decided between them
    Explain {
        /// The dataset's folder: what build was given as --out, or one build in it
        dataset: PathBuf,
        /// A county or township, by code or full name
        #[arg(long)]
        place: String,
        /// The report year
        #[arg(long, value_parser = year)]
        year: i16,
        /// A column: a series or a metric; all series without it
        #[arg(long)]
        metric: Option<String>,
    },
    /// Show every cell of the wide tables that differs between two builds, with the cause
    Diff {
        /// The older dataset or build
        old: PathBuf,
        /// The newer one
        new: PathBuf,
    },
    /// Read the raw files again and compare: every value, its words and every table, byte for byte
    Verify {
        /// The dataset's folder: what build was given as --out, or one build in it
        dataset: PathBuf,
        /// Folders and files that it was made from [default: corpus.roots of the configuration]
        #[arg(long)]
        corpus: Vec<PathBuf>,
        /// Settings that it was made with [default: pipeline.toml, when it is there]
        #[arg(long, env = "NIANBAO_CONFIG")]
        config: Option<PathBuf>,
        /// How to show progress
        #[arg(long, value_enum, default_value_t = Progress::Auto)]
        progress: Progress,
    },
    /// List the files of a corpus, with sizes, hashes and shards: what a cluster's job reads
    Manifest(ManifestArguments),
    /// Read one shard of a manifest into one part, and print its receipt
    Shard(ShardArguments),
    /// Answer batches of documents with batches of rows, as Arrow streams on standard input and output
    Worker {
        /// Settings and corrections of this list; those of the configuration without it, and rows as parts have them
        #[arg(long)]
        manifest: Option<PathBuf>,
        /// Time for one document
        #[arg(long, default_value_t = 120)]
        seconds: u64,
        /// Settings [default: pipeline.toml, when it is there]
        #[arg(long, env = "NIANBAO_CONFIG", conflicts_with = "manifest")]
        config: Option<PathBuf>,
    },
    /// Publish the dataset of a run whose shards have all been read
    Reduce {
        /// The folder of parts and receipts
        #[arg(long)]
        run: PathBuf,
        /// The list that was read [default: manifest.parquet in the folder of the run]
        #[arg(long)]
        manifest: Option<PathBuf>,
        /// The dataset's folder [default: build.out of the configuration]
        #[arg(long, env = "NIANBAO_OUT")]
        out: Option<PathBuf>,
        /// Share of documents that may be rejected
        #[arg(long, env = "NIANBAO_MAX_REJECT_RATIO", value_parser = share)]
        max_reject_ratio: Option<f64>,
        /// Settings [default: pipeline.toml, when it is there]
        #[arg(long, env = "NIANBAO_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Print what completes commands and flags in a shell, for its start-up file
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of one command, as in `nianbao man build | man -l -`
    Man {
        /// One command; the whole program without it
        command: Option<String>,
    },
    /// Read what others ask on standard input: documents and archives, in a process that may fail
    #[command(hide = true)]
    Reader,
    /// Print the data dictionary
    Schema {
        /// One table; all of them without it
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(schema::names()))]
        table: Option<String>,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args)]
pub(crate) struct ManifestArguments {
    /// Folders and files to list, or `s3://bucket/prefix` [default: corpus.roots of the configuration]
    pub(crate) corpus: Vec<PathBuf>,
    /// The list, a Parquet file; the lists of the shards lie beside it
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Bytes that one shard reads, more or less
    #[arg(long, value_name = "BYTES", default_value_t = run::SHARD_BYTES, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) shard_bytes: u64,
    /// Keep the list that is there already, if it is of these folders and settings: a run goes on as it began,
    /// whatever has come since
    #[arg(long)]
    pub(crate) keep: bool,
    /// Settings [default: pipeline.toml, when it is there]
    #[arg(long, env = "NIANBAO_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct ShardArguments {
    /// The list that `nianbao manifest` has made
    #[arg(long)]
    pub(crate) manifest: PathBuf,
    /// The shard's number, from 0
    #[arg(long)]
    pub(crate) shard: usize,
    /// How many shards the list has
    #[arg(long)]
    pub(crate) of: usize,
    /// Where parts and receipts lie: a folder, or `s3://bucket/prefix`
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Refuse to work unless this is the program's version, as `nianbao --version` prints it
    #[arg(long)]
    pub(crate) expect_version: Option<String>,
    /// Threads that read; whoever starts many shards at a time wants one
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
}

#[derive(clap::Args)]
pub(crate) struct BuildArguments {
    /// Folders and files to read, or `s3://bucket/prefix` [default: corpus.roots of the configuration]
    #[arg(conflicts_with = "only")]
    pub(crate) corpus: Vec<PathBuf>,
    /// The dataset's folder [default: build.out of the configuration]
    #[arg(long, env = "NIANBAO_OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Settings [default: pipeline.toml, when it is there]
    #[arg(long, env = "NIANBAO_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Make only these again, from the facts of the current build: counties, townships, years, checks (over two
    /// years), quality (the page)
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// With --only: rows of these report years, as in 2018 or 2018..2020
    #[arg(long, value_parser = years)]
    pub(crate) years: Option<(i16, i16)>,
    /// With --only: rows of these places and the places in them, by code or full name
    #[arg(long, value_delimiter = ',')]
    pub(crate) places: Vec<String>,
    /// Read everything again, whatever the last build has kept
    #[arg(long, conflicts_with = "only")]
    pub(crate) full: bool,
    /// Threads that read documents; 0 is one for each processor
    #[arg(long, env = "NIANBAO_THREADS")]
    pub(crate) threads: Option<usize>,
    /// Builds to keep, the current one included
    #[arg(long, env = "NIANBAO_KEEP")]
    pub(crate) keep: Option<usize>,
    /// Share of documents that may be rejected
    #[arg(long, env = "NIANBAO_MAX_REJECT_RATIO", value_parser = share)]
    pub(crate) max_reject_ratio: Option<f64>,
    /// Print errors only
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// How to show progress
    #[arg(long, value_enum, default_value_t = Progress::Auto)]
    pub(crate) progress: Progress,
    /// Lines for people, or JSON for programs: one line for the summary, or for the error
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

/// How a build says what it did.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

fn year(text: &str) -> Result<i16, String> {
    text.parse().map_err(|_| format!("{text} is no year; write 2018"))
}

fn years(text: &str) -> Result<(i16, i16), String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let one = |text: &str| {
        year(text.trim_start_matches('=')).map_err(|_| format!("{text} is no year; write 2018 or 2018..2020"))
    };
    let (first, last) = (one(first)?, one(last)?);
    if first > last { Err(format!("{first} is after {last}")) } else { Ok((first, last)) }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().map_err(|error| error.to_string())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("it is a share from 0 to 1".to_owned()) }
}
