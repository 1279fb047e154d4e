"""curves.py - how well a classifier does: precision and recall, ROC, confusion matrix. numpy is enough for them."""

from __future__ import annotations

import sys
from typing import Any, Sequence

from barograph.data_types.table import Table
from barograph.plot.custom_chart import CustomChart, plot_table
from barograph.util import need

_AREA = "wandb/area-under-curve/v0"


def _classes(y_true: Any, y_probas: Any, labels: Sequence[str] | None, chosen: Any) -> list[tuple[Any, Any, Any]]:
    """(label, whether each example is of the class, its probability) for each class that is drawn."""
    numpy = need("numpy", "a curve")
    if y_true is None or y_probas is None:
        raise ValueError("a curve needs y_true and y_probas")
    truth, probabilities = numpy.asarray(y_true), numpy.asarray(y_probas)
    if probabilities.ndim != 2 or len(truth) != len(probabilities):
        raise ValueError(f"y_probas has a row for each of {len(truth)} examples, got an array of shape {probabilities.shape}")
    found = []
    classes = numpy.unique(truth)
    for column, each in enumerate(classes):
        if chosen is None or numpy.isin(each, chosen):
            is_number = isinstance(each, numpy.integer)
            label = labels[each] if labels is not None and is_number else each
            found.append((label, truth == each, probabilities[:, column]))
    return found


def _ranked(is_class: Any, scores: Any) -> tuple[Any, Any]:
    """How many true and false hits there are when the threshold falls from score to score."""
    numpy = need("numpy", "a curve")
    order = numpy.argsort(scores, kind="mergesort")[::-1]
    hits, ranked = is_class[order].astype(float), scores[order]
    last_of_score = numpy.r_[numpy.where(numpy.diff(ranked))[0], len(ranked) - 1]
    true_hits = numpy.cumsum(hits)[last_of_score]
    return true_hits, 1 + last_of_score - true_hits


def _chart(rows: list[list[Any]], columns: list[str], titles: dict[str, str], split_table: bool) -> CustomChart:
    if len(rows) > Table.MAX_ROWS:
        numpy = need("numpy", "a curve")
        print(f"barograph: of {len(rows)} points, {Table.MAX_ROWS} are drawn", file=sys.stderr)
        rows = [rows[i] for i in numpy.linspace(0, len(rows) - 1, Table.MAX_ROWS).astype(int)]
    fields = {"x": columns[1], "y": columns[2], "class": "class"}
    if columns[1] == "precision":
        fields = {"x": columns[2], "y": columns[1], "class": "class"}
    return plot_table(_AREA, Table(columns=columns, data=rows), fields, titles, split_table)


def pr_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: list[str] | None = None,
    classes_to_plot: list[Any] | None = None,
    interp_size: int = 21,
    title: str = "Precision-Recall Curve",
    split_table: bool = False,
) -> CustomChart:
    """Precision at each recall, for each class.

    Args:
        y_true: the true classes.
        y_probas: a row for each example: the probability of each class, in the order of sorted classes.
        labels: the classes' names.
        classes_to_plot: only these.
        interp_size: how many points a line has.
        title: above the chart.
        split_table: shows the table in a section of its own.
    """
    numpy = need("numpy", "a curve")
    wanted = numpy.linspace(0, 1, interp_size)[::-1]
    rows = []
    for label, is_class, scores in _classes(y_true, y_probas, labels, classes_to_plot):
        hits, misses = _ranked(is_class, scores)
        precision = numpy.r_[1.0, hits / numpy.maximum(hits + misses, 1)]
        recall = numpy.r_[0.0, hits / hits[-1] if hits[-1] else numpy.ones_like(hits)]
        # From the highest recall down, precision never falls: what a lower threshold reaches is reached.
        best = numpy.maximum.accumulate(precision[::-1])[::-1]
        at = numpy.minimum(numpy.searchsorted(recall, wanted, side="left"), len(best) - 1)
        rows += [[label, round(float(best[i]), 3), round(float(r), 3)] for i, r in zip(at, wanted)]
    titles = {"title": title, "x-axis-title": "Recall", "y-axis-title": "Precision"}
    return _chart(rows, ["class", "precision", "recall"], titles, split_table)


def roc_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: list[str] | None = None,
    classes_to_plot: list[Any] | None = None,
    title: str = "ROC Curve",
    split_table: bool = False,
) -> CustomChart:
    """True positives at each rate of false ones, for each class.

    Args:
        y_true: the true classes.
        y_probas: a row for each example: the probability of each class, in the order of sorted classes.
        labels: the classes' names.
        classes_to_plot: only these.
        title: above the chart.
        split_table: shows the table in a section of its own.
    """
    numpy = need("numpy", "a curve")
    rows = []
    for label, is_class, scores in _classes(y_true, y_probas, labels, classes_to_plot):
        hits, misses = _ranked(is_class, scores)
        if len(hits) > 2:
            # Points on a straight line say nothing.
            bends = numpy.logical_or(numpy.diff(hits, 2), numpy.diff(misses, 2))
            kept = numpy.where(numpy.r_[True, bends, True])[0]
            hits, misses = hits[kept], misses[kept]
        rates = [numpy.r_[0.0, counts / counts[-1] if counts[-1] else counts * numpy.nan] for counts in (misses, hits)]
        rows += [[label, round(float(x), 3), round(float(y), 3)] for x, y in zip(*rates)]
    titles = {"title": title, "x-axis-title": "False positive rate", "y-axis-title": "True positive rate"}
    return _chart(rows, ["class", "fpr", "tpr"], titles, split_table)


def confusion_matrix(
    probs: Sequence[Sequence[float]] | None = None,
    y_true: Sequence[Any] | None = None,
    preds: Sequence[Any] | None = None,
    class_names: Sequence[str] | None = None,
    title: str = "Confusion Matrix Curve",
    split_table: bool = False,
) -> CustomChart:
    """How often each class was taken for each.

    Args:
        probs: the probability of each class for each example; or
        preds: the predicted classes.
        y_true: the true classes.
        class_names: the classes' names; classes are then 0, 1, ...
        title: above the chart.
        split_table: shows the table in a section of its own.
    """
    numpy = need("numpy", "a confusion matrix")
    if (probs is None) == (preds is None):
        raise ValueError("either probs or preds, and not both")
    truth = list(y_true if y_true is not None else [])
    guessed = numpy.argmax(probs, axis=1).tolist() if probs is not None else list(preds or [])
    if len(guessed) != len(truth):
        raise ValueError(f"there are {len(guessed)} predictions and {len(truth)} true classes")
    if class_names is not None:
        classes: list[Any] = list(range(len(class_names)))
        if max(len(set(guessed)), len(set(truth))) > len(class_names):
            raise ValueError(f"there are more classes than the {len(class_names)} names")
        names = list(class_names)
    else:
        classes = sorted(set(guessed) | set(truth))
        names = [f"Class_{i + 1}" for i in range(len(classes))]
    place = {each: i for i, each in enumerate(classes)}
    counts = numpy.zeros((len(classes), len(classes)))
    for actual, predicted in zip(truth, guessed):
        counts[place[actual], place[predicted]] += 1
    columns = ["Actual", "Predicted", "nPredictions"]
    rows = [[a, p, counts[i, j]] for i, a in enumerate(names) for j, p in enumerate(names)]
    table = Table(columns=list(columns), data=rows)
    fields = {name: name for name in columns}
    return plot_table("wandb/confusion_matrix/v1", table, fields, {"title": title}, split_table)
