"""jobs.py - a run that leaves a job behind: the code it ran, and what is needed to run it again."""

import pathlib
import subprocess

import task
import wandb

given = task.parameters()
pathlib.Path("requirements.txt").write_text("numpy\n")
settings = wandb.Settings(disable_job_creation=False, save_code=True, program_relpath="train.py", program_abspath=str(pathlib.Path("train.py").resolve()))
pathlib.Path("train.py").write_text("print('trained')\n")
with wandb.init(project="jobs", id="made", config={"rate": 0.1}, settings=settings) as run:
    run.log_code(".")
    run.log({"loss": 1})

api = wandb.Api()
run = api.run(f"{given.entity}/jobs/made")
result = {"made": sorted({each.type for each in run.logged_artifacts()})}


def listed():
    versions = [edge["node"] for page in api.list_jobs(given.entity, "jobs") for edge in page["edges"]]
    return sorted({version["artifactSequence"]["name"] for version in versions})


def look_at(name):
    """What a job says that is read back."""
    job = api.job(f"{given.entity}/jobs/{name}:latest", path=f"job-{name}")
    kind = job._job_info["source_type"]
    code = job._get_code_artifact(job._job_info["source"]["artifact"]) if kind == "artifact" else None
    return {"kind": kind, "entrypoint": job._entrypoint, "code": sorted(code.manifest.entries) if code else None}


result["after_run"] = listed()
result["of_run"] = look_at(result["after_run"][0])
made = subprocess.run(["wandb", "job", "create", "-p", "jobs", "-e", given.entity, "-n", "by-hand", "-E", "python train.py", "-a", "good",
                       "-r", "3.11", "code", "."], capture_output=True, text=True)  # fmt: skip
result["by_hand"] = [made.returncode, made.stdout + made.stderr]
result["after_both"] = listed()
result["of_hand"] = look_at("by-hand")
shown = subprocess.run(["wandb", "job", "list", "-p", "jobs", "-e", given.entity], capture_output=True, text=True)
result["shown"] = shown.stdout + shown.stderr
task.answer(result)
