"""blocks.py - what is printed when a run begins and when it ends."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from barograph import _core
from barograph.terminal import number, short_path, sparkline, table


def start_block(run: Any) -> str:
    """One or two lines: what it is called, and where it can be seen."""
    if run.offline:
        return f"recording run {run.id} offline; `barograph sync {short_path(run.sync_dir)}` sends it later"
    what = "resuming" if run.resumed else "recording"
    problem = run._core.get(_core.PROBLEM)
    if run.url is None:
        why = problem or "the server has not answered yet"
        return (
            f"{what} run {run.name or run.id}\n{why}; all is kept in {short_path(run.sync_dir)} and sent when the server "
            f"answers, or by `barograph sync {short_path(run.sync_dir)}`"
        )
    return f"{what} run {run.name or run.id}\nsee it at {run.url}"


def finish_block(run: Any, history: Mapping[str, Sequence[float]], exit_code: int) -> str:
    """History as rows of bars, the summary, how it ended, and where it all is."""
    settings = run._settings
    lines = []
    # One value is no course.
    drawn = sorted(name for name, values in history.items() if not name.startswith("_") and len(values) > 1)[: settings.max_end_of_run_history_metrics]
    if drawn:
        lines += ["history", table((name, sparkline(history[name])) for name in drawn)]
    summary = run.summary.as_dict()
    scalars = {
        name: value
        for name, value in summary.items()
        if not name.startswith("_") and isinstance(value, (int, float, str, bool))
    }
    if scalars:
        shown = sorted(scalars)[: settings.max_end_of_run_summary_metrics]
        lines += ["summary", table((name, number(scalars[name])) for name in shown)]
        if len(scalars) > len(shown):
            lines.append(f"  and {len(scalars) - len(shown)} more")
    ended = f"failed with exit code {exit_code}" if exit_code else ""
    if run.offline:
        lines.append(f"{f'it {ended}; ' if ended else ''}`barograph sync {short_path(run.sync_dir)}` sends this run")
    elif run.url:
        lines.append(f"run {run.name or run.id} {f'{ended} and ' if ended else ''}is at {run.url}")
    return "\n".join(lines)
