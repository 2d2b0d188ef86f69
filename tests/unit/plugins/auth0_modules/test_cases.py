"""The 28 cases of bad input and faults, each over real HTTPS against the development tenant, named after its number."""

from __future__ import annotations

import json
import threading
import time

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

CALLBACK = "https://catalog.example.com/authorization-code/callback"
DATABASE = "Username-Password-Authentication"
CLIENTS = "/api/v2/clients"


def refused(auth0, *words, **options):
    """Assert that bad input is refused before any call, in these words."""
    run = auth0.client(**{"name": "Amundsen", **options})
    assert run.failed
    for word in words:
        assert word in run.message
    assert auth0.calls() == []
    return run.message


def one_application(auth0, name="Amundsen"):
    (client,) = auth0.tenant.clients(name)
    return client


# Bad input


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("http://catalog.example.com/login", ("https only", "Write https://catalog.example.com/login")),
        ("https://localhost/login", ("localhost", "Write it as https://catalog.example.com/login")),
        ("https://LOCALHOST:8443/login", ("localhost",)),
        ("http://localhost/login", ("localhost", "Write it as https://catalog.example.com/login")),
        ("catalog.example.com/login", ("whole https address",)),
        ("https:///login", ("whole https address",)),
        ("https://*.example.com/login", ("* is not taken",)),
        ("https://catalog example.com/login", ("blanks",)),
    ],
)
def test_case_01_login_uri(auth0, uri, words):
    refused(auth0, f"initiate_login_uri is {uri!r}", *words, initiate_login_uri=uri)


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("catalog.example.com/cb", ("no scheme", "Write https://catalog.example.com/cb")),
        ("catalog.example.com:8443/cb", ("no scheme", "Write https://catalog.example.com:8443/cb")),
        ("//catalog.example.com/cb", ("no scheme", "Write https://catalog.example.com/cb")),
        ("", ("is empty", "Remove the entry")),
        ("  ", ("is empty",)),
        (" https://catalog.example.com/cb", ("blanks", "Write https://catalog.example.com/cb")),
        ("https://catalog.example.com/c b", ("blanks", "%20")),
        ("https://catalog.example.com/cb#top", ("fragment", "Write https://catalog.example.com/cb")),
        ("https://a.example.com/cb,https://b.example.com/cb", ("several", "2 entries: https://a.example.com/cb, https://b.example.com/cb")),
        ("https://a.example.com/cb,", ("several", "1 entries: https://a.example.com/cb")),
        ("https:///cb", ("no host",)),
        ("https://catalog.example.com:99999/cb", ("no URI",)),
    ],
)
def test_case_02_callback(auth0, uri, words):
    refused(auth0, "callbacks[1] is", *words, callbacks=[CALLBACK, uri])


def test_case_02_all_problems_come_in_one_message(auth0):
    message = refused(
        auth0, "callbacks[0]", "callbacks[2]", "web_origins[0]", "initiate_login_uri", "description",
        callbacks=["", CALLBACK, "x"], web_origins=["https://a.example.com/x"], initiate_login_uri="http://a.example.com", description="x" * 141,
    )  # fmt: skip
    assert len(message.splitlines()) == 5


@pytest.mark.parametrize(
    "uri", ["https://*.com/cb", "https://a.*.example.com/cb", "https://*.*.example.com/cb", "https://a*.example.com/cb", "https://a.example.com/*"]
)
def test_case_03_bad_wildcard(auth0, uri):
    refused(auth0, f"callbacks[0] is {uri!r}", "Write it as https://*.example.com", callbacks=[uri])


def test_case_03_wildcard_in_another_scheme(auth0):
    refused(auth0, "http and https addresses only", callbacks=["com.example.app://*.example.com/cb"])


def test_case_03_good_wildcard_is_taken_with_a_warning(auth0):
    run = auth0.client(name="Amundsen", callbacks=["https://*.example.com/cb"])
    assert run["changed"]
    assert "callbacks[0] is 'https://*.example.com/cb'" in str(run["warnings"])
    assert one_application(auth0)["callbacks"] == ["https://*.example.com/cb"]


@pytest.mark.parametrize(
    ("origin", "right"),
    [
        ("https://catalog.example.com/app", "https://catalog.example.com"),
        ("https://catalog.example.com:8443/", "https://catalog.example.com:8443"),
        ("https://{organization_name}.example.com?x", "https://{organization_name}.example.com"),
    ],
)
def test_case_04_origin_with_a_path(auth0, origin, right):
    refused(auth0, f"web_origins[0] is {origin!r}", f"Write {right}", web_origins=[origin])
    refused(auth0, f"allowed_origins[0] is {origin!r}", f"Write {right}", allowed_origins=[origin])


@pytest.mark.parametrize("kind", ["spa", "native"])
@pytest.mark.parametrize("secret", [{"return_secret": True}, {"token_endpoint_auth_method": "client_secret_basic"}])
def test_case_05_public_application_with_a_secret(auth0, kind, secret):
    refused(auth0, f"app_type is {kind!r}", "Write app_type: regular_web", app_type=kind, **secret)


def test_case_05_application_that_is_public_at_auth0(auth0):
    made = auth0.tenant.add_client("Amundsen", app_type="spa", token_endpoint_auth_method="none")
    run = auth0.client(client_id=made["client_id"], return_secret=True)
    assert run.failed
    assert "Write app_type: regular_web" in run.message
    assert auth0.writes() == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "<Catalog>"}, ("name is '<Catalog>'", "Write 'Catalog'")),
        ({"name": " "}, ("name is empty",)),
        ({"description": "x" * 141}, ("description has 141 characters", "140")),
        ({"client_metadata": {f"k{n}": "v" for n in range(11)}}, ("client_metadata has 11 keys", "10")),
        ({"client_metadata": {"k" * 256: "v"}}, ("the key has 256 characters",)),
        ({"client_metadata": {"k": "v" * 256}}, ("client_metadata['k'] has 256 characters",)),
        ({"client_metadata": {"version": 1}}, ("client_metadata['version'] is 1", "Write '1', with the quotes")),
        ({"client_metadata": {"ansible_auth0_client": "x"}}, ("is the mark",)),
        ({"logo_uri": "logo.png"}, ("logo_uri is 'logo.png'",)),
        ({"jwt_configuration": {"lifetime_in_seconds": 0}}, ("jwt_configuration.lifetime_in_seconds is 0",)),
        ({"refresh_token": {"token_lifetime": 0, "leeway": -1}}, ("refresh_token.token_lifetime is 0", "refresh_token.leeway is -1")),
        ({"connections": [""]}, ("connections[0] is empty",)),
        ({"name": None}, ("Neither name nor client_id",)),
    ],
)
def test_case_06_out_of_bounds(auth0, options, words):
    refused(auth0, *words, **options)


def test_case_06_metadata_that_is_too_much_with_what_is_there(auth0):
    made = auth0.tenant.add_client("Amundsen", client_metadata={f"k{n}": "v" for n in range(10)})
    run = auth0.client(client_id=made["client_id"], client_metadata={"mine": "x"})
    assert run.failed
    assert "would have 11 keys" in run.message
    assert auth0.writes() == []


def test_case_07_two_applications_of_one_name(auth0):
    made = [auth0.tenant.add_client("Amundsen")["client_id"] for _ in range(2)]
    run = auth0.client(name="Amundsen", callbacks=[CALLBACK])
    assert run.failed
    assert all(client_id in run.message for client_id in made)
    assert "client_id" in run.message
    assert auth0.writes() == []


# A creation whose result is unknown

BROKEN = {
    "500": {"action": "status", "status": 500},
    "502 html": {"action": "html", "status": 502},
    "503": {"action": "status", "status": 503},
    "409": {"action": "status", "status": 409},
    "401": {"action": "status", "status": 401},
    "429": {"action": "status", "status": 429},
    "200 html": {"action": "html", "status": 200},
    "reset": {"action": "reset"},
    "truncated": {"action": "truncate"},
    "slow": {"action": "slow", "delay": 3},
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN.keys())
def test_case_08_answer_lost_after_the_creation(auth0, fault):
    auth0.tenant.fault(method="POST", path=CLIENTS, when="after", **fault)
    run = auth0.client(name="Amundsen", callbacks=[CALLBACK], timeout=2, return_secret=True)
    assert run["client_id"] == one_application(auth0)["client_id"]
    assert run["client_secret"] == one_application(auth0)["client_secret"]
    assert len(auth0.calls("POST")) == 1, "asked again though it was there"


@pytest.mark.parametrize("name", [name for name in BROKEN if name not in ("409", "slow", "truncated")])
def test_case_08_request_lost_before_the_creation(auth0, name):
    auth0.tenant.fault(method="POST", path=CLIENTS, when="before", **BROKEN[name])
    run = auth0.client(name="Amundsen", callbacks=[CALLBACK])
    assert run["client_id"] == one_application(auth0)["client_id"]
    assert len(auth0.calls("POST")) == 2


def test_case_08_retried_once_only(auth0):
    auth0.tenant.fault(method="POST", path=CLIENTS, when="before", action="status", status=500, times=0)
    run = auth0.client(name="Amundsen")
    assert run.failed
    assert "was not created" in run.message
    assert run.result["status"] == 500
    assert len(auth0.calls("POST")) == 2
    assert auth0.tenant.clients("Amundsen") == []


def test_case_08_two_after_all(auth0):
    """The first request is carried out after the module looked for it: both are found, and the user is told."""
    auth0.tenant.fault(method="POST", path=CLIENTS, when="after", action="status", status=500)
    auth0.tenant.fault(method="GET", path=CLIENTS, action="status", status=200, body='{"clients": [], "total": 0}', times=2)
    run = auth0.client(name="Amundsen")
    made = auth0.tenant.clients("Amundsen")
    assert len(made) == 2
    assert run.failed
    assert all(client["client_id"] in run.message for client in made)


def test_case_08_lookup_fails_too(auth0):
    auth0.tenant.fault(method="POST", path=CLIENTS, when="after", action="status", status=500)
    auth0.tenant.fault(method="GET", path=CLIENTS, action="status", status=403, skip=1, times=0)
    run = auth0.client(name="Amundsen")
    assert run.failed
    assert "not known" in run.message
    auth0.tenant.clear_faults()
    assert not auth0.client(name="Amundsen")["changed"]
    assert one_application(auth0)


# Rate limits


def limited(auth0, headers, times=1, path=CLIENTS):
    auth0.tenant.fault(method="GET", path=path, action="status", status=429, headers=headers, times=times)


def test_case_09_waits_for_the_reset(auth0):
    limited(auth0, {"x-ratelimit-reset": str(int(time.time()) + 3), "x-ratelimit-limit": "2"})
    began = time.time()
    assert auth0.client(name="Amundsen")["changed"]
    refused_at, again_at = [call["at"] for call in auth0.tenant.log() if (call["method"], call["path"]) == ("GET", CLIENTS)][:2]
    assert again_at >= int(began) + 3
    assert again_at - refused_at < 5


@pytest.mark.parametrize("reset", [None, "1", "soon", "-5", "1e3"])
def test_case_09_reset_that_says_nothing(auth0, reset):
    limited(auth0, {} if reset is None else {"x-ratelimit-reset": reset}, times=2)
    began = time.monotonic()
    assert auth0.client(name="Amundsen")["changed"]
    assert 1.5 < time.monotonic() - began < 15


def test_case_09_deadline_over(auth0):
    limited(auth0, {"x-ratelimit-reset": str(int(time.time()) + 100), "x-ratelimit-limit": "2"})
    run = auth0.client(name="Amundsen", deadline=5)
    assert run.failed
    for words in ("429", "2 calls", "deadline of 5 s", "Raise deadline"):
        assert words in run.message
    assert auth0.writes() == []


def test_case_09_real_limit(auth0):
    auth0.tenant.options(rate_limit={"per_second": 2, "burst": 2})
    assert auth0.client(name="Amundsen", callbacks=[CALLBACK], connections=[DATABASE])["changed"]
    assert one_application(auth0)["callbacks"] == [CALLBACK]


def test_case_09_token_endpoint_says_it_as_500(auth0):
    auth0.tenant.fault(
        method="POST", path="/oauth/token", action="status", status=500, body='{"error": "access_denied", "error_description": "Too many requests"}'
    )
    assert auth0.client(name="Amundsen")["changed"]


# Login


def machine(auth0, scope, audience=None):
    """Make a machine-to-machine application with these scopes (None: no grant); return login options."""
    headers = {"Authorization": f"Bearer {auth0.tenant.token()}"}
    body = {"name": "machine", "app_type": "non_interactive", "grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_post"}
    made = auth0.tenant.call("POST", CLIENTS, json=body, headers=headers).json()
    if scope is not None:
        grant = {"client_id": made["client_id"], "audience": f"{auth0.tenant.base_url}/api/v2/", "scope": scope}
        assert auth0.tenant.call("POST", "/api/v2/client-grants", json=grant, headers=headers).status_code == 201
    auth0.tenant.clear_log()
    return {"auth0_client_id": made["client_id"], "auth0_client_secret": made["client_secret"]}


def test_case_10_wrong_secret(auth0):
    run = auth0.client(name="Amundsen", auth0_client_secret="wrong-secret-wrong-secret")
    assert run.failed
    assert "do not belong together" in run.message
    assert run.result["status"] == 401
    assert len(auth0.calls()) == 1, "tried again"


def test_case_10_no_client_grant(auth0):
    run = auth0.client(name="Amundsen", **machine(auth0, None))
    assert run.failed
    assert "may not use the Management API" in run.message
    assert len(auth0.calls()) == 1


def test_case_10_wrong_audience_of_a_custom_domain(auth0):
    auth0.tenant.fault(
        method="POST", path="/oauth/token", action="status", status=403,
        body='{"error": "access_denied", "error_description": "Service not enabled within domain: https://login.example.com/api/v2/"}',
    )  # fmt: skip
    run = auth0.client(name="Amundsen")
    assert run.failed
    assert "custom domain" in run.message
    assert len(auth0.calls()) == 1


def test_case_10_no_tenant(auth0):
    auth0.tenant.fault(method="POST", path="/oauth/token", action="status", status=404, body="{}")
    run = auth0.client(name="Amundsen")
    assert "There is no tenant at" in run.message


def test_case_10_token_of_ones_own_that_is_no_good(auth0):
    run = auth0.client(name="Amundsen", auth0_client_id=None, auth0_client_secret=None, auth0_token="nonsense-nonsense-nonsense")
    assert run.failed
    assert "auth0_token" in run.message
    assert "nonsense-nonsense" not in run.output
    assert len(auth0.calls()) == 1


def test_case_11_missing_scopes_are_listed_before_the_first_write(auth0):
    login = machine(auth0, ["read:clients", "read:connections"])
    run = auth0.client(name="Amundsen", connections=[DATABASE], **login)
    assert run.failed
    assert "create:clients, update:connections" in run.message
    assert run.result["error_code"] == "insufficient_scope"
    assert auth0.writes() == []


def test_case_11_scopes_that_reading_needs(auth0):
    login = machine(auth0, ["create:clients"])
    run = auth0.client(name="Amundsen", connections=[DATABASE], return_secret=True, **login)
    assert "read:client_keys, read:clients, read:connections" in run.message
    assert len(auth0.calls()) == 1


def test_case_11_nothing_to_write_needs_no_scope_to_write(auth0):
    login = machine(auth0, ["read:clients"])
    assert auth0.client(name="Amundsen", callbacks=[CALLBACK])["changed"]
    assert not auth0.client(name="Amundsen", callbacks=[CALLBACK], **login)["changed"]


def test_case_11_scopes_of_a_token_of_ones_own(auth0):
    token = auth0.tenant.token("read:clients")
    run = auth0.client(name="Amundsen", auth0_token=token)
    assert "create:clients" in run.message
    assert auth0.writes() == []


def test_case_12_secret_left_out(auth0):
    """A tenant that leaves the secret out though the token says that it has the scope."""
    auth0.client(name="Amundsen")
    client = {name: value for name, value in one_application(auth0).items() if name != "client_secret"}
    auth0.tenant.fault(method="GET", path=f"{CLIENTS}/{client['client_id']}", action="status", status=200, body=json.dumps(client))
    run = auth0.client(client_id=client["client_id"], return_secret=True)
    assert run.failed
    assert "read:client_keys" in run.message
    assert "client_secret" not in run.result


def test_case_13_token_ends_in_mid_run(auth0):
    made = auth0.tenant.add_client("Amundsen", callbacks=[CALLBACK])
    path = f"{CLIENTS}/{made['client_id']}"
    auth0.tenant.fault(method="GET", path=path, action="status", status=401)
    auth0.tenant.fault(method="PATCH", path=path, action="status", status=401)
    assert auth0.client(client_id=made["client_id"], description="x")["changed"]
    calls = [(call["method"], call["path"], call["status"]) for call in auth0.calls()]
    token = ("POST", "/oauth/token", 200)
    assert calls == [token, ("GET", path, 401), token, ("GET", path, 200), ("PATCH", path, 401), token, ("PATCH", path, 200), ("GET", path, 200)]


def test_case_13_refused_for_good(auth0):
    auth0.tenant.fault(method="GET", path=CLIENTS, action="status", status=401, times=0)
    run = auth0.client(name="Amundsen")
    assert run.result["status"] == 401
    assert [call["path"] for call in auth0.calls()] == ["/oauth/token", CLIENTS, "/oauth/token", CLIENTS]


# Lost updates


def overwrite(auth0, client_id, times):
    """Let somebody else overwrite the callbacks right after each of the next writes."""
    path = f"{CLIENTS}/{client_id}"
    auth0.tenant.fault(method="PATCH", path=path, when="after", action="slow", delay=0.6, times=times)

    def work():
        for turn in range(1, times + 1):
            until = time.monotonic() + 20
            while len([call for call in auth0.tenant.log() if call["method"] == "PATCH"]) < turn and time.monotonic() < until:
                time.sleep(0.05)
            auth0.tenant.change_client(client_id, callbacks=["https://other.example.com/cb"])

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_case_14_lost_update_is_mended(auth0):
    made = auth0.tenant.add_client("Amundsen", callbacks=["https://first.example.com/cb"])
    other = overwrite(auth0, made["client_id"], 2)
    run = auth0.client(client_id=made["client_id"], callbacks=[CALLBACK])
    other.join()
    assert run["changed"]
    assert one_application(auth0)["callbacks"] == ["https://other.example.com/cb", CALLBACK]
    assert run["end_state"]["callbacks"] == ["https://other.example.com/cb", CALLBACK]


def test_case_14_gives_up_after_three_rounds(auth0):
    made = auth0.tenant.add_client("Amundsen", callbacks=["https://first.example.com/cb"])
    other = overwrite(auth0, made["client_id"], 3)
    run = auth0.client(client_id=made["client_id"], callbacks=[CALLBACK])
    other.join()
    assert run.failed
    assert "somebody else writes" in run.message
    assert run.result["client_id"] == made["client_id"]
    assert len(auth0.calls("PATCH")) == 3


def test_case_15_unknown_client_id(auth0):
    run = auth0.client(client_id="nobody", callbacks=[CALLBACK])
    assert run.failed
    assert "no application with client_id nobody" in run.message
    assert run.result["error_code"] == "inexistent_client"
    assert auth0.writes() == []
    run = auth0.client(client_id="nobody", state="absent")
    assert not run["changed"]
    assert auth0.writes() == []


def test_case_16_entity_limit(auth0):
    auth0.tenant.options(entity_limit=1)
    auth0.tenant.add_client("Other")
    run = auth0.client(name="Amundsen")
    assert run.failed
    assert "You reached the limit of entities of this type for this tenant." in run.message
    assert run.result["error_code"] == "too_many_entities"
    assert len(auth0.calls("POST")) == 1


def test_case_16_refused_values_come_in_auth0s_words(auth0):
    body = {"statusCode": 400, "error": "Bad Request", "message": "Payload validation error: 'Something new'.", "errorCode": "invalid_body"}
    auth0.tenant.fault(method="POST", path=CLIENTS, action="status", status=400, body=json.dumps(body))
    run = auth0.client(name="Amundsen")
    assert "Payload validation error: 'Something new'." in run.message
    assert "invalid_body" in run.message
    assert len(auth0.calls("POST")) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"action": "html", "status": 200}, ("200", "not with JSON", "cloudfront")),
        ({"action": "html", "status": 502}, ("502", "cloudfront", "Tried 4 times")),
        (
            {"action": "status", "status": 200, "body": '{"clients": [{"client_secret": "abcdefghijklmnopqrstuvwxyz012345", "na'},
            ("200", "not with JSON", "***"),
        ),
        ({"action": "status", "status": 200, "body": "[]"}, ("the listing has no clients",)),
        ({"action": "status", "status": 200, "body": "x" * 4_100_000}, ("more than 4000000 bytes",)),
    ],
)
def test_case_17_answers_that_are_none(auth0, fault, words):
    auth0.tenant.fault(method="GET", path=CLIENTS, times=0, **fault)
    run = auth0.client(name="Amundsen")
    assert run.failed
    for word in words:
        assert word in run.message
    assert "abcdefghijklmnopqrstuvwxyz012345" not in run.output
    assert len(run.message) < 1000
    assert auth0.writes() == []


def test_case_17_truncated_answer_is_asked_for_again(auth0):
    auth0.tenant.fault(method="GET", path=CLIENTS, action="truncate")
    auth0.tenant.fault(method="GET", path=CLIENTS, action="reset")
    assert auth0.client(name="Amundsen")["changed"]


def test_case_17_answer_that_drips(auth0):
    auth0.tenant.fault(method="GET", path=CLIENTS, action="drip", when="after", delay=8, times=0)
    run = auth0.client(name="Amundsen", timeout=1, deadline=4)
    assert run.failed
    assert "the answer took more than 4 s" in run.message or "deadline of 4 s" in run.message
    assert auth0.writes() == []


def test_case_18_connection_that_is_missing(auth0):
    run = auth0.client(name="Amundsen", connections=[DATABASE, "acme-saml"])
    assert run.failed
    assert "no connection named acme-saml" in run.message
    assert DATABASE in run.message
    assert auth0.writes() == []


def test_case_19_partial_success(auth0):
    auth0.tenant.fault(method="PATCH", path="/api/v2/connections/*", action="status", status=403)
    options = {"name": "Amundsen", "callbacks": [CALLBACK], "connections": [DATABASE]}
    run = auth0.client(**options)
    assert run.failed
    assert run.result["client_id"] == one_application(auth0)["client_id"]
    assert run.result["changed"] is True
    run = auth0.client(**options)
    assert run["changed"]
    assert run["end_state"]["connections"] == [DATABASE]
    assert not auth0.client(**options)["changed"]
    assert one_application(auth0)


def test_case_20_check_mode(auth0):
    options = {"name": "Amundsen", "callbacks": [CALLBACK], "connections": [DATABASE], "return_secret": True}
    checked = auth0.client(check=True, **options)
    assert checked["changed"]
    assert checked["client_id"] == checked["client_secret"] == "(known after creation)"
    assert auth0.writes() == []
    real = auth0.client(**options)
    assert (real["changed"], real["diff"], real["proposed"]) == (checked["changed"], checked["diff"], checked["proposed"])


def test_case_21_redirect_to_another_host(auth0):
    auth0.tenant.fault(method="GET", path=CLIENTS, action="status", status=302, headers={"Location": "https://evil.example.com/api/v2/clients"})
    run = auth0.client(name="Amundsen")
    assert run.failed
    assert "sends on to evil.example.com" in run.message
    assert len(auth0.calls()) == 2


def test_case_22_unknown_ca(auth0):
    run = auth0.client(name="Amundsen", ca_path=None)
    assert run.failed
    for words in ("is not trusted", "no ca_path", DEFAULT_CA_BUNDLE_PATH, "the system's bundle (/"):
        assert words in run.message
    assert auth0.calls() == []


def test_case_22_wrong_ca_names_the_bundle(auth0, tmp_path):
    run = auth0.client(name="Amundsen", ca_path=str(tmp_path / "missing.pem"))
    assert run.failed
    assert "missing.pem" in run.message


def test_case_22_bundle_of_the_environment_does_not_get_in_the_way(auth0, tmp_path):
    (tmp_path / "other.pem").write_text("")
    auth0.environment["REQUESTS_CA_BUNDLE"] = str(tmp_path / "missing.pem")
    assert auth0.client(name="Amundsen")["changed"]


def test_case_22_bundle_of_the_environment_is_used(auth0):
    auth0.environment["REQUESTS_CA_BUNDLE"] = auth0.tenant.ca_path
    assert auth0.client(name="Amundsen", ca_path=None)["changed"]


def test_case_22_without_check_it_warns(auth0):
    run = auth0.client(name="Amundsen", ca_path=None, validate_certs=False)
    assert run["changed"]
    assert "validate_certs is false" in str(run["warnings"])


def test_case_23_order_duplicates_and_emptiness_are_no_change(auth0):
    first, second = "https://a.example.com/cb", "https://b.example.com/cb"
    made = auth0.tenant.add_client("Amundsen", callbacks=[first, second], grant_types=["refresh_token", "authorization_code"], description="")
    for options in (
        {"callbacks": [second, first, second], "uris_mode": "exact"},
        {"callbacks": [second, second]},
        {"callbacks": ["https://c.example.com/cb"], "uris_mode": "remove"},
        {"web_origins": [], "uris_mode": "exact"},
        {"initiate_login_uri": "", "description": "", "logo_uri": ""},
        {"grant_types": ["authorization_code", "refresh_token", "refresh_token"]},
        {"client_metadata": {"gone": None}},
        {"client_metadata": {}},
        {"connections": []},
    ):
        assert not auth0.client(client_id=made["client_id"], **options)["changed"], options
    assert auth0.writes() == []


# Listings


def test_case_24_more_than_one_page(auth0):
    for number in range(101):
        auth0.tenant.add_client(f"Other {number}")
    made = auth0.tenant.add_client("Amundsen")
    assert not auth0.client(name="Amundsen")["changed"]
    assert auth0.client(name="Amundsen")["client_id"] == made["client_id"]


def page(auth0, total, clients=(), **fault):
    auth0.tenant.fault(method="GET", path=CLIENTS, action="status", status=200, body=json.dumps({"clients": list(clients), "total": total}), **fault)


def test_case_24_total_that_changes_between_pages(auth0):
    """Something was deleted after page 0 was read: the application slipped onto it, and would be made a second time."""
    made = auth0.tenant.add_client("Amundsen")
    others = [{"client_id": f"c{number}", "name": "Other"} for number in range(100)]
    page(auth0, 101, others)
    page(auth0, 100)
    assert auth0.client(name="Amundsen")["client_id"] == made["client_id"]
    assert auth0.writes() == []


def test_case_24_empty_page(auth0):
    made = auth0.tenant.add_client("Amundsen")
    page(auth0, 152)
    assert auth0.client(name="Amundsen")["client_id"] == made["client_id"]


def test_case_24_no_endless_loop(auth0):
    page(auth0, 152, times=0)
    run = auth0.client(name="Amundsen")
    assert run.failed
    assert "changed each of the 3 times" in run.message
    assert auth0.writes() == []
    assert len(auth0.calls()) == 4


def test_case_24_more_than_pages_can_hold(auth0):
    made = auth0.tenant.add_client("Amundsen")
    page(auth0, 1001)
    auth0.tenant.fault(method="GET", path=CLIENTS, action="status", status=200, body='{"clients": [], "next": "0"}')
    assert auth0.client(name="Amundsen")["client_id"] == made["client_id"]
    assert [("take=100" in call["query"], "from=0" in call["query"]) for call in auth0.calls()[1:]] == [(False, False), (True, False), (True, True)]


def test_case_24_checkpoints_in_circles(auth0):
    page(auth0, 1001)
    auth0.tenant.fault(method="GET", path=CLIENTS, action="status", status=200, body='{"clients": [], "next": "same"}', times=0)
    run = auth0.client(name="Amundsen")
    assert run.failed
    assert "in circles" in run.message


def test_case_25_fields_that_are_not_named_are_never_sent(auth0):
    made = auth0.tenant.add_client("Amundsen", callbacks=[CALLBACK], description="theirs", app_type="spa", client_metadata={"theirs": "x"})
    path = f"{CLIENTS}/{made['client_id']}"
    auth0.client(client_id=made["client_id"], callbacks=["https://b.example.com/cb"], client_metadata={"mine": "y"})
    assert auth0.bodies("PATCH", path) == [{"callbacks": [CALLBACK, "https://b.example.com/cb"], "client_metadata": {"mine": "y"}}]
    assert one_application(auth0)["client_metadata"] == {"theirs": "x", "mine": "y"}


def test_case_26_secrets_are_never_shown(auth0):
    auth0.client(name="Amundsen", callbacks=[CALLBACK])
    secret = one_application(auth0)["client_secret"]
    runs = [
        auth0.client(name="Amundsen", description="x"),
        auth0.client(name="Amundsen", description="y", check=True),
        auth0.run("auth0_client_info", name="Amundsen", with_connections=True),
        auth0.run("auth0_connection_info"),
        auth0.client(name="Amundsen", state="absent"),
    ]
    for action in (
        {"action": "html", "status": 403},
        {"action": "status", "status": 400, "body": json.dumps({"message": f"{auth0.tenant.client_secret} {secret}"})},
    ):
        auth0.tenant.fault(method="POST", path=CLIENTS, **action)
        runs.append(auth0.client(name="Amundsen"))
        auth0.tenant.fault(method="POST", path="/oauth/token", **action)
        runs.append(auth0.client(name="Amundsen"))
    tokens = [line for run in runs for line in run.output.splitlines() if "eyJ" in line]
    assert tokens == []
    for run in runs:
        assert auth0.tenant.client_secret not in run.output
        assert secret not in run.output or run.failed, "an application's secret is known to a module only once Auth0 gave it"
    wanted = auth0.client(name="Again", return_secret=True)
    assert wanted.output.count(wanted["client_secret"]) == 1
    denied = auth0.client(name="Again", return_secret=True, connections=["missing"])
    assert wanted["client_secret"] not in denied.output


@pytest.mark.parametrize("form", ["https://{}", "https://{}/", "HTTPS://{}/", " {} "])
def test_case_27_forms_of_the_domain(auth0, form):
    assert auth0.client(name="Amundsen", auth0_domain=form.format(auth0.tenant.domain))["domain"] == auth0.tenant.domain


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ("https://acme.eu.auth0.com/api/v2/", ("no path", "Write acme.eu.auth0.com")),
        ("http://acme.eu.auth0.com", ("over http", "Write acme.eu.auth0.com")),
        ("http://127.0.0.1:9", ("auth0_allow_http",)),
        ("ftp://acme.eu.auth0.com", ("not https",)),
        ("user:word@acme.eu.auth0.com", ("a user or a password",)),
        ("acme.eu.auth0.com:99999", ("no host",)),
        ("acme eu", ("no host name",)),
        ("", ("not given", "AUTH0_DOMAIN")),
    ],
)
def test_case_27_domains_that_are_refused(auth0, domain, words):
    refused(auth0, "auth0_domain", *words, auth0_domain=domain)


def test_case_28_rotation_only_when_asked(auth0):
    made = auth0.tenant.add_client("Amundsen")
    options = {"client_id": made["client_id"]}
    read = auth0.run("auth0_client_secret", **options)
    assert (read["changed"], read["client_secret"]) == (False, made["client_secret"])
    checked = auth0.run("auth0_client_secret", check=True, rotate=True, **options)
    assert checked["changed"]
    assert auth0.writes() == []
    rotated = auth0.run("auth0_client_secret", rotate=True, **options)
    assert rotated["changed"]
    assert rotated["client_secret"] == one_application(auth0)["client_secret"] != made["client_secret"]
    assert "30 seconds" in str(rotated["warnings"])
    assert made["client_secret"] not in rotated.output
    assert rotated["diff"] == checked["diff"]


def test_case_28_rotation_that_can_be_run_again(auth0):
    made = auth0.tenant.add_client("Amundsen")
    options = {"client_id": made["client_id"], "rotate": True, "old_secret": made["client_secret"]}
    assert auth0.run("auth0_client_secret", **options)["changed"]
    assert not auth0.run("auth0_client_secret", check=True, **options)["changed"]
    assert not auth0.run("auth0_client_secret", **options)["changed"]
    assert len(auth0.calls("POST")) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_case_28_rotation_whose_answer_is_lost(auth0, when):
    made = auth0.tenant.add_client("Amundsen")
    auth0.tenant.fault(method="POST", path=f"{CLIENTS}/{made['client_id']}/rotate-secret", when=when, action="status", status=502)
    run = auth0.run("auth0_client_secret", client_id=made["client_id"], rotate=True)
    assert run["client_secret"] == one_application(auth0)["client_secret"] != made["client_secret"]
    assert len(auth0.calls("POST")) == (2 if when == "before" else 1)
