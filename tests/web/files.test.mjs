/* Files of a run, looked into: tables, notebooks, pages. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage, runsOf, withBrowser } from "./browser.mjs";

const at = withBrowser();

async function openFile(name) {
    const [run] = await runsOf("files");
    return openPage(at.context, `/admin/files/runs/${run.name}/files/out/${name}`);
}

const ran = async (page) => {
    for (const frame of page.frames()) if ((await frame.evaluate(() => window.__ran).catch(() => undefined)) !== undefined) return true;
    return false;
};

test("separated values are a table that is searched and sorted", { timeout: 60000 }, async () => {
    const { page, problems } = await openFile("values.csv");
    const table = page.getByRole("grid", { name: "values.csv" });
    await table.waitFor();
    await page.getByText("2001 rows").waitFor();
    await page.getByRole("button", { name: "score" }).click();
    await page.getByRole("button", { name: "score" }).click();
    await page.waitForFunction(() => document.querySelector(".grid-row .num:last-child")?.textContent === "500");
    assert.equal(await table.locator('img[src="x"]').count(), 0);
    await page.getByLabel("Search", { exact: true }).fill("score == 36");
    await page.getByText("20 rows").waitFor();
    assert.equal(await ran(page), false);
    assert.deepEqual(problems, []);
    const { page: other } = await openFile("notes.tsv");
    await other.getByRole("grid", { name: "notes.tsv" }).waitFor();
    await other.getByText("1 rows").waitFor();
});

test("a notebook shows its cells and what they put out, and runs nothing of it", { timeout: 60000 }, async () => {
    const { page, problems } = await openFile("analysis.ipynb");
    await page.getByRole("heading", { name: "A notebook" }).waitFor();
    await page.getByText("[7]").waitFor();
    await page.getByText("green", { exact: true }).waitFor();
    await page.getByText("it failed").waitFor();
    await page.frameLocator("iframe.notebook-page").getByText("a page's cell").waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll(".notebook img")].map((i) => i.naturalWidth).join() === "1,40");
    assert.equal(await ran(page), false);
    assert.equal(await page.locator('.notebook img[src="x"], .notebook a[href^="javascript:"]').count(), 0);
    assert.equal(await page.locator("iframe.notebook-page").getAttribute("sandbox"), "");
    assert.deepEqual(problems, []);
});

test("a page stands in a sandbox", async () => {
    const { page, problems } = await openFile("page.html");
    await page.frameLocator("iframe.file-page").getByRole("heading", { name: "a page" }).waitFor();
    assert.equal(await ran(page), false);
    assert.deepEqual(problems, []);
});
