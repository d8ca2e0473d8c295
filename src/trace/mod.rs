//! From a published number back to the words that state it, and from one build to the next.

mod cite;
mod diff;
mod explain;

pub use cite::cite;
pub use diff::{Difference, diff};
pub use explain::{Cell, explain};

use std::path::{Path, PathBuf};

use polars::prelude::{Expr, all};

use crate::error::Error;
use crate::tabulate::files::{self, Row};

/// A build that can be asked.
struct Build(PathBuf);

impl Build {
    /// The folder that is named, when it is a build, or the current build in it.
    fn open(dataset: &Path) -> Result<Build, Error> {
        let folders = [dataset.to_owned(), dataset.join("current")];
        let found = folders.into_iter().find(|folder| folder.join("observations.parquet").exists());
        found.map(Build).ok_or_else(|| {
            Error::Usage(format!(
                "there is no dataset in {}: it is what `nianbao build --out` was given",
                dataset.display()
            ))
        })
    }

    /// The rows of a table that a condition selects, in its order.
    fn rows(&self, table: &str, which: Expr) -> Result<Vec<Row>, Error> {
        self.cells(table, which, &[all().as_expr()])
    }

    /// The same of some columns.
    fn cells(&self, table: &str, which: Expr, columns: &[Expr]) -> Result<Vec<Row>, Error> {
        let query = files::scan(table, &[self.0.join(format!("{table}.parquet"))])?;
        files::rows(table, query.filter(which).select(columns))
    }

    /// A field of the manifest.
    fn field(&self, name: &str) -> String {
        let manifest = std::fs::read_to_string(self.0.join("manifest.json")).unwrap_or_default();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap_or_default();
        manifest[name].as_str().unwrap_or("unknown").to_owned()
    }

    /// Name and program of the build.
    fn name(&self) -> String {
        format!("build {}, nianbao {}", self.field("build_id"), self.field("program"))
    }
}

/// A cell, or nothing.
fn cell<'r>(row: &'r Row, name: &str) -> &'r str {
    row.get(name).map_or("", String::as_str)
}
