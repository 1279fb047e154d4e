"""The documented surface: every class, attribute, method and parameter of the reference pages, with its default.

The table is written down here from the pages, not read from our code or from anybody's package. Where the pages of two
releases differ, the newer has the say, and the older call still works.
"""

from __future__ import annotations

import inspect

import pytest

# A parameter without default is REQUIRED; parameters of ours may follow those that are documented.
REQUIRED = inspect.Parameter.empty

RUN_FILTERS = {"samples": 500, "keys": None, "x_axis": "_step"}
METHODS = {
    "Api.__init__": {"overrides": None},
    "Api.flush": {},
    "Api.projects": {"entity": None, "per_page": 200},
    "Api.reports": {"path": "", "name": None, "per_page": 50},
    "Api.runs": {"path": "", "filters": {}, "order": "-created_at", "per_page": 50},
    "Api.run": {"path": ""},
    "Api.sweep": {"path": ""},
    "Api.artifact": {"name": REQUIRED, "type": None},
    "Runs.__init__": {
        "client": REQUIRED,
        "entity": REQUIRED,
        "project": REQUIRED,
        "filters": None,
        "order": None,
        "per_page": 50,
        "include_sweeps": True,
    },
    "Runs.histories": {**RUN_FILTERS, "format": "default", "stream": "default"},
    "Runs.convert_objects": {},
    "Runs.next": {},
    "Runs.update_variables": {},
    "Runs.__getitem__": {"index": REQUIRED},
    "Runs.__iter__": {},
    "Runs.__len__": {},
    "Run.__init__": {
        "client": REQUIRED,
        "entity": REQUIRED,
        "project": REQUIRED,
        "run_id": REQUIRED,
        "attrs": None,
        "include_sweeps": True,
    },
    "Run.create": {"api": REQUIRED, "run_id": None, "project": None, "entity": None, "state": "running"},
    "Run.delete": {"delete_artifacts": False},
    "Run.file": {"name": REQUIRED},
    "Run.files": {"names": None, "per_page": 50},
    "Run.history": {**RUN_FILTERS, "pandas": True, "stream": "default"},
    "Run.load": {"force": False},
    "Run.log_artifact": {"artifact": REQUIRED, "aliases": None, "tags": None},
    "Run.logged_artifacts": {"per_page": 100},
    "Run.save": {},
    "Run.scan_history": {"keys": None, "page_size": 1000, "min_step": None, "max_step": None},
    "Run.to_html": {"height": 420, "hidden": False},
    "Run.update": {},
    "Run.upload_file": {"path": REQUIRED, "root": "."},
    "Run.use_artifact": {"artifact": REQUIRED, "use_as": None},
    "Run.used_artifacts": {"per_page": 100},
    "Run.wait_until_finished": {},
    "Sweep.best_run": {"order": None},
    "Sweep.get": {
        "client": REQUIRED,
        "entity": None,
        "project": None,
        "sid": None,
        "withRuns": True,
        "order": None,
        "query": None,
    },
    "File.download": {"root": ".", "replace": False},
    "ArtifactType.collections": {"per_page": 50},
    "ArtifactCollection.versions": {"per_page": 50},
    "QueryGenerator.mongo_to_filter": {"filter": REQUIRED},
    "QueryGenerator.filter_to_mongo": {"filter": REQUIRED},
    "QueryGenerator.key_to_server_path": {"key": REQUIRED},
    "QueryGenerator.server_path_to_key": {"path": REQUIRED},
}

ARTIFACT_METHODS = {
    "delete": {},
    "get": {"name": REQUIRED},
    "download": {"root": None},
    "file": {"root": None},
    "save": {},
    "verify": {"root": None},
}

# Attributes of objects that a server gave; those of Run are of both ages.
ATTRIBUTES = {
    "Run": (
        "tags url id name state config created_at system_metrics summary project entity project_internal_id user path"
        " notes read_only history_keys metadata lastHistoryStep storage_id username"
    ).split(),
    "File": "name url md5 mimetype updated_at size direct_url path_uri".split(),
}

CLASSES = (
    "Api Projects Project Runs Run Sweep Files File Reports QueryGenerator BetaReport ArtifactType ArtifactCollection"
    " ArtifactVersions RetryingClient"
).split()
PROPERTIES = {
    "Runs": ["length"],
    "Run": "entity id lastHistoryStep metadata name path state storage_id summary url username".split(),
    "BetaReport": "name description user spec updated_at html sections".split(),
    "Sweep": "runs config".split(),
}
# What the issue of this package adds to the pages.
MORE = {
    "Api": (
        "project create_project create_run create_sweep artifacts artifact_type artifact_types artifact_collection"
        " artifact_collections artifact_versions artifact_exists artifact_collection_exists user users viewer team"
        " create_team create_user default_entity sync_tensorboard from_path job run_queue create_run_queue queued_run"
        " list_jobs upsert_run_queue registries registry create_registry sql"
    ).split(),
    "Runs": ["upgrade_to_full", "table"],
    "Run": ["beta_scan_history", "history_arrow", "display", "load_full_data", "update_state", "stop"],
    "Sweep": "order expected_run_count state get".split(),
    "ArtifactCollection": "name description tags type aliases save delete change_type is_sequence artifacts".split(),
    "Registry": "collections versions save delete members add_members remove_members update_member".split(),
}


def parameters(function) -> dict:
    """Name and default, without self and cls."""
    listed = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in listed if each.name not in ("self", "cls")}


def check(function, documented: dict) -> None:
    ours = parameters(function)
    assert list(ours)[: len(documented)] == list(documented), "names or their order differ"
    assert {name: ours[name] for name in documented} == documented
    for name in list(ours)[len(documented) :]:
        kind = inspect.signature(function).parameters[name].kind
        assert ours[name] is not REQUIRED or kind in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL), (
            f"{name} is not documented, so nobody passes it"
        )


@pytest.mark.parametrize("name", CLASSES)
def test_surface__has_the_class(public, name):
    assert inspect.isclass(getattr(public, name))


@pytest.mark.parametrize("name", METHODS)
def test_surface__has_the_method_with_its_parameters(public, name):
    class_name, method = name.split(".")
    check(getattr(getattr(public, class_name), method), METHODS[name])


@pytest.mark.parametrize("name", ARTIFACT_METHODS)
def test_surface__has_the_artifacts_method(public, name):
    from barograph.artifacts import Artifact

    check(getattr(Artifact, name), ARTIFACT_METHODS[name])


@pytest.mark.parametrize("name", [(owner, each) for owner, listed in PROPERTIES.items() for each in listed])
def test_surface__has_the_property(public, name):
    owner, each = name
    assert isinstance(inspect.getattr_static(getattr(public, owner), each), property)


@pytest.mark.parametrize("name", [(owner, each) for owner, listed in MORE.items() for each in listed])
def test_surface__has_what_goes_beyond_the_pages(public, api, name):
    owner, each = name
    has = inspect.getattr_static(getattr(public, owner), each, None) is not None
    assert has or each == "state", f"{owner}.{each} is missing"


@pytest.mark.parametrize("name", ATTRIBUTES["Run"])
def test_surface__a_run_has_the_attribute(api, world, name):
    getattr(api.run(f"{world.project}/full"), name)


@pytest.mark.parametrize("name", ATTRIBUTES["File"])
def test_surface__a_file_has_the_attribute(api, world, name):
    getattr(api.run(f"{world.project}/full").file("notes/readme.txt"), name)


def test_surface__older_calls_work(public, api, world):
    """Positional attrs, files(names) with a list, and the oldest name of an entity."""
    run = public.Run(api.client, world.entity, world.project, "full", {})
    assert run.name == "a full run"
    assert [file.name for file in run.files(["notes/readme.txt"], 50)] == ["notes/readme.txt"]
    assert run.username == world.entity


def test_surface__is_found_under_its_documented_names(public):
    import barograph
    from barograph.apis.public.runs import Runs

    assert barograph.Api is public.Api
    assert Runs is public.Runs


def test_surface__is_found_under_the_official_names_too(scripts):
    code = """
        import barograph
        barograph.as_wandb()
        import wandb
        from wandb.apis.public import Api, Run, Runs
        assert wandb.Api is Api is barograph.Api
        print(Api().viewer.username, Runs.__module__, Run.__name__)
    """
    assert scripts.run(code).split() == [scripts.user.name, "barograph.apis.public.runs", "Run"]
