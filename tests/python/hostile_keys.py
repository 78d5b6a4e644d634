"""Key files and reports, by Python's own csv and json.

    hostile_keys.py write BUCKET CSV NDJSON < keys.json   half of the keys to each
    hostile_keys.py read REPORT                           one [bucket, key, outcome] a row
"""

import csv
import json
import sys


def write(bucket, table, lines):
    keys = json.load(sys.stdin)
    half = len(keys) // 2
    with open(table, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([bucket, key] for key in keys[:half])
    with open(lines, "w", newline="", encoding="utf-8") as file:
        for key in keys[half:]:
            file.write(json.dumps({"bucket": bucket, "key": key}) + "\n")


def read(report):
    with open(report, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            # As the documentation of the report says.
            key = row["key"].removeprefix("'")
            print(json.dumps([row["bucket"], key, row["outcome"]]))


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    {"write": write, "read": read}[verb](*rest)
