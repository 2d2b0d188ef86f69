# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pack installed collections as ``ansible-galaxy collection install --offline`` takes them. The same files give the same bytes.

Runs on the controller, as ``python - FOLDER [PATH ...]``, and prints one line with the sha256 and the name of each tarball.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path


def source(path: Path, work: Path) -> Path:
    """Return a folder with MANIFEST.json and FILES.json: that of an installed collection, or what is built of a source tree."""
    if (path / "FILES.json").is_file():
        return path
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    subprocess.run([galaxy, "collection", "build", path, "--output-path", work], check=True, stdout=subprocess.DEVNULL)
    (built,) = work.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        # Python before 3.11.4 knows no filter. What is taken apart was built a moment ago.
        archive.extractall(work / "tree", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))  # noqa: S202
    return work / "tree"


def pack(root: Path, folder: Path) -> Path:
    """Write one collection's tarball. Files that a distributor left out are left out of its list too."""
    manifest = json.loads((root / "MANIFEST.json").read_text(encoding="utf-8"))
    listed = json.loads((root / "FILES.json").read_text(encoding="utf-8"))
    listed["files"] = [entry for entry in listed["files"] if (root / entry["name"]).exists()]
    files = (json.dumps(listed, indent=1) + "\n").encode()
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    made = {"FILES.json": files, "MANIFEST.json": (json.dumps(manifest, indent=1) + "\n").encode()}
    says = manifest["collection_info"]
    target = folder / f"{says['namespace']}-{says['name']}-{says['version']}.tar.gz"
    with open(target, "wb") as raw, gzip.GzipFile("", "wb", 6, raw, 0) as stream, tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in made.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
        for name in sorted(entry["name"] for entry in listed["files"] if entry["name"] != "."):
            member = archive.gettarinfo(root / name, name)
            member.uid = member.gid = member.mtime = 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            if member.isfile():
                with open(root / name, "rb") as content:
                    archive.addfile(member, content)
            else:
                archive.addfile(member)
    return target


def main() -> None:
    """Entry point."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for path in map(Path, sys.argv[2:]):
        with tempfile.TemporaryDirectory() as work:
            target = pack(source(path, Path(work)), folder)
        print(hashlib.sha256(target.read_bytes()).hexdigest(), target.name)


if __name__ == "__main__":
    main()
