//! Runs the one-sentence cases of `tests/cases`: their format is described in `tests/cases/README.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use nianbao::extract::extract_sentence;
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::model::{Basis, Bound, Section};
use nianbao::number;

/// The report year that all cases share.
const YEAR: i16 = 2019;

struct Case {
    name: String,
    section: Section,
    /// A case that is known to be read wrongly; it must fail, so that the mark is taken off when it is mended.
    open: bool,
    text: String,
    expected: BTreeSet<String>,
}

fn load(folder: &Path) -> Vec<Case> {
    let mut files: Vec<_> = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    files.iter().flat_map(|path| parse(&std::fs::read_to_string(path).unwrap())).collect()
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(header) = line.strip_prefix("--- ").and_then(|line| line.strip_suffix(" ---")) {
            let mut words = header.split(' ');
            let name = words.next().unwrap().to_owned();
            let flags: Vec<&str> = words.map(|word| word.trim_matches(['[', ']'])).collect();
            let section = flags.iter().find_map(|flag| flag.strip_prefix("section="));
            cases.push(Case {
                name,
                section: section.map_or(Section::Overview, |name| Section::from_name(name).unwrap()),
                open: flags.contains(&"open"),
                text: String::new(),
                expected: BTreeSet::new(),
            });
        } else if let Some(expectation) = line.strip_prefix("=>") {
            let case = cases.last_mut().unwrap();
            let said = expectation.split(" | ").next().unwrap().trim();
            if !said.is_empty() {
                case.expected.insert(said.to_owned());
            }
        } else if let Some(case) = cases.last_mut()
            && !line.is_empty()
            && !line.starts_with('#')
        {
            case.text.push_str(line);
            case.text.push('\n');
        }
    }
    cases
}

fn read(knowledge: &Knowledge, case: &Case) -> BTreeSet<String> {
    let (_, observations) = extract_sentence(knowledge, case.text.trim_end(), case.section, YEAR);
    let said = observations.iter().filter_map(|observation| {
        let operator = match observation.bound {
            Bound::Exact => "=",
            Bound::AtLeast => ">=",
            Bound::About => "~",
        };
        let mut line = format!(
            "{} {operator} {}",
            knowledge.catalogue.metric(observation.metric).id,
            number::print(observation.value?)
        );
        if observation.basis == Basis::StatedZero {
            line.push_str(" zero");
        }
        if let Some(label) = &observation.label {
            let _ = write!(line, " [{label}]");
        }
        Some(line)
    });
    said.collect()
}

#[test]
fn cases_are_read_as_expected() {
    let knowledge = embedded().unwrap();
    let cases = load(Path::new("tests/cases"));
    assert!(cases.len() > 300, "only {} cases were found", cases.len());
    let mut names = BTreeSet::new();
    let (mut expected, mut found, mut right, mut open) = (0, 0, 0, 0);
    let mut faults = String::new();
    for case in &cases {
        assert!(names.insert(&case.name), "two cases are called {}", case.name);
        let said = read(&knowledge, case);
        expected += case.expected.len();
        found += said.len();
        right += said.intersection(&case.expected).count();
        open += usize::from(case.open);
        match (said == case.expected, case.open) {
            (true, false) | (false, true) => {}
            (true, true) => {
                let _ = writeln!(faults, "{}: is read rightly now: take its [open] off", case.name);
            }
            (false, false) => {
                let missing: Vec<_> = case.expected.difference(&said).collect();
                let extra: Vec<_> = said.difference(&case.expected).collect();
                let _ = writeln!(faults, "{}: {}  missing {missing:?}  extra {extra:?}", case.name, case.text.trim());
            }
        }
    }
    println!("{} cases, {open} of them open: {right} of {expected} figures found, {found} stated", cases.len());
    assert!(faults.is_empty(), "{} faults:\n{faults}", faults.lines().count());
}
