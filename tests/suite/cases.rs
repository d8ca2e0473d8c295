//! Runs the one-sentence cases of `tests/cases`: their format is described in `tests/cases/README.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use nianbao::extract::extract_sentence;
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::model::Section;

use crate::labelled::{Labelled, load, said};

/// The report year that all cases share.
const YEAR: i16 = 2019;

fn read(knowledge: &Knowledge, case: &Labelled) -> BTreeSet<String> {
    let section = case.value("section").map_or(Section::Overview, |name| Section::from_name(name).unwrap());
    let (_, observations) = extract_sentence(knowledge, &case.text, section, YEAR);
    observations.iter().filter_map(|observation| said(knowledge, observation)).collect()
}

#[test]
fn cases_are_read_as_expected() {
    let knowledge = embedded().unwrap();
    let cases = load("tests/cases");
    assert!(cases.len() > 300, "only {} cases were found", cases.len());
    let (mut expected, mut found, mut right, mut open) = (0, 0, 0, 0);
    let mut faults = String::new();
    for case in &cases {
        let said = read(&knowledge, case);
        expected += case.required.len();
        found += said.len();
        right += said.intersection(&case.required).count();
        let is_open = case.has("open");
        open += usize::from(is_open);
        match (said == case.required, is_open) {
            (true, false) | (false, true) => {}
            (true, true) => {
                let _ = writeln!(faults, "{}: is read rightly now: take its [open] off", case.name);
            }
            (false, false) => {
                let missing: Vec<_> = case.required.difference(&said).collect();
                let extra: Vec<_> = said.difference(&case.required).collect();
                let _ = writeln!(faults, "{}: {}  missing {missing:?}  extra {extra:?}", case.name, case.text.trim());
            }
        }
    }
    println!("{} cases, {open} of them open: {right} of {expected} figures found, {found} stated", cases.len());
    assert!(faults.is_empty(), "{} faults:\n{faults}", faults.lines().count());
}
