"""files.py - values that are little more than a file: Audio, Video, Html, Molecule, Object3D."""

from __future__ import annotations

import hashlib
import io
import os
import sys
from typing import TYPE_CHECKING, Any, Sequence

from barograph.data_types.base import BatchableMedia, is_run, temporary_path
from barograph.data_types.kinds import media_kind
from barograph.util import is_numpy_array, json_dumps_safer, need

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact
    from barograph.run import Run


class Audio(BatchableMedia):
    """A sound.

    Args:
        data_or_path: a file, an address, or samples; those are written by the package soundfile.
        sample_rate: samples a second.
        caption: what is shown below.
    """

    _log_type = "audio-file"
    folder = "media/audio"
    can_be_added = True
    may_be_reference = True

    def __init__(self, data_or_path: Any, sample_rate: int | None = None, caption: str | None = None) -> None:
        super().__init__(caption=caption)
        self._duration: float | None = None
        self._sample_rate = sample_rate
        if isinstance(data_or_path, (str, os.PathLike)):
            path = os.fspath(data_or_path)
            if self.path_is_reference(path):
                self._path, self._sha256 = path, hashlib.sha256(path.encode()).hexdigest()
            else:
                self._set_file(path)
            return
        if sample_rate is None:
            raise ValueError("audio samples need a sample_rate")
        path = temporary_path(".wav")
        need("soundfile", "audio of samples").write(path, data_or_path, sample_rate)
        self._duration = len(data_or_path) / float(sample_rate)
        self._set_file(path, is_tmp=True)

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact) -> Audio:
        return cls(source_artifact.get_entry(json_obj["path"]).download(), caption=json_obj.get("caption"))

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Run, key: str, step: int | str) -> dict[str, Any]:
        told = {"_type": "audio", "count": len(seq), "audio": [each.to_json(run) for each in seq]}
        optional = (
            ("sampleRates", cls.sample_rates(seq)), ("durations", cls.durations(seq)), ("captions", cls.captions(seq))
        )  # fmt: skip
        told.update((name, value) for name, value in optional if value)
        return told

    @classmethod
    def durations(cls, audio_list: Sequence[Audio]) -> list[float | None]:
        """Their lengths in seconds."""
        return [each._duration for each in audio_list]

    @classmethod
    def sample_rates(cls, audio_list: Sequence[Audio]) -> list[int | None]:
        return [each._sample_rate for each in audio_list]

    @staticmethod
    def captions(media_items: Sequence[Any]) -> Any:
        listed = [each._caption for each in media_items]
        return False if all(each is None for each in listed) else [each or "" for each in listed]

    def resolve_ref(self) -> str | None:
        """The address, when the sound is no more than one."""
        if self.path_is_reference(self._path):
            return self._path
        source = self._artifact_source.artifact if self._artifact_source is not None else None
        name = source._local_path_to_name(self._path or "") if source is not None else None
        entry = source.manifest.get_entry_by_path(name) if source is not None and name is not None else None
        return entry.ref if entry is not None else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Audio) or self._caption != other._caption:
            return False
        if self.path_is_reference(self._path) or self.path_is_reference(other._path):
            return self.resolve_ref() == other.resolve_ref()
        return super().__eq__(other)

    __hash__ = BatchableMedia.__hash__


class Video(BatchableMedia):
    """A video.

    Args:
        data_or_path: a file, bytes in a BytesIO, or an array (time, channel, height, width), or several of them
            (batch, time, channel, height, width), which are drawn side by side; arrays are encoded by moviepy.
        caption: what is shown below.
        fps: frames a second of an array, 4 unless said.
        format: gif, mp4, webm or ogg, for what is no file yet.
    """

    EXTS = ("gif", "mp4", "webm", "ogg")
    FPS = 4
    _log_type = "video-file"
    folder = "media/videos"
    can_be_added = True

    def __init__(
        self, data_or_path: Any, caption: str | None = None, fps: int | None = None, format: str | None = None
    ) -> None:
        super().__init__(caption=caption)
        self._width: int | None = None
        self._height: int | None = None
        if isinstance(data_or_path, (str, os.PathLike)):
            path = os.fspath(data_or_path)
            self._format = self._checked(os.path.splitext(path)[1][1:].lower())
            self._set_file(path)
            return
        if not (isinstance(data_or_path, io.BytesIO) or hasattr(data_or_path, "numpy") or is_numpy_array(data_or_path)):
            raise ValueError(f"a video is a file, bytes or an array, got {type(data_or_path).__name__}")
        if format is None:
            raise ValueError("a video that is no file needs a format")
        self._format = self._checked(format)
        if isinstance(data_or_path, io.BytesIO):
            if fps:
                print("barograph: fps is for arrays; encoded videos have their own", file=sys.stderr)
            self._write_file(data_or_path.read(), f".{self._format}")
            return
        self.data = data_or_path.numpy() if hasattr(data_or_path, "numpy") else data_or_path
        self.encode(fps or self.FPS)

    @classmethod
    def _checked(cls, format: str) -> str:
        if format not in cls.EXTS:
            raise ValueError(f"a video's format is one of {', '.join(cls.EXTS)}, got {format!r}")
        return format

    def encode(self, fps: int = 4) -> None:
        """Makes the file of the array."""
        frames = self._prepare_video(self.data)
        _, self._height, self._width, _ = frames.shape
        path = temporary_path(f".{self._format}")
        if self._format == "gif":
            image = need("PIL.Image", "a GIF of an array", "pillow")
            first, *others = [image.fromarray(each.squeeze()) for each in frames]
            first.save(path, save_all=True, append_images=others, duration=1000 / fps, loop=0)
        else:
            module = need("moviepy.video.io.ImageSequenceClip", "a video of an array", "moviepy")
            module.ImageSequenceClip(list(frames), fps=fps).write_videofile(path, logger=None)
        self._set_file(path, is_tmp=True)

    def _prepare_video(self, video: Any) -> Any:
        """(time, height, width, channel) with the batch laid out in a grid of 2^n cells."""
        numpy = need("numpy", "a video of an array")
        if video.ndim < 4:
            raise ValueError(f"a video's array has time, channel, height and width, got {video.ndim} dimensions")
        if video.ndim == 4:
            video = video[numpy.newaxis]
        video = video.astype(numpy.uint8)
        batch = video.shape[0]
        cells = 1 << (batch - 1).bit_length()
        if cells != batch:
            video = numpy.concatenate([video, numpy.zeros((cells - batch, *video.shape[1:]), numpy.uint8)])
        rows = 1 << ((batch.bit_length() - 1) // 2)
        _, time, channels, height, width = video.shape
        grid = video.reshape(rows, cells // rows, time, channels, height, width)
        return grid.transpose(2, 0, 4, 1, 5, 3).reshape(time, rows * height, cells // rows * width, channels)

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        told = super().to_json(run_or_artifact)
        told["_type"] = self._log_type
        told.update((name, size) for name, size in (("width", self._width), ("height", self._height)) if size is not None)
        return told

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Run, key: str, step: int | str) -> dict[str, Any]:
        videos = [each.to_json(run) for each in seq]
        return {"_type": "videos", "count": len(seq), "videos": videos, "captions": cls.captions(seq)}


_HEAD = '<base target="_blank"><link rel="stylesheet" type="text/css" href="https://app.wandb.ai/normalize.css" />'


class Html(BatchableMedia):
    """A page, shown in a frame that can reach nothing.

    Args:
        data: HTML, something to read() it from, or the path of an .html file.
        inject: adds a style sheet, and lets links open pages of their own.
        data_is_not_path: the text is HTML even if a file has that name.
    """

    _log_type = "html-file"
    folder = "media/html"
    can_be_added = True

    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:
        super().__init__()
        path = None
        if not data_is_not_path and isinstance(data, (str, os.PathLike)) and _is_html_file(os.fspath(data)):
            path = os.fspath(data)
            with open(path, encoding="utf-8") as file:
                self.html = file.read()
        elif isinstance(data, str):
            self.html = data
        elif hasattr(data, "read"):
            if hasattr(data, "seek"):
                data.seek(0)
            self.html = data.read()
        else:
            raise ValueError(f"HTML is text, or something to read it from, got {type(data).__name__}")
        if inject:
            self.inject_head()
        if path is not None and not inject:
            self._set_file(path)
        else:
            self._write_file(self.html, ".html")

    def inject_head(self) -> None:
        """Puts what inject promises at the beginning of the head."""
        if "<head>" in self.html:
            before, after = self.html.split("<head>", 1)
            self.html = f"{before}<head>{_HEAD}{after}".strip()
        elif "<html>" in self.html:
            before, after = self.html.split("<html>", 1)
            self.html = f"{before}<html><head>{_HEAD}</head>{after}".strip()
        else:
            self.html = (_HEAD + self.html).strip()

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact) -> Html:
        return cls(source_artifact.get_entry(json_obj["path"]).download(), inject=False)

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Run, key: str, step: int | str) -> dict[str, Any]:
        return {"_type": "html", "count": len(seq), "html": [each.to_json(run) for each in seq]}


def _is_html_file(path: str) -> bool:
    try:
        return path.endswith(".html") and os.path.isfile(path)
    except (OSError, ValueError):  # a page is no valid path
        return False


def _content_of(source: Any, kwargs: dict[str, Any], supported: Sequence[str]) -> tuple[str, str]:
    """What a stream holds, and its extension, which only the caller knows."""
    if hasattr(source, "seek"):
        source.seek(0)
    extension = kwargs.pop("file_type", None)
    if extension is None:
        raise ValueError("what is read from a stream needs a file_type")
    if extension not in supported:
        raise ValueError(f"file_type is one of {', '.join(sorted(supported))}, got {extension!r}")
    return source.read(), f".{extension}"


class Molecule(BatchableMedia):
    """A molecule in 3D.

    Args:
        data_or_path: a file, or a stream with file_type.
        caption: what is shown below.
        file_type: pdb, pqr, mmcif, mcif, cif, sdf, sd, gro, mol2 or mmtf.
    """

    SUPPORTED_TYPES = {"pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol2", "mmtf"}
    SUPPORTED_RDKIT_TYPES = {"mol", "sdf"}
    _log_type = "molecule-file"
    folder = "media/molecule"
    can_be_added = True

    def __init__(self, data_or_path: Any, caption: str | None = None, **kwargs: Any) -> None:
        super().__init__(caption=caption)
        if hasattr(data_or_path, "name") and not isinstance(data_or_path, os.PathLike):
            data_or_path = data_or_path.name
        if isinstance(data_or_path, (str, os.PathLike)):
            path = os.fspath(data_or_path)
            extension = os.path.splitext(path)[1][1:]
            if extension not in self.SUPPORTED_TYPES:
                raise ValueError(f"a molecule's file is one of {', '.join(sorted(self.SUPPORTED_TYPES))}, got {path!r}")
            self._set_file(path)
        elif hasattr(data_or_path, "read"):
            self._write_file(*_content_of(data_or_path, kwargs, sorted(self.SUPPORTED_TYPES)))
        else:
            raise ValueError(f"a molecule is a file or a stream, got {type(data_or_path).__name__}")

    @classmethod
    def from_rdkit(
        cls,
        data_or_path: Any,
        caption: str | None = None,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """A molecule of RDKit, or of a mol or sdf file that RDKit reads."""
        chem = need("rdkit.Chem", "a molecule of RDKit", "rdkit")
        molecule = data_or_path
        if isinstance(data_or_path, (str, os.PathLike)):
            path = os.fspath(data_or_path)
            extension = os.path.splitext(path)[1][1:]
            if extension not in cls.SUPPORTED_RDKIT_TYPES:
                raise ValueError(f"RDKit is asked for mol and sdf files, got {path!r}")
            molecule = next(iter(chem.SDMolSupplier(path))) if extension == "sdf" else chem.MolFromMolFile(path)
        if not isinstance(molecule, chem.rdchem.Mol):
            raise TypeError(f"a file, or a molecule of RDKit, is needed, got {type(data_or_path).__name__}")
        if convert_to_3d_and_optimize:
            all_chem = need("rdkit.Chem.AllChem", "a molecule in 3D", "rdkit")
            molecule = chem.AddHs(molecule)
            all_chem.EmbedMolecule(molecule)
            all_chem.MMFFOptimizeMolecule(molecule, maxIters=mmff_optimize_molecule_max_iterations)
        return cls(io.StringIO(chem.rdmolfiles.MolToPDBBlock(molecule)), caption=caption, file_type="pdb")

    @classmethod
    def from_smiles(
        cls,
        data: str,
        caption: str | None = None,
        sanitize: bool = True,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """A molecule that SMILES describes; RDKit reads it."""
        molecule = need("rdkit.Chem", "SMILES", "rdkit").MolFromSmiles(data, sanitize=sanitize)
        if molecule is None:
            raise ValueError(f"{data!r} is no SMILES")
        return cls.from_rdkit(molecule, caption, convert_to_3d_and_optimize, mmff_optimize_molecule_max_iterations)

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Run, key: str, step: int | str) -> dict[str, Any]:
        paths = [each.to_json(run)["path"] for each in seq]
        return {"_type": "molecule", "filenames": paths, "count": len(paths), "captions": cls.captions(seq)}


_POINT_WIDTHS = (3, 4, 6)


class Object3D(BatchableMedia):
    """A model or a point cloud in 3D.

    Args:
        data_or_path: a file; a stream with file_type; an array of points, x y z, x y z category (1 to 14), or
            x y z r g b; or {"type": "lidar/beta", "points": ..., "boxes": ..., "vectors": ...}.
        caption: what is shown below.
        file_type: obj, gltf, glb, babylon, stl or pts.json.
    """

    SUPPORTED_TYPES = {"obj", "gltf", "glb", "babylon", "stl", "pts.json"}
    SUPPORTED_POINT_CLOUD_TYPES = {"lidar/beta"}
    _log_type = "object3D-file"
    folder = "media/object3D"
    can_be_added = True

    def __init__(self, data_or_path: Any, caption: str | None = None, **kwargs: Any) -> None:
        super().__init__(caption=caption)
        if hasattr(data_or_path, "name") and not isinstance(data_or_path, os.PathLike):
            data_or_path = data_or_path.name
        if isinstance(data_or_path, (str, os.PathLike)):
            path = os.fspath(data_or_path)
            known = [f".{each}" for each in sorted(self.SUPPORTED_TYPES) if path.endswith(f".{each}")]
            if not known:
                raise ValueError(f"a 3D file is one of {', '.join(sorted(self.SUPPORTED_TYPES))}, got {path!r}")
            self._set_file(path, extension=known[0])
        elif hasattr(data_or_path, "read"):
            self._write_file(*_content_of(data_or_path, kwargs, sorted(self.SUPPORTED_TYPES)))
        elif isinstance(data_or_path, dict) and "type" in data_or_path:
            self._write_file(json_dumps_safer(self._cloud(data_or_path)), ".pts.json")
        elif is_numpy_array(data_or_path):
            self._write_file(json_dumps_safer(self._points(data_or_path)), ".pts.json")
        else:
            raise ValueError(f"a 3D object is a file, a stream, an array or a point cloud, got {type(data_or_path).__name__}")

    @classmethod
    def _cloud(cls, cloud: dict[str, Any]) -> dict[str, Any]:
        if cloud["type"] not in cls.SUPPORTED_POINT_CLOUD_TYPES:
            raise ValueError(f"a point cloud's type is lidar/beta, got {cloud['type']!r}")
        told: dict[str, Any] = {"type": cloud["type"]}
        for name in ("vectors", "points", "boxes"):
            part = cloud.get(name, [])
            told[name] = part.tolist() if hasattr(part, "tolist") else list(part)
        return told

    @staticmethod
    def _points(points: Any) -> Any:
        if len(points.shape) != 2 or points.shape[1] not in _POINT_WIDTHS:
            raise ValueError(
                f"points are rows of x y z, x y z category, or x y z r g b; got an array of shape {tuple(points.shape)}"
            )
        return points.tolist()

    @classmethod
    def from_file(cls, data_or_path: Any, file_type: str | None = None) -> Object3D:
        """A model of a file or a stream."""
        return cls(data_or_path, file_type=file_type)

    @classmethod
    def from_numpy(cls, data: Any) -> Object3D:
        """A cloud of an array of points."""
        if not is_numpy_array(data):
            raise ValueError(f"an array is needed, got {type(data).__name__}")
        return cls(data)

    @classmethod
    def from_point_cloud(
        cls,
        points: Sequence[Any],
        boxes: Sequence[Any],
        vectors: Sequence[Any] | None = None,
        point_cloud_type: str = "lidar/beta",
    ) -> Object3D:
        """A scene of points, boxes and vectors."""
        plain = [each.tolist() if hasattr(each, "tolist") else list(each) for each in (points, boxes, vectors or [])]
        return cls({"type": point_cloud_type, "points": plain[0], "boxes": plain[1], "vectors": plain[2]})

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        if not is_run(run_or_artifact) and not (self._path or "").endswith(".pts.json"):
            raise ValueError("an artifact takes point clouds only; add_file() takes other 3D files")
        return super().to_json(run_or_artifact)

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Run, key: str, step: int | str) -> dict[str, Any]:
        listed = [each.to_json(run) for each in seq]
        names = [os.path.relpath(each["path"], cls.folder) for each in listed]
        return {"_type": "object3D", "filenames": names, "count": len(listed), "objects": listed}


def box3d(
    *,
    center: Sequence[float],
    size: Sequence[float],
    orientation: Sequence[float],
    color: Sequence[int],
    label: str | None = None,
    score: float | None = None,
) -> dict[str, Any]:
    """A box of a point cloud by its middle, its edges' lengths and a quaternion (w, x, y, z)."""
    numpy = need("numpy", "a box")
    if len(center) != 3 or len(size) != 3 or len(orientation) != 4:
        raise ValueError("a box has a center of 3 numbers, a size of 3 and an orientation of 4")
    w, x, y, z = numpy.asarray(orientation, float) / numpy.linalg.norm(orientation)
    turn = numpy.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)],
            [2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)],
            [2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    signs = numpy.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
    corners = numpy.asarray(center) + 0.5 * numpy.asarray(size) * signs @ turn
    return {"corners": corners.tolist(), "color": list(color), "label": label, "score": score}


media_kind("audio-file", Audio)
media_kind("html-file", Html)
media_kind("object3D-file", Object3D)
media_kind("video-file", Video)
