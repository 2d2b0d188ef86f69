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


def middle(page: Page, selector: str) -> float:
    """Return the height at which the middle of an element is, in pixels."""
    box = page.locator(selector).bounding_box()
    return box["y"] + box["height"] / 2


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
    assert middle(page, "#guard-user") == pytest.approx(middle(page, "#guard-sign-out"), abs=1), "the user's name is not on the bar's line"

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
    expect_signed_out(page)
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


def test_two_people(visits, access, deployment):
    """Each in a browser of their own: neither is taken for the other, and the end of one's session is not the other's."""
    second = deployment.add_user("second@amundsen.test", claims={"name": "Second Person"})
    one, two = visits("first"), visits("second")
    for visit, person in ((one, access), (two, second)):
        sign_in(visit.page, person)
        expect_home(visit.page, person)
        assert who_am_i(visit.page)["user"]["email"] == person.user
    expect(two.page.locator("#guard-user")).to_have_text("Second Person")
    two.shoot("home")
    sign_out(two.page)
    expect_signed_out(two.page)
    one.page.reload()
    expect_home(one.page, access)
    assert who_am_i(one.page)["user"]["email"] == access.user


def test_another_person_in_the_same_browser(visit, access, deployment):
    """After a sign-out the provider asks who it is, and the next person is not taken for the one before."""
    next_one = deployment.add_user("next@amundsen.test", claims={"name": "Next Person"})
    sign_in(visit.page, access)
    expect_home(visit.page, access)
    sign_out(visit.page)
    expect_signed_out(visit.page)
    visit.page.get_by_role("link", name="Sign in again").click()
    expect_login_page(visit.page, access)
    fill_in(visit.page, next_one.user, next_one.password)
    expect_home(visit.page, access)
    expect(visit.page.locator("#guard-user")).to_have_text("Next Person")


def expect_signed_out(page: Page) -> None:
    expect(page.get_by_role("heading")).to_have_text("You are signed out")


def test_session_that_ends_while_the_page_is_open(visit, access, deployment):
    """The page's next call is refused, and the page asks for a login instead of showing nothing."""
    page = visit.page
    sign_in(page, access, "/browse")
    expect(page.locator("#search-input")).to_be_visible()
    visit.settle()
    deployment.expire_newest_session()
    end_provider_session(page, access)
    page.locator("#search-input").fill("customers")
    page.locator("#search-input").press("Enter")
    expect_login_page(page, access)
    visit.shoot("asked-again")
    fill_in(page, access.user, access.password)
    expect(page.locator("#search-input")).to_be_visible()
    assert page.url.removeprefix(access.url) == "/browse", "the login does not lead back to where the person was"
    page.locator("#search-input").fill("customers")
    page.locator("#search-input").press("Enter")
    expect(page.locator("a.resource-list-item", has_text=TABLE).first).to_be_visible()


def end_provider_session(page: Page, access) -> None:
    """Let the provider forget the browser, as with a session of its own that is over."""
    kept = page.context.cookies(access.url)
    page.context.clear_cookies()
    page.context.add_cookies(kept)


REFUSED = {
    "denied-by-the-provider": ("denied@amundsen.test", {"denied": True}, "The login was refused", "The user may not use this application."),
    "not-on-the-list": ("stranger@elsewhere.test", {}, "You have no access to this catalog", "Signed in as stranger@elsewhere.test"),
    "no-e-mail": ("nomail@amundsen.test", {"claims": {"email": None, "email_verified": None}}, "Your account has no e-mail address", "Claims that came: "),
}


@pytest.mark.parametrize("why", REFUSED)
def test_refused(visit, access, deployment, why):
    """A page that says why, in words; its way on leads out, and in as somebody else."""
    if why == "not-on-the-list" and not deployment.has_rules:
        pytest.skip("this deployment lets in whomever the provider does")
    username, more, heading, details = REFUSED[why]
    page = visit.page
    sign_in(page, deployment.add_user(username, **more))
    expect(page.get_by_role("heading")).to_have_text(heading)
    expect(page.locator("code")).to_contain_text(details)
    visit.shoot("refused")
    page.set_viewport_size({"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, "wider than a telephone"
    visit.shoot("refused-on-a-telephone")
    answer = page.context.new_page().goto(access.url + "/api/auth_user")
    assert answer and answer.status == 401
    page.get_by_role("link", name="Use another account").click()
    expect_signed_out(page)
    page.get_by_role("link", name="Sign in again").click()
    expect_login_page(page, access)
    page.set_viewport_size({"width": 1280, "height": 860})
    fill_in(page, access.user, access.password)
    expect_home(page, access)


def test_login_that_is_not_valid_any_more(visit, access):
    page = visit.page
    page.goto(access.url + "/authorization-code/callback?code=x&state=y")
    expect(page.get_by_role("heading")).to_have_text("This login is not valid any more")
    visit.shoot("not-valid")
    page.get_by_role("link", name="Sign in again").click()
    expect_login_page(page, access)
