"""Fills a server with runs by the official client: what the tests of the web page look at.

Usage: fill.py, with WANDB_BASE_URL and WANDB_API_KEY set. Prints the path of each run made.
"""

import base64
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request

os.environ.setdefault("WANDB_SILENT", "true")
os.environ.setdefault("WANDB_DIR", tempfile.mkdtemp())

import wandb  # noqa: E402  (the environment comes first)

PROJECT = "charts"
STEPS = 3000
# Would set a mark that the tests look for, whichever way it ran.
SCRIPT = "window.__ran=1"
HOSTILE = f'"><img src=x onerror="{SCRIPT}"><script>{SCRIPT}</script>'


def log_run(number: int) -> None:
    """A run with sections, nested sections, a step metric, a spike and values that are no numbers."""
    rate = 10.0 ** -(1 + number % 3)
    config = {"lr": rate, "optimizer": ["adam", "sgd"][number % 2], "model": {"layers": 2 + number}}
    random.seed(number)
    with wandb.init(project=PROJECT, name=f"run-{number}", group=["even", "odd"][number % 2], tags=["base"], config=config) as run:
        run.define_metric("val/accuracy", step_metric="epoch")
        for step in range(STEPS):
            part = step / STEPS
            row = {
                "train/loss": 2 * math.exp(-3 * part) + 0.1 * number + 0.05 * random.gauss(0, 1),
                "train/layers/0/norm": 1 + 0.1 * random.random(),
                "spike": 50.0 if step == 1777 else random.random(),
                "odd": [1.0, math.nan, math.inf, -math.inf][step % 4],
            }
            if step % 100 == 99:
                row |= {"epoch": step // 100, "val/accuracy": 1 - math.exp(-4 * part)}
            run.log(row)
        for epoch in range(20):
            run.log({"weights": wandb.Histogram([random.gauss(epoch / 10, 1) for _ in range(500)])})
        print(f"\x1b[31mred text\x1b[0m and plain text of run {number}")
        for line in range(400):
            print(f"line {line}")
        print("/".join([run.entity, run.project, run.id]), file=sys.__stdout__, flush=True)


def log_media() -> None:
    """A picture, a table and a page."""
    pixels = [[[x * 4 % 256, y * 4 % 256, 128] for x in range(64)] for y in range(64)]
    with wandb.init(project="media", name="media") as run:
        try:
            import numpy

            run.log({"picture": wandb.Image(numpy.array(pixels, dtype="uint8"), caption="gradient")})
        except ImportError:
            pass
        run.log({"table": wandb.Table(columns=["id", "name"], data=[[1, "first"], [2, HOSTILE]])})
        run.log({"page": wandb.Html(f"<p>a page</p><script>parent.{SCRIPT};top.{SCRIPT}</script>")})


def pixels_of(number: int, step: int):
    """A picture, the classes in it, and a box around one of them."""
    import numpy

    picture = numpy.full((60, 80, 3), 40 + 40 * number, dtype="uint8")
    mask = numpy.zeros((60, 80), dtype="uint8")
    mask[10:40, 10 + step * 5:40 + step * 5] = 1
    mask[30:50, 50:70] = 2
    picture[mask == 1] = (220, 180, 60)
    box = {"position": {"minX": (10 + step * 5) / 80, "maxX": (40 + step * 5) / 80, "minY": 10 / 60, "maxY": 40 / 60}, "class_id": 1, "scores": {"sure": 0.4}}
    return picture, mask, box


BOKEH = {"version": "3.8.2", "title": "", "roots": [{"type": "object", "name": "Figure", "id": "p1", "attributes": {
    "x_range": {"type": "object", "name": "DataRange1d", "id": "p2"}, "y_range": {"type": "object", "name": "DataRange1d", "id": "p3"},
    "x_scale": {"type": "object", "name": "LinearScale", "id": "p4"}, "y_scale": {"type": "object", "name": "LinearScale", "id": "p5"},
    "title": {"type": "object", "name": "Title", "id": "p6", "attributes": {"text": HOSTILE}},
    "renderers": [{"type": "object", "name": "GlyphRenderer", "id": "p7", "attributes": {
        "data_source": {"type": "object", "name": "ColumnDataSource", "id": "p8", "attributes": {"data": {"type": "map", "entries": [["x", [1, 2, 3]], ["y", [4, 2, 3]]]}}},
        "glyph": {"type": "object", "name": "Line", "id": "p9", "attributes": {"x": {"type": "field", "field": "x"}, "y": {"type": "field", "field": "y"},
                                                                             "line_color": "#e0663a", "line_width": 8}}}}]}}]}


def log_pictures() -> None:
    """Pictures with masks and boxes over two steps, a table with pictures, and a figure of Bokeh's."""
    with wandb.init(project="pictures", name="net") as run:
        for step in range(2):
            images = []
            for number in range(2):
                picture, mask, box = pixels_of(number, step)
                images.append(wandb.Image(picture, caption=f"sample {number}", masks={"guess": {"mask_data": mask, "class_labels": {0: "ground", 1: "ball", 2: "box"}}},
                                          boxes={"truth": {"box_data": [box], "class_labels": {1: "ball"}}}))
            run.log({"samples": images})
        rows = [[wandb.Image(pixels_of(i, 0)[0]), ["ball", "box"][i % 2], i / 2] for i in range(4)]
        run.log({"guesses": wandb.Table(columns=["picture", "label", "score"], data=rows)})
        path = os.path.join(run.dir, "media", "bokeh", "figure.bokeh.json")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(BOKEH, file)
        run.save(path, base_path=run.dir)
        run.log({"bokeh": {"_type": "bokeh-file", "path": "media/bokeh/figure.bokeh.json", "sha256": "0" * 64, "size": 1}})


def log_lineage() -> None:
    """A data set that many runs read, one of which made a model of it."""
    with wandb.init(project="lineage", name="collect") as run:
        for number in range(2):
            artifact = wandb.Artifact("corpus", type="dataset", metadata={"rows": number})
            with artifact.new_file(f"part{number}.txt") as file:
                file.write(str(number))
            run.log_artifact(artifact).wait()
    for number in range(7):
        with wandb.init(project="lineage", name=f"train-{number}") as run:
            run.use_artifact("corpus:v1")
            if number == 0:
                run.log_artifact(wandb.Artifact("model", type="model")).wait()


def log_charts(number: int) -> None:
    """Every preset of the client's plots, over several runs."""
    random.seed(number)
    with wandb.init(project="plots", name=f"plots-{number}") as run:
        rows = [[x, x * x / 40 + number, ["a", "b"][x % 2]] for x in range(20)]
        table = wandb.Table(columns=["my.x", "height", "kind"], data=rows)
        run.log({
            "line": wandb.plot.line(table, "my.x", "height", title="A line", stroke="kind"),
            "scatter": wandb.plot.scatter(table, "my.x", "height", title="Points"),
            "bar": wandb.plot.bar(wandb.Table(columns=["name", "count"], data=[["ant", 3 + number], ["bee", 5]]), "name", "count", title="Bars"),
            "histogram": wandb.plot.histogram(wandb.Table(columns=["v"], data=[[random.gauss(number, 1)] for _ in range(300)]), "v", title="Values"),
            "series": wandb.plot.line_series([0, 1, 2, 3], [[1, 4, 2, 3], [2, 2, 3, 5]], keys=["one", "two"], title="Series", xname="epoch"),
            "confusion": wandb.plot.confusion_matrix(y_true=[0, 1, 2, 0, 1, 2, 2], preds=[0, 1, 1, 0, 2, 2, 2], class_names=["cat", "dog", "owl"]),
            "area": wandb.plot_table("wandb/area-under-curve/v0", wandb.Table(
                columns=["class", "fpr", "tpr"], data=[["cat", x / 10, (x / 10) ** 0.4] for x in range(11)]),
                {"x": "fpr", "y": "tpr", "class": "class"},
                {"title": "ROC", "x-axis-title": "False positive rate", "y-axis-title": "True positive rate"}),
        })


PDB = """HETATM    1  O   HOH A   1       0.000   0.000   0.000  1.00  0.00           O
HETATM    2  H1  HOH A   1       0.957   0.000   0.000  1.00  0.00           H
HETATM    3  H2  HOH A   1      -0.240   0.927   0.000  1.00  0.00           H
"""
CUBE = "\n".join([f"v {x} {y} {z}" for x in (0, 1) for y in (0, 1) for z in (0, 1)]
                 + ["f 1 2 4 3", "f 5 6 8 7", "f 1 2 6 5", "f 3 4 8 7", "f 1 3 7 5", "f 2 4 8 6"])


def log_scenes() -> None:
    """Things in space, and a figure of Plotly's, with markup where it may have a text."""
    import numpy

    figure = {"data": [{"type": "bar", "x": [HOSTILE, "two"], "y": [3, 5], "hovertext": HOSTILE}],
              "layout": {"title": {"text": f'<b>Bars</b> <a href="javascript:{SCRIPT}">link</a> {HOSTILE}'}}}
    with wandb.init(project="scenes", name="scenes") as run:
        turn = numpy.linspace(0, 20, 4000)
        cloud = numpy.stack([numpy.cos(turn), numpy.sin(turn), turn / 6, 128 + 127 * numpy.cos(turn), turn * 12, 255 - turn * 12], axis=1)
        run.log({"cloud": wandb.Object3D(cloud)})
        folder = tempfile.mkdtemp()
        for name, text in (("water.pdb", PDB), ("cube.obj", CUBE)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        run.log({"water": wandb.Molecule(os.path.join(folder, "water.pdb"))})
        run.log({"cube": wandb.Object3D(open(os.path.join(folder, "cube.obj"), encoding="utf-8"))})
        path = os.path.join(run.dir, "media", "plotly", "figure.plotly.json")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(figure))
        run.save(path, base_path=run.dir)
        run.log({"figure": {"_type": "plotly-file", "path": "media/plotly/figure.plotly.json", "sha256": "0" * 64, "size": 1}})


def log_code(number: int) -> None:
    """A file that differs between two runs."""
    with wandb.init(project="code", name=f"code-{number}") as run:
        path = os.path.join(run.dir, "code", "train.py")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(f"line_{i} = {i}\n" for i in range(40)) + f"rate = 0.{number}\n" + ("extra = True\n" if number else ""))
        run.save(path, base_path=run.dir)
        run.log({"table": wandb.Table(columns=["id", "guess"], data=[[i, f"guess {number} of {i}"] for i in range(5)])})


KEPT_SCRIPT = """import json, os
import wandb

with wandb.init(project="kept", name="kept", settings=wandb.Settings(save_code=True, console="off")) as run:
    run.log_code(".")
    run.log({"loss": 1.0})
    # As a session in a notebook saves it.
    history = os.path.join(run.dir, "code", "_session_history.ipynb")
    os.makedirs(os.path.dirname(history), exist_ok=True)
    cell = {"cell_type": "code", "source": "print('from a cell')", "execution_count": 1, "metadata": {}, "outputs": []}
    with open(history, "w", encoding="utf-8") as file:
        json.dump({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, file)
    run.save(history, base_path=run.dir)
"""


def keep_code() -> None:
    """A script started within a repository that has been changed since its commit."""
    with tempfile.TemporaryDirectory() as folder:
        def git(*words: str) -> None:
            subprocess.run(["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.org", *words], check=True)

        def write(name: str, text: str) -> None:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)

        os.mkdir(os.path.join(folder, "lib"))
        write("train.py", KEPT_SCRIPT)
        write("lib/net.py", "rate = 0.1\n")
        git("init", "--quiet")
        git("add", ".")
        git("commit", "--quiet", "--message=before")
        write("lib/net.py", "rate = 0.25\n")
        # The service of this process would tell the patch of the repository that this process was started in.
        alone = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}
        subprocess.run([sys.executable, "train.py"], cwd=folder, env=alone, check=True)


SECOND_WRITER = """import sys, wandb

with wandb.init(project="shared", id=sys.argv[1], settings=wandb.Settings(mode="shared", x_label="two", x_primary=False, x_update_finish_state=False)):
    print("two in between")
"""


def print_by_turns() -> None:
    """Two writers of one run: the second begins and ends while the first is at work."""
    with wandb.init(project="shared", name="by turns", settings=wandb.Settings(mode="shared", x_label="one", x_primary=True)) as run:
        print("one begins")
        apart = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}  # that of this process knows the run
        subprocess.run([sys.executable, "-c", SECOND_WRITER, run.id], env=apart, check=True, stdout=subprocess.DEVNULL)
        time.sleep(1)  # a client stamps its lines when it gathers them
        print("one ends")


def notebook() -> dict:
    """Cells of each kind, with outputs of each kind, and markup in all of them."""
    def output(kind: str, **more) -> dict:
        return {"output_type": kind, **more}
    dot = base64.b64encode(bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108020000009077" "53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082")).decode()
    outputs = [
        output("stream", name="stdout", text=["first line\n", "\x1b[32mgreen\x1b[0m words\n", HOSTILE]),
        output("execute_result", data={"text/plain": "rows", "text/html": [f"<table><tr><td>a page's cell</td></tr></table>{HOSTILE}"]}),
        output("display_data", data={"image/png": dot}),
        output("display_data", data={"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20' onload='{SCRIPT}'><rect width='40' height='20' fill='#e0663a'/></svg>"}),
        output("error", ename="ValueError", evalue=HOSTILE, traceback=["\x1b[31mValueError\x1b[0m: it failed"]),
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# A notebook\n", f"and {HOSTILE} [click](javascript:{SCRIPT})"]},
        {"cell_type": "code", "source": f"draw({HOSTILE!r})", "execution_count": 7, "outputs": outputs},
    ]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": "python"}}, "cells": cells}


def log_files() -> None:
    """Files that the page can look into."""
    rows = "".join(f"{i},word {i},{(i * 37) % 101}\n" for i in range(2000))
    files = {
        "out/values.csv": f'id,name,score\n{rows}2000,"{HOSTILE.replace(chr(34), chr(34) * 2)}",500\n',
        "out/notes.tsv": "a\tb\n1\t2\n",
        "out/analysis.ipynb": json.dumps(notebook()),
        "out/page.html": f"<h1>a page</h1><script>parent.{SCRIPT};top.{SCRIPT}</script>",
    }
    with wandb.init(project="files", name="files") as run:
        for name, text in files.items():
            path = os.path.join(run.dir, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            run.save(path, base_path=run.dir)


def log_artifacts() -> None:
    """Two versions of a data set, and a run that used the first."""
    with wandb.init(project="artifacts", name="maker") as run:
        for number in range(2):
            artifact = wandb.Artifact("numbers", type="dataset", metadata={"rows": number, "note": HOSTILE}, description="**bold** words")
            with artifact.new_file("folder/data.txt") as file:
                file.write(f"number {number}")
            run.log_artifact(artifact, aliases=["latest", f"best{number}"]).wait()
    with wandb.init(project="artifacts", name="user") as run:
        run.use_artifact("numbers:v0")


def ask(path: str, body: dict) -> dict:
    """One request as the administrator, for what the client has no word for."""
    key = base64.b64encode(f"api:{os.environ['WANDB_API_KEY']}".encode()).decode()
    headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(os.environ["WANDB_BASE_URL"] + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read() or b"{}")


def fill_registry() -> None:
    """A registry of an organisation, with two versions linked into it."""
    ask("/api/admin/organizations", {"name": "observatory", "admins": ["admin"]})
    api = wandb.Api()
    api.create_registry("models", visibility="organization", organization="observatory", description="what is served", artifact_types=["model"])
    with wandb.init(project="shelved", name="trainer") as run:
        for number in range(2):
            artifact = wandb.Artifact("net", type="model")
            with artifact.new_file("weights.txt") as file:
                file.write(f"weights {number}")
            run.log_artifact(artifact).wait()
            run.link_artifact(artifact, "observatory/wandb-registry-models/forecast", aliases=["production"] if number == 0 else [])


def make_automations() -> None:
    """A webhook that answers nothing, and automations that call it."""
    from wandb.automations import OnRunMetric, OnRunState, RunEvent, SendWebhook

    with wandb.init(project="watched", name="calm") as run:
        run.log({"loss": 1.0})
    made = "mutation($input: CreateGenericWebhookIntegrationInput!) { createGenericWebhookIntegration(input: $input) { integration { __typename } } }"
    ask("/graphql", {"query": made, "variables": {"input": {"entityName": "admin", "name": "pager", "urlEndpoint": "http://127.0.0.1:9/hook"}}})
    api = wandb.Api()
    scope = api.project("watched", "admin")
    hook = SendWebhook.from_integration(next(api.webhook_integrations(entity="admin")), payload={"run": "${run_name}"})
    api.create_automation(OnRunState(scope=scope, filter=RunEvent.state.eq("failed")) >> hook, name="on failure")
    api.create_automation(OnRunMetric(scope=scope, filter=RunEvent.metric("loss").avg(2).lt(0.5)) >> hook, name="on low loss")
    with wandb.init(project="watched", name="stormy") as run:
        run.alert(title=f"It rains {HOSTILE}", text=f"**much** of it {HOSTILE}", level=wandb.AlertLevel.WARN)
        run.finish(exit_code=1)


def log_hostile() -> None:
    """Markup wherever a run may put a text."""
    with wandb.init(project="hostile", name=HOSTILE, group=HOSTILE, job_type=HOSTILE, tags=[HOSTILE[:60]],
                    notes=f"{HOSTILE}\n\n[click](javascript:{SCRIPT}) <b>bold</b> $\\href{{javascript:{SCRIPT}}}{{x}} \\frac{{1}}{{2}}$", config={HOSTILE: HOSTILE}) as run:
        for step in range(20):
            run.log({f"{HOSTILE}/metric": step, "<b>plain</b>": step})
        table = wandb.Table(columns=["x", HOSTILE], data=[[HOSTILE, 1], ["two", 2]])
        run.log({"chart": wandb.plot.bar(table, "x", HOSTILE, title=HOSTILE)})
        run.log({"foreign": wandb.plot_table("nobody/hostile", table, {"x": HOSTILE}, {"title": HOSTILE})})
        run.summary[HOSTILE] = HOSTILE
        print(HOSTILE)
        for name, text in {
            "<img src=x onerror=window.__ran=1>.txt": HOSTILE,
            "drawn.svg": f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="{SCRIPT}"><script>{SCRIPT}</script></svg>',
            "page.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><script>{SCRIPT};parent.{SCRIPT}</script></html>',
            "notes.md": f"# {HOSTILE}\n\n[click](javascript:{SCRIPT}) <script>{SCRIPT}</script>",
            "code.py": f"# {HOSTILE}\n'{HOSTILE}'",
        }.items():
            path = os.path.join(run.dir, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            run.save(path, base_path=run.dir)
        artifact = wandb.Artifact("hostile", type="data <b>set", description=HOSTILE, metadata={HOSTILE: HOSTILE})
        with artifact.new_file("<img src=x onerror=window.__ran=1>.txt") as file:
            file.write(HOSTILE)
        run.log_artifact(artifact, aliases=["<b>best"], tags=["b-tag"]).wait()
    sweep = {"name": HOSTILE, "method": "grid", "metric": {"name": HOSTILE, "goal": "minimize"}, "parameters": {HOSTILE: {"values": [HOSTILE, "two"]}}}
    wandb.sweep(sweep, project="hostile")
    text = [{"type": "paragraph", "children": [{"text": HOSTILE}]}, {"type": "markdown-block", "children": [{"text": ""}], "content": f"[click](javascript:{SCRIPT}) {HOSTILE}"},
            {"type": "link", "url": f"javascript:{SCRIPT}", "children": [{"text": "a link"}]}, {"type": "code-block", "language": HOSTILE, "children": [{"type": "code-line", "children": [{"text": HOSTILE}]}]}]
    made = "mutation($input: UpsertViewInput!) { upsertView(input: $input) { view { id } } }"
    ask("/graphql", {"query": made, "variables": {"input": {"entityName": "admin", "projectName": "hostile", "name": "told", "displayName": HOSTILE, "description": HOSTILE,
                                                           "type": "runs", "spec": json.dumps({"version": 5, "blocks": text})}}})


if __name__ == "__main__":
    for i in range(4):
        log_run(i)
    log_media()
    for i in range(2):
        log_charts(i)
        log_code(i)
    keep_code()
    print_by_turns()
    log_files()
    log_scenes()
    log_pictures()
    log_lineage()
    log_artifacts()
    fill_registry()
    make_automations()
    log_hostile()
