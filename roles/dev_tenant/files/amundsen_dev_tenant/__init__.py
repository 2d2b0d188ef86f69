"""An Auth0-compatible tenant for demos and tests. Not for production."""
