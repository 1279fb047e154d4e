"""base.py - what all data types share: how they become JSON, and how their files get into runs and artifacts."""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import tempfile
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Sequence

from barograph.util import generate_id, make_file_path_upload_safe

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact
    from barograph.run import Run

ID_LEN = 20
_folder: tempfile.TemporaryDirectory[str] | None = None


def temporary_path(extension: str) -> str:
    """Where a value's file waits until a run or an artifact takes it."""
    global _folder
    if _folder is None or not os.path.isdir(_folder.name):
        _folder = tempfile.TemporaryDirectory(prefix="barograph-media-")
        atexit.register(_folder.cleanup)
    return os.path.join(_folder.name, generate_id() + extension)


def is_run(owner: Any) -> bool:
    return hasattr(owner, "_save_file")


class Place(NamedTuple):
    """An artifact, and the entry in it."""

    artifact: Artifact
    name: str | None


class WBValue:
    """A value that is logged as JSON with a `_type`."""

    _log_type: ClassVar[str | None] = None
    can_be_added: ClassVar[bool] = False
    reads_all_files: ClassVar[bool] = False
    is_read_late: ClassVar[bool] = False  # when it is looked into, by _of_artifact

    def __init__(self) -> None:
        self._artifact_source: Place | None = None
        self._artifact_target: Place | None = None

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        """The value as a run's history, or an artifact's file, has it."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact) -> Any:
        """The value that an artifact's file describes."""
        raise NotImplementedError

    @classmethod
    def with_suffix(cls, name: str, filetype: str = "json") -> str:
        """The name of the file that holds such a value in an artifact."""
        suffix = f"{cls._log_type}.{filetype}" if cls._log_type else filetype
        return name if name.endswith(suffix) else f"{name}.{suffix}"

    @staticmethod
    def init_from_json(json_obj: dict[str, Any], source_artifact: Artifact) -> Any:
        """A value from its JSON; None when its type is not known."""
        kind = WBValue.type_mapping().get(json_obj["_type"])
        if kind is None:
            return None
        value = kind.from_json(json_obj, source_artifact)
        value._set_artifact_source(source_artifact)
        return value

    @staticmethod
    def type_mapping() -> dict[str, Any]:
        """All data types, by the `_type` they are written with."""
        found: dict[str, Any] = {}
        waiting: list[Any] = [WBValue]
        while waiting:
            kind = waiting.pop()
            if kind._log_type is not None:
                found.setdefault(kind._log_type, kind)
            waiting.extend(kind.__subclasses__())
        return found

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = object.__hash__

    def to_data_array(self) -> list[Any]:
        """The value as nested lists."""
        raise NotImplementedError(f"{type(self).__name__} has no form as nested lists")

    def _set_artifact_source(self, artifact: Artifact, name: str | None = None) -> None:
        self._artifact_source = Place(artifact, name)

    def _set_artifact_target(self, artifact: Artifact, name: str | None = None) -> None:
        self._artifact_target = Place(artifact, name)

    def _get_artifact_entry_ref_url(self) -> str | None:
        """The address of the artifact's entry that already holds the value, or will."""
        source, target = self._artifact_source, self._artifact_target
        if source is not None and source.name:
            return source.artifact.get_entry(self.with_suffix(source.name)).ref_url()
        if target is not None and target.name and target.artifact._is_final:
            return f"wandb-client-artifact://{target.artifact._client_id}/{self.with_suffix(target.name)}"
        return None

    def _get_artifact_entry_latest_ref_url(self) -> str | None:
        """The same in whatever version is the latest."""
        target = self._artifact_target
        if target is None or not target.name or not target.artifact._is_final:
            return None
        sequence = target.artifact._sequence_client_id
        return f"wandb-client-artifact://{sequence}:latest/{self.with_suffix(target.name)}"


class Media(WBValue):
    """A value that lies in a file."""

    # Image and Audio may be no more than an address.
    may_be_reference: ClassVar[bool] = False
    folder: ClassVar[str] = ""

    def __init__(self, caption: str | None = None) -> None:
        super().__init__()
        self._caption = caption
        self._path: str | None = None
        self._is_tmp = False
        self._extension: str | None = None
        self._sha256: str | None = None
        self._size: int | None = None
        self._run: Run | None = None

    def _set_file(self, path: str | os.PathLike[str], is_tmp: bool = False, extension: str | None = None) -> None:
        """The value's file. is_tmp: ours, to be moved; otherwise the caller's, to be copied."""
        self._path, self._is_tmp, self._extension = os.fspath(path), is_tmp, extension
        hasher = hashlib.sha256()
        with open(path, "rb") as file:
            while chunk := file.read(1 << 20):
                hasher.update(chunk)
        self._sha256 = hasher.hexdigest()
        self._size = os.path.getsize(path)

    def _write_file(self, content: str | bytes, extension: str) -> None:
        path = temporary_path(extension)
        data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        with open(path, "wb") as file:
            file.write(data)
        self._set_file(path, is_tmp=True, extension=extension)

    @classmethod
    def get_media_subdir(cls) -> str:
        """The folder of such files in a run."""
        return cls.folder

    @staticmethod
    def captions(media_items: Sequence[Media]) -> Any:
        """The captions of a list; False when the first has none."""
        return [item._caption for item in media_items] if media_items[0]._caption is not None else False

    def is_bound(self) -> bool:
        """Whether a run has its file."""
        return self._run is not None

    def file_is_set(self) -> bool:
        return self._path is not None and self._sha256 is not None

    @staticmethod
    def path_is_reference(path: Any) -> bool:
        """Whether it is an address and not a file."""
        return isinstance(path, str) and re.match("(gs|s3|https?)://", path) is not None

    def bind_to_run(
        self, run: Run, key: int | str, step: int | str, id_: int | str | None = None, ignore_copy_err: bool | None = None
    ) -> None:
        """Puts the file into the run's folder, under a name made of key, step and content, and has it sent."""
        if self.path_is_reference(self._path):
            raise ValueError(f"{type(self).__name__} is an address; only an artifact can hold it, a run cannot")
        assert self._path is not None and self._sha256 is not None
        extension = self._extension or os.path.splitext(self._path)[1]
        name = f"{make_file_path_upload_safe(str(key))}_{step}_{id_ or self._sha256[:ID_LEN]}{extension}"
        path = os.path.join(self.get_media_subdir(), name)
        place = os.path.join(run.dir, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if self._is_tmp:
            shutil.move(self._path, place)
        elif not (os.path.exists(place) and os.path.samefile(self._path, place)):
            shutil.copyfile(self._path, place)
        self._path, self._is_tmp, self._run = place, False, run
        run._save_file(path)

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if self._caption is not None:
            told["caption"] = self._caption
        if is_run(run_or_artifact):
            self._tell_run(run_or_artifact, told)
        else:
            if self.file_is_set():
                told["path"] = self._entry_in(run_or_artifact)
                told["sha256"] = self._sha256
            told["_type"] = self._log_type
        return told

    def _tell_run(self, run: Run, told: dict[str, Any]) -> None:
        told.update({"_type": self._log_type or "file", "sha256": self._sha256, "size": self._size})
        address, latest = self._get_artifact_entry_ref_url(), self._get_artifact_entry_latest_ref_url()
        if address is not None:
            told["artifact_path"] = address
        if latest is not None:
            told["_latest_artifact_path"] = latest
        if self._run is not None:
            if self._run is not run:
                raise ValueError(f"this {type(self).__name__} was logged by another run; make a new one of the same data")
            told["path"] = os.path.relpath(self._path or "", run.dir).replace(os.sep, "/")

    def _entry_in(self, artifact: Artifact) -> str:
        """The path of the value's file in an artifact, where it is put unless it is there."""
        assert self._path is not None and self._sha256 is not None
        known = artifact.get_added_local_path_name(self._path)
        if known is not None:
            return known
        base = os.path.basename(self._path)
        parts = [self.get_media_subdir(), base] if self._is_tmp else [self.get_media_subdir(), self._sha256[:ID_LEN], base]
        name = "/".join(parts)
        if self._artifact_source is not None:
            source = self._artifact_source.artifact
            root = source._default_root()
            if self._path.startswith(root):
                name = self._path[len(root) :].lstrip(os.sep)
            artifact.add_reference(source.get_entry(name).ref_url(), name=name)
            return name
        if self.may_be_reference and self.path_is_reference(self._path):
            artifact.add_reference(self._path, name=name)
            return name
        return artifact.add_file(self._path, name=name, is_tmp=self._is_tmp).path

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact) -> Any:
        return cls(source_artifact.get_entry(json_obj["path"]).download())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._sha256 == other._sha256

    __hash__ = WBValue.__hash__


class BatchableMedia(Media):
    """Media of which a list is one value."""

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Run, key: str, step: int | str) -> dict[str, Any]:
        """What a run's history has for a list of such values."""
        raise NotImplementedError
