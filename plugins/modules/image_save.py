# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_save
short_description: Save images of a host in an archive on the controller
version_added: 0.1.0
description:
  - Lets the host's engine save images, and fetches the archive over the connection, whatever kind it is. Nothing is held in memory.
  - The archive is compared with what the engine has, and removed from the host.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  images:
    description: Names of the images, with tags.
    type: list
    elements: str
    required: true
  path:
    description:
      - Where the archive is kept on the controller, with mode C(0600).
      - Without it, it lies in the run's own temporary folder, which Ansible removes at its end.
    type: path
attributes:
  check_mode:
    description: Nothing is saved.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Keep the proxy's image
  datacatalog.amundsen.image_save:
    images: ["{{ __amundsen_images.proxy }}"]
    path: /srv/images.tar
"""

RETURN = r"""
path:
  description: Path of the archive on the controller. Empty in check mode.
  type: str
  returned: success
size:
  description: Size of the archive, in bytes.
  type: int
  returned: success
images:
  description: For each name the image's id, which is the digest of its configuration.
  type: dict
  returned: success
"""
