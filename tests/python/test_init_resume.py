"""test_init_resume.py - runs that go on: resumed, forked, rewound, and what happens when there are several."""

from __future__ import annotations

import json

from tests.python.support import config_of, read_run, rows_of, summary_of

FIRST = """
    import barograph
    with barograph.init(project="p", id="r", config={"lr": 1, "deep": {"a": 1}}, tags=["t"], notes="n", name="first") as run:
        for i in range(10):
            run.log({"i": i, "d": {"e": i}})
        run.summary["kept"] = 5
    """


def test_a_resumed_run_goes_on_where_it_was(scripts, user):
    scripts.run(FIRST)
    output = scripts.run("""
        import barograph, json
        run = barograph.init(project="p", id="r", resume="must", config={"new": 2})
        print(json.dumps([run.resumed, run.step, run.starting_step, dict(run.config), run.summary["kept"],
                          run.summary["d"]["e"], run.name, run.notes, run.tags]))
        run.log({"i": 10})
        run.finish()
        """)
    assert json.loads(output) == [True, 10, 10, {"lr": 1, "deep": {"a": 1}, "new": 2}, 5, 9, "first", "n", ["t"]]
    run = read_run(user, "p", "r")
    assert [row["_step"] for row in rows_of(run)] == list(range(11))
    assert config_of(run) == {"lr": 1, "deep": {"a": 1}, "new": 2}
    assert summary_of(run) == {"i": 10, "d": {"e": 9}, "kept": 5}
    assert (run["tags"], run["displayName"], run["historyLineCount"]) == (["t"], "first", 11)


def test_runtime_goes_on_too(scripts, user):
    scripts.run("""
        import barograph, time
        with barograph.init(project="p", id="r") as run:
            time.sleep(1.2)
            run.log({"i": 0})
        """)
    scripts.run("""
        import barograph
        with barograph.init(project="p", id="r", resume="allow") as run:
            run.log({"i": 1})
        """)
    first, second = rows_of(read_run(user, "p", "r"))
    assert 1.2 < first["_runtime"] <= second["_runtime"] < first["_runtime"] + 5


def test_must_and_never_are_kept(scripts):
    output = scripts.run(FIRST + """
    for resume, name in (("must", "missing"), ("never", "r")):
        try:
            barograph.init(project="p", id=name, resume=resume)
        except barograph.UsageError as error:
            print(error)
    run = barograph.init(project="p", id="new", resume="allow")
    print(run.resumed, run.step)
    run.finish()
    """)
    must, never, allowed = output.splitlines()
    assert "'missing' is not on the server, and resume is 'must'" in must
    assert "'r' is on the server already, and resume is 'never'" in never
    assert allowed == "False 0"


def test_auto_goes_on_after_a_crash_and_begins_anew_after_a_good_end(scripts):
    code = """
        import barograph, sys
        run = barograph.init(project="p", resume="auto")
        print(run.id, run.resumed)
        run.log({"i": 1})
        run.finish(exit_code=int(sys.stdin.readline() if False else {code}))
        """
    ids = [scripts.run(code.replace("{code}", str(code_of))).split() for code_of in (1, 0, 0)]
    assert ids[0][1] == "False"
    assert ids[1] == [ids[0][0], "True"]
    assert ids[2][0] != ids[0][0] and ids[2][1] == "False"


def test_a_fork_begins_with_its_origins_rows(scripts, user):
    scripts.run(FIRST)
    output = scripts.run("""
        import barograph
        run = barograph.init(project="p", id="fork", fork_from="r?_step=4")
        print(run.step, run.resumed)
        run.log({"i": 500})
        run.finish()
        """)
    assert output.split() == ["5", "False"]
    rows = rows_of(read_run(user, "p", "fork"))
    assert [row["i"] for row in rows] == [0, 1, 2, 3, 4, 500]
    assert [row["i"] for row in rows_of(read_run(user, "p", "r"))] == list(range(10))


def test_a_rewound_run_forgets_what_came_later(scripts, user):
    scripts.run(FIRST)
    output = scripts.run("""
        import barograph
        run = barograph.init(project="p", resume_from="r?_step=6")
        print(run.id, run.step, run.config["lr"])
        run.log({"i": 700})
        run.finish()
        """)
    assert output.split() == ["r", "7", "1"]
    assert [row["i"] for row in rows_of(read_run(user, "p", "r"))] == [0, 1, 2, 3, 4, 5, 6, 700]


def test_what_makes_no_sense_together_is_refused(scripts):
    output = scripts.run("""
        import barograph
        for wrong in (dict(resume="must"), dict(resume="allow", fork_from="r?_step=1"), dict(fork_from="r"),
                      dict(resume="perhaps"), dict(mode="sideways"), dict(reinit="maybe"), dict(project="a/b"),
                      dict(id="x:y"), dict(tags=["x" * 65]), dict(settings={"no_such": 1})):
            try:
                barograph.init(**wrong)
                print("accepted", wrong)
            except barograph.UsageError as error:
                print("refused")
        """)
    assert output.split() == ["refused"] * 10


def test_resuming_needs_the_server_and_says_so(scripts, make_server):
    server = make_server()
    server.add_user("late")
    server.stop()
    output = scripts.run("""
        import barograph, time
        began = time.monotonic()
        try:
            barograph.init(project="p", id="r", resume="must", settings={"init_timeout": 2.0})
        except barograph.CommError as error:
            print("needs the server" in str(error), time.monotonic() - began < 10)
        """, BAROGRAPH_BASE_URL=server.base_url)
    assert output.split() == ["True", "True"]


def test_reinit_chooses_what_becomes_of_the_run_before(scripts, user):
    output = scripts.run("""
        import barograph
        first = barograph.init(project="p", id="a")
        same = barograph.init(project="p", id="b")
        print(same is first, barograph.run is first)
        other = barograph.init(project="p", id="c", reinit="create_new")
        print(other is first, barograph.run is other)
        other.log({"x": 1}); first.log({"x": 2})
        third = barograph.init(project="p", id="d", reinit="finish_previous")
        print(first._is_finished, other._is_finished, barograph.run is third)
        barograph.finish()
        print(barograph.run)
        """)
    assert output.splitlines() == ["True True", "False True", "True True True", "None"]
    assert [rows_of(read_run(user, "p", name))[0]["x"] for name in ("a", "c")] == [2, 1]
    assert read_run(user, "p", "b") is None
