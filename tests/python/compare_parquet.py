"""A report's Parquet parts, as pyarrow reads them, held against its CSV.

    compare_parquet.py REPORT.csv FOLDER     prints {"rows": N, "types": {column: type}}

Ends with an error where a column, a row or a value differs. What the CSV leaves
empty must be null, and nothing else may be.
"""

import csv
import datetime
import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet

READ = {
    "bool": {"true": True, "false": False}.__getitem__,
    "int32": int,
    "int64": int,
    "timestamp[us, tz=UTC]": datetime.datetime.fromisoformat,
    # As the documentation of the report says.
    "string": lambda cell: cell.removeprefix("'"),
}


def main():
    report, folder = sys.argv[1:]
    with open(report, newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    parts = sorted(path for path in pathlib.Path(folder).iterdir() if path.name[0] != ".")
    # Each by itself: a folder would be read as a data set with partitions.
    tables = [pa.parquet.ParquetFile(part).read() for part in parts]
    for part, table in zip(parts, tables):
        table.validate(full=True)
        assert table.schema == tables[0].schema, part
    table = pa.concat_tables(tables)
    types = {field.name: str(field.type) for field in table.schema}
    assert list(types) == head, types
    there = zip(*(table.column(name).to_pylist() for name in head))
    count = 0
    for count, (row, cells) in enumerate(zip(there, rows, strict=True), 1):
        for name, value, cell in zip(head, row, cells):
            wanted = READ[types[name]](cell) if cell else None
            assert value == wanted, (count, name, value, wanted)
    print(json.dumps({"rows": count, "types": types}))


main()
