//! Pages for people: whatever a report says is text, nothing is fetched, and a browser shows what the tables hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::binary::{Place, assert_status};

/// A report whose title, label and file name carry script.
const HOSTILE: &str = "永顺县</title><script>document.documentElement.dataset.broken='yes'</script>盐井乡人民政府2019年度政府信息公开工作年度报告\n一、概述\n2019年1月1日至2019年12月31日。\n二、主动公开情况\n全年主动公开政府信息320条，其中<img src=x onerror=\"document.documentElement.dataset.broken='yes'\">信息57条，\"><svg/onload=document.documentElement.dataset.broken='yes'>信息390条。\n三、依申请公开情况\n全年收到政府信息公开申请113件，其中当面申请22件，网络申请180件。\n四、存在的主要问题\n无。\n";

const NAME: &str = "corpus/<img src=x onerror=alert(1)>.txt";

fn hostile() -> Place {
    let place = Place::new();
    place.write(NAME, HOSTILE.as_bytes());
    assert_status(&place.build(), 0);
    assert_status(&place.run(&["inspect", NAME, "--html", "report.html"]), 0);
    place
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// The pages that a dataset and a report have.
fn pages(place: &Place) -> [PathBuf; 3] {
    ["out/quality.html", "out/current/quality.html", "report.html"].map(|page| place.path(page))
}

#[test]
fn what_a_report_says_is_text() {
    let place = hostile();
    for path in pages(&place) {
        let page = read(&path);
        assert!(page.contains("Content-Security-Policy"), "{}", path.display());
        let scripts = page.matches("<script").count();
        assert_eq!(scripts, usize::from(path.ends_with("report.html")), "{}", path.display());
        assert!(!page.contains("<img") && !page.contains("<svg/"), "{}", path.display());
        let addresses = page.match_indices("://").map(|(at, _)| page.get(at.saturating_sub(40)..at + 20).unwrap_or(""));
        let fetched: Vec<&str> = addresses.filter(|near| !near.contains("www.w3.org")).collect();
        assert!(fetched.is_empty(), "{}: {fetched:?}", path.display());
    }
    assert!(read(&place.path("report.html")).contains("&lt;script&gt;"), "the words are there, as words");
}

#[test]
fn the_page_of_a_build_depends_on_it_alone_and_that_of_the_dataset_says_what_changed() {
    let place = Place::new();
    assert_status(&place.build(), 0);
    let first = read(&place.path("out/current/quality.html"));
    place.write("corpus/second.txt", "永顺县小溪镇人民政府2019年政府信息公开工作年度报告\n一、概述\n全年主动公开政府信息12条。\n二、依申请公开情况\n收到申请3件。\n".as_bytes());
    assert_status(&place.build(), 0);
    let page = read(&place.path("out/quality.html"));
    assert!(page.contains("second.txt") && page.contains("+1"), "what is new is named");
    let second = fs::read_to_string(place.path("corpus/second.txt")).unwrap().replace("12条", "13条");
    place.write("corpus/second.txt", second.as_bytes());
    assert_status(&place.build(), 0);
    let numbers: Vec<String> = ["Documents that are new", "Documents that changed", "Documents that are gone"]
        .map(|title| {
            let page = read(&place.path("out/quality.html"));
            let behind = page.split(title).nth(1).unwrap().split("</h3>").next().unwrap();
            behind.rsplit(' ').next().unwrap().to_owned()
        })
        .to_vec();
    assert_eq!(numbers, ["0", "1", "0"], "what changed is neither new nor gone");
    fs::remove_file(place.path("corpus/second.txt")).unwrap();
    assert_status(&place.build(), 0);
    assert_eq!(read(&place.path("out/current/quality.html")), first, "the same build has the same page");
    assert!(read(&place.path("out/quality.html")).contains("second.txt"), "what is gone is named");
    // A page that is lost is made again, and the tables stay as they are.
    fs::remove_file(place.path("out/current/quality.html")).unwrap();
    fs::remove_file(place.path("out/quality.html")).unwrap();
    assert_status(&place.run(&["build", "--out", "out", "--only", "quality"]), 0);
    assert_eq!(read(&place.path("out/current/quality.html")), first);
    assert_eq!(read(&place.path("out/quality.html")), first);
}

#[test]
fn a_page_never_takes_the_place_of_its_document() {
    let place = Place::new();
    fs::hard_link(place.path("corpus/report.txt"), place.path("page.html")).unwrap();
    let before = read(&place.path("corpus/report.txt"));
    for page in ["corpus/report.txt", "page.html"] {
        assert_status(&place.run(&["inspect", "corpus/report.txt", "--html", page]), 2);
    }
    assert_eq!(read(&place.path("corpus/report.txt")), before);
}

#[test]
fn what_lies_in_the_way_of_a_page_is_not_written_into() {
    let place = Place::new();
    fs::create_dir(place.path("out")).unwrap();
    place.write("mine.txt", b"mine");
    std::os::unix::fs::symlink(place.path("mine.txt"), place.path("out/.quality.html.next")).unwrap();
    assert_status(&place.build(), 0);
    assert_eq!(read(&place.path("mine.txt")), "mine");
    fs::remove_file(place.path("out/quality.html")).unwrap();
    fs::create_dir(place.path("out/quality.html")).unwrap();
    place.run(&["build", "--out", "out", "--only", "quality"]);
    assert!(!place.path("out/.quality.html.next").exists(), "nothing is left of what could not be done");
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let place = Place::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    assert_status(&place.run(&["build", sample.to_str().unwrap(), "--out", "out", "--quiet"]), 0);
    for file in ["hubei/来凤县/百福司镇/2022.htm", "shandong/yishui/高庄镇2022.txt", "anhui/yuexi/2020.html"]
    {
        let file = sample.join(file);
        assert_status(&place.run(&["inspect", file.to_str().unwrap(), "--html", "report.html"]), 0);
        for path in pages(&place) {
            let page = read(&path);
            let parts = |mark: &str| {
                page.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
            };
            let ids = parts(" id=\"");
            let unique: BTreeSet<&String> = ids.iter().collect();
            assert_eq!(ids.len(), unique.len(), "{}: an id stands twice", path.display());
            let lost: Vec<String> = parts("href=\"#").into_iter().filter(|target| !unique.contains(target)).collect();
            assert!(lost.is_empty(), "{}: {lost:?}", path.display());
        }
    }
}

/// How much lighter one colour is than another, as the accessibility guidelines of the web (WCAG 2.2) reckon it.
fn contrast(one: &str, other: &str) -> f64 {
    let light = |colour: &str| -> f64 {
        let part = |at: usize, weight: f64| {
            let part = f64::from(u8::from_str_radix(colour.get(at..at + 2).unwrap(), 16).unwrap()) / 255.0;
            weight * if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        part(1, 0.2126) + part(3, 0.7152) + part(5, 0.0722)
    };
    let (one, other) = (light(one), light(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn colours_can_be_told_from_each_other() {
    let style = read(Path::new("src/page/style.css"));
    let colours = |block: &str| -> BTreeMap<String, String> {
        let named = block.split("--").skip(1).filter_map(|rest| rest.split(';').next()?.split_once(": "));
        named.map(|(name, colour)| (name.to_owned(), colour.to_owned())).collect()
    };
    let mut blocks = style.split("@media");
    let light = colours(blocks.next().unwrap().split('}').next().unwrap());
    let dark = colours(blocks.next().unwrap());
    for colours in [light, dark] {
        let least = |pairs: &[(&str, &str)], least: f64| {
            for (one, other) in pairs {
                let found = contrast(&colours[*one], &colours[*other]);
                assert!(found >= least, "{one} on {other}: {found:.2}, and {least} are wanted");
            }
        };
        least(&["ink", "faint", "link", "s3"].map(|text| (text, "paper")), 4.5);
        least(&[("ink", "card"), ("faint", "card"), ("ink", "mark"), ("faint", "mark")], 4.5);
        least(&["m1", "m2", "m3"].map(|shade| ("ink", shade)), 4.5);
        least(&["m4", "m5", "m6", "m7"].map(|shade| ("paper", shade)), 4.5);
        least(&["s0", "s1", "s2", "s3", "s4", "s5", "s6"].map(|kind| (kind, "paper")), 3.0);
    }
}

#[test]
fn every_word_of_a_page_has_both_languages() {
    let words = read(Path::new("data/page.tsv"));
    let mut known = BTreeSet::new();
    for line in words.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert!(fields.len() == 3 && fields.iter().all(|field| !field.trim().is_empty()), "{line}");
        assert!(known.insert(fields[0]), "{} stands twice", fields[0]);
    }
    let sources = walkdir::WalkDir::new("src/page").into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let code: String = sources.map(|entry| read(entry.path())).collect();
    let said = code.split("say(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let unknown: Vec<&str> = said.filter(|id| !known.contains(id)).collect();
    assert!(unknown.is_empty(), "not in data/page.tsv: {unknown:?}");
}

/// The first of these programs that is there.
fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
}

#[test]
fn a_browser_runs_nothing_of_a_report() {
    let Some(browser) = browser() else {
        println!("skipped: there is no Chromium here");
        return;
    };
    let place = hostile();
    for path in pages(&place) {
        let output = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", place.path("browser").display()))
            .args(["--virtual-time-budget=3000", "--dump-dom"])
            .arg(format!("file://{}", path.display()))
            .output()
            .unwrap();
        let dom = String::from_utf8_lossy(&output.stdout);
        assert!(dom.contains("</html>"), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
        assert!(!dom.contains("data-broken"), "{}", path.display());
        if path.ends_with("report.html") {
            assert!(dom.contains("<path"), "a sum that does not add up is drawn");
        }
    }
}
