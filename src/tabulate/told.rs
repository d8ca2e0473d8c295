//! The chosen figures of reports, read back from the published facts in one pass and kept on disk: tables want them place
//! by place, facts have them path by path, and all of them are larger than memory.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, LazyFrame, PolarsResult, col, lit};

use super::files;
use super::speakers::Report;
use crate::check::years::{Figure, Figures};
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::model::{ApplicantId, Bound, MetricId, TOTAL};
use crate::number::ONE;

/// Bits of an entry's head beside its metric: whole, bound, of another year, applicant.
const BITS: u32 = 8;

/// A chosen figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    metric: MetricId,
    applicant: Option<ApplicantId>,
    /// Whether its sentence names another year than the report's.
    of_other_year: bool,
    figure: Figure,
}

/// Figures of one report that the wide tables use, sorted by metric.
#[derive(Debug, Clone, Default)]
pub(super) struct Chosen(Vec<(MetricId, i64, Bound)>);

impl Chosen {
    pub(super) fn get(&self, metric: MetricId) -> Option<(i64, Bound)> {
        let at = self.0.binary_search_by_key(&metric, |(known, ..)| *known).ok()?;
        self.0.get(at).map(|(_, value, bound)| (*value, *bound))
    }

    /// Metrics and values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (MetricId, i64)> {
        self.0.iter().map(|(metric, value, _)| (*metric, *value))
    }
}

/// The chosen figures of all reports.
pub(super) struct Told {
    /// Has no name, and goes with the process.
    file: File,
    /// Where it lies.
    folder: PathBuf,
    /// For each report, where its figures begin in the file and how many bytes they are.
    places: Vec<(u64, usize)>,
    total: Option<ApplicantId>,
}

impl Told {
    /// Gathers the figures of reports: those without applicants or of all of them, and all of some metrics.
    ///
    /// # Errors
    /// When the facts cannot be read, or the disk refuses.
    pub(super) fn gather(
        knowledge: &Knowledge,
        facts: &Path,
        reports: &[Report],
        metrics: &BTreeSet<MetricId>,
        folder: &Path,
    ) -> Result<Told, Error> {
        let file = tempfile::tempfile_in(folder).map_err(|source| Error::io("write in", folder, source))?;
        let wanted = metrics.iter().map(|metric| col("metric").eq(lit(knowledge.catalogue.metric(*metric).id)));
        let total = col("applicant").is_null().or(col("applicant").eq(lit(TOTAL)));
        let wanted = wanted.fold(total, |any, one| any.or(one));
        let columns = ["report_id", "observation_id", "metric", "applicant", "value", "bound", "stated_year"];
        let query = |rows: LazyFrame| {
            let chosen = col("chosen").and(col("value").is_not_null()).and(wanted.clone());
            rows.filter(chosen).select(columns.map(col))
        };
        let mut gathering = Gathering {
            knowledge,
            rows: (0..).zip(reports).map(|(row, report)| (&*report.report_id, row)).collect(),
            open: None,
            entries: Vec::new(),
            out: BufWriter::new(&file),
            folder,
            places: vec![(0, 0); reports.len()],
            end: 0,
        };
        for rows in files::stretches("observations", &facts.join("observations.parquet"), &query)? {
            gathering.add(&rows?)?;
        }
        gathering.close()?;
        gathering.out.flush().map_err(|source| Error::io("write in", folder, source))?;
        let places = std::mem::take(&mut gathering.places);
        drop(gathering);
        let total = knowledge.cells.applicants.iter().position(|applicant| applicant.id == TOTAL);
        let total = total.and_then(|total| ApplicantId::try_from(total).ok());
        Ok(Told { file, folder: folder.to_owned(), places, total })
    }

    fn entries(&self, report: usize) -> Result<Vec<Entry>, Error> {
        let (start, length) = self.places.get(report).copied().unwrap_or_default();
        let mut bytes = vec![0; length];
        let read = self.file.read_exact_at(&mut bytes, start);
        read.map_err(|source| Error::io("read in", &self.folder, source))?;
        Ok(unpacked(&bytes))
    }

    /// What the wide tables use of a report: of metrics with applicants the total.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn chosen(&self, report: usize) -> Result<Chosen, Error> {
        let mut entries = self.entries(report)?;
        entries.retain(|entry| entry.applicant.is_none() || entry.applicant == self.total);
        // Of two the one that is stated last.
        entries.sort_by_key(|entry| (entry.metric, std::cmp::Reverse(entry.figure.number)));
        entries.dedup_by_key(|entry| entry.metric);
        let one = |entry: Entry| (entry.metric, entry.figure.value, entry.figure.bound);
        Ok(Chosen(entries.into_iter().map(one).collect()))
    }

    /// What checks over two years use: figures of the report's own year, with all columns.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn figures(&self, report: usize) -> Result<Figures, Error> {
        let own = self.entries(report)?.into_iter().filter(|entry| !entry.of_other_year);
        Ok(own.map(|entry| ((entry.metric, entry.applicant), entry.figure)).collect())
    }
}

/// The pass over the observations.
struct Gathering<'g> {
    knowledge: &'g Knowledge,
    /// Reports by their ids.
    rows: HashMap<&'g str, usize>,
    /// The report whose figures are being read, and these: they stand together.
    open: Option<usize>,
    entries: Vec<Entry>,
    out: BufWriter<&'g File>,
    folder: &'g Path,
    places: Vec<(u64, usize)>,
    end: u64,
}

impl Gathering<'_> {
    fn add(&mut self, frame: &DataFrame) -> Result<(), Error> {
        let fault = |source| Error::table("observations", source);
        let mut last: Option<&str> = None;
        for (id, entry) in entries(self.knowledge, frame).map_err(fault)? {
            if last != id {
                last = id;
                let row = id.and_then(|id| self.rows.get(id).copied());
                if row != self.open {
                    self.close()?;
                    self.open = row;
                }
            }
            self.entries.extend(entry.filter(|_| self.open.is_some()));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        let Some(row) = self.open.take() else { return Ok(()) };
        self.entries.sort_by_key(|entry| (entry.metric, entry.applicant));
        let bytes = packed(&self.entries);
        self.entries.clear();
        self.places[row] = (self.end, bytes.len());
        self.end += bytes.len() as u64;
        self.out.write_all(&bytes).map_err(|source| Error::io("write in", self.folder, source))
    }
}

/// The report of each row, and its figure.
fn entries<'f>(knowledge: &Knowledge, frame: &'f DataFrame) -> PolarsResult<Vec<(Option<&'f str>, Option<Entry>)>> {
    let text = |name: &str| frame.column(name)?.str();
    let (reports, ids, metrics) = (text("report_id")?, text("observation_id")?, text("metric")?);
    let (applicants, bounds, values) = (text("applicant")?, text("bound")?, frame.column("value")?.f64()?);
    let years = frame.column("stated_year")?;
    let applicant = |name: &str| {
        let at = knowledge.cells.applicants.iter().position(|applicant| applicant.id == name)?;
        ApplicantId::try_from(at).ok()
    };
    let years = years.is_not_null();
    let entry = |at: usize| {
        let metric = knowledge.catalogue.find(metrics.get(at)?)?;
        let bound = bounds.get(at).and_then(|name| Bound::ALL.into_iter().find(|bound| bound.name() == name));
        let number = ids.get(at)?.rsplit('/').next()?.parse().ok()?;
        let value = ten_thousandths(values.get(at)?);
        Some(Entry {
            metric,
            applicant: applicants.get(at).and_then(applicant),
            of_other_year: years.get(at) == Some(true),
            figure: Figure { value, bound: bound.unwrap_or(Bound::Exact), number },
        })
    };
    Ok((0..frame.height()).map(|at| (reports.get(at), entry(at))).collect())
}

/// Entries as numbers of seven bits a byte, those that go on with the eighth: how far the metric is from the last one,
/// with what else is told in a few bits; the value; its number.
fn packed(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(6 * entries.len());
    let mut push = |mut number: u64| {
        while number >= 0x80 {
            bytes.push(0x80 | number.to_le_bytes()[0]);
            number >>= 7;
        }
        bytes.push(number.to_le_bytes()[0]);
    };
    let mut last = 0;
    for Entry { metric, applicant, of_other_year, figure: Figure { value, bound, number } } in entries {
        let bound = (0..).zip(Bound::ALL).find(|(_, known)| known == bound).map_or(0_u64, |(at, _)| at);
        let applicant = applicant.map_or(0, |applicant| u64::from(applicant) + 1);
        let is_whole = value % ONE == 0;
        let value = if is_whole { value / ONE } else { *value };
        let told = u64::from(is_whole) | bound << 1 | u64::from(*of_other_year) << 3 | applicant << 4;
        push(u64::from(metric - last) << BITS | told);
        push(((value << 1) ^ (value >> 63)).cast_unsigned());
        push(u64::from(*number));
        last = *metric;
    }
    bytes
}

fn unpacked(bytes: &[u8]) -> Vec<Entry> {
    let mut bytes = bytes.iter();
    let mut next = || {
        let mut number = 0;
        for (byte, shift) in bytes.by_ref().zip((0..).step_by(7)) {
            number |= u64::from(byte & 0x7F) << shift;
            if *byte < 0x80 {
                return Some(number);
            }
        }
        None
    };
    let (mut entries, mut metric) = (Vec::new(), 0);
    while let (Some(head), Some(value), Some(number)) = (next(), next(), next()) {
        metric += MetricId::try_from(head >> BITS).unwrap_or(0);
        let value = (value >> 1).cast_signed() ^ -(value & 1).cast_signed();
        let bound = (0..).zip(Bound::ALL).find(|(at, _)| *at == head >> 1 & 3).map_or(Bound::Exact, |(_, bound)| bound);
        let value = if head & 1 > 0 { value * ONE } else { value };
        entries.push(Entry {
            metric,
            applicant: (head >> 4 & 0xF).checked_sub(1).and_then(|applicant| ApplicantId::try_from(applicant).ok()),
            of_other_year: head & 8 > 0,
            figure: Figure { value, bound, number: u32::try_from(number).unwrap_or(0) },
        });
    }
    entries
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "undoes the one conversion to Float64, exactly below 2^53"
)]
fn ten_thousandths(value: f64) -> i64 {
    (value * 10_000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_the_same_again() {
        let values = [0, 1, -1, ONE, -ONE, 12_345, 3_000_000 * ONE, i64::MAX, i64::MIN, i64::MAX / ONE * ONE];
        let entry = |(at, value): (u16, i64)| Entry {
            metric: at / 2 * 97,
            applicant: u8::try_from(at).ok().filter(|at| *at < 7),
            of_other_year: at % 2 == 0,
            figure: Figure { value, bound: Bound::ALL[usize::from(at) % 3], number: u32::from(at) * 1_000 },
        };
        let entries: Vec<Entry> = (0_u16..).zip(values).map(entry).collect();
        assert_eq!(unpacked(&packed(&entries)), entries);
        assert_eq!(unpacked(&[]), []);
    }
}
