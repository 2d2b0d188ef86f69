"""What a person sees: the login page, the catalog, and the way out."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

TABLE = "dim_customers"


def host(page: Page) -> str:
    return urlsplit(page.url).netloc


def fill_in(page: Page, user: str, password: str) -> None:
    page.locator("#username").fill(user)
    page.locator("#password").fill(password)
    page.locator("button[type=submit]").first.click()


def expect_login_page(page: Page, access) -> None:
    expect(page.locator("#password")).to_be_visible()
    assert host(page) != urlsplit(access.url).netloc, f"the login form is on the catalog's own host: {page.url}"


def expect_home(page: Page, access) -> None:
    expect(page.locator("#search-input")).to_be_visible()
    expect(page.locator(".nav-bar-avatar [title], .nav-bar-avatar .sb-avatar")).to_be_visible()
    assert host(page) == urlsplit(access.url).netloc


def sign_in(page: Page, access, path: str = "/") -> None:
    page.goto(access.url + path)
    expect_login_page(page, access)
    fill_in(page, access.user, access.password)


def test_journey(visit, access):
    page = visit.page

    page.goto(access.url)
    expect_login_page(page, access)
    visit.shoot("login-page")

    fill_in(page, access.user, access.password + "x")
    expect_login_page(page, access)
    expect(page.get_by_text(re.compile("wrong|incorrect|invalid", re.IGNORECASE)).first).to_be_visible()
    visit.shoot("wrong-password")

    fill_in(page, access.user, access.password)
    expect_home(page, access)
    visit.shoot("home")

    assert who_am_i(page)["user"]["email"] == access.user
    expect(page.locator("#guard-user")).not_to_be_empty()
    assert colour(page, "#guard-user") == colour(page, "#guard-sign-out"), "the user's name cannot be read"

    page.locator("#search-input").fill("customers")
    page.locator("#search-input").press("Enter")
    found = page.locator("a.resource-list-item", has_text=TABLE).first
    expect(found).to_be_visible()
    visit.shoot("search")

    found.click()
    expect(page.locator(".header-title-text")).to_contain_text(TABLE)
    expect(page.get_by_text("customer_id").first).to_be_visible()
    visit.shoot("table")

    sign_out(page)
    expect(page.get_by_text(re.compile("signed out|logged out", re.IGNORECASE)).first).to_be_visible()
    visit.shoot("signed-out")
    answer = page.goto(access.url + "/api/auth_user")
    assert answer and answer.status == 401

    page.goto(access.url)
    expect_login_page(page, access)
    visit.shoot("asks-again")


def who_am_i(page: Page) -> dict:
    """Ask the catalog, from a page of it."""
    return page.evaluate("fetch('/api/auth_user').then(answer => answer.json())")


def colour(page: Page, selector: str) -> str:
    return page.locator(selector).evaluate("element => getComputedStyle(element).color")


def sign_out(page: Page) -> None:
    """Use the page's own link."""
    page.locator("a[href$='/logout']").click()


@pytest.mark.parametrize("path", ["/browse", "/search?term=orders&resource=table&index=0"], ids=["page", "query"])
def test_deep_link(visit, access, path):
    sign_in(visit.page, access, path)
    expect(visit.page.locator("#search-input")).to_be_visible()
    visit.shoot("where-it-was-wanted")
    assert visit.page.url.removeprefix(access.url) == path


def test_old_cookie(visit, access):
    """Signing out ends the session itself: a cookie that was kept opens nothing any more."""
    page = visit.page
    sign_in(page, access)
    expect_home(page, access)
    visit.settle()
    kept = page.context.cookies(access.url)
    page.goto(access.url + "/logout")
    page.context.clear_cookies()
    page.context.add_cookies(kept)
    page.goto(access.url)
    expect_login_page(page, access)
