//! The end of a run: its page and manifest, the gates, and the switch.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::proceed::{memory, proceed};
use super::{Summary, manifest};
use crate::config::Config;
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::page::{Changes, Head, Quality, Since};
use crate::publish::{self, Dataset};
use crate::tabulate::books::Books;

/// The page of a build, and of the dataset.
pub(super) const PAGE: &str = "quality.html";

/// What is only known at the end of a run; the dataset is published by then, and nothing here can take it back.
pub(super) fn ended(mut summary: Summary, out: &Path, started: Instant) -> Summary {
    summary.seconds = started.elapsed().as_secs_f64();
    summary.page = out.join(PAGE);
    // Lost, or never written: what the build says of itself is better than nothing.
    if !summary.page.is_file() {
        let shown = std::fs::read_to_string(summary.published.join(PAGE))
            .map_err(|source| Error::io("read", &summary.published.join(PAGE), source))
            .and_then(|page| publish::replace(&summary.page, &page));
        summary.warnings.extend(shown.err().map(|error| error.to_string()));
    }
    if let Err(error) = write_run(out, &summary) {
        summary.warnings.push(error.to_string());
    }
    summary
}

/// Writes the page and the manifest, passes the gates, makes the build current and removes old ones.
pub(super) fn finish(
    knowledge: &Knowledge,
    dataset: &Dataset,
    part: &Path,
    config: &Config,
    summary: &mut Summary,
) -> Result<(), Error> {
    let page = paged(knowledge, part, summary, dataset.current())?;
    let manifest = manifest(summary, part)?;
    publish::write(&part.join("manifest.json"), &format!("{manifest:#}\n"))?;
    summary.unchanged = dataset.current().is_some_and(|current| current.ends_with(&summary.build_id));
    let (build, mended) = dataset.keep(part, &summary.build_id)?;
    if mended {
        let path = build.display();
        summary.warnings.push(format!("{path} was not as it was published, and was made again: look at the disk"));
    }
    gates(config, summary, &build)?;
    proceed(config)?;
    if !summary.unchanged {
        dataset.switch(&summary.build_id)?;
        // It tells what changed, which no build alone can.
        if let Err(error) = publish::replace(&config.build.out.join(PAGE), &page) {
            summary.warnings.push(error.to_string());
        }
    }
    summary.pruned = dataset.prune(config.build.keep)?;
    summary.published = build;
    Ok(())
}

/// Writes the page of a build; returns it with what changed since the one before.
pub(super) fn paged(
    knowledge: &Knowledge,
    part: &Path,
    summary: &mut Summary,
    before: Option<PathBuf>,
) -> Result<String, Error> {
    let since = match before.map(|before| Changes::between(&before, part)).transpose() {
        Ok(changes) => changes.map_or(Since::Nothing, |changes| Since::Build(Box::new(changes))),
        Err(error) => {
            summary.warnings.push(format!("{error}: {PAGE} does not tell what changed"));
            Since::Untold
        }
    };
    let head = Head {
        build_id: &summary.build_id,
        books: &summary.books,
        placed: summary.placed,
        reasons: &summary.reasons,
        rows: &summary.rows,
        corrections: (summary.corrected, &summary.stale),
    };
    let quality = Quality::of(knowledge, part, head)?;
    publish::write(&part.join(PAGE), &quality.page(&Since::Untold))?;
    Ok(quality.page(&since))
}

/// What a build must pass to be current: balanced books, and not too many rejects.
pub(super) fn gates(config: &Config, summary: &Summary, build: &Path) -> Result<(), Error> {
    let build = build.to_owned();
    let books = summary.books;
    let archives = summary.archives.iter().map(|(path, books)| (format!(" of {path}"), books));
    if let Some((place, books)) = [(String::new(), &books)].into_iter().chain(archives).find(|(_, one)| !one.balance())
    {
        let Books { walked, reports, not_reports, duplicates, rejected } = books;
        let reason = format!(
            "the books{place} do not balance: walked {walked} is not {reports} reports + {not_reports} others + {duplicates} copies + {rejected} rejects"
        );
        return Err(Error::Gate { reason, build });
    }
    if exceeds(books.rejected, books.walked, config.build.max_reject_ratio) {
        let why: Vec<String> = summary.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let reason = format!(
            "{} of {} documents were rejected ({}), more than build.max_reject_ratio = {} allows",
            books.rejected,
            books.walked,
            why.join(", "),
            config.build.max_reject_ratio
        );
        return Err(Error::Gate { reason, build });
    }
    Ok(())
}

#[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "a share is compared, never published")]
fn exceeds(part: usize, whole: usize, ratio: f64) -> bool {
    part as f64 > whole as f64 * ratio
}

/// What may differ between identical builds goes beside them, not into them.
fn write_run(out: &Path, summary: &Summary) -> Result<(), Error> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let run = json!({
        "build_id": summary.build_id,
        "seconds": summary.seconds,
        "documents": summary.books.walked,
        "peak_memory_bytes": memory("VmHWM:"),
        "host": host.trim(),
    });
    publish::write(&out.join("run.json"), &format!("{run:#}\n"))
}
