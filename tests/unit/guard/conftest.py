"""The guard's modules that need nothing of Amundsen's."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "roles" / "oidc" / "files"))
