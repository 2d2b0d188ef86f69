# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stores that a service can stand on: a module each, which says how to reach it and whether an error is its fault.

`fault(error)` of such a module gives the HTTP error that a request ends with (503 with words for people, without names or
secrets), or None if the store is not to blame. MariaDB's is `amundsen_services.database`.
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from amundsen_common.models.api.health_check import FAIL, OK, HealthCheck
from werkzeug.exceptions import HTTPException

from amundsen_services.settings import SettingError

STORE_FILE = "AMUNDSEN_STORE_FILE"
CA_FILE = "AMUNDSEN_CA_FILE"


@dataclass(frozen=True)
class Store:
    """Where a store is, and who asks it. `user` and `password` may be empty."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def login(self) -> tuple[str, str] | None:
        """Give user and password, or None where there is no user."""
        return (self.user, self.password) if self.user else None


def read_store(*schemes: str, variable: str = STORE_FILE) -> Store:
    """Read a store's address from the JSON file that AMUNDSEN_STORE_FILE, or another variable, names.

    Raises:
        SettingError: there is no such file, or its URL is none of these schemes with a host.
    """
    name = os.environ.get(variable, "")
    if not name:
        raise SettingError(f"{variable} is not set: name the file that holds the store's url, user and password as JSON")
    try:
        content = json.loads(Path(name).read_text(encoding="utf-8"))
        store = Store(**{key: content.get(key) or "" for key in ("url", "user", "password")})
        url = urlsplit(store.url)
        good = url.scheme in schemes and url.hostname and url.username is None
    except OSError as error:
        raise SettingError(f"{variable} names {name}, which cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, AttributeError):
        good = False
    if not good:
        example = f'{{"url": "{schemes[0]}://HOST:PORT", "user": "...", "password": "..."}}'
        raise SettingError(f"{name} ({variable}) holds no {example} with one of the schemes {', '.join(schemes)}")
    return store


def ca_file() -> str | None:
    """Find the file of the private authority that the store's certificate is from, if there is one.

    Raises:
        SettingError: AMUNDSEN_CA_FILE names a file that cannot be read.
    """
    name = os.environ.get(CA_FILE, "")
    if name and not os.access(name, os.R_OK):
        raise SettingError(f"{CA_FILE} names {name}, which cannot be read")
    return name or None


def trust() -> ssl.SSLContext:
    """Trust the authorities of the system, and the private one if there is one."""
    context = ssl.create_default_context()
    if ca_file():
        context.load_verify_locations(ca_file())
    return context


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error, then what it was raised from or while handling: upstream hides a driver's errors behind others."""
    while error:
        yield error
        error = error.__cause__ or error.__context__


def health(name: str, why: str | None) -> HealthCheck:
    """Answer /healthcheck: `ok` (HTTP 200), or `fail` (503) and why."""
    if why is None:
        return HealthCheck(status=OK, checks={name: {"status": "ok"}})
    return HealthCheck(status=FAIL, checks={name: {"status": "fail", "message": why}})


def fault(error: BaseException) -> HTTPException | None:
    """Blame no store: for one that has no module here."""
    return None
