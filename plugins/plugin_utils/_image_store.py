# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine has of images: the question, and its answer taken apart. Pure."""

from __future__ import annotations

import json

from ansible_collections.datacatalog.amundsen.plugins.plugin_utils import _image_archive

# One line with the kind of store, then one with id, names and layers of each image. One that vanishes meanwhile is no error.
QUESTION = (
    "docker version --format ok >/dev/null && docker info --format '{{json .DriverStatus}}' && docker image ls --quiet --no-trunc | sort -u | "
    "{ xargs -r docker image inspect --format '[{{json .Id}},{{json .RepoTags}},{{json .RootFS.Layers}}]' 2>/dev/null || true; }"
)


class Store:
    """The images of an engine.

    Attributes:
        names: name with tag -> id of the image.
        containerd: whether containerd keeps them. Their ids are then not those of configurations, and layers cannot be left out of an archive.
    """

    def __init__(self, answer: str) -> None:
        """Take the answer to QUESTION apart.

        Raises:
            ValueError: it is no such answer.
        """
        status, *images = answer.strip().splitlines()
        self.containerd = "io.containerd.snapshotter" in status
        self.names: dict[str, str] = {}
        self._layers: dict[str, list[str]] = {}
        for identity, names, layers in map(json.loads, images):
            self._layers[identity] = layers or []
            self.names.update(dict.fromkeys(names or [], identity))

    def known(self) -> set[tuple[str, ...]]:
        """Return the chains of layers that an archive for this engine need not hold."""
        return set() if self.containerd else {chain for layers in self._layers.values() for chain in _image_archive.chains(layers)}

    def holds(self, name: str, image: _image_archive.Image) -> bool:
        """Tell whether the engine has this very image under this name."""
        identity = self.names.get(name)
        if identity is None:
            return False
        return identity == image.id or (self.containerd and tuple(self._layers[identity]) == image.layers)
