"""Auth0's own description of its Management API, as a check of requests and answers."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("AUTH0_CONTRACT_DIR") or ROOT.parent / "shared" / "auth0")

_FORMATS = FormatChecker(())
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:.", re.IGNORECASE)


def _uri(value: object) -> bool:
    """Say whether a text is an absolute URI; a `*` only as the left-most label of a web address."""
    if not isinstance(value, str):
        return True
    if not _SCHEME.match(value) or re.search(r"[\s,]", value):
        return False
    if value.startswith(("http://", "https://")) and not urlsplit(value.replace("*", "x").replace("{", "").replace("}", "")).hostname:
        return False
    return "*" not in value or re.fullmatch(r"https?://\*(\.[^.*/]+){2,}(/[^*]*)?", value) is not None


_FORMATS.checks("callback-url")(_uri)
_FORMATS.checks("url-with-placeholders")(lambda value: _uri(value) and (not isinstance(value, str) or "://" in value))
_FORMATS.checks("absolute-https-uri-with-placeholders-or-empty")(
    lambda value: not isinstance(value, str) or value == "" or re.match(r"https://(?!localhost([:/?#]|$))[^\s*/][^\s*#]*$", value) is not None
)


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return json.loads((FOLDER / "management-api.oas.json").read_text())  # type: ignore[no-any-return]


@cache
def validator(schema: str) -> Draft202012Validator:
    """Return a validator for a schema, given as JSON, that may refer to the document's components."""
    return Draft202012Validator({**json.loads(schema), "components": document()["components"]}, format_checker=_FORMATS)


def request_validator(name: str) -> Draft202012Validator:
    """Return the validator of a named body, such as `CreateClientRequestContent`."""
    return validator(json.dumps({"$ref": f"#/components/schemas/{name}"}))


def operation(method: str, path: str) -> dict[str, Any] | None:
    """Return the document's operation for a real path such as `/api/v2/clients/abc`; None if there is none."""
    bare = path.split("?")[0].removeprefix("/api/v2")
    for template, operations in sorted(document()["paths"].items(), key=lambda item: item[0].count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), bare) and method.lower() in operations:
            return operations[method.lower()]  # type: ignore[no-any-return]
    return None


def check_request(method: str, path: str, body: Any) -> list[str]:
    """Return what is wrong with a request."""
    content = (operation(method, path) or {}).get("requestBody", {}).get("content", {})
    if not content:
        return [] if body is None else ["this path takes no body"]
    return [error.message for error in validator(json.dumps(content["application/json"]["schema"])).iter_errors(body)]


def check_answer(method: str, path: str, status: int, body: Any) -> list[str]:
    """Return what is wrong with an answer."""
    found = operation(method, path)
    if found is None:
        return [] if status == 404 else ["the document does not know this path"]
    if str(status) not in found["responses"]:
        return [f"the document does not know status {status} here"]
    content = found["responses"][str(status)].get("content")
    if not content:
        return []
    schema = content["application/json"]["schema"]
    resolved = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    if "oneOf" in resolved:  # a last page `{"clients": []}` is right in two of its forms
        resolved = {"anyOf": resolved["oneOf"]}
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator(json.dumps(resolved)).iter_errors(body)]


def check_exchange(entry: dict[str, Any]) -> list[str]:
    """Return what is wrong with an exchange of the tenant's log: a request that it took, and any answer that was not broken on demand."""
    method, path, status = entry["method"], entry["path"], entry["status"]
    if not path.startswith("/api/v2") or "answer" not in entry:
        return []
    problems = check_answer(method, path, status, entry["answer"])
    if status < 300:
        problems += check_request(method, path, entry["body"])
    return [f"{method} {path} {status}: {problem}" for problem in problems]
