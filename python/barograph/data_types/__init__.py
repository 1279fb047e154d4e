"""What can be logged beside numbers and texts: media, tables, histograms, figures, graphs."""

from __future__ import annotations

from barograph.data_types.base import BatchableMedia, Media, WBValue
from barograph.data_types.encode import to_json
from barograph.data_types.eval_table import EvalTable
from barograph.data_types.figures import Bokeh, Plotly
from barograph.data_types.files import Audio, Html, Molecule, Object3D, Video, box3d
from barograph.data_types.graph import Edge, Graph, Node
from barograph.data_types.histogram import Histogram
from barograph.data_types.image import Image
from barograph.data_types.image_layers import BoundingBoxes2D, Classes, ImageMask, JSONMetadata
from barograph.data_types.table import Table
from barograph.data_types.table_parts import JoinedTable, PartitionedTable

__all__ = [
    "Audio",
    "BatchableMedia",
    "Bokeh",
    "BoundingBoxes2D",
    "Classes",
    "Edge",
    "EvalTable",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "ImageMask",
    "JSONMetadata",
    "JoinedTable",
    "Media",
    "Molecule",
    "Node",
    "Object3D",
    "PartitionedTable",
    "Plotly",
    "Table",
    "Video",
    "WBValue",
    "box3d",
    "to_json",
]
