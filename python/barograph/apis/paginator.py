"""paginator.py - lists that are fetched page by page, as far as they are looked at."""

from __future__ import annotations

import sys
from typing import Any, Generic, Iterator, Mapping, TypeVar, overload

from barograph.apis.attrs import nodes
from barograph.apis.client import as_client

Item = TypeVar("Item")


class Paginator(Generic[Item]):
    """An iterable, indexable and sliceable list of what a GraphQL connection holds.

    A subclass gives QUERY, `connection` (where in the answer the list stands) and `convert`. What was fetched once
    is kept. Several loops may run over one list at a time.
    """

    QUERY: str | None = None
    CURSOR, LIMIT = "cursor", "perPage"

    def __init__(
        self, client: Any, variables: Mapping[str, Any], per_page: int | None = None, start: str | None = None
    ) -> None:
        self.client = as_client(client)
        self._start = start
        self.variables: dict[str, Any] = dict(variables)
        self.per_page = 50 if per_page is None else per_page
        if self.per_page < 1:
            raise ValueError(f"per_page is 1 or more, got {self.per_page}")
        self.objects: list[Item] = []
        self.index = -1
        self.last_response: dict[str, Any] | None = None

    # ---- what subclasses say ----

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        """The connection within an answer."""
        raise NotImplementedError

    def convert(self, node: dict[str, Any]) -> Item | None:
        """An object of a node; None leaves it out."""
        raise NotImplementedError

    # ---- pages ----

    @property
    def more(self) -> bool:
        """Whether there are pages that were not fetched."""
        if self.last_response is None:
            return True
        return bool((self.connection(self.last_response).get("pageInfo") or {}).get("hasNextPage"))

    @property
    def cursor(self) -> str | None:
        """Where the next page begins."""
        if self.last_response is None:
            return self._start
        connection = self.connection(self.last_response)
        edges = connection.get("edges") or []
        last = edges[-1].get("cursor") if edges else None
        return last or (connection.get("pageInfo") or {}).get("endCursor")

    def update_variables(self) -> None:
        """Sets the variables that ask for the next page."""
        self.variables.update({self.LIMIT: self.per_page, self.CURSOR: self.cursor})

    def convert_objects(self) -> list[Item]:
        """The objects of the page that was fetched last."""
        if self.last_response is None:
            return []
        found = (self.convert(node) for node in nodes(self.connection(self.last_response)))
        return [item for item in found if item is not None]

    def _fetch(self) -> dict[str, Any]:
        data: dict[str, Any] = self.client.query(self.QUERY or "", self.variables)
        return data

    def _load_page(self) -> bool:
        if not self.more:
            return False
        self.update_variables()
        self.last_response = self._fetch()
        self.objects.extend(self.convert_objects())
        return True

    # ---- as a list ----

    def __iter__(self) -> Iterator[Item]:
        self.index = -1
        if not self.objects:
            self._load_page()
        return self._each()

    def _each(self) -> Iterator[Item]:
        at = 0
        while True:
            while at >= len(self.objects):
                if not self._load_page():
                    return
            yield self.objects[at]
            at += 1

    def __next__(self) -> Item:
        while self.index + 1 >= len(self.objects):
            if not self._load_page():
                raise StopIteration
        self.index += 1
        return self.objects[self.index]

    def next(self) -> Item:
        return self.__next__()

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...

    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        while len(self.objects) < _needed(index) and self._load_page():
            pass
        return self.objects[index]


def _needed(index: int | slice) -> int:
    """How many objects must be there to answer an index; those from the end need all."""
    if not isinstance(index, slice):
        return index + 1 if index >= 0 else sys.maxsize
    parts = (index.start, index.stop)
    if index.stop is None or (index.step or 1) < 0 or any(part is not None and part < 0 for part in parts):
        return sys.maxsize
    return index.stop


class SizedPaginator(Paginator[Item]):
    """A list whose length the server tells with every page."""

    @property
    def length(self) -> int | None:
        """How many there are altogether, of which not all need to have been fetched."""
        if self.last_response is None:
            self._load_page()
        return self.total(self.last_response or {})

    def total(self, response: dict[str, Any]) -> int | None:
        """The count within an answer."""
        count: int | None = self.connection(response).get("totalCount")
        return count

    def __len__(self) -> int:
        length = self.length
        if length is None:
            raise TypeError(f"the server does not say how long {self!r} is")
        return length
