"""Looks at every object of a report with the AWS CLI and prints what it sees.

Runs the CLI's own driver in this process, once per object, since ten thousand
processes would take an hour. Input: CSV report, endpoint. Output: one JSON
object per row, in the report's order, with the fields of `head-object`.
"""

import contextlib
import csv
import io
import json
import multiprocessing
import os
import sys

DRIVER = None


def start():
    global DRIVER
    from awscli.clidriver import create_clidriver

    DRIVER = create_clidriver()
    # The CLI makes a client for each command, which takes half its time.
    create_client, clients = DRIVER.session.create_client, {}

    def one_client(*args, **kwargs):
        name = repr((args, sorted(kwargs.items())))
        if name not in clients:
            clients[name] = create_client(*args, **kwargs)
        return clients[name]

    DRIVER.session.create_client = one_client


def head(task):
    endpoint, bucket, key, version = task
    words = ["--endpoint-url", endpoint, "--output", "json", "s3api", "head-object"]
    words += ["--bucket", bucket, "--key=" + key]
    if version:
        words += ["--version-id", version]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = DRIVER.main(words)
    if code != 0:
        return {"error": err.getvalue().strip()}
    return json.loads(out.getvalue())


def key_of(row):
    key = row["key"]
    return key[1:] if key.startswith("'") else key


def main():
    report, endpoint = sys.argv[1:3]
    os.environ["AWS_PAGER"] = ""
    with open(report, newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    tasks = [
        (endpoint, row["bucket"], key_of(row), row["after_version"] or row["version"])
        for row in rows
    ]
    # Each command leaves hooks behind in its session, so the CLI slows down: a
    # worker is replaced after a few chunks.
    with multiprocessing.Pool(initializer=start, maxtasksperchild=3) as pool:
        for seen in pool.imap(head, tasks, chunksize=50):
            print(json.dumps(seen))


if __name__ == "__main__":
    main()
