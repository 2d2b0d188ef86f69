# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image that others made has to be: what it was at first, or what was accepted since. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def mirrored(name: str, mirror: str) -> str:
    """Return the name by which a mirror of Docker Hub knows an image; those of other registries keep theirs."""
    first = name.partition("/")[0]
    if not mirror or ("/" in name and ("." in first or ":" in first or first == "localhost")):
        return name
    return f"{mirror}/{name}" if "/" in name else f"{mirror}/library/{name}"


def other(name: str, wanted: str, found: Sequence[str]) -> str:
    """Return why an image is not the one that is wanted, "" where it is.

    Args:
        name: of the image.
        wanted: its digest or id; "" where none is known yet.
        found: its digests and its id.
    """
    if not wanted or wanted in found:
        return ""
    return (
        f"{name} is {found[0]} now, and was {wanted} before: the tag means another image. Nothing was changed. Ask who published it why. To accept the new "
        f"one, set amundsen_image_digests to {{'{name}': '{found[0]}'}} and run again; to keep the old one, put it back under its tag"
    )


def pins(recorded: Mapping[str, str], accepted: Mapping[str, str], found: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return what to record: what was accepted, else what is recorded already, else what is there at first."""
    kept = {name: accepted.get(name) or recorded.get(name) or identities[0] for name, identities in found.items()}
    return {**recorded, **kept}
