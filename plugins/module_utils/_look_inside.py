# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look around where the frontend runs. A whole program: its text is sent to the frontend's own Python, on standard input.

So it imports nothing of the collection's and runs on Python 3.8 too. It changes nothing, and prints one line of
JSON in which no secret is: what is secret is judged here.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import socket
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

MARK = "amundsen-look-inside:"
PACKAGES = ("amundsen-frontend", "amundsen-common", "flaskoidc", "Flask", "Werkzeug", "Flask-SQLAlchemy", "SQLAlchemy", "Authlib", "gunicorn")
# Settings whose values are no secrets.
SHOWN = (
    "APP_WRAPPER",
    "APP_WRAPPER_CLASS",
    "FLASK_APP_MODULE_NAME",
    "FLASK_APP_CLASS_NAME",
    "FRONTEND_SVC_CONFIG_MODULE_CLASS",
    "AMUNDSEN_PUBLIC_URL",
    "FLASK_OIDC_CONFIG_URL",
    "FLASK_OIDC_FORCE_SCHEME",
    "METADATASERVICE_BASE",
    "SEARCHSERVICE_BASE",
)
SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
ROUTES_MEMORY = 120 * 2**20  # bytes that reading the routes may take
TIMEOUT = 10  # seconds


def setting(name: str) -> str:
    """Return a setting or what the file named by NAME_FILE holds; "" where there is neither."""
    path = os.environ.get(name + "_FILE")
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip()
        except OSError:
            return ""
    return os.environ.get(name, "")


def session_key(public: list[str]) -> str:
    """Judge the session key without showing it: default, empty, short, simple, or "" where it is good."""
    key = setting("FLASK_OIDC_SECRET_KEY")
    given = {"FLASK_OIDC_SECRET_KEY", "FLASK_OIDC_SECRET_KEY_FILE"} & set(os.environ)
    if not given or key in public:
        return "default"
    if not key:
        return "empty"
    return "short" if len(key) < 32 else "simple" if len(set(key)) < 8 else ""


def versions() -> dict[str, str]:
    """Return the versions of the packages that have to fit together; those that are missing are left out."""
    from importlib import metadata

    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def load(module: str, attribute: str) -> str:
    """Return the error that importing an attribute of a module gives, "" where it is there."""
    try:
        getattr(importlib.import_module(module), attribute)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def configuration(name: str) -> dict[str, Any]:
    """Say of the configuration class whether it can be loaded and knows who is logged in."""
    module, _dot, attribute = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:300], "knows_user": False}
    return {"error": "", "knows_user": bool(getattr(found, "AUTH_USER_METHOD", None))}


def trust() -> ssl.SSLContext:
    """Return the TLS context that the application's own calls have."""
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if not bundle:
        try:
            bundle = importlib.import_module("certifi").where()
        except ImportError:
            bundle = SYSTEM_BUNDLE
    context = ssl.create_default_context(cafile=bundle)
    private = os.environ.get("AMUNDSEN_CA_FILE")  # the guard's: beside the system's
    if private:
        if os.path.exists(SYSTEM_BUNDLE):
            context.load_verify_locations(cafile=SYSTEM_BUNDLE)
        context.load_verify_locations(cafile=private)
    return context


def ask(url: str, context: ssl.SSLContext | None = None) -> dict[str, Any]:
    """Open an address; return how that went, and the JSON that came."""
    host = urllib.parse.urlsplit(url).hostname
    asked = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 (the frontend's own settings)
    through_proxy = urllib.request.getproxies().get(urllib.parse.urlsplit(url).scheme) and not urllib.request.proxy_bypass(host or "")
    if not through_proxy:
        try:
            socket.getaddrinfo(host, None)
        except OSError:
            return {"kind": "name_unknown", "words": f"{host} does not resolve"}
    try:
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
        with opener.open(asked, timeout=TIMEOUT) as answer:
            body = answer.read(500_000).decode("utf-8", "replace")
            status = answer.status
    except urllib.error.HTTPError as error:
        return {"kind": "status", "status": error.code, "words": f"{url} answers {error.code}"}
    except ssl.SSLCertVerificationError as error:
        return {"kind": "untrusted", "words": f"{url}: {error.verify_message}"}
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            return {"kind": "untrusted", "words": f"{url}: {reason.verify_message}"}
        kind = "refused" if isinstance(reason, ConnectionRefusedError) else "timeout" if "timed out" in str(reason) else "no_answer"
        return {"kind": kind, "words": f"{url}: {reason}"[:300]}
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    return {"kind": "", "status": status, "words": f"{url} answers {status}", "json": content}


def provider(url: str) -> dict[str, Any]:
    """Read the discovery document as the application does."""
    try:
        context = trust()
    except OSError as error:
        return {"kind": "untrusted", "words": f"the file of authorities cannot be read ({error})"}
    found = ask(url, context)
    content = found.pop("json", None)
    found["issuer"] = content.get("issuer", "") if isinstance(content, dict) else ""
    return found


def sessions() -> dict[str, Any]:
    """Try the session database; one in a file is only looked at, so that none is made."""
    uri = setting("SQLALCHEMY_DATABASE_URI") or "sqlite:///sessions.db"
    kind = uri.split(":")[0].split("+")[0]
    found: dict[str, Any] = {"kind": kind, "database": re.sub(r"//[^@/]*@", "//", uri).split("?")[0] if kind != "sqlite" else "", "error": "", "writable": True}
    if kind == "sqlite":
        path = uri.partition("sqlite:///")[2].split("?")[0]
        if path and path != ":memory:":
            # Flask-SQLAlchemy puts a relative path into the application's instance folder, older ones beside the package.
            writable = os.access(path if os.path.exists(path) else os.path.dirname(path) or ".", os.W_OK)
            found["writable"] = writable or not os.path.isabs(path)
        return found
    arguments = {}
    # Another frontend has no such module; a file of authorities that is not there is told by the connection.
    with contextlib.suppress(ImportError, OSError):
        uri, arguments = importlib.import_module("amundsen_guard.database").reach(uri)
    try:
        engine = importlib.import_module("sqlalchemy").create_engine(uri, connect_args=arguments)
        with engine.connect():
            pass
    except Exception as error:
        words = str(getattr(error, "orig", error)).replace(uri, "***").split("\n", 1)[0]
        found["error"] = type(error).__name__ + ": " + re.sub(r"//[^@/]*@", "//***@", words)[:200]
    return found


def memory_left() -> int:
    """Return the bytes that this container may still take, or a large number where nothing limits it."""
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        try:
            with open(limit, encoding="ascii") as most, open(used, encoding="ascii") as now:
                return int(most.read()) - int(now.read())
        except (OSError, ValueError):
            continue
    return 2**40


def routes() -> dict[str, Any]:
    """Return the application's routes by its own URL map, made on plain Flask: no login, no database, nothing started."""
    for name in ("APP_WRAPPER", "APP_WRAPPER_CLASS", "FLASK_APP_MODULE_NAME", "FLASK_APP_CLASS_NAME"):
        os.environ.pop(name, None)
    if memory_left() < ROUTES_MEMORY:
        return {"error": "too little memory is left in the container", "routes": []}
    try:
        package: Any = importlib.import_module("amundsen_application")
        package.app_wrapper_class = importlib.import_module("flask").Flask  # where it was loaded before, with the wrapper
        application = package.create_app(os.environ.get("FRONTEND_SVC_CONFIG_MODULE_CLASS"))
        found = [(rule.rule, method) for rule in application.url_map.iter_rules() for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:300], "routes": []}
    return {"error": "", "routes": [{"path": path, "method": method} for path, method in sorted(set(found))]}


def look(public_keys: list[str]) -> dict[str, Any]:
    """Return everything that was seen."""
    wrapper = [
        os.environ.get(first) or os.environ.get(second) or ""
        for first, second in (("FLASK_APP_MODULE_NAME", "APP_WRAPPER"), ("FLASK_APP_CLASS_NAME", "APP_WRAPPER_CLASS"))
    ]
    name = os.environ.get("FRONTEND_SVC_CONFIG_MODULE_CLASS", "")
    url = os.environ.get("FLASK_OIDC_CONFIG_URL", "")
    found: dict[str, Any] = {
        "python": sys.version.split()[0],
        "names": sorted(each for each in os.environ if re.match(r"(FLASK_|OIDC_|SESSION_|APP_|AMUNDSEN_|FRONTEND_|SQLALCHEMY_|.*SERVICE_BASE)", each)),
        "settings": {each: os.environ[each] for each in SHOWN if os.environ.get(each)},
        "given": {each: bool(setting(each)) for each in ("FLASK_OIDC_CLIENT_ID", "FLASK_OIDC_CLIENT_SECRET", "FLASK_OIDC_CONFIG_URL")},
        "session_key": session_key(public_keys),
        "packages": versions(),
        "wrapper": {"module": wrapper[0], "class": wrapper[1], "error": load(*wrapper) if all(wrapper) else ""},
        "flaskoidc": load("flaskoidc", "FlaskOIDC"),
        "configuration": {"name": name, **(configuration(name) if name else {"error": "", "knows_user": False})},
        "provider": provider(url) if url else {"kind": "", "words": "", "issuer": ""},
        "sessions": sessions(),
    }
    for service, base, path in (("metadata", "METADATASERVICE_BASE", "/tags/"), ("search", "SEARCHSERVICE_BASE", "/healthcheck")):
        address = os.environ.get(base, "")
        found[service] = ask(address.rstrip("/") + path) if address else {"kind": "unset", "words": f"{base} is not set"}
        found[service].pop("json", None)
    found["routes"] = routes()
    found["time"] = time.time()
    return found


if __name__ == "__main__":
    screen, sys.stdout = sys.stdout, sys.stderr  # what imports print is not the answer
    answer = look(json.loads(sys.argv[1]))
    screen.write(MARK + json.dumps(answer) + "\n")
