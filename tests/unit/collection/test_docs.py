"""A command in the documentation is run by a test, or is named with the reason why it is not."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[3]
PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
LISTED = yaml.safe_load((Path(__file__).parent / "commands.yml").read_text())


def commands() -> dict[str, str]:
    """Return the commands of all pages, and the page of each."""
    found = {}
    for page in PAGES:
        for block in re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            lines = (re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines())
            found |= {line: page.name for line in lines if line and not line.startswith("#")}
    return found


def test_each_command_is_run_or_has_a_reason():
    listed = {**LISTED["run_by"], **LISTED["not_run"]}
    assert {command: page for command, page in commands().items() if command not in listed} == {}, "commands that no list names"
    assert sorted(set(listed) - set(commands())) == [], "no page has these any more"


def test_what_runs_a_command_is_there():
    assert [place for place in LISTED["run_by"].values() if not (PROJECT / place).is_file()] == []


def test_each_link_leads_somewhere():
    broken = []
    for page in [*PAGES, *PROJECT.glob("roles/*/README.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(PROJECT)}: {target}")
    assert broken == []
