/* The colours of runs: by the value of a key, chosen by hand, and the same in another browser. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRun } from "../../bench/web/fill.mjs";
import { openContext, openPage, runsOf, until, withBrowser } from "./browser.mjs";

const at = withBrowser();
const dots = (page) => page.$$eval(".run-row:not(.heads)", (rows) => Object.fromEntries(rows.map((r) => [r.querySelector("a").textContent, r.querySelector(".dot").style.background])));

test("runs have the colours of a key's values, with what they mean above them", async () => {
    const { page, problems } = await openPage(await openContext(at.browser), "/admin/charts");
    await page.getByText("run-0").first().waitFor();
    const before = await dots(page);
    await page.getByRole("button", { name: "Workspace settings" }).click();
    await page.getByRole("dialog").getByText("Runs", { exact: true }).click();
    const form = page.getByRole("dialog", { name: "Workspace settings" });
    await form.getByLabel("Colours by the value of").selectOption("config.optimizer");
    const byWord = await until(() => dots(page), (d) => d["run-0"] === d["run-2"] && d["run-1"] === d["run-3"]);
    assert.equal(byWord["run-0"], byWord["run-2"]);
    assert.notEqual(byWord["run-0"], byWord["run-1"]);
    assert.match(await page.locator(".color-scale").textContent(), /optimizer.*adam.*sgd/);
    await form.getByLabel("Colours by the value of").selectOption("summary_metrics.train/loss");
    await until(() => dots(page), (d) => new Set(Object.values(d)).size === 4);
    await page.locator(".color-scale i[style*=gradient]").waitFor();
    await form.getByLabel("Compare runs with").selectOption({ label: "run-1" });
    await page.locator(".run-row", { hasText: "run-1" }).getByText("baseline").waitFor();
    await form.getByLabel("Colours by the value of").selectOption("");
    assert.deepEqual(await until(() => dots(page), (d) => d["run-0"] === before["run-0"]), before);
    assert.deepEqual(problems, []);
});

test("no colour changes when a run is hidden", async () => {
    const { page } = await openPage(await openContext(at.browser), "/admin/charts");
    await page.getByRole("button", { name: "Hide: run-1" }).waitFor();
    const before = await dots(page);
    await page.getByRole("button", { name: "Hide: run-1" }).click();
    await page.getByRole("button", { name: "Show: run-1" }).waitFor();
    const { "run-1": _, ...hidden } = await dots(page);
    const { "run-1": own, ...others } = before;
    assert.deepEqual(hidden, others);
    await page.getByRole("button", { name: "Show: run-1" }).click();
    assert.equal((await until(() => dots(page), (d) => d["run-1"] === own))["run-1"], own);
});

test("a colour that was chosen is there in another browser, also on the run's own page", async () => {
    for (const name of ["one", "two"]) await makeRun("painted", name);
    const isSaved = (r) => (r.request().postData() ?? "").includes("PageSaveView") && r.ok();
    const first = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/painted");
    const saved = first.page.waitForResponse(isSaved);
    await first.page.getByRole("list", { name: "Runs" }).getByRole("button", { name: /^Colour: / }).first().click();
    await first.page.getByLabel("Colour as #rrggbb").fill("#123456");
    await first.page.keyboard.press("Enter");
    await saved;
    const dot = "rgb(18, 52, 86)";
    const [painted] = Object.entries(await until(() => dots(first.page), (d) => Object.values(d).includes(dot))).find(([, color]) => color === dot);
    const run = (await runsOf("painted")).find((r) => r.displayName === painted);
    const second = await openPage(await openContext(at.browser), `/admin/painted/runs/${run.name}/overview`);
    await second.page.locator(".run-title .dot").waitFor();
    const title = () => second.page.$eval(".run-title .dot", (d) => d.style.background);
    assert.equal(await until(title, (c) => c === dot), dot);
    const third = await openPage(await openContext(at.browser), "/admin/painted");
    await third.page.getByRole("link", { name: painted }).first().waitFor();
    assert.equal((await until(() => dots(third.page), (d) => d[painted] === dot))[painted], dot);
});
