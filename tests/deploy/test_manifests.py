"""What is deployed with the server says true things: names of options, addresses, users, metrics."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

PACKAGING = Path(__file__).parent.parent.parent / "packaging"
KUBERNETES = PACKAGING / "kubernetes"
MONITORING = PACKAGING / "monitoring"
METRIC = re.compile(r"\b(?:barograph|process)_[a-z0-9_]+")


@pytest.fixture(scope="module")
def options(binary) -> set[str]:
    """The variables that the server knows."""
    text = subprocess.run([binary, "help", "server"], capture_output=True, text=True, check=True).stdout
    return {f"BAROGRAPH_{name.upper().replace('-', '_')}" for name in re.findall(r"^  --([a-z-]+)", text, re.MULTILINE)}


def needs(program: str):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


# ---- names of options ----


@pytest.mark.parametrize(
    "path",
    ["systemd/barograph.service", "systemd/barograph.env", "container/Containerfile", "kubernetes/barograph.yaml"],
)
def test_variables__are_ones_that_the_server_knows(options, path):
    named = set(re.findall(r"\bBAROGRAPH_[A-Z_]+(?==|:|,)", (PACKAGING / path).read_text()))
    assert named and named - {"BAROGRAPH_NAME"} <= options


def test_options_of_the_proxies__are_ones_that_the_server_knows(options):
    for path in (PACKAGING / "proxies").iterdir():
        named = re.findall(r"--([a-z]+(?:-[a-z]+)*)", path.read_text())
        assert named and {f"BAROGRAPH_{name.upper().replace('-', '_')}" for name in named} <= options


# ---- systemd ----


@needs("systemd-analyze")
def test_the_unit__is_one_and_exposes_little(tmp_path, binary):
    unit = (PACKAGING / "systemd/barograph.service").read_text()
    here = tmp_path / "barograph.service"
    here.write_text(unit.replace("/usr/bin/barograph", str(binary)).replace("Documentation=man:barograph(1)\n", ""))
    verified = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True)
    assert (verified.returncode, [line for line in verified.stderr.splitlines() if "barograph.service" in line]) == (0, [])
    # In tenths: 1.2 was reached; a line that is lost costs 0.1 or more.
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=12", "--no-pager", here]
    looked = subprocess.run(command, capture_output=True, text=True)
    assert looked.returncode == 0, looked.stdout[-300:]


# ---- Kubernetes ----


def documents(name: str = "barograph.yaml") -> list[dict]:
    return list(yaml.safe_load_all((KUBERNETES / name).read_text()))


@pytest.mark.parametrize("name", ["barograph.yaml", "secret.example.yaml"])
def test_manifests__are_valid(name):
    for document in documents(name):
        kubernetes_validate.validate(document, "1.33", strict=True)


def test_manifests__fit_together():
    by_kind = {(each["kind"], each["metadata"]["name"]): each for each in documents()}
    pod = by_kind["Deployment", "barograph"]["spec"]["template"]
    container = pod["spec"]["containers"][0]
    labels = pod["metadata"]["labels"]
    assert by_kind["Deployment", "barograph"]["spec"]["selector"]["matchLabels"] == labels
    assert by_kind["Service", "barograph"]["spec"]["selector"] == labels
    assert by_kind["PodDisruptionBudget", "barograph"]["spec"]["selector"]["matchLabels"] == labels
    assert by_kind["PodDisruptionBudget", "barograph"]["spec"]["minAvailable"] < by_kind["Deployment", "barograph"]["spec"]["replicas"]
    secret = documents("secret.example.yaml")[0]["stringData"]
    asked = {each["valueFrom"]["secretKeyRef"]["key"] for each in container["env"] if "valueFrom" in each}
    assert asked == set(secret)
    assert str(pod["spec"]["securityContext"]["runAsUser"]) in (PACKAGING / "container/Containerfile").read_text()
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    for path in by_kind["Ingress", "barograph"]["spec"]["rules"][0]["http"]["paths"]:
        assert ("Service", path["backend"]["service"]["name"]) in by_kind


def test_probes__are_answered(make_server):
    """By the address of the pod, as kubelet asks."""
    server = make_server()
    container = next(each for each in documents() if each["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert server.request("GET", container[probe]["httpGet"]["path"], key=None).status_code == 200


# ---- containers ----


def test_the_health_check__tells_ready_from_not(make_server):
    server = make_server()
    check = [PACKAGING / "container/healthy", server.listen.split(":")[1]]
    assert subprocess.run(check, timeout=10).returncode == 0
    server.stop()
    assert subprocess.run(check, capture_output=True, timeout=10).returncode != 0


# ---- monitoring ----


def names_in(expressions) -> set[str]:
    return {re.sub(r"_(bucket|sum|count)$", "", name) for each in expressions for name in METRIC.findall(each)}


@pytest.fixture(scope="module")
def exported(server) -> set[str]:
    for _ in range(2):
        text = server.request("GET", "/metrics", key=None).text
    return set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))


def test_alerts__speak_of_metrics_that_are_exported(exported):
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    named = names_in(rule["expr"] for rule in rules)
    assert len(named) >= 7 and named <= exported
    documented = (PACKAGING.parent / "docs/operations.md").read_text()
    assert all(rule["alert"] in documented for rule in rules)


def test_the_dashboard__shows_every_metric_that_is_exported(exported):
    written = subprocess.run(["python3", MONITORING / "dashboard.py"], capture_output=True, text=True, check=True).stdout
    assert written == (MONITORING / "grafana.json").read_text(), "dashboard.py >grafana.json was forgotten"
    panels = json.loads(written)["panels"]
    named = names_in(target["expr"] for panel in panels for target in panel["targets"])
    assert named == exported
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(panels)


@needs("promtool")
def test_alerts__are_raised_when_they_should_be(exported, server, tmp_path):
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"], ["check", "config", "prometheus.yml"]):
        done = subprocess.run(["promtool", *command], cwd=MONITORING, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    metrics = server.request("GET", "/metrics", key=None).text
    checked = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs("promtool")
def test_expressions_of_the_dashboard__are_prometheus_own(tmp_path):
    """As rules, with Grafana's variables filled in, because promtool reads rules."""
    panels = json.loads((MONITORING / "grafana.json").read_text())["panels"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    filled = [each.replace("$__rate_interval", "5m").replace("$job", "barograph").replace("$instance", ".*") for each in expressions]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(filled)]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
