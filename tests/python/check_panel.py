"""Computes a dataset's wide tables again: check_panel.py DATASET [FOLDER].

Counties, townships and years are what polars computes from the facts alone. With the FOLDER that panel.py wrote, of whose
corpus the dataset is: every planted error is found, nothing else is flagged, and the published figures are the true ones.
Prints a line for each group and ends with 1 where something differs.
"""

import json
import sys
import tomllib
from collections import Counter
from pathlib import Path

import polars as pl

SERIES = Path(__file__).resolve().parents[2] / "data" / "series.toml"
TABLES = ["reports", "observations", "checks", "coverage", "metrics", "counties", "townships", "years", "rejects"]
SHOWN = 12
# What the facts do not tell: how many places there are.
GAZETTEER = {"townships_known", "places_known"}
# What a row takes over from the report that speaks; older datasets have no scope.
OWN = ["report_id", "format", "published", "scope", "checks_run", "checks_failed"]
PARTS = [("province", 0), ("prefecture", 1), ("county", 2), ("township", 3)]


class Differences:
    """Counts what was compared, and keeps what differs."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def expect(self, holds: bool, message: str) -> None:
        if not holds:
            self.found.append(message)

    def same(self, what: str, expected, actual) -> None:
        """Compares two collections of keys, each as often as it stands there."""
        expected, actual = Counter(expected), Counter(actual)
        self.found += [f"{what}: {key} is missing" for key in sorted(expected - actual, key=str)]
        self.found += [f"{what}: {key} is too much" for key in sorted(actual - expected, key=str)]


class Dataset:
    def __init__(self, folder: Path) -> None:
        tables = (pl.read_parquet(folder / f"{table}.parquet") for table in TABLES)
        self.reports, self.observations, self.checks, self.coverage, self.metrics, *others = tables
        self.counties, self.townships, self.years, self.rejects = others
        self.speaking = speaking(self.reports)
        places = self.speaking.filter(pl.col("issuer_level").is_in(["county", "township"]))
        self.at = {(row["code"], row["report_year"]): row for row in places.iter_rows(named=True)}
        self.by_path = {row["path"]: row for row in self.reports.iter_rows(named=True)}
        self.published = {}
        for table, key in [(self.counties, "county_code"), (self.townships, "township_code")]:
            self.published |= {(row[key], row["report_year"]): row for row in table.iter_rows(named=True)}


def speaking(reports: pl.DataFrame) -> pl.DataFrame:
    """The reports that are no copies and not restated, each with the code that it speaks for."""
    level = pl.col("issuer_level")
    code = pl.coalesce(pl.when(level == name).then(pl.col(f"{name}_code")) for name, _ in PARTS)
    is_report = (pl.col("document_class") == "report") & pl.col("report_year").is_not_null()
    return reports.filter(is_report & pl.col("duplicate_kind").is_null()).with_columns(code=code)


def planted(truth: dict, *kinds: str) -> list[dict]:
    return [one for one in truth["planted"] if one["kind"] in kinds]


# What was planted is found, and nothing else.


def check_fails(data: Dataset, truth: dict, differences: Differences) -> str:
    """Checks that fail: of the carry-overs and copies that were planted, and no others."""
    reports = data.reports.filter(pl.col("duplicate_kind").is_null() | (pl.col("duplicate_kind") == "restated"))
    code = pl.coalesce("township_code", "county_code").alias("code")
    column = pl.coalesce(
        pl.col("detail").str.extract(r"@(\w+)$"),
        pl.when(pl.col("scope") == "pair").then(pl.lit("")).otherwise(pl.col("detail").str.extract(r"^(\w+)")),
    )
    failed = data.checks.filter(pl.col("status") == "fail").join(
        reports.select("report_id", "report_year", code), on="report_id"
    )
    failed = failed.with_columns(column=column)
    actual = failed.select("code", "report_year", "check", "column").rows()
    differences.same("failed check", [tuple(fail) for fail in truth["fails"]], actual)
    ids = set(data.at[key]["report_id"] for key in data.at)
    wrong = failed.filter(~pl.col("report_id").is_in(ids))
    differences.expect(wrong.is_empty(), f"failed check of a report that does not speak: {wrong.rows()[:3]}")
    for one in planted(truth, "carry"):
        rows = failed.filter(code=one["code"], report_year=one["year"]).select("check", "column", "severity").rows()
        severity = "soft" if one["moved"] else "hard"
        wanted = [("Y-CARRY", column, severity) for column in [one["column"], "total"]]
        differences.same(f"carry-over {one['code']} {one['year']}", wanted, rows)
    by_check = dict(sorted(Counter(check for _, _, check, _ in actual).items()))
    return f"{len(planted(truth, 'carry'))} carry-overs, {len(planted(truth, 'copy'))} copied years; failed {by_check}"


def check_copies(data: Dataset, truth: dict, differences: Differences) -> str:
    """Copies and restatements."""
    expected = [(one["copy"], one["kind"], one["kept"]) for one in planted(truth, "exact", "same_text")]
    expected += [(one["early"], "restated", one["speaks"]) for one in planted(truth, "restated")]
    flagged = data.reports.filter(pl.col("duplicate_kind").is_not_null())
    differences.same(
        "copy", [(path, kind) for path, kind, _ in expected], flagged.select("path", "duplicate_kind").rows()
    )
    for path, kind, kept in expected:
        one, of = data.by_path[path], data.by_path[kept]
        differences.expect(one["duplicate_of"] == of["report_id"], f"{path} is {kind} of {one['duplicate_of']}, not of {kept}")
        wanted = "report" if kind == "restated" else "duplicate"
        differences.expect(one["document_class"] == wanted, f"{path}: {one['document_class']}, not {wanted}")
        differences.expect(of["duplicate_kind"] is None, f"{kept} is a copy itself")
        reports = data.published.get((of["township_code"] or of["county_code"], of["report_year"]), {}).get("reports")
        differences.expect(reports == (2 if kind == "restated" else 1), f"{kept}: {reports} reports found")
    return f"{dict(sorted(Counter(kind for _, kind, _ in expected).items()))}"


def check_coverage(data: Dataset, truth: dict, differences: Differences) -> str:
    """Found where there is a report, under whatever name, and missing elsewhere."""
    late = {(one["found_code"], one["year"]): one for one in planted(truth, "late")}
    expected = []
    for place in truth["places"]:
        key = (place["code"], place["year"])
        one = late.get(key)
        report_id = data.at.get(key, {}).get("report_id")
        expected.append((one["code"] if one else place["code"], place["year"], report_id, one and one["found_as"]))
    found = data.coverage.filter(pl.col("status") == "found")
    columns = ["place_code", "report_year", "report_id", "found_as"]
    differences.same("coverage", expected, found.select(columns).rows())
    missing = data.coverage.filter(pl.col("status") == "missing")
    differences.expect(missing["report_id"].null_count() == missing.height, "coverage: missing, with a report")
    keys = set(missing.select("place_code", "report_year").rows())
    for one in planted(truth, "gap"):
        differences.expect((one["code"], one["year"]) in keys, f"gap {one['code']} {one['year']} is not missing")
    years = set(data.coverage["report_year"])
    differences.expect(years == set(range(2018, 2024)), f"coverage is of the years {sorted(years)}")
    differences.expect(found.height + missing.height == data.coverage.height, "coverage: another status")
    return f"{found.height} found, {len(late)} of them under an old name, {len(planted(truth, 'gap'))} gaps, {missing.height} missing"


def check_pairs(data: Dataset, truth: dict, differences: Differences) -> str:
    """Each year is compared with the one before it, across renamings where they can be followed."""
    years = data.checks.filter(pl.col("check").str.starts_with("Y-") & (pl.col("check") != "Y-COPY"))
    others: dict[str, set] = {}
    for report, other, status in years.select("report_id", "other_report_id", "status").iter_rows():
        others.setdefault(report, set()).add((other, status == "not_assessable"))
    renamed = 0
    for before, code, year, followed in truth["pairs"]:
        this, last = data.at.get((code, year)), data.at.get((before, year - 1))
        if not this or not last:
            differences.expect(False, f"{code} {year} is not compared with {before} {year - 1}: one of them has no place")
            continue
        found = others.get(this["report_id"], set())
        wanted = {last["report_id"]} if followed else {None}
        compared = {other for other, _ in found}
        differences.expect(compared == wanted, f"{code} {year} is compared with {compared}, not with {wanted} of {before}")
        differences.expect(followed or all(idle for _, idle in found), f"{code} {year} is compared and cannot be")
        renamed += before != code
    return f"{len(truth['pairs'])} years compared with the year before, {renamed} under another code"


def check_silences(data: Dataset, truth: dict, differences: Differences) -> str:
    """Nothing said is no row; said zero is a zero with its words."""
    received = data.observations.filter(pl.col("metric").is_in(["apply_received", "req_new"]))
    said: dict[str, list] = {}
    for report, value, basis in received.select("report_id", "value", "basis").iter_rows():
        said.setdefault(report, []).append((value, basis))
    for one in planted(truth, "silent", "zero"):
        report = data.at.get((one["code"], one["year"]), {})
        found = said.get(report.get("report_id"), [])
        wanted = [] if one["kind"] == "silent" else [(0.0, "stated_zero")]
        differences.expect(found == wanted, f"{one['kind']} {one['code']} {one['year']}: requests {found}, not {wanted}")
    return f"{len(planted(truth, 'silent'))} silent, {len(planted(truth, 'zero'))} with a stated zero"


# The wide tables, computed from the facts.


def figures(data: Dataset) -> tuple[pl.DataFrame, list[dict]]:
    """One row a report: a column for each metric and series, and for each series' bound."""
    is_total = pl.col("applicant").is_null() | (pl.col("applicant") == "total")
    used = data.observations.filter(pl.col("chosen") & pl.col("value").is_not_null() & is_total)
    assert not used.select("report_id", "metric").is_duplicated().any(), "two chosen values of one metric"
    metrics = data.metrics["metric"].to_list()
    values = filled(used.pivot("metric", index="report_id", values="value"), metrics, pl.Float64)
    bounds = filled(used.pivot("metric", index="report_id", values="bound"), metrics, pl.String)
    both = values.join(bounds.rename({metric: f"{metric}|bound" for metric in metrics}), on="report_id")
    series = tomllib.loads(SERIES.read_text(encoding="utf-8"))["series"]
    columns = [pl.col("report_id")]
    for one in series:
        value, bound = alternatives(one["from"])
        kind = pl.Float64 if one.get("decimal") else pl.Int64
        columns += [value.cast(kind).alias(one["id"]), bound.alias(f"{one['id']}__bound")]
    names = {one["id"] for one in series}
    for metric, kind in data.metrics.select("metric", "type").iter_rows():
        if metric not in names:
            columns.append(pl.col(metric).cast(pl.Float64 if kind in ("amount", "percent") else pl.Int64))
    return both.select(columns), series


def filled(frame: pl.DataFrame, columns: list[str], kind: type) -> pl.DataFrame:
    absent = [pl.lit(None, dtype=kind).alias(name) for name in columns if name not in frame.columns]
    return frame.with_columns(absent).select("report_id", *columns)


def alternatives(lines: list[dict]) -> tuple[pl.Expr, pl.Expr]:
    """The value and the bound of the first line whose metrics are all stated."""
    values = [pl.sum_horizontal(line["sum"], ignore_nulls=False) * line.get("factor", 1) for line in lines]
    bound = pl.lit(None, dtype=pl.String)
    for line, value in reversed(list(zip(lines, values))):
        inexact = [pl.when(pl.col(f"{one}|bound") != "exact").then(pl.col(f"{one}|bound")) for one in line["sum"]]
        bound = pl.when(value.is_not_null()).then(pl.coalesce(inexact)).otherwise(bound)
    return pl.coalesce(values), bound


def wide(data: Dataset, level: str, facts: pl.DataFrame) -> pl.DataFrame:
    """Counties or townships."""
    key = f"{level}_code"
    parts = [name for name, at in PARTS if at <= (2 if level == "county" else 3)]
    identity = [column for part in parts for column in (part, f"{part}_code")]
    own = [name for name in OWN if name in data.reports.columns]
    speaking = data.speaking.filter(pl.col("issuer_level") == level, pl.col(key).is_not_null())
    rows = speaking.select("report_year", *identity, *own).join(facts, on="report_id", how="left")
    documents = data.reports.filter(
        pl.col("document_class") == "report", pl.col("issuer_level") == level, pl.col("report_year").is_not_null()
    )
    if level == "county":
        rows = with_those_below(data, rows, identity)
    found = documents.group_by(key, "report_year").agg(pl.len().cast(pl.Int64).alias("reports"))
    return rows.join(found, on=[key, "report_year"], how="left").with_columns(pl.col("reports").fill_null(0))


def with_those_below(data: Dataset, rows: pl.DataFrame, identity: list[str]) -> pl.DataFrame:
    """Adds the reports of departments and townships, and the counties of which only these reported."""
    level, keys = pl.col("issuer_level"), ["county_code", "report_year"]
    below = data.speaking.filter(level.is_in(["department", "township"]), pl.col("county_code").is_not_null())
    below = below.filter((level == "department") | pl.col("township_code").is_not_null())
    counted = below.group_by(keys).agg(
        (level == "department").sum().cast(pl.Int64).alias("departments_reporting"),
        pl.col("township_code").filter(level == "township").n_unique().cast(pl.Int64).alias("townships_reporting"),
    )
    silent = below.unique(keys).join(rows, on=keys, how="anti").select("report_year", *identity)
    rows = pl.concat([rows, silent], how="diagonal").join(counted, on=keys, how="left")
    return rows.with_columns(pl.col("departments_reporting", "townships_reporting").fill_null(0))


def years(data: Dataset, facts: pl.DataFrame, series: list[dict]) -> pl.DataFrame:
    """Sums of each year: by level, and over all levels without sums of series."""
    level = pl.col("issuer_level")
    is_body = level.is_in(["department", "other"])
    rows = data.speaking.join(facts, on="report_id", how="left")
    counts = is_body | pl.col("code").is_not_null()
    names = [one["id"] for one in series]
    sums = [
        pl.len().cast(pl.Int64).alias("reports"),
        (pl.col("code").drop_nulls().n_unique() + is_body.fill_null(False).sum()).cast(pl.Int64).alias("places_reporting"),
        *(pl.col(name).filter(counts).sum().cast(pl.Int64) for name in ["checks_run", "checks_failed"]),
        *(pl.col(name).filter(counts).count().cast(pl.Int64).alias(f"{name}__n") for name in names),
    ]
    stated = [pl.when(pl.col(f"{name}__n") > 0).then(pl.col(name)).alias(name) for name in names]
    added = [pl.col(name).filter(counts).sum() for name in names]
    by_level = rows.filter(level.is_not_null()).group_by("report_year", "issuer_level").agg(*sums, *added).with_columns(stated)
    overall = rows.group_by("report_year").agg(*sums).with_columns(issuer_level=pl.lit("all"))
    computed = pl.concat([by_level, overall], how="diagonal")
    known = data.years.select("report_year", "issuer_level", "places_known")
    share = pl.col("places_reporting") * 10_000 // pl.col("places_known") / 10_000
    computed = computed.join(known, on=["report_year", "issuer_level"], how="left")
    return computed.with_columns(coverage=pl.when(pl.col("places_known") > 0).then(share)).drop("places_known")


def compare(name: str, published: pl.DataFrame, computed: pl.DataFrame, keys: list[str], differences: Differences) -> int:
    """Cell by cell; returns how many cells."""
    columns = set(published.columns) - GAZETTEER
    differences.same(f"{name}: column", columns, computed.columns)
    differences.expect(not published.select(keys).is_duplicated().any(), f"{name}: {keys} is no key")
    differences.same(f"{name}: row", computed.select(keys).rows(), published.select(keys).rows())
    both = published.join(computed, on=keys, suffix="|computed")
    compared = sorted(columns & set(computed.columns) - set(keys))
    for column in compared:
        other = f"{column}|computed"
        equal = pl.col(column).eq_missing(pl.col(other).cast(published.schema[column]))
        if published.schema[column] == pl.Float64:
            equal |= ((pl.col(column) - pl.col(other)).abs() < 1e-6).fill_null(False)
        for row in both.filter(~equal).select(*keys, column, other).rows()[:3]:
            differences.found.append(f"{name}.{column} of {row[:2]}: {row[2]} is published, {row[3]} computed")
    return both.height * (len(compared) + len(keys))


def check_wide(data: Dataset, differences: Differences) -> str:
    facts, series = figures(data)
    cells = {}
    for name, published, computed, key in [
        ("counties", data.counties, wide(data, "county", facts), "county_code"),
        ("townships", data.townships, wide(data, "township", facts), "township_code"),
        ("years", data.years, years(data, facts, series), "issuer_level"),
    ]:
        cells[name] = compare(name, published, computed, [key, "report_year"], differences)
    return f"{cells} cells computed again and compared"


def check_counted(data: Dataset, differences: Differences) -> str:
    """The counts of checks and observations in reports are those of their tables."""
    own = data.checks.filter(~pl.col("check").str.starts_with("Y-")).group_by("report_id")
    counted = own.agg(
        (pl.col("status") != "not_assessable").sum().alias("run"), (pl.col("status") == "fail").sum().alias("failed")
    )
    stated = data.observations.group_by("report_id").agg(pl.col("value").count().alias("stated"))
    rows = data.speaking.join(counted, on="report_id", how="left").join(stated, on="report_id", how="left")
    for name, other in [("checks_run", "run"), ("checks_failed", "failed"), ("observations", "stated")]:
        wrong = rows.filter(pl.col(name) != pl.col(other).fill_null(0)).select("path", name, other)
        differences.found += [f"reports.{name} of {row[0]}: {row[1]}, but there are {row[2]}" for row in wrong.rows()[:3]]
    return f"{rows.height} reports: their checks and figures are counted rightly"


# The truth.


def check_truth(data: Dataset, truth: dict, differences: Differences) -> str:
    stated, nulls, zeros = 0, 0, 0
    for place in truth["places"]:
        key = (place["code"], place["year"])
        row = data.published.get(key)
        if row is None:
            differences.found.append(f"{key} has no row")
            continue
        for name, value in place["values"].items():
            differences.expect(row[name] == value, f"{name} of {key}: {row[name]} is published, {value} is true")
            stated, nulls, zeros = stated + (value is not None), nulls + (value is None), zeros + (value == 0)
    departments = Counter((code, year) for code, year in truth["departments"])
    for (code, year), row in data.published.items():
        count = row.get("departments_reporting")
        differences.expect(count in (None, departments[code, year]), f"{code} {year}: {count} departments")
    return f"{stated} true figures, {zeros} of them zero, and {nulls} silences over {len(truth['places'])} places and years"


def check_documents(data: Dataset, truth: dict, differences: Differences) -> str:
    differences.expect(data.rejects.is_empty(), f"rejects: {data.rejects['path'].to_list()[:3]}")
    differences.expect(data.reports.height == truth["documents"], f"{data.reports.height} documents, not {truth['documents']}")
    classes = dict(sorted(data.reports["document_class"].value_counts().rows()))
    lost = data.speaking.filter(pl.col("county_code").is_null())["path"].sort()
    differences.found += [f"{path} has no place: {data.by_path[path]['place_candidates']}" for path in lost]
    return f"{data.reports.height} documents {classes}, {len({place['code'] for place in truth['places']})} codes of places"


def main() -> None:
    data = Dataset(Path(sys.argv[1]))
    groups = [("wide", check_wide, (data,)), ("counts", check_counted, (data,))]
    if len(sys.argv) > 2:
        truth = json.loads((Path(sys.argv[2]) / "truth.json").read_text(encoding="utf-8"))
        groups += [
            ("documents", check_documents, (data, truth)),
            ("checks", check_fails, (data, truth)),
            ("copies", check_copies, (data, truth)),
            ("coverage", check_coverage, (data, truth)),
            ("pairs", check_pairs, (data, truth)),
            ("silences", check_silences, (data, truth)),
            ("truth", check_truth, (data, truth)),
        ]
    wrong = 0
    for name, check, arguments in groups:
        differences = Differences()
        line = check(*arguments, differences)
        print(f"{name:<10} {line}" + (f"; {len(differences.found)} DIFFER" if differences.found else ""))
        for message in differences.found[:SHOWN]:
            print(f"           {message}")
        wrong += len(differences.found)
    sys.exit(f"{wrong} differences" if wrong else 0)


if __name__ == "__main__":
    main()
