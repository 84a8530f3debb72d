"""A small OpenID Connect provider on this machine, true or treacherous: it speaks HTTP to the product and signs with keys of its own."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from bihuan.kernel.access.provider import _client

CLIENT, SECRET = "bihuan", "a secret between the two"
KEY, FOREIGN = (RSAKey.generate_key(2048, {"kid": name, "use": "sig"}) for name in ("ours", "theirs"))


class Provider:
    """What it says of people is in ``claims``; what it does wrong is put there by a test."""

    def __init__(self, server):
        self.issuer = f"http://127.0.0.1:{server.server_port}"
        self.origin = ""  # where a browser is sent back to
        self.claims = {"sub": "7f3a", "preferred_username": "zhang.wei", "amr": ["pwd"]}
        self.described, self.asked, self.codes, self.calls = {}, {}, {}, []
        self.header, self.key, self.forged = {"alg": "RS256", "kid": "ours"}, KEY, None

    def description(self):
        told = {"issuer": self.issuer, "id_token_signing_alg_values_supported": ["RS256"]}
        told |= {"authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token"}
        return told | {"jwks_uri": f"{self.issuer}/keys"} | self.described

    def consent(self, address, **more):
        """The person signs in at *address*, where the product sent them; the address that leads back."""
        self.asked = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_urlsafe(8)
        self.codes[code] = self.asked
        query = {"code": code, "state": self.asked["state"]} | more
        return f"{urlsplit(self.asked['redirect_uri']).path}?" + "&".join(f"{name}={value}" for name, value in query.items())

    def token(self, form, authorization):
        """The answer to a code: used once, by its client, with the verifier whose hash came before."""
        asked = self.codes.pop(form["code"], None)
        proof = _text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        client = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            asked is None
            or asked["code_challenge"] != proof
            or asked["code_challenge_method"] != "S256"
            or authorization != f"Basic {client}"
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        if asked.get("max_age") == "0":
            claims["auth_time"] = now
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        signed = self.forged(claims) if self.forged else jwt.encode(self.header, claims, self.key)
        return 200, {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": signed}


def unsigned(claims):
    """A token that says it needs no signature."""
    return _parts({"alg": "none"}, claims) + "."


def with_public_key_as_secret(claims):
    """A token "signed" with what everybody can read."""
    said = _parts({"alg": "HS256", "kid": "ours"}, claims)
    return f"{said}.{_text(hmac.digest(KEY.as_pem(private=False), said.encode(), 'sha256'))}"


def _parts(*parts):
    return ".".join(_text(json.dumps(part).encode()) for part in parts)


def _text(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@contextmanager
def provider():
    class Desk(BaseHTTPRequestHandler):
        def do_GET(self):
            here.calls.append(self.path)
            if self.path.startswith("/authorize"):
                return self.say(302, {"location": here.origin + here.consent(self.path)})
            if self.path == "/keys":
                return self.say(200, KeySet([KEY]).as_dict(private=False))
            return self.say(200, here.description())

        def do_POST(self):
            here.calls.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            return self.say(*here.token(form, self.headers.get("Authorization", "")))

        def say(self, status, told):
            body = json.dumps(told).encode()
            self.send_response(status)
            if status in {307, 302}:
                self.send_header("Location", told["location"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        here = Provider(server)
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield here
        server.shutdown()


@contextmanager
def configured(settings):
    """A provider that the product is set up to ask."""
    with provider() as here:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = here.issuer, CLIENT, SECRET
        settings.OIDC_CLAIM, settings.OIDC_LABEL = "preferred_username", "华泵统一登录"
        _client.cache_clear()
        yield here
        _client.cache_clear()


def through(browser, company, start="/login/company/", **more):
    """Out to the provider, in there, and back."""
    out = browser.get(start)
    assert out.status_code == 302 and out["Location"].startswith(f"{company.issuer}/authorize?"), out.content.decode()[:400]
    return browser.get(company.consent(out["Location"], **more))
