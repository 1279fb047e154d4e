/* The table of runs and the list beside the charts: one view, seen in two ways. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, openContext, openPage, runsOf, until, withBrowser } from "./browser.mjs";

const at = withBrowser();

const openTable = async (view = {}) => {
    const context = await openContext(at.browser, { viewport: { width: 2600, height: 800 } });
    await context.addInitScript((runs) => {
        const key = "barograph.view.2/admin/admin/charts/";
        if (localStorage.getItem(key) === null) localStorage.setItem(key, JSON.stringify({ view: { layout: {}, runs }, version: 0, isSaved: false }));
    }, view);
    const opened = await openPage(context, "/admin/charts/table");
    await opened.page.locator(".grid-row").first().waitFor();
    return opened;
};
const heads = (page) => page.$$eval('[role="columnheader"]', (list) => list.map((h) => h.textContent.trim()));
const names = (page) => page.$$eval(".grid-row .name-cell a", (list) => list.map((a) => a.textContent));
const columnMenu = async (page, column, item) => {
    await page.getByRole("columnheader", { name: column }).first().hover();
    await page.getByRole("button", { name: `More: ${column}`, exact: true }).click();
    await page.getByRole("menu").getByText(item, { exact: true }).click();
};

test("runs are grouped on several levels, with means, in the table and beside the charts", async () => {
    const { page, problems } = await openTable({ group: ["group", "config.optimizer"], sidebarColumns: ["summary_metrics.epoch"] });
    await page.getByRole("button", { name: "group even" }).click();
    await page.getByRole("button", { name: "optimizer adam" }).click();
    assert.deepEqual((await until(() => names(page), (list) => list.length === 2)).sort(), ["run-0", "run-2"]);
    assert.equal(await page.locator(".grid-row").first().locator('[title="mean"]').first().textContent(), "29");
    await page.keyboard.press("Control+j");
    await page.locator(".run-row.is-group").first().waitFor();
    assert.equal(await page.locator(".run-row.is-group").count(), 2);
    await page.locator(".run-row.is-group").first().getByRole("button", { name: /^Hide/ }).click();
    await page.getByText("2 shown").waitFor();
    assert.deepEqual(problems, []);
});

test("a column is kept at the left, moved, grouped by and hidden", async () => {
    const { page } = await openTable();
    await columnMenu(page, "epoch", "Keep at the left, and beside the charts");
    assert.deepEqual((await until(() => heads(page), (list) => list[2] === "epoch")).slice(1, 4), ["Name", "epoch", "State"]);
    await columnMenu(page, "State", "Move to the right");
    assert.deepEqual((await until(() => heads(page), (list) => list[3] === "Notes")).slice(2, 5), ["epoch", "Notes", "State"]);
    await page.getByRole("columnheader", { name: "Owner" }).dragTo(page.getByRole("columnheader", { name: "Notes" }));
    assert.deepEqual((await until(() => heads(page), (list) => list[3] === "Owner")).slice(2, 6), ["epoch", "Owner", "Notes", "State"]);
    await columnMenu(page, "Owner", "Hide the column");
    assert.equal((await until(() => heads(page), (list) => list[3] === "Notes"))[3], "Notes");
    await columnMenu(page, "State", "Group by");
    await page.getByRole("button", { name: "state finished" }).waitFor();
});

test("values say how far they are from the baseline", async () => {
    const base = (await runsOf("charts")).find((r) => r.displayName === "run-0");
    const { page } = await openTable({ baseline: base.name, columns: ["displayName", "summary_metrics.train/loss"] });
    const row = (name) => page.locator(".grid-row", { hasText: name });
    await row("run-3").locator(".delta").waitFor();
    assert.match(await row("run-3").locator(".delta").textContent(), /^\+0\.\d+$/);
    assert.equal(await row("run-0").locator(".delta").count(), 0);
    await row("run-0").getByText("baseline").waitFor();
});

test("chosen runs are hidden, and tagged with a way back", async () => {
    const { page, problems } = await openTable();
    await page.getByRole("checkbox", { name: "run-3" }).click();
    await page.getByRole("checkbox", { name: "run-1" }).click({ modifiers: ["Shift"] });
    await page.getByText("3 chosen").waitFor();
    await page.getByRole("toolbar").getByRole("button", { name: "Hide" }).click();
    await until(() => page.locator(".grid-row").getByRole("button", { name: /^Show: run/ }).count(), (n) => n === 3);
    await page.getByRole("button", { name: "Add tag" }).click();
    await answer(page, "thrown");
    await page.getByText("3 runs changed.").waitFor();
    assert.equal(await until(() => page.getByText("base, thrown").count(), (n) => n === 3), 3);
    await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
    assert.equal(await until(() => page.getByText("base, thrown").count(), (n) => n === 0), 0);
    assert.deepEqual(problems, []);
});

test("a name is edited in its place", async () => {
    const { page } = await openTable();
    await page.locator(".grid-row", { hasText: "run-2" }).hover();
    await page.getByRole("button", { name: "Rename: run-2" }).click();
    const field = page.locator(".grid-row input.input");
    await field.fill("run-2b");
    await field.press("Enter");
    await page.getByRole("link", { name: "run-2b" }).waitFor();
    await page.getByRole("link", { name: "run-2b" }).press("F2");
    await page.locator(".grid-row input.input").fill("run-2");
    await page.locator(".grid-row input.input").press("Enter");
    await until(async () => (await runsOf("charts")).map((r) => r.displayName), (list) => list.includes("run-2"));
});

test("a search says how many there are besides", async () => {
    const { page } = await openTable();
    await page.getByLabel("Search runs").fill("run-1");
    await page.getByText("1 of 4").waitFor();
    assert.deepEqual(await names(page), ["run-1"]);
});
