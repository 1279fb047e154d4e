"""sweeps.py - Sweep: a search over configs and the runs that it made; Agent: a program that runs them."""

from __future__ import annotations

import json
from typing import Any, Mapping, MutableMapping
from urllib.parse import quote_plus

from barograph.apis.attrs import Attrs, frame, nodes
from barograph.apis.client import ApiError, as_client
from barograph.apis.paginator import SizedPaginator
from barograph.apis.public.projects import Sweeps
from barograph.apis.public.query_generator import QueryGenerator
from barograph.apis.public.run import LIGHT_FIELDS, Run
from barograph.apis.public.runs import Runs
from barograph.yaml import load

SWEEP_FIELDS = """__typename id name displayName method state description bestLoss config createdAt updatedAt runCount
  runCountExpected"""
_AGENT_FIELDS = "id name host state totalRuns createdAt heartbeatAt"
_SWEEP = """query GetSweep($project: String!, $entity: String, $name: String!) {
  project(name: $project, entityName: $entity) { sweep(sweepName: $name) { %s } }
}"""


def read_config(text: str) -> dict[str, Any]:
    """A sweep's configuration, kept as YAML or, which is YAML too, as JSON."""
    try:
        config = json.loads(text or "{}")
    except ValueError:
        config = load(text, "the sweep's configuration")
    return config if isinstance(config, dict) else {}


class Sweep(Attrs):
    """A sweep: id, project, config, state, name, runs. Made by `Api.sweep`."""

    def __init__(
        self, client: Any, entity: str, project: str, sweep_id: str, attrs: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(dict(attrs or {}))
        self.client = as_client(client)
        self._entity = entity
        self.project = project
        self.id = sweep_id
        self._order: str | None = None
        self._runs: Runs | None = None
        self.load(force=not attrs)

    @classmethod
    def get(
        cls,
        client: Any,
        entity: str | None = None,
        project: str | None = None,
        sid: str | None = None,
        withRuns: bool = True,  # noqa: N803 - the documented name
        order: str | None = None,
        query: str | None = None,
        **kwargs: Any,
    ) -> Sweep | None:
        """The sweep of that identifier; None when there is none. client: an Api's, or the Api."""
        client = getattr(client, "client", client)
        variables = {"entity": entity, "project": project, "name": sid, **kwargs}
        data = client.query(str(query or _SWEEP % SWEEP_FIELDS), variables)
        fields = (data.get("project") or {}).get("sweep")
        if not fields:
            return None
        sweep = cls(client, entity or "", project or "", sid or "", fields)
        sweep._order = order
        return sweep

    def load(self, force: bool = False) -> MutableMapping[str, Any]:
        """Fetches the sweep; when it was fetched already, only if forced to."""
        if force or not self._attrs:
            variables = {"entity": self._entity, "project": self.project, "name": self.id}
            data = self.client.query(_SWEEP % SWEEP_FIELDS, variables)
            fields = (data.get("project") or {}).get("sweep")
            if not fields:
                raise ApiError(f"Could not find sweep {'/'.join(self.path)}; its path is entity/project/sweep_id")
            self._attrs.update(fields)
        return self._attrs

    @property
    def runs(self) -> Runs:
        """Its runs, newest first."""
        if self._runs is None:
            filters = {"$and": [{"sweep": self.id}]}
            self._runs = Runs(self.client, self._entity, self.project, filters, self._order or "+created_at", 10)
        return self._runs

    @property
    def entity(self) -> str:
        """Whose sweep it is."""
        return self._entity

    @property
    def username(self) -> str:
        """As entity, by its oldest name."""
        return self._entity

    @property
    def config(self) -> dict[str, Any]:
        """Its configuration: method, metric, parameters."""
        return read_config(self._attrs["config"])

    @property
    def name(self) -> str:
        """What it is called; its identifier when it has no name."""
        return str(self._attrs.get("displayName") or self.config.get("name") or self.id)

    @property
    def order(self) -> str | None:
        """The order of its runs by its metric, the best first; None when it has no metric."""
        metric = self.config.get("metric")
        if not metric:
            return None
        sign = "-" if metric.get("goal", "minimize") == "maximize" else "+"
        return QueryGenerator.format_order_key(sign + metric["name"])

    def best_run(self, order: str | None = None) -> Run | None:
        """The best by its metric or by the order; the newest when it has no metric; None when it has no runs."""
        by = self.order if order is None else QueryGenerator.format_order_key(order)
        found = Runs(self.client, self._entity, self.project, {"$and": [{"sweep": self.id}]}, by, 1)
        return next(iter(found), None)

    @property
    def expected_run_count(self) -> int | None:
        """How many runs it will make; None when nobody knows."""
        return self._attrs.get("runCountExpected")

    @property
    def path(self) -> list[str]:
        """[entity, project, sweep_id], quoted as in addresses."""
        return [quote_plus(part) for part in (self._entity, self.project, self.id)]

    @property
    def url(self) -> str:
        """The sweep's page."""
        entity, project, name = self.path
        return f"{self.client.app_url}{entity}/{project}/sweeps/{name}"

    def agent(self, agent_id: str) -> Agent:
        """One of its agents."""
        fields = self._agents("agent(agentName: $agent) { %s }" % _AGENT_FIELDS, ", $agent: String!", agent=agent_id)
        if not fields.get("agent"):
            raise ValueError(f"sweep {'/'.join(self.path)} has no agent {agent_id!r}")
        return Agent(self.client, fields["agent"], self._entity, self.project, self.id)

    def agents(self) -> list[Agent]:
        """Its agents, those that ended too."""
        fields = self._agents("agents { edges { node { %s } } }" % _AGENT_FIELDS)
        return [Agent(self.client, node, self._entity, self.project, self.id) for node in nodes(fields.get("agents"))]

    def _agents(self, what: str, declaration: str = "", **variables: Any) -> dict[str, Any]:
        document = """query SweepAgents($project: String!, $entity: String, $name: String!%s) {
          project(name: $project, entityName: $entity) { sweep(sweepName: $name) { %s } } }"""
        place = {"entity": self._entity, "project": self.project, "name": self.id}
        data = self.client.query(document % (declaration, what), {**place, **variables})
        return (data.get("project") or {}).get("sweep") or {}

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """HTML with the sweep's page inside."""
        return frame(self.url, height, hidden, "sweep")

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return f"<Sweep {'/'.join(self.path)} ({self._attrs.get('state', 'Unknown State')})>"


class Agent(Attrs):
    """A program that runs what a sweep proposes."""

    def __init__(self, client: Any, attrs: Mapping[str, Any], entity: str, project: str, sweep_id: str) -> None:
        super().__init__(dict(attrs))
        self.client = as_client(client)
        self._entity = entity
        self._project = project
        self._sweep_id = sweep_id

    def runs(self, per_page: int = 50) -> AgentRuns:
        """The runs that it made."""
        key = self._attrs.get("name") or self._attrs["id"]
        count = int(self._attrs.get("totalRuns") or 0)
        return AgentRuns(self.client, self._entity, self._project, self._sweep_id, key, total_runs=count, per_page=per_page)

    def __repr__(self) -> str:
        return f"<Agent {self._attrs.get('id')} ({self._attrs.get('state')})>"


class AgentRuns(SizedPaginator[Run]):
    """The runs of a sweep's agent."""

    QUERY = """query GetAgentRuns($project: String!, $entity: String!, $sweep: String!, $agentID: String!, $cursor: String,
      $perPage: Int, $order: String) {
      project(name: $project, entityName: $entity) { sweep(sweepName: $sweep) { agent(agentName: $agentID) {
        runs(after: $cursor, first: $perPage, order: $order) {
          edges { node { %s } cursor } pageInfo { endCursor hasNextPage } }
      } } } }""" % LIGHT_FIELDS

    def __init__(
        self,
        client: Any,
        entity: str,
        project: str,
        sweep_id: str,
        agent_key: str,
        *,
        total_runs: int,
        order: str = "+created_at",
        per_page: int = 50,
    ) -> None:
        self.entity = entity
        self.project = project
        self._total = total_runs
        variables = {"project": project, "entity": entity, "order": order, "agentID": agent_key, "sweep": sweep_id}
        super().__init__(client, variables, per_page)

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        sweep = (response.get("project") or {}).get("sweep") or {}
        return (sweep.get("agent") or {}).get("runs") or {}

    def total(self, response: dict[str, Any]) -> int | None:
        return self._total

    def convert(self, node: dict[str, Any]) -> Run:
        return Run(self.client, self.entity, self.project, node["name"], node)


__all__ = ["Agent", "AgentRuns", "Sweep", "Sweeps", "read_config"]
