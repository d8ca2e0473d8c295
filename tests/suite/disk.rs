//! What disks do to a build: names that are no text, paths without end, folders that may not be entered, no room.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::binary::{Place, assert_status, said};

/// A build by somebody whom the disk may refuse: root without its privileges, or whoever runs the tests.
fn unprivileged(place: &Place, arguments: &[&str]) -> Output {
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-all", env!("CARGO_BIN_EXE_nianbao")]).args(arguments);
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if !is_root {
        return place.run(arguments);
    }
    command.current_dir(place.path("")).output().unwrap()
}

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn names_that_are_no_text_stay_apart_and_can_be_told_back() {
    let place = Place::new();
    let (gbk, _, _) = encoding_rs::GBK.encode("年报");
    for name in [[gbk.as_ref(), b".txt"].concat(), b"100%41.txt".to_vec(), b"100%.txt".to_vec()] {
        fs::copy(place.path("corpus/report.txt"), place.path("corpus").join(OsStr::from_bytes(&name))).unwrap();
    }
    assert_status(&place.build(), 0);
    let reports = place.table("reports");
    let paths: Vec<&str> = reports.column("path").unwrap().str().unwrap().iter().flatten().collect();
    // Three of these four bytes happen to be a syllable in UTF-8.
    assert_eq!(paths, ["%C4\u{ac68}.txt", "100%.txt", "100%2541.txt", "report.txt"]);
}

#[test]
fn a_path_longer_than_the_system_takes_is_one_row_of_rejects() {
    let place = Place::new();
    // Each step is short enough; no path names the end.
    let script = "cd corpus && for i in $(seq 30); do n=$(printf '%0200d' $i); mkdir $n && cd -P $n || exit 1; \
                  [ $i != 12 ] || cp ../../../../../../../../../../../../report.txt .; done; echo lost >end.txt";
    let made = Command::new("bash").args(["-c", script]).current_dir(place.path("")).status().unwrap();
    assert!(made.success());
    assert_status(&place.build(), 0);
    let rejects = place.table("rejects");
    assert_eq!(rejects.height(), 1);
    let reasons = rejects.column("reason").unwrap().str().unwrap().clone();
    assert_eq!(reasons.get(0), Some("unreadable"));
    assert_eq!(place.table("reports").height(), 2, "the file in the twelfth folder is read");
    let removed = Command::new("rm").args(["-rf", "corpus"]).current_dir(place.path("")).status().unwrap();
    assert!(removed.success());
}

#[test]
fn what_may_not_be_read_is_a_row_of_rejects() {
    let place = Place::new();
    place.write("corpus/closed/report.txt", b"1");
    place.write("corpus/secret.txt", b"1");
    permit(&place.path("corpus/closed"), 0o000);
    permit(&place.path("corpus/secret.txt"), 0o000);
    let output = unprivileged(&place, &["build", "corpus", "--out", "out", "--max-reject-ratio", "1"]);
    permit(&place.path("corpus/closed"), 0o700);
    assert_status(&output, 0);
    let rejects = place.table("rejects");
    let text = |name: &str| -> Vec<String> {
        rejects.column(name).unwrap().str().unwrap().iter().flatten().map(str::to_owned).collect()
    };
    assert_eq!(text("path"), ["closed", "secret.txt"]);
    assert_eq!(text("reason"), ["unreadable", "unreadable"]);
    assert!(text("detail").iter().all(|detail| detail.contains("Permission denied")), "{:?}", text("detail"));
}

#[test]
fn an_output_that_may_not_be_written_is_an_error_that_names_it() {
    let place = Place::new();
    assert_status(&place.build(), 0);
    let before = fs::read(place.path("out/current/manifest.json")).unwrap();
    place.write("corpus/report.txt", b"1");
    let closed = ["out", "out/builds"];
    for folder in closed {
        permit(&place.path(folder), 0o500);
        let output = unprivileged(&place, &["build", "corpus", "--out", "out", "--max-reject-ratio", "1"]);
        permit(&place.path(folder), 0o700);
        assert_status(&output, 1);
        assert!(said(&output).contains("out") && said(&output).contains("Permission denied"), "{}", said(&output));
        assert_eq!(fs::read(place.path("out/current/manifest.json")).unwrap(), before, "{folder}");
    }
    assert_status(&place.build(), 0);
}

#[test]
fn a_pipe_among_the_datasets_files_is_not_waited_for() {
    let place = Place::new();
    fs::create_dir_all(place.path("out/builds")).unwrap();
    for pipe in ["out/pipe", "out/builds/pipe", "out/run.json.pipe"] {
        assert!(Command::new("mkfifo").arg(place.path(pipe)).status().unwrap().success());
    }
    assert_status(&place.build(), 0);
}

#[test]
fn a_full_disk_leaves_the_old_dataset_and_room_heals_it() {
    let place = Place::new();
    for number in 0..400 {
        let report =
            format!("永顺县小溪镇人民政府2019年政府信息公开工作年度报告\n一、概述\n全年公开信息{number}条。\n");
        place.write(&format!("corpus/{number}.txt"), report.as_bytes());
    }
    fs::create_dir(place.path("out")).unwrap();
    // A disk of its own, first with room, then full, then with room again.
    let script = r#"
        mount -t tmpfs -o size=64m tmpfs out || exit 77
        "$0" build corpus --out out --quiet || exit 1
        before=$(cat out/current/manifest.json | sha256sum)
        for file in corpus/1*.txt; do sed -i 's/公开信息/公开信息1/' $file; done
        dd if=/dev/zero of=out/filler bs=64k 2>/dev/null
        "$0" build corpus --out out --quiet 2>said
        [ $? = 1 ] || { echo "not refused: $(cat said)"; exit 1; }
        cat said
        [ "$before" = "$(cat out/current/manifest.json | sha256sum)" ] || { echo "the old dataset changed"; exit 1; }
        rm out/filler
        "$0" build corpus --out out --quiet || exit 1
        "$0" verify out --corpus corpus || exit 1
        [ "$(ls out/builds | wc -l)" = 2 ] || { ls -la out/builds; exit 1; }
    "#;
    let mut apart = Command::new("unshare");
    apart.args(["--user", "--map-root-user", "--mount", "bash", "-c", script, env!("CARGO_BIN_EXE_nianbao")]);
    let output = apart.current_dir(place.path("")).output().unwrap();
    let refused = output.status.code() == Some(77) || said(&output).contains("unshare:");
    if refused {
        println!("skipped: this system lets nobody mount a disk of his own: {}", said(&output));
        return;
    }
    assert_status(&output, 0);
    assert!(said(&output).contains("No space left on device"), "{}", said(&output));
}

#[test]
fn a_build_that_holds_more_than_it_may_stops_and_says_so() {
    let place = Place::new();
    assert_status(&place.build(), 0);
    place.write("corpus/report.txt", b"1");
    place.write("pipeline.toml", b"[build]\nmax_memory_bytes = 1000000\n");
    let before = fs::read(place.path("out/current/manifest.json")).unwrap();
    let output = place.build();
    assert_status(&output, 1);
    assert!(said(&output).contains("build.max_memory_bytes allows 1000000"), "{}", said(&output));
    assert_eq!(fs::read(place.path("out/current/manifest.json")).unwrap(), before);
}
