"""The image as an OCI archive, where neither buildah nor podman is: one layer,
infra/Containerfile's rootfs.tar, and what that file says beside it.

oci.py FOLDER ARCHITECTURE VERSION REVISION CREATED: reads FOLDER/rootfs.tar,
writes FOLDER/reseal.oci.tar. The same input makes the same bytes.
"""

import calendar
import gzip
import hashlib
import io
import json
import pathlib
import shlex
import sys
import tarfile
import time

MEDIA = "application/vnd.oci.image"


def instructions(text):
    """The Containerfile's, continuations joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            yield line.split(None, 1)


def configuration(text, arguments):
    """What the Containerfile says, as an image's config."""
    config = {"Labels": {}, "Env": [], "Volumes": {}}
    for word, rest in instructions(text):
        for name, value in arguments.items():
            rest = rest.replace("${" + name + "}", value)
        if word == "LABEL":
            config["Labels"] |= dict(pair.split("=", 1) for pair in shlex.split(rest))
        elif word == "ENV":
            config["Env"] += shlex.split(rest)
        elif word == "VOLUME":
            config["Volumes"] |= {path: {} for path in json.loads(rest)}
        elif word == "USER":
            config["User"] = rest
        elif word == "WORKDIR":
            config["WorkingDir"] = rest
        elif word in ("ENTRYPOINT", "CMD"):
            config[word.capitalize()] = json.loads(rest)
        elif (word, rest) not in [("FROM", "scratch"), ("ADD", "rootfs.tar /")] and word != "ARG":
            sys.exit(f"oci.py: {word} {rest}: not of the kind that is understood here")
    return config


def main():
    folder, architecture, version, revision, created = sys.argv[1:]
    folder = pathlib.Path(folder)
    here = pathlib.Path(__file__).resolve().parent
    text = (here.parent / "Containerfile").read_text(encoding="utf-8")
    arguments = {"VERSION": version, "REVISION": revision, "CREATED": created}
    unpacked = (folder / "rootfs.tar").read_bytes()
    blobs = {}

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return {"mediaType": f"{MEDIA}.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    def said(value):
        return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()

    layer = blob(gzip.compress(unpacked, mtime=0), "layer.v1.tar+gzip")
    config = blob(
        said(
            {
                "architecture": architecture,
                "os": "linux",
                "created": created,
                "config": configuration(text, arguments),
                "rootfs": {
                    "type": "layers",
                    "diff_ids": ["sha256:" + hashlib.sha256(unpacked).hexdigest()],
                },
                "history": [{"created": created, "created_by": "infra/image/oci.py"}],
            }
        ),
        "config.v1+json",
    )
    kind = "manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": f"{MEDIA}.{kind}", "config": config}
    manifest = blob(said(manifest | {"layers": [layer]}), kind)
    manifest["annotations"] = {"org.opencontainers.image.ref.name": f"reseal:{version}"}
    files = {
        "oci-layout": said({"imageLayoutVersion": "1.0.0"}),
        "index.json": said({"schemaVersion": 2, "manifests": [manifest]}),
    } | dict(sorted(blobs.items()))
    at = calendar.timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ"))
    with tarfile.open(folder / "reseal.oci.tar", "w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), at
            archive.addfile(entry, io.BytesIO(data))


main()
