"""test_run_surface.py - the documented Run: every name, every argument, every default, and what the simple ones do."""

from __future__ import annotations

import json

# The reference's properties, and its methods with their arguments and defaults.
PROPERTIES = """config config_static dir disabled entity group id job_type name notes offline path project project_url resumed
settings start_time sweep_id sweep_url tags url summary""".split()
METHODS = {
    "alert": {"title": ..., "text": ..., "level": None, "wait_duration": None},
    "define_metric": {
        "name": ..., "step_metric": None, "step_sync": None, "hidden": None, "summary": None, "goal": None, "overwrite": None,
    },
    "display": {"height": 420, "hidden": False},
    "finish": {"exit_code": None, "quiet": None},
    "finish_artifact": {"artifact_or_path": ..., "name": None, "type": None, "aliases": None, "distributed_id": None},
    "link_artifact": {"artifact": ..., "target_path": ..., "aliases": None},
    "link_model": {"path": ..., "registered_model_name": ..., "name": None, "aliases": None},
    "log": {"data": ..., "step": None, "commit": None},
    "log_artifact": {"artifact_or_path": ..., "name": None, "type": None, "aliases": None, "tags": None},
    "log_code": {"root": ".", "name": None, "include_fn": "a function", "exclude_fn": "a function"},
    "log_model": {"path": ..., "name": None, "aliases": None},
    "mark_preempting": {},
    "restore": {"name": ..., "run_path": None, "replace": False, "root": None},
    "save": {"glob_str": ..., "base_path": None, "policy": "live"},
    "status": {},
    "unwatch": {"models": None},
    "upsert_artifact": {"artifact_or_path": ..., "name": None, "type": None, "aliases": None, "distributed_id": None},
    "use_artifact": {"artifact_or_name": ..., "type": None, "aliases": None, "use_as": None},
    "use_model": {"name": ...},
    "watch": {"models": ..., "criterion": None, "log": "gradients", "log_freq": 1000, "idx": None, "log_graph": False},
}  # fmt: skip
PACKAGE = """init login setup teardown sweep agent controller finish log save restore alert define_metric log_artifact
use_artifact link_artifact log_model use_model link_model log_code watch unwatch mark_preempting attach config summary run
Settings Run Error CommError UsageError AlertLevel Artifact Table Image Video Audio Histogram Html Object3D Molecule Plotly
Graph plot Api as_wandb join require data_types apis termlog termwarn termerror tensorboard gym""".split()


def test_every_documented_name_is_there_with_its_arguments(scripts):
    output = scripts.run("""
        import barograph, inspect, json
        def default(parameter):
            if parameter.default is parameter.empty:
                return "required"
            return "a function" if callable(parameter.default) else parameter.default
        methods = {}
        for name in METHODS:
            parameters = list(inspect.signature(getattr(barograph.Run, name)).parameters.values())[1:]
            methods[name] = {each.name: default(each) for each in parameters}
        missing = [name for name in PROPERTIES if not isinstance(inspect.getattr_static(barograph.Run, name), property)]
        undocumented = [name for name in [*METHODS, *PROPERTIES] if not getattr(barograph.Run, name).__doc__]
        absent = [name for name in PACKAGE if not hasattr(barograph, name)]
        print(json.dumps([methods, missing, undocumented, absent]))
        """.replace("PROPERTIES", repr(PROPERTIES)).replace("METHODS", repr(list(METHODS))).replace("PACKAGE", repr(PACKAGE)))
    methods, missing, undocumented, absent = json.loads(output)
    expected = {
        name: {key: "required" if value is ... else value for key, value in arguments.items()}
        for name, arguments in METHODS.items()
    }
    assert methods == expected
    assert (missing, undocumented, absent) == ([], [], [])


def test_facts_of_a_run_are_what_was_said(scripts, user):
    output = scripts.run("""
        import barograph, json
        run = barograph.init(project="p", id="i", name="n", notes="no", tags=("a", "b"), group="g", job_type="train")
        facts = [run.id, run.name, run.notes, list(run.tags), run.group, run.job_type, run.project, run.entity, run.path,
                 run.offline, run.disabled, run.resumed, run.sweep_id, run.sweep_url, run.url, run.project_url,
                 run.config_static is not run.config, run.settings.run_id, run.start_time > 1e9]
        run.name = "other"; run.notes = "changed"; run.tags += ("c",)
        try:
            run.settings.project = "x"
        except TypeError:
            facts.append("frozen")
        facts += [run.name, run.notes, list(run.tags)]
        run.finish()
        facts += [run.id, run.name, run.path]
        print(json.dumps(facts))
        """)
    base, name = user.server.base_url, user.name
    assert json.loads(output) == [
        "i", "n", "no", ["a", "b"], "g", "train", "p", name, f"{name}/p/i", False, False, False, None, None,
        f"{base}/{name}/p/runs/i", f"{base}/{name}/p", True, "i", True, "frozen", "other", "changed", ["a", "b", "c"],
        "i", "other", f"{name}/p/i",
    ]  # fmt: skip


def test_config_keeps_its_rules(scripts, user):
    (scripts.folder / "config-defaults.yaml").write_text("wandb_version: 1\nlr:\n  desc: the rate\n  value: 0.5\nepochs: 3\n")
    output = scripts.run("""
        import argparse, barograph, enum, json, pathlib
        class Kind(enum.Enum):
            A = 1
        run = barograph.init(project="p", id="c", config={"lr": 0.1, "nested": {"a": [1, (2, 3)]}, "kind": Kind.A,
                                                          "path": pathlib.PurePosixPath("/x")})
        config = run.config
        config.batch = 8
        config["layers"] = {1, }
        config.update(argparse.Namespace(seed=7))
        config.setdefaults({"lr": 9, "new": 1})
        seen = [config.lr, config.epochs, config["batch"], config.get("none", 5), "seed" in config, config.as_dict()["new"]]
        try:
            config.lr = 0.2
        except barograph.UsageError as error:
            seen.append("lr" in str(error) and "allow_val_change" in str(error))
        config.update({"lr": 0.2}, allow_val_change=True)
        config.lr = 0.2
        config.update_locked({"batch": 16}, user="sweep")
        config.batch = 99
        seen += [config.lr, config.batch]
        try:
            run.config_static.lr = 1
        except AttributeError:
            seen.append("static")
        print(json.dumps(seen))
        run.finish()
        """)
    assert json.loads(output) == [0.1, 3, 8, 5, True, 1, True, 0.2, 16, "static"]
    from tests.python.support import config_of, read_run

    assert config_of(read_run(user, "p", "c")) == {
        "lr": 0.2, "epochs": 3, "nested": {"a": [1, [2, 3]]}, "kind": "A", "path": "/x", "batch": 16, "layers": [1],
        "seed": 7, "new": 1,
    }  # fmt: skip


def test_keys_are_chosen_from_a_config(scripts):
    output = scripts.run("""
        import barograph
        values = {"a": 1, "b": 2, "c": 3}
        for options in (dict(config_include_keys=["a"]), dict(config_exclude_keys=["a"])):
            run = barograph.init(mode="offline", config=values, **options)
            print(sorted(run.config.keys()))
            run.finish()
        """)
    assert output.splitlines() == ["['a']", "['b', 'c']"]


def test_the_summary_is_read_written_and_cut(scripts, user):
    output = scripts.run("""
        import barograph, json
        run = barograph.init(project="p", id="s")
        run.log({"loss": 1, "deep": {"a": 1, "b": {"c": 2}}})
        summary = run.summary
        summary["best"] = 0.5
        summary.deep.b["d"] = 3
        summary.update({"x": {"y": 1}})
        seen = [summary["loss"], summary.deep.b.c, summary["deep"]["b"]["d"], summary.get("none", 7), "best" in summary]
        del summary["loss"]
        del summary["x"]["y"]
        seen += ["loss" in summary, dict(summary["x"])]
        print(json.dumps(seen))
        run.finish()
        """)
    assert json.loads(output) == [1, 2, 3, 7, True, False, {}]
    from tests.python.support import read_run, summary_of

    summary = summary_of(read_run(user, "p", "s"))
    assert summary["best"] == 0.5 and summary["deep"] == {"a": 1, "b": {"c": 2, "d": 3}} and "loss" not in summary


def test_metrics_are_summarised_as_they_were_defined(scripts, user):
    scripts.run("""
        import barograph
        run = barograph.init(project="p", id="m")
        run.define_metric("epoch")
        run.define_metric("val/*", step_metric="epoch")
        run.define_metric("loss", summary="min,mean,last")
        run.define_metric("acc", summary="best", goal="maximize")
        run.define_metric("quiet", summary="none", hidden=True)
        run.define_metric("loss", hidden=True)
        run.log({"epoch": 1, "loss": 3.0, "acc": 0.5, "quiet": 1})
        run.log({"val/x": 10})
        run.log({"epoch": 2, "loss": 1.0, "acc": 0.2})
        run.log({"val/x": 20, "loss": 2.0})
        for wrong in (dict(name="x", summary="median"), dict(name="a*b"), dict(name="x", goal="up")):
            try:
                run.define_metric(**wrong)
                print("accepted", wrong)
            except barograph.UsageError:
                pass
        run.finish()
        """)
    from tests.python.support import read_run, rows_of, summary_of

    run = read_run(user, "p", "m")
    assert [row.get("epoch") for row in rows_of(run)] == [1, 1, 2, 2]
    summary = summary_of(run)
    assert summary["loss"] == {"min": 1, "mean": 2, "last": 2} and summary["acc"] == {"best": 0.5}
    assert "quiet" not in summary and summary["val/x"] == 20
    metrics = json.loads(run["config"])["_wandb"]["value"]["m"]
    loss = next(metric for metric in metrics if metric.get("1") == "loss")
    assert 2 in loss["6"] and loss["7"]


def test_how_a_program_ends_is_how_its_run_ends(scripts, user):
    ends = {
        "good": ("", "finished"), "error": ("raise ValueError('x')", "failed"), "zero": ("sys.exit(0)", "finished"),
        "three": ("sys.exit(3)", "failed"), "code": ("run.finish(exit_code=5)", "failed"),
        "block": ("with run: raise SystemExit(1)", "failed"),
    }  # fmt: skip
    for name, (code, state) in ends.items():
        process = scripts.start(f"import barograph, sys\nrun = barograph.init(project='p', id='{name}')\nrun.log({{'i': 1}})\n{code}\n")
        process.communicate(timeout=60)
        from tests.python.support import read_run

        assert read_run(user, "p", name)["state"] == state, name


def test_a_disabled_run_takes_everything_and_writes_nothing(scripts):
    output = scripts.run("""
        import barograph, os
        with barograph.init(mode="disabled", project="p", config={"a": 1}) as run:
            run.log({"x": 1}); run.log({"x": 2}, step=5)
            run.define_metric("x", summary="max"); run.save("nothing.txt"); run.alert("a", "b")
            run.summary["y"] = 3
            print(run.disabled, run.summary["x"], run.summary["y"], run.config.a, run.step, run.url, os.listdir("."))
        """)
    assert output.split(maxsplit=6)[:6] == ["True", "2", "3", "1", "5", "None"] and "wandb" not in output


def test_settings_come_from_the_call_then_the_environment_then_files(scripts):
    (scripts.folder / "wandb").mkdir()
    (scripts.folder / "wandb" / "settings").write_text("[default]\nproject = from-file\nentity = file-entity\nrun_group = g\n")
    output = scripts.run("""
        import barograph
        run = barograph.init(mode="offline", name="said", settings={"run_notes": "n"})
        print(run.project, run.settings.entity, run.group, run.name, run.job_type, run.notes, run.tags)
        """, WANDB_PROJECT="from-wandb", BAROGRAPH_PROJECT="from-barograph", WANDB_NAME="env", WANDB_JOB_TYPE="env-job",
        WANDB_TAGS="a,b")  # fmt: skip
    assert output.split(maxsplit=6) == ["from-barograph", "file-entity", "g", "said", "env-job", "n", "('a', 'b')\n"]


def test_a_run_can_be_sent_to_another_process(scripts, user):
    scripts.run("""
        import barograph, multiprocessing
        def work(run, who):
            run.log({"who": who})
        if True:
            run = barograph.init(project="p", id="pool")
            import pickle, subprocess, sys
            code = "import pickle, sys; run = pickle.loads(bytes.fromhex(sys.argv[1])); run.log({'who': 7}); run.finish()"
            subprocess.run([sys.executable, "-c", code, pickle.dumps(run).hex()], check=True)
            run.log({"who": 1})
            run.finish()
        """)
    from tests.python.support import read_run, rows_of

    run = read_run(user, "p", "pool")
    assert [row["who"] for row in rows_of(run)] == [7, 1] and run["state"] == "finished"


def test_what_is_printed_is_short_and_can_be_silenced(scripts):
    code = """
        import barograph
        with barograph.init(project="p", id="t", settings={"quiet": {quiet}, "silent": {silent}}) as run:
            for i in range(100):
                run.log({"loss": 1 / (i + 1)})
        """
    shown = scripts.start(code.replace("{quiet}", "False").replace("{silent}", "False")).communicate(timeout=60)[1]
    assert "/p/runs/t" in shown and "loss █" in shown and "loss 0.01" in shown and "▁" in shown
    assert len(shown.splitlines()) < 12
    for quiet, silent in (("True", "False"), ("False", "True")):
        said = scripts.start(code.replace("{quiet}", quiet).replace("{silent}", silent)).communicate(timeout=60)[1]
        assert said == ""


def test_importing_costs_no_libraries(scripts):
    output = scripts.run("""
        import sys
        before = set(sys.modules)
        import barograph
        print([name for name in ("numpy", "PIL", "requests", "urllib.request", "asyncio", "barograph.data_types") if name in sys.modules])
        """)
    assert output == "[]\n"
