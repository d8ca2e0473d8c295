//! From a published number back to its words, and into the hands of analysts.

use std::process::Command;

use polars::prelude::{IntoColumn, NamedFrom, ParquetReader, ParquetWriter, SerReader, Series};

use crate::binary::Place;

fn built() -> Place {
    let place = Place::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample");
    let output = place.run(&["build", sample, "--out", "out", "--quiet"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    place
}

/// What a command prints, and its exit status.
fn said(place: &Place, arguments: &[&str]) -> (String, Option<i32>) {
    let output = place.run(arguments);
    let page = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (String::from_utf8(page).unwrap(), output.status.code())
}

#[test]
fn a_number_is_traced_to_its_words() {
    let place = built();
    let explain = ["explain", "out", "--place", "岳西县", "--year", "2019", "--metric", "requests_received"];
    let (page, status) = said(&place, &explain);
    assert_eq!(status, Some(0), "{page}");
    for part in ["岳西县 (340828), 2019", "* 8cdba9d7d7ef4fb0", "no report: notice", "req_new=30 is stated and used"]
    {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
    assert!(
        page.contains("收到政府信息公开申请30件”\n        8cdba9d7d7ef4fb0/3: not used: a table goes before"),
        "{page}"
    );
    let (page, status) = said(&place, &["cite", "out", "8cdba9d7d7ef4fb0/3"]);
    assert_eq!(status, Some(0), "{page}");
    for part in ["收到政府信息公开申请【30】件", "value      30 件", "anhui/yuexi/2019.html", "dataset    build "]
    {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
    let (page, _) = said(&place, &["explain", "out", "--place", "340828", "--year", "2019"]);
    assert!(page.contains("requests_handled         req_handled_total=28 is stated and used"), "{page}");
}

#[test]
fn what_is_not_there_is_said() {
    let place = built();
    for (arguments, part) in [
        (["cite", "out", "nix/1"].as_slice(), "no observation nix/1 in out"),
        (&["cite", "nowhere", "nix/1"], "there is no dataset in nowhere"),
        (&["explain", "out", "--place", "临川镇", "--year", "2019"], "临川镇: no place has this code or full name"),
        (&["explain", "out", "--place", "岳西县", "--year", "2019", "--metric", "nix"], "no metric and no series"),
    ] {
        let (page, status) = said(&place, arguments);
        assert_eq!(status, Some(2), "{page}");
        assert!(page.contains(part), "no {part:?} in {page}");
    }
    let (page, status) = said(&place, &["explain", "out", "--place", "岳西县", "--year", "2001"]);
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains("no document of this place's own government and year"), "{page}");
}

#[test]
fn python_loads_every_table_as_meant() {
    let place = built();
    let output = Command::new("tests/python/run").arg("load.py").arg(place.path("out/current")).output().unwrap();
    let page = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{page}");
    assert!(matches!(output.status.code(), Some(0 | 77)), "{page}");
}

#[test]
fn what_changed_between_builds_has_a_cause() {
    let place = Place::new();
    let report = |town: &str, count: u32| {
        format!(
            "永顺县{town}人民政府2019年政府信息公开工作年度报告\n一、概述\n全年主动公开政府信息{count}条。\n二、依申请公开\n未收到政府信息公开申请。\n三、存在的问题\n无。\n"
        )
    };
    for (out, count) in [("one", 320), ("same", 320), ("more", 330)] {
        place.write("corpus/report.txt", report("盐井乡", count).as_bytes());
        assert!(place.run(&["build", "corpus", "--out", out, "--quiet"]).status.success());
    }
    assert_eq!(said(&place, &["diff", "one", "same"]), ("nothing changed\n".to_owned(), Some(0)));
    let (page, status) = said(&place, &["diff", "one", "more"]);
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains("2019 items_disclosed: 320 → 330 (input)\n"), "{page}");
    assert!(page.contains("cells of townships changed by input\n") && !page.contains("unexplained"), "{page}");
    // A table that somebody has changed by hand: the documents and the rules are the same.
    let path = place.path("same/current/townships.parquet");
    let mut table = ParquetReader::new(std::fs::File::open(&path).unwrap()).finish().unwrap();
    let other = Series::new("items_disclosed".into(), [321_i64]).into_column();
    table.replace("items_disclosed", other).unwrap();
    ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut table).unwrap();
    let (page, status) = said(&place, &["diff", "one", "same"]);
    assert_eq!(status, Some(1), "{page}");
    assert!(page.contains("items_disclosed: 320 → 321 (unexplained)"), "{page}");
    assert!(page.contains("1 cells changed although documents, rules and places are the same"), "{page}");
}
