//! Whole pages that lead a reader of tables astray (`tests/traps/*.txt`): everything that may be stated stands below the
//! line of equals signs, and nothing else may be.

use nianbao::number;

use super::{Encoding, KNOWLEDGE, record};

/// Every figure with a value, as the traps write it.
fn stated(text: &str) -> (Vec<String>, Vec<String>) {
    let record = record(text, Encoding::Utf8, "any/trap.txt");
    let (mut figures, mut chosen) = (Vec::new(), Vec::new());
    for observation in &record.observations {
        let Some(value) = observation.value else { continue };
        let year = observation.stated_year.map_or_else(String::new, |year| format!("[{year}] "));
        let metric = KNOWLEDGE.catalogue.metric(observation.metric).id;
        let applicant = observation.applicant.map(|at| &KNOWLEDGE.cells.applicants[usize::from(at)].id);
        let applicant = applicant.map_or_else(String::new, |applicant| format!("@{applicant}"));
        let label = observation.label.as_ref().map_or_else(String::new, |label| format!("[{label}]"));
        figures.push(format!("{year}{metric}{applicant}{label} = {}", number::print(value)));
        if observation.chosen {
            chosen.push(metric.to_owned());
        }
    }
    (figures, chosen)
}

#[test]
fn traps_catch_nothing() {
    let mut faults = Vec::new();
    let mut count = 0;
    for entry in walkdir::WalkDir::new("tests/traps").sort_by_file_name() {
        let path = entry.unwrap().into_path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let Some((page, wanted)) = text.split_once("\n=====\n") else { continue };
        let (_, page) = page.split_once('\n').unwrap();
        let (unchosen, mut wanted): (Vec<&str>, Vec<&str>) =
            wanted.lines().partition(|line| line.starts_with("none chosen: "));
        let (mut found, chosen) = stated(page);
        for name in unchosen {
            let name = name.trim_start_matches("none chosen: ");
            if chosen.iter().any(|metric| metric == name) {
                faults.push(format!("{}: {name} is chosen", path.display()));
            }
        }
        wanted.sort_unstable();
        found.sort_unstable();
        if wanted != found {
            let extra: Vec<&String> = found.iter().filter(|line| !wanted.contains(&line.as_str())).collect();
            let missing: Vec<&&str> = wanted.iter().filter(|line| !found.iter().any(|other| other == *line)).collect();
            faults.push(format!("{}: extra {extra:?}, missing {missing:?}", path.display()));
        }
        count += 1;
    }
    println!("{count} traps");
    assert!(count > 0 && faults.is_empty(), "{faults:#?}");
}
