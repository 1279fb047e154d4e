"""attrs.py - objects whose GraphQL fields are attributes: createdAt is `created_at`, and stays createdAt too."""

from __future__ import annotations

import html
import sys
from typing import Any, Iterator, Mapping, MutableMapping


class Attrs:
    """Holds an object's fields as the server gave them."""

    def __init__(self, attrs: MutableMapping[str, Any]) -> None:
        self._attrs = attrs

    def snake_to_camel(self, string: str) -> str:
        first, *rest = string.split("_")
        return first + "".join(part.title() for part in rest)

    def __getattr__(self, name: str) -> Any:
        attrs = self.__dict__.get("_attrs")
        if attrs is None or name.startswith("__"):
            raise AttributeError(name)
        for key in (self.snake_to_camel(name), name):
            if key in attrs:
                return attrs[key]
        raise AttributeError(f"{self!r} has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._attrs})

    def to_html(self, *args: Any, **kwargs: Any) -> str | None:
        return None

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Shows the object in a notebook; False where there is none."""
        page = self.to_html(height, hidden)
        if page is None or "IPython" not in sys.modules:
            return False
        from IPython import get_ipython
        from IPython.display import HTML, display

        if get_ipython() is None:
            return False
        display(HTML(page))
        return True


def frame(url: str, height: int, hidden: bool, what: str) -> str:
    """HTML with the page inside; a hidden one comes with a button."""
    style = f"border:none;width:100%;height:{height}px;"
    button = ""
    if hidden:
        style += "display:none;"
        button = (
            "<button onClick=\"this.nextSibling.style.display='block';this.style.display='none';\">"
            f"Display barograph {html.escape(what)}</button>"
        )
    return f'{button}<iframe src="{html.escape(url)}?jupyter=true" style="{style}"></iframe>'


def nodes(connection: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    """What a GraphQL connection holds."""
    for edge in (connection or {}).get("edges") or ():
        if edge and edge.get("node") is not None:
            yield edge["node"]
