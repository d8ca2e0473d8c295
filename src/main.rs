fn main() {
    let path = std::env::args().nth(2).unwrap();
    let knowledge = nianbao::knowledge::embedded().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let source = nianbao::model::Source { path: path.clone(), report_id: blake3::hash(&bytes).to_hex()[..16].to_owned(), bytes: bytes.len() as u64 };
    match nianbao::report::read(&knowledge, source, &bytes) {
        Ok(r) => if std::env::args().any(|a| a=="--json") { println!("{}", nianbao::inspect::as_json(&knowledge, &r)) } else { print!("{}", nianbao::inspect::as_text(&knowledge, &r)) },
        Err(e) => println!("{{\"reject\": \"{} {}\"}}", e.reason, e.detail),
    }
}
