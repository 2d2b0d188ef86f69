# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what `docker save` wrote, and make a smaller one of it. No Ansible, no engine.

An engine looks up each layer by the chain of those below it before it opens the layer's file, so that a file may be left out
of an archive where the engine has the layer already.
"""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import tarfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import IO, Any

MANIFEST = "manifest.json"


class ArchiveError(Exception):
    """An archive that cannot be used; the text says why."""


@dataclass(frozen=True)
class Image:
    """An image in an archive.

    Attributes:
        id: digest of its configuration, which an engine names it by.
        names: its names with tags.
        config: path of the configuration in the archive.
        files: path of each layer in the archive, the lowest first.
        layers: digest of each layer's content, in the same order.
        service: the service that it is labelled with, or an empty text.
    """

    id: str
    names: tuple[str, ...]
    config: str
    files: tuple[str, ...]
    layers: tuple[str, ...]
    service: str


def chains(layers: Iterable[str]) -> list[tuple[str, ...]]:
    """Return, for each layer, it and those below it: what an engine looks a layer up by."""
    stack = tuple(layers)
    return [stack[: height + 1] for height in range(len(stack))]


def read(path: str) -> list[Image]:
    """Return the images of an archive.

    Raises:
        ArchiveError: it is cut off, or no archive of images.
        OSError: it cannot be read.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            archive.getmembers()
            return [_image(archive, entry) for entry in json.loads(_content(archive, MANIFEST))]
    except (tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise ArchiveError(f"{path} is cut off or no archive that docker save wrote ({error})") from error


def reduced(path: str, target: IO[bytes], names: Collection[str], known: Collection[tuple[str, ...]]) -> int:
    """Write an archive with the named images alone, without the layers that are known, and return how many layers are in it.

    Args:
        path: the archive.
        target: where the smaller one is written to.
        names: the images that stay.
        known: the chains of layers that are left out.

    Raises:
        ArchiveError: the archive is cut off, or no archive of images.
        OSError: it cannot be read, or the target not be written.
    """
    images = [image for image in read(path) if set(image.names) & set(names)]
    travel = {file for image in images for file, chain in zip(image.files, chains(image.layers), strict=True) if chain not in known}
    manifest = [{"Config": image.config, "RepoTags": [name for name in image.names if name in names], "Layers": list(image.files)} for image in images]
    with tarfile.open(path, "r:") as archive, tarfile.open(fileobj=target, mode="w") as smaller:
        content = {member.name: member for member in archive if member.isfile()}
        wanted = {_target(archive, file) for file in travel}
        for name in sorted(wanted | {image.config for image in images}):
            smaller.addfile(content[name], archive.extractfile(content[name]))
        # Layers that several images share are links to one of them.
        for file in sorted(travel - wanted):
            smaller.addfile(archive.getmember(file))
        _add(smaller, MANIFEST, json.dumps(manifest).encode())
    return len(wanted)


def _image(archive: tarfile.TarFile, entry: dict[str, Any]) -> Image:
    config = _content(archive, entry["Config"])
    described = json.loads(config)
    layers, files = described["rootfs"]["diff_ids"], entry["Layers"]
    if len(layers) != len(files):
        raise ValueError(f"{entry['Config']} does not fit its layers")
    return Image(
        id=f"sha256:{hashlib.sha256(config).hexdigest()}",
        names=tuple(entry["RepoTags"] or ()),
        config=entry["Config"],
        files=tuple(files),
        layers=tuple(layers),
        service=(described.get("config", {}).get("Labels") or {}).get("datacatalog.amundsen.image", ""),
    )


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    handle = archive.extractfile(name)
    if handle is None:
        raise ValueError(f"{name} is no file")
    return handle.read()


def _target(archive: tarfile.TarFile, name: str) -> str:
    """Return the path of the file that a path leads to."""
    member = archive.getmember(name)
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname)) if member.issym() else name


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    archive.addfile(member, io.BytesIO(content))
