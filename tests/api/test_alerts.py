"""Alerts of runs: to a real webhook and a real mailbox, as heavy as asked for, not too often."""

from __future__ import annotations

import itertools
import json
import subprocess

import pytest

from tests.conftest import User
from tests.support.protocol import RunUnderTest
from tests.support.receiver import Mailbox, Webhook, wait_until
from tests.support.server import GraphQLError

ALERT = """mutation($input: NotifyScriptableRunAlertInput!) { notifyScriptableRunAlert(input: $input) { success } }"""
INTEGRATION = """mutation($input: CreateGenericWebhookIntegrationInput!) { createGenericWebhookIntegration(input: $input) {
    integration { ... on GenericWebhookIntegration { id } } } }"""
OWN = "mutation($input: UpdateAlertSettingInput!) { updateAlertSetting(input: $input) { setting { wantsEmail leastSeverity } } }"
PROJECT = """mutation($input: UpdateProjectAlertSettingInput!) { updateProjectAlertSetting(input: $input) { setting {
    leastSeverity integration { ... on GenericWebhookIntegration { name } } } } }"""
LOG = """{ project(name: "p") { deliveries { edges { node { kind subject state target error } } }
    run(name: "r") { alerts { title text severity } } } }"""

_count = itertools.count(1)


class Bench:
    def __init__(self, server):
        self.server, name = server, f"alert{next(_count)}"
        self.address = f"{name}@example.com"
        self.user = User(server, name, "--email", self.address)
        self.run = RunUnderTest(self.user, "p", "r")

    def alert(self, title="Loss is up", text="It is 3.", **values):
        given = {"entityName": self.user.name, "projectName": "p", "runName": "r", "title": title, "text": text, **values}
        return self.user.graphql(ALERT, {"input": given})["notifyScriptableRunAlert"]["success"]

    def use_webhook(self, url, least=None):
        given = {"entityName": self.user.name, "name": "hook", "urlEndpoint": url}
        made = self.user.graphql(INTEGRATION, {"input": given})["createGenericWebhookIntegration"]["integration"]
        given = {"entityName": self.user.name, "projectName": "p", "integrationID": made["id"]}
        return self.user.graphql(PROJECT, {"input": {**given, **({"leastSeverity": least} if least else {})}})["updateProjectAlertSetting"]

    def log(self):
        return [edge["node"] for edge in self.user.graphql(LOG)["project"]["deliveries"]["edges"]]

    def alerts(self):
        return self.user.graphql(LOG)["project"]["run"]["alerts"]


@pytest.fixture(scope="module")
def mailbox():
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture(scope="module")
def lab(binary, tmp_path_factory, mailbox):
    from tests.support.server import Server

    options = ("--webhook-networks", "127.0.0.1", "--smtp", f"smtp://127.0.0.1:{mailbox.port}", "--smtp-from", "barograph@example.com",
               "--public-url", "https://baro.example.com")  # fmt: skip
    server = Server(binary, tmp_path_factory.mktemp("alerts") / "data", options)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bench(lab, mailbox):
    mailbox.mails.clear()
    return Bench(lab)


def test_alert__reaches_the_webhook_and_the_persons_mail(bench, mailbox):
    hook = Webhook()
    assert bench.use_webhook(hook.url)["setting"] == {"leastSeverity": "INFO", "integration": {"name": "hook"}}
    assert bench.alert(severity="WARN")
    body = json.loads(hook.wait_for(1)[0][2])
    assert (body["title"], body["text"], body["severity"], body["run_id"]) == ("Loss is up", "It is 3.", "WARN", "r")
    assert body["run_url"] == f"https://baro.example.com/{bench.user.name}/p/runs/r"
    wait_until(lambda: mailbox.mails)
    receivers, sender, _ = mailbox.mails[0]
    mail = mailbox.parsed()
    assert (receivers, sender) == ([bench.address], "barograph@example.com")
    assert mail["Subject"] == "[WARN] Loss is up" and mail["To"] == bench.address
    assert "It is 3." in mail.get_content() and body["run_url"] in mail.get_content()
    wait_until(lambda: [each["state"] for each in bench.log()] == ["SENT", "SENT"])
    assert {each["target"] for each in bench.log()} == {hook.url, bench.address}
    hook.close()


def test_title__cannot_put_lines_into_a_mails_head(bench, mailbox):
    bench.alert(title="Über\r\nBcc: evil@example.com\r\n\r\nhello", text=".\r\n.\nQUIT\r\nend é")
    wait_until(lambda: mailbox.mails)
    receivers, _, raw = mailbox.mails[0]
    mail = mailbox.parsed()
    assert receivers == [bench.address] and mail["Bcc"] is None
    assert b"evil" not in raw and "evil" in mail["Subject"]
    assert "QUIT" in mail.get_content() and "end é" in mail.get_content()


def test_same_title__waits(bench, mailbox):
    bench.alert(waitDuration=60000)
    bench.alert(waitDuration=60000)
    bench.alert(title="Another", waitDuration=60000)
    bench.alert()
    wait_until(lambda: len(mailbox.mails) == 3)
    assert [each["title"] for each in bench.alerts()] == ["Loss is up", "Another", "Loss is up"]


def test_person__chooses_what_comes(bench, mailbox):
    def choose(**values):
        return bench.user.graphql(OWN, {"input": values})["updateAlertSetting"]["setting"]

    assert choose(leastSeverity="ERROR") == {"wantsEmail": True, "leastSeverity": "ERROR"}
    bench.alert(severity="WARN", title="too light")
    assert choose(projectName="p", leastSeverity="INFO") == {"wantsEmail": True, "leastSeverity": "INFO"}
    bench.alert(severity="INFO", title="light enough here")
    wait_until(lambda: mailbox.mails)
    assert choose(projectName="p", wantsEmail=False)["wantsEmail"] is False
    bench.alert(severity="ERROR", title="not wanted")
    assert [each["subject"] for each in bench.log()] == ["[INFO] light enough here"]
    assert len(bench.alerts()) == 3


def test_project__chooses_what_its_webhook_gets(bench):
    hook = Webhook()
    bench.use_webhook(hook.url, least="ERROR")
    bench.alert(severity="WARN")
    bench.alert(severity="ERROR", title="heavy")
    assert json.loads(hook.wait_for(1)[0][2])["title"] == "heavy"
    given = {"entityName": bench.user.name, "projectName": "p", "integrationID": None}
    assert bench.user.graphql(PROJECT, {"input": given})["updateProjectAlertSetting"]["setting"]["integration"] is None
    bench.alert(severity="ERROR", title="heavier")
    assert len([each for each in bench.log() if each["target"] == hook.url]) == 1
    hook.close()


def test_mail_server__with_tls_and_a_password(binary, tmp_path, make_server):
    import ssl

    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    mailbox = Mailbox(user="me@example.com", password="p@ss:word", tls=context)
    url = tmp_path / "smtp.url"
    url.write_text(f"smtp://me%40example.com:p%40ss%3Aword@127.0.0.1:{mailbox.port}\n")
    options = ("--smtp-file", str(url), "--smtp-from", "b@example.com")
    trusting = Bench(make_server(*options, env={"SSL_CERT_FILE": str(cert)}))
    trusting.alert()
    wait_until(lambda: mailbox.mails or trusting.log()[0]["error"])
    assert mailbox.mails and mailbox.log_ins == [("me@example.com", "p@ss:word")], trusting.log()
    mailbox.log_ins.clear()
    careful = Bench(make_server(*options))
    careful.alert()
    wait_until(lambda: careful.log()[0]["error"])
    assert mailbox.log_ins == [] and len(mailbox.mails) == 1
    mailbox.close()


@pytest.mark.parametrize(("smtp", "sender"), [("http://x", "a@b.c"), ("smtp://", "a@b.c"), ("smtp://host", "nobody"), ("smtp://h", "a@b\nc")])
def test_bad_mail_server__is_refused_at_the_start(binary, tmp_path, smtp, sender):
    done = subprocess.run([binary, "server", "--data", tmp_path / "d", "--listen", "127.0.0.1:0", "--smtp", smtp, "--smtp-from", sender],
                          capture_output=True, text=True, timeout=20)  # fmt: skip
    assert done.returncode != 0 and "--smtp" in done.stderr


def test_settings__of_others_are_not_changed(bench, lab):
    stranger = User(lab, f"alert{next(_count)}")
    given = {"entityName": bench.user.name, "projectName": "p", "leastSeverity": "ERROR"}
    for mutation in (PROJECT, OWN):
        with pytest.raises(GraphQLError) as caught:
            stranger.graphql(mutation, {"input": given})
        assert caught.value.code == "NOT_FOUND"


NOTICES = """{ viewer { notifications(first: 10) { id kind level title text entityName projectName runName } } }"""


def test_notifications_are_of_ones_own_runs_and_teams_and_of_nobody_elses(lab):
    bench, stranger = Bench(lab), User(lab, "stranger")
    bench.alert(title="One", severity="WARN")
    bench.alert(title="Two", text="<b>" + "x" * 3000)
    two, one = bench.user.graphql(NOTICES)["viewer"]["notifications"]
    assert (one["title"], one["kind"], one["level"], one["runName"]) == ("One", "alert", "WARN", "r")
    assert (two["title"], two["entityName"], two["projectName"]) == ("Two", bench.user.name, "p")
    assert len(two["text"]) == 2000 and two["text"].startswith("<b>x")
    assert stranger.graphql(NOTICES)["viewer"]["notifications"] == []
    others = f'{{ project(name: "p", entityName: "{bench.user.name}") {{ user {{ notifications {{ id }} }} }} }}'
    assert lab.graphql(others)["project"]["user"]["notifications"] == []
