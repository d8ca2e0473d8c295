//! Many records become tables: parts in the order of the corpus, then the published files made from them.

mod attached;
pub mod books;
pub mod columns;
mod copied;
mod copies;
mod coverage;
pub mod facts;
pub mod files;
pub mod likeness;
pub mod schema;
mod speakers;
mod two_years;
pub mod wide;

use std::path::Path;

use polars::prelude::{IntoLazy, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, UnionArgs, col, concat, lit, when};

use crate::error::Error;
use crate::knowledge::{Knowledge, Lineage};
use columns::{Cell, Columns};

/// Makes the fact tables from the parts of a run, then the wide tables from them.
///
/// # Errors
/// When a table cannot be read or written.
pub fn tabulate(knowledge: &Knowledge, (parts, counts): (&Path, &[usize]), folder: &Path) -> Result<(), Error> {
    let catalogue = &knowledge.catalogue;
    let lineage = Lineage::of(&knowledge.gazetteer);
    let of = |table: &str| files::scan_parts(table, parts, counts);
    let attached = attached::find(of("reports")?, of("observations")?)?;
    let documents = copies::load(attached::told(of("reports")?, &attached))?;
    let copies = copies::find(&documents);
    let frame = copies::frame(&documents, &copies).map_err(|source| Error::table("reports", source))?.lazy();
    let joined = |table: &str| -> Result<LazyFrame, Error> {
        let mut arguments = JoinArgs::new(JoinType::Left);
        arguments.maintain_order = MaintainOrderJoin::Left;
        let parts = attached::told(of(table)?, &attached);
        let columns = ["duplicate_of", "duplicate_kind"].map(|name| format!("{name}_found"));
        let found = frame.clone().rename(["duplicate_of", "duplicate_kind"], columns, true);
        Ok(parts.join(found, [col("document")], [col("document")], arguments))
    };
    let found = || col("duplicate_kind_found");
    let is_copy = || found().is_not_null().and(found().neq(lit("restated"))).and(found().neq(lit("summary")));
    let is_kept = || is_copy().not().and(attached::is_one(&attached).not());
    let class = when(is_copy()).then(lit("duplicate")).otherwise(col("document_class")).alias("document_class");
    let reports = joined("reports")?.with_columns([
        class,
        col("duplicate_of_found").alias("duplicate_of"),
        col("duplicate_kind_found").alias("duplicate_kind"),
    ]);
    files::sink(catalogue, folder, "reports", published(reports, "reports"))?;
    // A copy's figures are those of the document that is kept, under whose id they stand once.
    let kept = |table: &str| Ok(published(joined(table)?.filter(is_kept()), table));
    files::sink(catalogue, folder, "observations", kept("observations")?)?;
    let fault = |source| Error::table("checks", source);
    let copied = copied::check(knowledge, &lineage, &documents, &copies).into_frame().map_err(fault)?.lazy();
    let over_years = two_years::check(knowledge, &lineage, folder)?.into_frame().map_err(fault)?.lazy();
    let in_order = UnionArgs { maintain_order: true, ..UnionArgs::default() };
    let checks = concat([kept("checks")?, copied, over_years], in_order).map_err(fault)?;
    files::sink(catalogue, folder, "checks", checks)?;
    files::sink(catalogue, folder, "rejects", published(of("rejects")?, "rejects"))?;
    files::sink(
        catalogue,
        folder,
        "metrics",
        dictionary(knowledge).into_frame().map_err(|source| Error::table("metrics", source))?.lazy(),
    )?;
    coverage::make(knowledge, &lineage, folder)?;
    wide::make(knowledge, folder, folder, &wide::Scope::default())
}

/// Makes the checks over two years again from published facts; the others stay as they are.
///
/// # Errors
/// When a table cannot be read or written.
pub fn check_years(knowledge: &Knowledge, facts: &Path, folder: &Path) -> Result<(), Error> {
    let fault = |source| Error::table("checks", source);
    let lineage = Lineage::of(&knowledge.gazetteer);
    let over_years = knowledge.rules.checks.iter().filter(|rule| !rule.before.is_empty());
    let is_one = over_years.fold(lit(false), |any, rule| any.or(col("check").eq(lit(rule.id.clone()))));
    let others = files::scan("checks", &[facts.join("checks.parquet")])?.filter(is_one.not());
    let made = two_years::check(knowledge, &lineage, facts)?.into_frame().map_err(fault)?.lazy();
    let all = concat([others, made], UnionArgs { maintain_order: true, ..UnionArgs::default() }).map_err(fault)?;
    files::sink(&knowledge.catalogue, folder, "checks", all)
}

/// The columns of a table as they are published.
fn published(query: LazyFrame, table: &str) -> LazyFrame {
    let columns: Vec<_> = schema::fixed(table).iter().map(|column| col(column.name.as_str())).collect();
    query.select(columns)
}

/// The metric dictionary.
fn dictionary(knowledge: &Knowledge) -> Columns {
    let catalogue = &knowledge.catalogue;
    let mut table = Columns::new(schema::fixed("metrics"));
    for (number, metric) in catalogue.metrics.iter().enumerate() {
        let feeds = |series: &&crate::knowledge::Series| {
            series.from.iter().any(|alternative| alternative.sum.iter().any(|id| usize::from(*id) == number))
        };
        let series: Vec<&str> = catalogue.series.iter().filter(feeds).map(|series| series.id.as_str()).collect();
        let parent = metric.parent.map(|parent| catalogue.metric(parent).id);
        let relation = parent.map(|_| if metric.sums { "=" } else { "<=" });
        table.push(&[
            ("metric", Cell::text(metric.id)),
            ("zh", Cell::text(metric.zh)),
            ("en", Cell::text(metric.en)),
            ("unit", Cell::text(metric.unit)),
            ("type", Cell::text(metric.kind.name())),
            ("parent", Cell::maybe(parent)),
            ("relation", Cell::maybe(relation)),
            ("forms", Cell::text(metric.forms)),
            ("section", Cell::text(metric.section.name())),
            ("series", Cell::made((!series.is_empty()).then(|| series.join(" ")))),
        ]);
    }
    table
}
