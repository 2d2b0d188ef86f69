"""The guard's script in a page with the navigation bar's class names of frontend 4.3.0, dark and light, and without a deployment.

Of 3.13.0 the deployed page is looked at, in test_login.py.
"""

from __future__ import annotations

import json

import pytest
from conftest import PROJECT
from playwright.sync_api import Page, Route, expect

HERE = "https://bar.test"
SCRIPT = PROJECT / "roles" / "oidc" / "files" / "amundsen_guard" / "guard.js"
BAR = '<div class="nav-bar"><div id="nav-bar-left" class="nav-bar-left">Amundsen</div><div id="nav-bar-right" class="ml-auto nav-bar-right">{}</div></div>'
LINK = '<a class="nav-bar-link" href="/browse">Browse</a>'
STYLE = "<style>.nav-bar, .nav-bar-right {{ display: flex }} .nav-bar {{ background: {} }} .nav-bar-link {{ color: {} }}</style>"
THEMES = {"dark": ("rgb(43, 27, 128)", "rgb(255, 255, 255)"), "light": ("rgb(255, 255, 255)", "rgb(41, 41, 54)")}
NAME = 'Ann <b id="planted">Example</b>'


def open_page(page: Page, theme: str, user: dict | None, api: int = 401) -> None:
    """Open a page as the guard delivers it: Amundsen's, with the script at the end."""
    head = STYLE.format(*THEMES[theme])
    body = f'<!doctype html>{head}<body><div id="content"></div><script src="/guard.js" defer></script></body>'
    answers = {
        "/": {"body": body, "content_type": "text/html"},
        "/guard.js": {"path": SCRIPT, "content_type": "text/javascript"},
        "/api/auth_user": {"status": 200 if user else 500, "body": json.dumps({"user": user}), "content_type": "application/json"},
        "/api/metadata": {"status": api, "body": "{}", "headers": {"X-Login": "/login"} if api == 401 else {}},
    }

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HERE).partition("?")[0]
        route.fulfill(**answers.get(path, {"body": path, "content_type": "text/plain"}))

    page.route(f"{HERE}/**", answer)
    page.goto(HERE)
    draw(page)


def draw(page: Page) -> None:
    """Draw the bar late and anew, as React does."""
    page.evaluate("bar => document.getElementById('content').innerHTML = bar", BAR.format(LINK))


@pytest.mark.parametrize("theme", THEMES)
def test_name_and_sign_out(visit, theme):
    page = visit.page
    open_page(page, theme, {"display_name": NAME, "email": "ann@corp.test"})
    for _ in range(2):
        expect(page.locator(".nav-bar-right > *")).to_have_text(["Browse", NAME, "Sign out"])
        assert page.locator("#planted").count() == 0, "a name was taken for HTML"
        for own in ("#guard-user", "#guard-sign-out"):
            assert page.locator(own).evaluate("element => getComputedStyle(element).color") == THEMES[theme][1], f"{own} cannot be read"
        visit.shoot("bar")
        draw(page)
    page.get_by_role("link", name="Sign out").click()
    page.wait_for_url(f"{HERE}/logout")


def test_sign_out_without_a_name(visit):
    """A person can leave, whatever is broken."""
    page = visit.page
    open_page(page, "dark", None)
    expect(page.get_by_role("link", name="Sign out")).to_be_visible()
    visit.errors.clear()  # Chromium notes the 500


@pytest.mark.parametrize(("api", "ends_at"), [(401, "/login?next=%2F%3Fa%3Db"), (500, "/?a=b"), (200, "/?a=b")])
def test_a_refused_call_asks_for_a_login(visit, api, ends_at):
    page = visit.page
    open_page(page, "dark", {"email": "ann@corp.test"}, api)
    page.evaluate("history.pushState({}, '', '/?a=b')")
    with page.expect_response(f"{HERE}/api/metadata"):
        page.evaluate("() => { const call = new XMLHttpRequest(); call.open('GET', '/api/metadata'); call.send(); }")
    page.wait_for_timeout(300)
    assert page.url == HERE + ends_at
    visit.errors.clear()  # Chromium notes the status
