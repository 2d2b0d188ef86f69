"""A caller of the Management API, and the tenant's package on the path."""

from __future__ import annotations

import sys
from typing import Any

import contract
import pytest

sys.path.insert(0, str(contract.ROOT / "roles" / "dev_tenant" / "files"))

from caller import Caller


@pytest.fixture
def api(tenant: Any) -> Caller:
    """Call the Management API with all scopes."""
    return Caller(tenant)
