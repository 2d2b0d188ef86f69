"""Every step of an image build that goes out knows the way."""

from __future__ import annotations

import re
from pathlib import Path

ROLES = Path(__file__).resolve().parents[3] / "roles"
OUT = re.compile(r"apt-get (update|install)|pip\S* install|install --require-hashes|\bnpm (ci|install)\b|fill-venv \S+ \S+ packages|lock-ui /")
KNOWS = re.compile(r"^RUN (--mount=\S+ )*--mount=type=secret,id=network (--mount=\S+ )*\. /run/secrets/network\b")


def steps(text: str) -> list[str]:
    """Return the RUN steps of a Dockerfile, each as one text, with the values of a template's own names in place."""
    for name, value in re.findall(r"\{% set (\w+) = '([^']*)' %\}", text):
        text = text.replace("{{ " + name + " }}", value)
    return [line for line in re.sub(r"\\\n", " ", text).splitlines() if line.startswith("RUN ")]


def test_each_step_that_fetches_reads_how():
    recipes = [path for path in ROLES.rglob("*") if path.is_file() and (path.name.startswith("Dockerfile") or path.name.endswith("Dockerfile.j2"))]
    recipes.append(ROLES / "base_image/files/registry.sh")
    fetching = [(path.name, step) for path in recipes for step in steps(path.read_text()) if OUT.search(step)]
    assert len(fetching) >= 6
    assert [entry for entry in fetching if not KNOWS.search(entry[1])] == []
