"""test_ultralytics.py - what a model of Ultralytics sees, as tables.

Ultralytics comes with OpenCV and its own torch: objects that are shaped as its documentation says stand for it, on
Debian's torch.
"""

from __future__ import annotations

import json

import pytest

from tests.python.peers import VENVS
from tests.python.test_annotations import TABLES

# The picture is 20 wide and 10 high; the model sees it twice as large, in a square of 40 with a border of 10 above.
SCENE = """
import pathlib, sys, types
from types import SimpleNamespace as Thing
import numpy as np, torch, PIL.Image

class Annotator:
    def __init__(self, picture):
        self.picture = picture
    def kpts(self, points, shape, kpt_line):
        for x, y in points[:, :2].round().astype(int):
            self.picture[y, x] = 255
    def result(self):
        return self.picture

ultralytics = types.ModuleType("ultralytics")
ultralytics.__version__ = "8.3.0"
plotting = types.ModuleType("ultralytics.utils.plotting")
plotting.Annotator = Annotator
sys.modules.update({"ultralytics": ultralytics, "ultralytics.utils": types.ModuleType("ultralytics.utils"), "ultralytics.utils.plotting": plotting})
PIL.Image.new("RGB", (20, 10), "red").save("one.png")
PIL.Image.new("RGB", (20, 10), "blue").save("two.png")
NAMES = {0: "cat", 1: "dog"}

def result(has_masks=False):
    mask = torch.zeros(1, 40, 40)
    mask[0, 10:20, :20] = 1
    return Thing(
        boxes=Thing(xywh=torch.tensor([[5.0, 5, 4, 2], [8, 6, 2, 2]]), cls=torch.tensor([0.0, 0]), conf=torch.tensor([0.5, 1.0])),
        names=NAMES, speed={"inference": 1.5}, orig_img=np.asarray(PIL.Image.open("one.png"))[:, :, ::-1],
        masks=Thing(data=mask) if has_masks else None, keypoints=Thing(data=torch.tensor([[[1.0, 2, 1]]])),
        probs=Thing(data=torch.tensor([0.25, 0.75]), top1=1, top5=[1, 0]))

class Predictor:
    def __init__(self, overrides):
        assert overrides["conf"] == 0.1
        self.args, self.seen = Thing(project=None, task=overrides["task"], save=True, folder=pathlib.Path("x")), []
        self.has_masks = overrides["task"] == "segment"
    def setup_model(self, model, verbose):
        self.model = model
    def __call__(self, given):
        self.seen.append(given)
        return [result(self.has_masks) for each in (given if isinstance(given, list) else [given])]

class Model:
    def __init__(self, task):
        self.task, self.overrides, self.events = task, {"model": "tiny.pt", "task": task}, {}
        self.task_map = {task: {"predictor": Predictor}}
    def add_callback(self, event, callback):
        self.events[event] = callback

def batch(task):
    both = {"ori_shape": [(10, 20)] * 2, "resized_shape": [(40, 40)] * 2, "ratio_pad": [((2.0, 2.0), (0.0, 10.0))] * 2}
    if task == "classify":
        return {"img": torch.ones(2, 3, 10, 20), "cls": torch.tensor([0, 1])}
    return {**both, "im_file": ["one.png", "two.png"], "batch_idx": torch.tensor([0.0]), "cls": torch.tensor([[1.0]]),
            "bboxes": torch.tensor([[0.25, 0.5, 0.2, 0.1]]), "keypoints": torch.tensor([[[0.25, 0.5, 2.0]]])}

def parts(task):
    args = Thing(project="runs/" + task, task=task, epochs=2, folder=pathlib.Path("x"))
    network = torch.nn.Linear(1, 1)
    trainer = Thing(args=args, epoch=0, model=network, best_fitness=0.5, ema=Thing(ema=network, updates=3), wdir=pathlib.Path("."),
                    optimizer=torch.optim.SGD(network.parameters(), lr=1.0),
                    validator=Thing(dataloader=[batch(task)] * 3, names=NAMES, args=args, training=True))
    return trainer
"""
TASKS = """
import wandb
from wandb.integration.ultralytics import add_wandb_callback
for task in ("detect", "segment", "pose", "classify"):
    model = add_wandb_callback(Model(task), enable_model_checkpointing=task == "detect")
    trainer = parts(task)
    model.events["on_train_start"](trainer)
    run = wandb.run
    assert run.project == "runs-" + task and run.job_type == "training_" + task and run.config["train"]["folder"] == "x"
    for trainer.epoch in (0, 1, 1):
        model.events["on_val_start"](trainer.validator)
        model.events["on_val_end"](trainer.validator)
        model.events["on_fit_epoch_end"](trainer)
    model.events["on_train_end"](trainer)
    trainer.validator.training = False
    model.events["on_val_end"](trainer.validator)
    for prediction in range(2):
        predictor = Thing(args=trainer.args, results=[result(task == "segment")])
        model.events["on_predict_start"](predictor)
        model.events["on_predict_end"](predictor)
    run.finish()
    print("/".join([run.entity, run.project, run.id]))
    if task == "detect":
        assert sorted(torch.load("epoch1.pt"))[:3] == ["best_fitness", "date", "ema"] and torch.load("epoch1.pt")["updates"] == 3
model = add_wandb_callback(Model("segment"), enable_train_validation_logging=False, enable_validation_logging=False)
assert sorted(model.events) == ["on_predict_end", "on_predict_start", "on_train_start"]
predictor = Thing(args=Thing(project="sam", task="segment"), results=[result(True)], prompts={"bboxes": [2, 2, 8, 6], "points": [[5, 5]]})
model.events["on_predict_start"](predictor)
predictor.prompts.clear()
model.events["on_predict_end"](predictor)
run = wandb.run
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


@pytest.fixture(scope="module")
def seen(peers) -> dict:
    """Each task's tables, and the runs as the public API tells of them."""
    python = VENVS / "wandb-frameworks" / "bin" / "python"
    if not python.exists():
        pytest.skip("the environment wandb-frameworks is not made: tests/official/setup.sh")
    runs = peers.run(SCENE + TASKS, True, "ultralytics", python=python).split()
    tables = [json.loads(peers.run(TABLES, False, "reader", run).splitlines()[-1]) for run in runs]
    return dict(zip(("detect", "segment", "pose", "classify", "sam"), zip(tables, peers.read(*runs))))


def boxes(cell: dict) -> dict:
    return {layer: [[box["position"], box["box_caption"]] for box in told] for layer, told in cell["boxes"].items()}


def place(x: int, y: int, width: int, height: int) -> dict:
    return {"middle": [x, y], "width": width, "height": height}


FOUND = [[place(5, 5, 4, 2), "cat"], [place(8, 6, 2, 2), "cat"]]
THERE = [[place(5, 5, 4, 2), "dog"]]


def test_what_is_found_stands_beside_what_is_there(seen):
    tables, run = seen["detect"]
    columns, rows = tables["Validation-Table"]
    assert columns == ["Model-Name", "Data-Index", "Batch-Index", "Image", "Mean-Confidence", "Speed"]
    assert [row[:3] + row[4:] for row in rows] == [["tiny", n, 0, {"cat": 0.75, "dog": 0}, {"inference": 1.5}] for n in (0, 1)]
    assert boxes(rows[0][3]) == {"ground-truth": THERE, "predictions": FOUND}
    assert boxes(rows[1][3]) == {"ground-truth": [], "predictions": FOUND}
    columns, rows = tables["Train-Table"]
    assert columns[:3] == ["Model-Name", "Epoch", "Data-Index"] and [row[1] for row in rows] == [0, 0, 1, 1]
    columns, rows = tables["Prediction-Table"]
    assert columns == ["Model-Name", "Image", "Num-Objects", "Mean-Confidence", "Speed"] and [row[2] for row in rows] == [2, 2]
    assert boxes(rows[0][1]) == {"predictions": FOUND} and run["state"] == "finished"
    models = [[each["aliases"], list(each["entries"])] for each in run["artifacts"] if each["type"] == "model"]
    assert models == [[["epoch_0"], ["epoch0.pt"]], [["epoch_1", "latest"], ["epoch1.pt"]]]


def test_masks_figures_and_prompts_are_shown(seen):
    tables = seen["segment"][0]
    assert all(list(row[3]["masks"]) == ["predictions"] for row in tables["Validation-Table"][1])
    columns, rows = seen["pose"][0]["Validation-Table"]
    assert columns[3:6] == ["Image-Ground-Truth", "Image-Prediction", "Num-Instances"]
    assert boxes(rows[0][3]) == {"ground-truth": THERE} and boxes(rows[0][4]) == {"predictions": FOUND} and rows[0][5] == 2
    ((image,),) = seen["sam"][0]["Prediction-Table"][1]
    assert boxes(image) == {"prompts": [[place(5, 4, 6, 4), "Prompt-Box"]]} and list(image["masks"]) == ["predictions"]


def test_a_class_is_told_with_its_chances(seen):
    columns, rows = seen["classify"][0]["Validation-Table"]
    assert columns[4:7] == ["Ground-Truth-Category", "Predicted-Category", "Prediction-Confidence"]
    told = ["dog", 0.75, ["dog", "cat"], [0.75, 0.25], {"cat": 0.25, "dog": 0.75}, {"inference": 1.5}]
    assert [row[4:] for row in rows] == [["cat", *told], ["dog", *told]]
    assert [row[2:] for row in seen["classify"][0]["Prediction-Table"][1]] == [told, told]


PIXELS = """
from barograph.integration.ultralytics import layers
mask = layers.predicted_mask(result(True), NAMES)
expected = np.full((10, 20), 2)
expected[:5, :10] = 0
assert (mask["mask_data"] == expected).all() and mask["class_labels"] == {0: "cat", 1: "dog", 2: "background"}
(figure,) = layers.Truth(batch("pose"), 0).keypoints()
assert figure.tolist() == [[5, 5, 2]], figure
drawn = layers.with_keypoints(layers.original_of(result()), [figure], False)
assert drawn[5, 5].tolist() == [255, 255, 255] and drawn[0, 0].tolist() == [255, 0, 0]
"""


def test_pixels_are_those_of_the_picture(peers, seen):
    peers.run(SCENE + PIXELS, True, "pixels", python=VENVS / "wandb-frameworks" / "bin" / "python")


def test_without_the_library_the_import_says_so(peers):
    code = """
    try:
        import wandb.integration.ultralytics
    except ImportError as error:
        print(error)
    """
    assert "No module named 'ultralytics'" in peers.run(code, True, "nothing")
