"""reports.py - reports and workspaces, saved with the official package and read back."""

import task
import wandb
import wandb_workspaces.reports.v2 as wr
import wandb_workspaces.workspaces as ws

given = task.parameters()
entity, project = given.entity, given.project
with wandb.init(project=project, id="r1", settings=wandb.Settings(silent=True)) as run:
    run.log({"loss": 1.0})

report = wr.Report(entity=entity, project=project, title="First look", description="what was seen")
report.blocks = [
    wr.H1("Runs"),
    wr.P(["All of them, ", wr.Link("and more", url="https://example.com/")]),
    wr.PanelGrid(
        runsets=[wr.Runset(entity, project, name="set one")],
        panels=[wr.LinePlot(x="Step", y=["loss"], title="the loss"), wr.ScalarChart(metric="loss")],
    ),
    wr.CodeBlock(code="print('é\\u2603')", language="python"),
]
report.save()
result = {"url": report.url, "id": report.id}

loaded = wr.Report.from_url(report.url)
result["read_back"] = [loaded.title, loaded.description, [type(block).__name__ for block in loaded.blocks]]
result["texts"] = [loaded.blocks[0].text, loaded.blocks[1].text[0], loaded.blocks[1].text[1].url, loaded.blocks[3].code]
grid = loaded.blocks[2]
result["grid"] = [grid.runsets[0].name, [type(panel).__name__ for panel in grid.panels], grid.panels[0].title, grid.panels[1].metric.name]

loaded.title = "Second look"
loaded.save()
result["edited"] = [loaded.id, wr.Report.from_url(loaded.url).title]

copy = wr.Report.from_url(report.url)
copy.save(clone=True)
draft = wr.Report(entity=entity, project=project, title="Not yet", description="")
draft.save(draft=True)
result["copied"], result["draft"] = copy.id, draft.id

api = wandb.Api()
listed = api.reports(f"{entity}/{project}")
result["listed"] = [[each.display_name, each.id, each.user["username"], each.description] for each in listed]
result["pages"] = [each.id for each in api.reports(f"{entity}/{project}", per_page=1)]
result["by_name"] = [each.id for each in api.reports(f"{entity}/{project}", name="Second look")]
result["beta"] = [type(api.reports(f"{entity}/{project}")[0].spec).__name__, api.reports(f"{entity}/{project}")[0].url]
result["share_url_before"] = loaded.get_share_url()
result["shared"] = loaded.enable_share_link()
with wandb.init(project="beside", id="r2", settings=wandb.Settings(silent=True)) as run:
    run.log({"loss": 2.0})
loaded.blocks = [*loaded.blocks, wr.PanelGrid(runsets=[wr.Runset(entity, "beside")], panels=[wr.LinePlot(y=["loss"])])]
loaded.save()
result["shared_again"] = loaded.enable_share_link()
result["share_url"] = loaded.get_share_url()
copy.enable_share_link()
result["unshared"] = [copy.disable_share_link(), copy.get_share_url(), copy.disable_share_link()]

result["deleted"] = [copy.delete(), [each.id for each in wandb.Api().reports(f"{entity}/{project}")]]
result["missing"] = task.attempt(wr.Report.from_url, copy.url)

workspace = ws.Workspace(
    entity=entity,
    project=project,
    name="Mine",
    sections=[ws.Section(name="Charts", panels=[wr.LinePlot(x="Step", y=["loss"])], is_open=True)],
)
workspace.save()
result["workspace"] = workspace.url
again = ws.Workspace.from_url(workspace.url)
result["workspace_back"] = [again.name, [section.name for section in again.sections], len(again.sections[0].panels)]
again.name = "Mine too"
again.save()
result["workspace_saved"] = [again.url, ws.Workspace.from_url(workspace.url).name]
again.save_as_new_view()
result["workspace_new"] = again.url
result["workspace_missing"] = task.attempt(ws.Workspace.from_url, workspace.url + "gone")

result["chart"] = api.create_custom_chart(
    entity=entity, name="bars", display_name="Bars", spec_type="vega2", access="private", spec={"mark": "bar"}
)
result["chart_bad"] = task.attempt(
    api.create_custom_chart, entity=entity, name="a/b", display_name="x", spec_type="vega2", access="private", spec={}
)
task.answer(result)
