"""test_sync.py - barograph sync: logs of both clients, with their files and artifacts. Those still written: test_follow.py."""

from __future__ import annotations

import subprocess
import urllib.request

from tests.official.client import venv_of
from tests.python.support import files_of, read_run

def test_the_official_clients_offline_artifacts_are_sent(scripts, user):
    code = """
import wandb, os
os.makedirs("data")
for i in range(20):
    open(f"data/{i}.txt", "w").write(str(i) * 100)
with wandb.init(project="p", id="arts", mode="offline") as run:
    artifact = wandb.Artifact("set", type="dataset", metadata={"k": 1})
    artifact.add_dir("data")
    run.log_artifact(artifact, aliases=["best"])
    run.log({"table": wandb.Table(columns=["a"], data=[[1], [2]])})
    run.alert("title", "text")
"""
    process = scripts.start_official(code)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    done = user.server.run_cli("sync", str(scripts.folder / "wandb"), key=user.key)
    assert done.returncode == 0, done.stderr
    assert read_run(user, "p", "arts")["state"] == "finished"
    output = scripts.run("""
        import barograph
        artifact = barograph.Api().artifact("p/set:best")
        folder = artifact.download("back")
        print(artifact.version, artifact.metadata, len(artifact.manifest.entries), open(f"{folder}/7.txt").read() == "7" * 100)
        """)
    assert output.strip() == "v0 {'k': 1} 20 True"


def test_our_offline_artifacts_are_sent_by_either(scripts, user):
    code = """
        import barograph, os, pathlib
        os.makedirs("data", exist_ok=True)
        pathlib.Path("data/a.bin").write_bytes(bytes(range(256)) * 1000)
        with barograph.init(project="p", id="{id}", mode="offline") as run:
            artifact = barograph.Artifact("set-{id}", type="dataset")
            artifact.add_dir("data")
            run.log_artifact(artifact)
            run.log({"i": 1})
        """
    for name in ("ours", "theirs"):
        scripts.run(code.replace("{id}", name))
    ours, theirs = sorted(scripts.logs(), key=lambda log: log.name)
    done = user.server.run_cli("sync", str(ours.parent), key=user.key)
    assert done.returncode == 0, done.stderr
    env = {**scripts.env, "WANDB_BASE_URL": user.server.base_url, "WANDB_API_KEY": user.key}
    done = subprocess.run([venv_of("0.31.0") / "bin" / "wandb", "sync", theirs.parent], env=env, cwd=scripts.folder,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    output = scripts.run("""
        import barograph, pathlib
        for name in ("ours", "theirs"):
            artifact = barograph.Api().artifact(f"p/set-{name}:latest")
            folder = artifact.download(name)
            print(pathlib.Path(folder, "a.bin").read_bytes() == bytes(range(256)) * 1000)
        """)
    assert output.split() == ["True", "True"]


def test_a_repositorys_commit_and_change_are_kept(scripts, user):
    subprocess.run("git init -q . && git config user.email a@b && git config user.name n && echo one > f && git add f && "
                   "git commit -q -m m && git remote add origin https://user:secret@host/x.git && echo two > f",
                   shell=True, cwd=scripts.folder, check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=scripts.folder, capture_output=True, text=True).stdout.strip()
    scripts.run("import barograph; barograph.init(project='p', id='git').finish()")
    run = read_run(user, "p", "git")
    files = files_of(run)
    assert run["commit"] == commit
    with urllib.request.urlopen(files["diff.patch"]) as answer:
        assert "+two" in answer.read().decode()
    with urllib.request.urlopen(files["wandb-metadata.json"]) as answer:
        text = answer.read().decode()
        assert commit in text and "https://host/x.git" in text and "secret" not in text
