//! A corpus that is read in shards gives the dataset that one machine makes of it, byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::binary::{Place, assert_status, said};
use crate::kinds::{page_and_table, zipped};

/// Every file below a folder, by name.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
    files.map(|entry| (name(entry.path()), fs::read(entry.path()).unwrap())).collect()
}

/// Lists a corpus and returns how many shards read it.
fn manifest(place: &Place, corpus: &[&str], more: &[&str]) -> String {
    let out = place.path("run/manifest.parquet");
    let arguments = [&["manifest"], corpus, &["--out", out.to_str().unwrap()], more].concat();
    let output = place.run(&arguments);
    assert_status(&output, 0);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    told["shards"].to_string()
}

fn shard<'a>(number: &'a str, of: &'a str) -> Vec<&'a str> {
    vec!["shard", "--manifest", "run/manifest.parquet", "--shard", number, "--of", of, "--out", "run"]
}

fn read_all(place: &Place, of: &str) -> Vec<Value> {
    let one = |number: usize| {
        let output = place.run(&shard(&number.to_string(), of));
        assert_status(&output, 0);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    (0..of.parse().unwrap()).map(one).collect()
}

const REDUCE: [&str; 5] = ["reduce", "--run", "run", "--out", "reduced"];

/// A name at whose end a batch ends, so that what is sorted behind it is of another shard.
fn last_of_a_batch(folder: &str, name: &str) -> String {
    let ends = |path: &String| {
        let hash = blake3::hash(path.as_bytes());
        u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap()) % 256 == 0
    };
    (0..).map(|number| format!("{folder}/{number}/{name}")).find(ends).unwrap()
}

/// The sample, documents and archives of all kinds, a table that lies beside its report in another shard, an archive with
/// nothing in it, and what cannot be read.
fn corpus(place: &Place) -> [String; 3] {
    let own = |below: &str| format!("{}/{below}", env!("CARGO_MANIFEST_DIR"));
    let (page, table) = page_and_table();
    let path = last_of_a_batch("more", "r.htm");
    place.write(&path, &page);
    place.write(&path.replace("r.htm", "r.xlsx"), &table);
    place.write("more/empty.zip", &zipped::<&[u8]>(&[]));
    place.write("more/all.zip", &zipped(&[("a.txt", "nothing"), ("盐井乡/2019.txt", "nothing else")]));
    place.write(&last_of_a_batch("more", "last.txt"), b"nothing");
    std::os::unix::fs::symlink("nowhere", place.path("more/link.txt")).unwrap();
    place.write("corrections.csv", format!("{HEADER}\n8cdba9d7d7ef4fb0,req_new,total,30,31,why,where\n8cdba9d7d7ef4fb0,req_carried_in,total,77,1,why,where\n").as_bytes());
    place.write("pipeline.toml", b"[overlay]\nfile = \"corrections.csv\"\n");
    for (name, bytes) in bytes(Path::new(&own("tests/kinds/zoo"))) {
        // These are made to take long.
        if !name.contains("bomb") && !name.contains("exponential") {
            place.write(&format!("zoo/{name}"), &bytes);
        }
    }
    let zoo = place.path("zoo").to_str().unwrap().to_owned();
    [own("data/sample"), zoo, place.path("more").to_str().unwrap().to_owned()]
}

const HEADER: &str = "report,metric,applicant,old,new,reason,source";

#[test]
fn shards_give_what_one_machine_gives() {
    let place = Place::new();
    let corpus = corpus(&place);
    let corpus: Vec<&str> = corpus.iter().map(String::as_str).collect();
    let build = [&["build"], corpus.as_slice(), &["--out", "out", "--max-reject-ratio", "1"]].concat();
    assert_status(&place.run(&build), 0);
    let built = bytes(&place.path("out/current"));
    let manifest_json: Value = serde_json::from_slice(&built["manifest.json"]).unwrap();
    assert_eq!(manifest_json["overlay"]["applied"], 1, "one correction fits, and one does not");
    let attached = place.table("reports").column("attachments").unwrap().null_count();
    assert_eq!(attached + 1, place.table("reports").height(), "one report has its table beside it");
    for bytes_of_a_shard in ["100000000", "1"] {
        let _ = fs::remove_dir_all(place.path("run"));
        let of = manifest(&place, &corpus, &["--shard-bytes", bytes_of_a_shard]);
        assert_eq!(of == "1", bytes_of_a_shard != "1", "{of} shards");
        read_all(&place, &of);
        assert_status(&place.run(&[REDUCE.as_slice(), &["--max-reject-ratio", "1"]].concat()), 0);
        let reduced = bytes(&place.path("reduced/current"));
        let differ: Vec<&String> = built.keys().filter(|name| built.get(*name) != reduced.get(*name)).collect();
        assert!(differ.is_empty() && built.len() == reduced.len(), "{differ:?} of {of} shards");
        fs::remove_dir_all(place.path("reduced")).unwrap();
    }
}

#[test]
fn a_shard_gives_the_same_bytes_whoever_reads_it_and_however_often() {
    let place = Place::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample");
    let of = manifest(&place, &[sample], &[]);
    let first = read_all(&place, &of);
    let written = bytes(&place.path("run"));
    // A receipt that is there is given again; one that is lost, or a part that is damaged, is made again.
    let part = place.path("run").join(first[0]["part"].as_str().unwrap());
    assert_eq!(read_all(&place, &of), first);
    fs::remove_file(part.join("checks.parquet")).unwrap();
    let again = read_all(&place, &of);
    let hash = |receipts: &[Value]| receipts.iter().map(|one| one["sha256"].clone()).collect::<Vec<_>>();
    assert_eq!(hash(&again), hash(&first));
    fs::remove_file(part.with_extension("json").with_file_name(format!("{}.json", first[0]["part"].as_str().unwrap())))
        .unwrap();
    place.run(&[shard("0", &of).as_slice(), &["--threads", "2"]].concat());
    let rewritten = bytes(&place.path("run"));
    let tables = |files: &BTreeMap<String, Vec<u8>>| {
        files
            .iter()
            .filter(|(name, _)| name.ends_with(".parquet"))
            .map(|(name, bytes)| (name.clone(), bytes.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(tables(&rewritten), tables(&written));
    assert!(rewritten.keys().all(|name| !name.contains(".tmp")));
}

/// Runs the program, which refuses with this status and these words.
fn refused(place: &Place, arguments: &[&str], status: i32, words: &str) {
    let output = place.run(arguments);
    assert_status(&output, status);
    assert!(said(&output).contains(words), "no {words:?} in {}", said(&output));
}

#[test]
fn what_does_not_fit_is_refused() {
    let place = Place::new();
    let of = manifest(&place, &["corpus"], &[]);
    let refused = |arguments: &[&str], status: i32, words: &str| refused(&place, arguments, status, words);
    refused(&REDUCE, 66, "has no receipt of 1 of 1 shards, among them 0");
    refused(&shard("1", &of), 66, "has 1 shards: there is no shard 1 of 1");
    refused(&shard("0", "2"), 66, "there is no shard 0 of 2");
    refused(&[shard("0", &of).as_slice(), &["--expect-version", "9"]].concat(), 64, "the run is of version 9");
    refused(&[shard("0", &of).as_slice(), &["--threads", "100000"]].concat(), 2, "at most 512");
    refused(
        &["shard", "--manifest", "corpus/report.txt", "--shard", "0", "--of", "1", "--out", "run"],
        66,
        "report.txt.sha256 is not there",
    );
    refused(
        &["shard", "--manifest", "nowhere", "--shard", "0", "--of", "1", "--out", "run"],
        66,
        "nowhere is not there",
    );
    refused(&["manifest", "corpus", "--out", "corpus/list.parquet"], 2, "lies in the corpus");
    refused(&["manifest", "corpus", "--out", "corpus/new/list.parquet"], 2, "lies in the corpus");
    refused(&["manifest", "corpus", "--out", "list.parquet", "--shard-bytes", "0"], 2, "0 is not in 1..");
    refused(&["manifest", "gs://bucket", "--out", "list.parquet"], 2, "write s3://bucket/key");
    refused(&["manifest", "corpus", "--out", "s3://"], 2, "write s3://bucket/key");
    refused(&["reduce", "--run", "gs://bucket", "--out", "out"], 2, "write s3://bucket/key");
    refused(&["build", "corpus", "--out", "s3://bucket/dataset"], 2, "a dataset is a folder of this machine");
    place.write("wrong.csv", format!("{HEADER}\nnothing of it\n").as_bytes());
    place.write("wrong.toml", b"[overlay]\nfile = \"wrong.csv\"\n");
    refused(&["manifest", "corpus", "--out", "list.parquet", "--config", "wrong.toml"], 2, "wrong.csv");
    // A run goes on with what it was begun with.
    let keep = ["manifest", "corpus", "--out", "run/manifest.parquet", "--keep"];
    let before = bytes(&place.path("run"));
    assert_status(&place.run(&keep), 0);
    assert_eq!(bytes(&place.path("run")), before);
    place.write("settings.toml", b"[corpus]\nmax_file_bytes = 1000000\n");
    refused(&[keep.as_slice(), &["--config", "settings.toml"]].concat(), 66, "begin a new run");
    // A list that says something else than it was given is none.
    let list = fs::read(place.path("run/manifest.parquet")).unwrap();
    let at = list.windows(8).position(|window| window == b"67108864").unwrap();
    let damaged = [&list[..at], b"67108865", &list[at + 8..]].concat();
    place.write("run/manifest.parquet", &damaged);
    refused(&shard("0", &of), 66, "it is not what run/manifest.parquet.sha256 says");
    place.write("run/manifest.parquet", &list);
    // A part that is not what its receipt says is not used, nor is a receipt that is not as it was written.
    let receipt = read_all(&place, &of).remove(0);
    let part = format!("run/{}", receipt["part"].as_str().unwrap());
    refused(&["reduce", "--run", "run", "--out", "corpus/dataset"], 2, "lies in the corpus");
    let written = fs::read_to_string(place.path(&format!("{part}.json"))).unwrap();
    for (old, new) in [("\"numbers\":1", "\"numbers\":18446744073709551615"), ("\"reports\":\"", "\"reportz\":\"")] {
        assert!(written.contains(old), "{old} in {written}");
        place.write(&format!("{part}.json"), written.replace(old, new).as_bytes());
        refused(&REDUCE, 66, "is not as it was written");
    }
    place.write(&format!("{part}.json"), b"{}");
    refused(&REDUCE, 66, "is no receipt");
    place.write(&format!("{part}.json"), written.as_bytes());
    place.write(&format!("{part}/reports.parquet"), b"something else");
    refused(&REDUCE, 66, "reports.parquet is not what its receipt says");
    fs::remove_file(place.path(&format!("{part}/reports.parquet"))).unwrap();
    refused(&REDUCE, 66, "reports.parquet is not there");
    assert!(!place.path("reduced/current").exists());
}

#[test]
fn a_shard_reads_what_was_listed_or_nothing() {
    let place = Place::new();
    place.write("pipeline.toml", b"[corpus]\nmax_file_bytes = 2000\n");
    place.write("corpus/large.zip", &zipped(&[("a.txt", &[b'a'; 9000])]));
    place.write("corpus/larger.txt", &[b'a'; 9000]);
    let list = || manifest(&place, &["corpus"], &[]);
    let changed =
        |of: &str, name: &str| refused(&place, &shard("0", of), 66, &format!("{name} is not what was listed"));
    let of = list();
    read_all(&place, &of);
    fs::remove_dir_all(place.path("run")).unwrap();
    // The same size, and larger than what is read at once.
    let of = list();
    place.write("corpus/larger.txt", &[b'b'; 9000]);
    changed(&of, "larger.txt");
    let of = list();
    place.write("corpus/large.zip", &zipped(&[("a.txt", &[b'c'; 9000])]));
    changed(&of, "large.zip");
    let of = list();
    place.write("corpus/report.txt", b"something else");
    changed(&of, "report.txt");
    fs::remove_file(place.path("corpus/report.txt")).unwrap();
    changed(&of, "report.txt");
    // Nobody waits for a pipe.
    assert!(std::process::Command::new("mkfifo").arg(place.path("corpus/report.txt")).status().unwrap().success());
    changed(&of, "report.txt");
    // Nor is a list read that the manifest does not know.
    place.write("run/manifest.parquet.lists/00000.parquet", b"another");
    refused(&place, &shard("0", &of), 66, "is not the list that the manifest knows");
}
