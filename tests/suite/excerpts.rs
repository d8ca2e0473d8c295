//! Excerpts of real reports, restated and labelled by hand: how much of what sentences state is found, and is right.
//!
//! What is read wrongly today stands in `tests/excerpts.open.txt`; see `sample.rs` for how to write it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use nianbao::decode::decode;
use nianbao::extract::extract;
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::parse::fold::Page;
use nianbao::parse::parse;

use crate::labelled::{Labelled, load, said};
use crate::sample::differences;

const OPEN: &str = "tests/excerpts.open.txt";

/// The sample never shrinks.
const EXCERPTS: usize = 393;

/// What was labelled, found, stated and right.
#[derive(Default, Clone, Copy)]
struct Tally {
    required: usize,
    found: usize,
    stated: usize,
    right: usize,
}

impl Tally {
    fn recall(self) -> usize {
        1000 * self.found / self.required.max(1)
    }

    fn precision(self) -> usize {
        1000 * self.right / self.stated.max(1)
    }

    fn add(&mut self, other: Tally) {
        self.required += other.required;
        self.found += other.found;
        self.stated += other.stated;
        self.right += other.right;
    }
}

fn read(knowledge: &Knowledge, excerpt: &Labelled) -> BTreeSet<String> {
    let decoded = decode(&knowledge.charset, excerpt.text.as_bytes()).unwrap();
    let document = parse(decoded);
    let page = Page::new(&knowledge.variants, &document);
    let year = excerpt.value("year").map(|year| year.parse().unwrap());
    let observations = extract(knowledge, &document, &page, year).observations;
    observations.iter().filter_map(|observation| said(knowledge, observation)).collect()
}

/// How long the printed name of a catch-all is may be told differently.
fn without_label(said: &str) -> String {
    match said.split_once(" [").and_then(|(before, rest)| Some((before, rest.rsplit_once(']')?.1))) {
        Some((before, behind)) => format!("{before}{behind}"),
        None => said.to_owned(),
    }
}

fn family(said: &str) -> &str {
    said.split(['_', ' ', '@']).next().unwrap_or_default()
}

/// Reads a folder and says what was wrong, family by family of metrics.
fn score(knowledge: &Knowledge, folder: &str, faults: &mut BTreeSet<String>) -> (usize, BTreeMap<String, Tally>) {
    let excerpts = load(folder);
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for excerpt in &excerpts {
        let said = read(knowledge, excerpt);
        let found: BTreeSet<String> = said.iter().map(|said| without_label(said)).collect();
        let required: BTreeSet<String> = excerpt.required.iter().map(|said| without_label(said)).collect();
        let optional: BTreeSet<String> = excerpt.optional.iter().map(|said| without_label(said)).collect();
        for wanted in &required {
            let right = usize::from(found.contains(wanted));
            tallies.entry(family(wanted).to_owned()).or_default().add(Tally {
                required: 1,
                found: right,
                ..Tally::default()
            });
            if right == 0 {
                faults.insert(format!("{}\tmissing\t{wanted}", excerpt.name));
            }
        }
        for stated in &said {
            let plain = without_label(stated);
            let right = usize::from(required.contains(&plain) || optional.contains(&plain));
            tallies.entry(family(stated).to_owned()).or_default().add(Tally { stated: 1, right, ..Tally::default() });
            if right == 0 {
                faults.insert(format!("{}\textra\t{stated}", excerpt.name));
            }
        }
    }
    (excerpts.len(), tallies)
}

/// The tallies as a table, and all of them together.
fn sum_up(excerpts: usize, tallies: &BTreeMap<String, Tally>) -> (String, Tally) {
    let mut all = Tally::default();
    let mut table = String::new();
    for (family, Tally { required, found, stated, right }) in tallies {
        all.add(Tally { required: *required, found: *found, stated: *stated, right: *right });
        let _ = writeln!(table, "  {family:<14} found {found:>4} of {required:>4}   right {right:>4} of {stated:>4}");
    }
    let percent = |thousandths: usize| format!("{}.{} %", thousandths / 10, thousandths % 10);
    let _ = write!(
        table,
        "{excerpts} excerpts: {} of {} figures found, {} of {} stated are right: recall {}, precision {}",
        all.found,
        all.required,
        all.right,
        all.stated,
        percent(all.recall()),
        percent(all.precision())
    );
    (table, all)
}

#[test]
fn excerpts_are_read_as_labelled() {
    let knowledge = embedded().unwrap();
    let mut faults = BTreeSet::new();
    let (excerpts, tallies) = score(&knowledge, "tests/excerpts", &mut faults);
    let (table, all) = sum_up(excerpts, &tallies);
    println!("{table}");
    differences(OPEN, &faults);
    assert!(excerpts >= EXCERPTS, "only {excerpts} excerpts");
    assert!(all.recall() >= 950 && all.precision() >= 970, "less is found, or less of it is right, than promised");
}

#[test]
fn excerpts_that_no_rule_was_written_for_are_scored() {
    let knowledge = embedded().unwrap();
    // Their faults are not shown: nobody should write a rule for one of them.
    let (excerpts, tallies) = score(&knowledge, "tests/held", &mut BTreeSet::new());
    let (table, all) = sum_up(excerpts, &tallies);
    println!("held out: {}", table.lines().last().unwrap_or_default());
    assert!(excerpts >= 75 && all.recall() >= 840 && all.precision() >= 890, "{table}");
}
