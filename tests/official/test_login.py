"""`wandb login` with a good key and a bad one, and what a run with a bad key is told."""

from __future__ import annotations

import pytest


def log_in(client):
    host = ("--host", client.server.base_url)
    clean = {"WANDB_API_KEY": None, "WANDB_BASE_URL": None}
    key = client.env["WANDB_API_KEY"]
    good = client.wandb("login", "--relogin", "--verify", *host, key, env=clean)
    netrc = (client.home / ".netrc").read_text() if (client.home / ".netrc").exists() else ""
    bad = client.wandb("login", "--relogin", "--verify", *host, "b" * 40, env=clean)
    run = client.start("steady", env={"WANDB_API_KEY": "b" * 40}, project="login", run="x", resume=None, count=1, pause_s=0, wait_s=0)
    run.wait(status=None)
    return {
        "good": (good.returncode, good.stdout + good.stderr),
        "bad": (bad.returncode, bad.stdout + bad.stderr),
        "netrc": netrc,
        "key": key,
        "run": (run.process.returncode, run.text),
    }


@pytest.fixture
def tried(lab, age) -> dict:
    return lab.outcome(age, log_in)


def test_login__accepts_a_good_key_and_keeps_it(tried):
    status, output = tried["good"]
    assert status == 0, output
    assert tried["key"] in tried["netrc"]


def test_login__refuses_a_bad_key_and_says_why(tried):
    status, output = tried["bad"]
    assert status != 0, output
    assert "the API key is not known to this server" in output


def test_run__with_a_bad_key_ends_at_once_and_says_why(tried):
    status, output = tried["run"]
    assert status not in (0, None), output
    assert "the API key is not known to this server" in output or "API key you provided is either invalid" in output
