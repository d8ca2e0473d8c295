//! The program: arguments to configuration to run to exit status. All output to the terminal is here.

mod arguments;
mod help;
mod terminal;

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use arguments::{Arguments, BuildArguments, Command, LogFormat, ManifestArguments, ShardArguments};
use clap::{CommandFactory, Parser};
use nianbao::error::Error;
use nianbao::knowledge::{Knowledge, embedded_by};
use nianbao::reader::{self, Readers};
use nianbao::record::Reject;
use nianbao::tabulate::{schema, wide};
use nianbao::{config, inspect, model, page, publish, run, trace};
use serde_json::json;
use terminal::Bar;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long a signal waits for the documents that are being read.
const GRACE: std::time::Duration = std::time::Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let interrupt = || {
        run::INTERRUPTED.store(true, Ordering::Relaxed);
        // The dataset is safe at any instant: who does not stop by himself is stopped.
        std::thread::sleep(GRACE);
        #[expect(clippy::disallowed_methods, reason = "a document that takes long must not hold up a signal")]
        std::process::exit(130);
    };
    // Without a handler the signal ends the process, which is safe too.
    let _ = ctrlc::set_handler(interrupt);
    let json = matches!(&arguments.command, Command::Build(build) if build.log_format == LogFormat::Json);
    match execute(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line = json!({ "error": error.to_string(), "status": error.exit_status() });
            terminal::say(&if json { line.to_string() } else { format!("nianbao: {error}") });
            ExitCode::from(error.exit_status())
        }
    }
}

fn execute(command: Command) -> Result<(), Error> {
    match command {
        Command::Build(arguments) => build(&load()?, &arguments),
        Command::Inspect { file, json, text, html } => {
            let form = match html {
                Some(page) => Form::Html(page),
                None if json => Form::Json,
                None if text => Form::Text,
                None => Form::Lines,
            };
            inspect_file(&load()?, &file, &form)
        }
        Command::Cite { dataset, observation } => print(&trace::cite(&load()?, &dataset, &observation)?),
        Command::Explain { dataset, place, year, metric } => {
            let knowledge = load()?;
            let asked = trace::Cell { places: places(&knowledge, "--place", &[place])?, year, metric };
            print(&trace::explain(&knowledge, &dataset, &asked)?)
        }
        Command::Diff { old, new } => {
            let found = trace::diff(&load()?, &old, &new)?;
            print(&found.page)?;
            match found.unexplained {
                0 => Ok(()),
                count => Err(Error::Unexplained(count)),
            }
        }
        Command::Verify { dataset, corpus, config, progress } => {
            let mut config = settings(config.as_deref())?;
            if !corpus.is_empty() {
                config.corpus.roots = corpus;
            }
            let bar = Bar::new(progress, false);
            let verdict = run::verify(&load()?, &config, &dataset, &|done, all| bar.show(done, all))?;
            bar.finish();
            print(&verdict.page)?;
            if verdict.faults == 0 { Ok(()) } else { Err(Error::Unverified(verdict.faults)) }
        }
        Command::Manifest(arguments) => list(&load()?, arguments),
        Command::Shard(arguments) => shard(&load()?, &arguments),
        Command::Worker { manifest, seconds, config } => {
            let settings = || settings(config.as_deref());
            run::work(&load()?, manifest.as_deref(), settings, seconds)
        }
        Command::Reduce { run, manifest, out, max_reject_ratio, config } => {
            let mut config = settings(config.as_deref())?;
            config.build.out = out.unwrap_or(config.build.out);
            config.build.max_reject_ratio = max_reject_ratio.unwrap_or(config.build.max_reject_ratio);
            let manifest = manifest.unwrap_or_else(|| run.join("manifest.parquet"));
            let summary = run::reduce(&load()?, &config, &run, &manifest)?;
            print(&terminal::summary(&summary))
        }
        Command::Completions { shell } => print(&help::completions(&Arguments::command(), shell)),
        Command::Man { command } => print(&help::manual(&mut Arguments::command(), command.as_deref())?),
        Command::Reader => reader::serve().map_err(|source| Error::io("serve", Path::new("reader"), source)),
        Command::Schema { table, json } => print_schema(&load()?, table.as_deref(), json),
    }
}

fn load() -> Result<Knowledge, Error> {
    embedded_by(|places, words| rayon::join(places, words)).map_err(Error::Knowledge)
}

fn build(knowledge: &Knowledge, arguments: &BuildArguments) -> Result<(), Error> {
    if arguments.only.is_empty() && (arguments.years.is_some() || !arguments.places.is_empty()) {
        return Err(Error::Usage(
            "--years and --places select rows to make again: add --only counties,townships".to_owned(),
        ));
    }
    let mut config = settings(arguments.config.as_deref())?;
    if !arguments.corpus.is_empty() {
        config.corpus.roots.clone_from(&arguments.corpus);
    }
    let settings = &mut config.build;
    settings.out = arguments.out.clone().unwrap_or_else(|| settings.out.clone());
    settings.full = arguments.full;
    settings.threads = arguments.threads.unwrap_or(settings.threads);
    settings.keep = arguments.keep.unwrap_or(settings.keep);
    settings.max_reject_ratio = arguments.max_reject_ratio.unwrap_or(settings.max_reject_ratio);
    let json = arguments.log_format == LogFormat::Json;
    let bar = Bar::new(arguments.progress, arguments.quiet || json);
    let summary = if arguments.only.is_empty() {
        run::build(knowledge, &config, &|done, all| bar.show(done, all))?
    } else {
        let scope = run::Scope { years: arguments.years, places: places(knowledge, "--places", &arguments.places)? };
        run::remake(knowledge, &config, &tables(&arguments.only)?, &scope)?
    };
    bar.finish();
    summary.warnings.iter().for_each(|warning| terminal::say(&format!("nianbao: warning: {warning}")));
    if arguments.quiet {
        summary.stale.iter().for_each(|stale| terminal::say(&format!("nianbao: stale correction: {stale}")));
        return Ok(());
    }
    print(&if json { format!("{}\n", json!(summary)) } else { terminal::summary(&summary) })
}

fn list(knowledge: &Knowledge, arguments: ManifestArguments) -> Result<(), Error> {
    let ManifestArguments { corpus, out, shard_bytes, keep, config } = arguments;
    let mut config = settings(config.as_deref())?;
    config.corpus.roots = if corpus.is_empty() { config.corpus.roots } else { corpus };
    let kept = if keep { run::Manifest::kept(knowledge, &config, &out)? } else { None };
    let made = kept.map_or_else(|| run::list(knowledge, &config, &out, shard_bytes), Ok);
    let run::ManifestHead { version, inputs, bytes, shards, .. } = made?.head;
    print(&format!("{}\n", json!({ "version": version, "inputs": inputs, "bytes": bytes, "shards": shards })))
}

fn shard(knowledge: &Knowledge, arguments: &ShardArguments) -> Result<(), Error> {
    if let Some(version) = &arguments.expect_version {
        run::expect(version, "the run")?;
    }
    let ShardArguments { manifest, shard, of, out, threads, .. } = arguments;
    let task = run::Task { manifest: manifest.clone(), shard: *shard, of: *of, out: out.clone(), threads: *threads };
    let receipt = run::shard(knowledge, &task, &|_, _| {})?;
    print(&format!("{}\n", json!(receipt)))
}

/// The settings of a file, of pipeline.toml where it is there, or the defaults.
fn settings(file: Option<&Path>) -> Result<config::Config, Error> {
    let default = Path::new("pipeline.toml");
    match file {
        Some(path) => config::load(path),
        None if default.exists() => config::load(default),
        None => Ok(config::Config::default()),
    }
}

/// The tables that can be made alone, or an error that says which there are.
fn tables(names: &[String]) -> Result<Vec<String>, Error> {
    let alone = [wide::TABLES.as_slice(), &["checks", run::QUALITY]].concat();
    let Some(name) = names.iter().find(|name| !alone.contains(&name.as_str())) else { return Ok(names.to_vec()) };
    let why = if schema::names().contains(&name.as_str()) {
        "is made while documents are read: run the whole build"
    } else {
        "is no table"
    };
    Err(Error::Usage(format!("--only {name}: {name} {why}; --only takes {}", alone.join(", "))))
}

/// Codes of places given by code or full name.
fn places(knowledge: &Knowledge, flag: &str, names: &[String]) -> Result<Vec<u32>, Error> {
    const SUGGESTIONS: usize = 5;
    let gazetteer = &knowledge.gazetteer;
    let mut codes = Vec::new();
    for name in names {
        let known = codes.len();
        match name.parse::<u32>() {
            Ok(code) => codes.extend(gazetteer.with_code(code).first().map(|place| place.code)),
            Err(_) => codes.extend(gazetteer.named(&knowledge.variants.word(name)).map(|place| place.code)),
        }
        if codes.len() == known {
            let like = gazetteer.places().iter().filter(|place| !name.is_empty() && place.name.starts_with(name));
            let mut like: Vec<String> = like.map(|place| format!("{} {}", place.code, place.name)).collect();
            like.dedup();
            like.truncate(SUGGESTIONS);
            let hint = if like.is_empty() { String::new() } else { format!("; is it {}?", like.join(", ")) };
            return Err(Error::Usage(format!("{flag} {name}: no place has this code or full name{hint}")));
        }
    }
    codes.sort_unstable();
    codes.dedup();
    Ok(codes)
}

/// How one document is shown.
enum Form {
    Lines,
    Json,
    Text,
    /// A page, written to a file.
    Html(PathBuf),
}

fn inspect_file(knowledge: &Knowledge, file: &Path, form: &Form) -> Result<(), Error> {
    let refuse = |what: String| Error::io("read", file, std::io::Error::new(std::io::ErrorKind::InvalidData, what));
    let metadata = std::fs::metadata(file).map_err(|source| Error::io("read", file, source))?;
    let limit = config::Corpus::default().max_file_bytes;
    if !metadata.is_file() {
        return Err(refuse("it is not a file; inspect reads one report, build reads folders".to_owned()));
    }
    if metadata.len() > limit {
        return Err(refuse(format!("it is larger than {limit} bytes")));
    }
    let bytes = std::fs::read(file).map_err(|source| Error::io("read", file, source))?;
    let source = model::Source::of(file.display().to_string(), &bytes);
    let program = std::env::current_exe().map_err(|source| Error::io("find", file, source))?;
    let readers = Readers::new(program, config::Corpus::default().max_seconds);
    let beside = |name: &str| {
        let path = file.with_file_name(name);
        let fits = std::fs::metadata(&path).is_ok_and(|beside| beside.is_file() && beside.len() <= limit);
        fits.then(|| std::fs::read(path).ok()).flatten()
    };
    let record =
        run::document(knowledge, &readers, (source, &bytes), Some(run::Beside { bytes: &beside, lost: &|_| {} }))
            .map_err(|reject| {
                let Reject { stage, reason, detail } = reject;
                refuse(format!("{detail} ({}, stage {stage})", reason.name()))
            })?;
    match form {
        Form::Lines => print(&inspect::as_text(knowledge, &record)),
        Form::Json => print(&format!("{}\n", inspect::as_json(knowledge, &record))),
        Form::Text => print(&record.document.text),
        Form::Html(page) if std::fs::metadata(page).is_ok_and(|page| is_same(&page, &metadata)) => {
            Err(Error::Usage(format!("--html {}: the page would take the document's place", page.display())))
        }
        Form::Html(path) => publish::write(path, &page::document(knowledge, &record)),
    }
}

/// Whether two names lead to one file, be they links or not.
fn is_same(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn print_schema(knowledge: &Knowledge, table: Option<&str>, json: bool) -> Result<(), Error> {
    let tables: Vec<&str> =
        schema::names().into_iter().filter(|name| table.is_none_or(|table| table == *name)).collect();
    print(&terminal::schema(knowledge, &tables, json))
}

/// Prints a result; a reader that has gone away is no error.
fn print(text: &str) -> Result<(), Error> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io("write to", Path::new("standard output"), error))
        }
        _ => Ok(()),
    }
}
