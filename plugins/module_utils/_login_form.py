# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Login pages as plain HTML: find the form, fill it in. No I/O.

Fits Auth0's universal login, on one page or identifier first, and any form with one password field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

__all__ = ["Form", "find_login_form", "page_asks_for"]

_NAMES = ("username", "email", "user", "login", "identifier", "userid", "log")
_IGNORED = frozenset({"submit", "button", "image", "reset", "file"})


@dataclass
class Form:
    """A form. ``fields`` maps names to (type, value); ``submit`` is its submit button's name and value, if named."""

    action: str
    method: str
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    submit: tuple[str, str] | None = None

    @property
    def password_field(self) -> str:
        """The name of the one password field, "" if there is none or more than one."""
        names = [name for name, (kind, _value) in self.fields.items() if kind == "password"]
        return names[0] if len(names) == 1 else ""

    @property
    def user_field(self) -> str:
        """The name of the field for user name or e-mail, "" if there is none."""
        texts = [name for name, (kind, _value) in self.fields.items() if kind in ("text", "email", "tel")]
        return next((name for name in texts if name.lower() in _NAMES), texts[0] if len(texts) == 1 else "")

    def filled(self, username: str, password: str) -> dict[str, str]:
        """Return what a browser would send after typing both in, as far as the form asks for them."""
        values = {name: value for name, (kind, value) in self.fields.items() if kind not in ("checkbox", "radio")}
        if self.user_field:
            values[self.user_field] = username
        if self.password_field:
            values[self.password_field] = password
        if self.submit:
            values[self.submit[0]] = self.submit[1]
        return values


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is None:
            return
        elif tag in ("input", "button") and given.get("name"):
            kind = given.get("type", "text" if tag == "input" else "submit").lower()
            if kind == "submit" and self._open.submit is None:
                self._open.submit = (given["name"], given.get("value", ""))
            elif tag == "input" and kind not in _IGNORED and "disabled" not in given:
                self._open.fields[given["name"]] = (kind, given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def find_login_form(page: str, url: str) -> Form | None:
    """Return the form of `page` that asks for a password, or else for a user name; its action is made absolute."""
    parser = _Forms()
    parser.feed(page)
    posts = [form for form in parser.forms if form.method == "post"]
    found = next((form for form in posts if form.password_field), None)
    found = found or next((form for form in posts if form.user_field.lower() in _NAMES), None)
    if found:
        found.action = urljoin(url, found.action) if found.action else url
    return found


def page_asks_for(page: str, url: str) -> str:
    """Return 'consent' or 'second_factor' if a provider's page, not a login form, asks for that; else ""."""
    path = url.split("?", 1)[0].lower()
    if "/consent" in path or 'value="accept"' in page.lower():
        return "consent"
    text = page.lower()
    if "/mfa" in path or "one-time code" in text or 'autocomplete="one-time-code"' in text:
        return "second_factor"
    return ""
