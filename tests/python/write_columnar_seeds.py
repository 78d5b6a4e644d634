"""Writes the seeds of the fuzz targets of Parquet and ORC, with pyarrow, and
of Parquet also with writers that share no code with it.

    target/pyarrow/bin/pip install duckdb==2.0.0 fastparquet==2026.9.0
    target/pyarrow/bin/python tests/python/write_columnar_seeds.py

The first byte of a seed picks the columns, as `tests/fuzz-targets/src/inventory.rs`
does; the rest is a file as a report has them. They stay as small as pyarrow
makes them: a few rows each.
"""

import pathlib
import tempfile

import duckdb
import fastparquet

from write_columnar import written

FOLDER = pathlib.Path(__file__).parent.parent / "fuzz-targets" / "seeds"
KEYS = ["Bucket", "Key"]
SIZES = ["Key", "Bucket", "Size", "ETag"]
TIMES = ["Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "LastModifiedDate"]


def row(number, columns):
    told = {
        "Key": f"a/{number}",
        "VersionId": "" if number == 0 else f"v{number}",
        "IsLatest": number % 2 == 0,
        "IsDeleteMarker": False,
        "Size": str(number * 7),
        "LastModifiedDate": "2026-11-01T10:00:00.007Z",
        "ETag": None if number == 1 else "0123",
    }
    return {name: value for name, value in told.items() if name in columns}


def write(kind, name, head, columns, count, **settings):
    rows = [row(number, columns) for number in range(count)]
    spec = {"format": kind, "bucket": "stock", "schema": columns, "rows": rows, **settings}
    spec.setdefault("lean", True)
    target = FOLDER / f"inventory_{kind.lower()}"
    target.mkdir(exist_ok=True)
    (target / name).write_bytes(bytes([head]) + written(spec))


def write_with_others():
    """The same columns, written by DuckDB and by fastparquet."""
    target = FOLDER / "inventory_parquet"
    rows = duckdb.sql(
        "select 'stock' as bucket, 'a/' || i as key, 'v' || i as version_id,"
        " i = 1 as is_latest, false as is_delete_marker,"
        " if(i = 1, null, i * 7)::bigint as size,"
        " timestamptz '2026-11-01 10:00:00.007+00' as last_modified_date from range(2) t(i)"
    )
    frame = rows.df().astype({"size": "Int64"})
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/file"
        rows.write_parquet(path)
        (target / "by-duckdb").write_bytes(b"\x02" + pathlib.Path(path).read_bytes())
        fastparquet.write(path, frame, compression="SNAPPY", write_index=False)
        (target / "by-fastparquet").write_bytes(b"\x02" + pathlib.Path(path).read_bytes())


def main():
    write_with_others()
    write("Parquet", "as-parquet-java", 2, TIMES, 3, levels="java", edition="1.0")
    write("Parquet", "keys", 0, KEYS, 3, compression="none")
    write("Parquet", "plain-gzip", 1, SIZES, 2, compression="gzip", dictionary=False)
    write("Parquet", "row-groups", 0, KEYS, 3, row_group=2, dictionary=False)
    write("Parquet", "second-version", 1, SIZES, 2, version="2.0")
    write("Parquet", "versions-and-times", 2, TIMES, 3)
    write("ORC", "keys", 0, KEYS, 3, compression="uncompressed")
    write("ORC", "old-numbers", 1, SIZES, 4, version="0.11", compression="snappy")
    write("ORC", "sizes", 1, SIZES, 3)
    write("ORC", "straight", 0, KEYS, 4, dictionary=False)
    write("ORC", "versions-and-times", 2, TIMES, 3)


if __name__ == "__main__":
    main()
