"""Writes an S3 Inventory report as S3 lays it out, by the user guide's words.

An independent writer: csv, gzip and hashlib, for ORC and Parquet pyarrow, none
of reseal's own code. Input: one JSON object on standard input. Output: the
manifest's path.

  folder     where the destination bucket's content goes
  bucket     the source bucket
  destination, prefix, config, date, created, format: as in the manifest
  schema     the columns, in order
  files      each with `rows` (objects by column; keys raw), or with `text` to
             be compressed `repeat` times as it is, in `encoding`, or with
             `bytes` in hexadecimal digits; `truncate` cuts so many bytes off
             the compressed file, before its checksum. In ORC and Parquet also
             what write_columnar.py takes
  told       a fileSchema other than the columns'
"""

import csv
import gzip
import hashlib
import io
import json
import os
import sys
import urllib.parse

SUFFIXES = {"CSV": "csv.gz", "ORC": "orc", "Parquet": "parquet"}


def table(report, rows):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        fields = dict(row)
        fields.setdefault("Bucket", report["bucket"])
        fields["Key"] = urllib.parse.quote_plus(fields["Key"], safe="/")
        writer.writerow([fields.get(column, "") for column in report["schema"]])
    return text.getvalue().encode("utf-8")


def columnar(report, file):
    return {"format": report["format"], "bucket": report["bucket"], "schema": report["schema"], **file}


def content(report, file):
    if "bytes" in file:
        return bytes.fromhex(file["bytes"])
    if report["format"] != "CSV":
        data = write_columnar.written(columnar(report, file))
        return data[: len(data) - file.get("truncate", 0)]
    if "rows" in file:
        plain = table(report, file["rows"])
    else:
        encoded = file["text"].encode(file.get("encoding", "utf-8"))
        plain = encoded * file.get("repeat", 1)
    packed = gzip.compress(plain)
    return packed[: len(packed) - file.get("truncate", 0)]


def told(report):
    if report["format"] == "CSV":
        return ", ".join(report["schema"])
    settings = report["files"][0] if report["files"] else {}
    return write_columnar.schema_of(columnar(report, settings))


def put(report, key, data):
    path = os.path.join(report["folder"], *key.split("/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)
    return path


def main():
    report = json.load(sys.stdin)
    if report["format"] != "CSV":
        # Needs pyarrow, which CSV does without.
        global write_columnar
        import write_columnar
    base = "/".join([report["prefix"], report["bucket"], report["config"]])
    files = []
    for number, file in enumerate(report["files"]):
        data = content(report, file)
        key = f"{base}/data/part-{number}.{SUFFIXES[report['format']]}"
        put(report, key, data)
        digest = hashlib.md5(data).hexdigest()
        files.append({"key": key, "size": len(data), "MD5checksum": digest})
    manifest = {
        "sourceBucket": report["bucket"],
        "destinationBucket": "arn:aws:s3:::" + report["destination"],
        "version": "2016-11-30",
        "creationTimestamp": str(report["created"]),
        "fileFormat": report["format"],
        "fileSchema": report.get("told") or told(report),
        "files": files,
    }
    text = json.dumps(manifest, indent=2).encode("utf-8")
    path = put(report, f"{base}/{report['date']}/manifest.json", text)
    checksum = hashlib.md5(text).hexdigest().encode("ascii")
    put(report, f"{base}/{report['date']}/manifest.checksum", checksum)
    print(path)


if __name__ == "__main__":
    main()
