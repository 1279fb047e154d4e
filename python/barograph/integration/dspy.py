"""dspy.py - WandbDSPyCallback: DSPy's evaluations, the programs that were evaluated, and the best of them."""

from __future__ import annotations

import os
from typing import Any, Iterator, Literal, Mapping, Sequence

import dspy

from barograph.artifacts import Artifact
from barograph.compat.names import termwarn
from barograph.data_types import Table
from barograph.integration.common import current_run
from barograph.run import Run

if int(dspy.__version__.partition(".")[0]) < 3:
    raise ImportError(f"DSPy 3 or newer is needed, this is {dspy.__version__}", name="dspy")


class WandbDSPyCallback(dspy.utils.BaseCallback):  # type: ignore[misc]
    """To be added to dspy.settings.callbacks: each evaluation is a step with its score, its program and its predictions.

    Args:
        log_results: logs a table of each evaluation's predictions.
        run: the run to log to; None: the current one.
    """

    def __init__(self, log_results: bool = True, run: Run | None = None) -> None:
        self.log_results = log_results
        self._run = run if run is not None else current_run("WandbDSPyCallback()")
        self._is_configured = False
        self._program: dict[str, Any] = {}
        self._programs: Table | None = None
        self._step = 0

    def on_evaluate_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """The first evaluator's settings are configuration; its data is not."""
        if not self._is_configured:
            settings = getattr(instance, "__dict__", {})
            self._run.config.update({key: value for key, value in settings.items() if key != "devset" and key[0] != "_"})
            self._is_configured = True
        if inputs.get("program") is not None:
            self._program = describe(inputs["program"])

    def on_evaluate_end(self, call_id: str, outputs: Any, exception: Exception | None = None) -> None:
        score = None
        if exception is not None:
            termwarn(f"an evaluation failed, its score is not logged: {exception}")
        elif not isinstance(outputs, dspy.evaluate.evaluate.EvaluationResult):
            termwarn(f"an evaluation answered no EvaluationResult but {type(outputs).__name__}: its score is not logged")
        else:
            score = float(outputs.score)
            self._run.log({"score": score}, step=self._step)
            if self.log_results and outputs.results:
                self._run.log({f"predictions_{self._step}": predictions(outputs.results)}, step=self._step)
        row = {"step": self._step, **self._program, "score": score}
        if self._programs is None:
            self._programs = Table(columns=list(row), log_mode="INCREMENTAL")
        # A later program may have other fields; the columns are the first one's.
        self._programs.add_data(*(row.get(column) for column in self._programs.columns))
        self._run.log({"program_signature": self._programs}, step=self._step)
        self._step += 1

    def log_best_model(
        self,
        model: Any,
        *,
        save_program: bool = True,
        save_dir: str | None = None,
        filetype: Literal["json", "pkl"] = "json",
        aliases: Sequence[str] = ("best", "latest"),
        artifact_name: str = "dspy-program",
    ) -> None:
        """Keeps a program as an artifact.

        Args:
            model: the program.
            save_program: keeps all of it; False: its state only.
            save_dir: the folder it is saved in; None: one in the run's.
            filetype: how the state is written.
            aliases: names of the version.
            artifact_name: what the artifact's name begins with; the run's id follows.
        """
        facts = {"dspy_version": dspy.__version__, "module_class": type(model).__name__, **describe(model)}
        artifact = Artifact(f"{artifact_name}-{self._run.id}", "model", metadata=facts)
        folder = os.path.normpath(save_dir or os.path.join(self._run.dir, "dspy_program"))
        os.makedirs(folder, exist_ok=True)
        if save_program:
            model.save(folder, save_program=True)
            artifact.add_dir(folder)
        else:
            path = os.path.join(folder, f"program.{filetype}")
            model.save(path, save_program=False)
            artifact.add_file(path)
        self._run.log_artifact(artifact, aliases=list(aliases))


def describe(program: Any) -> dict[str, Any]:
    """The signature of a program's first predictor, flat; empty when it has none."""
    parameters = (parameter for _, parameter in program.named_parameters())
    signature = next((each.signature for each in parameters if isinstance(each, dspy.Predict)), None)
    facts: dict[str, Any] = {}
    for name in ("signature", "instructions"):
        if getattr(signature, name, None):
            facts[name] = getattr(signature, name)
    for name in ("input_fields", "output_fields"):
        for field, what in (getattr(signature, name, None) or {}).items():
            facts[f"{name}.{field}"] = str(what)
    return facts


def predictions(results: Sequence[tuple[Any, Any, Any]]) -> Table:
    """A row for each example, with what was predicted and how good that is."""
    rows = []
    for example, prediction, is_correct in results:
        said = prediction.toDict() if hasattr(prediction, "toDict") else dict(prediction.items())
        rows.append(dict(_flat({"example": example.toDict(), "prediction": said, "is_correct": is_correct})))
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return Table(columns=columns, data=[[row.get(column) for column in columns] for row in rows], log_mode="IMMUTABLE")


def _flat(nested: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in nested.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
