# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What image_save and image_load share: an engine at the other end of a connection, and an archive beside it."""

from __future__ import annotations

import os
import shlex
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.datacatalog.amundsen.plugins.plugin_utils._image_archive import ArchiveError, Image
from ansible_collections.datacatalog.amundsen.plugins.plugin_utils._image_store import QUESTION, Store

ARCHIVE_NAME = "amundsen-images.tar"
KEPT = "Nothing that runs was touched, and nothing half-made is used. Mend the cause and run again; what arrived already is kept."


class ImageError(Exception):
    """What stops a delivery: what is wrong, and why."""


class ImageAction(ActionBase):  # type: ignore[misc]
    """An action that moves an archive of images. Whatever happens, the archive on the host is removed."""

    TRANSFERS_FILES = True  # so that there is a temporary folder on the host, which only who logs in can enter
    _supports_check_mode = True
    _supports_async = False

    def work(self) -> dict[str, Any]:
        """Do the work and return the result.

        Raises:
            ImageError: it cannot be done.
        """
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result, or what is wrong, why, and what to do."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            result.update(self.work())
        except AnsibleConnectionFailure:
            raise  # the host is unreachable, and Ansible says so
        except (AnsibleError, ArchiveError, ImageError, OSError) as error:
            result.update(failed=True, msg=f"{error}. {KEPT}")
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def run_or_stop(self, command: str, problem: str) -> str:
        """Run a shell command on the host and return what it prints.

        Raises:
            ImageError: it failed.
        """
        done = self._low_level_execute_command(f"{self._compute_environment_string()} sh -c {shlex.quote(command)}")
        if done["rc"] != 0:
            reason = " ".join((done["stderr"] or done["stdout"]).strip().splitlines()[-3:])
            raise ImageError(f"{problem}: {reason.rstrip('.') or 'exit code ' + str(done['rc'])}")
        return str(done["stdout"])

    def ask_engine(self) -> Store:
        """Return what the host's engine has.

        Raises:
            ImageError: the engine does not answer.
        """
        answer = self.run_or_stop(QUESTION, "The engine does not answer (the role docker brings one up)")
        try:
            return Store(answer)
        except ValueError as error:
            raise ImageError(f"The engine answers what nobody can read: {error}") from error

    def remote_archive(self) -> str:
        """Return a path on the host for an archive, after what runs that were killed left there is removed."""
        archive = str(self._connection._shell.join_path(self._connection._shell.tmpdir, ARCHIVE_NAME))
        folders = shlex.quote(os.path.dirname(os.path.dirname(archive)))
        self._low_level_execute_command(f"find {folders} -mindepth 2 -maxdepth 2 -name {ARCHIVE_NAME} -mmin +10 -delete", sudoable=False)
        return archive

    def stop_if_other(self, store: Store, images: list[Image], names: list[str], problem: str) -> None:
        """Compare what an engine has with what an archive has.

        Raises:
            ImageError: an image is missing in one of them, or is another one there.
        """
        archived = {name: image for image in images for name in image.names}
        other = [name for name in names if name not in archived or not store.holds(name, archived[name])]
        if other:
            pairs = [
                f"{name} is {store.names.get(name, 'missing')} there and {archived[name].id if name in archived else 'missing'} in the archive"
                for name in other
            ]
            raise ImageError(f"{problem}: {', '.join(pairs)}")
