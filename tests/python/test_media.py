"""Media: what our client writes is what the official client writes for the same script, file by file."""

from __future__ import annotations

import json

import pytest

from tests.python.peers import comparable

SCRIPT = """
import io, os, wave
import numpy as np
import wandb

run = wandb.init(project="media", config={"lr": 0.1})
pixels = (np.arange(300).reshape(10, 10, 3) % 251).astype("uint8")
mask = np.zeros((10, 10), dtype="uint8")
mask[2:4] = 1
run.log({
    "image": wandb.Image(pixels, caption="first"),
    "grey": wandb.Image(pixels[:, :, 0], file_type="bmp"),
    "images": [wandb.Image(pixels, caption="a"), wandb.Image(pixels[::-1], caption="b")],
    "nested": {"inner": wandb.Image(pixels)},
    "a/b": wandb.Image(pixels),
    "loss": 0.5,
})
run.log({
    "layers": wandb.Image(
        pixels,
        masks={"truth": {"mask_data": mask, "class_labels": {0: "ground", 1: "sky"}}},
        boxes={"guess": {"box_data": [
            {"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.1, "maxY": 0.3}, "class_id": 1, "scores": {"sure": 0.5},
             "box_caption": "one"},
            {"position": {"middle": [4, 5], "width": 2, "height": 2}, "domain": "pixel", "class_id": 2},
        ], "class_labels": {1: "sky", 2: "tree"}}},
    )
})
run.log({"counts": wandb.Histogram([1, 2, 3, 3]), "given": wandb.Histogram(np_histogram=([1, 2], [0, 1, 2]))})
run.log({"page": wandb.Html("<p>hello</p>"), "pages": [wandb.Html("<html><p>a</p></html>"), wandb.Html("b", inject=False)]})
run.log({
    "points": wandb.Object3D(np.arange(12.0).reshape(4, 3)),
    "scene": wandb.Object3D({"type": "lidar/beta", "points": np.ones((2, 3)), "boxes": np.array([]), "vectors": np.array([])}),
    "clouds": [wandb.Object3D(np.arange(6.0).reshape(1, 6))],
})
with open("tone.wav", "wb") as file:
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1); sound.setsampwidth(2); sound.setframerate(8000); sound.writeframes(b"\\0\\1" * 80)
samples = np.sin(np.arange(800) / 10)
run.log({"file": wandb.Audio("tone.wav", caption="tone"), "made": wandb.Audio(samples, sample_rate=8000),
         "sounds": [wandb.Audio("tone.wav"), wandb.Audio(samples, sample_rate=8000, caption="wave")]})
with open("clip.gif", "wb") as file:
    file.write(b"GIF89a not looked at")
run.log({"clip": wandb.Video("clip.gif", caption="clip"), "clips": [wandb.Video("clip.gif"), wandb.Video(io.BytesIO(b"x"), format="mp4")]})
with open("water.pdb", "w") as file:
    file.write("HETATM")
run.log({"molecule": wandb.Molecule("water.pdb"), "molecules": [wandb.Molecule(io.StringIO("x"), file_type="pdb")]})
run.log({"array": np.arange(5), "large": np.arange(100), "number": np.float32(2.5), "empty": []})
import matplotlib.pyplot as plt
import plotly.graph_objects as go
figure, axes = plt.subplots()
axes.imshow(pixels)
run.log({"shown": figure, "interactive": go.Figure(data=[go.Scatter(x=[1, 2], y=np.array([3, 4]))])})
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


@pytest.fixture(scope="module")
def runs(peers):
    official, ours = peers.both(SCRIPT)
    return official, ours


def test_the_same_files_with_the_same_content(runs):
    official, ours = runs
    assert len(official["files"]) > 25
    assert ours["files"] == official["files"]


def test_the_same_history(runs):
    official, ours = runs
    rows = [[comparable(row, run["id"]) for row in run["history"]] for run in runs]
    assert rows[1] == rows[0]
    assert rows[0][0]["image"]["_type"] == "image-file"


def test_the_same_summary(runs):
    official, ours = runs
    assert comparable(ours["summary"], ours["id"]) == comparable(official["summary"], official["id"])


def test_the_config_tells_what_classes_are_called(runs):
    official, ours = ({key: run["raw_config"]["_wandb"]["value"].get(key) for key in KINDS} for run in runs)
    assert ours == official
    assert set(ours["mask/class_labels"]) == {"layers_wandb_delimeter_truth"}


KINDS = ("mask/class_labels", "bounding_box/class_labels")


REFUSED = {
    "wandb.Image(np.zeros((2, 2, 7)))": "ValueError an image has 1, 3 or 4 channels",
    "wandb.Image(np.zeros((2, 2)), file_type='tiff')": "ValueError file_type is one of png",
    "wandb.Histogram(np_histogram=([1, 2], [0, 1]))": "ValueError 2 bins have 3 edges, got 2",
    "wandb.Object3D(np.zeros((2, 5)))": "ValueError points are rows of x y z",
    "wandb.Audio([0.0, 1.0])": "ValueError audio samples need a sample_rate",
    "wandb.Video(np.zeros((1, 3, 2, 2)))": "ValueError a video that is no file needs a format",
    "wandb.Molecule('water.txt')": "ValueError a molecule's file is one of",
    "wandb.Image(np.zeros((2, 2)), boxes={'a': {'box_data': [{'position': {'minX': 1}}]}})": "TypeError a box's position",
    "wandb.Image(np.zeros((2, 2)), masks={'a': {'mask_data': np.full((2, 2), 300)}})": "TypeError a mask's class ids",
    "wandb.Table(columns='a')": "TypeError columns are a list",
    "wandb.Table(columns=['a'], data=[[1, 2]])": "ValueError this table has 1 columns",
    "wandb.Table(columns=['a'], data=[[1], ['x']])": "TypeError column 'a' holds None or Number",
    "wandb.Table(log_mode='SOMETIMES')": "ValueError log_mode is one of IMMUTABLE",
}


@pytest.fixture(scope="module")
def refusals(peers) -> dict[str, str]:
    """The type and the sentence of what each expression raises."""
    code = """
    import json, sys
    import numpy as np
    import wandb
    told = {}
    for expression in sys.argv[1:]:
        try:
            eval(expression)
        except Exception as error:
            told[expression] = f"{type(error).__name__} {error}"
    print(json.dumps(told))
    """
    return json.loads(peers.run(code, True, "refused", *REFUSED))


@pytest.mark.parametrize("expression", REFUSED)
def test_what_makes_no_sense_is_refused_with_a_sentence(refusals, expression):
    assert refusals[expression].startswith(REFUSED[expression])


def test_a_video_of_an_array_lays_its_batch_out_in_a_grid(peers):
    code = """
    import numpy as np
    from barograph.data_types import Video
    from PIL import Image
    clip = Video(np.full((3, 2, 3, 4, 6), 255, "uint8"), format="gif", fps=2)
    with Image.open(clip._path) as image:
        print(image.size, image.n_frames, clip._width, clip._height)
    """
    # Three clips take four cells; the grid of three is one row, as the official client lays it out.
    assert peers.run(code, True, "video").split("\n")[0] == "(24, 4) 1 24 4"


def test_a_run_of_another_process_is_not_needed_to_log_offline(peers):
    code = """
    import numpy as np, wandb, pathlib
    run = wandb.init(project="media", mode="offline")
    run.log({"image": wandb.Image(np.zeros((4, 4, 3), "uint8"))})
    run.finish()
    print(len(list(pathlib.Path(run.dir).glob("media/images/*.png"))))
    """
    assert peers.run(code, True, "offline").split()[-1] == "1"


def test_a_bokeh_figure_is_the_same_document_and_is_read_back(peers):
    code = """
    import json, wandb
    from bokeh.plotting import figure
    plot = figure(width=200)
    plot.line([1, 2], [3, 4])
    told = wandb.data_types.Bokeh(plot)
    with open(told._path) as file:
        document = json.load(file)
    again = wandb.data_types.Bokeh(told._path)
    print(json.dumps([document, type(again.b_obj).__name__]))
    """
    official, ours = (json.loads(peers.run(code, is_ours, f"bokeh-{is_ours}").splitlines()[-1]) for is_ours in (False, True))
    assert ours == official
    assert ours[1] == "Document"
