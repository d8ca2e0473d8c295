//! Fingerprint of everything that decides a value: the code, the data and the locked dependencies.

use walkdir::WalkDir;

fn main() {
    let mut hasher = blake3::Hasher::new();
    for root in ["Cargo.lock", "data", "src"] {
        println!("cargo:rerun-if-changed={root}");
        // The sample is a corpus, not knowledge.
        let knowledge = WalkDir::new(root)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| !entry.path().ends_with("data/sample"));
        for entry in knowledge.flatten().filter(|entry| entry.file_type().is_file()) {
            hasher.update(entry.path().as_os_str().as_encoded_bytes());
            // What cannot be read here cannot be compiled either.
            hasher.update(&std::fs::read(entry.path()).unwrap_or_default());
        }
    }
    let fingerprint: String = hasher.finalize().to_hex().chars().take(16).collect();
    println!("cargo:rustc-env=NIANBAO_FINGERPRINT={fingerprint}");
}
