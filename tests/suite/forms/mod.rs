//! Every form in every shape and encoding, with figures of our own: what the text still holds is read exactly, and
//! what it has lost is never guessed.

mod figures;
mod render;
mod template;
mod traps;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use figures::{Figure, Figures, Kind, make, printed};
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::model::Source;
use nianbao::record::{CheckResult, Record, Status};
use nianbao::report::read;
use proptest::prelude::*;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use render::{Encoding, Shape, render, report};
use template::{Cell, Part, load, without_column};

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| embedded().unwrap());

/// The forms, with a year in which each was used and the format that is told.
const FORMS: [(&str, i16, &str); 8] = [
    ("indicator_table", 2011, "indicator_table"),
    ("indicator_table_fujian", 2009, "indicator_table"),
    ("indicator_table_dingxi", 2012, "indicator_table"),
    ("stat_table_2014", 2016, "stat_table_2014"),
    ("stat_table_2014_anhui", 2016, "stat_table_2014"),
    ("statutory_2019", 2020, "statutory_2019"),
    ("statutory_2019_wuhan", 2020, "statutory_2019"),
    ("statutory_2021", 2022, "statutory_2021"),
];

/// Puts the figures into their places.
fn fill(parts: &[Part], figures: &Figures) -> Vec<Part> {
    let cell = |cell: &Cell| {
        let mut cell = cell.clone();
        if let Some((before, rest)) = cell.text.split_once('{') {
            let (place, after) = rest.split_once('}').unwrap();
            cell.text = format!("{before}{}{after}", printed(&KNOWLEDGE, place, figures[place]));
        }
        cell
    };
    let part = |part: &Part| match part {
        Part::Heading(heading) => Part::Heading(heading.clone()),
        Part::Table(rows) => Part::Table(rows.iter().map(|row| row.iter().map(cell).collect()).collect()),
    };
    parts.iter().map(part).collect()
}

/// What must be found: metric and applicant, with the value.
type Truth = BTreeMap<(String, Option<String>), Option<i64>>;

fn truth(figures: &Figures) -> Truth {
    let mut truth = Truth::new();
    for (place, figure) in figures {
        let value = match figure {
            Figure::Number(value) => Some(*value),
            Figure::None => Some(0),
            Figure::Blank | Figure::Dash => None,
        };
        let (metric, column) = place.split_once('@').map_or((place.as_str(), None), |(one, two)| (one, Some(two)));
        if metric.contains(':') || metric == "table_unmapped" {
            continue;
        }
        match column {
            // Levels are summed.
            Some("1" | "2" | "3") => {
                let sum = truth.entry((metric.to_owned(), None)).or_insert(Some(0));
                *sum = sum.zip(value).map(|(sum, value)| sum + value);
            }
            column => {
                truth.insert((metric.to_owned(), column.map(str::to_owned)), value);
            }
        }
    }
    truth
}

fn record(text: &str, encoding: Encoding, path: &str) -> Record {
    let bytes = encoding.encode(text);
    let source = Source::of(path, b"");
    read(&KNOWLEDGE, source, &bytes).unwrap()
}

/// Figures of the tables as read, with everything wrong about them.
fn compare(record: &Record, truth: &Truth) -> (usize, Vec<String>) {
    let mut right = std::collections::BTreeSet::new();
    let mut wrong = Vec::new();
    for observation in &record.observations {
        let metric = KNOWLEDGE.catalogue.metric(observation.metric).id;
        let applicant = observation.applicant.map(|at| KNOWLEDGE.cells.applicants[usize::from(at)].id.clone());
        let key = (metric.to_owned(), applicant);
        let Some(value) = observation.value.filter(|_| metric != "table_unmapped") else { continue };
        if truth.get(&key) == Some(&Some(value)) {
            right.insert(key);
        } else {
            wrong.push(format!("{key:?} = {value}, not {:?}", truth.get(&key)));
        }
    }
    (right.len(), wrong)
}

/// What reading one shape of a form in all encodings gave.
#[derive(Default)]
struct Tally {
    /// Figures found, of those that the text still holds.
    found: usize,
    held: usize,
    wrong: usize,
    faults: Vec<String>,
}

impl Tally {
    fn read(&mut self, form: &Filled, shape: Shape, encoding: Encoding, format: &str) {
        let text = report(&render(&form.parts, shape), form.year, shape);
        let record = record(&text, encoding, "any/report.txt");
        let (right, wrong) = compare(&record, &form.truth);
        let case = format!("{} {shape:?} {encoding:?} {:?}", form.form, form.kind);
        self.faults.extend(wrong.iter().map(|fault| format!("{case}: {fault}")));
        self.wrong += wrong.len();
        let whole = shape.is_whole() && (form.kind != Kind::Marks || shape.keeps_blanks());
        let all = if whole { form.truth.values().flatten().count() } else { 0 };
        // Where an empty cell leaves no trace, nobody can say how much a text with empty cells still holds.
        if whole || !shape.is_whole() {
            (self.found, self.held) = (self.found + right, self.held + all);
        }
        // The figures obey the hard identities, and so must what is read.
        let hard = |result: &&CheckResult| KNOWLEDGE.rules.checks[usize::from(result.check)].severity == "hard";
        let checks: Vec<&CheckResult> = record.checks.iter().filter(hard).collect();
        let failed = checks.iter().filter(|result| result.status == Status::Fail && form.kind != Kind::Marks);
        self.faults.extend(failed.map(|result| format!("{case}: {}", result.detail)));
        if whole && form.kind != Kind::Marks && !checks.iter().any(|result| result.status == Status::Pass) {
            self.faults.push(format!("{case}: no check could be assessed"));
        }
        let told = nianbao::report::format_name(&KNOWLEDGE, record.format);
        if right < all || (whole && told != format) {
            self.faults.push(format!("{case}: {right} of {all}, told as {told}"));
        }
    }
}

#[test]
fn every_form_in_every_shape_and_encoding_is_read() {
    println!("{:24} {:16} {:>22}  (cells found of those that the text holds; wrong)", "form", "shape", "figures");
    let kinds = [(Kind::Any, 1), (Kind::Any, 2), (Kind::Small, 3), (Kind::Zeros, 4), (Kind::Marks, 5)];
    let mut faults = Vec::new();
    for (form, year, format) in FORMS {
        let filled = kinds.map(|(kind, seed)| Filled::new(form, year, kind, seed));
        for shape in Shape::ALL {
            let mut tally = Tally::default();
            for encoding in Encoding::ALL {
                filled.iter().for_each(|filled| tally.read(filled, shape, encoding, format));
            }
            let Tally { found, held, wrong, .. } = tally;
            let held = if shape.is_whole() { held.to_string() } else { "?".to_owned() };
            println!("{form:24} {:16} {found:>10} of {held:>8}  {wrong}", format!("{shape:?}"));
            faults.extend(tally.faults);
        }
    }
    assert!(faults.is_empty(), "{} faults: {:#?}", faults.len(), &faults[..faults.len().min(60)]);
}

/// A part of a form that may be lost.
#[derive(Debug, Clone, Copy)]
enum Loss {
    /// The words of a cell or heading: part, row, cell.
    Words(usize, usize, usize),
    /// A column of a table: part, column.
    Column(usize, usize),
}

fn losses(parts: &[Part]) -> Vec<Loss> {
    let mut losses = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Heading(_) => losses.push(Loss::Words(at, 0, 0)),
            Part::Table(rows) => {
                for (row, cells) in rows.iter().enumerate() {
                    let words = cells.iter().enumerate().filter(|(_, cell)| !cell.is_figure() && !cell.text.is_empty());
                    losses.extend(words.map(|(cell, _)| Loss::Words(at, row, cell)));
                }
                losses.extend((0..template::grid(rows)[0].len()).map(|column| Loss::Column(at, column)));
            }
        }
    }
    losses
}

fn lose(parts: &[Part], loss: Loss) -> Vec<Part> {
    let mut parts = parts.to_vec();
    match loss {
        Loss::Words(at, row, cell) => match &mut parts[at] {
            Part::Heading(heading) => heading.clear(),
            Part::Table(rows) => rows[row][cell].text.clear(),
        },
        Loss::Column(at, column) => {
            if let Part::Table(rows) = &mut parts[at] {
                *rows = without_column(rows, column);
            }
        }
    }
    parts
}

/// A form with its figures.
struct Filled {
    form: &'static str,
    year: i16,
    kind: Kind,
    parts: Vec<Part>,
    truth: Truth,
}

impl Filled {
    fn new(form: &'static str, year: i16, kind: Kind, seed: u64) -> Filled {
        let parts = load(form);
        let figures = make(&KNOWLEDGE, form, kind, seed);
        Filled { form, year, kind, parts: fill(&parts, &figures), truth: truth(&figures) }
    }

    /// Reads the form with parts of it lost: nothing that is stated may be wrong.
    fn without(&self, shape: Shape, lost: &[Loss]) -> Vec<String> {
        // Columns go last, and from the right, so that the places of the others stay.
        let mut lost = lost.to_vec();
        lost.sort_by_key(|loss| match loss {
            Loss::Words(..) => (0, 0),
            Loss::Column(_, column) => (1, usize::MAX - column),
        });
        let parts = lost.iter().fold(self.parts.clone(), |parts, loss| lose(&parts, *loss));
        let text = report(&render(&parts, shape), self.year, shape);
        let (_, wrong) = compare(&record(&text, Encoding::Utf8, "any/report.txt"), &self.truth);
        wrong.into_iter().map(|fault| format!("{} {shape:?} without {lost:?}: {fault}", self.form)).collect()
    }
}

#[test]
fn losing_any_label_head_or_column_makes_no_number_wrong() {
    let mut jobs = Vec::new();
    for (form, year, _) in FORMS {
        let losses = losses(&load(form));
        for (kind, seed) in [(Kind::Any, 11), (Kind::Small, 12), (Kind::Marks, 13)] {
            let filled = std::sync::Arc::new(Filled::new(form, year, kind, seed));
            // Where repeated lines were taken out, everything is lost already.
            for shape in Shape::ALL.into_iter().filter(|shape| *shape != Shape::Deduplicated) {
                jobs.extend(losses.iter().map(|loss| (filled.clone(), shape, *loss)));
            }
        }
    }
    let faults: Vec<String> =
        jobs.par_iter().flat_map_iter(|(filled, shape, loss)| filled.without(*shape, &[*loss])).collect();
    println!("{} damaged tables, {} wrong figures", jobs.len(), faults.len());
    assert!(faults.is_empty(), "{:#?}", &faults[..faults.len().min(60)]);
}

/// Several losses at once, as damage comes.
fn several_losses() -> impl Strategy<Value = (usize, Shape, Vec<prop::sample::Index>, u64)> {
    let shapes = Shape::ALL.into_iter().filter(|shape| shape.is_whole()).collect::<Vec<_>>();
    (
        0..FORMS.len(),
        prop::sample::select(shapes),
        prop::collection::vec(any::<prop::sample::Index>(), 2..4),
        any::<u64>(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn several_losses_make_no_number_wrong((form, shape, picks, seed) in several_losses()) {
        let (form, year, _) = FORMS[form];
        let losses = losses(&load(form));
        let lost: Vec<Loss> = picks.iter().map(|pick| *pick.get(&losses)).collect();
        let wrong = Filled::new(form, year, Kind::Any, seed >> 8).without(shape, &lost);
        prop_assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
