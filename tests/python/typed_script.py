"""typed_script.py - a script as a user writes it; `make test-python` holds it against the package's types, strictly."""

from __future__ import annotations

import barograph


def train(lr: float, epochs: int) -> float:
    loss = 1.0
    with barograph.init(project="typed", config={"lr": lr, "epochs": epochs}, tags=["typed"], mode="offline") as run:
        metric = run.define_metric("val/loss", step_metric="epoch", summary="min")
        for epoch in range(epochs):
            loss *= 1.0 - lr
            run.log({"epoch": epoch, metric.name: loss}, commit=True)
        table = barograph.Table(columns=["epoch", "loss"], data=[[0, loss]])
        run.log({"table": table, "hist": barograph.Histogram([1.0, 2.0, 3.0])})
        artifact = barograph.Artifact("weights", type="model", metadata={"lr": lr})
        run.log_artifact(artifact, aliases=["best"])
        run.summary["final"] = loss
        run.alert("done", f"loss is {loss}", level=barograph.AlertLevel.INFO)
        paths = run.save("*.none", policy="now")
        print(run.url, run.config.lr, run.tags or (), paths)
    return loss


def best(project: str) -> str:
    runs = barograph.Api().runs(project, order="+summary_metrics.val/loss")
    return str(runs[0].name)


if __name__ == "__main__":
    train(0.1, 3)
