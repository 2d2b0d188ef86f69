"""Check a body against a schema and refuse it in the words of Auth0's own validator (z-schema).

A schema is a small JSON schema: type, enum, properties, required, additional, items, format, pattern and the bounds.
`description` is what Auth0 adds in brackets to the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

Schema = dict[str, Any]

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "object": dict,
    "array": list,
    "null": type(None),
}


class Invalid(Exception):
    """A value breaks its schema; the text is what Auth0 writes between `Payload validation error:` and the end."""


def _type_of(value: Any) -> str:
    if isinstance(value, float):
        return "number"
    return next(name for name, kind in _TYPES.items() if isinstance(value, kind) and (name == "boolean" or not isinstance(value, bool)))


_PLACEHOLDER = re.compile(r"\{[a-z_.]+\}")


def _absolute(value: str, *, wildcard: bool) -> bool:
    """Say whether a value is an absolute URI: a scheme, no blanks, and at most one `*`, as the left-most label."""
    if re.search(r"[\s,<>\"\\^`]", value):
        return False
    try:
        parts = urlsplit(_PLACEHOLDER.sub("x", value))
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", parts.scheme):
        return False
    if parts.scheme in ("http", "https") and not host:
        return False
    if not (parts.netloc or parts.path):
        return False
    if "*" not in value:
        return True
    labels = host.split(".")
    return wildcard and value.count("*") == 1 and parts.scheme in ("http", "https") and labels[0] == "*" and len(labels) > 2


def _https_or_empty(value: str) -> bool:
    if value == "":
        return True
    return _absolute(value, wildcard=False) and urlsplit(value).scheme == "https" and urlsplit(value).hostname != "localhost" and "#" not in value


FORMATS: dict[str, Callable[[str], bool]] = {
    "callback-url": lambda value: _absolute(value, wildcard=True),
    "url-with-placeholders": lambda value: _absolute(value, wildcard=True) and bool(urlsplit(value).netloc),
    "absolute-https-uri-with-placeholders-or-empty": _https_or_empty,
    "absolute-uri-or-empty": lambda value: value == "" or (_absolute(value, wildcard=False) and urlsplit(value).hostname != "localhost"),
    "url": lambda value: _absolute(value, wildcard=False) and bool(urlsplit(value).netloc),
    "client-id": lambda value: re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value) is not None,
}


def _fail(message: str, path: str, schema: Schema) -> None:
    place = f" on property {path}" if path else ""
    hint = f" ({schema['description']})" if path and "description" in schema else ""
    raise Invalid(f"'{message}'{place}{hint}.")


def check(value: Any, schema: Schema, path: str = "") -> None:
    """Raise Invalid for the first thing that breaks the schema."""
    if "type" in schema:
        allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        found = _type_of(value)
        if found not in allowed:
            _fail(f"Expected type {' or '.join(allowed)} but found type {found}", path, schema)
    if "enum" in schema and value is not None and value not in schema["enum"]:
        _fail(f"No enum match for: {value}", path, schema)
    if isinstance(value, str):
        _check_string(value, schema, path)
    elif isinstance(value, dict):
        _check_object(value, schema, path)
    elif isinstance(value, list):
        _check_array(value, schema, path)
    elif isinstance(value, int) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            _fail(f"Value {value} is less than minimum {schema['minimum']}", path, schema)
        if value > schema.get("maximum", value):
            _fail(f"Value {value} is greater than maximum {schema['maximum']}", path, schema)


def _check_string(value: str, schema: Schema, path: str) -> None:
    if len(value) < schema.get("min_length", 0):
        _fail(f"String is too short ({len(value)} chars), minimum {schema['min_length']}", path, schema)
    if len(value) > schema.get("max_length", len(value)):
        _fail(f"String is too long ({len(value)} chars), maximum {schema['max_length']}", path, schema)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        _fail(f"String does not match pattern {schema['pattern']}: {value}", path, schema)
    if "format" in schema and not FORMATS[schema["format"]](value):
        _fail(f"Object didn't pass validation for format {schema['format']}: {value}", path, schema)


def _check_object(value: dict[str, Any], schema: Schema, path: str) -> None:
    for name in schema.get("required", ()):
        if name not in value:
            _fail(f"Missing required property: {name}", path, schema)
    if len(value) < schema.get("min_properties", 0):
        _fail(f"Too few properties defined ({len(value)}), minimum {schema['min_properties']}", path, schema)
    if len(value) > schema.get("max_properties", len(value)):
        _fail(f"Too many properties defined ({len(value)}), maximum {schema['max_properties']}", path, schema)
    known = schema.get("properties", {})
    additional = schema.get("additional", True)
    if additional is False:
        unknown = [name for name in value if name not in known]
        if unknown:
            _fail(f"Additional properties not allowed: {','.join(unknown)}", path, schema)
    for name, item in value.items():
        rule = known.get(name) or (additional if isinstance(additional, dict) else None)
        if rule:
            check(item, rule, f"{path}.{name}" if path else name)


def _check_array(value: list[Any], schema: Schema, path: str) -> None:
    if len(value) < schema.get("min_items", 0):
        _fail(f"Array is too short ({len(value)}), minimum {schema['min_items']}", path, schema)
    if len(value) > schema.get("max_items", len(value)):
        _fail(f"Array is too long ({len(value)}), maximum {schema['max_items']}", path, schema)
    for index, item in enumerate(value):
        if "items" in schema:
            check(item, {**schema["items"], **({"description": schema["description"]} if "description" in schema else {})}, f"{path}[{index}]")
