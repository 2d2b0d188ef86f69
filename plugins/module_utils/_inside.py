# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge what was seen inside the frontend and around it. No I/O: `_look_inside` saw the one, the engine told the other."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import checks_of, failed, passed, skipped
from ansible_collections.datacatalog.amundsen.plugins.module_utils._oidc import check_clock

__all__ = ["AROUND", "INSIDE", "PUBLIC_PASSWORDS", "Container", "around", "check_frontend", "find_frontend", "inside"]

_FRONTEND, *INSIDE = checks_of("Inside the frontend")
INSIDE.remove("services")
AROUND = ("services", *checks_of("Around the frontend"))

GUARD = "amundsen_guard"
DEVELOPMENT = re.compile(r"wsgi\.py|\bflask run\b|-m flask\b|runserver")

# Names that flaskoidc before 1.0 and the usual how-to's use, and what does their work today.
DEAD_SETTINGS = {
    "OIDC_CLIENT_SECRETS": "FLASK_OIDC_CLIENT_ID, FLASK_OIDC_CLIENT_SECRET and FLASK_OIDC_CONFIG_URL",
    "FLASK_OIDC_CLIENT_SECRETS": "FLASK_OIDC_CLIENT_ID, FLASK_OIDC_CLIENT_SECRET and FLASK_OIDC_CONFIG_URL",
    "OIDC_CALLBACK_ROUTE": "FLASK_OIDC_REDIRECT_URI",
    "FLASK_OIDC_CALLBACK_ROUTE": "FLASK_OIDC_REDIRECT_URI",
    "OIDC_DEBUG": "nothing",
    "SESSION_TYPE": "SQLALCHEMY_DATABASE_URI",
    "FLASK_OIDC_LOG_DATE_FORMAT": "nothing",
}

# What stands in Compose files, images and tutorials.
PUBLIC_PASSWORDS = frozenset(
    ["admin", "amundsen", "changeme", "changeme!", "elastic", "example", "mysql", "neo4j", "password", "postgres", "root", "secret", "test"],
)
_PASSWORD_NAMES = re.compile(r"(.*_)?(ROOT_)?PASSWORD")
_STORE_OPEN = {
    "NEO4J_AUTH": "none",
    "NEO4J_dbms_security_auth__enabled": "false",
    "xpack.security.enabled": "false",
    "MYSQL_ALLOW_EMPTY_PASSWORD": "yes",
    "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": "yes",
}
_STORE_OPEN_LINES = re.compile(r"^\s*(dbms\.security\.auth_enabled\s*=\s*false)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Container:
    """A container as the engine describes it. ``published`` are (address, port) on the host."""

    name: str
    service: str = ""
    project: str = ""
    ours: str = ""
    image: str = ""
    status: str = "running"
    exit_code: int = 0
    health: str = ""
    said: str = ""  # by the health check, last
    restarts: bool = True
    command: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    networks: frozenset[str] = frozenset()
    published: tuple[tuple[str, int], ...] = ()
    mounts: tuple[tuple[str, str], ...] = ()  # source on the host, target

    @property
    def databases(self) -> tuple[str, ...]:
        """Databases that the settings name, without user and password."""
        uri = self.environment.get("SQLALCHEMY_DATABASE_URI", "")
        return (re.sub(r"//[^@/]*@", "//", uri).split("?")[0],) if uri and not uri.startswith("sqlite") else ()

    @classmethod
    def of(cls, told: dict[str, Any]) -> Container:
        """Return the container that `docker inspect` tells of."""
        config, state, host = told["Config"], told["State"], told["HostConfig"]
        labels = config.get("Labels") or {}
        bindings = (told["NetworkSettings"].get("Ports") or {}) | (host.get("PortBindings") or {})
        published = {(each.get("HostIp") or "0.0.0.0", int(each.get("HostPort") or 0)) for many in bindings.values() for each in many or []}  # noqa: S104
        return cls(
            name=told["Name"].lstrip("/"),
            service=labels.get("com.docker.compose.service", ""),
            project=labels.get("com.docker.compose.project", ""),
            ours=labels.get("datacatalog.amundsen.project", ""),
            image=config.get("Image", ""),
            status=state["Status"],
            exit_code=state.get("ExitCode", 0),
            health=(state.get("Health") or {}).get("Status", ""),
            said=_last_words(state.get("Health") or {}) if labels.get("datacatalog.amundsen.project") else "",
            restarts=(host.get("RestartPolicy") or {}).get("Name", "") not in ("", "no"),
            command=" ".join([told.get("Path") or "", *(told.get("Args") or [])]),
            environment=dict(line.partition("=")[::2] for line in config.get("Env") or []),
            networks=frozenset(told["NetworkSettings"].get("Networks") or {}) - {"bridge", "host", "none"},
            published=tuple(sorted(address_port for address_port in published if address_port[1])),
            mounts=tuple((each.get("Source", ""), each.get("Destination", "")) for each in told.get("Mounts") or []),
        )


def _last_words(health: dict[str, Any]) -> str:
    """Return the last line of a health check's last answer. Those of ours hold no secret; nobody knows what others' hold."""
    lines = [line for line in (health.get("Log") or [{}])[-1].get("Output", "").splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else ""


# The frontend's container


def find_frontend(containers: Iterable[Container], project: str, name: str) -> Container | None:
    """Return the frontend's container: the one of that `name`, else the project's, else the only one made by hand."""
    containers = list(containers)
    if name:
        return next((each for each in containers if each.name == name), None)
    found = next((each for each in containers if each.project == project and each.service == "frontend"), None)
    by_hand = [each for each in containers if not each.ours and _is_frontend(each)]
    return found or (by_hand[0] if len(by_hand) == 1 else None)


def _is_frontend(container: Container) -> bool:
    image = container.image.rpartition("/")[2]
    return "FRONTEND_SVC_CONFIG_MODULE_CLASS" in container.environment or ("amundsen" in image and "frontend" in image)


def neighbours(containers: Iterable[Container], frontend: Container) -> list[Container]:
    """Return the frontend's container and those of its project or on a network with it."""
    return [each for each in containers if (each.project and each.project == frontend.project) or each.networks & frontend.networks or each == frontend]


def check_frontend(container: Container | None) -> dict[str, str]:
    """Say whether the container can be looked into."""
    if container is None:
        return failed("frontend_missing", "No container of the frontend's was found")
    if container.status != "running":
        seen = f"{container.name} is {container.status}, exit code {container.exit_code}"
        return failed("frontend_killed" if container.exit_code == 137 else "frontend_stopped", seen, container=container.name)
    if container.health == "unhealthy":
        return failed("frontend_unhealthy", f"{container.name} is unhealthy", container=container.name)
    return passed(_FRONTEND, container.name)


# Around it


def around(containers: list[Container], frontend: Container, files: dict[str, str], allowed_ports: Iterable[int]) -> list[dict[str, str]]:
    """Judge the containers around the frontend; `files` are texts of mounted settings by their path on the host."""
    near = neighbours(containers, frontend)
    return [_check_services(near, frontend), _check_published(near, set(allowed_ports)), _check_passwords(near, files), _check_socket(near)]


def _check_services(near: list[Container], frontend: Container) -> dict[str, str]:
    others = [each for each in near if each.name != frontend.name]
    down = [each for each in others if each.status != "running" and (each.restarts or each.exit_code)]
    if down:
        seen = ", ".join(f"{each.name} is {each.status}, exit code {each.exit_code}" for each in down)
        return failed("service_killed" if any(each.exit_code == 137 for each in down) else "service_stopped", seen, container=down[0].name)
    sick = [each for each in others if each.health == "unhealthy"]
    if sick:
        seen = "; ".join(f"{each.name}: unhealthy" + (f", its check says: {each.said}" if each.said else "") for each in sick)
        return failed("service_unhealthy", seen, container=sick[0].name)
    return passed("services", f"{len(others)} containers beside the frontend run")


def _check_published(near: list[Container], allowed: set[int]) -> dict[str, str]:
    open_to_all = [
        f"{each.name} publishes {port} on {address}"
        for each in near
        for address, port in each.published
        if port not in allowed and not ipaddress.ip_address(address).is_loopback
    ]
    if open_to_all:
        return failed("port_published", "; ".join(open_to_all))
    return passed("published", f"{len(near)} containers looked at")


def _check_passwords(near: list[Container], files: dict[str, str]) -> dict[str, str]:
    public, turned_off = [], []
    for container in near:
        for name, value in container.environment.items():
            if value.lower() == _STORE_OPEN.get(name):
                turned_off.append(f"{container.name}: {name}={value}")
            elif _password_of(name, value).lower() in PUBLIC_PASSWORDS:
                public.append(f"{container.name}: {name} holds '{_password_of(name, value)}'")
        for source, _target in container.mounts:
            for line in _STORE_OPEN_LINES.findall(files.get(source, "")):
                turned_off.append(f"{container.name}: {line} in {source}")
    if turned_off:
        return failed("store_open", "; ".join(turned_off))
    if public:
        return failed("password_public", "; ".join(public))
    return passed("store_passwords", f"the settings of {len(near)} containers")


def _password_of(name: str, value: str) -> str:
    if name == "NEO4J_AUTH":
        return value.partition("/")[2]
    if name.endswith("_URI") or name.endswith("_URL"):
        return str((re.findall(r"//[^:/@]*:([^@/]*)@", value) or [""])[0])
    return value if _PASSWORD_NAMES.fullmatch(name) else ""


def _check_socket(near: list[Container]) -> dict[str, str]:
    holders = [each.name for each in near for source, target in each.mounts if "docker.sock" in (source.rpartition("/")[2], target.rpartition("/")[2])]
    if holders:
        return failed("socket_mounted", ", ".join(holders))
    return passed("engine_socket", f"the mounts of {len(near)} containers")


# Inside it


def inside(seen: dict[str, Any], command: str, issuer: str, controller_time: float, catalog_databases: Iterable[str] = ()) -> list[dict[str, str]]:
    """Judge what `_look_inside` saw.

    Args:
        seen: its answer.
        command: how the frontend was started.
        issuer: the expected one, "" if unknown.
        controller_time: the controller's clock, in seconds since the epoch, when the program ended; 0 if unknown.
        catalog_databases: addresses, without user and password, of the databases that metadata uses.
    """
    guarded = seen["wrapper"]["module"] == GUARD
    return [
        _check_server(command),
        _check_wrapper(seen),
        _check_settings(seen, guarded),
        _check_dead(seen),
        _check_key(seen),
        _check_versions(seen),
        *_check_provider(seen, issuer),
        check_clock("inside_clock", "clock_off", seen["time"], controller_time) if controller_time else skipped("not_ours", check="inside_clock"),
        _check_sessions(seen, set(catalog_databases)),
        _check_back(seen, "metadata", "METADATASERVICE_BASE"),
        _check_back(seen, "search", "SEARCHSERVICE_BASE"),
    ]


def _check_server(command: str) -> dict[str, str]:
    shown = command if len(command) <= 80 else command[:77] + "..."
    return failed("development_server", f"It was started with '{shown}'") if DEVELOPMENT.search(command) else passed("server", shown)


def _check_wrapper(seen: dict[str, Any]) -> dict[str, str]:
    module, name, error = (seen["wrapper"][key] for key in ("module", "class", "error"))
    if not module and not name:
        return failed("wrapper_missing", "Neither APP_WRAPPER nor APP_WRAPPER_CLASS is set")
    if not (module and name):
        return failed("wrapper_half", f"Only {'APP_WRAPPER' if module else 'APP_WRAPPER_CLASS'} is set, to {module or name}")
    if "No module named 'flaskoidc'" in error:
        return failed("flaskoidc_missing", error)
    if error:
        return failed("wrapper_broken", f"{module}.{name} gives {error}")
    if module == "flaskoidc":
        return failed("wrapper_stock", "The wrapper is flaskoidc.FlaskOIDC")
    return passed("wrapper", f"{module}.{name}")


def _check_settings(seen: dict[str, Any], guarded: bool) -> dict[str, str]:
    configuration, settings = seen["configuration"], seen["settings"]
    name = configuration["name"]
    if name.endswith("TestConfig"):
        return failed("config_test", f"FRONTEND_SVC_CONFIG_MODULE_CLASS is {name}")
    if seen["wrapper"]["error"]:  # it is loaded with the application, so the configuration class cannot be loaded either
        return skipped("not_ours", "The wrapper class cannot be loaded", check="settings")
    if configuration["error"]:
        return failed("config_broken", f"{name} gives {configuration['error']}")
    if not configuration["knows_user"]:
        return failed("config_without_user", f"FRONTEND_SVC_CONFIG_MODULE_CLASS is {name or 'not set'}")
    missing = [each for each, given in seen["given"].items() if not given]
    missing += ["AMUNDSEN_PUBLIC_URL"] if guarded and not settings.get("AMUNDSEN_PUBLIC_URL") else []
    if missing:
        return failed("setting_missing", f"{', '.join(missing)}: not set, or empty", check="settings")
    if seen["wrapper"]["module"] == "flaskoidc" and settings.get("FLASK_OIDC_FORCE_SCHEME") != "https":
        return failed("scheme_http", f"FLASK_OIDC_FORCE_SCHEME is {settings.get('FLASK_OIDC_FORCE_SCHEME', 'not set')}")
    return passed("settings", f"{name}, client, secret and discovery URL")


def _check_dead(seen: dict[str, Any]) -> dict[str, str]:
    dead = [name for name in seen["names"] if name in DEAD_SETTINGS]
    if dead:
        instead = "; ".join(f"{name} by {DEAD_SETTINGS[name]}" for name in dead)
        return failed("setting_dead", f"Set, and read by nothing: {', '.join(dead)}", instead=instead)
    return passed("dead_settings", f"{len(seen['names'])} settings looked at")


def _check_key(seen: dict[str, Any]) -> dict[str, str]:
    judged = seen["session_key"]
    if judged == "default":
        return failed("key_default", "FLASK_OIDC_SECRET_KEY is not set, or is a public one", check="session_key")
    if judged:
        words = {"empty": "empty", "short": "shorter than 32 characters", "simple": "made of fewer than 8 different characters"}[judged]
        return failed("key_weak", f"FLASK_OIDC_SECRET_KEY is {words}")
    return passed("session_key", "32 characters or more, and none of the public ones")


def _check_versions(seen: dict[str, Any]) -> dict[str, str]:
    found = {name: _numbers(version) for name, version in seen["packages"].items()}
    told = {name: f"{name} {version}" for name, version in seen["packages"].items()}

    def older(name: str, *numbers: int) -> bool:
        return name in found and found[name] < numbers

    def newer(name: str, *numbers: int) -> bool:
        return name in found and found[name] >= numbers

    if older("flaskoidc", 1):
        return _misfit(told["flaskoidc"], "flaskoidc before 1.0 reads other settings and another secrets file", "flaskoidc 1.1.2")
    if "flaskoidc" in found and newer("Flask", 2, 3):
        return _misfit(f"{told['flaskoidc']} and {told['Flask']}", "flaskoidc 1.1.2 imports what Flask 2.3 no longer has", "Flask 2.2.5")
    if newer("Flask-SQLAlchemy", 3, 1) and older("SQLAlchemy", 2):
        return _misfit(f"{told['Flask-SQLAlchemy']} and {told['SQLAlchemy']}", "Flask-SQLAlchemy 3.1 needs SQLAlchemy 2", "Flask-SQLAlchemy 3.0.5")
    if older("Flask-SQLAlchemy", 3) and newer("SQLAlchemy", 2):
        return _misfit(f"{told['Flask-SQLAlchemy']} and {told['SQLAlchemy']}", "SQLAlchemy 2 needs Flask-SQLAlchemy 3", "SQLAlchemy 1.4.52")
    return passed("versions", ", ".join(told[name] for name in ("amundsen-frontend", "flaskoidc", "Flask") if name in told))


def _misfit(seen: str, reason: str, instead: str) -> dict[str, str]:
    return failed("versions_misfit", seen, reason=reason, instead=instead)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _check_provider(seen: dict[str, Any], issuer: str) -> list[dict[str, str]]:
    found = seen["provider"]
    kind, words = found["kind"], found["words"]
    if not seen["given"]["FLASK_OIDC_CONFIG_URL"]:
        return [skipped("not_ours", "No discovery URL is set", check=check) for check in ("inside_name", "inside_provider")]
    if kind == "name_unknown":
        return [failed("inside_name_unknown", words), skipped("not_ours", "The name does not resolve", check="inside_provider")]
    name = passed("inside_name", seen["settings"]["FLASK_OIDC_CONFIG_URL"])
    if kind == "untrusted":
        return [name, failed("inside_untrusted", words)]
    if kind:
        return [name, failed("inside_unreachable", "The discovery document cannot be read inside", reason=words)]
    if issuer and found["issuer"] != issuer:
        return [name, failed("inside_other", f"The document inside says '{found['issuer']}', expected '{issuer}'")]
    return [name, passed("inside_provider", words)]


def _check_sessions(seen: dict[str, Any], catalog_databases: set[str]) -> dict[str, str]:
    found = seen["sessions"]
    if found["error"]:
        return failed("sessions_down", f"{found['kind']}: no connection", reason=found["error"])
    if not found["writable"]:
        return failed("sessions_read_only", "The file of the session database cannot be written")
    if found["database"] and found["database"].partition("//")[2] in {each.partition("//")[2] for each in catalog_databases}:
        return failed("sessions_in_catalog", f"Sessions and metadata share {found['database']}")
    return passed("inside_sessions", found["database"] or "a file, for one frontend")


def _check_back(seen: dict[str, Any], service: str, setting: str) -> dict[str, str]:
    found, check = seen[service], f"inside_{service}"
    if not found["kind"]:
        return passed(check, found["words"])
    if found["kind"] == "unset":
        return failed("setting_missing", found["words"], check=check)
    cause = {"name_unknown": "back_name_unknown", "refused": "back_refused", "status": "back_error"}.get(found["kind"], "back_timeout")
    return failed(cause, found["words"], check, service=service, setting=setting)
