# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several workers, and several frontends with one session database: no login is lost."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from house import COOKIE, ROOT, SESSION_KEY, Frontend, Person, Place, cookie_content, forged_session, told

PEOPLE = 40
WORKERS = 4
STORE = ROOT / "roles" / "images" / "files" / "mariadb" / "server.cnf"


@pytest.fixture(scope="module")
def database(mariadb: Any, place: Place) -> Any:
    return mariadb.database(f"sessions_{place.source}")


@pytest.fixture(scope="module")
def pair(place: Place, database: Any) -> Iterator[tuple[Frontend, ...]]:
    """Two frontends of several workers each, started at once on an empty database."""
    uri = database.uri_file().read_text()
    started = [place.guarded(database=uri, AMUNDSEN_WORKERS=str(WORKERS)) for _ in range(2)]
    try:
        yield tuple(frontend.ready() for frontend in started)
    finally:
        for frontend in started:
            frontend.stop()


def at_once(work: Any, of: Any) -> list[Any]:
    with ThreadPoolExecutor(PEOPLE) as threads:
        return list(threads.map(work, of))


def test_both_start_on_an_empty_database(tenant: Any, pair: tuple[Frontend, ...], database: Any) -> None:
    for frontend in pair:
        assert Person(tenant, frontend).ask("/healthcheck/ready").json() == {"down": [], "status": "ready"}
    assert "guard_session" in database.execute("SHOW TABLES")


def test_people_who_log_in_at_once_all_get_in(tenant: Any, pair: tuple[Frontend, ...]) -> None:
    """Each step of each login goes to the other frontend."""
    people = [Person(tenant, *pair) for _ in range(PEOPLE)]
    pages = at_once(lambda person: person.log_in("ann@corp.test"), people)
    assert [page.status_code for page in pages] == [200] * PEOPLE
    assert len({person.cookies[COOKIE] for person in people}) == PEOPLE
    assert all(at_once(lambda person: person.me(), people * 4))


def test_a_request_costs_one_statement(tenant: Any, pair: tuple[Frontend, ...], mariadb: Any) -> None:
    person = Person(tenant, *pair)
    person.log_in("ann@corp.test")
    at_once(lambda twin: twin.me(), [person.again(*pair) for _ in range(PEOPLE)] * 4)  # each worker has its connections now

    def statements() -> int:
        counters = "'Questions', 'Com_admin_commands'"  # pings are among the latter
        return sum(int(line.split()[1]) for line in mariadb.execute(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({counters})"))

    before, requests = statements(), 50
    assert all(person.me() for _ in range(requests))
    ours = statements() - before - 1  # the one that asks
    assert requests <= ours <= requests + 8 * WORKERS, "a new connection costs a few more, and a worker may still lack some"


def test_requests_at_once_renew_a_token_once(tenant: Any, pair: tuple[Frontend, ...]) -> None:
    person = Person(tenant, *pair)
    tenant.options(token_lifetime=2)
    person.log_in("ann@corp.test")
    tenant.options(token_lifetime=3600)
    time.sleep(2)
    tenant.clear_log()
    assert all(at_once(lambda twin: twin.me(), [person.again(*pair) for _ in range(PEOPLE)]))
    assert [entry["path"] for entry in tenant.log()].count("/oauth/token") == 1, "with rotation, a second use would end the session"


def test_the_connections_are_fewer_than_the_store_takes(pair: tuple[Frontend, ...], mariadb: Any) -> None:
    """After the crowds of before: the embedded store takes some 60, and metadata and search need theirs."""
    (limit,) = re.findall(r"^max_connections = (\d+)$", STORE.read_text(encoding="utf-8"), re.MULTILINE)
    used = int(mariadb.execute("SHOW GLOBAL STATUS LIKE 'Max_used_connections'")[0].split()[1])
    assert used <= int(limit) * 2 / 3


def test_requests_at_once_renew_a_token_once_in_sqlite(tenant: Any, guarded: Frontend) -> None:
    person = Person(tenant, guarded)
    tenant.options(token_lifetime=-1)
    person.log_in("ann@corp.test")
    tenant.options(token_lifetime=3600)
    tenant.clear_log()
    assert all(at_once(lambda twin: twin.me(), [person.again(guarded) for _ in range(6)]))
    assert [entry["path"] for entry in tenant.log()].count("/oauth/token") == 1


def test_a_logout_at_one_frontend_holds_at_the_other(tenant: Any, pair: tuple[Frontend, ...]) -> None:
    """At each of its workers, whatever they read before."""
    person = Person(tenant, pair[0])
    person.log_in("ann@corp.test")
    others = [person.again(pair[1]) for _ in range(PEOPLE)]
    assert all(at_once(lambda other: other.me(), others))
    person.open("/logout")
    assert not any(at_once(lambda other: other.me(), others))


def test_a_session_ends_with_its_time_and_is_swept(tenant: Any, pair: tuple[Frontend, ...], database: Any) -> None:
    person = Person(tenant, pair[0])
    person.log_in("ann@corp.test")
    database.execute("UPDATE guard_session SET expires_at = 1")
    assert person.me() is None
    person.open("/")
    assert database.execute("SELECT COUNT(*) FROM guard_session") == ["1"]


def test_the_database_keeps_no_session_id(tenant: Any, pair: tuple[Frontend, ...], database: Any) -> None:
    person = Person(tenant, pair[0])
    person.log_in("ann@corp.test")
    (session_id,) = database.execute("SELECT id FROM guard_session ORDER BY expires_at DESC LIMIT 1")
    thief = Person(tenant, pair[0])
    thief.cookies = {COOKIE: forged_session(SESSION_KEY, {"sid": session_id})}  # with the key too, what the database holds opens nothing
    assert thief.me() is None and person.me()


def test_the_database_tells_nothing_of_a_session(tenant: Any, pair: tuple[Frontend, ...], database: Any) -> None:
    """Neither who is logged in, nor a token of theirs."""
    person = Person(tenant, pair[0])
    person.log_in("ann@corp.test")
    rows = [base64.b64decode(content, validate=True) for content in database.execute("SELECT content FROM guard_session")]
    assert rows and len({row[:12] for row in rows}) == len(rows), "a nonce came twice"
    for row in rows:
        assert not any(word in row for word in (b"corp.test", b"claims", b"token", b"eyJ"))
        assert len(set(row)) > 200, "this is not encrypted"


@pytest.mark.parametrize("change", ["another session's", "a byte", "cut", "empty", "in the clear"])
def test_a_changed_row_is_no_session(tenant: Any, pair: tuple[Frontend, ...], database: Any, change: str) -> None:
    person, other = (Person(tenant, *pair) for _ in range(2))
    database.execute("DELETE FROM guard_session")
    other.log_in("bob@corp.test")
    (theirs,) = database.execute("SELECT content FROM guard_session")
    person.log_in("ann@corp.test")
    (mine,) = set(database.execute("SELECT content FROM guard_session")) - {theirs}
    flipped = bytearray(base64.b64decode(mine))
    flipped[len(flipped) // 2] ^= 1
    content = {
        "another session's": theirs,
        "a byte": base64.b64encode(flipped).decode(),
        "cut": mine[:8],
        "empty": "",
        "in the clear": json.dumps({"user": "ann@corp.test", "claims": {"email": "ann@corp.test"}, "renew_at": 9999999999}),
    }[change]
    assert person.me()
    database.execute(f"UPDATE guard_session SET content = '{content}' WHERE content = '{mine}'")  # noqa: S608 (base64 and our own JSON)
    assert person.me() is None and person.ask("/").status_code == 302
    assert other.me()
    assert person.open("/").status_code == 200 and person.me(), "the next login does not mend it"


def test_with_another_session_key_nobody_is_logged_in(tenant: Any, pair: tuple[Frontend, ...], place: Place, database: Any) -> None:
    """With the id of a session and the right to sign cookies, but not the key that the row was encrypted with."""
    person = Person(tenant, pair[0])
    person.log_in("ann@corp.test")
    key = SESSION_KEY[::-1]
    session_id = cookie_content(person.cookies[COOKIE])["sid"]
    front = place.guarded(database=database.uri_file().read_text(), FLASK_OIDC_SECRET_KEY_FILE=place.secret(key)).ready()
    try:
        thief = Person(tenant, front)
        thief.cookies = {COOKIE: forged_session(key, {"sid": session_id})}
        assert thief.me() is None
        thief.ask("/logout")
    finally:
        front.stop()


def test_connections_that_the_database_closed_are_not_noticed(tenant: Any, pair: tuple[Frontend, ...], mariadb: Any) -> None:
    people = [Person(tenant, *pair) for _ in range(WORKERS)]
    for person in people:
        person.log_in("ann@corp.test")
    at_once(lambda twin: twin.me(), [people[0].again(*pair) for _ in range(PEOPLE)])
    open_ones = mariadb.execute("SELECT id FROM information_schema.processlist WHERE user <> 'root'")
    assert len(open_ones) > 2
    mariadb.execute("".join(f"KILL {each};" for each in open_ones))
    assert all(at_once(lambda twin: twin.me(), [people[0].again(*pair) for _ in range(PEOPLE)]))
    mariadb.execute("".join(f"KILL {each};" for each in mariadb.execute("SELECT id FROM information_schema.processlist WHERE user <> 'root'")))
    assert [person.open("/logout").status_code for person in people] == [200] * WORKERS
    assert not any(person.me() for person in people)


def test_while_the_database_is_down(tenant: Any, pair: tuple[Frontend, ...], mariadb: Any) -> None:
    person = Person(tenant, *pair)
    person.log_in("ann@corp.test")
    mariadb.kill()
    try:
        page = person.ask("/")
        assert page.status_code == 503
        text = "The catalog cannot tell who is signed in, because its session database does not answer. Try again in a minute."
        assert told(page) == {"title": "The catalog is not available", "text": text, "details": "", "action": "Try again", "link": "/"}
        assert person.ask("/api/metadata/v0/tags").status_code == 503
        assert person.ask("/healthcheck/live").status_code == 200
        assert person.ask("/healthcheck/ready").json()["down"] == ["session database"]
    finally:
        mariadb.start()
    assert person.me(), "the session was lost"
