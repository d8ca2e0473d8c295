//! The forty reports in every kind of container give the same observations, through the program itself.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::process::Command;

use nianbao::unpack::Limits;
use polars::prelude::{DataFrame, IntoColumn, NamedFrom, ParquetReader, ParquetWriter, SerReader, Series};
use sevenz_rust2::{ArchiveEntry, ArchiveWriter};
use zip::write::SimpleFileOptions;

use super::REPORTS;

pub(super) fn limits() -> Limits {
    Limits { member_bytes: 64 << 20, members: 10_000, ratio: 1_000, least: 64 << 20 }
}

/// Path and bytes of each report.
fn files() -> Vec<(String, Vec<u8>)> {
    let read = |path: &String| fs::read(Path::new("data/sample").join(path)).unwrap();
    REPORTS.iter().map(|report| (report.path.clone(), read(&report.path))).collect()
}

fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tape = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tape.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    tape.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn seven(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in files {
        archive.push_archive_entry(ArchiveEntry::new_file(name), Some(bytes.as_slice())).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A zip as Windows packs it: names in GBK, and nothing says so.
fn zip_gbk(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    // A name of as many bytes stands in for each, and is changed in the finished file.
    let mut names = Vec::new();
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (at, (name, bytes)) in files.iter().enumerate() {
        let gbk = encoding_rs::GBK.encode(name).0.into_owned();
        let stand_in = format!("{at:02}{}", "x".repeat(gbk.len() - 2));
        archive.start_file(&stand_in, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
        names.push((stand_in, gbk));
    }
    let mut bytes = archive.finish().unwrap().into_inner();
    for (stand_in, gbk) in names {
        let places: Vec<usize> = memchr::memmem::find_iter(&bytes, stand_in.as_bytes()).collect();
        for at in places {
            bytes[at..at + gbk.len()].copy_from_slice(&gbk);
        }
    }
    bytes
}

/// The characters of each report, as dumps hold them.
fn texts() -> Vec<(String, String)> {
    files()
        .into_iter()
        .map(|(name, bytes)| (name, nianbao::decode::decode(&super::KNOWLEDGE.charset, &bytes).unwrap().text))
        .collect()
}

fn json_lines() -> Vec<u8> {
    let line = |(name, text): (String, String)| {
        serde_json::json!({ "id": name, "url": format!("http://www.example.gov.cn/{name}"), "text": text }).to_string()
    };
    texts().into_iter().map(line).collect::<Vec<_>>().join("\n").into_bytes()
}

fn parquet() -> Vec<u8> {
    let (ids, texts): (Vec<String>, Vec<String>) = texts().into_iter().unzip();
    let urls: Vec<String> = ids.iter().map(|id| format!("http://www.example.gov.cn/{id}")).collect();
    let columns = [("id", ids), ("url", urls), ("text", texts)];
    let columns = columns.map(|(name, values)| Series::new(name.into(), values).into_column()).to_vec();
    let mut frame = DataFrame::new(REPORTS.len(), columns).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

fn warc() -> Vec<u8> {
    let mut crawl = Vec::new();
    for (name, bytes) in files() {
        let body = [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".as_slice(), &bytes].concat();
        let head = format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {name}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        crawl.extend([head.as_bytes(), &body, b"\r\n\r\n"].concat());
    }
    crawl
}

/// The observations of a build of one folder, without what the file's own path and bytes tell.
fn observations(folder: &Path) -> Vec<String> {
    let out = folder.with_extension("out");
    let run =
        Command::new(env!("CARGO_BIN_EXE_nianbao")).arg("build").arg(folder).arg("--out").arg(&out).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let table = |name: &str| {
        let file = fs::File::open(out.join("current").join(format!("{name}.parquet"))).unwrap();
        ParquetReader::new(file).finish().unwrap()
    };
    let reports = table("reports");
    assert_eq!(reports.height(), REPORTS.len(), "{}", folder.display());
    assert_eq!(table("rejects").height(), 0);
    let column = |frame: &DataFrame, name: &str| {
        let column = frame.column(name).unwrap().cast(&polars::prelude::DataType::String).unwrap();
        let column = column.str().unwrap().clone();
        (0..column.len()).map(|row| column.get(row).unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let name = |path: &String| path.rsplit("!/").next().unwrap().to_owned();
    let names: Vec<String> = column(&reports, "path").iter().map(name).collect();
    let ids = column(&reports, "report_id");
    let observations = table("observations");
    let of: Vec<String> = column(&observations, "report_id");
    let fields =
        ["metric", "applicant", "value", "bound", "basis", "chosen", "quote"].map(|field| column(&observations, field));
    let row = |row: usize| {
        let at = ids.iter().position(|id| *id == of[row]).unwrap();
        let fields: Vec<&str> = fields.iter().map(|field| field[row].as_str()).collect();
        format!("{} {}", names[at], fields.join("|"))
    };
    let mut rows: Vec<String> = (0..observations.height()).map(row).collect();
    rows.sort();
    rows
}

#[test]
fn every_container_gives_the_same_observations() {
    let place = tempfile::tempdir().unwrap();
    let files = files();
    let plain = place.path().join("plain");
    for (name, bytes) in &files {
        let path = plain.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(path).unwrap().write_all(bytes).unwrap();
    }
    let wanted = observations(&plain);
    assert!(wanted.len() > 3_000, "{}", wanted.len());
    let named: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let zip = super::write::zipped(&named);
    let tar = tar(&files);
    let containers: [(&str, Vec<u8>); 13] = [
        ("nested.zip", super::write::zipped(&[("inner.zip", &zip)])),
        ("a.zip", zip),
        ("gbk.zip", zip_gbk(&files)),
        ("a.tar.gz", gz(&tar)),
        ("a.tar.bz2", bz2(&tar)),
        ("a.tar.zst", zstd::encode_all(tar.as_slice(), 1).unwrap()),
        ("a.tar", tar),
        ("a.7z", seven(&files)),
        ("a.jsonl", json_lines()),
        ("a.jsonl.gz", gz(&json_lines())),
        ("a.parquet", parquet()),
        ("a.warc", warc()),
        ("a.warc.gz", gz(&warc())),
    ];
    for (name, bytes) in containers {
        let folder = place.path().join(name.replace('.', "_"));
        fs::create_dir(&folder).unwrap();
        fs::File::create(folder.join(name)).unwrap().write_all(&bytes).unwrap();
        let found = observations(&folder);
        let lost: Vec<&String> = wanted.iter().filter(|row| !found.contains(row)).take(5).collect();
        let new: Vec<&String> = found.iter().filter(|row| !wanted.contains(row)).take(5).collect();
        assert!(lost.is_empty() && new.is_empty(), "{name}: lost {lost:#?}, new {new:#?}");
        assert_eq!(found.len(), wanted.len(), "{name}");
    }
}

#[test]
fn the_books_of_each_archive_balance() {
    let place = tempfile::tempdir().unwrap();
    let files = files();
    let [(first, report), (second, other), ..] = files.as_slice() else { panic!("no reports") };
    let nested = super::write::zipped(&[(second, other), (first, report)]);
    let corpus = place.path().join("corpus");
    // A folder's own name may look like the border between an archive and its members.
    fs::create_dir_all(corpus.join("new!")).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::File::create(corpus.join(name)).unwrap().write_all(bytes).unwrap();
    write(
        "new!/a.zip",
        &super::write::zipped(&[(first.as_str(), report.as_slice()), ("empty.txt", b""), ("b.zip", &nested)]),
    );
    write("broken.zip", nested.get(..nested.len() / 2).unwrap());
    write("plain.txt", other);
    let out = place.path().join("out");
    let mut run = Command::new(env!("CARGO_BIN_EXE_nianbao"));
    let run = run.arg("build").arg(&corpus).args(["--max-reject-ratio", "1", "--out"]).arg(&out).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let manifest = fs::read(out.join("current/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let books = |books: &serde_json::Value| {
        ["walked", "reports", "not_reports", "duplicates", "rejected"].map(|name| books[name].as_u64().unwrap())
    };
    assert_eq!(books(&manifest["archives"]["new%21/a.zip"]), [4, 2, 0, 1, 1]);
    assert_eq!(books(&manifest["archives"]["broken.zip"]), [1, 0, 0, 0, 1]);
    assert_eq!(books(&manifest["books"]), [6, 2, 0, 2, 2]);
}
