"""What a catalog is for: find a table, open it, describe and tag it, keep it, see its people. With any store and either UI."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import Locator, Page, expect
from test_login import expect_home, sign_in

TABLE, SCHEMA, OWNER, SOURCE = "fct_orders", "core", "Ada Okafor", "raw/order_items"
INDEXED = 20_000  # milliseconds until an edit is found where search has an index of its own


@pytest.fixture
def page(visit, access) -> Page:
    """Open the home page, signed in."""
    sign_in(visit.page, access)
    expect_home(visit.page, access)
    return visit.page


def search(page: Page, words: str) -> None:
    page.locator("#search-input").fill(words)
    page.locator("#search-input").press("Enter")
    page.wait_for_url(re.compile(r"/search\?.*" + re.escape(words)))  # the page before it lists tables too


def results(page: Page, name: str) -> Locator:
    return page.locator("a.resource-list-item", has_text=name)


def expect_found(page: Page, name: str) -> None:
    """Wait until the search that the page shows finds it; a page that is too early asks again."""
    for _ in range(INDEXED // 2_000):
        try:
            expect(results(page, name).first).to_be_visible(timeout=2_000)
        except AssertionError:
            page.reload()
        else:
            return
    expect(results(page, name).first).to_be_visible()


def open_table(page: Page) -> None:
    search(page, TABLE)
    expect_found(page, TABLE)
    results(page, TABLE).first.click()
    expect(page.locator(".header-title-text")).to_contain_text(f"{SCHEMA}.{TABLE}")


def section(page: Page, title: str) -> Locator:
    """Find an editable part of a table's page."""
    return page.locator(".editable-section", has=page.locator(".section-title", has_text=re.compile(f"^{title}$"))).first


def edit(part: Locator) -> None:
    part.locator("button.edit-button").first.click()


def describe(page: Page, text: str) -> None:
    part = section(page, "Description")
    edit(part)
    part.locator("textarea").fill(text)
    part.get_by_role("button", name="Update").click()
    expect(part.locator("textarea")).to_have_count(0)
    expect(part).to_contain_text(text)


def test_an_edited_description_is_kept_and_found(page, visit):
    open_table(page)
    visit.shoot("table")
    word = f"unheard{secrets.token_hex(4)}"
    before = section(page, "Description").locator(".markdown-wrapper").inner_text().strip()
    describe(page, f"{before} {word}")
    try:
        page.reload()
        expect(section(page, "Description")).to_contain_text(word)
        visit.shoot("described")
        search(page, word)
        expect_found(page, TABLE)
        assert results(page, "").count() == 1, "others are found by a word that only one has"
        visit.shoot("found-by-the-new-word")
        results(page, TABLE).first.click()
    finally:
        describe(page, before)


def test_a_tag_is_added_found_and_removed(page, visit):
    open_table(page)
    tag = f"tag_{secrets.token_hex(4)}"
    part = section(page, "Tags")
    edit(part)
    part.locator("input").first.fill(tag)
    part.locator("input").first.press("Enter")
    expect(part.get_by_text(tag, exact=True)).to_be_visible()
    visit.settle()
    page.reload()
    expect(part.get_by_text(tag, exact=True)).to_be_visible()
    visit.shoot("tagged")
    table = page.url

    part.get_by_text(tag, exact=True).click()
    page.wait_for_url("**/search?**")
    expect_found(page, TABLE)
    visit.shoot("found-by-the-tag")

    page.goto(table)
    edit(part)
    part.locator("[class*=multi-value]", has_text=tag).locator("[class*=remove]").first.click()
    expect(part.get_by_text(tag, exact=True)).to_have_count(0)
    visit.settle()
    page.reload()
    expect(part).to_be_visible()
    expect(part.get_by_text(tag, exact=True)).to_have_count(0)


def mark(page: Page, wanted: bool) -> None:
    """Bookmark the open table, or not; a run that was cut off may have left it either way."""
    filled = page.locator(".bookmark-icon img.icon-bookmark-filled")
    if bool(filled.count()) != wanted:
        page.locator(".bookmark-icon").first.click()
    expect(filled).to_have_count(int(wanted))


def test_a_bookmark_is_on_the_home_page_until_it_is_removed(page, visit, access):
    for wanted in (True, False, True):
        open_table(page)
        visit.settle()
        mark(page, wanted)
        visit.settle()
        page.goto(access.url)
        expect(page.locator(".bookmark-list")).to_be_visible()
        visit.settle()
        expect(page.locator(".bookmark-list", has_text=TABLE)).to_have_count(int(wanted))
    visit.shoot("bookmarked")


def test_popular_tables_are_shown(page, visit):
    popular = page.locator("a.resource-list-item")
    expect(popular.filter(has_text=TABLE).first).to_be_visible()
    visit.shoot("home")


def test_an_owner_has_a_page_with_what_is_theirs(page, visit):
    open_table(page)
    page.get_by_role("link", name=re.compile(OWNER)).first.click()
    page.wait_for_url("**/user/**")
    expect(page.get_by_text(OWNER).first).to_be_visible()
    page.get_by_text(re.compile(r"^Owned")).first.click()
    expect(page.locator("a.resource-list-item", has_text=TABLE).first).to_be_visible()
    visit.shoot("owner")


def test_lineage_names_the_sources(page):
    open_table(page)
    lineage = page.evaluate(
        """async () => {
            const [, , cluster, database, schema, table] = location.pathname.split('/');
            const key = encodeURIComponent(`${database}://${cluster}.${schema}/${table}`);
            const answer = await fetch(`/api/metadata/v0/get_table_lineage?key=${key}&depth=1&direction=both`);
            return {status: answer.status, ...await answer.json()};
        }"""
    )
    assert lineage["status"] == 200
    assert any(each["key"].endswith(SOURCE) for each in lineage["upstream_entities"]), lineage


def test_bar_and_searches_are_as_configured(page, visit):
    settings = page.evaluate("globalThis.configExternal")
    expect(page.locator(".nav-bar-left")).to_contain_text(settings["logoTitle"], ignore_case=True)
    for link in settings["navLinks"]:
        expect(page.locator(".nav-bar-right").get_by_role("link", name=link["label"])).to_be_visible()
    search(page, "orders")
    expect(results(page, TABLE).first).to_be_visible()
    for kind, title in (("indexUsers", "People"), ("indexDashboards", "Dashboards")):
        expect(page.get_by_text(title, exact=True)).to_have_count(int(settings[kind]["enabled"]))
    visit.shoot("searched")
