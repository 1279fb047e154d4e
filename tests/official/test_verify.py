"""`wandb verify`, the client's own look at a server: uploads, large requests, runs, files, artifacts and sweeps."""

from __future__ import annotations

from tests.official.client import AGES

# These two are content with https only.
NEED_TLS = ("Checking requests to base url", "Checking requests made over signed URLs")


def test_verify__finds_nothing_wrong_but_the_missing_certificate(lab):
    client = lab.client(AGES[0])
    done = client.wandb("verify", "--host", client.server.base_url)
    lines = [line for line in done.stdout.splitlines() if line.startswith("Checking ")]
    wrong = [line for line in lines if not line.endswith("✅") and not line.startswith(NEED_TLS)]
    assert len(lines) == 10 and wrong == [], done.stdout + done.stderr
