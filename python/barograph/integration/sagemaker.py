"""sagemaker.py - what a SageMaker job is given of the machine that starts it, and what it knows of itself."""

from __future__ import annotations

import json
import os
import secrets
import socket
from typing import Any, Mapping

from barograph.errors import UsageError
from barograph.settings import Settings

PARAMETERS = "/opt/ml/input/config/hyperparameters.json"
SECRETS = "secrets.env"
KEY = "WANDB_API_KEY"


def sagemaker_auth(overrides: Mapping[str, Any] | None = None, path: str = ".", api_key: str | None = None) -> None:
    """Writes secrets.env, which goes to the job with its source: the API key, the server's address, and what else is given.

    Args:
        overrides: environment variables for the job.
        path: the folder of the job's source.
        api_key: instead of the one that is used here.
    """
    settings = Settings().filled()
    variables = {"WANDB_BASE_URL": settings.base_url, **(overrides or {})}
    key = variables.pop(KEY, None) or api_key or settings.api_key
    if not key:
        raise UsageError(f"there is no API key for {settings.base_url}: set {KEY}, or call barograph.login()")
    text = "".join(f"{name}={value}\n" for name, value in {**variables, KEY: key}.items())
    # Made anew, so that nobody who had the old one open reads the key.
    place = os.path.join(path, SECRETS)
    if os.path.exists(place):
        os.unlink(place)
    with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def is_using_sagemaker() -> bool:
    """Whether this is a SageMaker job."""
    return os.path.exists(PARAMETERS) or "SM_TRAINING_ENV" in os.environ


def parse_sm_secrets() -> dict[str, str]:
    """What sagemaker_auth wrote."""
    if not os.path.exists(SECRETS):
        return {}
    with open(SECRETS, encoding="utf-8") as file:
        pairs = (line.strip().partition("=") for line in file if "=" in line)
        return {name: value for name, _, value in pairs}


def of_the_job() -> dict[str, str]:
    """Variables that hold in a job: what sagemaker_auth wrote, and a run's id and group by the job's name."""
    found, job = parse_sm_secrets(), os.environ.get("TRAINING_JOB_NAME")
    if job:
        # Of several machines each has a run, and one that is started again has another.
        host = os.environ.get("CURRENT_HOST") or socket.gethostname()
        found.update(WANDB_RUN_ID=f"{job}-{secrets.token_hex(3)}-{host}", WANDB_RUN_GROUP=job)
    return found


def parse_sm_config() -> dict[str, Any]:
    """The job's hyperparameters, numbers as numbers, and what SageMaker says of it."""
    found: dict[str, Any] = {}
    if os.path.exists(PARAMETERS):
        found["sagemaker_training_job_name"] = os.environ.get("TRAINING_JOB_NAME")
        with open(PARAMETERS, encoding="utf-8") as file:
            found.update({name: _plain(value) for name, value in json.load(file).items()})
    try:
        found.update(json.loads(os.environ.get("SM_TRAINING_ENV") or "{}"))
    except ValueError:
        pass  # not ours to judge
    return found


def _plain(text: Any) -> Any:
    """Searches for hyperparameters quote them."""
    bare = str(text).strip('"')
    for kind in (int, float):
        try:
            return kind(bare)
        except ValueError:
            continue
    return bare
