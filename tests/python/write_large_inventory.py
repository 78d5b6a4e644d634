"""Writes a large inventory report twice, as gzip CSV and as Parquet, to measure
readers with. Arguments: a folder, files, rows in each. Needs duckdb and pyarrow.
"""

import hashlib
import json
import os
import sys

import duckdb
import pyarrow.parquet

NAMES = {
    "Bucket": "bucket",
    "Key": "key",
    "VersionId": "version_id",
    "IsLatest": "is_latest",
    "IsDeleteMarker": "is_delete_marker",
    "Size": "size",
    "LastModifiedDate": "last_modified_date",
    "ETag": "e_tag",
    "StorageClass": "storage_class",
    "EncryptionStatus": "encryption_status",
    "BucketKeyStatus": "bucket_key_status",
}
KINDS = {"is_latest": "boolean", "is_delete_marker": "boolean", "size": "int64", "last_modified_date": "int64"}

# Hashes in place of chance: every run writes the same rows.
ROWS = """
select
  'stock' as bucket,
  'logs/2025/' || n % 365 || '/host-' || n % 97 || '/' || md5('k' || n)[:16] || '.json.gz' as key,
  md5('v' || n) as version_id,
  n % 5 <> 0 as is_latest,
  false as is_delete_marker,
  (hash(n) % 1000000)::bigint as size,
  make_timestamp_ms(1700000000000 + n * 37) as last_modified_date,
  md5('e' || n) as e_tag,
  case when hash(n + 1) % 10 < 7 then 'STANDARD' when hash(n + 1) % 10 < 9 then 'STANDARD_IA' else 'GLACIER' end as storage_class,
  case when hash(n + 2) % 10 < 5 then 'SSE-S3' when hash(n + 2) % 10 < 9 then 'NOT-SSE' else 'SSE-KMS' end as encryption_status,
  'DISABLED' as bucket_key_status
from range({}, {}) as numbers(n)
"""


def finish(folder, form, schema, names):
    files = []
    for name in names:
        with open(os.path.join(folder, name), "rb") as data:
            digest = hashlib.file_digest(data, "md5").hexdigest()
        size = os.path.getsize(os.path.join(folder, name))
        files.append({"key": name, "size": size, "MD5checksum": digest})
    manifest = {
        "sourceBucket": "stock",
        "destinationBucket": "arn:aws:s3:::reports",
        "version": "2016-11-30",
        "creationTimestamp": "1795294380000",
        "fileFormat": form,
        "fileSchema": schema,
        "files": files,
    }
    text = json.dumps(manifest).encode("utf-8")
    with open(os.path.join(folder, "manifest.json"), "wb") as out:
        out.write(text)
    with open(os.path.join(folder, "manifest.checksum"), "w") as out:
        out.write(hashlib.md5(text).hexdigest())


def main():
    root, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    csv, parquet = os.path.join(root, "csv"), os.path.join(root, "parquet")
    for folder in (csv, parquet):
        os.makedirs(folder, exist_ok=True)
    time = "strftime(last_modified_date, '%Y-%m-%dT%H:%M:%S.%gZ') as last_modified_date"
    for number in range(count):
        rows = ROWS.format(number * size, (number + 1) * size)
        name = os.path.join(csv, f"{number:03d}.csv.gz")
        duckdb.sql(
            f"copy (select * replace ({time}) from ({rows})) to '{name}'"
            " (format csv, header false, force_quote *, compression gzip)"
        )
        table = duckdb.sql(rows).to_arrow_table()
        name = os.path.join(parquet, f"{number:03d}.parquet")
        pyarrow.parquet.write_table(table, name, compression="snappy", coerce_timestamps="ms")
    finish(csv, "CSV", ", ".join(NAMES), [f"{n:03d}.csv.gz" for n in range(count)])
    told = "".join(f" optional {KINDS.get(name, 'binary')} {name};" for name in NAMES.values())
    schema = "message s3.inventory {" + told + " }"
    finish(parquet, "Parquet", schema, [f"{n:03d}.parquet" for n in range(count)])


if __name__ == "__main__":
    main()
