"""What the guard is told, by the environment and by files that hold secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from .paths import safe_path

KNOWN_KEYS = ("!-flask-oidc-secret-key",)
SHORTEST_KEY = 32
FEWEST_CHARACTERS = 10  # different ones in a key
OWN_PATHS = ("/login", "/logout", "/signed-out")


class SettingsError(RuntimeError):
    """The settings would not be safe; the message names every problem."""


@dataclass(frozen=True)
class Settings:
    """The guard's settings, checked."""

    public_url: str
    provider: str
    discovery_url: str
    client_id: str
    client_secret: str = field(repr=False)
    session_key: str = field(repr=False)
    database_uri: str = field(repr=False)
    scopes: str = "openid profile email"
    callback_path: str = "/authorization-code/callback"
    user_id_claim: str = "email"
    user_id_fallback_claim: str = ""
    allowed_domains: tuple[str, ...] = ()
    allowed_emails: tuple[str, ...] = ()
    allowed_claim: str = ""
    allowed_values: tuple[str, ...] = ()
    api_tokens: bool = False
    api_audience: str = ""
    ca_file: str = ""
    proxy_file: str = ""
    ui_file: str = ""
    session_seconds: int = 12 * 3600

    @property
    def redirect_uri(self) -> str:
        """The callback, as the provider has to know it."""
        return f"{self.public_url}{self.callback_path}"

    @property
    def signed_out_uri(self) -> str:
        """Where the provider sends people after a logout."""
        return f"{self.public_url}/signed-out"


def _secret(environment: Mapping[str, str], name: str, problems: list[str]) -> str:
    """Return the content of the file that `<name>_FILE` names."""
    path = environment.get(f"{name}_FILE", "")
    if not path:
        problems.append(f"{name}_FILE is not set: it has to name the file that holds the secret.")
        return ""
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{name}_FILE names {path}, which cannot be read: {getattr(error, 'strerror', 'it is no text')}.")
        return ""
    if not content:
        problems.append(f"{name}_FILE names {path}, which is empty.")
    return content


def _is_https(url: str, path: bool) -> bool:
    """Tell whether a URL is https:// and a host, and then a path or nothing at all."""
    try:
        parts = urlsplit(url)
        host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    whole = url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc
    return host and whole and parts.scheme == "https" and (path or url == f"https://{parts.netloc}")


def _list(text: str) -> tuple[str, ...]:
    return tuple(entry.strip().lower() for entry in text.split(",") if entry.strip())


def _claim(text: str, problems: list[str]) -> tuple[str, tuple[str, ...]]:
    """Return the rule on a claim: its name and the values of which one is needed."""
    if not text:
        return "", ()
    try:
        rule = json.loads(text)
        if rule["name"] and isinstance(rule["name"], str) and isinstance(rule["values"], list) and rule["values"]:
            return rule["name"], tuple(str(value) for value in rule["values"])
    except (ValueError, KeyError, TypeError):
        pass
    problems.append('AMUNDSEN_ALLOWED_CLAIM is not of the form {"name": "groups", "values": ["data"]}.')
    return "", ()


def _check_authorities(path: str, problems: list[str]) -> None:
    try:
        if b"-----BEGIN CERTIFICATE-----" not in Path(path).read_bytes():
            problems.append(f"AMUNDSEN_CA_FILE names {path}, which holds no certificate in PEM form.")
    except OSError as error:
        problems.append(f"AMUNDSEN_CA_FILE names {path}, which cannot be read: {error.strerror}.")


def load(environment: Mapping[str, str]) -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: with every reason why the frontend must not start.
    """
    problems: list[str] = []
    public_url = environment.get("AMUNDSEN_PUBLIC_URL", "").rstrip("/")
    if not _is_https(public_url, path=False):
        problems.append(f"AMUNDSEN_PUBLIC_URL is {public_url!r}: it has to be https:// and a host, for cookies and redirects to be safe.")
    discovery_url = environment.get("FLASK_OIDC_CONFIG_URL", "")
    if not _is_https(discovery_url, path=True):
        problems.append(f"FLASK_OIDC_CONFIG_URL is {discovery_url!r}: it has to be the provider's https:// discovery document.")
    client_id = environment.get("FLASK_OIDC_CLIENT_ID", "").strip()
    if not client_id:
        problems.append("FLASK_OIDC_CLIENT_ID is empty: without it nobody can log in.")
    client_secret = _secret(environment, "FLASK_OIDC_CLIENT_SECRET", problems)
    session_key = _secret(environment, "FLASK_OIDC_SECRET_KEY", problems)
    if session_key in KNOWN_KEYS:
        problems.append("The session key is flaskoidc's public default: anybody can forge a session with it. Use a random one.")
    elif 0 < len(session_key) < SHORTEST_KEY:
        problems.append(f"The session key has {len(session_key)} characters: fewer than {SHORTEST_KEY} can be guessed. Use a random one.")
    elif 0 < len(set(session_key)) < FEWEST_CHARACTERS:
        problems.append(f"The session key has only {len(set(session_key))} different characters: it can be guessed. Use a random one.")
    callback_path = environment.get("FLASK_OIDC_REDIRECT_URI", Settings.callback_path)
    if safe_path(callback_path) in ("/", *OWN_PATHS):
        problems.append(f"FLASK_OIDC_REDIRECT_URI is {callback_path!r}: it has to be a path of its own, such as {Settings.callback_path}.")
    scopes = environment.get("FLASK_OIDC_SCOPES", Settings.scopes)
    if "openid" not in scopes.split():
        problems.append(f"FLASK_OIDC_SCOPES is {scopes!r}: without openid the provider does not say who logs in.")
    ca_file = environment.get("AMUNDSEN_CA_FILE", "")
    if ca_file:
        _check_authorities(ca_file, problems)
    allowed_claim, allowed_values = _claim(environment.get("AMUNDSEN_ALLOWED_CLAIM", ""), problems)
    api_tokens = environment.get("AMUNDSEN_API_TOKENS", "").lower() == "true"
    api_audience = environment.get("AMUNDSEN_API_AUDIENCE", "")
    if api_tokens and not api_audience:
        problems.append("AMUNDSEN_API_TOKENS is true, but AMUNDSEN_API_AUDIENCE is empty: tokens made for others would be accepted.")
    settings = Settings(
        public_url=public_url,
        provider=environment.get("FLASK_OIDC_PROVIDER_NAME", "custom").lower(),
        discovery_url=discovery_url,
        client_id=client_id,
        client_secret=client_secret,
        session_key=session_key,
        database_uri=_secret(environment, "SQLALCHEMY_DATABASE_URI", problems),
        scopes=scopes,
        callback_path=callback_path,
        user_id_claim=environment.get("FLASK_OIDC_USER_ID_FIELD", Settings.user_id_claim),
        user_id_fallback_claim=environment.get("AMUNDSEN_USER_ID_FALLBACK_CLAIM", ""),
        allowed_domains=tuple(domain.removeprefix("@") for domain in _list(environment.get("AMUNDSEN_ALLOWED_EMAIL_DOMAINS", ""))),
        allowed_emails=_list(environment.get("AMUNDSEN_ALLOWED_EMAILS", "")),
        allowed_claim=allowed_claim,
        allowed_values=allowed_values,
        api_tokens=api_tokens,
        api_audience=api_audience,
        ca_file=ca_file,
        proxy_file=environment.get("AMUNDSEN_PROXY_FILE", ""),
        ui_file=environment.get("AMUNDSEN_UI_FILE", ""),
    )
    if problems:
        raise SettingsError("The frontend does not start, because it would not be safe:\n" + "\n".join(f"- {problem}" for problem in problems))
    return settings
