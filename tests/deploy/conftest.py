"""conftest.py - servers behind the proxies of packaging/proxies."""

from __future__ import annotations

import pytest

from tests.support.front import Front, make_certificate, program


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    make_certificate(folder)
    return folder


@pytest.fixture(params=["nginx", "haproxy"])
def behind(request, make_server, certificates, monkeypatch):
    """behind(*options): a server, and its base_url is that of a proxy before it. Of both kinds, where they are installed."""
    if program(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    fronts = []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates / "chain.pem"))

    def make(*options: str):
        chain = str(certificates / "chain.pem")
        server = make_server("--trusted-proxies", "127.0.0.1", *options, env={"SSL_CERT_FILE": chain})
        server.direct_url = server.base_url
        fronts.append(Front(request.param, certificates).before(server.base_url))
        server.front, server.base_url = fronts[-1], fronts[-1].base_url
        return server

    yield make
    for front in fronts:
        front.stop()
