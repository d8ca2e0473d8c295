//! How long a build takes beside a search of the same files, and how it grows: `make bench`. Writes docs/performance.md.
//!
//! Everything is measured in one run, in turn, several times: only the ratios can be compared between machines.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "it measures time and prints it"
)]

mod corpus;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nianbao::knowledge::embedded;
use nianbao::publish;

/// How often each is run.
const ROUNDS: usize = 5;

/// Documents of the comparison.
const DOCUMENTS: usize = 20_000;

/// Documents of the corpora by which growth is measured.
const GROWTH: [usize; 3] = [2_000, 20_000, 200_000];

/// Seconds of all rounds.
struct Times(Vec<f64>);

impl Times {
    fn best(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn median(&self) -> f64 {
        let mut times = self.0.clone();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    }
}

/// What a build leaves in run.json, and the size of its tables.
struct Run {
    seconds: f64,
    peak: u64,
    bytes: u64,
}

fn main() {
    let knowledge = embedded().unwrap_or_else(|error| unreachable!("{error}"));
    let sample = corpus::Sample::load(&knowledge);
    let folder = PathBuf::from("target/bench");
    let corpus = |count: usize| folder.join(format!("{count}"));
    let quick = std::env::args().any(|argument| argument == "--quick");
    for count in if quick { vec![DOCUMENTS] } else { GROWTH.to_vec() } {
        write(&sample, &corpus(count), count);
    }
    let mut page = compare(&corpus(DOCUMENTS), &folder);
    if !quick {
        page += &growth(&folder);
    }
    print!("{page}");
    if !quick {
        publish::write(Path::new("docs/performance.md"), &page).unwrap_or_else(|error| unreachable!("{error}"));
    }
}

/// Writes so many documents into a folder, unless they are there.
fn write(sample: &corpus::Sample<'_>, folder: &Path, count: usize) {
    let done = folder.join(".done");
    if done.exists() {
        return;
    }
    let _ = std::fs::remove_dir_all(folder);
    for number in 0..count {
        let (path, bytes) = sample.document(number);
        let path = folder.join(path);
        let _ = path.parent().map(std::fs::create_dir_all);
        std::fs::File::create(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, &bytes))
            .unwrap_or_else(|error| unreachable!("{}: {error}", path.display()));
    }
    publish::write(&done, "").unwrap_or_else(|error| unreachable!("{error}"));
}

/// The builds beside what searches, lists and reads the same files.
fn compare(corpus: &Path, folder: &Path) -> String {
    let (cold, warm) = (folder.join("cold"), folder.join("warm"));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    build(corpus, &warm);
    let mut times: [(&str, Times); 6] = [
        ("nianbao, cold", Times(Vec::new())),
        ("nianbao, nothing changed", Times(Vec::new())),
        ("nianbao, 1 % changed", Times(Vec::new())),
        ("ripgrep, counting 政府信息", Times(Vec::new())),
        ("find, names and times", Times(Vec::new())),
        ("cat, all bytes", Times(Vec::new())),
    ];
    let mut peak = 0;
    for round in 0..ROUNDS {
        let _ = std::fs::remove_dir_all(&cold);
        let built = build(corpus, &cold);
        peak = peak.max(built.peak);
        times[0].1.0.push(built.seconds);
        times[1].1.0.push(build(corpus, &warm).seconds);
        touch(corpus, round);
        times[2].1.0.push(build(corpus, &warm).seconds);
        // Those of the last seconds are looked at again in any case.
        std::thread::sleep(std::time::Duration::from_secs(3));
        build(corpus, &warm);
        let count = ["--threads", &threads.to_string(), "--count", "政府信息"];
        times[3].1.0.push(run(Command::new("rg").args(count).arg(corpus)));
        times[4].1.0.push(run(Command::new("find").arg(corpus).args(["-printf", "%s %T@\n"])));
        let all = "find \"$0\" -type f -print0 | xargs -0 cat";
        times[5].1.0.push(run(Command::new("sh").args(["-c", all]).arg(corpus)));
    }
    let bytes = size(corpus);
    let mut page = format!(
        "# Performance\n\nWritten by `make bench`, in one run: only ratios can be compared between machines. The documents are those of data/sample under other places, with other figures and whole pages around them.\n\n## Beside a search of the same files\n\n{DOCUMENTS} documents, {} MB, {threads} threads, {ROUNDS} rounds in turn.\n\n| | best, s | median, s | × ripgrep | × find |\n|---|---|---|---|---|\n",
        bytes / 1_000_000
    );
    let (search, list) = (times[3].1.best(), times[4].1.best());
    for (name, times) in &times {
        let (best, median) = (times.best(), times.median());
        let _ = writeln!(page, "| {name} | {best:.2} | {median:.2} | {:.1} | {:.1} |", best / search, best / list);
    }
    let best = times[0].1.best();
    let _ = writeln!(page, "\n{}", small(corpus, folder));
    let _ = writeln!(
        page,
        "Goals: cold ≤ 3 × ripgrep ({}), nothing changed ≤ 3 × find ({}), 1 % changed ≤ 5 × find ({}).",
        reached(best, 3.0 * search),
        reached(times[1].1.best(), 3.0 * list),
        reached(times[2].1.best(), 5.0 * list)
    );
    let _ = writeln!(
        page,
        "\nCold: {:.0} reports a second, {:.1} MB per second and core, {} MB at the peak.",
        DOCUMENTS as f64 / best,
        bytes as f64 / 1e6 / best / threads as f64,
        peak / 1_000_000
    );
    page
}

fn reached(seconds: f64, goal: f64) -> &'static str {
    if seconds <= goal { "reached" } else { "not reached" }
}

/// How long a person waits for one page, and for the sample.
fn small(corpus: &Path, folder: &Path) -> String {
    let files = walkdir::WalkDir::new(corpus).sort_by_file_name().into_iter().flatten();
    let mut files = files.filter(|entry| entry.file_type().is_file());
    let size = |entry: &walkdir::DirEntry| entry.metadata().map_or(0, |file| file.len());
    let ten = files.find(|entry| (10_000..10_500).contains(&size(entry)));
    let ten = ten.map_or_else(|| corpus.to_owned(), walkdir::DirEntry::into_path);
    let out = folder.join("small");
    let (mut inspect, mut sample) = (Times(Vec::new()), Times(Vec::new()));
    for _ in 0..2 * ROUNDS {
        inspect.0.push(run(Command::new(env!("CARGO_BIN_EXE_nianbao")).arg("inspect").arg(&ten)));
        let _ = std::fs::remove_dir_all(&out);
        sample.0.push(build(Path::new("data/sample"), &out).seconds);
    }
    format!(
        "`inspect` of a file of 10 KB: best {:.0} ms, median {:.0} ms from process start (goal 30 ms). `build` of data/sample: best {:.2} s, median {:.2} s (goal 0.5 s).\n",
        1000.0 * inspect.best(),
        1000.0 * inspect.median(),
        sample.best(),
        sample.median()
    )
}

/// Cold builds of corpora of several sizes.
fn growth(folder: &Path) -> String {
    let mut page = String::from(
        "\n## Growth\n\nCold builds.\n\n| documents | seconds | documents a second | peak, MB | dataset, MB |\n|---|---|---|---|---|\n",
    );
    for count in GROWTH {
        let out = folder.join("grown");
        let _ = std::fs::remove_dir_all(&out);
        let Run { seconds, peak, bytes } = build(&folder.join(format!("{count}")), &out);
        let rate = count as f64 / seconds;
        let _ =
            writeln!(page, "| {count} | {seconds:.1} | {rate:.0} | {} | {:.1} |", peak / 1_000_000, bytes as f64 / 1e6);
        let _ = std::fs::remove_dir_all(&out);
    }
    page
}

/// Changes a byte of one document in a hundred.
fn touch(corpus: &Path, round: usize) {
    let files = walkdir::WalkDir::new(corpus).sort_by_file_name().into_iter().flatten();
    let files = files.filter(|entry| entry.file_type().is_file() && entry.file_name() != ".done");
    for file in files.skip(round).step_by(100) {
        let mut file =
            std::fs::File::options().append(true).open(file.path()).unwrap_or_else(|error| unreachable!("{error}"));
        let _ = std::io::Write::write_all(&mut file, b"\n");
    }
}

fn size(folder: &Path) -> u64 {
    let files = walkdir::WalkDir::new(folder).follow_root_links(true).into_iter().flatten();
    files.filter_map(|entry| entry.metadata().ok()).filter(std::fs::Metadata::is_file).map(|file| file.len()).sum()
}

/// Builds, and reads what the build says of itself.
fn build(corpus: &Path, out: &Path) -> Run {
    let mut build = Command::new(env!("CARGO_BIN_EXE_nianbao"));
    let seconds = run(build.arg("build").arg(corpus).arg("--out").arg(out).args(["--max-reject-ratio", "1"]));
    let text = std::fs::read_to_string(out.join("run.json")).unwrap_or_default();
    let run: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let peak = run["peak_memory_bytes"].as_u64().unwrap_or(0);
    Run { seconds, peak, bytes: size(&out.join("current")) }
}

/// Seconds that a command takes.
fn run(command: &mut Command) -> f64 {
    let started = Instant::now();
    let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(ended.is_ok_and(|ended| ended.success()), "{command:?} failed");
    started.elapsed().as_secs_f64()
}
