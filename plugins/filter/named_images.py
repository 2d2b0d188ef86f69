# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name images by the hash of all that they are built from."""

from __future__ import annotations

DOCUMENTATION = r"""
name: named_images
short_description: Images, each named by the hash of what it is built from
version_added: 0.1.0
author: The datacatalog.amundsen authors (@datacatalog)
description:
  - Gives each image a tag that is a hash of its base, its user and its context's files. An image that is there under its tag never needs to be built again.
positional: prefix, base, users
options:
  _input:
    description: For each image the files of its context, as M(datacatalog.amundsen.host_files) takes them.
    type: dict
    required: true
  prefix:
    description: First part of the images' names.
    type: str
    required: true
  base:
    description: The image that they start from.
    type: str
    required: true
  users:
    description: The numeric user that each of them runs as.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Name an image
  ansible.builtin.debug:
    msg: "{{ {'proxy': q('datacatalog.amundsen.tree', 'proxy')} | datacatalog.amundsen.named_images('amundsen', 'debian:12', {'proxy': 10005}) }}"
"""

RETURN = r"""
_value:
  description:
    - For each image its C(key), C(name) (V(PREFIX/KEY:TAG)), the C(inputs) (the whole hash), its C(folder), and its C(files) with paths in that folder.
  type: dict
"""

import hashlib
import json
from typing import Any

TAG_LENGTH = 12


def named_images(contexts: dict[str, list[dict[str, Any]]], prefix: str, base: str, users: dict[str, int]) -> dict[str, dict[str, Any]]:
    """Return name, inputs, folder and files of each image."""
    images = {}
    for key, files in contexts.items():
        content = sorted((file["path"], file["content"], file["mode"]) for file in files)
        made_of = {"base": base, "user": users[key], "files": content}
        inputs = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
        tag = inputs[:TAG_LENGTH]
        folder = f"{key}-{tag}"
        images[key] = {
            "key": key,
            "name": f"{prefix}/{key}:{tag}",
            "inputs": inputs,
            "folder": folder,
            "files": [{**file, "path": f"{folder}/{file['path']}"} for file in files],
        }
    return images


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"named_images": named_images}
