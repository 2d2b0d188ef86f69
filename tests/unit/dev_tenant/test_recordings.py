"""The tenant answers what a real tenant answered, for every recorded request."""

from __future__ import annotations

import json
import re
from typing import Any

import contract
import pytest

pytestmark = pytest.mark.contract

RECORDINGS = sorted((contract.FOLDER / "recordings").glob("*.json")) or [None]
_DATE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
# Recorded on a tenant from before this field was answered; all later recordings have it.
_OLDER = {"TestAccAllowUpdatingTheClientSecret": ["cross_origin_authentication"]}


def _differences(recorded: Any, answered: Any, place: str = "") -> list[str]:
    if recorded == "[REDACTED]" and isinstance(answered, str) and answered:
        return []
    if isinstance(recorded, dict) and isinstance(answered, dict):
        if recorded.keys() != answered.keys():
            return [f"{place}: {sorted(recorded.keys() ^ answered.keys())} on one side only"]
        return [text for name in recorded for text in _differences(recorded[name], answered[name], f"{place}/{name}")]
    if isinstance(recorded, list) and isinstance(answered, list) and len(recorded) == len(answered):
        return [text for index, pair in enumerate(zip(recorded, answered, strict=True)) for text in _differences(*pair, f"{place}/{index}")]
    if isinstance(recorded, str) and _DATE.fullmatch(recorded) and isinstance(answered, str) and _DATE.fullmatch(answered):
        return []
    return [] if recorded == answered else [f"{place}: recorded {recorded!r}, answered {answered!r}"]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem if path else "none")
def test_replay(tenant: Any, api: Any, path: Any) -> None:
    tenant.options(omit_client_fields=_OLDER.get(path.stem, []))
    ids: dict[str, str] = {}

    def ours(value: Any) -> Any:
        text = json.dumps(value)
        for theirs, made in ids.items():
            text = text.replace(theirs, made)
        return json.loads(text)

    for number, entry in enumerate(json.loads(path.read_text())):
        status, answer = api(entry["method"], ours(entry["path"]).removeprefix("/api/v2"), ours(entry["request"]))
        place = f"{number} {entry['method']} {entry['path']}"
        assert status == entry["status"], place
        if entry["method"] == "POST":
            key = "client_id" if "client_id" in answer else "id"
            ids[entry["response"][key]] = answer[key]
        assert _differences(ours(entry["response"]), answer, place) == []
