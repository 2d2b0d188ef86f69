# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the patches, and where it is needed the archive or bundle, from the controller to the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_fetch import sha256

__all__ = ["ActionModule"]


def patch_files(names: list[str]) -> list[Path]:
    """Return the patches that folders and files name, in the order of their names within a folder.

    Raises:
        ValueError: one is not there, or a folder holds none.
    """
    files: list[Path] = []
    for path in map(Path, names):
        found = sorted(path.glob("*.patch")) if path.is_dir() else [path] if path.is_file() else []
        if not found:
            raise ValueError(f"amundsen_source_patches names {path}: it is no file, and no folder of *.patch files, on the controller. Correct it.")
        files += found
    return files


class ActionModule(ActionBase):  # type: ignore[misc]
    """Runs the module of the same name."""

    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        named = arguments.get("patches") or []
        named = [named] if isinstance(named, str) else named
        try:
            files = patch_files([self._loader.path_dwim(name) for name in named])
            arguments["patches"] = [{"name": file.name, "text": file.read_text(encoding="utf-8")} for file in files]
        except (OSError, ValueError) as error:
            return result | {"failed": True, "msg": str(error)}

        url = str(arguments.get("url", ""))
        sent = Path(self._loader.path_dwim(url)) if arguments.get("kind") in ("archive", "bundle") and url and "://" not in url else None
        if sent and not sent.is_file():
            return result | {"failed": True, "msg": f"amundsen_source_url is {url!r}: there is no such file on the controller. Put it there, or name a URL."}
        checksum = str(arguments.get("checksum") or "").lower()
        if sent and checksum and sha256(sent) != checksum:
            said = (
                f"The {arguments['kind']} {sent} has the sha256 {sha256(sent)}, and amundsen_source_checksum is {checksum}: it was cut off, changed, or is "
                "another file. Get it again, or correct amundsen_source_checksum if you know that this is the right file. Nothing was changed."
            )
            return result | {"failed": True, "msg": said}

        done: dict[str, Any] = self._execute_module(module_name="datacatalog.amundsen.source_tree", module_args=arguments, task_vars=task_vars)
        if sent and done.pop("needs_file", False):
            self._make_tmp_path()
            arguments["file"] = self._transfer_file(str(sent), self._connection._shell.join_path(self._connection._shell.tmpdir, sent.name))
            done = self._execute_module(module_name="datacatalog.amundsen.source_tree", module_args=arguments, task_vars=task_vars)
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result | done
