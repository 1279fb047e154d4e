/* A run's details beside the charts, and the runs beside a panel that fills the screen. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openContext, openPage, runsOf, withBrowser } from "./browser.mjs";

const at = withBrowser();

test("a run's details open beside the charts, walk with the list, and close again", { timeout: 60000 }, async () => {
    const runs = await runsOf("charts");
    const { page, problems } = await openPage(at.context, "/admin/charts");
    await page.locator(".panel canvas").first().waitFor();
    const row = page.locator(".run-row", { hasText: "run-2" });
    await row.hover();
    await row.getByRole("button", { name: "Details beside the charts: run-2" }).click();
    const drawer = page.getByRole("dialog", { name: "run-2" });
    await drawer.getByText(`admin/charts/${runs[2].name}`).waitFor();
    assert.equal(new URL(page.url()).searchParams.get("details"), runs[2].name);
    const canvas = page.locator(".panel canvas").first();
    assert.ok(await canvas.isVisible(), "the charts stay");
    await drawer.getByRole("tab", { name: "Logs" }).click();
    await drawer.getByText("red text").waitFor();
    await drawer.getByRole("button", { name: "The run below" }).click();
    await page.getByRole("dialog", { name: "run-1" }).getByText("plain text of run 1").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(new URL(page.url()).search, "");
    await page.goto(`${new URL(page.url()).origin}/admin/charts?details=${runs[0].name}`);
    await page.getByRole("dialog", { name: "run-0" }).getByText("optimizer").waitFor();
    assert.deepEqual(problems, []);
});

test("what a run calls itself stays text in its details", { timeout: 60000 }, async () => {
    const [run] = await runsOf("hostile");
    const { page, problems } = await openPage(at.context, `/admin/hostile?details=${run.name}`);
    await page.locator(".run-drawer").getByText("<script>").first().waitFor();
    assert.equal(await page.locator('.run-drawer img, .run-drawer a[href^="javascript:"]').count(), 0);
    assert.equal(await page.evaluate(() => window.__ran), undefined);
    assert.deepEqual(problems, []);
});

test("a panel that fills the screen can have the runs beside it", { timeout: 60000 }, async () => {
    const { page } = await openPage(at.context, "/admin/charts");
    const panel = page.locator('[data-panel="line:train/loss"]');
    await panel.locator("canvas").waitFor();
    await panel.hover();
    await panel.getByLabel("Full screen").click();
    const full = page.getByRole("dialog");
    await full.getByRole("button", { name: "Show the runs" }).click();
    await full.getByRole("button", { name: "Hide: run-3" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".overlay .legend-item").length === 3);
});

test("in a narrow window the list of runs lies over the charts, and out of their way", async () => {
    const { page, problems } = await openPage(await openContext(at.browser, { viewport: { width: 420, height: 800 } }), "/admin/charts");
    await page.locator(".panel canvas").first().waitFor();
    assert.equal(await page.getByRole("list", { name: "Runs" }).count(), 0);
    assert.ok((await page.locator(".panel").first().boundingBox()).width > 300);
    await page.getByRole("button", { name: "Show the runs" }).click();
    await page.getByRole("list", { name: "Runs" }).getByText("run-3").waitFor();
    await page.getByRole("button", { name: "Hide the runs" }).click();
    await page.getByRole("list", { name: "Runs" }).waitFor({ state: "detached" });
    assert.deepEqual(problems, []);
});
