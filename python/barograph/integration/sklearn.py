"""sklearn.py - plots of what scikit-learn's models do: plot_roc, plot_confusion_matrix, plot_regressor, ...

Each logs one chart to the current run, drawn by a Vega specification that the server knows.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Callable, Iterable, Sequence

import numpy as np
import sklearn.base
from sklearn import calibration, linear_model, metrics, model_selection, utils

from barograph.data_types import Table
from barograph.integration.common import current_run
from barograph.plot import pr_curve, roc_curve, visualize

POINTS_MAX = 1000

__all__ = [
    "plot_calibration_curve",
    "plot_class_proportions",
    "plot_classifier",
    "plot_clusterer",
    "plot_confusion_matrix",
    "plot_elbow_curve",
    "plot_feature_importances",
    "plot_learning_curve",
    "plot_outlier_candidates",
    "plot_precision_recall",
    "plot_regressor",
    "plot_residuals",
    "plot_roc",
    "plot_silhouette",
    "plot_summary_metrics",
]


def _log(key: str, name: str, columns: list[str], rows: Iterable[Sequence[Any]], limit: int = POINTS_MAX) -> None:
    listed = [list(row) for row in rows]
    if len(listed) > limit:
        print(f"barograph: {key} shows {limit} of {len(listed)} points", file=sys.stderr)
    table = Table(columns=columns, data=listed[:limit])
    current_run(f"plot_{key}").log({key: visualize(name, table)})


def _need(**values: Any) -> None:
    for name, value in values.items():
        if value is None:
            raise ValueError(f"{name} is needed")


def _array(values: Any) -> Any:
    return np.asarray(values.to_numpy() if hasattr(values, "to_numpy") else values)


def _label(labels: Sequence[str] | None, value: Any) -> Any:
    is_number = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return labels[value] if labels is not None and is_number else value


# ---- all models ----


def plot_summary_metrics(model: Any = None, X: Any = None, y: Any = None, X_test: Any = None, y_test: Any = None) -> None:
    """The usual figures of a classifier or a regressor, on the test data."""
    _need(model=model, X=X, y=y, X_test=X_test, y_test=y_test)
    predicted = model.predict(X_test)
    if sklearn.base.is_classifier(model):
        figures = {
            "accuracy_score": metrics.accuracy_score(y_test, predicted),
            "precision": metrics.precision_score(y_test, predicted, average="weighted"),
            "recall": metrics.recall_score(y_test, predicted, average="weighted"),
            "f1_score": metrics.f1_score(y_test, predicted, average="weighted"),
        }
    else:
        figures = {
            "mae": metrics.mean_absolute_error(y_test, predicted),
            "mse": metrics.mean_squared_error(y_test, predicted),
            "r2_score": metrics.r2_score(y_test, predicted),
        }
    rows = [[name, round(float(value), 2), type(model).__name__] for name, value in figures.items()]
    _log("summary_metrics", "wandb/metrics/v1", ["metric_name", "metric_value", "model_name"], rows)


def plot_learning_curve(
    model: Any = None,
    X: Any = None,
    y: Any = None,
    cv: Any = None,
    shuffle: bool = False,
    random_state: int | None = None,
    train_sizes: Any = None,
    n_jobs: int = 1,
    scoring: Any = None,
) -> None:
    """How the score grows with the number of examples. Trains the model many times."""
    _need(model=model, X=X, y=y)
    sizes, train, test = model_selection.learning_curve(
        model,
        X,
        _array(y),
        cv=cv,
        n_jobs=n_jobs,
        train_sizes=np.linspace(0.1, 1.0, 5) if train_sizes is None else train_sizes,
        scoring=scoring,
        shuffle=shuffle,
        random_state=random_state,
    )[:3]
    rows = []
    for size, train_scores, test_scores in zip(sizes, train, test):
        rows.append(["train", round(float(np.mean(train_scores)), 2), size])
        rows.append(["test", round(float(np.mean(test_scores)), 2), size])
    _log("learning_curve", "wandb/learning_curve/v1", ["dataset", "score", "train_size"], rows)


# ---- classifiers ----


def plot_classifier(
    model: Any,
    X_train: Any,
    X_test: Any,
    y_train: Any,
    y_test: Any,
    y_pred: Any,
    y_probas: Any,
    labels: Sequence[str] | None = None,
    is_binary: bool = False,
    model_name: str = "Classifier",
    feature_names: Sequence[str] | None = None,
    log_learning_curve: bool = False,
) -> None:
    """All the plots of a classifier."""
    if type(model).__name__ != "MultinomialNB":
        plot_feature_importances(model, feature_names)
    if log_learning_curve:
        plot_learning_curve(model, X_train, y_train)
    plot_confusion_matrix(y_test, y_pred, labels)
    plot_summary_metrics(model, X_train, y_train, X_test, y_test)
    plot_class_proportions(y_train, y_test, labels)
    if type(model).__name__ != "MultinomialNB" and is_binary:
        plot_calibration_curve(model, X_train, y_train, model_name)
    plot_roc(y_test, y_probas, labels)
    plot_precision_recall(y_test, y_probas, labels)


def plot_roc(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    plot_micro: bool = True,
    plot_macro: bool = True,
    classes_to_plot: Any = None,
) -> None:
    """True positives at each rate of false ones."""
    chart = roc_curve(y_true, y_probas, list(labels) if labels is not None else None, classes_to_plot)
    current_run("plot_roc").log({"roc": chart})


def plot_precision_recall(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    plot_micro: bool = True,
    classes_to_plot: Any = None,
) -> None:
    """Precision at each recall."""
    chart = pr_curve(y_true, y_probas, list(labels) if labels is not None else None, classes_to_plot)
    current_run("plot_precision_recall").log({"precision_recall": chart})


def plot_confusion_matrix(
    y_true: Any = None,
    y_pred: Any = None,
    labels: Sequence[str] | None = None,
    true_labels: Any = None,
    pred_labels: Any = None,
    normalize: bool = False,
) -> None:
    """How often each class was taken for each."""
    _need(y_true=y_true, y_pred=y_pred)
    counts = metrics.confusion_matrix(y_true, y_pred)
    classes = utils.multiclass.unique_labels(y_true, y_pred)
    if normalize:
        with np.errstate(invalid="ignore"):
            counts = np.nan_to_num(np.around(counts / counts.sum(axis=1, keepdims=True), decimals=2))
    chosen_true = range(len(classes)) if true_labels is None else np.flatnonzero(np.isin(classes, true_labels))
    chosen_pred = range(len(classes)) if pred_labels is None else np.flatnonzero(np.isin(classes, pred_labels))
    rows = [
        [_label(labels, classes[j]), _label(labels, classes[i]), counts[i, j]] for i in chosen_true for j in chosen_pred
    ]
    _log("confusion_matrix", "wandb/confusion_matrix/v1", ["Predicted", "Actual", "Count"], rows)


def plot_feature_importances(
    model: Any = None,
    feature_names: Sequence[str] | None = None,
    title: str = "Feature Importance",
    max_num_features: int = 50,
) -> None:
    """How much each feature matters, as the fitted model says."""
    _need(model=model)
    names = ("feature_importances_", "feature_log_prob_", "coef_")
    found = next((getattr(model, name) for name in names if hasattr(model, name)), None)
    values = np.squeeze(np.asarray(found)) if found is not None else np.zeros((0, 0))
    if values.ndim != 1:
        print(f"barograph: {type(model).__name__} does not tell one importance for each feature", file=sys.stderr)
        return
    order = np.argsort(values)[::-1]
    shown = order if feature_names is None else np.asarray(feature_names)[order]
    rows = zip(shown, values[order])
    _log("feature_importances", "wandb/feature_importances/v1", ["feature_names", "importances"], rows, max_num_features)


def plot_class_proportions(y_train: Any = None, y_test: Any = None, labels: Sequence[str] | None = None) -> None:
    """How many examples of each class there are for training and for testing."""
    _need(y_train=y_train, y_test=y_test)
    train, test = _array(y_train), _array(y_test)
    rows = [
        [_label(labels, each), name, int((data == each).sum())]
        for each in utils.multiclass.unique_labels(train, test)
        for name, data in (("train", train), ("test", test))
    ]
    _log("class_proportions", "wandb/class_proportions/v1", ["class", "dataset", "count"], rows)


def plot_calibration_curve(clf: Any = None, X: Any = None, y: Any = None, clf_name: str = "Classifier") -> None:
    """How well predicted probabilities hold, beside calibrated versions of the classifier. Trains it several times."""
    _need(clf=clf, X=X, y=y)
    rows: list[list[Any]] = [["Perfectly calibrated", edge, edge, 0, 0] for edge in (0, 1)]
    train_x, test_x, train_y, test_y = model_selection.train_test_split(_array(X), _array(y), test_size=0.9, random_state=42)
    models = (
        ("Logistic", linear_model.LogisticRegression()),
        (f"{clf_name} Isotonic", calibration.CalibratedClassifierCV(clf, cv=2, method="isotonic")),
        (f"{clf_name} Sigmoid", calibration.CalibratedClassifierCV(clf, cv=2, method="sigmoid")),
    )
    for name, model in models:
        model.fit(train_x, train_y)
        probabilities = model.predict_proba(test_x)[:, 1]
        counts, edges = np.histogram(probabilities, bins=10)
        positives, means = calibration.calibration_curve(test_y, probabilities, n_bins=10)
        for positive, mean, count, edge in zip(positives, means, counts, edges):
            rows.append([name, round(float(positive), 3), round(float(mean), 3), count, edge])
    columns = ["model", "fraction_of_positives", "mean_predicted_value", "hist_dict", "edge_dict"]
    _log("calibration_curve", "wandb/calibration/v1", columns, rows)


# ---- regressors ----


def plot_regressor(
    model: Any, X_train: Any, X_test: Any, y_train: Any, y_test: Any, model_name: str = "Regressor"
) -> None:
    """All the plots of a regressor."""
    plot_summary_metrics(model, X_train, y_train, X_test, y_test)
    plot_learning_curve(model, X_train, y_train)
    plot_outlier_candidates(model, X_train, y_train)
    plot_residuals(model, X_train, y_train)


def plot_outlier_candidates(regressor: Any = None, X: Any = None, y: Any = None) -> None:
    """How much each example pulls the fit towards itself: Cook's distance. Fits the model."""
    _need(regressor=regressor, X=X, y=y)
    inputs, truth = _array(X), _array(y)
    regressor.fit(inputs, truth)
    leverage = np.einsum("ij,ji->i", inputs, np.linalg.pinv(inputs))
    freedom = inputs.shape[0] - np.linalg.matrix_rank(inputs)
    residuals = truth - regressor.predict(inputs)
    error = residuals @ residuals / freedom
    studentized = residuals / np.sqrt(error) / np.sqrt(1 - leverage)
    distance = studentized**2 / inputs.shape[1] * leverage / (1 - leverage)
    threshold = 4 / inputs.shape[0]
    share = round(float((distance >= threshold).mean() * 100), 3)
    rows = ([float(each), i, share, threshold] for i, each in enumerate(distance))
    columns = ["distance", "instance_indicies", "outlier_percentage", "influence_threshold"]
    _log("outlier_candidates", "wandb/outliers/v1", columns, rows)


def plot_residuals(regressor: Any = None, X: Any = None, y: Any = None) -> None:
    """By how much predictions are wrong, on a part that was trained on and one that was not. Fits the model."""
    _need(regressor=regressor, X=X, y=y)
    train_x, test_x, train_y, test_y = model_selection.train_test_split(X, _array(y), test_size=0.2)
    regressor.fit(train_x, train_y)
    scores = [regressor.score(train_x, train_y), regressor.score(test_x, test_y)]
    rows = []
    for name, inputs, truth in (("train", train_x, train_y), ("test", test_x, test_y)):
        predicted = regressor.predict(inputs)
        rows += [[name, p, p - t, *scores] for p, t in list(zip(predicted, truth))[:100]]
    columns = ["dataset", "y_pred", "residuals", "train_score", "test_score"]
    _log("residuals", "wandb/residuals_plot/v1", columns, rows)


# ---- clusterers ----


def plot_clusterer(
    model: Any, X_train: Any, cluster_labels: Any, labels: Any = None, model_name: str = "Clusterer"
) -> None:
    """All the plots of a clusterer."""
    is_kmeans = type(model).__name__ == "KMeans"
    if is_kmeans:
        plot_elbow_curve(model, X_train)
    plot_silhouette(model, X_train, cluster_labels, labels, kmeans=is_kmeans)


def plot_elbow_curve(
    clusterer: Any = None, X: Any = None, cluster_ranges: Any = None, n_jobs: int = 1, show_cluster_time: bool = True
) -> None:
    """How the fit depends on the number of clusters. Fits the model for each."""
    _need(clusterer=clusterer, X=X)
    if not hasattr(clusterer, "n_clusters"):
        print(f"barograph: {type(clusterer).__name__} has no n_clusters to try", file=sys.stderr)
        return
    rows = []
    for count in sorted(cluster_ranges) if cluster_ranges is not None else range(1, 10, 2):
        model = sklearn.base.clone(clusterer).set_params(n_clusters=count)
        begun = time.perf_counter()
        rows.append([count, abs(float(model.fit(X).score(X))), time.perf_counter() - begun])
    _log("elbow_curve", "wandb/elbow/v1", ["cluster_ranges", "errors", "clustering_time"], rows)


def plot_silhouette(
    clusterer: Any = None,
    X: Any = None,
    cluster_labels: Any = None,
    labels: Any = None,
    metric: str | Callable[..., Any] = "euclidean",
    kmeans: bool = True,
) -> None:
    """How well each example lies in its cluster."""
    _need(clusterer=clusterer, X=X, cluster_labels=cluster_labels)
    points, clusters = _array(X), _array(cluster_labels)
    average = float(metrics.silhouette_score(points, clusters, metric=metric))
    values = metrics.silhouette_samples(points, clusters, metric=metric)
    centers = clusterer.cluster_centers_ if kmeans else None
    rows: list[list[Any]] = []
    bottom = 10
    for number, cluster in enumerate(np.unique(clusters)):
        inside = np.sort(values[clusters == cluster])
        for offset, value in enumerate(inside):
            i = len(rows)
            color = int(clusters[i]) if i < len(clusters) else number
            center = centers[color] if centers is not None else (None, None)
            rows.append(
                [points[i, 0], points[i, 1], color, center[0], center[1], bottom + offset, 0, value, number, average]
            )
        bottom += len(inside) + 10
    columns = ["x", "y", "colors", "centerx", "centery", "y_sil", "x1", "x2", "color_sil", "silhouette_avg"]
    _log("silhouette_plot", "wandb/silhouette_/v1", columns, rows)
