#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of the action of the same name, which does all of it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: watched_command
short_description: Run a command that takes minutes, and show how far it is
version_added: 0.1.0
description:
  - Runs a command with its output in a file on the host, and shows on the screen, while the task runs, where that file is and which step of a build has begun.
  - When the run is interrupted, the command is ended within half a minute. A run that comes meanwhile waits for that.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  argv:
    description: The command and its arguments.
    type: list
    elements: str
    required: true
  log:
    description: File on the host for all that the command prints. It is written anew, with mode C(0600).
    type: path
    required: true
  title:
    description: What the lines on the screen begin with.
    type: str
    required: true
attributes:
  check_mode:
    description: Nothing is run; the task is skipped and C(changed).
    support: full
  diff_mode:
    description: There is no diff.
    support: none
"""

EXAMPLES = r"""
- name: Build an image
  datacatalog.amundsen.watched_command:
    argv: [docker, buildx, build, --progress, plain, --load, --tag, example/web, /srv/web]
    log: /var/log/build-web.log
    title: example/web
"""

RETURN = r"""
rc:
  description: The exit status of the command.
  type: int
  returned: always
log:
  description: The file with all that the command printed.
  type: str
  returned: always
seconds:
  description: How long it ran.
  type: int
  returned: always
cause:
  description: What a known failure means (memory, disk, network, a wrong checksum, a certificate), and what to do.
  type: str
  returned: on failure
last_lines:
  description: The last lines of the step that failed.
  type: list
  elements: str
  returned: on failure
"""
