"""Calls of the Management API; the fixture `tenant` holds each against Auth0's own document."""

from __future__ import annotations

from typing import Any


class Caller:
    """Calls the Management API with a token."""

    def __init__(self, tenant: Any, scope: str | None = None) -> None:
        self.tenant = tenant
        self.headers = {"Authorization": f"Bearer {tenant.token(scope)}"}

    def __call__(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        """Send a request; return the answer's body, or status and body if no status is expected."""
        answer = self.tenant.call(method, f"/api/v2{path}", json=body, headers=self.headers)
        content = answer.json() if answer.content else None
        if status is None:
            return answer.status_code, content
        assert answer.status_code == status, answer.text
        return content
