# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write, check and read the file of an offline bundle.

It is a tar without compression: SHA256SUMS, its signature if there is one, manifest.json, then the parts by name. Whoever has no Ansible
checks it with `tar -x`, `sha256sum -c SHA256SUMS` and `openssl pkeyutl -verify -rawin`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils import _bundle

BLOCK = 2**20  # bytes


class BundleError(Exception):
    """What keeps a bundle from being written or used: what is wrong, why, and what to do."""


def digest(path: str) -> str:
    """Return the sha256 of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sign(content: bytes, key_file: str) -> bytes:
    """Return the Ed25519 signature of content, by a private key in a PEM file without a passphrase.

    Raises:
        BundleError: the key cannot be read or is of another kind.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        with open(key_file, "rb") as stream:
            key = load_pem_private_key(stream.read(), None)
    except (OSError, TypeError, ValueError) as error:
        raise BundleError(f"amundsen_bundle_signing_key {key_file} cannot be read: {error}. {_advice()}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleError(f"amundsen_bundle_signing_key {key_file} is no Ed25519 key. {_advice()}")
    return key.sign(content)


def verify(content: bytes, signature: bytes, key_file: str) -> bool:
    """Tell whether a signature of content was made by the partner of a public key in a PEM file.

    Raises:
        BundleError: the key cannot be read or is of another kind.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        with open(key_file, "rb") as stream:
            key = load_pem_public_key(stream.read())
    except (OSError, ValueError) as error:
        raise BundleError(f"amundsen_bundle_public_key {key_file} cannot be read: {error}. {_advice()}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BundleError(f"amundsen_bundle_public_key {key_file} is no Ed25519 key. {_advice()}")
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def pack(archive: str, target: str) -> None:
    """Compress a tar, its members sorted and without times and owners, so that the same content gives the same bytes.

    Raises:
        OSError: it cannot be read, or the target not be written.
    """
    with (
        tarfile.open(archive, "r:") as source,
        open(target, "wb") as raw,
        gzip.GzipFile("", "wb", 1, raw, 0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as packed,
    ):
        for member in sorted(source.getmembers(), key=lambda each: each.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname = 0, 0, 0, "", ""
            packed.addfile(member, source.extractfile(member) if member.isfile() else None)


def write(path: str, parts: Mapping[str, str], manifest: Mapping[str, Any], signing_key: str = "") -> None:
    """Write a bundle beside its name, and give it its name when it is whole. The same input gives the same bytes.

    Args:
        path: the bundle.
        parts: for each part's name the file that it is read from.
        manifest: what the bundle says of itself; the parts' sizes and digests are added.
        signing_key: PEM file of the Ed25519 key that signs it, or empty.

    Raises:
        BundleError: the key cannot be used.
        OSError: a part cannot be read, or the bundle not be written.
    """
    digests = {name: digest(file) for name, file in parts.items()}
    described = {**manifest, "parts": {name: {"sha256": digests[name], "size": os.path.getsize(parts[name])} for name in sorted(parts)}}
    text = (json.dumps(described, indent=2, sort_keys=True) + "\n").encode()
    sums = _bundle.sums_text({**digests, _bundle.MANIFEST: hashlib.sha256(text).hexdigest()}).encode()
    small = {_bundle.SUMS: sums}
    if signing_key:
        small[_bundle.SIGNATURE] = sign(sums, signing_key)
    small[_bundle.MANIFEST] = text
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}-")
    try:
        with os.fdopen(handle, "wb") as stream, tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for name, content in small.items():
                archive.addfile(_member(name, len(content)), io.BytesIO(content))
            for name in sorted(parts):
                with open(parts[name], "rb") as part:
                    archive.addfile(_member(name, os.path.getsize(parts[name])), part)
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


def check(path: str, public_key: str = "") -> dict[str, Any]:
    """Return what a bundle says of itself, after all of it was compared with its checksums.

    Args:
        path: the bundle.
        public_key: PEM file of the Ed25519 key that must have signed it, or empty.

    Raises:
        BundleError: it cannot be used; the part that is wrong is named.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            sums, signature, rest = _head(path, archive)
            _check_signature(path, sums, signature, public_key)
            try:
                expected = _bundle.parse_sums(sums.decode())
            except ValueError as error:
                raise BundleError(f"{path} was changed after it was made: {error}. Copy it again.") from error
            manifest = _check_parts(path, archive, rest, expected)
    except (tarfile.TarError, OSError) as error:
        raise BundleError(f"amundsen_offline_bundle {path} cannot be read: {error}. Name a file that the playbook bundle made.") from error
    try:
        described = json.loads(manifest)
    except ValueError as error:
        raise BundleError(f"{path} holds a manifest that is no JSON. {_bundle.REMAKE}.") from error
    problems = _bundle.manifest_problems(described)
    if problems:
        raise BundleError(f"{path}: {problems[0]}")
    return {"manifest": described, "signed": bool(signature), "digests": expected}


def extract(path: str, name: str, expected: str, target: str) -> None:
    """Write one part of a bundle that was checked to a file; one that ends in .gz is unpacked on the way.

    Raises:
        BundleError: the part is another than was checked.
        OSError: the bundle cannot be read, or the file not be written.
    """
    try:
        with tarfile.open(path, "r:") as archive, open(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as stream:
            source = _Hashing(archive.extractfile(name))  # type: ignore[arg-type]
            unpacked = gzip.GzipFile(fileobj=source) if name.endswith(".gz") else source  # type: ignore[call-overload]
            while block := unpacked.read(BLOCK):
                stream.write(block)
            while source.read(BLOCK):
                pass
    except (tarfile.TarError, KeyError, EOFError, gzip.BadGzipFile) as error:
        raise BundleError(f"{path} was changed since it was checked: {name} cannot be read ({error}). Copy it again and run again.") from error
    if source.hash.hexdigest() != expected:
        raise BundleError(f"{path} was changed since it was checked: {name} is another. Copy it again and run again.")


class _Hashing:
    """A stream that hashes what is read of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.hash = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self.stream.read(size)
        self.hash.update(block)
        return block


def _advice() -> str:
    return "Make a pair with: openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out public.pem"


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member


def _head(path: str, archive: tarfile.TarFile) -> tuple[bytes, bytes, Iterator[tarfile.TarInfo]]:
    """Return SHA256SUMS, the signature (or nothing), and the members that follow."""
    members = iter(archive)
    first = next(members, None)
    if first is None or first.name != _bundle.SUMS:
        raise BundleError(f"{path} is no bundle of this collection: it does not begin with {_bundle.SUMS}. Name a file that the playbook bundle made.")
    sums = _content(path, archive, first)
    second = next(members, None)
    if second is None:
        raise BundleError(f"{path} is cut off: it ends after {_bundle.SUMS}. Copy it again.")
    if second.name == _bundle.SIGNATURE:
        return sums, _content(path, archive, second), members
    return sums, b"", _again(second, members)


def _again(first: tarfile.TarInfo, rest: Iterator[tarfile.TarInfo]) -> Iterator[tarfile.TarInfo]:
    yield first
    yield from rest


def _content(path: str, archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member) if member.size < 16 * BLOCK else None
    content = stream.read() if stream else b""
    if len(content) != member.size:
        raise BundleError(f"{path} is cut off: it ends in {member.name}. Copy it again.")
    return content


def _check_signature(path: str, sums: bytes, signature: bytes, public_key: str) -> None:
    if not public_key:
        return
    if not signature:
        raise BundleError(
            f"{path} is not signed, and amundsen_bundle_public_key says that it must be: anybody could have made it. Make it with amundsen_bundle_signing_key."
        )
    if not verify(sums, signature, public_key):
        raise BundleError(
            f"{path} was not signed by the partner of amundsen_bundle_public_key {public_key}, or its checksums were changed since."
            " Nothing of it was unpacked. Get it again from whom you trust."
        )


def _check_parts(path: str, archive: tarfile.TarFile, members: Iterator[tarfile.TarInfo], expected: Mapping[str, str]) -> bytes:
    """Compare every part with its checksum, and return the manifest. All that is wrong is said at once."""
    seen: set[str] = set()
    wrong: list[str] = []
    manifest = b""
    reading = _bundle.SUMS
    try:
        for member in members:
            reading = member.name
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is None or member.name not in expected or member.name in seen:
                wrong.append(f"{member.name} does not belong into it")
                continue
            found, size = hashlib.sha256(), 0
            while block := stream.read(BLOCK):
                found.update(block)
                size += len(block)
                if member.name == _bundle.MANIFEST:
                    manifest += block
            if size != member.size:
                raise tarfile.ReadError("unexpected end of data")
            seen.add(member.name)
            if found.hexdigest() != expected[member.name]:
                wrong.append(f"{member.name} has another checksum than {_bundle.SUMS} says")
    except tarfile.ReadError:
        missing = sorted(set(expected) - seen - {reading})
        wrong.append(f"it ends in {reading}" + (f", so that {', '.join(missing[:5])}{' and more' if len(missing) > 5 else ''} are missing" if missing else ""))
    else:
        wrong += [f"{name} is missing" for name in sorted(set(expected) - seen)]
    if wrong:
        raise BundleError(f"{path} is damaged or was changed after it was made: {'; '.join(wrong)}. Nothing of it was used. Copy it again.")
    return manifest
