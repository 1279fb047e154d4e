"""lifecycle.py - resume, ids used again, forks, rewinds and exit codes, one after the other."""

import task
import wandb

given = task.parameters()
project = given.project


def log(count, start=0, exit_code=None, **settings):
    """One run that logs count rows, {"n": start}, {"n": start + 1}, ..."""
    run = wandb.init(project=project, **settings)
    facts = {"id": run.id, "resumed": run.resumed, "step": run.step, "config": dict(run.config)}
    for n in range(start, start + count):
        run.log({"n": n})
    run.finish(exit_code=exit_code) if exit_code is not None else run.finish()
    return facts


def refused(**settings):
    """The error that an init ends with; none is a failure of the test."""
    try:
        run = wandb.init(project=project, **settings)
    except BaseException as error:  # noqa: BLE001
        wandb.teardown()
        return {"error": type(error).__name__, "message": str(error)}
    run.finish()
    return {"error": None, "message": ""}


def read(name):
    run = wandb.Api().run(f"{given.entity}/{project}/{name}")
    rows = list(run.scan_history())
    return {
        "state": run.state,
        "steps": [row["_step"] for row in rows],
        "n": [row.get("n") for row in rows],
        "config": dict(run.config),
        "summary": dict(run.summary.items()),
        "tags": list(run.tags),
        "notes": run.notes,
    }


result = {}

log(3, id="resumed", config={"a": 1}, tags=["kept"], notes="kept too")
result["must"] = log(2, start=3, id="resumed", resume="must", config={"b": 2})
result["allow"] = log(1, start=5, id="resumed", resume="allow")
result["resumed"] = read("resumed")

result["must_missing"] = refused(id="not-there", resume="must")
result["never_existing"] = refused(id="resumed", resume="never")
result["never_new"] = log(1, id="never-new", resume="never")
result["allow_new"] = log(1, id="allow-new", resume="allow")

log(3, id="reused")
log(2, start=10, id="reused")
result["reused"] = read("reused")

log(1, id="failed", exit_code=3)
result["failed"] = read("failed")
log(0, id="empty")
result["empty"] = read("empty")
log(1, id="empty", resume="must")
result["empty_resumed"] = read("empty")

if given.forks:
    log(10, id="parent", config={"lr": 0.5})
    result["fork"] = log(2, start=100, id="child", fork_from="parent?_step=4")
    result["parent"], result["child"] = read("parent"), read("child")
    result["fork_of_missing"] = refused(id="orphan", fork_from="not-there-at-all?_step=4")

if given.rewinds:
    log(10, id="rewound")
    result["rewind"] = log(2, start=100, resume_from="rewound?_step=4")
    result["rewound"] = read("rewound")
    result["rewind_of_missing"] = refused(resume_from="not-there-at-all?_step=4")

task.answer(result)
