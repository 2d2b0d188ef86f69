"""Lets nobody into Amundsen's frontend without a login at the OIDC provider."""

from typing import Any

__all__ = ["GuardedApp"]  # pylint: disable=undefined-all-variable


def __getattr__(name: str) -> Any:
    """Load the application only where it is asked for: the health check runs every few seconds and needs none of it."""
    if name == "GuardedApp":
        from .app import GuardedApp

        return GuardedApp
    raise AttributeError(name)
