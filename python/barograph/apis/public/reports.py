"""reports.py - Reports: those of a project, and BetaReport: one of them."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, Mapping
from urllib.parse import quote

from barograph.apis.attrs import Attrs, frame
from barograph.apis.client import ApiError, as_client
from barograph.apis.paginator import SizedPaginator
from barograph.apis.public.query_generator import QueryGenerator
from barograph.apis.public.runs import Runs

_VIEWS = """query ProjectViews($project: String!, $entity: String!, $reportCursor: String, $reportLimit: Int!,
  $viewType: String = "runs", $viewName: String) {
  project(name: $project, entityName: $entity) {
    allViews(viewType: $viewType, viewName: $viewName, first: $reportLimit, after: $reportCursor) {
      edges { node { id name displayName description user { username photoUrl email } spec updatedAt createdAt } cursor }
      pageInfo { endCursor hasNextPage } }
  }
}"""


class Reports(SizedPaginator["BetaReport"]):
    """The reports of a project. Made by `Api.reports`."""

    QUERY = _VIEWS
    CURSOR, LIMIT = "reportCursor", "reportLimit"

    def __init__(
        self, client: Any, project: Any, name: str | None = None, entity: str | None = None, per_page: int = 50
    ) -> None:
        self.project = project
        self.name = name
        variables = {"project": project.name, "entity": project.entity, "viewName": name}
        super().__init__(client, variables, min(per_page, 50))

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        if response.get("project") is None:
            raise ApiError(f"Could not find project {'/'.join(self.project.path)}")
        return response["project"].get("allViews") or {}

    @property
    def length(self) -> int | None:
        """As many as were fetched: servers do not say how many there are."""
        return len(self.objects) if self.last_response is not None and not self.more else None

    def __len__(self) -> int:
        return len(self[:])

    def convert(self, node: dict[str, Any]) -> BetaReport:
        return BetaReport(self.client, node, self.project.entity, self.project.name)

    def __repr__(self) -> str:
        return f"<Reports {'/'.join(self.project.path)}>"


class BetaReport(Attrs):
    """A report: name, display_name, description, user, spec, updated_at, created_at."""

    def __init__(
        self, client: Any, attrs: Mapping[str, Any], entity: str | None = None, project: str | None = None
    ) -> None:
        super().__init__(dict(attrs))
        self.client = as_client(client)
        self.entity = entity
        self.project = project
        self.query_generator = QueryGenerator()
        spec = self._attrs.get("spec") or {}
        self._attrs["spec"] = json.loads(spec) if isinstance(spec, str) else spec

    @property
    def id(self) -> str:
        return str(self._attrs["id"])

    @property
    def name(self) -> str | None:
        return self._attrs.get("name")

    @property
    def display_name(self) -> str | None:
        return self._attrs.get("displayName")

    @property
    def description(self) -> str | None:
        return self._attrs.get("description")

    @property
    def user(self) -> Any:
        """Who made it."""
        return self._attrs.get("user")

    @property
    def spec(self) -> dict[str, Any]:
        """What it consists of."""
        spec: dict[str, Any] = self._attrs["spec"]
        return spec

    @property
    def updated_at(self) -> str | None:
        return self._attrs.get("updatedAt")

    @property
    def created_at(self) -> str | None:
        return self._attrs.get("createdAt")

    @property
    def sections(self) -> Any:
        """Its groups of panels, of old reports; the blocks of newer ones."""
        return self.spec["panelGroups"] if "panelGroups" in self.spec else self.spec.get("blocks", [])

    def runs(self, section: dict[str, Any], per_page: int = 50, only_selected: bool = True) -> Runs:
        """The runs that a section shows."""
        run_set = section["runSets"][section.get("openRunSet", 0)]
        sign = "+" if run_set["sort"].get("ascending") else "-"
        order = sign + self.query_generator.key_to_server_path(run_set["sort"]["key"])
        filters = self.query_generator.filter_to_mongo(run_set["filters"]) or {}
        if only_selected:
            filters = {"$and": [filters, {"name": {"$in": run_set["selections"]["tree"]}}]}
        return Runs(self.client, self.entity or "", self.project or "", filters, order, per_page)

    @property
    def url(self) -> str | None:
        """The report's page."""
        if not (self.entity and self.project and self.display_name):
            return None
        title = quote(re.sub(r"\W+", "-", self.display_name).strip("-"))
        return f"{self.client.app_url}{self.entity}/{self.project}/reports/{title}--{self.id.replace('=', '')}"

    @property
    def html(self) -> str:
        """What to_html answers."""
        return self.to_html()

    def to_html(self, height: int = 1024, hidden: bool = False) -> str:
        """HTML with the report's page inside."""
        return frame(self.url, height, hidden, "report") if self.url else "<div>The report has no page</div>"

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return f"<BetaReport {self.display_name or self.name}>"


class PanelMetricsHelper:
    """What a report's panels call a metric, and what the server calls it."""

    FRONTEND_NAME_MAPPING = {
        "Step": "_step",
        "Relative Time (Wall)": "_absolute_runtime",
        "Relative Time (Process)": "_runtime",
        "Wall Time": "_timestamp",
    }
    FRONTEND_NAME_MAPPING_REVERSED = {back: front for front, back in FRONTEND_NAME_MAPPING.items()}

    def front_to_back(self, name: str) -> str:
        return self.FRONTEND_NAME_MAPPING.get(name, name)

    def back_to_front(self, name: str) -> str:
        return self.FRONTEND_NAME_MAPPING_REVERSED.get(name, name)


class PythonMongoishQueryGenerator:
    """Filters of runs written as Python's comparisons: "State == 'finished' and loss < 0.5"."""

    FRONTEND_NAME_MAPPING = {
        "ID": "name",
        "Name": "displayName",
        "Tags": "tags",
        "State": "state",
        "CreatedTimestamp": "createdAt",
        "Runtime": "duration",
        "User": "username",
        "Sweep": "sweep",
        "Group": "group",
        "JobType": "jobType",
        "Hostname": "host",
        "UsingArtifact": "inputArtifacts",
        "OutputtingArtifact": "outputArtifacts",
        **PanelMetricsHelper.FRONTEND_NAME_MAPPING,
    }
    FRONTEND_NAME_MAPPING_REVERSED = {back: front for front, back in FRONTEND_NAME_MAPPING.items()}
    _OPERATORS: dict[type, str] = {
        ast.Lt: "$lt",
        ast.LtE: "$lte",
        ast.Gt: "$gt",
        ast.GtE: "$gte",
        ast.NotEq: "$ne",
        ast.IsNot: "$ne",
        ast.In: "$in",
        ast.NotIn: "$nin",
    }

    def __init__(self, run_set: Any) -> None:
        self.run_set = run_set

    def python_to_mongo(self, filterstr: str) -> dict[str, Any]:
        """Mongo's form of comparisons that are joined by `and` or by `or`."""
        try:
            tree = ast.parse(f"({filterstr})", mode="eval").body
        except SyntaxError:
            raise ValueError(f"a filter is a comparison such as `loss < 0.5`, got {filterstr!r}") from None
        if isinstance(tree, ast.BoolOp):
            op = "$or" if isinstance(tree.op, ast.Or) else "$and"
            return {"$or": [{op: [self._comparison(part) for part in tree.values]}]}
        return {"$or": [{"$and": [self._comparison(tree)]}]}

    def _comparison(self, node: ast.expr) -> dict[str, Any]:
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            raise ValueError(f"a filter is a comparison such as `loss < 0.5`, got `{ast.unparse(node)}`")
        name = self.front_to_back(ast.unparse(node.left))
        value = ast.literal_eval(node.comparators[0])
        value = list(value) if isinstance(value, tuple) else value
        op = self._OPERATORS.get(type(node.ops[0]))
        return {name: value if op is None else {op: value}}

    def front_to_back(self, name: str) -> str:
        """ "config.lr.value" of a config's key, "summary_metrics.loss" of anything else that is no field of runs."""
        first, _, rest = name.partition(".")
        rest = f".{rest}" if rest else ""
        if first in self.FRONTEND_NAME_MAPPING:
            return self.FRONTEND_NAME_MAPPING[first]
        if first in self.FRONTEND_NAME_MAPPING_REVERSED:
            return first
        if first in self.run_set._runs_config:
            return f"config.{first}.value{rest}"
        return f"summary_metrics.{first}{rest}"

    def back_to_front(self, name: str) -> str:
        """The other way round."""
        if name in self.FRONTEND_NAME_MAPPING_REVERSED:
            return self.FRONTEND_NAME_MAPPING_REVERSED[name]
        if name.startswith("config."):
            return name.removeprefix("config.").replace(".value", "")
        return name.removeprefix("summary_metrics.")
