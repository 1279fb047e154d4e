"""figures.py - plots of other libraries: Plotly, which matplotlib's become too, and Bokeh."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from barograph.data_types.base import Media
from barograph.data_types.image import Image
from barograph.data_types.kinds import media_kind
from barograph.util import (
    arrays_as_lists,
    is_matplotlib,
    is_plotly,
    json_dumps_safer,
    matplotlib_contains_images,
    matplotlib_to_plotly,
    need,
)

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact


class Plotly(Media):
    """An interactive figure.

    Args:
        val: a plotly figure, or a matplotlib figure without images.
    """

    _log_type = "plotly-file"
    folder = "media/plotly"

    @classmethod
    def make_plot_media(cls, val: Any) -> Any:
        """A figure as it can be shown: interactive, or an image when it holds images or plotly is not there."""
        if is_matplotlib(val):
            if matplotlib_contains_images(val):
                return Image(val)
            val = matplotlib_to_plotly(val)
        return cls(val)

    def __init__(self, val: Any) -> None:
        super().__init__()
        if is_matplotlib(val):
            if matplotlib_contains_images(val):
                raise ValueError("a matplotlib figure with images cannot be interactive; Image(figure) shows it")
            val = matplotlib_to_plotly(val)
        if not is_plotly(val):
            raise ValueError(f"a plotly or matplotlib figure is needed, got {type(val).__name__}")
        self._write_file(json_dumps_safer(arrays_as_lists(val.to_plotly_json())), ".plotly.json")


class Bokeh(Media):
    """A Bokeh figure.

    Args:
        data_or_path: a Bokeh model, a document, or a file that holds one as JSON.
    """

    _log_type = "bokeh-file"
    folder = "media/bokeh"
    can_be_added = True

    def __init__(self, data_or_path: Any) -> None:
        super().__init__()
        document = need("bokeh.document", "a Bokeh figure", "bokeh")
        model = need("bokeh.model", "a Bokeh figure", "bokeh")
        if isinstance(data_or_path, (str, os.PathLike)):
            with open(data_or_path, encoding="utf-8") as file:
                self.b_obj = document.Document.from_json(json.load(file))
            self._set_file(data_or_path, extension=".bokeh.json")
            return
        if isinstance(data_or_path, model.Model):
            whole = document.Document()
            whole.add_root(data_or_path)
        elif isinstance(data_or_path, document.Document):
            whole = data_or_path
        else:
            raise TypeError(f"a Bokeh model, document or file is needed, got {type(data_or_path).__name__}")
        told = _document_json(whole)
        self.b_obj = document.Document.from_json(told)
        self._write_file(json_dumps_safer(_document_json(self.b_obj)), ".bokeh.json")

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact) -> Bokeh:
        return cls(source_artifact.get_entry(json_obj["path"]).download())


def _document_json(document: Any) -> Any:
    try:
        told = document.to_json(deferred=False)  # otherwise arrays stay outside of the JSON
    except TypeError:
        told = document.to_json()
    roots = told.get("roots")
    if isinstance(roots, dict) and "references" in roots:
        roots["references"].sort(key=lambda each: each["id"])
    return told


media_kind("bokeh-file", Bokeh)
