"""client.py - the connection that all objects of an Api share, with the call that older scripts make."""

from __future__ import annotations

import json
from typing import Any, Mapping

from barograph.errors import CommError
from barograph.transport import HttpError, Transport


class ApiError(CommError, ValueError):
    """What was asked for is not there, or makes no sense: scripts catch it under either of its bases."""


class RetryingClient(Transport):
    """A Transport that also answers `execute`."""

    _has_columns: bool | None = None

    @property
    def app_url(self) -> str:
        """Where the pages are; ends with '/'."""
        return self.base_url + "/"

    def execute(
        self,
        document: Any,
        variable_values: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        **unused: Any,
    ) -> dict[str, Any]:
        """A GraphQL document, as text or as parsed by the `gql` package."""
        source = getattr(getattr(document, "loc", None), "source", None)
        return self.query(source.body if source is not None else str(document), variable_values, timeout)

    def columns(self, path: str, request: Mapping[str, Any]) -> Any:
        """A columnar answer, or None when the server has no such endpoint: another make than ours."""
        if self._has_columns is False:
            return None
        from barograph.apis.public.columns import Columns

        try:
            reply = self.request(
                "POST", path, json.dumps(request).encode(), {"Content-Type": "application/json", "Accept": Columns.MEDIA_TYPE}
            )
        except HttpError as error:
            if _is_ours(error):
                raise (ApiError(str(error)) if error.status == 404 else error) from None
            if not 400 <= error.status < 500 or error.status in (401, 429):
                raise
            self._has_columns = False
            return None
        if not reply.headers.get("content-type", "").startswith(Columns.MEDIA_TYPE):
            self._has_columns = False
            return None
        self._has_columns = True
        return Columns(reply.body)


def _is_ours(error: HttpError) -> bool:
    """Our server tells in JSON which project or run is missing; one without the endpoint says something else."""
    return b'"request_id"' in error.body and b"there is nothing at" not in error.body


def not_offered(what: str) -> CommError:
    """What hosted services do and this one does not."""
    return CommError(f"{what} is not offered: barograph runs no jobs; start programs with your own scheduler")


def as_client(transport: Transport) -> RetryingClient:
    """A RetryingClient over a transport that somebody else made; it shares the connections."""
    if isinstance(transport, RetryingClient):
        return transport
    client = RetryingClient.__new__(RetryingClient)
    client.__dict__ = transport.__dict__
    return client
