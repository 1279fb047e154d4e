"""util.py - small things that data types, artifacts and integrations share; some of them are names that scripts import."""

from __future__ import annotations

import datetime
import enum
import importlib
import json
import math
import re
import secrets
import string
import sys
from dataclasses import asdict, is_dataclass
from typing import IO, Any, Mapping, Sequence

ARTIFACT_NAME_MAX = 128
LIST_MAX = 32
_ID_LETTERS = string.ascii_lowercase + string.digits


def generate_id(length: int = 8) -> str:
    """A name for a run that nobody else has."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(length))


def random_string(length: int = 12) -> str:
    return generate_id(length)


def get_module(name: str, required: str | bool | tuple[str] | None = None, lazy: bool = True) -> Any:
    """The module, or None when it cannot be imported; with `required` an error that says what to install."""
    try:
        return importlib.import_module(name)
    except ImportError:
        if not required:
            return None
    from barograph.errors import Error

    sentence = required[0] if isinstance(required, tuple) else required
    raise Error(sentence if isinstance(sentence, str) else f"{name} is needed: pip install {name.split('.')[0]}")


def need(module: str, what: str, package: str | None = None) -> Any:
    """A module that the caller's value depends on."""
    return get_module(module, required=f"{what} needs {package or module}: pip install {package or module.split('.')[0]}")


# ---- what a value is, without importing what it came from ----


def get_full_typename(value: Any) -> str:
    """module.Type; a module is named by itself."""
    kind = type(value)
    if kind.__module__ in ("builtins", "__builtin__"):
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}"


def _is_of(value: Any, module: str, *names: str) -> bool:
    loaded = sys.modules.get(module)
    kinds = tuple(kind for name in names if isinstance(kind := getattr(loaded, name, None), type)) if loaded else ()
    return bool(kinds) and isinstance(value, kinds)


def is_numpy_array(value: Any) -> bool:
    return _is_of(value, "numpy", "ndarray")


def is_pandas_data_frame(value: Any) -> bool:
    return _is_of(value, "pandas", "DataFrame")


def is_pytorch_tensor(value: Any) -> bool:
    return _is_of(value, "torch", "Tensor")


def is_matplotlib(value: Any) -> bool:
    """A figure, anything that lies in one, or pyplot itself."""
    if getattr(value, "__name__", None) == "matplotlib.pyplot":
        return True
    return any(kind.__module__.startswith("matplotlib.") for kind in type(value).__mro__)


def is_plotly(value: Any) -> bool:
    return any(kind.__module__.startswith("plotly.") for kind in type(value).__mro__)


def ensure_matplotlib_figure(value: Any) -> Any:
    """The figure that a plot, an axis or pyplot belongs to."""
    from matplotlib.figure import Figure

    if getattr(value, "__name__", None) == "matplotlib.pyplot":
        return value.gcf()
    figure = value if isinstance(value, Figure) else getattr(value, "figure", None)
    if not isinstance(figure, Figure):
        raise ValueError(f"a matplotlib figure is needed, got {type(value).__name__}")
    return figure


def matplotlib_contains_images(value: Any) -> bool:
    return any(axes.images for axes in ensure_matplotlib_figure(value).axes)


def matplotlib_to_plotly(value: Any) -> Any:
    """An interactive figure; plotly does the work."""
    figure = ensure_matplotlib_figure(value)
    tools = need("plotly.tools", "an interactive plot", "plotly")
    from matplotlib.spines import Spine

    if not hasattr(Spine, "is_frame_like"):
        # plotly's converter asks spines for what newer matplotlib no longer tells.
        Spine.is_frame_like = lambda spine: spine.get_position() in (None, "zero", ("outward", 0), ("outward", 0.0))
    return tools.mpl_to_plotly(figure)


# ---- JSON ----


def _tensor_as_plain(value: Any) -> Any:
    value = value.detach().cpu()
    if str(value.dtype) == "torch.bfloat16":
        value = value.float()
    return value.item() if not value.shape else value.numpy()


def _numpy_as_plain(value: Any) -> Any:
    if is_numpy_array(value):
        if value.size == 1:
            return value.reshape(-1)[0].item()
        return value.tolist() if value.size <= LIST_MAX else value
    plain = value.item()
    return float(plain) if not isinstance(plain, (int, float, bool, str, bytes, complex)) and value.dtype.kind == "f" else plain


def json_friendly(value: Any) -> tuple[Any, bool]:
    """The value as JSON can have it, and whether that is another than it was."""
    if is_pytorch_tensor(value):
        value = _tensor_as_plain(value)
        return (_numpy_as_plain(value), True) if is_numpy_array(value) else (value, True)
    if hasattr(value, "__array__") and type(value).__module__.startswith(("jax", "tensorflow")):
        value = need("numpy", "an array").asarray(value)
    if is_numpy_array(value) or _is_of(value, "numpy", "generic"):
        return _numpy_as_plain(value), True
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace"), True
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat(), True
    if isinstance(value, enum.Enum):
        return value.name, True
    if isinstance(value, (set, frozenset)):
        return tuple(value), True
    if isinstance(value, float) and math.isnan(value):
        return None, True
    if callable(value):
        named = hasattr(value, "__qualname__") and hasattr(value, "__module__")
        return (f"{value.__module__}.{value.__qualname__}" if named else str(value)), True
    return value, False


def json_friendly_val(value: Any) -> Any:
    """The same, all the way down; what JSON has no word for becomes its text."""
    if isinstance(value, Mapping):
        return {key: json_friendly_val(item) for key, item in value.items()}
    if isinstance(value, slice):
        return {"slice_start": value.start, "slice_step": value.step, "slice_stop": value.stop}
    value, _ = json_friendly(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [json_friendly_val(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return json_friendly_val(asdict(value))
    return value if type(value).__module__ == "builtins" else str(value)


class _Encoder(json.JSONEncoder):
    def default(self, value: Any) -> Any:
        if hasattr(value, "json_encode"):
            return value.json_encode()
        if is_numpy_array(value):
            return value.tolist()
        plain, is_another = json_friendly(value)
        return plain if is_another else super().default(value)


def json_dumps_safer(value: Any, **options: Any) -> str:
    """Compact JSON, with what numpy, torch, dates and enumerations become. NaN stays NaN."""
    options.setdefault("separators", (",", ":"))
    options.setdefault("ensure_ascii", False)
    return json.dumps(value, cls=_Encoder, **options)


def json_dump_safer(value: Any, file: IO[str], **options: Any) -> None:
    file.write(json_dumps_safer(value, **options))


json_dump_uncompressed = json_dump_safer
json_dumps_safer_history = json_dumps_safer


def arrays_as_lists(value: Any) -> Any:
    """Arrays inside a structure become lists, media their type's name: for files that browsers read."""
    if isinstance(value, Mapping):
        return {key: arrays_as_lists(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [arrays_as_lists(item) for item in value]
    if is_numpy_array(value):
        plain = value.tolist()
        return arrays_as_lists(plain if isinstance(plain, list) else [plain])
    return type(value).__name__ if hasattr(value, "_log_type") else value


# ---- names ----


def make_artifact_name_safe(name: str) -> str:
    cleaned = re.sub(r"[^a-zA-Z0-9_\-.]", "_", name)
    if len(cleaned) <= ARTIFACT_NAME_MAX:
        return cleaned
    half = ARTIFACT_NAME_MAX // 2 - 1
    return f"{cleaned[:half]}..{cleaned[-half:]}"


def make_file_path_upload_safe(path: str) -> str:
    """A key as a relative path: not absolute, no steps upwards."""
    parts = path.lstrip("/").split("/")
    return "/".join(part.replace(".", "_") if part in (".", "..") else part for part in parts)
