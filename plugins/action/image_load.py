# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a host what it lacks of an archive, loads it and compares. It goes from file to file: nothing is held in memory."""

from __future__ import annotations

import os
import shlex
import tempfile
from typing import Any

from ansible import constants
from ansible_collections.datacatalog.amundsen.plugins.plugin_utils._image_action import ImageAction, ImageError
from ansible_collections.datacatalog.amundsen.plugins.plugin_utils._image_archive import read, reduced


class ActionModule(ImageAction):
    """Runs on the controller; on the host it needs a shell and docker."""

    _VALID_ARGS = frozenset({"path", "images"})

    def work(self) -> dict[str, Any]:
        """Return the images that were loaded, and how many layers and bytes travelled."""
        path = self._task.args["path"]
        images = read(path)
        archived = {name: image for image in images for name in image.names}
        wanted = self._task.args.get("images") or {name: image.id for name, image in archived.items()}
        wrong = [name for name, identity in wanted.items() if name not in archived or archived[name].id != identity]
        if wrong:
            raise ImageError(
                f"The archive {path} was not sent: "
                + ", ".join(f"{name} is {archived[name].id if name in archived else 'missing'} in it, and {wanted[name]} is wanted" for name in wrong)
            )
        store = self.ask_engine()
        lacking = [name for name in wanted if not store.holds(name, archived[name])]
        result = {"changed": bool(lacking), "loaded": lacking, "layers": 0, "size": 0}
        if lacking and not self._task.check_mode:
            with tempfile.NamedTemporaryFile(prefix="amundsen-images-", dir=constants.DEFAULT_LOCAL_TMP) as smaller:
                result["layers"] = reduced(path, smaller, lacking, store.known())
                smaller.flush()
                result["size"] = os.path.getsize(smaller.name)
                self._send(smaller.name)
            after = self.ask_engine()
            try:
                self.stop_if_other(after, images, lacking, "What was loaded is not what was sent, and was removed again")
            except ImageError:
                self._low_level_execute_command(f"docker image rm {shlex.join(name for name in lacking if not after.holds(name, archived[name]))}")
                raise
        return result

    def _send(self, path: str) -> None:
        remote = self.remote_archive()
        self._transfer_file(path, remote)
        self._fixup_perms2((os.path.dirname(remote), remote), execute=False)
        self.run_or_stop(f"docker load --quiet --input {shlex.quote(remote)}", "The images could not be loaded")
