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
    for part in [
        "岳西县 (340828), 2019",
        "* 8cdba9d7d7ef4fb0",
        "no report: notice",
        "  requests_received = 30\n    req_new=30: stated and used",
    ] {
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
    assert!(page.contains("  requests_handled = 28\n    req_handled_total=28: stated and used"), "{page}");
}

#[test]
fn what_is_not_there_is_said() {
    let place = built();
    for (arguments, part) in [
        (["cite", "out", "nix/1"].as_slice(), "no observation nix/1 in out"),
        (&["cite", "nowhere", "nix/1"], "there is no dataset in nowhere"),
        (&["explain", "out", "--place", "999999", "--year", "2019"], "--place 999999: no place has this code"),
        (&["explain", "out", "--place", "岳西", "--year", "2019"], "is it 340828 岳西县?"),
        (&["explain", "out", "--place", "临川镇", "--year", "2019"], "临川镇: no place has this code or full name"),
        (
            &["explain", "out", "--place", "岳西县", "--year", "2019", "--metric", "request_received"],
            "did you mean requests_received?",
        ),
    ] {
        let (page, status) = said(&place, arguments);
        assert_eq!(status, Some(2), "{page}");
        assert!(page.contains(part), "no {part:?} in {page}");
    }
    let (page, status) = said(&place, &["explain", "out", "--place", "岳西县", "--year", "2001"]);
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains("no document of 2001 for the own government of 安徽省 安庆市 岳西县 (340828)\n"), "{page}");
    assert!(page.contains("the dataset has documents of 2019, 2020, 2021, 2022, 2023, 2024\n"), "{page}");
    // A town of which there are several: the page does not tell which it is.
    let (page, _) = said(&place, &["explain", "out", "--place", "140425102", "--year", "2018"]);
    assert!(
        page.contains("shanxi/pingshun/shicheng2018.txt\n      its place is not settled: 110118116,140425102,"),
        "{page}"
    );
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

#[test]
fn reviewed_corrections_survive_rebuilds_and_say_when_they_are_stale() {
    let place = Place::new();
    place.write("plain.toml", b"");
    assert!(place.run(&["build", "corpus", "--out", "out", "--config", "plain.toml", "--quiet"]).status.success());
    let id = place.table("observations").column("report_id").unwrap().str().unwrap().get(0).unwrap().to_owned();
    let lines = format!(
        "report,metric,applicant,old,new,reason,source\n\
         {id},disc_info_total,,320,302,digits swapped,letter of 2020-05-06\n\
         {id},disc_ch_website,,,12,seen on the scan,page 2\n\
         {id},apply_received,,7,8,was never so,nowhere\n"
    );
    place.write("reviewed.csv", lines.as_bytes());
    place.write("a.toml", b"[overlay]\nfile = \"reviewed.csv\"\n");
    for _ in 0..2 {
        let (page, status) = said(&place, &["build", "corpus", "--out", "out", "--config", "a.toml"]);
        assert_eq!(status, Some(0), "{page}");
        assert!(page.contains("overlay      2 corrections applied, 1 stale"), "{page}");
        assert!(page.contains(&format!("stale        line 4: {id} says apply_received = 0, not 7")), "{page}");
    }
    let township = place.table("townships");
    let value = |name: &str| township.column(name).unwrap().i64().unwrap().get(0);
    assert_eq!([value("items_disclosed"), value("website_items")], [Some(302), Some(12)]);
    assert!(place.run(&["build", "corpus", "--out", "plain", "--config", "plain.toml", "--quiet"]).status.success());
    let (page, status) = said(&place, &["diff", "plain", "out"]);
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains("2019 items_disclosed: 320 → 302 (overlay)\n"), "{page}");
    let explain = ["explain", "out", "--place", "盐井乡", "--year", "2019", "--metric", "items_disclosed"];
    let (page, _) = said(&place, &explain);
    assert!(page.contains("* disc_info_total = 302  reviewed"), "{page}");
    assert!(page.contains("replaced by a reviewed correction: digits swapped (letter of 2020-05-06)"), "{page}");
    // What --only makes again has the corrections that the facts have, or nothing is made.
    let only = ["build", "--only", "townships", "--out", "out", "--config"];
    let (page, status) = said(&place, &[only.as_slice(), &["a.toml"]].concat());
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains("overlay      2 corrections applied, 1 stale"), "{page}");
    let (page, status) = said(&place, &[only.as_slice(), &["plain.toml"]].concat());
    assert_eq!(status, Some(2), "{page}");
    assert!(page.contains("was made with other reviewed corrections; run `nianbao build` without --only"), "{page}");
}

#[test]
fn a_line_of_corrections_that_cannot_be_meant_is_refused() {
    let place = Place::new();
    place.write("a.toml", b"[overlay]\nfile = \"reviewed.csv\"\n");
    let build = ["build", "corpus", "--out", "out", "--config", "a.toml"];
    let (page, status) = said(&place, &build);
    assert_eq!(status, Some(2), "{page}");
    let id = "0123456789abcdef";
    for (lines, part) in [
        (format!("{id},nix,,1,2,a,b"), "reviewed.csv:2: no metric is called \"nix\""),
        (format!("{id},req_new,nobody,1,2,a,b"), "no applicant is called \"nobody\""),
        (format!("{id},disc_info_total,total,1,2,a,b"), "disc_info_total has no applicants, and \"total\" is given"),
        (format!("{id},disc_info_total,,1,2,a,\"b\n{id},disc_info_total,,1,2,a,b"), "reviewed.csv:2: a field goes on"),
        (format!("{id},disc_info_total,,one,2,a,b"), "old is \"one\", which is no number"),
        (format!("{id},disc_info_total,,1,2.5,a,b"), "new is 2.5, and disc_info_total counts whole ones"),
        (format!("{id},disc_info_total,,1,-2,a,b"), "new is -2, and disc_info_total is never negative"),
        (format!("{id},disc_info_total,,1,2,,"), "reason and source are wanted"),
        (format!("{id},disc_info_total,,1"), "reviewed.csv: "),
        ("a/b.html,disc_info_total,,1,2,a,b".to_owned(), "it is a report_id, of 16 hexadecimal digits"),
        (
            format!("{id},req_new,total,1,2,a,b\n\n{id},req_new,total,1,3,a,b"),
            "reviewed.csv:4: line 2 corrects the same",
        ),
    ] {
        place.write("reviewed.csv", format!("report,metric,applicant,old,new,reason,source\n{lines}\n").as_bytes());
        let (page, status) = said(&place, &build);
        assert_eq!(status, Some(2), "{page}");
        assert!(page.contains(part), "no {part:?} in {page}");
    }
    place.write("reviewed.csv", b"report;metric;applicant;old;new;reason;source\n");
    assert!(said(&place, &build).0.contains("reviewed.csv:1: the first line is not report,metric,"));
    // A number that may be negative, no applicant for all of them, and the file as a spreadsheet in China saves it.
    let lines =
        format!("report,metric,applicant,old,new,reason,source\n{id},admin_license_items_change,,-22,-21,看错,来信\n");
    place.write("reviewed.csv", &encoding_rs::GB18030.encode(&lines).0);
    let (page, status) = said(&place, &build);
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains(&format!("stale        line 2: no report has the id {id}")), "{page}");
}

#[test]
fn a_correction_reaches_the_total_of_all_applicants_and_no_copy() {
    let place = Place::new();
    let page = std::fs::read("data/sample/anhui/yuexi/2019.html").unwrap();
    place.write("corpus/a.html", &page);
    place.write("corpus/b.html", &[page.as_slice(), b"\n<!-- another copy -->"].concat());
    let build = ["build", "corpus", "--out", "out", "--config", "a.toml"];
    place.write("a.toml", b"");
    assert_eq!(said(&place, &build).1, Some(0));
    let reports = place.table("reports");
    let text = |name: &str| reports.column(name).unwrap().str().unwrap().clone();
    let (ids, kinds) = (text("report_id"), text("duplicate_kind"));
    let row = |copy: bool| {
        (0..reports.height())
            .find(|at| kinds.get(*at).is_some() == copy && text("path").get(*at).unwrap().ends_with("html"))
    };
    let id = |copy: bool| ids.get(row(copy).unwrap()).unwrap();
    let lines: String = [true, false].map(|copy| format!("{},req_new,,30,33,a,b\n", id(copy))).concat();
    place.write("reviewed.csv", format!("report,metric,applicant,old,new,reason,source\n{lines}").as_bytes());
    place.write("a.toml", b"[overlay]\nfile = \"reviewed.csv\"\n");
    let (page, status) = said(&place, &build);
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains("overlay      1 corrections applied, 1 stale"), "{page}");
    assert!(
        page.contains(&format!("line 2: {} is a copy of {}, whose figures are used", id(true), id(false))),
        "{page}"
    );
    let received = place.table("counties").column("requests_received").unwrap().i64().unwrap().get(0);
    assert_eq!(received, Some(33));
}

#[test]
fn a_correction_makes_no_restatement_of_a_mirror() {
    let place = Place::new();
    let page = |portal: &str, date: &str| {
        format!(
            "{portal}永顺县小溪镇人民政府2019年政府信息公开工作年度报告\n发布日期：{date}\n一、概述\n全年主动公开政府信息500条。\n二、依申请公开\n收到政府信息公开申请12件。\n三、存在的问题\n无。\n"
        )
    };
    place.write("corpus/a.txt", page("", "2020-01-20").as_bytes());
    place.write("corpus/b.txt", page("首页 > 年报\n", "2020-02-20").as_bytes());
    place.write("a.toml", b"");
    let build = |out: &str| said(&place, &["build", "corpus", "--out", out, "--config", "a.toml"]);
    assert_eq!(build("out").1, Some(0));
    let (paths, ids) = (place.table("reports"), place.table("reports"));
    let text = |table: &polars::prelude::DataFrame, name: &str| table.column(name).unwrap().str().unwrap().clone();
    let at = (0..paths.height()).find(|at| text(&paths, "path").get(*at) == Some("a.txt")).unwrap();
    let id = text(&ids, "report_id").get(at).unwrap().to_owned();
    let lines = format!("report,metric,applicant,old,new,reason,source\n{id},disc_info_total,,500,5000,a,b\n");
    place.write("reviewed.csv", lines.as_bytes());
    place.write("a.toml", b"[overlay]\nfile = \"reviewed.csv\"\n");
    assert!(build("reviewed").0.contains("1 corrections applied, 0 stale"));
    let (page, status) = said(&place, &["diff", "out", "reviewed"]);
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains("2019 items_disclosed: 500 → 5000 (overlay)\n"), "{page}");
    let (page, _) = said(&place, &["cite", "reviewed", &format!("{id}/2")]);
    assert!(page.contains("reviewed   not what the program read in these words: a (b)"), "{page}");
    // The report comes in other bytes: its correction is lost, and that is the cause.
    place.write("corpus/a.txt", (std::fs::read_to_string(place.path("corpus/a.txt")).unwrap() + "\n").as_bytes());
    assert!(build("later").0.contains(&format!("no report has the id {id}")));
    let (page, status) = said(&place, &["diff", "reviewed", "later"]);
    assert_eq!(status, Some(0), "{page}");
    assert!(page.contains("2019 items_disclosed: 5000 → 500 (overlay)\n"), "{page}");
}
