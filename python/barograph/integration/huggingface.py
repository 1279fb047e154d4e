"""huggingface.py - autolog(): each call of a pipeline of transformers becomes a table of inputs and answers."""

from __future__ import annotations

import datetime
import os
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from barograph.data_types import Table
from barograph.integration.autolog import Autolog
from barograph.util import generate_id

if TYPE_CHECKING:
    from barograph.run import Run

COLUMNS = ["ID", "Model Alias", "Timestamp", "Elapsed Time", "Input", "Response", "Kwargs"]
TASKS = ("text-classification", "sentiment-analysis", "question-answering", "summarization", "text2text-generation", "text-generation")
# Their answers are lists that belong together.
RANKED = ("text-classification", "sentiment-analysis", "question-answering")

_latest_id: str | None = None


def log_call(run: Run, args: Sequence[Any], kwargs: Mapping[str, Any], answer: Any, seconds: float) -> None:
    """The table of one call, under the task's name or WANDB_AUTOLOG_TABLE_NAME; nothing for tasks without texts."""
    global _latest_id
    if len(args) < 2:
        return
    pipeline, asked = args[:2]
    task: str = pipeline.task
    if task not in TASKS and not task.startswith("translation"):
        return
    inputs = asked if isinstance(asked, list) else [asked]
    answers = answer if isinstance(answer, list) else [answer]
    if task == "question-answering":
        inputs = [getattr(each, "__dict__", each) for each in inputs]
    _latest_id = generate_id(16)
    model = getattr(pipeline.model, "model", pipeline.model)
    now = datetime.datetime.now(datetime.timezone.utc)
    before = [_latest_id, model.name_or_path, now, seconds]
    rows = [[*before, given, _single(task, said), dict(kwargs)] for given, said in zip(inputs, answers)]
    run.log({os.environ.get("WANDB_AUTOLOG_TABLE_NAME", task): Table(columns=COLUMNS, data=rows)})


def _single(task: str, answer: Any) -> Any:
    return answer[0] if isinstance(answer, list) and len(answer) == 1 and task not in RANKED else answer


class _Autolog(Autolog):
    def get_latest_id(self) -> str | None:
        """The ID of the last call's rows."""
        return _latest_id


autolog = _Autolog("transformers", ("transformers:Pipeline.__call__",), log_call)
