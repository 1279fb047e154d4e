"""test_keras.py - the callbacks for Keras, and what TensorFlow writes for TensorBoard, beside the official client.

TensorFlow's environment has 1.7 GB: `make test-keras` makes it, and where it is these run with all others.
"""

from __future__ import annotations

import pytest

from tests.python.peers import comparable

CALLBACKS = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np, wandb
from wandb.integration.keras import WandbEvalCallback, WandbMetricsLogger, WandbModelCheckpoint

class Guesses(WandbEvalCallback):
    def add_ground_truth(self, logs=None):
        for i in range(2):
            self.data_table.add_data(i, float(inputs[i, 0]))

    def add_model_predictions(self, epoch, logs=None):
        table = self.data_table_ref
        for i in table.get_index():
            self.pred_table.add_data(epoch, table.data[i][0], table.data[i][1], 0.5)

inputs = np.random.default_rng(1).normal(size=(12, 2)).astype("float32")
truth = inputs.sum(1)
run = wandb.init(project="keras", config={"rate": 0.1})
for frequency in ("epoch", 2):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.9) if frequency == 2 else 0.1
    model.compile(keras.optimizers.SGD(schedule), "mse", metrics=["mae"])
    model.fit(inputs, truth, batch_size=4, epochs=2, verbose=0, validation_split=0.25, callbacks=[
        WandbMetricsLogger(log_freq=frequency), Guesses(["index", "input"], ["epoch", "index", "input", "guess"]),
        WandbModelCheckpoint("kept-{epoch}.keras" if frequency == 2 else "kept.keras", monitor="val_loss")])
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""

TENSORBOARD = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf, wandb
run = wandb.init(project="tensorflow", sync_tensorboard=True)
for name in ("train", "validation"):
    with tf.summary.create_file_writer("logs/" + name).as_default():
        for step in range(3):
            tf.summary.scalar("loss", 0.5 * step, step=step)
        tf.summary.histogram("weights", tf.range(10.0), step=2)
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


@pytest.fixture(scope="module")
def both(peers):
    """Runs a script with both clients, where TensorFlow is."""
    return peers.both_in("wandb-keras", "make test-keras")


def rows_of(run: dict) -> list[dict]:
    return comparable(run["history"], run["id"])


def order(row: dict) -> tuple:
    return sorted(row)[-1], row["global_step"]


def versions_of(run: dict) -> list[list]:
    return [[each["type"], each["aliases"], sorted(each["entries"])] for each in run["artifacts"]]


def test_the_callbacks_record_likewise(both):
    official, ours = both(CALLBACKS)
    assert rows_of(ours) == rows_of(official)
    assert {"epoch/val_loss", "epoch/learning_rate", "batch/mae"} <= set().union(*ours["history"])
    assert versions_of(ours) == versions_of(official)
    assert comparable(ours["summary"], ours["id"]) == comparable(official["summary"], official["id"])


def test_tensorflows_summaries_are_logged_likewise(both):
    official, ours = both(TENSORBOARD)
    # Which folder comes first is anybody's guess.
    rows = [sorted(({**row, "_step": 0} for row in rows_of(run)), key=order) for run in (official, ours)]
    assert rows[1] == rows[0]
    assert {"train/weights", "validation/loss"} <= set().union(*ours["history"])
