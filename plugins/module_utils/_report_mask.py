# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep secrets out of reports, whatever the checks say. No I/O.

The checks mask what they know to be secret; this is the second line: it knows the shapes of secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

from ansible_collections.datacatalog.amundsen.plugins.module_utils._oidc import mask_url

__all__ = ["masked"]

HIDDEN = "***"
# A shorter one would be found in the middle of ordinary words.
SHORTEST_SECRET = 4

_ADDRESS = re.compile(r"https?://[^\s'\"<>]+", re.I)
_AFTER_ADDRESS = ".,;:)!"
_VALUE = r"(?:\"[^\"]*\"|'[^']*'|[^\s&;,'\"]+)"
_SHAPES = (
    re.compile(r"()-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S),
    # Cookie: a=b; c=d - the word alone, with no pair after it, is prose.
    re.compile(r"\b((?:set-)?cookie\s*:\s*)[^\s=;]+=[^\n]*", re.I),
    re.compile(r"\b(authorization\s*:\s*)[^\n]+", re.I),
    re.compile(r"\b((?:bearer|basic)\s+)(?:[\w.~+/=-]{20,}|\{[^}]*\}?)", re.I),
    # What begins with the base64 of {": tokens, and Flask's sessions, compressed or not.
    re.compile(r"(?<![\w/-])()(?:eyJ|\.eJ)[\w-]{8,}(?:\.[\w-]*)*"),
    # name=value, and "name": "value".
    re.compile(rf"(?<![\w-])((?:code|state|nonce|ticket|session|code_verifier|code_challenge|id_token_hint|__(?:Host|Secure)-[\w-]+)=){_VALUE}", re.I),
    re.compile(rf"(?<![\w-])([\w-]*(?:password|passwd|pwd|secret|token|_key)=){_VALUE}", re.I),
    re.compile(r"([\"'](?:code|state|nonce|session|[\w-]*(?:password|passwd|secret|token|_key))[\"']\s*:\s*)(?:\"[^\"]*\"|'[^']*')", re.I),
)


def masked(value: Any, secrets: Iterable[str] = ()) -> Any:
    """Return `value`, with what looks like a secret replaced by ***, in every string of its lists and dicts.

    `secrets` are replaced wherever they stand, as they are and as addresses encode them.
    """
    if isinstance(value, dict):
        return {name: masked(each, secrets) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(each, secrets) for each in value]
    return _masked_text(value, secrets) if isinstance(value, str) else value


def _masked_text(text: str, secrets: Iterable[str]) -> str:
    known = {form for secret in secrets if len(secret) >= SHORTEST_SECRET for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _ADDRESS.sub(lambda found: _masked_address(found.group()), text)
    for shape in _SHAPES:
        text = shape.sub(rf"\g<1>{HIDDEN}", text)
    return text


def _masked_address(text: str) -> str:
    address = text.rstrip(_AFTER_ADDRESS)
    if not any(sign in address for sign in "?#@"):
        return text
    try:
        return mask_url(address) + text[len(address) :]
    except ValueError:
        return HIDDEN
