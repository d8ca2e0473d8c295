//! What people see while and after a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nianbao::knowledge::Knowledge;
use nianbao::run::Summary;
use nianbao::tabulate::books::Books;
use nianbao::tabulate::schema;
use serde_json::json;

/// Seconds between two lines of progress.
const PAUSE: u64 = 5;

/// How to show progress.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Progress {
    /// A bar on a terminal, lines elsewhere
    Auto,
    /// A line every few seconds
    Plain,
    /// Nothing
    Never,
}

/// Shows how far a build is.
pub(crate) struct Bar {
    bar: Option<ProgressBar>,
    plain: bool,
    started: Instant,
    /// Seconds after the start at which the last line was printed.
    last_line: AtomicU64,
}

impl Bar {
    /// A bar for a terminal, lines for a log, or nothing.
    pub(crate) fn new(progress: Progress, quiet: bool) -> Bar {
        let terminal = std::io::stderr().is_terminal();
        let shown = !quiet && progress != Progress::Never;
        let bar = (shown && terminal && progress == Progress::Auto).then(|| {
            let style = "{spinner} {pos}/{len} documents {wide_bar} {per_sec} {eta} left";
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Bar { plain: shown && bar.is_none(), bar, started: Instant::now(), last_line: AtomicU64::new(0) }
    }

    /// So many of all documents are read.
    pub(crate) fn show(&self, done: usize, all: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
            if done == all {
                bar.set_style(
                    ProgressStyle::with_template("{spinner} {len} documents read, making tables")
                        .unwrap_or_else(|_| ProgressStyle::default_bar()),
                );
            }
        } else if self.plain {
            let now = self.started.elapsed().as_secs();
            let last = self.last_line.load(Ordering::Relaxed);
            let due = now >= last + PAUSE;
            // Of several threads that find a line due, one prints it.
            if due && self.last_line.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                say(&format!("nianbao: {done} of {all} documents read"));
            }
        }
    }

    /// The work is done.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Prints a message; nobody listening is no error.
pub(crate) fn say(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// The last lines of a build.
#[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "a rate for people")]
pub(crate) fn summary(summary: &Summary) -> String {
    let books = summary.books;
    let mut page = String::new();
    let counts = |counts: &BTreeMap<String, usize>| {
        let mut counts: Vec<(&String, &usize)> = counts.iter().collect();
        counts.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
        counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
    };
    let mut line = |name: &str, text: String| {
        let _ = writeln!(page, "{name:<12} {text}");
    };
    let state = if summary.unchanged { "unchanged, already current" } else { "now current" };
    let published = format!("{} ({state})", summary.published.display());
    if !summary.made.is_empty() {
        line("made", format!("rows of {}; the others are as they were", counts(&summary.made)));
        overlay(summary).into_iter().for_each(|(name, text)| line(name, text));
        line("page", summary.page.display().to_string());
        line("published", published);
        return page;
    }
    line("documents", format!("{} walked", books.walked));
    line("reports", format!("{} ({} with a place)", books.reports, summary.placed));
    line(
        "others",
        format!("{} not reports, {} copies, {} rejected", books.not_reports, books.duplicates, books.rejected),
    );
    if let Some(read) = &summary.read {
        let count: usize = read.values().sum();
        let why: Vec<String> = read.iter().map(|(why, count)| format!("{count} {why}")).collect();
        let kept = match count {
            0 => "none: all are as the last build left them".to_owned(),
            count => format!("{count} of {} ({})", books.walked, why.join(", ")),
        };
        line("read", kept);
    }
    if !summary.reasons.is_empty() {
        line("rejected", counts(&summary.reasons));
    }
    line("encodings", counts(&summary.encodings));
    line("forms", counts(&summary.formats));
    line("checks", format!("{} assessed, {} failed", summary.checks.0, summary.checks.1));
    overlay(summary).into_iter().for_each(|(name, text)| line(name, text));
    line("rows", counts(&summary.rows));
    let rate = books.walked as f64 / summary.seconds.max(0.001);
    line("time", format!("{:.2} s, {rate:.0} documents a second", summary.seconds));
    let Books { walked, reports, not_reports, duplicates, rejected } = books;
    line(
        "books",
        format!(
            "{walked} walked = {reports} reports + {not_reports} not reports + {duplicates} copies + {rejected} rejected"
        ),
    );
    line("page", summary.page.display().to_string());
    line("published", published);
    page
}

/// What became of the reviewed corrections.
fn overlay(summary: &Summary) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if summary.corrected > 0 || !summary.stale.is_empty() {
        lines.push(("overlay", format!("{} corrections applied, {} stale", summary.corrected, summary.stale.len())));
    }
    lines.extend(summary.stale.iter().map(|stale| ("stale", stale.clone())));
    lines
}

/// The data dictionary of some tables.
pub(crate) fn schema(knowledge: &Knowledge, tables: &[&str], json: bool) -> String {
    let columns = |table: &str| schema::columns(&knowledge.catalogue, table);
    if json {
        let table = |name: &&str| {
            let fields: Vec<_> = columns(name)
                .into_iter()
                .map(|column| json!({"name": column.name, "type": column.kind.name(), "unit": column.unit, "en": column.en, "zh": column.zh}))
                .collect();
            json!({"table": name, "columns": fields})
        };
        return format!("{:#}\n", serde_json::Value::from(tables.iter().map(table).collect::<Vec<_>>()));
    }
    let mut page = String::new();
    for table in tables {
        let _ = writeln!(page, "{table}");
        for column in columns(table) {
            let unit = if column.unit.is_empty() { String::new() } else { format!(" [{}]", column.unit) };
            let _ = writeln!(page, "  {:<40} {:<8} {}{unit}", column.name, column.kind.name(), column.en);
        }
        page.push('\n');
    }
    page
}
