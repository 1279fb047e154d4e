/* Saved workspaces: one's own, named ones that others see, conflicts, and those that the official package wrote. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { answer, base, key, openContext, openPage, withBrowser } from "./browser.mjs";

const at = withBrowser();

const official = (code) =>
    execFileSync(process.env.BAROGRAPH_WANDB_PYTHON, ["-c", code], {
        env: { ...process.env, WANDB_BASE_URL: base, WANDB_API_KEY: key, WANDB_SILENT: "true" },
        encoding: "utf8",
    });
const menu = (page) => page.locator(".workspace-head > button, .workspace-head .popover-host button").first();

test("one's own workspace follows to another browser", async () => {
    const first = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/plots");
    await first.page.waitForSelector(".panel");
    await first.page.locator(".workspace-head select").first().selectOption("relative");
    await first.page.waitForResponse((r) => r.url().endsWith("/graphql") && (r.request().postData() ?? "").includes("PageSaveView"));
    const second = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/plots");
    await second.page.waitForFunction(() => document.querySelector(".workspace-head select")?.value === "relative");
    await second.page.locator(".workspace-head select").first().selectOption("auto");
    await second.page.waitForTimeout(1500);
    assert.deepEqual([...first.problems, ...second.problems], []);
});

test("a named view is saved, seen by others, and not overwritten unasked", async () => {
    const one = (await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/charts")).page;
    await one.waitForSelector(".panel canvas");
    await menu(one).click();
    await one.getByRole("menuitem", { name: "Save as a shared view" }).click();
    await answer(one, "Losses");
    await one.waitForURL(/nw=/);
    const link = one.url();
    const two = await (await openContext(at.browser, { keepsViews: true })).newPage();
    await two.goto(link);
    await two.getByText("Losses").first().waitFor();
    await two.locator(".workspace-head select").first().selectOption("relative");
    await two.getByRole("button", { name: "Save", exact: true }).click();
    await two.locator(".view-draft").waitFor({ state: "detached" });
    await one.locator(".workspace-head select").first().selectOption("_runtime");
    await one.getByRole("button", { name: "Save", exact: true }).click();
    await one.locator("dialog.question").getByText("Somebody else").waitFor();
    await one.locator("dialog.question").getByRole("button", { name: "Cancel" }).click();
    await one.getByRole("button", { name: "Discard" }).click();
    await one.waitForFunction(() => document.querySelector(".workspace-head select")?.value === "relative");
});

test("the official package reads a view made here, and the page shows one made there", async () => {
    const id = official(`
import wandb_workspaces.reports.v2 as wr, wandb_workspaces.workspaces as ws
w = ws.Workspace(entity="admin", project="charts", name="Made by the package", sections=[
    ws.Section("Mine", is_open=True, panels=[wr.LinePlot(x="Step", y=["train/loss"], title="The loss"), wr.MarkdownPanel("# Words")])])
w.save()
print(w.url)`).trim().split("\n").at(-1);
    const { page, problems } = await openPage(await openContext(at.browser, { keepsViews: true }), new URL(id).pathname + new URL(id).search);
    await page.getByRole("heading", { name: "The loss" }).waitFor();
    await page.getByText("Words").waitFor();
    await page.locator(".workspace-head select").first().selectOption("relative");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.locator(".view-draft").waitFor({ state: "detached" });
    const read = official(`
import wandb_workspaces.workspaces as ws
w = ws.Workspace.from_url("${id}")
print([[s.name, [type(p).__name__ for p in s.panels]] for s in w.sections])`);
    assert.match(read, /\['Mine', \['LinePlot', 'MarkdownPanel'\]\]/);
    assert.deepEqual(problems, []);
});
