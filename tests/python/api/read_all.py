"""read_all.py MODULE ENTITY ORG SWEEP OUT - reads everything through MODULE.Api and writes what it saw as JSON.

Run once with the official package and once with ours, in environments of their own.
"""

import importlib
import json
import math
import sys

module = importlib.import_module(sys.argv[1])
entity, org, sweep_id, out = sys.argv[2:6]
public = importlib.import_module(f"{sys.argv[1]}.apis.public")
api = module.Api({"entity": entity})
seen = {}


def plain(value):
    """What JSON can hold, the same for both packages; numbers by value, so that 1 and 1.0 are one."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        return plain(value.item())
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def note(name, read):
    try:
        seen[name] = plain(read())
    except Exception as error:
        bases = {base.__name__ for base in type(error).__mro__}
        seen[name] = ["raises", *sorted(bases & {"CommError", "ValueError"})]


def frame(read):
    """A DataFrame's columns, kinds and values."""

    def values():
        table = read()
        kinds = {name: str(kind) for name, kind in table.dtypes.items()}
        rows = [[None if each != each else each for each in row] for row in table.values.tolist()]
        # Columns come in the order of the first row's keys, which is no order at all.
        order = sorted(range(len(table.columns)), key=lambda i: table.columns[i])
        names = [table.columns[i] for i in order]
        return {"columns": names, "kinds": kinds, "rows": [[row[i] for i in order] for row in rows]}

    return values


ATTRIBUTES = """id name state tags url path entity project storage_id notes group job_type commit created_at heartbeat_at
  description read_only sweep_name history_line_count config rawconfig json_config summary_metrics system_metrics metadata
  lastHistoryStep""".split()


def read_run(path):
    run = api.run(path)
    for name in ATTRIBUTES:
        note(f"{path} {name}", lambda: getattr(run, name))
    note(f"{path} user", lambda: run.user.username)
    note(f"{path} summary", lambda: [sorted(run.summary.keys()), run.summary["loss"], run.summary.get("nobody", 7)])
    note(f"{path} repr", lambda: repr(run))
    note(f"{path} history keys", lambda: sorted(run.history_keys["keys"]))
    note(f"{path} history", lambda: run.history(pandas=False))
    note(f"{path} history 10", lambda: run.history(samples=10, pandas=False))
    note(f"{path} history frame", frame(lambda: run.history()))
    note(f"{path} history keyed", lambda: run.history(keys=["loss", "nested.deep.b"], pandas=False))
    note(f"{path} history keyed frame", frame(lambda: run.history(keys=["loss"], samples=20)))
    note(f"{path} history by epoch", lambda: run.history(keys=["loss"], x_axis="epoch", pandas=False))
    note(f"{path} history of nobody", lambda: run.history(keys=["nobody"], pandas=False))
    note(f"{path} system history", lambda: run.history(stream="system", pandas=False))
    note(f"{path} scan", lambda: list(run.scan_history()))
    note(f"{path} scan keyed", lambda: list(run.scan_history(keys=["rare", "loss"])))
    note(f"{path} scan with steps", lambda: list(run.scan_history(keys=["_step", "loss"], min_step=7, max_step=12)))
    note(f"{path} scan range", lambda: list(run.scan_history(min_step=55)))
    note(f"{path} files", lambda: sorted((f.name, f.size, f.mimetype, f.md5) for f in run.files()))
    note(f"{path} logged", lambda: [artifact.name for artifact in run.logged_artifacts()])


def read_runs():
    runs = api.runs(f"{entity}/everything", order="+created_at", per_page=3)
    note("runs len", lambda: len(runs))
    note("runs names", lambda: [run.id for run in runs])
    note("runs configs", lambda: [dict(run.config) for run in runs])
    note("runs slice", lambda: [run.id for run in runs[1:4]])
    note("runs repr", lambda: repr(runs))
    for name, filters in {
        "state": {"state": "finished"},
        "config": {"config.lr": {"$gt": 0.2}},
        "summary": {"summary_metrics.loss": {"$lt": 0.7}},
        "tags": {"tags": {"$in": ["odd"]}},
        "or": {"$or": [{"displayName": "a full run"}, {"config.lr": 0.3}]},
        "group": {"group": "group-b"},
        "nothing": {"state": "killed"},
        "bad": {"state": {"$near": 1}},
    }.items():
        note(f"filter {name}", lambda: [run.id for run in api.runs(f"{entity}/everything", filters=filters, order="+created_at")])
    note("order", lambda: [r.id for r in api.runs(f"{entity}/everything", order="-summary_metrics.loss")])
    small = lambda: api.runs(f"{entity}/everything", filters={"group": "group-b"}, order="+created_at")  # noqa: E731
    note("histories", lambda: small().histories(keys=["loss"], samples=10))
    note("histories frame", frame(lambda: small().histories(samples=10, format="pandas")))


def read_others():
    note("viewer", lambda: [api.viewer.username, api.viewer.entity, api.default_entity])
    note("projects", lambda: sorted(project.name for project in api.projects()))
    project = api.project("everything")
    note("project", lambda: [project.name, project.entity, project.path, project.url, project.id, repr(project)])
    note("missing run", lambda: api.run("everything/nobody"))
    note("missing project", lambda: list(api.runs(f"{entity}/nobody")))
    note("missing path", lambda: api.run("a/b/c/d/e"))
    note("missing artifact", lambda: api.artifact("everything/nobody:latest"))
    note("artifact exists", lambda: api.artifact_exists("everything/nobody:latest"))
    note("types", lambda: [each.name for each in api.artifact_types("everything")])
    note("from path", lambda: [repr(api.from_path(f"{entity}/everything")), api.from_path(f"{entity}/everything/runs/full").id])
    note("user", lambda: api.user(entity).username)
    note("nobody", lambda: api.user("nobody at all"))


def read_queries():
    generator = public.QueryGenerator()
    group = {"op": "OR", "filters": [{"op": "AND", "filters": [
        {"key": {"section": "config", "name": "lr"}, "op": ">", "value": 1},
        {"key": {"section": "tags", "name": "best"}, "op": "=", "value": False},
        {"key": {"section": "tags", "name": "x"}, "op": "IN", "value": ["a", "b"]},
        {"key": {"section": "run", "name": "state"}, "op": "=", "value": "running", "disabled": True},
        {"key": {"section": "summary", "name": "loss"}, "op": "!=", "value": None},
    ]}]}  # fmt: skip
    note("to mongo", lambda: generator.filter_to_mongo({"op": "OR", "filters": [{"op": "AND", "filters": group["filters"][0]["filters"][:3]}]}))
    note("to mongo one", lambda: generator.filter_to_mongo(group["filters"][0]["filters"][4]))
    note("to filter", lambda: generator.mongo_to_filter({"$or": [{"$and": [{"config.lr": {"$gt": 1}}, {"state": "x"}]}]}))
    for path in ("config.lr", "summary_metrics.a.b", "tags.t", "state", "keys_info.keys.k"):
        note(f"key of {path}", lambda: generator.server_path_to_key(path))
        note(f"path of {path}", lambda: generator.key_to_server_path(generator.server_path_to_key(path)))
    for key in ("loss", "+loss", "-config.lr.value", "val.loss"):
        note(f"order of {key}", lambda: generator.format_order_key(key))
    note("orders", lambda: generator.keys_to_order({"keys": [{"key": {"section": "config", "name": "lr"}, "ascending": True}]}))
    note("keys of order", lambda: generator.order_to_keys(["+state", "-createdAt"]))


def read_shelf():
    def read_version(title, read):
        names = """name qualified_name type version aliases tags description metadata digest size state file_count entity project
          source_name source_entity source_project source_version is_link created_at updated_at id ttl""".split()
        for name in names:
            note(f"{title} {name}", lambda: getattr(read(), name))

    read_version("artifact", lambda: api.artifact("shelf/net:best"))
    note("artifact of type", lambda: api.artifact("shelf/net:v0", type="model").version)
    note("artifact of another type", lambda: api.artifact("shelf/net:v0", type="dataset"))
    read_version("linked artifact", lambda: api.artifact(f"{org}/wandb-registry-models/net:prod"))
    note("artifact types", lambda: sorted(each.name for each in api.artifact_types("shelf")))
    note("artifact type", lambda: api.artifact_type("model", "shelf").name)
    note("versions", lambda: [each.name for each in api.artifacts("model", "shelf/net")])
    note("versions len", lambda: len(api.artifacts("model", "shelf/net")))
    note("versions with tags", lambda: [each.name for each in api.artifacts("model", "shelf/net", tags=["good"])])
    note("no versions", lambda: list(api.artifacts("model", "shelf/nobody")))
    note("collections", lambda: [each.name for each in api.artifact_collections("shelf", "model")])
    collection = api.artifact_collection("model", "shelf/net")
    for name in "id name type description tags aliases entity project created_at updated_at".split():
        note(f"collection {name}", lambda: getattr(collection, name))
    note("collection versions", lambda: [each.version for each in collection.artifacts()])
    note("collection exists", lambda: [api.artifact_collection_exists("shelf/net", "model"), api.artifact_collection_exists("shelf/x", "model")])
    note("exists", lambda: [api.artifact_exists("shelf/net:v2"), api.artifact_exists("shelf/net:v7"), api.artifact_exists("shelf/net:v1", "dataset")])
    note("artifact files", lambda: sorted((each.name, each.size, each.md5) for each in api.artifact("shelf/net:v1").files()))
    note("logged by", lambda: api.artifact("shelf/net:v1").logged_by().id)
    note("used by", lambda: [run.id for run in api.artifact("shelf/net:v1").used_by()])
    note("run logged", lambda: sorted(each.name for each in api.run("shelf/maker").logged_artifacts()))
    note("run used", lambda: [[each.name for each in api.run("shelf/user").used_artifacts()], len(api.run("shelf/user").used_artifacts())])
    note("registries", lambda: sorted(each.name for each in api.registries(org)))
    note("registries by name", lambda: [each.name for each in api.registries(org, filter={"name": "models"})])
    note("registries by pattern", lambda: [each.name for each in api.registries(org, filter={"name": {"$regex": "any"}})])
    registry = api.registry("models", org)
    for name in "id name full_name entity organization description visibility allow_all_artifact_types created_at path".split():
        note(f"registry {name}", lambda: getattr(registry, name))
    note("registry types", lambda: list(registry.artifact_types))
    note("registry collections", lambda: [[each.name, each.type, each.description, each.tags] for each in registry.collections()])
    note("registry collections by tag", lambda: [each.name for each in api.registries(org).collections(filter={"tag": "vision"})])
    note("registry versions", lambda: [[each.name, each.aliases] for each in registry.versions()])
    note("registry versions by alias", lambda: [each.name for each in api.registries(org).versions(filter={"alias": "prod"})])
    note("registry versions of", lambda: [each.name for each in api.registries(org).collections(filter={"name": "net"}).versions()])
    note("registry members", lambda: sorted([each.user.username, str(getattr(each.role, "value", each.role))] for each in registry.user_members()))
    note("missing registry", lambda: api.registry("nobody", org))
    note("organization", lambda: [api.organization(org).name, api.organization(org).org_entity.name])


def read_sweep():
    sweep = api.sweep(f"everything/{sweep_id}")
    for name in "id name state config order path url entity project expected_run_count description".split():
        note(f"sweep {name}", lambda: getattr(sweep, name))
    note("sweep runs", lambda: [run.id for run in sweep.runs])
    note("sweep best run", lambda: sweep.best_run().id)
    note("sweep best by another", lambda: sweep.best_run("+config.lr.value").id)
    note("run's sweep", lambda: api.run("everything/small1").sweep.id)
    note("no sweep", lambda: api.run("everything/full").sweep)
    note("sweeps", lambda: [[each.id for each in api.project("everything").sweeps()], len(api.project("everything").sweeps())])
    note("missing sweep", lambda: api.sweep("everything/nobody"))
    note("sweep repr", lambda: repr(sweep))


def read_reports():
    reports = api.reports(f"{entity}/everything")
    note("reports", lambda: sorted(each.display_name for each in reports))
    names = "id name display_name description spec created_at updated_at url".split()
    note("report", lambda: {name: plain(getattr(api.reports(f"{entity}/everything", name="named")[0], name)) for name in names})
    note("report runs", lambda: [run.id for run in reports[0].runs(reports[0].sections[0], only_selected=False)])


for path in ("everything/full", "everything/small3", "everything/sealed"):
    read_run(path)
read_runs()
read_others()
read_queries()
read_shelf()
read_sweep()
read_reports()
with open(out, "w") as file:
    json.dump(seen, file)
