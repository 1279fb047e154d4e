"""graph.py - Graph: a model's layers and what flows between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable

from barograph.data_types.base import Media, WBValue
from barograph.util import arrays_as_lists, json_dumps_safer

if TYPE_CHECKING:
    from barograph.run import Run

_ATTRIBUTES = (
    "id", "name", "class_name", "functions", "parameters", "size", "output_shape", "is_output", "num_parameters",
    "child_parameters", "is_constant",
)  # fmt: skip
_LISTS = ("functions", "parameters")


class Node(WBValue):
    """A layer: id, name, class_name, size, parameters, output_shape, is_output, num_parameters.

    What is set is what is written.
    """

    def __init__(
        self,
        id: Any = None,
        name: str | None = None,
        class_name: str | None = None,
        size: Any = None,
        parameters: Any = None,
        output_shape: Any = None,
        is_output: bool | None = None,
        num_parameters: Any = None,
        node: Node | None = None,
    ) -> None:
        super().__init__()
        self._attributes: dict[str, Any] = {"name": None}
        self.in_edges: dict[Any, Any] = {}
        self.out_edges: dict[Any, Any] = {}
        self.obj: Any = None
        if node is not None:
            self._attributes.update({key: value for key, value in node._attributes.items() if key != "id"})
            self.obj = node.obj
        given = {
            "id": id,
            "name": name,
            "class_name": class_name,
            "size": tuple(size) if size is not None else None,
            "parameters": parameters,
            "output_shape": output_shape,
            "is_output": is_output,
            "num_parameters": num_parameters,
        }
        self._attributes.update((key, value) for key, value in given.items() if value is not None)

    def __getattr__(self, name: str) -> Any:
        if name not in _ATTRIBUTES:
            raise AttributeError(name)
        return self._attributes.get(name, [] if name in _LISTS else None)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _ATTRIBUTES:
            self._attributes[name] = tuple(value) if name == "size" else value
        else:
            super().__setattr__(name, value)

    def to_json(self, run_or_artifact: Any = None) -> dict[str, Any]:
        return self._attributes

    def __repr__(self) -> str:
        return repr(self._attributes)

    @classmethod
    def from_keras(cls, layer: Any) -> Node:
        """A layer of Keras."""
        shape = getattr(layer, "output_shape", None)
        node = cls(id=layer.name, name=layer.name, class_name=type(layer).__name__, num_parameters=layer.count_params())
        node.output_shape = shape if shape is not None else ["multiple"]
        return node


class Edge(WBValue):
    """What goes from one layer to another."""

    def __init__(self, from_node: Node, to_node: Node) -> None:
        super().__init__()
        self.name: str | None = None
        self.from_node, self.to_node = from_node, to_node

    def to_json(self, run_or_artifact: Any = None) -> Any:
        return [self.from_node.id, self.to_node.id]

    def __repr__(self) -> str:
        return repr({"from_id": self.from_node.id, "to_id": self.to_node.id})


class Graph(Media):
    """Layers and edges.

    Args:
        format: whose model it is: keras, torch.
    """

    _log_type = "graph-file"
    folder = "media/graph"

    def __init__(self, format: str = "keras") -> None:
        super().__init__()
        self.format = format
        self.nodes: list[Node] = []
        self.nodes_by_id: dict[Any, Node] = {}
        self.edges: list[Edge] = []
        self.criterion: Any = None
        self.criterion_passed = False
        self.root: Node | None = None

    def bind_to_run(
        self, run: Run, key: int | str, step: int | str, id_: int | str | None = None, ignore_copy_err: bool | None = None
    ) -> None:
        told = {
            "format": self.format,
            "nodes": [node.to_json() for node in self.nodes],
            "edges": [edge.to_json() for edge in self.edges],
        }
        self._write_file(json_dumps_safer(arrays_as_lists(told)), ".graph.json")
        super().bind_to_run(run, key, step, id_, ignore_copy_err)

    def __getitem__(self, nid: Any) -> Node:
        return self.nodes_by_id[nid]

    def add_node(self, node: Node | None = None, **node_kwargs: Any) -> Node:
        """Adds a layer, or one with these attributes."""
        if node is not None and node_kwargs:
            raise ValueError("either a node or its attributes, not both")
        node = node if node is not None else Node(**node_kwargs)
        self.nodes.append(node)
        self.nodes_by_id[node.id] = node
        return node

    def add_edge(self, from_node: Node, to_node: Node) -> Edge:
        """Says that to_node gets what from_node makes."""
        edge = Edge(from_node, to_node)
        self.edges.append(edge)
        return edge

    @classmethod
    def from_keras(cls, model: Any) -> Graph:
        """The layers of a Keras model."""
        graph = cls()
        for layer in model.layers:
            node = Node.from_keras(layer)
            for source in _inputs_of(layer):
                if source.name not in graph.nodes_by_id:
                    graph.add_node(Node.from_keras(source))
                graph.add_edge(graph.nodes_by_id[source.name], node)
            graph.add_node(node)
        return graph


def _inputs_of(layer: Any) -> Iterable[Any]:
    """The layers whose output a Keras layer gets, of Keras 2 and 3."""
    for inbound in getattr(layer, "_inbound_nodes", []):
        layers = getattr(inbound, "inbound_layers", None)
        if layers is None:
            layers = [parent.operation for parent in getattr(inbound, "parent_nodes", [])]
        yield from layers if isinstance(layers, (list, tuple)) else [layers]
