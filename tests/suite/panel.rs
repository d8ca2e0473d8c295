//! The wide tables are what an independent computation makes of the facts, for the sample and for two hundred counties with
//! their townships over six years, in which errors are planted: each is found, and nothing else is flagged.

use std::process::Command;

use crate::binary::Place;

/// Runs a script of `tests/python`; says so and returns false where there is no Python.
#[expect(clippy::print_stdout, reason = "what the scripts counted is the test's result")]
fn python(arguments: &[&str]) -> bool {
    let output = Command::new("tests/python/run").args(arguments).output().unwrap();
    println!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(matches!(output.status.code(), Some(0 | 77)), "{arguments:?} failed");
    output.status.success()
}

#[test]
fn a_panel_adds_up_and_every_planted_error_is_found() {
    let place = Place::new();
    let folder = place.path("panel");
    let folder = folder.to_str().unwrap();
    if !python(&["panel.py", folder]) {
        return;
    }
    let output = place.run(&["build", "panel/corpus", "--out", "out", "--quiet"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(python(&["check_panel.py", place.path("out/current").to_str().unwrap(), folder]));
}

#[test]
fn the_sample_adds_up() {
    let place = Place::new();
    let sample = std::path::absolute("data/sample").unwrap();
    let output = place.run(&["build", sample.to_str().unwrap(), "--out", "out", "--quiet"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    python(&["check_panel.py", place.path("out/current").to_str().unwrap()]);
}
