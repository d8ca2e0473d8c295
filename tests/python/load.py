"""Loads every table of a dataset as analysts do, and compares what they get: load.py DATASET.

Types must be those that datapackage.json states, and values the same, in polars, pyarrow, pandas and DuckDB.
"""

import json
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

POLARS = {
    "string": (pl.String,),
    "integer": (pl.Int16, pl.Int32, pl.Int64),
    "number": (pl.Float64,),
    "boolean": (pl.Boolean,),
    "date": (pl.Date,),
}
ARROW = {
    "string": lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind),
    "integer": pa.types.is_signed_integer,
    "number": pa.types.is_float64,
    "boolean": pa.types.is_boolean,
    "date": pa.types.is_date32,
}
DUCKDB = {
    "string": ("VARCHAR",),
    "integer": ("SMALLINT", "INTEGER", "BIGINT"),
    "number": ("DOUBLE",),
    "boolean": ("BOOLEAN",),
    "date": ("DATE",),
}


def check(folder: Path, resource: dict) -> tuple[int, int]:
    """Compares one table; returns its rows and columns."""
    path = folder / resource["path"]
    fields = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
    frame, table = pl.read_parquet(path), pq.read_table(path)
    relation = duckdb.sql(f"SELECT * FROM '{path}'")
    pandas = pd.read_parquet(path, dtype_backend="numpy_nullable")
    for reader, names in [
        ("polars", frame.columns),
        ("pyarrow", table.column_names),
        ("duckdb", relation.columns),
        ("pandas", list(pandas.columns)),
    ]:
        assert list(names) == list(fields), f"{path.name}: {reader} sees other columns"
    for (name, kind), duck in zip(fields.items(), relation.types):
        assert frame.schema[name] in POLARS[kind], f"{path.name}.{name}: polars {frame.schema[name]}, not {kind}"
        arrow = table.schema.field(name).type
        assert ARROW[kind](arrow), f"{path.name}.{name}: pyarrow {arrow}, not {kind}"
        assert str(duck) in DUCKDB[kind], f"{path.name}.{name}: duckdb {duck}, not {kind}"
        nulls = frame[name].null_count()
        assert pandas[name].isna().sum() == nulls, f"{path.name}.{name}: pandas sees other nulls"
    assert frame.equals(pl.from_arrow(table).cast(frame.schema)), f"{path.name}: pyarrow reads other values"
    assert frame.equals(relation.pl().cast(frame.schema)), f"{path.name}: duckdb reads other values"
    key = resource["schema"]["primaryKey"]
    if key:
        assert not frame.select(key).is_duplicated().any(), f"{path.name}: {key} is no key"
    described = {field["name"] for field in json.loads(pq.read_metadata(path).metadata[b"nianbao.columns"])}
    assert described == set(fields), f"{path.name}: its metadata describes other columns"
    return frame.height, frame.width


def main() -> None:
    folder = Path(sys.argv[1])
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    files = {path.name for path in folder.glob("*.parquet")}
    assert files == {resource["path"] for resource in package["resources"]}, "datapackage.json lists other files"
    for resource in package["resources"]:
        assert resource["description"] and resource["description_zh"], resource["name"]
        for field in resource["schema"]["fields"]:
            assert field.get("description") and field.get("description_zh"), f"{resource['name']}.{field['name']}"
        rows, columns = check(folder, resource)
        print(f"{resource['name']:<13} {rows:>8} rows {columns:>4} columns: polars, pyarrow, pandas and DuckDB agree")


if __name__ == "__main__":
    main()
