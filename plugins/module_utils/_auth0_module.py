# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the auth0 modules share with Ansible: options, one lock per application, and the one place that fails."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_plan import PlanError
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_rules import base_url

if TYPE_CHECKING:
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_http import Tenant

__all__ = ["LOGIN_OPTIONS", "Auth0Module"]

# Described in the doc fragment `auth0`.
LOGIN_OPTIONS: dict[str, dict[str, Any]] = {
    "auth0_domain": {"type": "str", "fallback": (env_fallback, ["AUTH0_DOMAIN"])},
    "auth0_client_id": {"type": "str", "fallback": (env_fallback, ["AUTH0_CLIENT_ID"])},
    "auth0_client_secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["AUTH0_CLIENT_SECRET"])},
    "auth0_token": {"type": "str", "no_log": True, "fallback": (env_fallback, ["AUTH0_API_TOKEN"])},
    "auth0_allow_http": {"type": "bool", "default": False},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 15.0},
    "deadline": {"type": "float", "default": 120.0},
}


class Auth0Module(AnsibleModule):  # type: ignore[misc]
    """A module that enters a tenant. ``result`` is what it returns, also where it fails."""

    def __init__(self, options: Mapping[str, object], **more: Any) -> None:
        super().__init__({**LOGIN_OPTIONS, **options}, supports_check_mode=True, **more)
        self.result: dict[str, Any] = {"changed": False}
        self._tenant: Tenant | None = None

    def run(self, work: Callable[[Auth0Module], None]) -> None:
        """Do the work and end the module; every error that is foreseen ends it with its words."""
        if find_spec("requests") is None:
            self.fail_json(msg=missing_required_lib("requests"))
        from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_http import Auth0Error

        try:
            work(self)
        except PlanError as error:
            self._end(str(error))
        except Auth0Error as error:
            if error.client_id:
                self.result |= {"client_id": error.client_id, "changed": True}
            self._end(str(error), status=error.status, error_code=error.code)
        self._end()

    @property
    def tenant(self) -> Tenant:
        """The tenant that the options name. Raises PlanError if they do not name one, or no way in."""
        from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_http import Login, Tenant

        if self._tenant is None:
            url, problem = base_url(self.params["auth0_domain"] or "", self.params["auth0_allow_http"])
            problems = [problem] if problem else []
            if not self.params["auth0_token"]:
                problems += [
                    f"{option} is not given. Write the {what} of the machine-to-machine application, or set {variable}."
                    for option, what, variable in (
                        ("auth0_client_id", "client id", "AUTH0_CLIENT_ID"),
                        ("auth0_client_secret", "secret", "AUTH0_CLIENT_SECRET"),
                    )
                    if not self.params[option]
                ]
            problems += [f"{name} is {self.params[name]:g}; it is a number of seconds above 0." for name in ("timeout", "deadline") if self.params[name] <= 0]
            if problems:
                raise PlanError("\n".join(problems))
            self._tenant = Tenant(
                Login(
                    url,
                    self.params["auth0_client_id"] or "",
                    self.params["auth0_client_secret"] or "",
                    self.params["auth0_token"] or "",
                    self.params["ca_path"] or "",
                    self.params["validate_certs"],
                    self.params["timeout"],
                    self.params["deadline"],
                )
            )
        return self._tenant

    @contextmanager
    def lock(self, kind: str, name: str) -> Iterator[None]:
        """Let no other process of this user on this machine work on the same application; waits as long as the deadline.

        Raises PlanError if the lock cannot be had.
        """
        directory = Path.home() / ".ansible" / "locks"
        key = hashlib.sha256(f"{self.tenant.login.base_url} {kind} {name}".encode()).hexdigest()[:32]
        until = time.monotonic() + self.params["deadline"]
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(directory / f"auth0-{key}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise PlanError(
                f"Runs on one application wait for each other by a lock in {directory}: {error}. Set HOME to a directory that can be written."
            ) from error
        try:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise PlanError(
                            f"Another run has worked on the application {name} for longer than the deadline of {self.params['deadline']:.0f} s. "
                            "Raise deadline, or run again."
                        ) from None
                    time.sleep(0.05)
            yield
        finally:
            os.close(handle)

    def _end(self, failed: str = "", **more: Any) -> None:
        """End the module. Secrets are replaced wherever they stand, but for the one that was asked for."""
        if failed:
            self.result.pop("client_secret", None)
        if self._tenant:
            self.no_log_values |= self._tenant.secrets - {self.result.get("client_secret")}
            for warning in self._tenant.warnings:
                self.warn(warning)
        if failed:
            self.fail_json(msg=failed, **self.result, **more)
        self.exit_json(**self.result)
