"""The UI's own settings: a script that Amundsen's page reads before its own, whatever version it is of."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import GuardedApp

PATH = "/config-external.js"


def register(app: GuardedApp) -> bytes:
    """Add the script that AMUNDSEN_UI_FILE names, and return the element for the page; without such a file there is none."""
    if not app.guard.ui_file:
        return b""
    script = Path(app.guard.ui_file).read_bytes()
    # Another content has another address, so that browsers may keep it.
    version = hashlib.sha256(script).hexdigest()[:12]

    def guard_ui() -> Any:
        return app.response_class(script, mimetype="text/javascript", headers={"Cache-Control": "private, max-age=86400"})

    app.add_url_rule(PATH, "guard_ui", guard_ui)
    return f'<script src="{PATH}?{version}"></script>'.encode()
