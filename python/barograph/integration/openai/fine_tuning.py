"""fine_tuning.py - WandbLogger.sync(): the fine-tunings of a service become runs, with their metrics and their data."""

from __future__ import annotations

import base64
import binascii
import csv
import datetime
import io
import json
import re
import time
from typing import Any, Iterator

import openai

import barograph
from barograph.compat.names import termlog, termwarn
from barograph.data_types import Table

WAIT_S = 10.0
ROLES = ("system", "user", "assistant")
ENDED = ("succeeded", "failed", "cancelled")


class WandbLogger:
    """Logs fine-tunings; one that is a run already is left alone unless it is to be overwritten."""

    @classmethod
    def sync(
        cls,
        fine_tune_job_id: str | None = None,
        openai_client: Any = None,
        num_fine_tunes: int | None = None,
        project: str = "OpenAI-Fine-Tune",
        entity: str | None = None,
        overwrite: bool = False,
        wait_for_job_success: bool = True,
        log_datasets: bool = True,
        model_artifact_name: str = "model-metadata",
        model_artifact_type: str = "model",
        **kwargs_wandb_init: Any,
    ) -> str | None:
        """Logs each fine-tuning that succeeded to a run with its id, or to the current run, and ends that.

        Args:
            fine_tune_job_id: the one to log; None: all.
            openai_client: what asks the service; None: openai.OpenAI().
            num_fine_tunes: how many of the latest, when none is named.
            project: the project of the runs.
            entity: whose project it is.
            overwrite: logs again what is logged.
            wait_for_job_success: waits until a fine-tuning has ended.
            log_datasets: keeps the data it was trained and tested with.
            model_artifact_name: the artifact that says what the model is.
            model_artifact_type: its type.
            kwargs_wandb_init: more arguments of init().
        """
        client = openai_client or openai.OpenAI()
        if fine_tune_job_id is not None:
            jobs = [client.fine_tuning.jobs.retrieve(fine_tuning_job_id=fine_tune_job_id)]
        else:
            jobs = sorted(client.fine_tuning.jobs.list(), key=lambda job: job.created_at)
            jobs = jobs[max(0, len(jobs) - num_fine_tunes) :] if num_fine_tunes is not None else jobs
        where = f"{entity}/{project}" if entity else project
        count = 0
        for job in jobs:
            if not overwrite and _is_logged(f"{where}/{job.id}"):
                termwarn(f"fine-tuning {job.id} is logged already; overwrite=True logs it again")
                continue
            if wait_for_job_success:
                job = _ended(client, job)
            results = _results(client, job)
            if results is None:
                continue
            count += 1
            made = {"job_type": "fine-tune", "project": project, "entity": entity, "name": job.id, "id": job.id}
            run = barograph.run or barograph.init(**{**made, **kwargs_wandb_init})
            _log(run, job, results)
            if log_datasets:
                for file_id, prefix, kind in ((job.training_file, "train", "training"), (job.validation_file, "valid", "validation")):
                    if file_id:
                        _log_data(run, client, file_id, prefix, f"{kind}_files", where, overwrite)
            _log_model(run, job, model_artifact_name, model_artifact_type)
            run.summary["status"] = "succeeded"
            run.finish()
        if count == 0:
            termwarn("there is no new fine-tuning that succeeded")
            return None
        return f"{count} fine-tunings are logged"


def _found(what: str, path: str) -> Any:
    """A run or an artifact of the server; None when it is not there."""
    try:
        return getattr(barograph.Api(), what)(path)
    except (barograph.Error, ValueError):
        return None


def _is_logged(path: str) -> bool:
    run = _found("run", path)
    return run is not None and run.summary.get("status") == "succeeded"


def _ended(client: Any, job: Any) -> Any:
    if job.status not in ENDED:
        termlog(f"waiting for fine-tuning {job.id} to end; wait_for_job_success=False does not")
    while job.status not in ENDED:
        time.sleep(WAIT_S)
        job = client.fine_tuning.jobs.retrieve(fine_tuning_job_id=job.id)
    return job


def _results(client: Any, job: Any) -> str | None:
    """The metrics as CSV; None when there are none to log."""
    if job.status != "succeeded":
        termwarn(f"fine-tuning {job.id} is {job.status}: it is not logged")
        return None
    if not job.result_files:
        termwarn(f"fine-tuning {job.id} has no results: it is not logged")
        return None
    try:
        content: bytes = client.files.content(file_id=job.result_files[0]).read()
    except openai.NotFoundError:
        termwarn(f"the results of fine-tuning {job.id} are not there any more: it is not logged")
        return None
    try:
        content = base64.b64decode(b"".join(content.split()), validate=True)
    except binascii.Error:
        pass  # the service gave them as they are, in its first years
    return content.decode()


def _log(run: Any, job: Any, results: str) -> None:
    facts = job.model_dump(mode="json")
    facts["result_files"] = job.result_files[0]
    for key in ("created_at", "finished_at"):
        if facts.get(key):
            facts[key] = datetime.datetime.fromtimestamp(facts[key]).strftime("%Y-%m-%d %H:%M:%S")
    run.config.update(facts)
    for metrics in _rows(results):
        step = metrics.pop("step", None)
        run.log(metrics, step=None if step is None else int(step))
    if job.fine_tuned_model is not None:
        run.summary["fine_tuned_model"] = job.fine_tuned_model


def _rows(results: str) -> Iterator[dict[str, float]]:
    """Without what is not measured at each step."""
    for row in csv.DictReader(io.StringIO(results)):
        numbers = {key: float(value) for key, value in row.items() if value}
        yield {key: value for key, value in numbers.items() if value == value}


def _log_data(run: Any, client: Any, file_id: str, prefix: str, kind: str, where: str, overwrite: bool) -> None:
    """An input of the run: the file and a table of its conversations."""
    name = re.sub(r"[^a-zA-Z0-9_\-.]", "_", f"{prefix}-{file_id}")
    artifact = None if overwrite else _found("artifact", f"{where}/{name}:{file_id}")
    if artifact is not None:
        run.config.update({f"n_{prefix}": artifact.metadata.get("items")})
    else:
        try:
            content: bytes = client.files.content(file_id=file_id).read()
        except openai.NotFoundError:
            termwarn(f"file {file_id} is not there any more, or the key may not read it: it is not logged")
            return
        artifact = barograph.Artifact(name, kind)
        with artifact.new_file(file_id, mode="wb") as file:
            file.write(content)
        try:
            table = _conversations(content.decode())
        except (ValueError, KeyError, TypeError) as error:
            termwarn(f"file {file_id} is no list of conversations, so there is no table of it: {error}")
        else:
            artifact.add(table, file_id)
            artifact.metadata["items"] = len(table.data)
            run.log({f"{prefix}_data": table})
            run.config.update({f"n_{prefix}": len(table.data)})
    run.use_artifact(artifact, aliases=["latest", file_id])


def _conversations(lines: str) -> Table:
    """A column for each role; what a role says more than once is joined."""
    data = []
    for line in filter(str.strip, lines.split("\n")):
        messages = json.loads(line)["messages"]
        said = [[str(each.get("content") or "") for each in messages if each["role"] == role] for role in ROLES]
        data.append(["\n".join(each) for each in said])
    return Table(columns=[f"role: {role}" for role in ROLES], data=data)


def _log_model(run: Any, job: Any, name: str, kind: str) -> None:
    facts = job.model_dump(mode="json")
    artifact = barograph.Artifact(name, kind, metadata=facts)
    with artifact.new_file("model_metadata.json", mode="w", encoding="utf-8") as file:
        json.dump(facts, file, indent=2)
    run.log_artifact(artifact, aliases=["latest", job.id])
