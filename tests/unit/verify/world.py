"""A catalog and a provider on loopback, over TLS, which can be broken in one way at a time.

The catalog behaves as Amundsen behind the guard does, seen from outside; each fault is one of the ways in which
deployments were seen to be wrong. Names as in `FAULTS` of the tests.
"""

from __future__ import annotations

import json
import secrets
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask, jsonify, redirect, request, session
from flask.sessions import SecureCookieSessionInterface
from werkzeug.serving import WSGIRequestHandler, make_server

USER, PASSWORD = "test@example.com", "Fitting-Horse-7"
CALLBACK = "/authorization-code/callback"
CLIENT = "client-1"


def make_authority(folder: Path, lifetime: timedelta, left: timedelta, names: tuple[str, ...]) -> Path:
    """Write a self-signed certificate for `names` and its key; return the path of the PEM file that holds both."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    ends = datetime.now(UTC) + left
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - lifetime)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(dns) for dns in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{secrets.token_hex(4)}.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def make_chain(
    folder: Path, names: tuple[str, ...] = ("catalog.test", "localhost"), left: timedelta = timedelta(days=60), chain: bool = True
) -> tuple[Path, Path]:
    """Write a root, and a server's certificate that an authority between them signed; return the root's file, and the server's with its key."""

    def made(subject: str, issuer: str, key, signer, ca: bool) -> x509.Certificate:
        ends = datetime.now(UTC) + left
        builder = x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
        builder = builder.issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)])).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(ends - timedelta(days=90)).not_valid_after(ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if not ca:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        return builder.sign(signer, hashes.SHA256())

    root, between, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    pem = serialization.Encoding.PEM
    ca = folder / "root.pem"
    ca.write_bytes(made("root", "root", root, root, True).public_bytes(pem))
    sent = [made("server", "between", server, between, False), *([made("between", "root", between, root, True)] if chain else [])]
    path = folder / "server.pem"
    private = server.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + b"".join(each.public_bytes(pem) for each in sent))
    return ca, path


class Server:
    """A Flask application on a free loopback port, over TLS."""

    def __init__(self, app: Flask, pem: Path, faults: set[str]) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)

        class Handler(WSGIRequestHandler):
            """Says an old time where that is the fault."""

            def date_time_string(self, timestamp=None):
                return super().date_time_string(time.time() - 600 if "provider_clock" in faults else timestamp)

        self._server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context, request_handler=Handler)
        self._server.log = lambda *args: None
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class World:
    """Catalog at https://catalog.test:PORT (reached by its address), provider at https://localhost:PORT."""

    def __init__(self, folder: Path, left: timedelta = timedelta(days=60), pem: Path | None = None) -> None:
        self.faults: set[str] = set()
        self.ca = pem or make_authority(folder, timedelta(days=90), left, ("catalog.test", "localhost"))
        self.codes: set[str] = set()
        self.live: set[str] = set()
        self.passwords_seen: list[str] = []
        self.provider = Server(self._provider(), self.ca, self.faults)
        self.catalog = Server(self._catalog(), self.ca, self.faults)
        self.url = f"https://catalog.test:{self.catalog.port}"
        self.issuer = f"https://localhost:{self.provider.port}/"
        self.client = CLIENT
        self.provider_ca = ""
        self.redirect_uri = self.url + CALLBACK

    def reset(self) -> None:
        self.faults.clear()
        self.codes.clear()
        self.live.clear()
        self.passwords_seen.clear()

    def stop(self) -> None:
        self.catalog.stop()
        self.provider.stop()

    def redeem(self, code: str) -> bool:
        """Tell whether the provider gave this code; it can be used once."""
        return code in self.codes and not self.codes.remove(code)

    # The provider

    def document(self) -> dict[str, object]:
        base = self.issuer.rstrip("/")
        document: dict[str, object] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "jwks_uri": f"{base}/.well-known/jwks.json",
            "end_session_endpoint": f"{base}/oidc/logout",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        changes: dict[str, dict[str, object]] = {
            "issuer_without_slash": {"issuer": base},
            "token_endpoint_http": {"token_endpoint": f"http{base[5:]}/oauth/token"},
            "token_endpoint_elsewhere": {"token_endpoint": "https://elsewhere.example/oauth/token"},
            "no_token_endpoint": {"token_endpoint": ""},
            "hs256_only": {"id_token_signing_alg_values_supported": ["HS256"]},
            "no_email_scope": {"scopes_supported": ["openid", "profile"]},
            "post_only": {"token_endpoint_auth_methods_supported": ["client_secret_post"]},
            "no_end_session": {"end_session_endpoint": ""},
            "keys_moved": {"jwks_uri": f"{base}/nowhere"},
        }
        for fault in self.faults & changes.keys():
            document |= changes[fault]
        return document

    def _provider(self) -> Flask:
        app = Flask("provider")
        faults = self.faults

        @app.get("/.well-known/openid-configuration")
        def discovery():
            return ("<h1>Welcome</h1>", 200) if "document_html" in faults else jsonify(self.document())

        @app.get("/.well-known/jwks.json")
        def jwks():
            key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": "AQAB", "e": "AQAB"}
            if "key_without_kid" in faults:
                del key["kid"]
            return jsonify({"keys": [key]})

        @app.get("/authorize")
        def authorize():
            if request.args.get("client_id") != CLIENT or "client_deleted" in faults:
                return "<html><title>x</title><h1>Unknown client</h1></html>", 400
            if request.args["redirect_uri"] != self.redirect_uri or "unregistered" in faults:
                return "<h1>Callback URL mismatch.</h1>", 403
            if "grant_off" in faults:
                query = {"error": "unauthorized_client", "error_description": "Grant type not allowed"}
                return redirect(f"{self.redirect_uri}?{urlencode(query)}")
            if "remembers" in faults and self.passwords_seen:
                code = secrets.token_urlsafe(12)
                self.codes.add(code)
                return redirect(f"{self.redirect_uri}?{urlencode({'code': code, 'state': request.args['state']})}")
            first = "identifier" if "identifier_first" in faults else "login"
            return redirect(f"/u/{first}?" + urlencode({"state": request.args["state"]}))

        def page(fields: str, words: str = "", action: str = "") -> str:
            state = request.values["state"]
            return (
                f"<html><head><title>Log in</title></head><body><p>{words}</p>"
                f'<form method="post"{action}><input type="hidden" name="state" value="{state}">{fields}'
                '<input type="checkbox" name="remember" value="1">'
                '<button type="submit" name="action" value="default">Continue</button></form>'
                '<form method="post"><input type="hidden" name="connection" value="google"></form></body></html>'
            )

        user = '<input id="username" name="username" type="text">'
        password = '<input id="password" name="password" type="password">'

        @app.route("/u/identifier", methods=["GET", "POST"])
        def identifier():
            if request.method == "GET":
                return page(user)
            return redirect("/u/password?" + urlencode({"state": request.form["state"], "name": request.form["username"]}))

        @app.route("/u/<path:kind>", methods=["GET", "POST"])
        def login(kind):
            fields = password if kind == "password" else user + password
            if request.method == "GET":
                if "script_page" in faults:
                    return "<html><body><div id=root></div><script>render()</script></body></html>"
                if "form_elsewhere" in faults:
                    return page(fields, action=f' action="{self.url}/steal"')
                return page(fields)
            name = request.args.get("name") or request.form.get("username")
            self.passwords_seen.append(request.form["password"])
            if (name, request.form["password"], request.form["action"]) != (USER, PASSWORD, "default"):
                return page(fields, "Wrong email or password"), 400
            if "breaks_off" in faults:
                return redirect("https://localhost:9/next")
            if "second_factor" in faults:
                return redirect("/u/mfa-otp-challenge")
            if "consent" in faults:
                return redirect("/u/consent-page")
            if "denied" in faults:
                query = {"error": "access_denied", "error_description": "Unauthorized", "state": request.form["state"]}
                return redirect(f"{self.redirect_uri}?{urlencode(query)}")
            code = secrets.token_urlsafe(12)
            self.codes.add(code)
            return redirect(f"{self.redirect_uri}?{urlencode({'code': code, 'state': request.form['state']})}")

        app.add_url_rule("/u/mfa-otp-challenge", view_func=lambda: "<form method=post><input name=code></form>", endpoint="mfa")
        app.add_url_rule("/u/consent-page", view_func=lambda: '<p>Authorize app</p><button value="accept">', endpoint="consent")
        app.add_url_rule("/v2/logout", view_func=lambda: "signed out", endpoint="logout")
        return app

    # The catalog

    def _catalog(self) -> Flask:
        app = Flask("catalog", static_folder=None)
        faults = self.faults
        keys = {"own": secrets.token_hex(32), "public": "!-flask-oidc-secret-key"}

        class Sessions(SecureCookieSessionInterface):
            """Signs with a public key, or drops the flags, where that is the fault."""

            def get_signing_serializer(self, app):
                app.secret_key = keys["public" if "public_key" in faults or "trusts_session" in faults else "own"]
                return super().get_signing_serializer(app)

            def get_cookie_secure(self, app):
                return "cookie_plain" not in faults

            def get_cookie_samesite(self, app):
                return None if "cookie_plain" in faults else "Lax"

        app.session_interface = Sessions()

        def let_in_by_token() -> bool:
            token = request.args.get("access_token") if "bearer_query" in faults else None
            token = request.form.get("access_token") if "bearer_form" in faults and request.form else token
            header = request.headers.get("Authorization", "")
            if header.startswith("Bearer ") and faults & {"bearer_header", "bearer_crash"}:
                token = header[7:]
            if token is None:
                return False
            expires = json.loads(token)["expires_at"] if "bearer_crash" in faults or token.startswith("{") else 0
            return "bearer_crash" not in faults and expires > time.time()

        @app.before_request
        def guard():
            if request.path in ("/login", "/logout", CALLBACK) or "open" in faults:
                return None
            if "bad_gateway" in faults:
                return "", 502
            if "home_loops" in faults and request.path == "/":
                return redirect("/")
            if "home_missing" in faults and request.path == "/":
                return "", 404
            if "home_fails" in faults and request.path == "/":
                return "", 500
            if "metadata_open" in faults and request.path.startswith("/api/metadata"):
                return None
            if "route_open" in faults and request.path == "/api/metadata/v0/badges":
                return None
            if session.get("sid") in self.live or (session.get("user") and "trusts_session" in faults):
                return None
            if let_in_by_token():
                return None
            if request.path.startswith("/api/"):
                return {"msg": "no login"}, 401
            answer = redirect("/login")
            answer.set_cookie("wanted", request.full_path.rstrip("?"), secure=True, httponly=True, samesite="Lax")
            return answer

        @app.get("/login")
        def login():
            if "login_dead" in faults:
                return "<h1>Internal Server Error</h1>", 500
            session["state"] = secrets.token_urlsafe(8)
            uri = self.redirect_uri
            uri = "http" + uri[5:] if "redirect_http" in faults else uri
            uri = uri.replace("catalog.test", "10.0.0.7") if "redirect_host" in faults else uri
            uri = uri.replace(CALLBACK, "/auth") if "redirect_path" in faults else uri
            scope = "profile" if "no_openid" in faults else "openid profile email"
            query = {"response_type": "code", "client_id": self.client, "redirect_uri": uri, "scope": scope}
            query["state"] = session["state"]
            base = "https://other.example/" if "other_provider" in faults else self.issuer
            return redirect(f"{base}authorize?{urlencode(query)}")

        @app.get(CALLBACK)
        def callback():
            if request.args.get("state") != session.get("state") or not self.redeem(request.args.get("code", "")):
                return "bad state", 400
            if "callback_fails" in faults:
                return "<h1>Internal Server Error</h1>", 500
            session["sid"] = secrets.token_urlsafe(8)
            self.live.add(session["sid"])
            if "login_loops" in faults:
                self.live.clear()
                return redirect("/round")
            if "large_cookie" in faults:
                session["claims"] = secrets.token_urlsafe(4000)
            return redirect("/" if "forgets_page" in faults else request.cookies.get("wanted", "/"))

        app.add_url_rule("/round", view_func=lambda: redirect("/round"), endpoint="round")

        @app.before_request
        def round_is_free():
            return redirect("/round") if request.path == "/round" else None

        app.before_request_funcs[None].reverse()

        @app.get("/logout")
        def logout():
            if "logout_keeps" not in faults:
                self.live.discard(session.get("sid", ""))
            session.clear()
            return redirect(self.issuer + "v2/logout")

        @app.get("/api/auth_user")
        def auth_user():
            if "user_fails" in faults:
                return {"msg": "Encountered exception: None"}, 500
            name = "dummy@example.com" if "dummy_user" in faults else USER
            return {"msg": "Success", "user": {"email": name, "user_id": name, "display_name": "Test"}}

        @app.get("/api/guard/claims")
        def claims():
            if "no_claims_page" in faults:
                return "", 404
            return {"claims": {"sub": True, "email": "no_email" not in faults, "email_verified": "unverified" not in faults}}

        @app.get("/api/metadata/v0/tags")
        def tags():
            return ({"msg": "Encountered exception"}, 500) if "metadata_down" in faults else {"msg": "Success", "tags": []}

        @app.post("/api/search/v0/table")
        def search():
            if "search_v1_only" in faults:
                return "", 405
            return ({}, 500) if "search_down" in faults else {"msg": "Success", "tables": {}}

        @app.post("/api/search/v1/search")
        def search_v1():
            return {"msg": "Success"}

        @app.get("/search")
        @app.get("/")
        def home():
            return "<html>Amundsen</html>"

        app.add_url_rule("/api/metadata/v0/badges", view_func=lambda: {"badges": []}, endpoint="badges")
        app.add_url_rule("/api/metadata/v0/owner", view_func=lambda: {}, endpoint="owner", methods=["PUT"])

        return app
