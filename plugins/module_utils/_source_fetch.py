# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the wanted commit into a repository: from a remote one, a bundle or an archive."""

from __future__ import annotations

import hashlib
import re
import urllib.error
import urllib.request
from pathlib import Path

from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_archive import import_archive
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_git import Repository, SourceError, failure, last_words
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_wanted import Wanted

__all__ = ["FileNeeded", "Unreachable", "fetch", "named_commit", "sha256"]

_NO_SINGLE_COMMITS = (b"unadvertised object", b"does not support shallow")
_ELSEWHERE = "+refs/heads/*:refs/amundsen/remote/*"


class Unreachable(SourceError):
    """A repository cannot be fetched from."""


class FileNeeded(Exception):
    """The archive or bundle is on the controller, and is needed here now."""


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def _download(url: str, path: Path) -> None:
    """Get a file; proxies are taken from the environment.

    Raises:
        SourceError: the server is down, has no such file, or stopped before its end.
    """
    try:
        with urllib.request.build_opener().open(url, timeout=60) as answer, path.open("wb") as file:
            while block := answer.read(2**20):
                file.write(block)
            wanted = answer.headers.get("Content-Length")
    except (OSError, ValueError, urllib.error.URLError) as error:
        path.unlink(missing_ok=True)
        raise SourceError(f"{url} could not be fetched: {error}. Check amundsen_source_url, or name another place that has the file, and run again.") from error
    if wanted and path.stat().st_size < int(wanted):
        path.unlink()
        raise SourceError(f"{url} broke off in its middle. Run again, or name another place that has the file in amundsen_source_url.")


def _checked_file(wanted: Wanted, folder: Path) -> Path:
    """Return the archive or bundle, downloaded where it is at a URL, once its checksum is right.

    Raises:
        SourceError: it cannot be had, or its checksum is another.
        FileNeeded: it is not on this host.
    """
    path = wanted.file or folder / wanted.kind
    if wanted.file is None and "://" not in wanted.url:
        raise FileNeeded
    if wanted.file is None:
        _download(wanted.url, path)
    found = sha256(path)
    if wanted.checksum and found != wanted.checksum:
        raise SourceError(
            f"The {wanted.kind} {wanted.url} has the sha256 {found}, and amundsen_source_checksum is {wanted.checksum}: it was cut off, changed, or is another "
            "file. Get it again, or correct amundsen_source_checksum if you know that this is the right file. Nothing was unpacked."
        )
    return path


def named_commit(repository: Repository, wanted: Wanted, url: str) -> str:
    """Return the id that the wanted version has in another repository; only a tag is asked for there.

    Raises:
        SourceError: there is no such tag, or the name is a branch's, or the repository cannot be reached.
    """
    if wanted.commit:
        return wanted.commit
    tag = wanted.version.removeprefix("refs/tags/")
    done = repository.run("ls-remote", "--", url, f"refs/tags/{tag}", f"refs/tags/{tag}^{{}}", f"refs/heads/{tag}")
    if done.returncode:
        raise unreachable(wanted, done.stderr)
    found = {name: commit for commit, _tab, name in (line.partition("\t") for line in done.stdout.decode().splitlines())}
    commit = found.get(f"refs/tags/{tag}^{{}}") or found.get(f"refs/tags/{tag}")
    if commit:
        return commit
    if f"refs/heads/{tag}" in found:
        raise SourceError(
            f"amundsen_source_version is {wanted.version!r}, which is a branch of {wanted.url}: it means another commit tomorrow. "
            f"Name the commit that it has today, {found[f'refs/heads/{tag}']}, or a tag."
        )
    raise SourceError(
        f"{wanted.url} has no tag {tag}. Set amundsen_source_version to the full id of a commit, or to a tag that is there (git ls-remote --tags)."
    )


def unreachable(wanted: Wanted, stderr: bytes) -> Unreachable:
    """Say that a repository cannot be fetched from."""
    error = failure(f"{wanted.url} could not be fetched", stderr)
    return Unreachable(
        f"{error} Check amundsen_source_url, or name a mirror, an archive or a bundle there. "
        "If the host reaches the outside by a proxy or a mirror alone, set amundsen_http_proxy or amundsen_mirrors."
    )


def _from_remote(repository: Repository, wanted: Wanted, url: str) -> str:
    """Fetch the one commit without its history; all of them from a server that gives no single ones."""
    commit = named_commit(repository, wanted, url)
    done = repository.run("fetch", "--quiet", "--no-tags", "--depth", "1", "--", url, commit)
    if done.returncode and any(words in done.stderr for words in _NO_SINGLE_COMMITS):
        done = repository.run("fetch", "--quiet", "--tags", "--", url, _ELSEWHERE)
    if done.returncode and b"not our ref" not in done.stderr:
        raise unreachable(wanted, done.stderr)
    if not repository.has(commit):
        raise SourceError(
            f"{wanted.url} holds no commit {commit}. Check amundsen_source_version; if it is right, this mirror lacks it: name another in amundsen_source_url."
        )
    return commit


def _from_bundle(repository: Repository, wanted: Wanted, path: Path) -> str:
    """Take everything that a bundle holds, once it was found whole."""
    done = repository.run("bundle", "verify", str(path))
    if b"lacks these prerequisite commits" in done.stderr:
        lacking = re.findall(r"[0-9a-f]{40}", done.stderr.decode())
        raise SourceError(
            f"The bundle {wanted.url} builds on commits that it does not hold ({lacking[0][:12] if lacking else 'see git bundle verify'} ...). "
            "Make it whole: git bundle create FILE --all."
        )
    if not done.returncode:
        heads = ["+HEAD:refs/amundsen/bundle/HEAD"] if " HEAD" in repository.tell("bundle", "list-heads", str(path)) else []
        done = repository.run("fetch", "--quiet", "--no-tags", "--", str(path), "+refs/*:refs/amundsen/bundle/*", *heads)
    if done.returncode:
        raise SourceError(
            f"The bundle {wanted.url} cannot be read: {last_words(done.stderr.decode(errors='replace'))}. It is cut off, or no git bundle. "
            "Make or get it again (git bundle create FILE --all); nothing of it is used."
        )
    commit = named_commit(repository, wanted, str(path))
    if not repository.has(commit):
        raise SourceError(f"The bundle {wanted.url} holds no commit {commit}. Check amundsen_source_version, or make a bundle that holds it.")
    return commit


def fetch(repository: Repository, wanted: Wanted, scratch: Path) -> str:
    """Bring the wanted commit into a repository, and return its id.

    Args:
        repository: it must exist.
        wanted: what and where from.
        scratch: a folder for a download.

    Raises:
        SourceError: it cannot be had as it is wanted.
    """
    if wanted.kind == "git":
        return _from_remote(repository, wanted, wanted.url)
    try:
        path = _checked_file(wanted, scratch)
        return _from_bundle(repository, wanted, path) if wanted.kind == "bundle" else import_archive(repository, path)
    finally:
        (scratch / wanted.kind).unlink(missing_ok=True)
