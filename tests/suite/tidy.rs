//! Rules about the source tree itself: what docs/architecture.md promises, each held by a test.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Modules that see the outside; all others are core.
const RIM: [&str; 17] = [
    "main",
    "arguments",
    "help",
    "terminal",
    "error",
    "store",
    "unpack",
    "reader",
    "config",
    "discover",
    "tabulate",
    "inspect",
    "publish",
    "overlay",
    "page",
    "trace",
    "run",
];

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

/// The top-level module that a source file belongs to.
fn module(path: &Path) -> String {
    let below = path.strip_prefix("src").unwrap();
    let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The code of a file: its lines without comments, up to its unit tests.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(path).unwrap();
    let body = text.split("#[cfg(test)]").next().unwrap();
    let strip = |line: &str| line.split("//").next().unwrap().to_owned();
    body.lines().enumerate().map(|(number, line)| (number + 1, strip(line))).collect()
}

fn faults(check: impl Fn(&Path) -> Vec<String>) -> String {
    files("src", "rs").iter().flat_map(|path| check(path)).collect::<Vec<_>>().join("\n")
}

#[test]
fn core_touches_nothing_outside() {
    let outside = ["std::fs", "std::env", "std::time", "std::process", "std::net", "rayon", "polars", "std::thread"];
    let found = faults(|path| {
        if RIM.contains(&module(path).as_str()) || path.ends_with("lib.rs") {
            return Vec::new();
        }
        let guilty = |(number, line): (usize, String)| {
            let word = outside.iter().find(|word| line.contains(*word))?;
            Some(format!("{}:{number}: {word} in the core", path.display()))
        };
        code(path).into_iter().filter_map(guilty).collect()
    });
    assert!(found.is_empty(), "{found}");
}

#[test]
fn modules_use_only_modules_above_them() {
    let library = std::fs::read_to_string("src/lib.rs").unwrap();
    let order: Vec<&str> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(order.len() > 10, "src/lib.rs declares {} modules", order.len());
    let found = faults(|path| {
        let own = module(path);
        let Some(place) = order.iter().position(|name| *name == own) else { return Vec::new() };
        let guilty = |(number, line): (usize, String)| {
            let mut used = line.split("crate::").skip(1).map(|rest| {
                rest.split(|end: char| !end.is_ascii_alphanumeric() && end != '_').next().unwrap_or_default()
            });
            let below = used.find(|name| order.iter().position(|known| known == name).is_some_and(|at| at > place))?;
            Some(format!("{}:{number}: {own} uses {below}, which is declared below it", path.display()))
        };
        code(path).into_iter().filter_map(guilty).collect()
    });
    assert!(found.is_empty(), "{found}");
}

#[test]
fn domain_words_live_in_data() {
    let found = faults(|path| {
        if path.ends_with("number.rs") || path.ends_with("date.rs") {
            return Vec::new();
        }
        let is_ideograph = |character: char| ('\u{3400}'..='\u{9FFF}').contains(&character);
        let guilty = code(path).into_iter().filter(|(_, line)| line.contains(is_ideograph));
        guilty.map(|(number, line)| format!("{}:{number}: {}", path.display(), line.trim())).collect()
    });
    assert!(found.is_empty(), "words of the domain belong in data/:\n{found}");
}

#[test]
fn files_are_short() {
    let found = faults(|path| {
        let lines = code(path).len();
        if lines > 450 { vec![format!("{}: {lines} lines without its tests", path.display())] } else { Vec::new() }
    });
    assert!(found.is_empty(), "{found}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let found = faults(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        if text.starts_with("//!") { Vec::new() } else { vec![format!("{}: begins without //!", path.display())] }
    });
    assert!(found.is_empty(), "{found}");
}

#[test]
fn docs_name_only_files_that_exist() {
    let mut missing = Vec::new();
    let pages = files("docs", "md")
        .into_iter()
        .chain(["README.md", "README.zh-CN.md", "CHANGELOG.md", "data/README.md"].map(PathBuf::from));
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let is_path = ["src/", "data/", "tests/", "docs/", "tools/"].iter().any(|root| word.starts_with(root));
            let plain = !word.contains(['*', '<', '{', ' ', '…']);
            if is_path && plain && !Path::new(word).exists() {
                missing.push(format!("{}: {word}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
