//! A report whose table lies in a file beside it is read with that table, and the file is no report of its own.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use nianbao::model::{Block, BlockKind, Document};
use polars::prelude::{DataFrame, DataType, ParquetReader, SerReader};

use super::{REPORTS, Report, write};

/// The paragraphs of a report, or its tables.
fn part(report: &Report, cells: bool) -> Document {
    let is_cell = |block: &&Block| matches!(block.kind, BlockKind::Cell { .. }) == cells;
    let blocks = report.document.blocks.iter().filter(is_cell).copied().collect();
    Document { text: report.document.text.clone(), blocks, ..Document::default() }
}

struct Place(tempfile::TempDir);

impl Place {
    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join("corpus").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(path).unwrap().write_all(bytes).unwrap();
    }

    fn build(&self) {
        self.build_into("out");
    }

    fn build_into(&self, out: &str) {
        let run = Command::new(env!("CARGO_BIN_EXE_nianbao"))
            .args(["build", "corpus", "--out", out])
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }

    fn columns(&self, table: &str, names: &[&str]) -> Vec<Vec<String>> {
        let file = fs::File::open(self.0.path().join(format!("out/current/{table}.parquet"))).unwrap();
        let frame: DataFrame = ParquetReader::new(file).finish().unwrap();
        let text = |name: &&str| frame.column(name).unwrap().cast(&DataType::String).unwrap();
        let columns: Vec<_> = names.iter().map(text).collect();
        let row = |row: usize| {
            columns.iter().map(|column| column.str().unwrap().get(row).unwrap_or("-").to_owned()).collect()
        };
        (0..frame.height()).map(row).collect()
    }
}

/// What stands in the place of the table.
const NAMED: &str = "附件：政府信息公开情况统计表.xls";

fn with_tables() -> impl Iterator<Item = &'static Report> {
    REPORTS.iter().filter(|report| report.path.contains("2014年报") || report.path.contains("2015/index"))
}

/// A report as a page and, apart from it, its table, which belongs to it where both are called alike.
pub(crate) fn page_and_table() -> (Vec<u8>, Vec<u8>) {
    let report = with_tables().next().unwrap();
    (write::html(&part(report, false)).into_bytes(), write::xlsx(&part(report, true)))
}

#[test]
fn a_table_beside_a_report_is_read_as_its_own() {
    for report in with_tables() {
        let (words, table) = (part(report, false), write::xlsx(&part(report, true)));
        let linked = write::html(&words).replace("</body>", "<p><a href=\"./files/table.xls\">more</a></p></body>");
        let named = write::html(&words).replace("</body>", &format!("<p>{NAMED}</p></body>"));
        for (page, name) in
            [(write::html(&words), "r.xlsx"), (linked, "table.xls"), (named, "政府信息公开情况统计表.xls")]
        {
            let place = Place(tempfile::tempdir().unwrap());
            let folder = Path::new(&report.path).parent().unwrap().display().to_string();
            place.write(&format!("{folder}/r.htm"), page.as_bytes());
            place.write(&format!("{folder}/{name}"), &table);
            place.build();
            let path = format!("{folder}/{name}");
            let mut classes = place.columns("reports", &["path", "document_class", "class_reason", "attachments"]);
            classes.retain(|row| row[0] == path);
            assert_eq!(classes, [[path.as_str(), "not_report", "attachment", "-"]], "{}", report.path);
            let mut own = place.columns("reports", &["document_class", "format", "damage", "attachments"]);
            own.retain(|row| row[0] == "report");
            assert_eq!(own, [["report", "stat_table_2014", "-", path.as_str()]], "{}", report.path);
            let mut found: Vec<(String, String)> = Vec::new();
            for row in place.columns("observations", &["metric", "value", "basis", "attachment", "quote"]) {
                assert_eq!(row[3] == path, row[2] == "cell" || row[2] == "blank", "{row:?}");
                found.push((row[0].clone(), row[2].clone()));
            }
            assert_eq!(found.len(), report.figures.len(), "{} {name}", report.path);
        }
    }
}

#[test]
fn a_table_that_is_named_and_not_there_is_a_loss() {
    for report in with_tables() {
        let page = write::html(&part(report, false)).replace("</body>", &format!("<p>{NAMED}</p></body>"));
        let place = Place(tempfile::tempdir().unwrap());
        place.write(&report.path, page.as_bytes());
        // A file of another name is none of it.
        place.write("other.xlsx", &write::xlsx(&part(report, true)));
        place.build();
        let mut rows = place.columns("reports", &["path", "damage", "attachments"]);
        rows.retain(|row| row[0] == report.path);
        assert_eq!(rows, [[report.path.as_str(), "attachment_absent", "-"]]);
    }
}

#[test]
fn a_table_of_another_year_or_body_is_none_of_a_report() {
    for report in with_tables() {
        let (words, table) = (part(report, false), part(report, true));
        let page = write::html(&words).replace("</body>", &format!("<p>{NAMED}</p></body>"));
        let heads = ["2009年政府信息公开情况统计表", "填报单位：漠河市水务局"];
        for head in heads {
            let place = Place(tempfile::tempdir().unwrap());
            let folder = Path::new(&report.path).parent().unwrap().display().to_string();
            let path = format!("{folder}/{}", NAMED.split_once('：').unwrap().1);
            let table = write::html(&table).replacen("<body>", &format!("<body><p>{head}</p>"), 1);
            assert!(table.contains(head));
            place.write(&format!("{folder}/r.htm"), page.as_bytes());
            place.write(&path, table.as_bytes());
            place.build();
            let mut rows = place.columns("reports", &["path", "damage", "attachments"]);
            rows.retain(|row| row[0].ends_with("/r.htm"));
            assert_eq!(rows, [[format!("{folder}/r.htm").as_str(), "attachment_absent", "-"]], "{head}");
        }
    }
}

#[test]
fn diff_names_a_new_attachment_as_the_cause() {
    let report = with_tables().next().unwrap();
    let place = Place(tempfile::tempdir().unwrap());
    let folder = Path::new(&report.path).parent().unwrap().display().to_string();
    let page = write::html(&part(report, false)).replace("</body>", &format!("<p>{NAMED}</p></body>"));
    place.write(&format!("{folder}/r.htm"), page.as_bytes());
    place.build_into("before");
    place.write(&format!("{folder}/政府信息公开情况统计表.xls"), write::html(&part(report, true)).as_bytes());
    place.build();
    let mut diff = Command::new(env!("CARGO_BIN_EXE_nianbao"));
    let diff = diff.args(["diff", "before", "out"]).current_dir(place.0.path()).output().unwrap();
    let page = String::from_utf8_lossy(&diff.stdout);
    assert!(diff.status.success(), "{page}");
    assert!(page.contains(" cells of counties changed by input\n"), "{page}");
}
