# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves images of a host, and fetches the archive to the controller. It goes from file to file: nothing is held in memory."""

from __future__ import annotations

import os
import shlex
import tempfile
from typing import Any

from ansible import constants
from ansible_collections.datacatalog.amundsen.plugins.plugin_utils._image_action import ImageAction
from ansible_collections.datacatalog.amundsen.plugins.plugin_utils._image_archive import read


class ActionModule(ImageAction):
    """Runs on the controller; on the host it needs a shell and docker."""

    _VALID_ARGS = frozenset({"images", "path"})

    def work(self) -> dict[str, Any]:
        """Return the archive's path on the controller, its size and its images."""
        names = list(self._task.args["images"])
        if self._task.check_mode:
            return {"changed": True, "path": self._task.args.get("path", ""), "size": 0, "images": {}}
        store, remote = self.ask_engine(), self.remote_archive()
        quoted = shlex.quote(remote)
        # Who logs in fetches it, which need not be root; nobody else can read it.
        self.run_or_stop(
            f"umask 077 && docker save --output {quoted} {shlex.join(names)} && chown --reference={shlex.quote(os.path.dirname(remote))} {quoted}",
            "The images could not be saved",
        )
        path = self._task.args.get("path") or self._local_path()
        partial = f"{path}.part"
        try:
            os.close(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
            self._connection.fetch_file(remote, partial)
            images = read(partial)
            self.stop_if_other(store, images, names, "What arrived on the controller is not what the host has")
            os.replace(partial, path)
        finally:
            if os.path.exists(partial):
                os.unlink(partial)
        return {"changed": True, "path": path, "size": os.path.getsize(path), "images": {name: image.id for image in images for name in image.names}}

    @staticmethod
    def _local_path() -> str:
        """Return a path in the run's own folder, which Ansible removes at its end."""
        return os.path.join(tempfile.mkdtemp(prefix="amundsen-images-", dir=constants.DEFAULT_LOCAL_TMP), "images.tar")
