/* The workspace of a run begins with the panels of its project's, and what is changed there is kept with the person. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRun, sendRows } from "../../bench/web/fill.mjs";
import { openContext, openPage, runsOf, until, withBrowser } from "./browser.mjs";

const at = withBrowser();
const ownPanels = [
    { id: "mine", kind: "line", title: "my own panel", keys: ["train/loss", "epoch"] },
    { id: "line:never/logged", kind: "line", keys: ["never/logged"] },
];
const projectView = { layout: { sections: [{ name: "Mine", isOpen: true, panels: ownPanels }] }, runs: {} };

test("a run's page has the panels of its project's workspace, but none for what it has not logged", async () => {
    const context = await openContext(at.browser);
    await context.addInitScript((view) => localStorage.setItem("barograph.view.2/admin/admin/charts/", JSON.stringify({ view, version: 0, isSaved: false })), projectView);
    const [run] = await runsOf("charts");
    const { page, problems } = await openPage(context, `/admin/charts/runs/${run.name}`);
    await page.getByRole("article", { name: "my own panel" }).waitFor();
    await page.getByRole("region", { name: "train", exact: true }).waitFor();
    assert.equal(await page.getByRole("article", { name: "never/logged" }).count(), 0);
    assert.equal(await page.getByText("Mine", { exact: true }).count(), 1);
    assert.deepEqual(problems, []);
});

test("what is changed on a run's page is there in another browser, and not in the project", async () => {
    await makeRun("parts", "run");
    await sendRows("parts", "run", 10, (step) => ({ "train/loss": step }));
    const isSaved = (r) => (r.request().postData() ?? "").includes("PageSaveView") && r.ok();
    const train = (page) => page.getByRole("region", { name: "train", exact: true }).getByRole("button", { name: /^train/ });
    const first = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/parts/runs/run");
    await train(first.page).waitFor();
    const saved = first.page.waitForResponse(isSaved);
    await train(first.page).click();
    assert.equal((await (await saved).json()).errors, undefined);
    const second = await openPage(await openContext(at.browser), "/admin/parts/runs/run");
    await train(second.page).waitFor();
    assert.equal(await until(() => train(second.page).getAttribute("aria-expanded"), (x) => x === "false"), "false");
    const project = await openPage(await openContext(at.browser), "/admin/parts");
    await train(project.page).waitFor();
    assert.equal(await train(project.page).getAttribute("aria-expanded"), "true");
});
