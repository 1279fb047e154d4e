"""test_annotations.py - Prodigy's datasets as tables, beside the official client.

Prodigy is sold: objects that are shaped as its own stand for it.
"""

from __future__ import annotations

import json

# Both clients ask this database. The official one wants spaCy's model too, which it needs for spans only.
PRODIGY = """
import base64, io, os, sys, types
import PIL.Image, wandb
picture = io.BytesIO()
PIL.Image.new("RGB", (4, 3), "red").save(picture, "PNG")
open("file.png", "wb").write(picture.getvalue())
inline = "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()
ROWS = {
    "texts": [{"text": "a", "meta": {"source": "x"}, "options": [{"id": 1, "text": "yes"}], "accept": [1], "_input_hash": 7},
              {"text": "b", "meta": {"page": 3}, "answer": "reject", "options": [{"id": 2}], "_input_hash": 8},
              {"text": "c", "ok": True}],
    "images": [{"image": inline, "answer": "accept"}, {"image": "file.png"}],
    "spans": [{"text": "Ann & <Bob> met", "spans": [{"start": 6, "end": 11, "label": "P<R"}, {"start": 0, "end": 3, "label": "PER"},
                                                    {"start": 1, "end": 2, "label": "in"}, {"token": 1}]}, {"text": "nobody"}],
    "broken": [{"image": "http://127.0.0.1:1/none.png"}, {"image": "data:image/png;base64,????"}, {"image": "no-such-file.png"}],
    "empty": [],
}
database = types.ModuleType("prodigy.components.db")
database.connect = lambda: types.SimpleNamespace(get_dataset=lambda name: ROWS.get(name))
sys.modules.update({"prodigy": types.ModuleType("prodigy"), "prodigy.components": types.ModuleType("prodigy.components"),
                    "prodigy.components.db": database, "en_core_web_md": types.ModuleType("en_core_web_md")})
sys.modules["en_core_web_md"].load = lambda **unused: None
from wandb.integration.prodigy import upload_dataset
run = wandb.init(project="prodigy")
for name in os.environ["DATASETS"].split():
    upload_dataset(name)
try:
    upload_dataset("unknown")
except Exception as error:
    print(error)
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""
# A run's tables, in order; of media their kind and size.
TABLES = """
import json, sys, tempfile, wandb
def plain(value):
    if isinstance(value, dict) and "_type" in value:
        return {key: value[key] for key in ("_type", "width", "height", "sha256", "size", "boxes", "masks") if key in value}
    return value
told = {}
for artifact in wandb.Api().run(sys.argv[1]).logged_artifacts():
    for path, entry in artifact.manifest.entries.items():
        if path.endswith(".table.json"):
            content = json.load(open(artifact.get_entry(path).download(tempfile.mkdtemp())))
            told[path.split(".")[0]] = [content["columns"], [[plain(cell) for cell in row] for row in content["data"]]]
print(json.dumps(told))
"""


def tables(peers, run: str) -> dict:
    return json.loads(peers.run(TABLES, False, "reader", run).splitlines()[-1])


def test_a_dataset_of_prodigy_is_a_table_likewise(peers):
    runs = [peers.run(PRODIGY, is_ours, DATASETS="texts images").split()[-1] for is_ours in (False, True)]
    official, ours = (tables(peers, run) for run in runs)
    assert ours == official
    columns, rows = ours["texts"]
    assert columns == ["text", "meta", "options", "accept", "_input_hash", "answer", "ok"]
    assert rows[1] == ["b", {"page": 3, "source": ""}, [{"id": 2, "text": ""}], [], 8, "reject", False]
    assert ours["images"][0] == ["image", "answer", "image_visual"] and [row[2]["width"] for row in ours["images"][1]] == [4, 4]


def test_spans_are_marked_and_what_is_no_image_is_left_out(peers):
    *printed, run = peers.run(PRODIGY, True, DATASETS="spans broken empty").splitlines()
    assert printed == ["Prodigy has no dataset 'unknown'"]
    told = tables(peers, run)
    assert told["spans"][0] == ["text", "spans", "spans_visual"] and told["spans"][1][1][2]["_type"] == "html-file"
    assert [row[1] for row in told["broken"][1]] == [None, None, None] and told["empty"] == [[], []]
    code = """
    import sys
    sys.modules["prodigy"] = None
    from barograph.integration.prodigy import _marked, upload_dataset
    import barograph
    print(_marked("Ann & <Bob> met", [{"start": 6, "end": 11, "label": "P<R"}, {"start": 0, "end": 3, "label": "PER"},
                                      {"start": 1, "end": 2, "label": "in"}, {"token": 1}]).html)
    run = barograph.init(mode="offline")
    try:
        upload_dataset("texts")
    except barograph.Error as error:
        print(error)
    """
    page, said = peers.run(code, True, "marks").splitlines()
    assert page == (
        '<p style="line-height: 2"><mark>Ann <small><b>PER</b></small></mark> &amp; '
        "<mark>&lt;Bob&gt; <small><b>P&lt;R</b></small></mark> met</p>"
    )
    assert said == "upload_dataset() needs Prodigy, which comes from its vendor"
