"""The image's bill of materials, as CycloneDX: what cargo-cyclonedx wrote for
each binary, without what differs from run to run, and Debian's packages.

materials.py FOLDER VERSION STATUS...
"""

import json
import pathlib
import sys


def stanza(path):
    """The fields of a package's control file that are one line long."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line and line[0] != " ")


def package(path):
    """A component for one package of Debian's."""
    fields = stanza(path)
    name, version, arch = fields["Package"], fields["Version"], fields["Architecture"]
    purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}?arch={arch}&distro=bookworm"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def stripped(node):
    """Without this machine's paths."""
    if isinstance(node, dict):
        return {key: stripped(value) for key, value in node.items()}
    if isinstance(node, list):
        return [stripped(value) for value in node]
    root = pathlib.Path.cwd().as_uri()
    return node.replace(root, "file:///reseal") if isinstance(node, str) else node


def write(path, bom):
    """Sorted, so that the same input makes the same file."""
    path.write_text(json.dumps(bom, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main():
    folder, version, *statuses = sys.argv[1:]
    folder = pathlib.Path(folder)
    for crate, binary in [("coordinator", "reseal"), ("worker", "reseal-worker")]:
        bom = json.loads(pathlib.Path(crate, "reseal-image.json").read_text(encoding="utf-8"))
        bom.pop("serialNumber", None)
        bom["metadata"].pop("timestamp", None)
        bom["components"].sort(key=lambda component: component["bom-ref"])
        if len(bom["components"]) < 100:
            sys.exit(f"materials.py: only {len(bom['components'])} crates in {binary}")
        write(folder / f"{binary}.cdx.json", stripped(bom))
    packages = [package(path) for path in sorted(statuses)]
    image = {"type": "container", "bom-ref": "image", "name": "reseal", "version": version}
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    write(folder / "debian.cdx.json", bom | {"metadata": {"component": image}, "components": packages})


main()
