"""oidc.py - two providers of OpenID Connect for tests: a real one, and one that lies.

The real one is oidc-provider, in a process of its own, with its own log-in form. The other speaks just enough of the protocol
to send whatever token a test wants.
"""

from __future__ import annotations

import base64
import html
import json
import re
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

FOLDER = Path(__file__).parent / "oidc_provider"
CLIENT, SECRET = "barograph tests", "a secret: with+signs & more"
START_LIMIT_S = 60


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def b64(data: bytes | str) -> str:
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def number(value: int, size: int | None = None) -> str:
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A key pair: its JWK, with the private part or without, and what it signs."""

    def __init__(self, algorithm: str, key_id: str):
        self.algorithm, self.key_id = algorithm, key_id
        is_rsa = algorithm == "RS256"
        self.private = rsa.generate_private_key(65537, 2048) if is_rsa else ec.generate_private_key(ec.SECP256R1())

    def jwk(self, is_private: bool = False) -> dict:
        numbers = self.private.private_numbers()
        public = numbers.public_numbers
        jwk = {"kid": self.key_id, "alg": self.algorithm, "use": "sig"}
        if self.algorithm == "ES256":
            jwk |= {"kty": "EC", "crv": "P-256", "x": number(public.x, 32), "y": number(public.y, 32)}
            return jwk | ({"d": number(numbers.private_value, 32)} if is_private else {})
        jwk |= {"kty": "RSA", "n": number(public.n), "e": number(public.e)}
        if not is_private:
            return jwk
        parts = {"d": numbers.d, "p": numbers.p, "q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
        return jwk | {name: number(value) for name, value in parts.items()}

    def sign(self, text: bytes) -> bytes:
        if self.algorithm == "RS256":
            return self.private.sign(text, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.private.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def make_token(key: Key, claims: dict, header: dict | None = None) -> str:
    head = {"alg": key.algorithm, "kid": key.key_id, "typ": "JWT"} if header is None else header
    text = f"{b64(json.dumps(head))}.{b64(json.dumps(claims))}"
    return f"{text}.{b64(key.sign(text.encode()))}"


def make_hs256_token(secret: bytes, claims: dict, key_id: str) -> str:
    text = f"{b64(json.dumps({'alg': 'HS256', 'kid': key_id}))}.{b64(json.dumps(claims))}"
    mac = hmac.HMAC(secret, hashes.SHA256())
    mac.update(text.encode())
    return f"{text}.{b64(mac.finalize())}"


class Provider:
    """oidc-provider. people: {subject: claims}; whoever logs in with that name is that person, whatever the password."""

    def __init__(self, folder: Path, **more):
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.path = folder / "provider.json"
        self.settings = {
            "port": self.port,
            "client": CLIENT,
            "secret": SECRET,
            "algorithm": "RS256",
            "inToken": False,
            "people": {},
            **more,
        }
        self.keys = [Key(self.settings["algorithm"], "first")]
        self.process: subprocess.Popen | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """What a server is told of it."""
        scopes = "openid profile email groups"
        return ("--oidc-issuer", self.issuer, "--oidc-client", CLIENT, "--oidc-secret", SECRET, "--oidc-scopes", scopes)

    def say(self, subject: str, **claims) -> None:
        """From now on the provider says this of that person."""
        self.settings["people"][subject] = claims
        self._write()

    def _write(self) -> None:
        self.path.write_text(json.dumps({**self.settings, "keys": [key.jwk(True) for key in self.keys]}))

    def start(self, server_url: str) -> "Provider":
        self.settings["redirect"] = f"{server_url}/api/oidc/return"
        self._write()
        log = open(self.path.with_suffix(".log"), "ab")
        self.process = subprocess.Popen(["node", FOLDER / "provider.mjs", self.path], stdout=log, stderr=log)
        limit = time.monotonic() + START_LIMIT_S
        while time.monotonic() < limit and self.process.poll() is None:
            try:
                if requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5).ok:
                    return self
            except requests.ConnectionError:
                time.sleep(0.05)
        raise RuntimeError(f"the provider did not start: {self.path.with_suffix('.log').read_text()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def rotate(self, server_url: str) -> None:
        """Other keys, and none of the old ones, as after a theft."""
        self.stop()
        self.keys = [Key(self.settings["algorithm"], "second")]
        self.start(server_url)


class Browser:
    """What a browser does on the way: it follows redirects, keeps cookies, and fills in the provider's forms."""

    def __init__(self, server_url: str):
        self.server_url = server_url
        self.session = requests.Session()

    def get(self, url: str, **more) -> requests.Response:
        return self.session.get(url, allow_redirects=False, timeout=30, **more)

    def begin(self, next_path: str = "/") -> requests.Response:
        return self.get(f"{self.server_url}/api/oidc/begin", params={"next": next_path})

    def come_back_as(self, subject: str, first: str) -> str:
        """From the provider's log-in address to the address it sends the browser back to, which is not asked yet."""
        answer = self.get(first)
        for _ in range(12):
            if answer.is_redirect:
                address = urljoin(answer.url, answer.headers["location"])
                if address.startswith(f"{self.server_url}/"):
                    return address
                answer = self.get(address)
                continue
            action = re.search(r'action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert answer.ok and action and prompt, answer.text[:2000]
            form = {"prompt": prompt[1]}
            if prompt[1] == "login":
                form |= {"login": subject, "password": "whatever"}
            url = urljoin(answer.url, html.unescape(action[1]))
            answer = self.session.post(url, data=form, allow_redirects=False, timeout=30)
        raise AssertionError("the provider sends the browser round in circles")

    def log_in(self, subject: str, next_path: str = "/") -> requests.Response:
        """All of it; the server's answer to the way back."""
        begun = self.begin(next_path)
        assert begun.status_code == 303, begun.text
        return self.get(self.come_back_as(subject, begun.headers["location"]))

    def graphql(self, query: str, variables: dict | None = None) -> dict:
        answer = self.session.post(
            f"{self.server_url}/graphql", json={"query": query, "variables": variables or {}}, headers={"Origin": self.server_url}
        )
        body = answer.json()
        assert "errors" not in body, body
        return body["data"]


class Liar:
    """A provider that sends back whatever token it is told to make."""

    def __init__(self):
        self.key = Key("RS256", "liar")
        self.keys = [self.key.jwk()]
        self.make = lambda claims: make_token(self.key, claims)  # what it answers for a code
        self.description: dict = {}  # what it says of itself beyond the usual
        self.used: set[str] = set()
        self.key_requests = 0
        self.token_status = 200
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/.well-known/openid-configuration":
                    return self.answer(200, liar.describe())
                liar.key_requests += self.path == "/keys"
                return self.answer(200, {"keys": liar.keys}) if self.path == "/keys" else self.answer(404, {})

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                code = form["code"][0]
                if liar.token_status != 200:
                    return self.answer(liar.token_status, {"error": "server_error"})
                if code in liar.used:
                    return self.answer(400, {"error": "invalid_grant"})
                liar.used.add(code)
                nonce, challenge = code.split("~")
                digest = hashes.Hash(hashes.SHA256())
                digest.update(form["code_verifier"][0].encode())
                if b64(digest.finalize()) != challenge:
                    return self.answer(400, {"error": "invalid_grant"})
                return self.answer(200, {"id_token": liar.make(liar.claims(nonce)), "access_token": "x", "token_type": "Bearer"})

            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def describe(self) -> dict:
        at = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return {"issuer": self.issuer, **{name: self.issuer + path for name, path in at.items()}, **self.description}

    def claims(self, nonce: str) -> dict:
        now = int(time.time())
        more = {"preferred_username": "mallory", "email": "mallory@example.org", "groups": []}
        return {"iss": self.issuer, "aud": "us", "sub": "mallory", "nonce": nonce, "iat": now, "exp": now + 300, **more}

    def code_for(self, log_in_address: str) -> tuple[str, str]:
        """The code and the state that a browser would come back with."""
        asked = parse_qs(urlsplit(log_in_address).query)
        assert asked["code_challenge_method"] == ["S256"] and asked["response_type"] == ["code"]
        return f"{asked['nonce'][0]}~{asked['code_challenge'][0]}", asked["state"][0]

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()
