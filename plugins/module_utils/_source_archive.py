# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns an archive with one top folder into one commit, whose id follows from the files alone."""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_git import Repository, SourceError, failure

__all__ = ["import_archive"]

_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError)


def _members(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield each file: its path, git's mode for it, and its content."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                mode = entry.external_attr >> 16
                if not entry.is_dir():
                    yield entry.filename, "120000" if stat.S_ISLNK(mode) else "100755" if mode & 0o100 else "100644", archive.read(entry)
        return
    with tarfile.open(path) as archive:
        for member in archive:
            if member.issym():
                yield member.name, "120000", member.linkname.encode()
            elif member.isfile():
                content = archive.extractfile(member)
                yield member.name, "100755" if member.mode & 0o100 else "100644", content.read() if content else b""
        # Cut off between two files it would only seem to end there.
        archive.fileobj.seek(archive.offset)
        if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise EOFError("its end is missing")


def _stream(path: Path, size: list[int]) -> Iterator[bytes]:
    """Yield what `git fast-import` reads.

    Raises:
        SourceError: the files do not lie in one top folder, or one of them would lie outside of it.
    """
    message = b"Amundsen's source, from an archive"
    yield b"commit refs/amundsen/archive\ncommitter amundsen <amundsen@localhost> 946684800 +0000\ndata %d\n%s\ndeleteall\n" % (len(message), message)
    tops = set()
    for name, mode, content in _members(path):
        parts = PurePosixPath(name).parts
        if parts[0] == "/" or ".." in parts or ".git" in parts or '"' in name or "\n" in name:
            raise SourceError(f"{path} holds {name!r}, which no source tree of Amundsen has and which would leave its folder. Make the archive anew.")
        tops.add(parts[0])
        if len(parts) == 1 or len(tops) > 1:
            raise SourceError(
                f"{path} has {', '.join(sorted(tops))} at its top: one folder is needed there. Make it anew, as with 'git archive --prefix=amundsen/'."
            )
        size[0] += 1
        yield b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), "/".join(parts[1:]).encode(), len(content), content)


def import_archive(repository: Repository, path: Path) -> str:
    """Commit an archive's files, and return the commit's id.

    Raises:
        SourceError: it is cut off, no archive, or not laid out as one of Amundsen's source.
    """
    count = [0]
    try:
        stream = b"".join(_stream(path, count))
    except _BROKEN as error:
        raise SourceError(
            f"{path} cannot be read after {count[0]} files: {str(error) or type(error).__name__}. It is cut off, or no tar or zip archive, though its "
            "checksum is the one that amundsen_source_checksum names. Get the archive again, and its checksum from where it was made."
        ) from error
    repository.run("update-ref", "-d", "refs/amundsen/archive")
    done = repository.run("fast-import", "--quiet", input=stream)
    if done.returncode:
        raise failure(f"The files of {path} could not be put into a repository", done.stderr)
    return repository.do("rev-parse", "refs/amundsen/archive")
