//! The sample corpus against its hand-made truth (`tests/sample.jsonl`), figure by figure.
//!
//! What is read wrongly today stands in `tests/sample.open.txt`, so that every change of a rule shows its effect as a
//! difference of that file. `UPDATE=1 make test` writes it anew; look at the difference before you commit it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use nianbao::inspect::as_json;
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::model::Source;
use nianbao::report::read;
use serde_json::Value;

const OPEN: &str = "tests/sample.open.txt";

#[derive(Default)]
struct Score {
    wanted: usize,
    found: usize,
    stated: usize,
    right: usize,
    fields: usize,
    fields_right: usize,
}

fn inspect(knowledge: &Knowledge, file: &str) -> Option<Value> {
    let bytes = std::fs::read(Path::new("data/sample").join(file)).unwrap();
    let source = Source::of(file, b"");
    read(knowledge, source, &bytes).ok().map(|record| as_json(knowledge, &record))
}

fn is_same(wanted: &Value, found: &Value) -> bool {
    let also = wanted["also_accept"].as_array();
    let named = found["metric"] == wanted["metric"] || also.is_some_and(|also| also.contains(&found["metric"]));
    let close = |one: &Value, other: &Value| {
        one.as_f64().zip(other.as_f64()).is_some_and(|(one, other)| (one - other).abs() < 1e-6)
    };
    let bound = wanted["bound"].as_str().unwrap_or("exact");
    named
        && found["applicant"] == wanted["applicant"]
        && close(&wanted["value"], &found["value"])
        && found["bound"] == bound
}

fn figures(score: &mut Score, file: &str, truth: &Value, found: &Value, faults: &mut BTreeSet<String>) {
    let stated: Vec<&Value> = found["observations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|observation| !observation["value"].is_null())
        .collect();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    for wanted in truth["observations"].as_array().unwrap() {
        let same: Vec<usize> = (0..stated.len()).filter(|at| is_same(wanted, stated[*at])).collect();
        used.extend(&same);
        if wanted["optional"] == true {
            continue;
        }
        score.wanted += 1;
        score.found += usize::from(!same.is_empty());
        if same.is_empty() {
            faults
                .insert(format!("{file}\tmissing\t{}\t{}\t{}", wanted["metric"], wanted["applicant"], wanted["value"]));
        }
    }
    for (at, observation) in stated.iter().enumerate() {
        // The long tail and our own inferences are judged elsewhere.
        let tail = observation["metric"].as_str().is_some_and(|metric| metric.contains("_unlisted"))
            || observation["metric"] == "table_unmapped";
        if tail || observation["basis"] == "derived" {
            continue;
        }
        score.stated += 1;
        score.right += usize::from(used.contains(&at));
        if !used.contains(&at) {
            let (metric, applicant, value) = (&observation["metric"], &observation["applicant"], &observation["value"]);
            faults.insert(format!("{file}\textra\t{metric}\t{applicant}\t{value}\t{}", observation["quote"]));
        }
    }
}

fn identity(score: &mut Score, file: &str, truth: &Value, found: &Value, faults: &mut BTreeSet<String>) {
    let report = &found["report"];
    let mut wanted: Vec<&str> = truth["damage"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    wanted.sort_unstable();
    let told = found["report"]["damage"].as_str().unwrap_or_default();
    let told: Vec<&str> = told.split(',').filter(|kind| !kind.is_empty()).collect();
    if truth["report"]["document_class"] == "report" && wanted != told {
        faults.insert(format!("{file}\tdamage\t{wanted:?}\t{told:?}"));
    }
    let mut check = |field: &str, wanted: &Value| {
        let also = &truth["report"][format!("{field}_also")];
        score.fields += 1;
        if report[field] == *wanted || (!also.is_null() && report[field] == *also) {
            score.fields_right += 1;
        } else {
            faults.insert(format!("{file}\t{field}\t{wanted}\t{}", report[field]));
        }
    };
    check("encoding", &truth["encoding"]);
    let class = truth["report"]["document_class"].as_str();
    for (field, wanted) in truth["report"].as_object().unwrap() {
        // A copy is only known as one among other documents; what else holds of others is not asserted.
        let asserted = class == Some("report") || (class == Some("not_report") && field == "document_class");
        if asserted && !field.ends_with("_also") {
            check(field, wanted);
        }
    }
}

#[test]
fn the_sample_is_read_as_its_truth_says() {
    let knowledge = embedded().unwrap();
    let mut score = Score::default();
    let mut faults = BTreeSet::new();
    let truth = std::fs::read_to_string("tests/sample.jsonl").unwrap();
    for line in truth.lines() {
        let truth: Value = serde_json::from_str(line).unwrap();
        let file = truth["file"].as_str().unwrap();
        let unreadable = truth["report"]["document_class"].is_null();
        match inspect(&knowledge, file) {
            None if unreadable => {}
            None => {
                faults.insert(format!("{file}\trejected"));
            }
            Some(_) if unreadable => {
                faults.insert(format!("{file}\tnot rejected"));
            }
            Some(found) => {
                identity(&mut score, file, &truth, &found, &mut faults);
                if found["report"]["document_class"] == "report" {
                    figures(&mut score, file, &truth, &found, &mut faults);
                }
            }
        }
    }
    println!(
        "sample: {} of {} figures found, {} of {} stated are right, {} of {} identity fields right",
        score.found, score.wanted, score.right, score.stated, score.fields_right, score.fields
    );
    differences(OPEN, &faults);
}

/// Compares the faults with those that are known; `UPDATE=1` makes today's the known ones.
pub(crate) fn differences(open: &str, faults: &BTreeSet<String>) {
    let now = faults.iter().fold(String::new(), |mut text, fault| {
        let _ = writeln!(text, "{fault}");
        text
    });
    if std::env::vars().any(|(name, value)| name == "UPDATE" && value == "1") {
        std::fs::File::create(open).and_then(|mut file| std::io::Write::write_all(&mut file, now.as_bytes())).unwrap();
    }
    let known: BTreeSet<String> =
        std::fs::read_to_string(open).unwrap_or_default().lines().map(str::to_owned).collect();
    let new: Vec<&String> = faults.difference(&known).collect();
    let gone: Vec<&String> = known.difference(faults).collect();
    assert!(new.is_empty(), "read wrongly now: {new:#?}");
    assert!(gone.is_empty(), "read rightly now, write {open} anew with UPDATE=1: {gone:#?}");
}
