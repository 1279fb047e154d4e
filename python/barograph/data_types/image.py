"""image.py - Image: pixels from wherever they are, with boxes and masks over them."""

from __future__ import annotations

import hashlib
import os
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any, Sequence
from urllib.parse import urlsplit

from barograph.data_types.base import BatchableMedia, is_run, temporary_path
from barograph.data_types.image_layers import BoundingBoxes2D, Classes, ImageMask
from barograph.data_types.kinds import ConstKind, Kind, register
from barograph.util import ensure_matplotlib_figure, is_matplotlib, is_pytorch_tensor, need

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact
    from barograph.run import Run

FORMATS = ("png", "jpg", "jpeg", "bmp")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def _pil() -> Any:
    return need("PIL.Image", "an image", "pillow")


class Image(BatchableMedia):
    """An image.

    Args:
        data_or_path: a numpy array (height, width, channel), a torch tensor (channel, height, width), a PIL image, a
            matplotlib figure, a file, an address, or another Image. Numbers are from 0 to 255.
        mode: PIL's mode; guessed from the channels when it is not said.
        caption: what is shown below.
        grouping: how many images belong together.
        classes: what boxes and masks speak of.
        boxes: {"layer": BoundingBoxes2D or its dictionary}
        masks: {"layer": ImageMask or its dictionary}
        file_type: png, jpg, jpeg or bmp, for what is no file yet.
    """

    MAX_ITEMS = 108
    _log_type = "image-file"
    folder = "media/images"
    can_be_added = True
    may_be_reference = True

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: int | None = None,
        classes: Classes | Sequence[dict[str, Any]] | None = None,
        boxes: dict[str, Any] | None = None,
        masks: dict[str, Any] | None = None,
        file_type: str | None = None,
    ) -> None:
        super().__init__(caption=caption)
        self._grouping = grouping
        self._width: int | None = None
        self._height: int | None = None
        self._classes: Classes | None = None
        self._boxes: dict[str, BoundingBoxes2D] | None = None
        self._masks: dict[str, ImageMask] | None = None
        self.format: str | None = None
        if isinstance(data_or_path, Image):
            self._copy(data_or_path, caption, grouping)
        elif isinstance(data_or_path, (str, os.PathLike)):
            self._of_path(os.fspath(data_or_path))
        else:
            self._of_pixels(data_or_path, mode, file_type)
        self._take_layers(classes, boxes, masks)

    def _copy(self, other: Image, caption: str | None, grouping: int | None) -> None:
        self.__dict__.update({name: value for name, value in other.__dict__.items() if name != "_run"})
        self._boxes = self._masks = None
        if caption is not None:
            self._caption = caption
        if grouping is not None:
            self._grouping = grouping

    def _of_path(self, path: str) -> None:
        if self.path_is_reference(path):
            self._path = path
            self._sha256 = hashlib.sha256(path.encode()).hexdigest()
            self.format = urlsplit(path).path.rsplit("/", 1)[-1].rsplit(".", 1)[-1]
            return
        self._set_file(path)
        with _pil().open(path) as image:
            self._width, self._height = image.size
        self.format = os.path.splitext(path)[1][1:]

    def _of_pixels(self, data: Any, mode: str | None, file_type: str | None) -> None:
        self.format = file_type or "png"
        if self.format not in FORMATS:
            raise ValueError(f"file_type is one of {', '.join(FORMATS)}, got {file_type!r}")
        image = self._as_pil(data, mode, file_type)
        path = temporary_path(f".{self.format}")
        image.save(path)
        self._width, self._height = image.size
        self._set_file(path, is_tmp=True)

    def _as_pil(self, data: Any, mode: str | None, file_type: str | None) -> Any:
        pil = _pil()
        if isinstance(data, pil.Image):
            return data
        if is_matplotlib(data):
            drawn = BytesIO()
            ensure_matplotlib_figure(data).savefig(drawn, format=self.format)
            return pil.open(drawn)
        numpy = need("numpy", "an image of an array")
        if is_pytorch_tensor(data):
            mode = mode or self.guess_mode(data, file_type)
            data = data.detach().cpu().permute(1, 2, 0).numpy()
        elif hasattr(data, "numpy"):
            data = data.numpy()
        data = numpy.asarray(data)
        if data.ndim > 2:
            data = data.squeeze()
        mode = mode or self.guess_mode(data, file_type)
        return pil.fromarray(data.astype(numpy.uint8)).convert(mode)

    def guess_mode(self, data: Any, file_type: str | None = None) -> str:
        """PIL's mode for that many channels."""
        channels = data.shape[0] if is_pytorch_tensor(data) else data.shape[-1]
        if data.ndim == 2:
            channels = 1
        if channels not in _MODES:
            raise ValueError(f"an image has 1, 3 or 4 channels, got an array of shape {list(data.shape)}")
        if channels == 4 and file_type in ("jpg", "jpeg"):
            print("barograph: JPEG has no transparency, the alpha channel is left out", file=sys.stderr)
            return "RGB"
        return _MODES[channels]

    def _take_layers(
        self,
        classes: Classes | Sequence[dict[str, Any]] | None,
        boxes: dict[str, Any] | None,
        masks: dict[str, Any] | None,
    ) -> None:
        names: dict[Any, str] = {}
        for what, layers in (("boxes", boxes), ("masks", masks)):
            if layers is not None and not isinstance(layers, dict):
                raise ValueError(f"{what} are a dictionary of layers, got {type(layers).__name__}")
        if boxes:
            self._boxes = {k: v if isinstance(v, BoundingBoxes2D) else BoundingBoxes2D(v, k) for k, v in boxes.items()}
            for box in self._boxes.values():
                names.update(box._class_labels)
        if masks:
            self._masks = {k: v if isinstance(v, ImageMask) else ImageMask(v, k) for k, v in masks.items()}
            for mask in self._masks.values():
                names.update(getattr(mask, "_val", {}).get("class_labels", {}))
        listed = classes._class_set if isinstance(classes, Classes) else classes or []
        names.update({each["id"]: each["name"] for each in listed})
        if names:
            self._classes = Classes([{"id": number, "name": name} for number, name in names.items()])

    @property
    def image(self) -> Any:
        """The image as PIL has it; None for an address."""
        if self._path is None or self.path_is_reference(self._path):
            return None
        with _pil().open(self._path) as image:
            image.load()
            return image

    def bind_to_run(
        self, run: Run, key: int | str, step: int | str, id_: int | str | None = None, ignore_copy_err: bool | None = None
    ) -> None:
        # What an artifact holds already is referred to; offline nobody could resolve that.
        if self.path_is_reference(self._path) or run.offline or self._get_artifact_entry_ref_url() is None:
            super().bind_to_run(run, key, step, id_, ignore_copy_err)
        for layers in (self._boxes, self._masks):
            for i, layer in enumerate((layers or {}).values()):
                layer.bind_to_run(run, key, step, f"{id_}{i}" if id_ is not None else None, ignore_copy_err)

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        told = super().to_json(run_or_artifact)
        told.update({"_type": self._log_type, "format": self.format})
        optional = (("width", self._width), ("height", self._height), ("grouping", self._grouping or None))
        told.update((name, value) for name, value in optional if value is not None)
        if not is_run(run_or_artifact):
            self._tell_classes(run_or_artifact, told)
        for name, layers in (("boxes", self._boxes), ("masks", self._masks)):
            if layers:
                told[name] = {key: layer.to_json(run_or_artifact) for key, layer in layers.items()}
        return told

    def _tell_classes(self, artifact: Artifact, told: dict[str, Any]) -> None:
        if self._classes is None:
            if self._boxes or self._masks:
                raise ValueError("an image with boxes or masks needs classes when it is added to an artifact")
            return
        name = hashlib.md5(str(self._classes._class_set).encode(), usedforsecurity=False).hexdigest()
        entry = artifact.add(self._classes, f"media/classes/{name}_cls")
        told["classes"] = {"type": "classes-file", "path": entry.path, "digest": entry.digest}

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact) -> Image:
        classes = json_obj.get("classes")
        boxes = {key: BoundingBoxes2D.from_json(each, source_artifact) for key, each in (json_obj.get("boxes") or {}).items()}
        masks = {key: ImageMask.from_json(each, source_artifact) for key, each in (json_obj.get("masks") or {}).items()}
        for key, box in boxes.items():
            box._key = key
        for key, mask in masks.items():
            mask._key = key
            mask._set_artifact_source(source_artifact)
        return cls(
            source_artifact.get_entry(json_obj["path"]).download(),
            caption=json_obj.get("caption"),
            grouping=json_obj.get("grouping"),
            classes=source_artifact.get(classes["path"]) if classes else None,
            boxes=boxes or None,
            masks=masks or None,
        )

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Run, key: str, step: int | str) -> dict[str, Any]:
        listed = [each.to_json(run) for each in seq]
        told: dict[str, Any] = {
            "_type": "images/separated",
            "width": seq[0]._width,
            "height": seq[0]._height,
            "format": listed[0]["format"],
            "count": len(seq),
            "filenames": [each.get("path", each.get("artifact_path")) for each in listed],
        }
        if any((each._width, each._height) != (seq[0]._width, seq[0]._height) for each in seq):
            print(f"barograph: the images of {key!r} have different sizes; they are shown as large as the first", file=sys.stderr)
        optional = (
            ("captions", cls.all_captions(seq)),
            ("all_masks", cls.all_masks(seq, run, key, step)),
            ("all_boxes", cls.all_boxes(seq, run, key, step)),
        )
        told.update((name, value) for name, value in optional if value)
        return told

    @classmethod
    def all_captions(cls, images: Sequence[Any]) -> Any:
        return cls.captions(images)

    @classmethod
    def all_masks(cls, images: Sequence[Image], run: Run, run_key: str, step: int | str) -> Any:
        return cls._all_layers([image._masks for image in images], run)

    @classmethod
    def all_boxes(cls, images: Sequence[Image], run: Run, run_key: str, step: int | str) -> Any:
        return cls._all_layers([image._boxes for image in images], run)

    @staticmethod
    def _all_layers(layers: Sequence[Any], run: Run) -> Any:
        told = [{key: layer.to_json(run) for key, layer in each.items()} if each else None for each in layers]
        return told if any(told) else False

    def to_data_array(self) -> list[Any]:
        image = self.image
        if image is None:
            return []
        pixels = list(image.getdata())
        return [pixels[row * image.width : (row + 1) * image.width] for row in range(image.height)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return False
        if self.path_is_reference(self._path) or other.path_is_reference(other._path):
            return self._path == other._path
        ours = (self._grouping, self._caption, self._width, self._height, self._classes)
        theirs = (other._grouping, other._caption, other._width, other._height, other._classes)
        return ours == theirs and (self._sha256 == other._sha256 or self.to_data_array() == other.to_data_array())

    __hash__ = BatchableMedia.__hash__


@register("image-file", "wandb.Image", classes=[Image])
class ImageKind(Kind):
    """Images, with the layers and classes that any of them has."""

    _SETS = ("box_layers", "mask_layers")
    _MAPS = ("box_class_maps", "mask_class_maps")

    def __init__(self, **params: Any) -> None:
        given = {name: value.params["val"] if isinstance(value, ConstKind) else value for name, value in params.items()}
        told: dict[str, Any] = {}
        for name in ("box_layers", "box_score_keys", "mask_layers", "box_class_maps", "mask_class_maps", "class_map"):
            value = given.get(name) or {}
            if name in self._SETS:
                value = {key: set(ids) for key, ids in value.items()}
            elif name in self._MAPS:
                value = {str(key): {str(each): label for each, label in labels.items()} for key, labels in value.items()}
            elif name == "box_score_keys":
                value = set(value)
            told[name] = ConstKind(value)
        super().__init__(**told)

    @classmethod
    def of(cls, value: Any) -> Kind:
        boxes, masks = value._boxes or {}, value._masks or {}
        labels = {key: getattr(mask, "_val", {}).get("class_labels", {}) for key, mask in masks.items()}
        return cls(
            box_layers={str(key): set(box._class_labels) for key, box in boxes.items()},
            box_score_keys={name for box in boxes.values() for each in box._val for name in each.get("scores", {})},
            mask_layers={str(key): set(each) for key, each in labels.items()},
            box_class_maps={key: box._class_labels for key, box in boxes.items()},
            mask_class_maps={key: each for key, each in labels.items() if each},
            class_map={str(each["id"]): each["name"] for each in value._classes._class_set} if value._classes else {},
        )

    def join(self, other: Kind) -> Kind | None:
        if not isinstance(other, ImageKind):
            return None
        ours, theirs = ({name: const.params["val"] for name, const in kind.params.items()} for kind in (self, other))
        joined: dict[str, Any] = {"box_score_keys": set(ours["box_score_keys"]) | set(theirs["box_score_keys"])}
        for name in self._SETS:
            keys = [*ours[name], *(key for key in theirs[name] if key not in ours[name])]
            joined[name] = {key: set(ours[name].get(key, ())) | set(theirs[name].get(key, ())) for key in keys}
        for name in self._MAPS:
            keys = [*ours[name], *(key for key in theirs[name] if key not in ours[name])]
            joined[name] = {key: {**theirs[name].get(key, {}), **ours[name].get(key, {})} for key in keys}
        joined["class_map"] = {**theirs["class_map"], **ours["class_map"]}
        return ImageKind(**joined)
