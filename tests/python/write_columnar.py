"""Writes the data file of an S3 Inventory report in Parquet or ORC.

An independent writer: pyarrow. Input: one JSON object on standard input, whose
`schema` and `rows` are as for write_inventory.py, columns by S3's names in
CSV. Output: the file's bytes.

  format       Parquet or ORC
  row_group    rows in a row group (Parquet)
  stripe       bytes in a stripe (ORC)
  batch        rows that the ORC writer is given at a time
  repeat       all rows, so many times over
  compression, dictionary, page, version: the writer's own settings
  edition      the version of Parquet itself: 1.0 says PLAIN_DICTIONARY
  levels       what pages say of their levels (Parquet): java, as parquet-java
               does, or packed, as what came before it did
  time         ms, us, ns, or int96, of times in Parquet
  zone         local, of times in Parquet that aren't in UTC
  lean         without what only other readers want (Parquet)
  types        other types than a column should have, by pyarrow's names
  binary       columns whose text is given in hexadecimal digits
"""

import datetime
import io
import json
import re
import sys

import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet

OWN = {"ETag": "e_tag"}
TRUTHS = {"IsLatest", "IsDeleteMarker", "IsMultipartUploaded"}
TIMES = {"LastModifiedDate", "ObjectLockRetainUntilDate"}


def name(column):
    return OWN.get(column) or re.sub(r"(?<!^)(?=[A-Z])", "_", column).lower()


def value(column, text):
    if text is None or (text == "" and column not in ("Key", "VersionId")):
        return None
    if column in TRUTHS:
        return text in (True, "true")
    if column == "Size":
        return int(text)
    if column in TIMES:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return text


def kind(spec, column):
    if column in spec.get("types", {}):
        return getattr(pa, spec["types"][column])()
    if column in TRUTHS:
        return pa.bool_()
    if column == "Size":
        return pa.int64()
    if column in TIMES:
        unit = "ns" if spec["format"] == "ORC" else spec.get("time", "ms")
        unit = "ns" if unit == "int96" else unit
        is_local = spec["format"] == "ORC" or spec.get("zone") == "local"
        return pa.timestamp(unit, tz=None if is_local else "UTC")
    return pa.string()


def column_of(spec, column, rows):
    found = kind(spec, column)
    if column in spec.get("binary", []):
        values = [bytes.fromhex(row[column]) for row in rows]
        # Arrow's own text without its check: bytes that are none.
        array = pa.array(values, pa.binary())
        return pa.Array.from_buffers(pa.string(), len(array), array.buffers())
    if column in spec.get("types", {}):
        return pa.array([row.get(column) for row in rows], found)
    values = [value(column, row.get(column)) for row in rows]
    if pa.types.is_timestamp(found) and found.tz is None:
        values = [moment and moment.replace(tzinfo=None) for moment in values]
    return pa.array(values, found)


def table(spec):
    rows = [{"Bucket": spec["bucket"], **row} for row in spec["rows"]] * spec.get("repeat", 1)
    names = [name(column) for column in spec["schema"]]
    needed = {"Bucket", "Key"}
    fields = [
        pa.field(name(column), kind(spec, column), nullable=column not in needed)
        for column in spec["schema"]
    ]
    columns = [column_of(spec, column, rows) for column in spec["schema"]]
    assert len(names) == len(fields)
    return pa.table(columns, schema=pa.schema(fields))


def written(spec):
    out = io.BytesIO()
    if spec["format"] == "ORC":
        writer = pa.orc.ORCWriter(
            out,
            compression=spec.get("compression", "zlib"),
            stripe_size=spec.get("stripe", 64 * 1024 * 1024),
            dictionary_key_size_threshold=0.8 if spec.get("dictionary", True) else 0.0,
            file_version=spec.get("version", "0.12"),
            batch_size=spec.get("batch", 1024),
        )
        whole = table(spec)
        for batch in whole.to_batches(max_chunksize=spec.get("batch", 1024)):
            writer.write(pa.Table.from_batches([batch]))
        if len(whole) == 0:
            writer.write(whole)
        writer.close()
    else:
        pa.parquet.write_table(
            table(spec),
            out,
            compression=spec.get("compression", "snappy"),
            row_group_size=spec.get("row_group"),
            use_dictionary=spec.get("dictionary", True),
            data_page_size=spec.get("page"),
            data_page_version=spec.get("version", "1.0"),
            version=spec.get("edition", "2.6"),
            use_deprecated_int96_timestamps=spec.get("time") == "int96",
            coerce_timestamps=None,
            store_schema=not spec.get("lean", False),
            write_statistics=not spec.get("lean", False),
        )
    if "levels" in spec:
        return with_levels(out.getvalue(), spec["levels"])
    return out.getvalue()


def with_levels(data, levels):
    """With another encoding of levels in each page's head, of as many bytes.

    Where a column's values can't be null, or don't repeat, there are no levels
    and this means nothing: pyarrow still reads what is as parquet-java writes
    it. Of columns that may be null `packed` is a lie, to be refused.
    """
    rle, packed = b"\x15\x06", b"\x15\x08"
    number = rb"\x15[\x80-\xff]*[\x00-\x7f]"
    head = re.compile(rb"(\x2c" + number + number + rb")" + rle + rle)
    footer = pa.parquet.ParquetFile(io.BytesIO(data)).metadata
    found = bytearray(data)
    for group in map(footer.row_group, range(footer.num_row_groups)):
        for at in range(group.num_columns):
            column, kind = group.column(at), footer.schema.column(at)
            start = column.dictionary_page_offset or column.data_page_offset
            end = start + column.total_compressed_size
            nulls = packed if levels == "packed" or not kind.max_definition_level else rle
            pages, count = head.subn(rb"\1" + nulls + packed, data[start:end])
            assert count > 0 or group.num_rows == 0
            found[start:end] = pages
    if levels == "java":
        read = [read_alone(file) for file in (data, bytes(found))]
        assert read[0].equals(read[1])
    return bytes(found)


def read_alone(data):
    """Without threads of pyarrow's, which may outlive the interpreter."""
    file = pa.parquet.ParquetFile(io.BytesIO(data), pre_buffer=False)
    return file.read(use_threads=False)


def schema_of(spec):
    """As a manifest tells it."""

    def word(column):
        if column in TRUTHS:
            return "boolean"
        if column == "Size":
            return "bigint" if spec["format"] == "ORC" else "int64"
        if column in TIMES:
            if spec["format"] == "ORC":
                return "timestamp"
            return "int96" if spec.get("time") == "int96" else "int64"
        return "string" if spec["format"] == "ORC" else "binary"

    def told(column):
        if spec["format"] == "ORC":
            return f"{name(column)}:{word(column)}"
        repetition = "required" if column in ("Bucket", "Key") else "optional"
        tail = {"binary": " (UTF8)"}.get(word(column), "")
        if column in TIMES and word(column) == "int64":
            tail = " (TIMESTAMP_MILLIS)"
        return f"  {repetition} {word(column)} {name(column)}{tail};"

    columns = [told(column) for column in spec["schema"]]
    if spec["format"] == "ORC":
        return "struct<" + ",".join(columns) + ">"
    return "message s3.inventory {" + "".join(columns) + "}"


def main():
    if sys.argv[1:] == ["schema"]:
        print(schema_of(json.load(sys.stdin)))
        return
    sys.stdout.buffer.write(written(json.load(sys.stdin)))


if __name__ == "__main__":
    main()
