"""image_layers.py - what is drawn over an image: classes, boxes and masks."""

from __future__ import annotations

import numbers
import os
from typing import TYPE_CHECKING, Any, ClassVar, Sequence

from barograph.data_types.base import Media, is_run, temporary_path
from barograph.data_types.kinds import ConstKind, Kind, UnionKind, register
from barograph.util import is_pytorch_tensor, json_dumps_safer, need

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact
    from barograph.run import Run

# Between a key and a layer's name, in the run's config.
_BETWEEN = "_wandb_delimeter_"


def _note_labels(run: Run, kind: str, key: int | str, layer: str, labels: dict[Any, str]) -> None:
    """The run's config tells what the classes of each key's layer are called."""
    name = f"{key}{_BETWEEN}{layer}"
    told = {"type": kind, "key": name, "value": labels}
    noted = run.__dict__.setdefault("_noted_labels", {})
    if noted.get((kind, name)) != told:
        noted[kind, name] = told
        from barograph.artifacts.logging import set_own_config

        set_own_config(run, [kind, name], told)


def _check_labels(labels: dict[Any, str]) -> None:
    for number, name in labels.items():
        if not isinstance(number, numbers.Number) or not isinstance(name, str):
            raise TypeError(f"class labels are numbers with their names, got {number!r}: {name!r}")


class Classes(Media):
    """The classes that boxes and masks speak of.

    Args:
        class_set: [{"id": 1, "name": "cat"}, ...]
    """

    _log_type = "classes"
    can_be_added = True

    def __init__(self, class_set: Sequence[dict[str, Any]]) -> None:
        super().__init__()
        for each in class_set:
            if "id" not in each or "name" not in each:
                raise ValueError(f"a class is a dictionary with 'id' and 'name', got {each!r}")
        self._class_set = class_set

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact | None) -> Classes:
        return cls(json_obj.get("class_set") or [])

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        told = super().to_json(run_or_artifact) if run_or_artifact is not None else {}
        told.update({"_type": self._log_type, "class_set": self._class_set})
        return told

    def get_type(self) -> Kind:
        """The kind of a column whose values are ids of these classes."""
        return ClassesKind(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Classes) and self._class_set == other._class_set

    __hash__ = Media.__hash__


@register("classesId", "wandb.Classes_id", classes=[Classes])
class ClassesKind(Kind):
    """Ids of known classes."""

    def __init__(self, classes_obj: Classes | None = None, valid_ids: Any = None) -> None:
        if classes_obj is None:
            ids = valid_ids.params["allowed_types"] if isinstance(valid_ids, UnionKind) else map(ConstKind, valid_ids or [])
            classes_obj = Classes([{"id": each.params["val"], "name": str(each.params["val"])} for each in ids])
        super().__init__(valid_ids=UnionKind([ConstKind(each["id"]) for each in classes_obj._class_set]))
        self.classes = classes_obj

    @classmethod
    def of(cls, value: Any) -> Kind:
        return cls(value)

    def take(self, value: Any) -> Kind | None:
        return self.join(ConstKind(value))

    def join(self, other: Kind) -> Kind | None:
        return self if self == other or self.params["valid_ids"].join(other) is not None else None

    def to_json(self, artifact: Artifact | None = None) -> dict[str, Any]:
        told = super().to_json(artifact)
        if artifact is None:
            told["params"]["classes_obj"] = self.classes.to_json(None)
        else:
            entry = artifact.add(self.classes, "media/cls")
            told["params"]["classes_obj"] = {"type": "classes-file", "path": entry.path, "digest": entry.digest}
        return told

    @classmethod
    def from_json(cls, told: dict[str, Any], artifact: Artifact | None = None) -> Kind:
        where = told["params"]["classes_obj"]
        if where.get("type") != "classes-file":
            return cls(Classes.from_json(where, artifact))
        if artifact is None:
            raise ValueError("classes that lie in an artifact cannot be read without it")
        return cls(artifact.get(where["path"]))


class JSONMetadata(Media):
    """A dictionary in a file of its own."""

    type_label: ClassVar[str] = "metadata"

    def __init__(self, val: dict[str, Any]) -> None:
        super().__init__()
        self.validate(val)
        self._val: Any = val
        self._write_file(json_dumps_safer(val), f".{self.type_name()}.json")

    @classmethod
    def get_media_subdir(cls) -> str:
        return f"media/metadata/{cls.type_name()}"

    @classmethod
    def type_name(cls) -> str:
        return cls.type_label

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        told = super().to_json(run_or_artifact)
        told["_type"] = self.type_name()
        return told

    def validate(self, val: dict[str, Any]) -> bool:
        return True


def _is_position(position: dict[str, Any]) -> bool:
    def has(*names: str) -> bool:
        return all(isinstance(position.get(name), numbers.Number) for name in names)

    is_middle = len(position.get("middle") or ()) == 2 and has("width", "height")
    return is_middle or has("minX", "maxX", "minY", "maxY")


class BoundingBoxes2D(JSONMetadata):
    """Boxes over an image.

    Args:
        val: {"box_data": [{"position": {...}, "class_id": 1, "scores": {...}, "box_caption": "..."}, ...],
            "class_labels": {1: "cat"}}. A position is minX, maxX, minY, maxY, or middle, width, height; fractions of
            the image unless "domain" is "pixel".
        key: the layer's name.
    """

    _log_type = "bounding-boxes"
    type_label = "boxes2D"
    can_be_added = True

    def __init__(self, val: dict[str, Any], key: str) -> None:
        for box in val.get("box_data") or []:
            middle = box.get("position", {}).get("middle")
            if is_pytorch_tensor(middle):
                box["position"]["middle"] = middle.tolist()
        super().__init__(val)
        self._val = val["box_data"]
        self._key = key
        ids = sorted({int(box["class_id"]) for box in self._val if "class_id" in box})
        self._class_labels: dict[Any, str] = val.get("class_labels") or {each: f"class_{each}" for each in ids}

    def bind_to_run(
        self, run: Run, key: int | str, step: int | str, id_: int | str | None = None, ignore_copy_err: bool | None = None
    ) -> None:
        super().bind_to_run(run, key, step, id_, ignore_copy_err)
        _note_labels(run, "bounding_box/class_labels", key, self._key, self._class_labels)

    def validate(self, val: dict[str, Any]) -> bool:
        _check_labels(val.get("class_labels") or {})
        if not isinstance(val["box_data"], list):
            raise TypeError(f"box_data is a list of boxes, got {type(val['box_data']).__name__}")
        for box in val["box_data"]:
            if not _is_position(box.get("position") or {}):
                raise TypeError("a box's position has minX, maxX, minY and maxY, or middle, width and height")
            scores = box.get("scores", {})
            if not isinstance(scores, dict):
                raise TypeError(f"a box's scores are a dictionary, got {type(scores).__name__}")
            for name, score in scores.items():
                if not isinstance(name, str) or not isinstance(score, numbers.Number):
                    raise TypeError(f"a box's scores are names with numbers, got {name!r}: {score!r}")
            if "class_id" in box and not isinstance(box["class_id"], int):
                raise TypeError(f"a box's class_id is a whole number, got {box['class_id']!r}")
            if "box_caption" in box and not isinstance(box["box_caption"], str):
                raise TypeError(f"a box's caption is text, got {box['box_caption']!r}")
        return True

    def to_json(self, run_or_artifact: Any) -> Any:
        return super().to_json(run_or_artifact) if is_run(run_or_artifact) else self._val

    @classmethod
    def from_json(cls, json_obj: Any, source_artifact: Artifact) -> BoundingBoxes2D:
        return cls({"box_data": json_obj}, "")


class ImageMask(Media):
    """A class for each pixel of an image.

    Args:
        val: {"mask_data": 2-dimensional array of class ids from 0 to 255, "class_labels": {1: "cat"}}, or
            {"path": a grey PNG file, "class_labels": ...}
        key: the layer's name.
    """

    _log_type = "mask"
    can_be_added = True

    def __init__(self, val: dict[str, Any], key: str) -> None:
        super().__init__()
        self._key = key
        if "path" in val:
            self._set_file(val["path"])
            if "class_labels" in val:
                _check_labels(val["class_labels"])
                self._val = val
            return
        numpy = need("numpy", "a mask")
        image = need("PIL.Image", "a mask", "pillow")
        if is_pytorch_tensor(val.get("mask_data")):
            val["mask_data"] = val["mask_data"].cpu().numpy()
        self.validate(val)
        if "class_labels" not in val:
            val["class_labels"] = {int(each): f"class_{int(each)}" for each in numpy.unique(val["mask_data"])}
        self._val = val
        extension = f".{self.type_name()}.png"
        path = temporary_path(extension)
        image.fromarray(val["mask_data"].astype(numpy.uint8)).convert("L").save(path)
        self._set_file(path, is_tmp=True, extension=extension)

    def bind_to_run(
        self, run: Run, key: int | str, step: int | str, id_: int | str | None = None, ignore_copy_err: bool | None = None
    ) -> None:
        super().bind_to_run(run, key, step, id_, ignore_copy_err)
        if "class_labels" in getattr(self, "_val", {}):
            _note_labels(run, "mask/class_labels", key, self._key, self._val["class_labels"])

    @classmethod
    def get_media_subdir(cls) -> str:
        return os.path.join("media", "images", cls.type_name())

    @classmethod
    def type_name(cls) -> str:
        return cls._log_type or ""

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact) -> ImageMask:
        return cls({"path": source_artifact.get_entry(json_obj["path"]).download()}, "")

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        told = super().to_json(run_or_artifact)
        if is_run(run_or_artifact):
            told["_type"] = self.type_name()
        return told

    def validate(self, val: dict[str, Any]) -> bool:
        data = val.get("mask_data")
        if data is None or len(getattr(data, "shape", ())) != 2:
            raise TypeError("a mask has 'mask_data', a 2-dimensional array of class ids")
        if not ((data >= 0).all() and (data <= 255).all()):
            raise TypeError("a mask's class ids are whole numbers from 0 to 255")
        _check_labels(val.get("class_labels") or {})
        return True
