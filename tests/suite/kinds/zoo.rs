//! Files that are damaged, encrypted, misnamed, hostile or merely odd, each with what becomes of it.
//!
//! `tests/kinds/zoo` holds the files and `tests/kinds/zoo.tsv` what a build says of each: looked at by a person, and
//! written anew with `UPDATE=1`. All reports in them are invented; `tests/kinds/zoo.md` says
//! what each is. The sum of a report's values tells whether a number was read as another one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use polars::prelude::{DataFrame, DataType, ParquetReader, SerReader};

use crate::sample::differences;

/// Long enough for every file that ends at all, short enough to wait for those that do not.
const SECONDS: u64 = 5;

#[test]
fn every_file_of_the_zoo_is_read_or_refused_with_a_reason() {
    let place = tempfile::tempdir().unwrap();
    let settings = format!("[corpus]\nmax_seconds = {SECONDS}\n[build]\nmax_reject_ratio = 1.0\n");
    std::io::Write::write_all(&mut fs::File::create(place.path().join("a.toml")).unwrap(), settings.as_bytes())
        .unwrap();
    let started = Instant::now();
    let run = Command::new(env!("CARGO_BIN_EXE_nianbao"))
        .args(["build", "tests/kinds/zoo", "--out"])
        .arg(place.path().join("out"))
        .arg("--config")
        .arg(place.path().join("a.toml"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(started.elapsed() < Duration::from_secs(120), "{:?}", started.elapsed());
    let column = |frame: &DataFrame, name: &str| {
        let column = frame.column(name).unwrap().cast(&DataType::String).unwrap();
        let column = column.str().unwrap().clone();
        (0..column.len()).map(|row| column.get(row).unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    let table = |name: &str| {
        let file = fs::File::open(place.path().join(format!("out/current/{name}.parquet"))).unwrap();
        ParquetReader::new(file).finish().unwrap()
    };
    let observations = table("observations");
    let [ids, values] = ["report_id", "value"].map(|name| column(&observations, name));
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for (id, value) in ids.into_iter().zip(values) {
        *sums.entry(id).or_default() += value.parse::<f64>().unwrap_or(0.0);
    }
    let mut outcomes = BTreeSet::new();
    for (name, fields) in [
        (
            "reports",
            ["path", "media_type", "encoding", "decode_errors", "observations", "duplicate_of", "report_id", "title"]
                .as_slice(),
        ),
        ("rejects", ["path", "stage", "reason"].as_slice()),
    ] {
        let table = table(name);
        let columns: Vec<Vec<String>> = fields.iter().map(|field| column(&table, field)).collect();
        for row in 0..table.height() {
            let mut fields: Vec<String> = columns.iter().map(|column| column[row].clone()).collect();
            // A bomb may meet the limit on time or the one on memory first.
            fields.iter_mut().filter(|field| ["crashed", "timeout"].contains(&field.as_str())).for_each(|field| {
                "stopped".clone_into(field);
            });
            if let [.., _, _, origin, id, _] = fields.as_mut_slice() {
                let sum = sums.get(origin).or(sums.get(id)).copied().unwrap_or(0.0);
                *id = format!("{sum:.2}");
                *origin = if origin == "-" { "first" } else { "copy" }.to_owned();
            }
            outcomes.insert(fields.join("\t"));
        }
    }
    differences("tests/kinds/zoo.tsv", &outcomes);
}
