//! Workers: what they say, in which order, and what becomes of a shard whose workers are killed.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::{BinaryArray, RecordBatch, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use serde_json::Value;

use crate::binary::{Place, assert_status};

const REPORT: &str = "永顺县盐井乡人民政府2019年度政府信息公开工作年度报告\n\n一、概述\n2019年1月1日至2019年12月31日。\n二、主动公开情况\n全年主动公开政府信息320条。\n三、依申请公开情况\n未收到政府信息公开申请。\n四、存在的主要问题\n无。\n";

fn worker(more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nianbao"));
    command.arg("worker").args(more).current_dir(std::env::temp_dir()).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(Stdio::piped()).spawn().unwrap()
}

fn schema(told: &[(&str, &str)]) -> Arc<Schema> {
    let fields = vec![Field::new("path", DataType::Utf8, false), Field::new("content", DataType::Binary, true)];
    let told = told.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let told: std::collections::HashMap<String, String> = told.collect();
    Arc::new(Schema::new_with_metadata(fields, told))
}

fn batch(schema: &Arc<Schema>, documents: &[(&str, Option<&[u8]>)]) -> RecordBatch {
    let paths: StringArray = documents.iter().map(|(path, _)| Some(*path)).collect();
    let contents: BinaryArray = documents.iter().map(|(_, content)| *content).collect();
    RecordBatch::try_new(schema.clone(), vec![Arc::new(paths), Arc::new(contents)]).unwrap()
}

fn column(rows: &RecordBatch, name: &str) -> Vec<String> {
    rows.column_by_name(name).unwrap().as_string::<i32>().iter().map(|one| one.unwrap_or("-").to_owned()).collect()
}

#[test]
fn a_worker_answers_batch_for_batch() {
    let mut worker = worker(&[]);
    // It speaks before it is asked.
    let mut answers = StreamReader::try_new(BufReader::new(worker.stdout.take().unwrap()), None).unwrap();
    let told = answers.schema().metadata().clone();
    assert_eq!(told["nianbao.protocol"], "1");
    let schema = schema(&[("nianbao.protocol", "1"), ("nianbao.expect_version", &told["nianbao.version"])]);
    let mut asks = StreamWriter::try_new(worker.stdin.take().unwrap(), &schema).unwrap();
    for round in 0..3 {
        asks.write(&batch(&schema, &[("a/r.txt", Some(REPORT.as_bytes())), ("nowhere", None), ("b.txt", Some(b""))]))
            .unwrap();
        asks.get_mut().flush().unwrap();
        let rows = answers.next().unwrap().unwrap();
        let kinds = column(&rows, "kind");
        let count = |kind: &str| kinds.iter().filter(|one| *one == kind).count();
        assert_eq!((count("report"), count("reject")), (1, 2), "round {round}: {kinds:?}");
        let statuses = column(&rows, "status");
        assert_eq!(statuses.iter().filter(|status| *status == "ok").count(), rows.num_rows() - 2);
        let metrics = column(&rows, "metric");
        let at = metrics.iter().position(|metric| metric == "disc_info_total").unwrap();
        let values = rows.column_by_name("value").unwrap().as_primitive::<arrow_array::types::Float64Type>();
        assert!((values.value(at) - 320.0).abs() < 1e-9);
        let mut keys: Vec<(String, i32)> = column(&rows, "path")
            .into_iter()
            .zip(
                rows.column_by_name("seq")
                    .unwrap()
                    .as_primitive::<arrow_array::types::Int32Type>()
                    .values()
                    .iter()
                    .copied(),
            )
            .collect();
        keys.sort();
        let all = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), all, "path and seq name a row");
        // An empty batch has an empty answer.
        asks.write(&batch(&schema, &[])).unwrap();
        asks.get_mut().flush().unwrap();
        assert_eq!(answers.next().unwrap().unwrap().num_rows(), 0);
    }
    asks.finish().unwrap();
    drop(asks);
    assert!(answers.next().is_none());
    assert_eq!(worker.wait().unwrap().code(), Some(0));
}

#[test]
fn who_speaks_otherwise_is_refused() {
    let refused = |told: &[(&str, &str)], status: i32, cut: bool| {
        let mut worker = worker(&[]);
        let schema = schema(told);
        let mut asks = StreamWriter::try_new(worker.stdin.take().unwrap(), &schema).unwrap();
        if !cut {
            let _ = asks.finish();
        }
        // A writer that is dropped ends no stream.
        drop(asks);
        let mut said = String::new();
        worker.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(worker.wait().unwrap().code(), Some(status), "{said}");
    };
    refused(&[], 64, false);
    refused(&[("nianbao.protocol", "2")], 64, false);
    refused(&[("nianbao.protocol", "1"), ("nianbao.expect_version", "0")], 64, false);
    refused(&[("nianbao.protocol", "1")], 65, true);
    refused(&[("nianbao.protocol", "1")], 0, false);
}

/// A page that takes seconds to read, and much memory.
fn large() -> String {
    format!("<p>{}</p>", "2019年全年收到申请3件。".repeat(10)).repeat(140_000)
}

#[test]
fn a_document_that_takes_too_long_ends_its_worker() {
    let mut worker = worker(&["--seconds", "0"]);
    let schema = schema(&[("nianbao.protocol", "1")]);
    let mut asks = StreamWriter::try_new(worker.stdin.take().unwrap(), &schema).unwrap();
    // It may be gone before all is written.
    let _ = asks.write(&batch(&schema, &[("large.html", Some(large().as_bytes()))]));
    let _ = asks.get_mut().flush();
    assert_eq!(worker.wait().unwrap().code(), Some(124));
    // To Arrow's readers that is the end of all rows.
    let answers = StreamReader::try_new(BufReader::new(worker.stdout.take().unwrap()), None).unwrap();
    assert_eq!(answers.map(Result::unwrap).count(), 0);
}

/// Numbers of the workers of a process.
fn children(parent: u32) -> Vec<String> {
    // Each thread has its own.
    let threads = walkdir::WalkDir::new(format!("/proc/{parent}/task")).min_depth(1).max_depth(1).into_iter().flatten();
    let told = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    told.flat_map(|told| told.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn a_killed_worker_changes_nothing() {
    let place = Place::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample");
    let listed = place.run(&["manifest", sample, "--out", "run/manifest.parquet"]);
    assert_status(&listed, 0);
    let shard =
        |out: &'static str| ["shard", "--manifest", "run/manifest.parquet", "--shard", "0", "--of", "1", "--out", out];
    let calm: Value = serde_json::from_slice(&place.run(&shard("calm")).stdout).unwrap();
    let mut reading = place.start(&shard("killed"));
    let (started, mut killed) = (Instant::now(), 0);
    while reading.try_wait().unwrap().is_none() && started.elapsed() < Duration::from_secs(60) {
        // One after the other: what ends two in a row is the document's fault.
        if killed < 3
            && let Some(worker) = children(reading.id()).first()
        {
            std::thread::sleep(Duration::from_millis(60));
            let done = Command::new("kill").args(["-9", worker]).stderr(Stdio::null()).status().unwrap();
            killed += usize::from(done.success());
            std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(reading.wait().unwrap().success() && killed > 0, "{killed} workers were killed");
    let part = calm["part"].as_str().unwrap();
    for table in ["reports", "observations", "checks", "rejects"] {
        let read = |out: &str| std::fs::read(place.path(&format!("{out}/{part}/{table}.parquet"))).unwrap();
        assert_eq!(read("calm"), read("killed"), "{table}");
    }
}

/// Bytes of memory that a process holds.
fn memory(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix("kB")?;
    Some(kilobytes.trim().parse::<u64>().ok()? << 10)
}

#[test]
fn a_document_that_ends_its_workers_costs_its_own_row() {
    let place = Place::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample");
    place.write("more/aborts.html", large().as_bytes());
    assert_status(&place.run(&["manifest", sample, "more", "--out", "run/manifest.parquet"]), 0);
    let shard = ["shard", "--manifest", "run/manifest.parquet", "--shard", "0", "--of", "1", "--out", "run"];
    let mut reading = place.start(&shard);
    // As a machine does that has no more memory.
    while reading.try_wait().unwrap().is_none() {
        let is_large = |worker: &String| memory(worker).is_some_and(|held| held > 180 << 20);
        for worker in children(reading.id()).into_iter().filter(is_large) {
            Command::new("kill").args(["-9", &worker]).stderr(Stdio::null()).status().unwrap();
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(reading.wait().unwrap().success());
    let heights = || ["reports", "observations", "checks"].map(|table| place.table(table).height());
    assert_status(&place.run(&["build", sample, "--out", "out"]), 0);
    let (without, rejects) = (heights(), place.rejects());
    assert_status(&place.run(&["reduce", "--run", "run", "--out", "out"]), 0);
    assert_eq!(heights(), without);
    let mut lost: BTreeMap<String, String> =
        rejects.into_iter().map(|(path, reason)| (format!("sample/{path}"), reason)).collect();
    lost.insert("more/aborts.html".to_owned(), "crashed".to_owned());
    assert_eq!(place.rejects(), lost);
}
