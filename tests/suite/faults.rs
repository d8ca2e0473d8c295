//! Whatever happens to a build: the current dataset is whole, the old one or the new one, and the next run succeeds.
//! `make faults` runs these; what they count is in docs/reliability.md.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use proptest::test_runner::{Config as ProptestConfig, TestRunner};
use sha2::{Digest, Sha256};

use crate::binary::Place;
use crate::nightly;

/// Kills, and as many interruptions by a signal that can be caught.
const KILLS: u32 = 200;

const DOCUMENTS: usize = 1500;

/// A corpus with some archives; `night` changes a part of it.
fn corpus(place: &Place, night: usize) {
    for number in 0..DOCUMENTS {
        // Most documents stay what they are.
        let marker = if number % 50 == 0 { night % 2 } else { 0 };
        let text = format!(
            "永顺县小溪镇人民政府{}年政府信息公开工作年度报告\n一、概述\n全年主动公开政府信息{}条，其中网站公开{marker}条。\n二、依申请公开情况\n收到政府信息公开申请3件。\n三、存在的主要问题\n无。\n",
            2008 + number % 16,
            number + 100,
        );
        place.write(&format!("corpus/{}/{number}.txt", number % 7), text.as_bytes());
    }
    let member = format!("永顺县泽家镇人民政府2019年政府信息公开工作年度报告\n一、概述\n全年公开信息{night}条。\n");
    place.write("corpus/more.zip", &crate::kinds::zipped(&[("a.txt", member)]));
}

/// What a whole build consists of, by its manifest; none where a file is missing or other than it says.
fn whole(build: &Path) -> Option<String> {
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(build.join("manifest.json")).ok()?).ok()?;
    for entry in manifest["files"].as_array()? {
        let bytes = fs::read(build.join(entry["name"].as_str()?)).ok()?;
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if entry["sha256"] != hash {
            return None;
        }
    }
    Some(manifest["build_id"].as_str()?.to_owned())
}

/// The id of the current build, which must be whole.
fn current(place: &Place) -> String {
    whole(&place.path("out/current")).expect("the current dataset is not whole")
}

/// What lies in the dataset's folder and should not.
fn leftovers(place: &Place) -> Vec<PathBuf> {
    let inside = |folder: &str| {
        let entries = walkdir::WalkDir::new(place.path(folder)).min_depth(1).max_depth(1).into_iter().flatten();
        entries.map(walkdir::DirEntry::into_path).collect::<Vec<_>>()
    };
    let known = ["builds", "cache", "current", "run.json", ".lock", "quality.html"];
    let is_known = |path: &PathBuf| known.contains(&path.file_name().unwrap().to_str().unwrap());
    let strange = inside("out").into_iter().filter(|path| !is_known(path));
    strange.chain(inside("out/builds").into_iter().filter(|path| whole(path).is_none())).collect()
}

fn build(place: &Place) {
    let output = place.run(&["build", "corpus", "--out", "out", "--quiet"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Starts a build, sends it a signal after a while, and waits.
fn stopped(place: &Place, signal: &str, after: Duration, full: bool) -> ExitStatus {
    let arguments = ["build", "corpus", "--out", "out", "--quiet"];
    let arguments = [arguments.as_slice(), if full { &["--full"] } else { &[] }].concat();
    let mut child = place.start(&arguments);
    std::thread::sleep(after);
    let _ = Command::new("kill").args([signal, &child.id().to_string()]).status();
    child.wait().unwrap()
}

/// Stops builds at moments spread over their whole time; returns how many did not end by themselves.
fn survive(signal: &str) -> u32 {
    let place = Place::new();
    corpus(&place, 0);
    build(&place);
    let started = Instant::now();
    assert!(place.run(&["build", "corpus", "--out", "out", "--quiet", "--full"]).status.success());
    let time = started.elapsed();
    let mut stopped_in_time = 0;
    for number in 0..KILLS {
        corpus(&place, usize::try_from(number).unwrap() + 1);
        let before = current(&place);
        let ended = stopped(&place, signal, time * number / KILLS, number % 3 != 0);
        stopped_in_time += u32::from(!ended.success());
        let after = current(&place);
        build(&place);
        assert!(after == before || after == current(&place), "{after} is neither the old build nor the new one");
        assert_eq!(leftovers(&place), Vec::<PathBuf>::new(), "after {signal} number {number}");
    }
    // The last night, after all of this, is what a cold build makes of it.
    assert!(place.run(&["build", "corpus", "--out", "cold", "--quiet"]).status.success());
    assert_eq!(whole(&place.path("cold/current")), Some(current(&place)));
    stopped_in_time
}

#[test]
#[ignore = "takes minutes: make faults"]
fn faults_killed_at_two_hundred_moments() {
    let killed = survive("-KILL");
    println!("{KILLS} times SIGKILL, {killed} of them before the build had ended: current whole, the next run good");
    assert!(killed > KILLS / 2, "only {killed} builds were killed in time");
}

#[test]
#[ignore = "takes minutes: make faults"]
fn faults_interrupted_at_two_hundred_moments() {
    let stopped = survive("-TERM");
    println!("{KILLS} times SIGTERM, {stopped} of them before the build had ended: current whole, the next run good");
    assert!(stopped > KILLS / 2, "only {stopped} builds were interrupted in time");
}

#[test]
#[ignore = "takes minutes: make faults"]
fn faults_no_room_on_the_disk() {
    let place = Place::new();
    corpus(&place, 0);
    build(&place);
    let mut failed = 0;
    let sizes = (0..40).map(|step| step * 30);
    for (night, blocks) in sizes.enumerate() {
        corpus(&place, night + 1);
        let before = current(&place);
        let program = env!("CARGO_BIN_EXE_nianbao");
        // No file may be larger than so many KB: the disk refuses in the middle of one.
        let limited =
            format!("trap '' XFSZ; ulimit -f {blocks}; exec '{program}' build corpus --out out --quiet --full");
        let ended = Command::new("bash").args(["-c", &limited]).current_dir(place.path("")).output().unwrap();
        if !ended.status.success() {
            failed += 1;
            assert_eq!(ended.status.code(), Some(1), "{}", String::from_utf8_lossy(&ended.stderr));
            assert!(!ended.stderr.is_empty());
            assert_eq!(current(&place), before);
        }
        current(&place);
        build(&place);
        assert_eq!(leftovers(&place), Vec::<PathBuf>::new(), "with {blocks} blocks");
    }
    println!("40 builds with room for files of 0 to 1.2 MB: {failed} refused, current whole, the next run good");
    assert!(failed >= 20);
}

#[test]
#[ignore = "takes minutes: make faults"]
fn faults_files_that_change_and_vanish_while_they_are_read() {
    let place = Place::new();
    corpus(&place, 0);
    for round in 0..20_usize {
        let mut child = place.start(&["build", "corpus", "--out", "out", "--full", "--max-reject-ratio", "1"]);
        let mut at = round;
        while child.try_wait().unwrap().is_none() {
            at = (at * 31 + 17) % DOCUMENTS;
            let name = format!("corpus/{}/{at}.txt", at % 7);
            match at % 3 {
                0 => drop(fs::remove_file(place.path(&name))),
                1 => place.write(&name, b""),
                _ => place.write(&name, "永顺县小溪镇2019年年报\n".repeat(at).as_bytes()),
            }
        }
        assert!(child.wait().unwrap().success(), "round {round}");
        current(&place);
        corpus(&place, round);
        let output = place.run(&["build", "corpus", "--out", "out", "--max-reject-ratio", "1", "--quiet"]);
        assert!(output.status.success());
        let cold = format!("cold{round}");
        assert!(place.run(&["build", "corpus", "--out", &cold, "--quiet"]).status.success());
        assert_eq!(whole(&place.path(&format!("{cold}/current"))), Some(current(&place)));
        fs::remove_dir_all(place.path(&cold)).unwrap();
    }
    println!("20 builds of files that changed and vanished: all ended, books balanced, the next run is a cold one's");
}

#[test]
#[ignore = "takes minutes: make faults"]
fn faults_many_nights() {
    const SEQUENCES: u32 = 50;
    let config = ProptestConfig { cases: SEQUENCES, max_shrink_iters: 20, ..ProptestConfig::default() };
    let ran = TestRunner::new(config).run(&nightly::nights(), |nights| {
        nightly::assert_each_is_cold(&nights);
        Ok(())
    });
    ran.unwrap();
    println!(
        "{SEQUENCES} sequences of four nights of additions, changes, moves, deletions and archives: each build is a cold one's"
    );
}

#[test]
#[ignore = "takes minutes: make faults"]
fn faults_very_many_files_in_one_folder() {
    const FILES: usize = 100_000;
    let place = Place::new();
    for number in 0..FILES {
        place.write(&format!("corpus/{number}.txt"), format!("{number}年年报").as_bytes());
    }
    for what in ["new", "unchanged"] {
        let output = place.run(&["build", "corpus", "--out", "out", "--quiet"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let run: serde_json::Value = serde_json::from_slice(&fs::read(place.path("out/run.json")).unwrap()).unwrap();
        assert_eq!(run["documents"], FILES + 1);
        let peak = run["peak_memory_bytes"].as_u64().unwrap() / 1_000_000;
        println!(
            "{FILES} files in one folder, {what}: {:.1} s, {peak} MB at the peak",
            run["seconds"].as_f64().unwrap()
        );
    }
}
