"""layers.py - Ultralytics' results and ground truths as images with boxes and masks.

Coordinates of a ground truth are fractions of the picture as the model is given it: scaled, and centred with a border.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from barograph.data_types import Image
from barograph.util import need

# A mask's file has a byte for each pixel.
MOST_MASK_IDS = 256
POINT_RADIUS = 5
POINT_COLOUR = (0, 255, 0)


def array_of(value: Any) -> Any:
    """numpy's, of a tensor anywhere."""
    if hasattr(value, "detach"):
        value = value.detach()
    return need("numpy", "Ultralytics' results").asarray(value.cpu().numpy() if hasattr(value, "cpu") else value)


def labels_of(names: Mapping[Any, Any]) -> dict[int, str]:
    return {int(number): str(name) for number, name in names.items()}


def original_of(result: Any) -> Any:
    """The picture with red first: OpenCV has blue first."""
    return array_of(result.orig_img)[:, :, ::-1]


# ---- boxes ----


def _box(middle_and_size: Sequence[Any], number: int, labels: Mapping[int, str], confidence: float | None = None) -> dict[str, Any]:
    x, y, width, height = (round(float(each)) for each in middle_and_size)
    score = {} if confidence is None else {"scores": {"confidence": confidence}}
    place = {"middle": [x, y], "width": width, "height": height}
    return {"position": place, "domain": "pixel", "class_id": number, "box_caption": labels[number], **score}


def predicted_boxes(result: Any, labels: Mapping[int, str]) -> dict[str, Any]:
    """The layer of what a model has found."""
    found = result.boxes
    rows = zip(array_of(found.xywh), array_of(found.cls), array_of(found.conf))
    boxes = [_box(place, int(number), labels, float(confidence)) for place, number, confidence in rows]
    return {"box_data": boxes, "class_labels": dict(labels)}


def mean_confidences(layer: Mapping[str, Any]) -> dict[str, float]:
    """Of each class; 0 for what was not found."""
    found: dict[str, list[float]] = {label: [] for label in layer["class_labels"].values()}
    for box in layer["box_data"]:
        found[box["box_caption"]].append(box["scores"]["confidence"])
    return {label: sum(values) / len(values) if values else 0 for label, values in found.items()}


class Truth:
    """What a batch of validation data says of one of its pictures."""

    def __init__(self, batch: Mapping[str, Any], at: int) -> None:
        self._batch, self._at = batch, at
        self._own = array_of(batch["batch_idx"]) == at
        self.file = batch["im_file"][at]

    def _in_original(self, fractions: Any) -> Any:
        """Points (x, y) in pixels of the picture's file."""
        numpy = need("numpy", "Ultralytics' results")
        height, width = (float(each) for each in self._batch["resized_shape"][self._at])
        own_height, own_width = (float(each) for each in self._batch["ori_shape"][self._at])
        (gain, *_), border = self._batch["ratio_pad"][self._at]
        points = (fractions * [width, height] - [float(each) for each in border]) / float(gain)
        return numpy.clip(points, 0, [own_width, own_height])

    def boxes(self, labels: Mapping[int, str]) -> dict[str, Any]:
        """The layer of what is there."""
        places = array_of(self._batch["bboxes"])[self._own].reshape(-1, 4)
        first, last = (self._in_original(places[:, :2] + side * places[:, 2:]) for side in (-0.5, 0.5))
        numbers = array_of(self._batch["cls"])[self._own].reshape(-1)
        rows = zip((first + last) / 2, last - first, numbers)
        return {"box_data": [_box([*middle, *size], int(n), labels) for middle, size, n in rows], "class_labels": dict(labels)}

    def keypoints(self) -> list[Any]:
        """Of each figure: an array of x, y and what else is said of a point."""
        numpy = need("numpy", "Ultralytics' results")
        figures = array_of(self._batch["keypoints"])[self._own]
        return [numpy.concatenate([self._in_original(each[:, :2]), each[:, 2:]], axis=1) for each in figures]


# ---- masks and points ----


def _spread(masks: Any, height: int, width: int) -> Any:
    """Masks of the picture as the model was given it, over the picture."""
    numpy = need("numpy", "Ultralytics' results")
    own_height, own_width = masks.shape[1:]
    gain = min(own_height / height, own_width / width)
    rows, columns = (
        numpy.clip(((numpy.arange(size) + 0.5) * gain + (own - size * gain) / 2).astype(int), 0, own - 1)
        for size, own in ((height, own_height), (width, own_width))
    )
    return masks[:, rows[:, None], columns[None, :]] > 0.5


def predicted_mask(result: Any, labels: Mapping[int, str]) -> dict[str, Any] | None:
    """One mask with each pixel's class; what comes later covers what comes before. None when there is nothing to show."""
    background = len(labels)
    if result.masks is None or background >= MOST_MASK_IDS:
        return None
    numpy = need("numpy", "Ultralytics' results")
    size = array_of(result.orig_img).shape[:2]
    classes = numpy.full(size, background, "uint8")
    for mask, number in zip(_spread(array_of(result.masks.data), *size), array_of(result.boxes.cls)):
        classes[mask] = int(number)
    return {"mask_data": classes, "class_labels": {**labels, background: "background"}}


def prompted_image(result: Any, prompts: Mapping[str, Any]) -> Image:
    """What SAM has made of boxes (two corners each) and points that it was asked with."""
    numpy = need("numpy", "Ultralytics' results")
    picture = need("PIL.Image", "Ultralytics' results", "pillow").fromarray(numpy.ascontiguousarray(original_of(result)))
    draw = need("PIL.ImageDraw", "Ultralytics' results", "pillow").Draw(picture)
    points, corners = prompts.get("points"), prompts.get("bboxes")
    for x, y in [] if points is None else array_of(points).reshape(-1, 2):
        draw.ellipse([x - POINT_RADIUS, y - POINT_RADIUS, x + POINT_RADIUS, y + POINT_RADIUS], fill=POINT_COLOUR)
    labels = {1: "Prompt-Box"}
    asked = [] if corners is None else array_of(corners).reshape(-1, 4)
    boxes = [_box([(a + c) / 2, (b + d) / 2, c - a, d - b], 1, labels) for a, b, c, d in asked]
    layers: dict[str, Any] = {}
    if result.masks is not None:
        found = _spread(array_of(result.masks.data), picture.height, picture.width).any(axis=0).astype("uint8")
        layers = {"masks": {"predictions": {"mask_data": found, "class_labels": {0: "Background", 1: "Prediction"}}}}
    return Image(picture, boxes={"prompts": {"box_data": boxes, "class_labels": labels}}, **layers)


def with_keypoints(picture: Any, figures: Sequence[Any], has_skeleton: bool) -> Any:
    """The picture with figures drawn by Ultralytics' own pencil."""
    numpy = need("numpy", "Ultralytics' results")
    plotting = need("ultralytics.utils.plotting", "a figure's picture", "ultralytics")
    pencil = plotting.Annotator(numpy.array(picture, order="C"))
    for figure in figures:
        pencil.kpts(figure, shape=picture.shape[:2], kpt_line=has_skeleton)
    return pencil.result()
