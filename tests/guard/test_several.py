# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several workers, and several frontends with one session database: no login is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from house import COOKIE, SESSION_KEY, Frontend, Person, Place, forged_session, title

PEOPLE = 16


@pytest.fixture(scope="module")
def database(mariadb: Any, place: Place) -> Any:
    return mariadb.database(f"sessions_{place.source}")


@pytest.fixture(scope="module")
def pair(place: Place, database: Any) -> Iterator[tuple[Frontend, ...]]:
    """Two frontends of two workers each, started at once on an empty database."""
    uri = database.uri_file().read_text()
    started = [place.guarded(database=uri, AMUNDSEN_WORKERS="2") for _ in range(2)]
    yield tuple(started)
    for frontend in started:
        frontend.stop()


def at_once(work: Any, of: Any) -> list[Any]:
    with ThreadPoolExecutor(PEOPLE) as threads:
        return list(threads.map(work, of))


def test_both_start_on_an_empty_database(tenant: Any, pair: tuple[Frontend, ...], database: Any) -> None:
    for frontend in pair:
        assert Person(tenant, frontend.ready()).ask("/healthcheck/ready").json() == {"down": [], "status": "ready"}
    assert "guard_session" in database.execute("SHOW TABLES")


def test_people_who_log_in_at_once_all_get_in(tenant: Any, pair: tuple[Frontend, ...]) -> None:
    """Each step of each login goes to the other frontend."""
    people = [Person(tenant, *(frontend.ready() for frontend in pair)) for _ in range(PEOPLE)]
    pages = at_once(lambda person: person.log_in("ann@corp.test"), people)
    assert [page.status_code for page in pages] == [200] * PEOPLE
    assert all(at_once(lambda person: person.me(), people * 4))


def test_requests_at_once_renew_a_token_once(tenant: Any, pair: tuple[Frontend, ...]) -> None:
    person = Person(tenant, *(frontend.ready() for frontend in pair))
    tenant.options(token_lifetime=2)
    person.log_in("ann@corp.test")
    tenant.options(token_lifetime=3600)
    time.sleep(2)
    tenant.clear_log()
    assert all(at_once(lambda twin: twin.me(), [person.again(*pair) for _ in range(PEOPLE)]))
    assert [entry["path"] for entry in tenant.log()].count("/oauth/token") == 1, "with rotation, a second use would end the session"


def test_requests_at_once_renew_a_token_once_in_sqlite(tenant: Any, guarded: Frontend) -> None:
    person = Person(tenant, guarded)
    tenant.options(token_lifetime=-1)
    person.log_in("ann@corp.test")
    tenant.options(token_lifetime=3600)
    tenant.clear_log()
    assert all(at_once(lambda twin: twin.me(), [person.again(guarded) for _ in range(6)]))
    assert [entry["path"] for entry in tenant.log()].count("/oauth/token") == 1


def test_a_logout_at_one_frontend_holds_at_the_other(tenant: Any, pair: tuple[Frontend, ...]) -> None:
    person = Person(tenant, pair[0].ready())
    person.log_in("ann@corp.test")
    other = person.again(pair[1].ready())
    assert other.me()
    person.open("/logout")
    assert other.me() is None


def test_a_session_ends_with_its_time_and_is_swept(tenant: Any, pair: tuple[Frontend, ...], database: Any) -> None:
    person = Person(tenant, pair[0].ready())
    person.log_in("ann@corp.test")
    database.execute("UPDATE guard_session SET expires_at = 1")
    assert person.me() is None
    person.open("/")
    assert database.execute("SELECT COUNT(*) FROM guard_session") == ["1"]


def test_the_database_keeps_no_session_id(tenant: Any, pair: tuple[Frontend, ...], database: Any) -> None:
    person = Person(tenant, pair[0].ready())
    person.log_in("ann@corp.test")
    (session_id,) = database.execute("SELECT id FROM guard_session ORDER BY expires_at DESC LIMIT 1")
    thief = Person(tenant, pair[0])
    thief.cookies = {COOKIE: forged_session(SESSION_KEY, {"sid": session_id})}  # with the key too, what the database holds opens nothing
    assert thief.me() is None and person.me()


def test_while_the_database_is_down(tenant: Any, pair: tuple[Frontend, ...], mariadb: Any) -> None:
    person = Person(tenant, *(frontend.ready() for frontend in pair))
    person.log_in("ann@corp.test")
    mariadb.kill()
    try:
        page = person.ask("/")
        assert (page.status_code, title(page)) == (503, "The catalog is not available")
        assert person.ask("/api/metadata/v0/tags").status_code == 503
        assert person.ask("/healthcheck/live").status_code == 200
        assert person.ask("/healthcheck/ready").json()["down"] == ["session database"]
    finally:
        mariadb.start()
    assert person.me(), "the session was lost"
