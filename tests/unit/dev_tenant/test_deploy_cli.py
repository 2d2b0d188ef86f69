"""auth0-deploy-cli, Auth0's own tool from npm, works on the tenant unchanged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from deploy_cli import deploy_cli

CLIENT = {
    "name": "Amundsen",
    "app_type": "regular_web",
    "callbacks": ["https://catalog.example.com/authorization-code/callback"],
    "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000},
}


def test_it_imports_one_application_and_again(tenant, tmp_path):
    (tmp_path / "tenant.yaml").write_text(json.dumps({"clients": [CLIENT]}))  # JSON is YAML
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AUTH0_DOMAIN": tenant.domain,
        "AUTH0_CLIENT_ID": tenant.client_id,
        "AUTH0_CLIENT_SECRET": tenant.client_secret,
        "NODE_EXTRA_CA_CERTS": tenant.ca_path,
        "AUTH0_INCLUDED_ONLY": '["clients"]',
        "AUTH0_ALLOW_DELETE": "false",
    }
    command = ["node", str(deploy_cli() / "lib" / "index.js"), "import", "--input_file", "tenant.yaml"]
    for _time in range(2):
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        (made,) = tenant.clients(CLIENT["name"])
        assert made["callbacks"] == CLIENT["callbacks"]
        assert made["app_type"] == "regular_web"
