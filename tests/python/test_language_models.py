"""test_language_models.py - what is logged of language models: calls and fine-tunings of openai, evaluations of DSPy.

The library of OpenAI is the real one; its service is a small server here, that answers as theirs does.
"""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.python.peers import comparable

JOB = {
    "id": "ftjob-1", "object": "fine_tuning.job", "created_at": 1700000000, "finished_at": 1700000600, "error": None,
    "fine_tuned_model": "ft:tiny", "hyperparameters": {"n_epochs": 2, "batch_size": 1, "learning_rate_multiplier": 2.0},
    "model": "tiny", "organization_id": "org-1", "result_files": ["file-results"], "seed": 7, "status": "succeeded",
    "trained_tokens": 42, "training_file": "file-train", "validation_file": "file-gone",
}  # fmt: skip
RESULTS = "step,train_loss,valid_loss\n1,0.5,\n2,0.25,0.75\n"
CONVERSATION = {"messages": [{"role": role, "content": f"{role}'s"} for role in ("system", "user", "assistant")]}
FILES = {
    "file-results": base64.b64encode(RESULTS.encode()),
    "file-train": (json.dumps(CONVERSATION) + "\n").encode() * 3,
}
USED = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
CHAT = {
    "id": "chat-1", "object": "chat.completion", "created": 1700000000, "model": "tiny", "usage": USED,
    "choices": [{"index": n, "finish_reason": "stop", "message": {"role": "assistant", "content": text}} for n, text in enumerate(("yes", "no"))],
}  # fmt: skip
RESPONSE = {
    "id": "resp-1", "object": "response", "created_at": 1700000000, "model": "tiny", "parallel_tool_calls": False, "tools": [],
    "tool_choice": "auto", "usage": {"input_tokens": 6, "output_tokens": 1, "total_tokens": 7},
    "output": [{"type": "message", "id": "m", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "maybe", "annotations": []}]}],
}  # fmt: skip


class Service(BaseHTTPRequestHandler):
    """What of OpenAI's service is asked."""

    def answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        parts = self.path.partition("?")[0].split("/")
        if parts[-1] == "content" and parts[-2] in FILES:
            self.answer(200, FILES[parts[-2]])
        elif parts[-1] == "jobs":
            jobs = [{**JOB, "id": "ftjob-2", "status": "failed", "created_at": 1700000001}, JOB]
            self.answer(200, json.dumps({"object": "list", "data": jobs, "has_more": False}).encode())
        elif parts[-1] == JOB["id"]:
            self.answer(200, json.dumps(JOB).encode())
        else:
            self.answer(404, b'{"error": {"message": "not there"}}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, json.dumps(RESPONSE if self.path.endswith("responses") else CHAT).encode())

    def log_message(self, *unused: object) -> None:
        return None


@pytest.fixture(scope="module")
def service():
    """How the library finds it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1", "OPENAI_API_KEY": "k"}
        server.shutdown()


FINE_TUNING = """
import wandb
from wandb.integration.openai.fine_tuning import WandbLogger
WandbLogger.sync(fine_tune_job_id="ftjob-1", project=PROJECT)
WandbLogger.sync(fine_tune_job_id="ftjob-1", project=PROJECT)
api = wandb.Api()
print(api.default_entity + "/" + PROJECT + "/ftjob-1")
"""


def test_a_fine_tuning_is_a_run_with_its_data(peers, service):
    paths = [
        peers.run(f"PROJECT = 'tuned-{name}'\n{FINE_TUNING}", name == "ours", **service).split()[-1] for name in ("official", "ours")
    ]
    official, ours = peers.read(*paths)
    assert comparable(ours["history"], "") == comparable(official["history"], "")
    assert comparable(ours["summary"], "") == comparable(official["summary"], "")
    assert ours["summary"]["status"] == "succeeded" and ours["summary"]["valid_loss"] == 0.75
    assert [row["train_loss"] for row in ours["history"] if "train_loss" in row] == [0.5, 0.25]
    assert ours["config"] == official["config"]
    assert ours["config"]["n_train"] == 3 and ours["config"]["hyperparameters"]["n_epochs"] == 2
    for key in ("name", "type", "aliases"):
        assert [each[key] for each in ours["artifacts"]] == [each[key] for each in official["artifacts"]]
    assert ours["files"] == official["files"]


def test_of_all_fine_tunings_those_that_succeeded_are_logged_once(peers, service):
    told = peers.run("""
        import wandb
        from wandb.integration.openai.fine_tuning import WandbLogger
        print(WandbLogger.sync(project="all"))
        print(WandbLogger.sync(project="all"))
        print(WandbLogger.sync(project="all", num_fine_tunes=1, overwrite=True))
        print([run.id for run in wandb.Api().runs("all")])
        """, True, "all", **service)  # fmt: skip
    assert told.splitlines() == ["1 fine-tunings are logged", "None", "None", "['ftjob-1']"]


CALLS = """
import asyncio, json, openai, wandb
from wandb.integration.openai import autolog
run = wandb.init(project="calls")
autolog()
client = openai.OpenAI()
asked = [{"role": "user", "content": "is it?"}]
client.chat.completions.create(model="tiny", messages=asked, n=2)
assert client.responses.create(model="tiny", input="is it?").output_text == "maybe"
async def later():
    return await openai.AsyncOpenAI().chat.completions.create(model="tiny", messages=asked)
assert asyncio.run(later()).choices[0].message.content == "yes"
autolog.disable()
client.responses.create(model="tiny", input="unseen")
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


def test_calls_of_a_model_are_rows_and_what_they_used(peers, service):
    (run,) = peers.read(peers.run(CALLS, True, "calls", **service).split()[-1])
    rows = [row for row in run["history"] if "stats" in row]
    assert [(row["stats"]["nrows"], row["stats"]["ncols"]) for row in rows] == [(2, 12), (1, 12), (2, 12)]
    assert [row["usage/prompt_tokens"] for row in rows] == [3, 6, 3]
    assert all(row["usage/elapsed_time"] > 0 for row in rows)


DSPY = """
import json, sys, types

class Parts:
    def __init__(self, **parts):
        self.__dict__.update(parts)

    def toDict(self):
        return dict(vars(self))

class Predict:
    def __init__(self, instructions):
        self.signature = types.SimpleNamespace(signature="question -> answer", instructions=instructions,
            input_fields={"question": "a text"}, output_fields={"answer": "another"})

    def named_parameters(self):
        return [("self", self)]

    def save(self, path, save_program):
        path = path + "/whole.json" if save_program else path
        with open(path, "w") as file:
            json.dump(self.signature.instructions, file)

dspy = types.ModuleType("dspy")
dspy.__version__ = "3.4.1"
dspy.__spec__ = types.SimpleNamespace(name="dspy")
dspy.utils = types.SimpleNamespace(BaseCallback=object)
dspy.Predict, dspy.Module, dspy.Example = Predict, Predict, Parts
dspy.Prediction, dspy.Completions = type("Prediction", (Parts,), {}), type("Completions", (), {})
result = type("EvaluationResult", (dspy.Prediction,), {})
dspy.evaluate = types.SimpleNamespace(evaluate=types.SimpleNamespace(EvaluationResult=result))
sys.modules["dspy"] = dspy

import wandb
from wandb.integration.dspy import WandbDSPyCallback
run = wandb.init(project="dspy")
callback = WandbDSPyCallback()
evaluator = Parts(devset=["much"], metric=len, num_threads=2, _own="secret")
for step, score in enumerate((50.0, 75.0)):
    callback.on_evaluate_start("id", evaluator, {"program": Predict(f"answer {step}")})
    results = [(Parts(question=f"q{n}"), dspy.Prediction(answer="a", why={"deep": n}), n == 0) for n in range(2)]
    callback.on_evaluate_end("id", result(score=score, results=results))
callback.on_evaluate_end("id", None, ValueError("no model")) if OURS else None
callback.log_best_model(Predict("best"), save_dir="whole")
callback.log_best_model(Predict("best"), save_program=False, artifact_name="state", aliases=["only"])
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


def test_evaluations_of_dspy_are_steps_with_their_programs(peers):
    """DSPy itself brings some fifty packages; what it calls of a callback is called here with objects like its own."""
    paths = [peers.run(f"OURS = {is_ours}\n{DSPY}", is_ours).split()[-1] for is_ours in (False, True)]
    official, ours = ({**run, "history": comparable(run["history"], run["id"])} for run in peers.read(*paths))
    assert ours["history"][:2] == official["history"] and "score" not in ours["history"][2]
    assert [row["score"] for row in official["history"]] == [50.0, 75.0]
    assert ours["config"] == official["config"] and set(ours["config"]) == {"metric", "num_threads"}
    models = [
        [comparable({**each, "digest": ""}, run["id"]) for each in run["artifacts"] if each["type"] == "model"] for run in (official, ours)
    ]
    assert models[1] == models[0] and [list(each["entries"]) for each in models[1]] == [["whole.json"], ["program.json"]]
    tables = [sorted(digest for name, digest in run["files"].items() if "predictions_" in name) for run in (official, ours)]
    assert tables[1] == tables[0] and len(tables[1]) == 2
