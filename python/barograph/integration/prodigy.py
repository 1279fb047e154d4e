"""prodigy.py - upload_dataset: a dataset of Prodigy's database becomes a table, with its texts' spans and its images to look at."""

from __future__ import annotations

import base64
import binascii
import html
import io
import urllib.error
import urllib.request
from typing import Any, Mapping, Sequence

from barograph.compat.names import termlog, termwarn
from barograph.data_types import Html, Image, Table
from barograph.integration.common import current_run
from barograph.util import get_module, need

FETCH_LIMIT_S = 30
IMAGE_LIMIT_BYTES = 64 << 20


# ---- all rows alike ----


class _Shape:
    """What the values of one key look like in all rows together: of which type, and with which keys below."""

    def __init__(self) -> None:
        self.kind: type = type(None)
        self.below: dict[str, _Shape] = {}

    def learn(self, value: Any) -> None:
        if value is not None:
            self.kind = type(value)
        for each in _mappings(value):
            for key, inner in each.items():
                self.below.setdefault(key, _Shape()).learn(inner)

    def missing(self) -> Any:
        """What stands where a row has nothing: the type's empty value, None for lists of dictionaries."""
        if self.kind is list and self.below:
            return None
        return {key: shape.missing() for key, shape in self.below.items()} if self.kind is dict else self.kind()

    def fill(self, value: Any) -> Any:
        """The value with all keys that others have."""
        if isinstance(value, Mapping):
            absent = {key: shape.missing() for key, shape in self.below.items() if key not in value}
            return {**{key: self.below[key].fill(inner) for key, inner in value.items()}, **absent}
        return [self.fill(each) for each in value] if _mappings(value) else value


def _mappings(value: Any) -> Sequence[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        return [value]
    return value if isinstance(value, list) and value and isinstance(value[0], Mapping) else []


# ---- what is looked at ----


def _marked(text: str, spans: Any) -> Html | None:
    """The text with its spans marked; what overlaps an earlier one is left out."""
    parts, at = [], 0
    known = [span for span in spans or [] if {"start", "end", "label"} <= set(span)]
    for span in sorted(known, key=lambda each: (each["start"], -each["end"])):
        begin, end = span["start"], span["end"]
        if at <= begin < end:
            label = html.escape(str(span["label"]))
            parts += [html.escape(text[at:begin]), f"<mark>{html.escape(text[begin:end])} <small><b>{label}</b></small></mark>"]
            at = end
    return Html(f'<p style="line-height: 2">{"".join(parts)}{html.escape(text[at:])}</p>', inject=False, data_is_not_path=True)


def _picture(place: str | None) -> Image | None:
    """From an address, from base64 or from a file; None, with a warning, for what cannot be had."""
    if not place:
        return None
    pillow = need("PIL.Image", "Prodigy's images", "pillow")
    try:
        if place.startswith(("http://", "https://")):
            with urllib.request.urlopen(place, timeout=FETCH_LIMIT_S) as answer:
                return Image(pillow.open(io.BytesIO(answer.read(IMAGE_LIMIT_BYTES))))
        if place.startswith("data:") and ";base64," in place:
            return Image(pillow.open(io.BytesIO(base64.b64decode(place.partition("base64,")[2]))))
        return Image(place)
    except (binascii.Error, urllib.error.URLError, OSError) as error:
        termwarn(f"the image {place[:80]} is left out: {error}")
        return None


def create_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """A column for each key; spans_visual and image_visual beside texts with spans and beside images."""
    shape = _Shape()
    for row in rows:
        shape.learn(row)
    # A key that the first row lacks comes after its own.
    columns = list(shape.fill(rows[0])) if rows else []
    has_spans, has_images = {"spans", "text"} <= set(columns), "image" in columns
    visual = ["spans_visual"] * has_spans + ["image_visual"] * has_images
    table = Table(columns=columns + visual)
    for row in map(shape.fill, rows):
        cells = [row[key] for key in columns]
        if has_spans:
            cells.append(_marked(row["text"], row["spans"]))
        if has_images:
            cells.append(_picture(row["image"]))
        table.add_data(*cells)
    return table


def upload_dataset(dataset_name: str) -> None:
    """Logs a dataset of Prodigy's local database to the current run, as a table under its name."""
    run = current_run("upload_dataset()")
    module = get_module("prodigy.components.db", required="upload_dataset() needs Prodigy, which comes from its vendor")
    database = module.connect()
    rows = database.get_dataset(dataset_name)
    if rows is None:
        raise ValueError(f"Prodigy has no dataset {dataset_name!r}")
    run.log({dataset_name: create_table(rows)})
    termlog(f"the dataset {dataset_name} is logged, {len(rows)} rows")
