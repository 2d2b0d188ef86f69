"""Lets nobody into Amundsen's frontend without a login at the OIDC provider."""

from .app import GuardedApp

__all__ = ["GuardedApp"]
