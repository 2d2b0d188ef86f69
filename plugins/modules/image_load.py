# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_load
short_description: Load what a host lacks of an archive of images
version_added: 0.1.0
description:
  - Sends the images of an archive that the host's engine lacks, without the layers that it has already, loads them, and compares their ids afterwards.
  - It goes over the connection, whatever kind it is. Nothing is held in memory, and the archive is removed from the host.
  - To an engine whose images containerd keeps all layers travel, as it takes no archive with a layer left out; there the layers are compared, not the ids.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  path:
    description: The archive on the controller, as M(datacatalog.amundsen.image_save) or C(docker save) writes it.
    type: path
    required: true
  images:
    description:
      - For each wanted name the id that its image must have. An archive with another one under that name is refused before anything is sent.
      - Without it, all that have a name in the archive are loaded.
    type: dict
attributes:
  check_mode:
    description: Nothing is sent; C(changed) and C(loaded) are those of a real run.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Load all that is in an archive
  datacatalog.amundsen.image_load:
    path: /srv/images.tar
"""

RETURN = r"""
loaded:
  description: Names of the images that the host lacked.
  type: list
  elements: str
  returned: success
layers:
  description: Number of layers that travelled.
  type: int
  returned: success
size:
  description: Bytes that travelled.
  type: int
  returned: success
"""
