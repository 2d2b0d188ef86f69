"""What the tenant is told: at the start, and by the admin API while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Settings:
    """How the tenant was started."""

    name: str
    port: int
    data: Path
    management_client: dict[str, str]
    users: list[dict[str, Any]] = field(default_factory=list)
    log_answers: bool = False

    @property
    def domain(self) -> str:
        """Name and port, as clients write it."""
        return self.name if self.port == 443 else f"{self.name}:{self.port}"

    @property
    def base_url(self) -> str:
        """The tenant's address, without a slash at its end."""
        return f"https://{self.domain}"

    @property
    def issuer(self) -> str:
        """The issuer, with the slash, as Auth0 writes it."""
        return f"{self.base_url}/"

    @property
    def audience(self) -> str:
        """The identifier of the Management API."""
        return f"{self.base_url}/api/v2/"


@dataclass
class Options:
    """What a test can change while the tenant runs; times in seconds."""

    rate_limit: dict[str, float] | None = None  # {"per_second": 2, "burst": 2}; None is off
    clock_skew: float = 0
    code_lifetime: float = 60
    token_lifetime: float = 86400
    login_pages: int = 1
    entity_limit: int | None = None
    omit_client_fields: list[str] = field(default_factory=list)  # fields which an older tenant does not answer
    discovery: dict[str, Any] = field(default_factory=dict)  # values that replace those of the discovery document; null removes one

    def change(self, values: dict[str, Any]) -> None:
        """Set options by name.

        Raises:
            ValueError: if a name is unknown.
        """
        unknown = set(values) - {each.name for each in fields(self)}
        if unknown:
            raise ValueError(f"Unknown option: {', '.join(sorted(unknown))}")
        for name, value in values.items():
            setattr(self, name, value)
