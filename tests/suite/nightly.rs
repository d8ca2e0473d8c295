//! The rebuild of a corpus of which little has changed: nothing is read twice, and the bytes are those of a cold build.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use crate::binary::Place;

/// Builds and returns what was read.
fn read(place: &Place, more: &[&str]) -> String {
    let arguments = [&["build", "corpus", "--out", "out", "--max-reject-ratio", "1"], more].concat();
    let output = place.run(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = String::from_utf8(output.stdout).unwrap();
    page.lines().find_map(|line| line.strip_prefix("read ")).unwrap().trim().to_owned()
}

/// Waits until files are older than the tick of a disk's clock: younger ones are looked at again in any case.
fn settle() {
    std::thread::sleep(Duration::from_secs(3));
}

/// Every file of the current build with its bytes.
fn published(place: &Place, out: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = walk(&place.path(&format!("{out}/current/")));
    files.into_iter().map(|file| (file.file_name().unwrap().into(), fs::read(&file).unwrap())).collect()
}

/// Fails where a build of nothing kept has other bytes.
fn assert_is_cold(place: &Place) {
    let _ = fs::remove_dir_all(place.path("cold"));
    let output = place.run(&["build", "corpus", "--out", "cold", "--max-reject-ratio", "1"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for ((name, warm), (_, cold)) in published(place, "out").iter().zip(published(place, "cold")) {
        assert!(*warm == cold, "{} is not that of a cold build", name.display());
    }
}

fn report(town: &str, year: i32, count: i32) -> String {
    format!(
        "永顺县{town}人民政府{year}年政府信息公开工作年度报告\n一、概述\n全年主动公开政府信息{count}条。\n二、依申请公开情况\n收到政府信息公开申请{}件。\n三、存在的主要问题\n无。\n",
        count % 7
    )
}

const NONE: &str = "none: all are as the last build left them";

#[test]
fn only_what_changed_is_read_again() {
    let place = Place::new();
    for (number, town) in ["小溪镇", "泽家镇", "芙蓉镇", "石堤镇"].iter().enumerate() {
        place.write(&format!("corpus/{number}.txt"), report(town, 2019, 100).as_bytes());
    }
    let archive = crate::kinds::zipped(&[("a.txt", report("车坪乡", 2018, 31)), ("b.txt", report("毛坝乡", 2018, 33))]);
    place.write("corpus/more.zip", &archive);
    place.write("corpus/picture.bin", &[0, 1, 2, 3, 0, 0, 0, 0]);
    settle();
    assert_eq!(read(&place, &[]), "8 of 8 (2 members of archives, 6 new)");
    assert_eq!(read(&place, &[]), NONE);
    for name in ["0.txt", "more.zip", "picture.bin"] {
        let file = fs::File::options().append(true).open(place.path("corpus").join(name)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
    }
    assert_eq!(read(&place, &[]), NONE);
    place.write("corpus/1.txt", report("泽家镇", 2019, 101).as_bytes());
    assert_eq!(read(&place, &[]), "1 of 8 (1 changed)");
    // Moved and renamed: nothing in these paths tells anything.
    let bytes = fs::read(place.path("corpus/2.txt")).unwrap();
    fs::remove_file(place.path("corpus/2.txt")).unwrap();
    place.write("corpus/below/two.txt", &bytes);
    assert_eq!(read(&place, &[]), NONE);
    assert_is_cold(&place);
    let why = "1 of 8 (1 moved to where its path tells something else)";
    fs::remove_file(place.path("corpus/below/two.txt")).unwrap();
    place.write("corpus/湘乡市/two.txt", &bytes);
    assert_eq!(read(&place, &[]), why);
    fs::remove_file(place.path("corpus/3.txt")).unwrap();
    assert_eq!(read(&place, &[]), NONE);
    assert_is_cold(&place);
    // The rows of one document become those of its copies too.
    let bytes = fs::read(place.path("corpus/0.txt")).unwrap();
    for name in ["again.txt", "below/again.txt"] {
        place.write(&format!("corpus/{name}"), &bytes);
    }
    assert_eq!(read(&place, &[]), NONE);
    assert_is_cold(&place);
    fs::remove_file(place.path("corpus/0.txt")).unwrap();
    assert_eq!(read(&place, &[]), NONE);
    assert_is_cold(&place);
    // A table that comes to lie beside them may be theirs.
    place.write("corpus/table.xls", b"<table><tr><td>1</td></tr></table>");
    let found = read(&place, &[]);
    assert!(found.contains("another file beside it") && found.contains("1 new"), "{found}");
    assert_is_cold(&place);
    place.write("out/cache/index.jsonl", b"x");
    assert!(read(&place, &[]).contains(" damaged cache"));
    fs::remove_dir_all(place.path("out/cache")).unwrap();
    assert!(read(&place, &[]).ends_with(" new)"));
    assert!(read(&place, &["--full"]).contains("--full"));
    place.write("strict.toml", b"[corpus]\nmax_file_bytes = 1000000\n");
    assert!(read(&place, &["--config", "strict.toml"]).contains("other rules or settings"));
}

#[test]
fn a_damaged_cache_is_read_again_and_never_believed() {
    let place = Place::new();
    for number in 0..20 {
        place.write(&format!("corpus/{number}.txt"), report("小溪镇", 2000 + number, 100 + number).as_bytes());
    }
    read(&place, &[]);
    for file in walk(&place.path("out/cache")) {
        let whole = fs::read(&file).unwrap();
        for at in [whole.len() / 3, whole.len() - 9] {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x20;
            let name = format!("out/cache/{}", file.file_name().unwrap().to_str().unwrap());
            place.write(&name, &bytes);
            assert!(read(&place, &[]).starts_with("21 of 21"), "{name}");
            assert_is_cold(&place);
        }
    }
}

/// What happens to a corpus in a day.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Add(u8, u8),
    Change(u8),
    Move(u8, u8),
    Delete(u8),
    Pack(u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (any::<u8>(), any::<u8>()).prop_map(|(town, year)| Event::Add(town, year)),
        any::<u8>().prop_map(Event::Change),
        (any::<u8>(), any::<u8>()).prop_map(|(file, folder)| Event::Move(file, folder)),
        any::<u8>().prop_map(Event::Delete),
        any::<u8>().prop_map(Event::Pack),
    ]
}

const TOWNS: [&str; 6] = ["小溪镇", "泽家镇", "芙蓉镇", "石堤镇", "车坪乡", "毛坝乡"];
const FOLDERS: [&str; 5] = ["", "new/", "湘乡市/", "2017/", "永顺县/"];

/// One event: files are named by what is there.
fn happen(place: &Place, event: &Event, count: usize) {
    let corpus = place.path("corpus");
    let files: Vec<PathBuf> = walk(&corpus);
    let pick = |at: u8| files.get(usize::from(at) % files.len().max(1)).cloned();
    match event {
        Event::Add(town, year) => {
            let town = TOWNS[usize::from(*town) % TOWNS.len()];
            let text = report(town, 2010 + i32::from(*year % 9), i32::from(*year) + 1);
            let folder = FOLDERS[usize::from(*year) % FOLDERS.len()];
            place.write(&format!("corpus/{folder}n{count}.txt"), text.as_bytes());
        }
        Event::Change(file) => {
            let Some(file) = pick(*file) else { return };
            let bytes = [fs::read(&file).unwrap(), b"\n".to_vec()].concat();
            place.write(file.strip_prefix(place.path("")).unwrap().to_str().unwrap(), &bytes);
        }
        Event::Move(file, folder) => {
            let Some(file) = pick(*file) else { return };
            let folder = FOLDERS[usize::from(*folder) % FOLDERS.len()];
            let name = format!("corpus/{folder}m{count}.{}", file.extension().unwrap().to_str().unwrap());
            let bytes = fs::read(&file).unwrap();
            fs::remove_file(&file).unwrap();
            place.write(&name, &bytes);
        }
        Event::Delete(file) => {
            if let Some(file) = pick(*file).filter(|_| files.len() > 1) {
                fs::remove_file(file).unwrap();
            }
        }
        Event::Pack(file) => {
            let Some(file) = pick(*file) else { return };
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            let bytes = crate::kinds::zipped(&[(name.as_str(), fs::read(&file).unwrap())]);
            place.write(&format!("corpus/p{count}.zip"), &bytes);
        }
    }
}

/// All files below a folder, sorted.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// Some nights of events.
pub(crate) fn nights() -> impl Strategy<Value = Vec<Vec<Event>>> {
    prop::collection::vec(prop::collection::vec(event(), 1..6), 4)
}

/// Fails where a build after any of the nights is not a cold one.
pub(crate) fn assert_each_is_cold(nights: &[Vec<Event>]) {
    let place = Place::new();
    for (town, name) in TOWNS.iter().enumerate() {
        place.write(&format!("corpus/{town}.txt"), report(name, 2019, 100).as_bytes());
    }
    settle();
    read(&place, &[]);
    let mut count = 0;
    for night in nights {
        for event in night {
            count += 1;
            happen(&place, event, count);
        }
        read(&place, &[]);
        assert_is_cold(&place);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 20, ..ProptestConfig::default() })]
    #[test]
    fn night_after_night_is_one_cold_build(nights in nights()) {
        assert_each_is_cold(&nights);
    }
}

/// What verify says, and its exit status.
fn verified(place: &Place, dataset: &str) -> (String, Option<i32>) {
    let output = place.run(&["verify", dataset, "--corpus", "corpus"]);
    let page = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (String::from_utf8(page).unwrap(), output.status.code())
}

#[test]
fn verify_finds_one_flipped_bit_and_one_changed_source() {
    let place = Place::new();
    for (number, town) in TOWNS.iter().enumerate() {
        place.write(&format!("corpus/{number}.txt"), report(town, 2019, 100).as_bytes());
    }
    read(&place, &[]);
    let (page, status) = verified(&place, "out");
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains("7 documents of corpus read again, ") && page.contains("9 of 9 tables equal"), "{page}");
    for (name, bytes) in published(&place, "out") {
        let name = name.to_str().unwrap();
        if name == "manifest.json" {
            continue;
        }
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        place.write(&format!("out/current/{name}"), &flipped);
        let (page, status) = verified(&place, "out");
        assert_eq!(status, Some(1), "{name}: {page}");
        assert!(page.contains(&format!("{name}: its bytes are not those that were published")), "{page}");
        place.write(&format!("out/current/{name}"), &bytes);
    }
    place.write("corpus/2.txt", report(TOWNS[2], 2019, 101).as_bytes());
    fs::remove_file(place.path("corpus/3.txt")).unwrap();
    place.write("corpus/4b.txt", report(TOWNS[4], 2018, 7).as_bytes());
    let (page, status) = verified(&place, "out");
    assert_eq!(status, Some(1), "{page}");
    for part in ["2.txt: was ", "3.txt: is not in the corpus any more", "4b.txt: was not in the corpus"] {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
}

#[test]
fn the_same_bytes_from_anywhere() {
    let place = Place::new();
    for (number, town) in TOWNS.iter().enumerate() {
        place.write(&format!("corpus/{number}.txt"), report(town, 2019, 100).as_bytes());
    }
    read(&place, &[]);
    let (corpus, out) = (place.path("corpus"), place.path("elsewhere"));
    let below = place.path("a/b");
    fs::create_dir_all(&below).unwrap();
    let ways: [(&str, &str, &Path, &Path); 3] = [
        ("C", "UTC", &corpus, Path::new("/")),
        ("zh_CN.GB18030", "Asia/Shanghai", Path::new("../../corpus"), &below),
        ("tr_TR.UTF-8", "Pacific/Apia", Path::new("./corpus/../corpus/"), &place.path("")),
    ];
    for (number, (locale, zone, corpus, folder)) in ways.into_iter().enumerate() {
        let mut build = std::process::Command::new(env!("CARGO_BIN_EXE_nianbao"));
        build.args(["build", "--threads", &(1 << number).to_string(), "--quiet", "--out"]).arg(&out).arg(corpus);
        let output = build.env("LC_ALL", locale).env("TZ", zone).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(published(&place, "out") == published(&place, "elsewhere"), "{locale} {zone} {}", folder.display());
        fs::remove_dir_all(&out).unwrap();
    }
}

/// Runs the nightly job; returns what it prints and its exit status.
fn nightly(place: &Place, log: &str) -> (String, Option<i32>) {
    let script = std::path::absolute("tools/nightly").unwrap();
    let mut job = std::process::Command::new(script);
    job.args([env!("CARGO_BIN_EXE_nianbao"), "out", "corpus"]).env("LOG", log).current_dir(place.path(""));
    let output = job.output().unwrap();
    (String::from_utf8([output.stdout, output.stderr].concat()).unwrap(), output.status.code())
}

#[test]
fn the_nightly_job_says_what_it_did_and_why_it_failed() {
    let place = Place::new();
    let (page, status) = nightly(&place, "text");
    assert_eq!(status, Some(0), "{page}");
    for part in ["== build\n", "== verify\n", "9 of 9 tables equal", "== diff\nthe first build"] {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
    assert!(nightly(&place, "text").0.contains("== diff\nnothing changed since the last build"));
    place.write("corpus/report.txt", report("小溪镇", 2019, 7).as_bytes());
    let (page, status) = nightly(&place, "json");
    assert_eq!(status, Some(0), "{page}");
    let steps: Vec<serde_json::Value> = page.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(names, ["build", "verify", "diff"]);
    assert!(steps[2]["said"].as_str().unwrap().contains(" cells of townships changed by input"), "{page}");
    // A build that no night has compared is compared by the next.
    place.write("corpus/report.txt", report("小溪镇", 2019, 8).as_bytes());
    read(&place, &[]);
    let (page, status) = nightly(&place, "text");
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains(" cells of townships changed by input"), "{page}");
    assert!(nightly(&place, "text").0.contains("== diff\nnothing changed since the last build"));
    let changes = fs::read_to_string(place.path("out/changes.txt")).unwrap();
    assert!(changes.contains("nothing changed"), "{changes}");
    // One that was damaged is made again, and the job says so.
    place.write("out/current/years.parquet", b"PAR1");
    let (page, status) = nightly(&place, "text");
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains("was not as it was published, and was made again"), "{page}");
    let (page, status) = nightly(&place, "yaml");
    assert_eq!((page.as_str(), status), ("== usage FAILED with status 2\nLOG is text or json, not yaml\n", Some(2)));
    let lock = fs::File::options().append(true).open(place.path("out/.nightly.lock")).unwrap();
    lock.lock().unwrap();
    let (page, status) = nightly(&place, "text");
    assert!(page.contains("another nightly job (process ") && status == Some(75), "{page}");
    drop(lock);
    for number in 0..9 {
        place.write(&format!("corpus/{number}.bin"), &[0, 1, 2, 3, 0, number]);
    }
    let (page, status) = nightly(&place, "text");
    assert_eq!(status, Some(3), "{page}");
    assert!(
        page.contains("== build FAILED with status 3") && page.contains("9 of 10 documents were rejected"),
        "{page}"
    );
}
