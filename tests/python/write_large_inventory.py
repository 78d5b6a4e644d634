"""Writes a large inventory report twice, as gzip CSV and as Parquet, to measure
readers with. Arguments: a folder, files, rows in each. Needs pyarrow.
"""

import gzip
import hashlib
import json
import os
import random
import sys

import pyarrow as pa
import pyarrow.parquet

CSV = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, EncryptionStatus, BucketKeyStatus"
NAMES = ["bucket", "key", "version_id", "is_latest", "is_delete_marker", "size", "last_modified_date", "e_tag", "storage_class", "encryption_status", "bucket_key_status"]


def rows(number, count):
    chance = random.Random(number)
    for n in range(number * count, (number + 1) * count):
        kind = chance.random()
        yield (
            "stock",
            f"logs/2025/{n % 365:03d}/host-{n % 97:02d}/{chance.getrandbits(64):016x}.json.gz",
            f"{chance.getrandbits(160):040x}"[:32],
            kind < 0.8,
            False,
            int(chance.paretovariate(0.7) * 1000),
            1_700_000_000_000 + n * 37,
            f"{chance.getrandbits(128):032x}",
            "STANDARD" if kind < 0.7 else "STANDARD_IA" if kind < 0.9 else "GLACIER",
            "SSE-S3" if kind < 0.5 else "NOT-SSE" if kind < 0.9 else "SSE-KMS",
            "DISABLED",
        )


def time(millis):
    days = pa.scalar(millis, pa.timestamp("ms")).as_py()
    return days.strftime("%Y-%m-%dT%H:%M:%S.") + f"{millis % 1000:03d}Z"


def text(found):
    out = []
    for row in found:
        fields = list(row)
        fields[3], fields[4] = str(row[3]).lower(), str(row[4]).lower()
        fields[6] = time(row[6])
        out.append(",".join(f'"{field}"' for field in fields))
    return ("\n".join(out) + "\n").encode()


def table(found):
    columns = list(zip(*found))
    types = [pa.string()] * 3 + [pa.bool_()] * 2 + [pa.int64(), pa.timestamp("ms", tz="UTC")] + [pa.string()] * 4
    return pa.table([pa.array(c, t) for c, t in zip(columns, types)], names=NAMES)


def finish(folder, format, schema, names):
    files = []
    for name in names:
        data = open(os.path.join(folder, name), "rb").read()
        files.append({"key": name, "size": len(data), "MD5checksum": hashlib.md5(data).hexdigest()})
    manifest = json.dumps({
        "sourceBucket": "stock", "destinationBucket": "arn:aws:s3:::reports", "version": "2016-11-30",
        "creationTimestamp": "1795294380000", "fileFormat": format, "fileSchema": schema, "files": files,
    }).encode()
    open(os.path.join(folder, "manifest.json"), "wb").write(manifest)
    open(os.path.join(folder, "manifest.checksum"), "w").write(hashlib.md5(manifest).hexdigest())


def main():
    root, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    csv, parquet = os.path.join(root, "csv"), os.path.join(root, "parquet")
    for folder in (csv, parquet):
        os.makedirs(folder, exist_ok=True)
    for number in range(count):
        found = list(rows(number, size))
        with gzip.open(os.path.join(csv, f"{number:03d}.csv.gz"), "wb", compresslevel=6) as out:
            out.write(text(found))
        pa.parquet.write_table(table(found), os.path.join(parquet, f"{number:03d}.parquet"), compression="snappy")
    finish(csv, "CSV", CSV, [f"{n:03d}.csv.gz" for n in range(count)])
    kinds = ["binary"] * 3 + ["boolean"] * 2 + ["int64", "int64"] + ["binary"] * 4
    schema = "message s3.inventory {" + "".join(f" optional {k} {n};" for k, n in zip(kinds, NAMES)) + "}"
    finish(parquet, "Parquet", schema, [f"{n:03d}.parquet" for n in range(count)])


if __name__ == "__main__":
    main()
