"""common.py - what integrations share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from barograph.run import Run

LESS_IS_BETTER = frozenset(
    "rmse rmsle mae mape mphe logloss error error@t merror l1 l2 huber fair poisson gamma binary_logloss".split()
)
MORE_IS_BETTER = frozenset("auc aucpr ndcg map ndcg@n map@n average_precision".split())


def current_run(who: str) -> Run:
    """The run to log to; an error that says what to do when there is none."""
    import barograph

    if barograph.run is None:
        raise barograph.Error(f"call barograph.init() before {who}")
    return barograph.run


def define_best(run: Run, key: str, metric: str) -> None:
    """The summary keeps the best value of metrics whose direction is known."""
    name = metric.lower()
    if "loss" in name or name in LESS_IS_BETTER:
        run.define_metric(key, summary="min")
    elif name in MORE_IS_BETTER:
        run.define_metric(key, summary="max")


def importance_chart(rows: list[list[Any]]) -> Any:
    """A bar for each feature."""
    from barograph.data_types import Table
    from barograph.plot import bar

    return bar(Table(columns=["Feature", "Importance"], data=rows), "Feature", "Importance", title="Feature Importance")
