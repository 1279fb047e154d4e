"""console_logs.py - what a run printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator

_PAGE = """query RunConsoleLogPage($entity: String!, $project: String!, $name: String!, $first: Int, $last: Int,
  $after: String) {
  project(name: $project, entityName: $entity) { run(name: $name) { logLineCount
    logLines(first: $first, last: $last, after: $after, useImprovedPagination: true) {
      edges { node { number timestamp level label line } } pageInfo { endCursor hasNextPage } }
  } }
}"""


@dataclass(frozen=True)
class ConsoleLogLine:
    """A line: its number, when and by whom it was printed, "error" as level when it went to standard error."""

    number: int
    timestamp: str | None
    level: str
    label: str
    content: str


class ConsoleLogs:
    """The lines in order, fetched as they are looked at."""

    def __init__(self, client: Any, run: Any, per_page: int = 1000, last: int | None = None) -> None:
        self.run = run
        self.per_page = per_page
        self.last = last

    def __iter__(self) -> Iterator[ConsoleLogLine]:
        sizes = {"last": self.last} if self.last is not None else {"first": self.per_page}
        after = None
        while True:
            page = self.run._ask(_PAGE, after=after, **sizes)["logLines"]
            for edge in page["edges"]:
                node = edge["node"]
                yield ConsoleLogLine(
                    int(node["number"] or 0),
                    node["timestamp"],
                    node["level"] or "",
                    node["label"] or "",
                    node["line"] or "",
                )
            info = page["pageInfo"]
            if self.last is not None or not info["hasNextPage"]:
                return
            after = info["endCursor"]

    def __repr__(self) -> str:
        return f"<ConsoleLogs {'/'.join(self.run.path)}>"
