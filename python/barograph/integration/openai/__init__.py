"""openai - autolog(): each call of a model becomes a row of a table and what it used. Its fine-tuning is fine_tuning.py."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from barograph.data_types import Table
from barograph.integration.autolog import Autolog

if TYPE_CHECKING:
    from barograph.run import Run

METHODS = tuple(
    f"openai.resources.{place}.create"
    for place in (
        "chat.completions:Completions",
        "chat.completions:AsyncCompletions",
        "completions:Completions",
        "completions:AsyncCompletions",
        "responses:Responses",
        "responses:AsyncResponses",
    )
)
USAGE = ("elapsed_time", "prompt_tokens", "completion_tokens", "total_tokens")
COLUMNS = ["request", "response", "model", "start_time", "end_time", "request_id", "api_type", "session_id", *USAGE]


def log_call(run: Run, args: Sequence[Any], kwargs: Mapping[str, Any], answer: Any, seconds: float) -> None:
    """The table `stats` with a row for each choice, and usage/*. Streams are left to whoever reads them."""
    kind = getattr(answer, "object", None)
    if kind == "chat.completion":
        asked = _messages(kwargs["messages"])
        said = [_message(choice.message) for choice in answer.choices]
    elif kind == "text_completion":
        asked = _marked("Prompt", kwargs["prompt"])
        said = [_marked("Completion", choice.text) for choice in answer.choices]
    elif kind == "response":
        given = kwargs.get("input", "")
        asked = _marked("user", given) if isinstance(given, str) else _messages(given)
        said = [_marked("assistant", answer.output_text)]
    else:
        return
    used = {"elapsed_time": seconds, **_tokens(answer.usage)}
    begin = datetime.datetime.fromtimestamp(getattr(answer, "created", None) or answer.created_at)
    end = begin + datetime.timedelta(seconds=seconds)
    after = [answer.model, begin, end, answer.id, "openai", run.id, *(used[key] for key in USAGE)]
    stats = Table(columns=COLUMNS, data=[[asked, each, *after] for each in said])
    run.log({"stats": stats, **{f"usage/{key}": value for key, value in used.items()}})


def _marked(who: str, text: Any) -> str:
    return f"\n\n**{who}**: {text}\n"


def _messages(messages: Sequence[Any]) -> str:
    return "".join(map(_message, messages))


def _message(message: Any) -> str:
    """Of a dictionary, or of an object of the library; what calls a tool has no role or no text."""
    given = message if isinstance(message, Mapping) else vars(message)
    return _marked(given.get("role") or given.get("type") or "", given.get("content"))


def _tokens(usage: Any) -> dict[str, Any]:
    """Responses count input and output, the older kinds prompt and completion."""

    def counted(*names: str) -> Iterator[Any]:
        return (getattr(usage, name) for name in names if hasattr(usage, name))

    return {
        "prompt_tokens": next(counted("prompt_tokens", "input_tokens"), None),
        "completion_tokens": next(counted("completion_tokens", "output_tokens"), None),
        "total_tokens": next(counted("total_tokens"), None),
    }


class _Autolog(Autolog):
    def enable(self, init: Mapping[str, Any] | None = None) -> None:
        super().enable(init)
        for key in USAGE:
            if self._run is not None:
                self._run.define_metric(f"usage/{key}", step_metric="_timestamp")


autolog = _Autolog("openai", METHODS, log_call)
