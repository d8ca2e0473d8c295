//! Texts with the figures that a person found in them: the format of `tests/cases` and `tests/excerpts`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use nianbao::knowledge::Knowledge;
use nianbao::model::{Basis, Bound, Observation};
use nianbao::number;

/// A text and what may be found in it.
pub(crate) struct Labelled {
    /// Used once.
    pub(crate) name: String,
    /// What stands in brackets behind the name.
    flags: Vec<String>,
    pub(crate) text: String,
    /// What must be found.
    pub(crate) required: BTreeSet<String>,
    /// What may be found: readers differ.
    pub(crate) optional: BTreeSet<String>,
}

impl Labelled {
    /// Whether `[name]` stands in the header.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag == name)
    }

    /// The value of `[key=value]`.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        self.flags.iter().find_map(|flag| flag.strip_prefix(key)?.strip_prefix('='))
    }
}

/// All texts of a folder, file by file.
pub(crate) fn load(folder: &str) -> Vec<Labelled> {
    let files: Vec<_> = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    let all: Vec<Labelled> = files.iter().flat_map(|path| parse(&std::fs::read_to_string(path).unwrap())).collect();
    let mut names = BTreeSet::new();
    for labelled in &all {
        assert!(names.insert(&labelled.name), "two texts of {folder} are called {}", labelled.name);
    }
    all
}

fn parse(text: &str) -> Vec<Labelled> {
    let mut all: Vec<Labelled> = Vec::new();
    for line in text.lines() {
        if let Some(header) = line.strip_prefix("--- ").and_then(|line| line.strip_suffix(" ---")) {
            let mut words = header.split(' ');
            all.push(Labelled {
                name: words.next().unwrap().to_owned(),
                flags: words.map(|word| word.trim_matches(['[', ']']).to_owned()).collect(),
                text: String::new(),
                required: BTreeSet::new(),
                optional: BTreeSet::new(),
            });
        } else if let Some(expectation) = line.strip_prefix("=>") {
            let labelled = all.last_mut().unwrap();
            let said = expectation.split(" | ").next().unwrap().trim();
            match said.strip_prefix("? ") {
                Some(optional) => labelled.optional.insert(optional.to_owned()),
                None => !said.is_empty() && labelled.required.insert(said.to_owned()),
            };
        } else if let Some(labelled) = all.last_mut()
            && !line.starts_with('#')
        {
            labelled.text.push_str(line);
            labelled.text.push('\n');
        }
    }
    for labelled in &mut all {
        labelled.text.truncate(labelled.text.trim_end().len());
    }
    all
}

/// An observation in the words of an expectation; none when it states no value.
pub(crate) fn said(knowledge: &Knowledge, observation: &Observation) -> Option<String> {
    let operator = match observation.bound {
        Bound::Exact => "=",
        Bound::AtLeast => ">=",
        Bound::About => "~",
    };
    let mut said = knowledge.catalogue.metric(observation.metric).id.to_owned();
    if let Some(applicant) = observation.applicant {
        let _ = write!(said, "@{}", knowledge.cells.applicants[usize::from(applicant)].id);
    }
    let _ = write!(said, " {operator} {}", number::print(observation.value?));
    if observation.basis == Basis::StatedZero {
        said.push_str(" zero");
    }
    if let Some(label) = &observation.label {
        let _ = write!(said, " [{label}]");
    }
    if let Some(year) = observation.stated_year {
        let _ = write!(said, " @{year}");
    }
    Some(said)
}
