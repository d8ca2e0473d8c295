//! The program as people run it: exit statuses, messages, tables, and what a dead run leaves behind.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use polars::prelude::{DataFrame, LazyFrame, PlRefPath, ScanArgsParquet};
use tempfile::TempDir;

const REPORT: &str = "永顺县盐井乡人民政府2019年度政府信息公开工作年度报告\n\n一、概述\n2019年1月1日至2019年12月31日。\n二、主动公开情况\n全年主动公开政府信息320条。\n三、依申请公开情况\n未收到政府信息公开申请。\n四、存在的主要问题\n无。\n";

/// An empty folder with a corpus of one report.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(place.path("corpus")).unwrap();
        place.write("corpus/report.txt", REPORT.as_bytes());
        place
    }

    /// A folder with these files, of which a dataset was built.
    pub(crate) fn built(files: &[(&str, String)]) -> Place {
        let place = Place::new();
        for (path, text) in files {
            place.write(&format!("corpus/{path}"), text.as_bytes());
        }
        assert_status(&place.build(), 0);
        place
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn write(&self, below: &str, bytes: &[u8]) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = fs::File::create(path).unwrap();
        std::io::Write::write_all(&mut file, bytes).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nianbao"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    pub(crate) fn build(&self) -> Output {
        self.run(&["build", "corpus", "--out", "out", "--max-reject-ratio", "1"])
    }

    pub(crate) fn table(&self, name: &str) -> DataFrame {
        let path = self.path(&format!("out/current/{name}.parquet"));
        let path = PlRefPath::try_from_path(&path).unwrap();
        LazyFrame::scan_parquet(path, ScanArgsParquet::default()).unwrap().collect().unwrap()
    }

    pub(crate) fn rejects(&self) -> BTreeMap<String, String> {
        let table = self.table("rejects");
        let text = |name: &str| table.column(name).unwrap().str().unwrap().clone();
        let (paths, reasons) = (text("path"), text("reason"));
        (0..table.height()).map(|at| (paths.get(at).unwrap().to_owned(), reasons.get(at).unwrap().to_owned())).collect()
    }

    fn current(&self) -> PathBuf {
        fs::read_link(self.path("out/current")).unwrap()
    }
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

pub(crate) fn assert_status(output: &Output, status: i32) {
    assert_eq!(output.status.code(), Some(status), "{}", said(output));
}

/// The bytes of every file of the current build.
fn bytes(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(out.join("current").canonicalize().unwrap()).into_iter().flatten();
    files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| (entry.file_name().to_str().unwrap().to_owned(), fs::read(entry.path()).unwrap()))
        .collect()
}

#[test]
fn a_build_publishes_every_table() {
    let place = Place::new();
    let output = place.build();
    assert_status(&output, 0);
    assert!(
        said(&output).contains("1 walked = 1 reports + 0 not reports + 0 copies + 0 rejected"),
        "{}",
        said(&output)
    );
    for table in ["reports", "observations", "checks", "counties", "townships", "years", "rejects", "metrics"] {
        let frame = place.table(table);
        let schema = place.run(&["schema", table, "--json"]);
        let described: serde_json::Value = serde_json::from_slice(&schema.stdout).unwrap();
        let names: Vec<&str> =
            described[0]["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
        assert_eq!(frame.get_column_names().iter().map(|name| name.as_str()).collect::<Vec<_>>(), names, "{table}");
    }
    let townships = place.table("townships");
    assert_eq!(townships.column("township_code").unwrap().str().unwrap().get(0), Some("433127230"));
    assert_eq!(townships.column("items_disclosed").unwrap().i64().unwrap().get(0), Some(320));
    assert_eq!(townships.column("requests_received").unwrap().i64().unwrap().get(0), Some(0));
    assert_eq!(townships.column("reviews").unwrap().i64().unwrap().get(0), None, "silence is no zero");
}

#[test]
fn the_sample_gives_the_same_bytes_with_any_threads_and_any_order() {
    let place = Place::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    // The same files laid down in reverse order, so that the disk lists them otherwise.
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(&sample)
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    assert!(files.len() >= 60);
    files.reverse();
    for file in &files {
        let below = file.strip_prefix(&sample).unwrap();
        place.write(&format!("shuffled/{}", below.to_str().unwrap()), &fs::read(file).unwrap());
    }
    let sample = sample.to_str().unwrap();
    for (corpus, out, threads) in [(sample, "one", "1"), (sample, "two", "2"), ("shuffled", "three", "2")] {
        let output = place.run(&["build", corpus, "--out", out, "--threads", threads, "--quiet"]);
        assert_status(&output, 0);
    }
    let (one, two, three) = (bytes(&place.path("one")), bytes(&place.path("two")), bytes(&place.path("three")));
    assert_eq!(one.len(), 12, "{:?}", one.keys());
    for (name, content) in &one {
        assert!(two[name] == *content, "{name} differs between 1 and 2 threads");
        assert!(three[name] == *content, "{name} differs between orders of the walk");
    }
}

#[test]
fn nothing_changed_is_said() {
    let place = Place::new();
    assert_status(&place.build(), 0);
    let before = place.current();
    let output = place.build();
    assert!(said(&output).contains("unchanged"), "{}", said(&output));
    assert_eq!(place.current(), before);
}

#[test]
fn copies_and_restatements_are_told() {
    let place = Place::new();
    let (bytes, _, _) = encoding_rs::GB18030.encode(REPORT);
    place.write("corpus/same.txt", REPORT.as_bytes());
    place.write("corpus/same_text.txt", &bytes);
    place.write(
        "corpus/restated.txt",
        REPORT.replace("320条", "321条").replace("无。\n", "无。\n2020年3月1日\n").as_bytes(),
    );
    assert_status(&place.build(), 0);
    let reports = place.table("reports");
    let text = |name: &str| reports.column(name).unwrap().str().unwrap().clone();
    let (paths, kinds) = (text("path"), text("duplicate_kind"));
    let kinds: BTreeMap<&str, Option<&str>> =
        (0..reports.height()).map(|at| (paths.get(at).unwrap(), kinds.get(at))).collect();
    assert_eq!(kinds["same.txt"], Some("exact"));
    assert_eq!(kinds["same_text.txt"], Some("same_text"));
    assert_eq!(kinds["report.txt"], Some("restated"), "the later publication speaks");
    assert_eq!(kinds["restated.txt"], None);
    let townships = place.table("townships");
    assert_eq!(townships.height(), 1);
    assert_eq!(townships.column("items_disclosed").unwrap().i64().unwrap().get(0), Some(321));
}

#[test]
fn faulty_files_are_rows_of_rejects() {
    let place = Place::new();
    place.write("corpus/empty.txt", b"");
    place.write("corpus/blank.txt", b" \n\t\n");
    place.write("corpus/image.html", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    place.write(
        "corpus/noise.txt",
        &(0..4000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect::<Vec<u8>>(),
    );
    place.write("corpus/large.txt", &vec![b'a'; 70_000]);
    place.write("pipeline.toml", b"[corpus]\nfollow_symlinks = true\nmax_file_bytes = 60000\n");
    std::os::unix::fs::symlink("nowhere.txt", place.path("corpus/dangling.txt")).unwrap();
    fs::create_dir(place.path("corpus/folder")).unwrap();
    std::os::unix::fs::symlink("..", place.path("corpus/folder/loop")).unwrap();
    let made = Command::new("mkfifo").arg(place.path("corpus/pipe.txt")).status().unwrap();
    assert!(made.success());
    assert_status(&place.build(), 0);
    let rejects = place.rejects();
    let expected = [
        ("blank.txt", "empty"),
        ("dangling.txt", "unreadable"),
        ("empty.txt", "empty"),
        ("folder/loop", "loop"),
        ("image.html", "needs_ocr"),
        ("large.txt", "too_large"),
        ("noise.txt", "binary"),
        ("pipe.txt", "not_a_file"),
    ];
    let found: Vec<(&str, &str)> = rejects.iter().map(|(path, reason)| (path.as_str(), reason.as_str())).collect();
    assert_eq!(found, expected);
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(place.path("out/current/manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["books"]["walked"], 9);
    assert_eq!(manifest["books"]["rejected"], 8);
}

#[test]
fn usage_and_configuration_are_explained() {
    let place = Place::new();
    let missing = place.run(&["build", "nowhere", "--out", "out"]);
    assert_status(&missing, 2);
    assert!(said(&missing).contains("nowhere"), "{}", said(&missing));
    place.write("pipeline.toml", b"[build]\nthread = 2\n");
    let unknown = place.run(&["build", "corpus"]);
    assert_status(&unknown, 2);
    assert!(said(&unknown).contains("pipeline.toml:2: unknown field `thread`"), "{}", said(&unknown));
    assert!(said(&unknown).contains("did you mean `threads`?"), "{}", said(&unknown));
    fs::remove_file(place.path("pipeline.toml")).unwrap();
    assert_status(&place.run(&["build", "--only", "reports"]), 2);
    assert_status(&place.run(&["build", "--only", "counties"]), 2);
    assert_status(&place.run(&["build", "corpus", "--only", "counties"]), 2);
    assert_status(&place.run(&["build", "corpus", "--max-reject-ratio", "nan"]), 2);
    assert_status(&place.run(&["build", "corpus", "--threads", "20000"]), 2);
    assert_status(&place.run(&["build", "corpus", "corpus/report.txt"]), 2);
    assert_status(&place.run(&["schema", "nothing"]), 2);
    assert_status(&place.run(&["inspect", "nowhere.txt"]), 1);
    assert_status(&place.run(&["build", "corpus", "--years", "2019"]), 2);
}

#[test]
fn too_many_rejects_leave_the_dataset_as_it_was() {
    let place = Place::new();
    assert_status(&place.build(), 0);
    let before = place.current();
    place.write("corpus/empty.txt", b"");
    let output = place.run(&["build", "corpus", "--out", "out", "--max-reject-ratio", "0.1"]);
    assert_status(&output, 3);
    assert!(said(&output).contains("builds"), "it says where the build lies: {}", said(&output));
    assert_eq!(place.current(), before);
}

#[test]
fn an_empty_corpus_does_not_replace_a_dataset() {
    let place = Place::new();
    assert_status(&place.build(), 0);
    let before = place.current();
    fs::create_dir(place.path("unmounted")).unwrap();
    let output = place.run(&["build", "unmounted", "--out", "out"]);
    assert_status(&output, 2);
    assert!(said(&output).contains("nothing to read"), "{}", said(&output));
    assert_eq!(place.current(), before);
}

#[test]
fn a_damaged_build_is_made_whole_again() {
    let place = Place::new();
    assert_status(&place.build(), 0);
    let whole = bytes(&place.path("out"));
    place.write("out/current/counties.parquet", b"PAR1");
    assert_status(&place.build(), 0);
    assert!(bytes(&place.path("out")) == whole);
}

#[test]
fn the_datasets_own_folder_is_not_read() {
    let place = Place::new();
    for _ in 0..2 {
        let output = place.run(&["build", "corpus", "--out", "corpus/out"]);
        assert_status(&output, 0);
        assert!(said(&output).contains("1 walked = 1 reports"), "{}", said(&output));
    }
}

#[test]
fn old_builds_are_pruned_and_nothing_else() {
    let place = Place::new();
    // Neither is ours: no name of a build, and no manifest.
    place.write("out/builds/mine/thesis.txt", b"ten years of work");
    place.write("out/builds/0123456789abcdef/thesis.txt", b"and its copy");
    for number in 0..5 {
        place.write("corpus/report.txt", REPORT.replace("320条", &format!("{number}条")).as_bytes());
        assert_status(&place.run(&["build", "corpus", "--out", "out", "--keep", "2"]), 0);
    }
    let builds = walkdir::WalkDir::new(place.path("out/builds")).min_depth(1).max_depth(1);
    let finished = builds.into_iter().filter(|entry| entry.as_ref().unwrap().path().join("manifest.json").exists());
    assert_eq!(finished.count(), 2);
    assert!(place.path("out/builds/mine/thesis.txt").exists());
    assert!(place.path("out/builds/0123456789abcdef/thesis.txt").exists());
}

#[test]
fn several_roots_keep_their_paths_apart_wherever_they_are_named_from() {
    let place = Place::new();
    place.write("other/report.txt", REPORT.replace("320条", "5条").as_bytes());
    let absolute = [place.path("other"), place.path("corpus")].map(|path| path.to_str().unwrap().to_owned());
    assert_status(&place.run(&["build", "corpus", "other", "--out", "one"]), 0);
    assert_status(&place.run(&["build", &absolute[0], &absolute[1], "--out", "two"]), 0);
    assert!(bytes(&place.path("one")) == bytes(&place.path("two")));
}

#[test]
fn keys_are_unique_whatever_is_rejected() {
    let place = Place::new();
    // The first path is a reject, so that numbers of documents and rows of reports are not the same.
    place.write("corpus/0.txt", b"");
    for (number, name) in ["a", "b", "c"].iter().enumerate() {
        place.write(&format!("corpus/{name}.txt"), REPORT.replace("320条", &format!("{number}条")).as_bytes());
    }
    place.write("corpus/d.txt", REPORT.as_bytes());
    assert_status(&place.build(), 0);
    let unique = |table: &str, columns: &[&str]| {
        let frame = place.table(table);
        let rows: BTreeSet<String> = (0..frame.height())
            .map(|at| columns.iter().map(|name| frame.column(name).unwrap().get(at).unwrap().to_string()).collect())
            .collect();
        assert_eq!(rows.len(), frame.height(), "{table}");
    };
    unique("observations", &["observation_id"]);
    unique("townships", &["township_code", "report_year"]);
    unique("counties", &["county_code", "report_year"]);
    unique("years", &["report_year", "issuer_level"]);
}

#[test]
fn two_builds_cannot_meet() {
    let place = Place::new();
    assert_status(&place.build(), 0);
    let lock = fs::File::options().write(true).open(place.path("out/.lock")).unwrap();
    lock.lock().unwrap();
    let output = place.build();
    assert_status(&output, 1);
    assert!(said(&output).contains("another nianbao"), "{}", said(&output));
    drop(lock);
    assert_status(&place.build(), 0);
}

/// A corpus that takes long enough to be killed in the middle.
fn many(place: &Place, marker: usize) {
    for number in 0..1500 {
        let report = REPORT.replace("320条", &format!("{}条", 1000 * marker + number)).repeat(3);
        place.write(&format!("corpus/{number:04}.txt"), report.as_bytes());
    }
}

fn start(place: &Place) -> Child {
    place.command(&["build", "corpus", "--out", "out", "--quiet"]).spawn().unwrap()
}

#[test]
fn a_killed_build_leaves_the_old_dataset() {
    let place = Place::new();
    many(&place, 1);
    assert_status(&place.build(), 0);
    let (before, whole) = (place.current(), bytes(&place.path("out")));
    many(&place, 2);
    let mut killed = 0;
    for milliseconds in (0..400).step_by(25) {
        let mut child = start(&place);
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        if place.current() == before {
            assert!(bytes(&place.path("out")) == whole, "the old build changed");
            killed += usize::from(!ended.success());
        } else {
            // It was quicker than the signal; the new build is whole.
            assert!(place.path("out/current/manifest.json").exists());
            break;
        }
    }
    assert!(killed >= 3, "only {killed} builds were killed in time");
    assert_status(&place.build(), 0);
    assert_ne!(place.current(), before);
    let left: Vec<PathBuf> = walkdir::WalkDir::new(place.path("out/builds"))
        .max_depth(1)
        .into_iter()
        .flatten()
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_interrupted_build_says_so() {
    let place = Place::new();
    many(&place, 1);
    let mut child = start(&place);
    std::thread::sleep(Duration::from_millis(120));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(130));
    assert!(!place.path("out/current").exists());
}

#[test]
fn some_tables_are_made_again_alone() {
    let place = Place::new();
    place.write("corpus/later.txt", REPORT.replace("2019", "2020").as_bytes());
    assert_status(&place.build(), 0);
    let before = bytes(&place.path("out"));
    let only = |tables: &str, years: &str| {
        place.run(&["build", "--out", "out", "--only", tables, "--years", years, "--places", "永顺县"])
    };
    let output = only("counties,townships,years,checks", "2019");
    assert_status(&output, 0);
    assert!(said(&output).contains("townships 1"), "{}", said(&output));
    assert!(bytes(&place.path("out")) == before, "the same facts give the same rows");
    // Whatever has happened to a table, the facts bring it back.
    for table in ["counties", "townships", "years"] {
        fs::remove_file(place.path(&format!("out/current/{table}.parquet"))).unwrap();
        assert_status(&only(table, "2019..2020"), 0);
        assert!(bytes(&place.path("out")) == before, "{table}");
    }
    place.write("out/current/checks.parquet", b"PAR1");
    let damaged = only("checks", "2019");
    assert_status(&damaged, 2);
    assert!(said(&damaged).contains("checks.parquet is not as it was published"), "{}", said(&damaged));
    assert_status(&place.build(), 0);
    let nothing = only("townships", "2091");
    assert_status(&nothing, 2);
    assert!(said(&nothing).contains("no row of these years and places"), "{}", said(&nothing));
    assert!(bytes(&place.path("out")) == before);
}

#[test]
fn inspect_prints_words_that_stand_in_the_text() {
    let place = Place::new();
    let text = String::from_utf8(place.run(&["inspect", "corpus/report.txt", "--text"]).stdout).unwrap();
    let json: serde_json::Value =
        serde_json::from_slice(&place.run(&["inspect", "corpus/report.txt", "--json"]).stdout).unwrap();
    let observations = json["observations"].as_array().unwrap();
    assert!(observations.len() >= 2);
    for observation in observations {
        let place = |name: &str| usize::try_from(observation[name].as_u64().unwrap()).unwrap();
        let (start, end) = (place("text_start"), place("text_end"));
        let words: String = text.chars().skip(start).take(end - start).collect();
        assert_eq!(observation["quote"], words.as_str());
    }
    let table = String::from_utf8(place.run(&["inspect", "corpus/report.txt"]).stdout).unwrap();
    assert!(table.contains("主动公开政府信息320条"), "{table}");
}
