/* Questions over runs, tables and artifacts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { lookFor, openWith, save } from "./looking.mjs";

const at = withBrowser();

const ask = (project, text, more = {}) => openWith(at.browser, project, [{ id: "q", kind: "query", query: { text, ...more } }]);
const rowsOf = (panel) => panel.locator(".grid-row").allInnerTexts().then((rows) => rows.map((r) => r.replace(/\s+/g, " ").trim()));

test("runs are filtered, computed with and sorted, and the answer is taken away", { timeout: 60000 }, async () => {
    const { page, problems } = await ask("charts", 'runs | where config.optimizer == "adam" | select name, config.lr * 1000 as rate | sort by rate desc');
    const panel = page.locator('[data-panel="q"]');
    await panel.getByText("2 rows").waitFor();
    assert.deepEqual(await rowsOf(panel), ["run-0 100", "run-2 1"]);
    const csv = (await save(page, panel, "Save as CSV")).bytes.toString();
    assert.equal(csv, "name,rate\r\nrun-0,100\r\nrun-2,1\r\n");
    const input = panel.getByLabel("Query over runs, tables and artifacts");
    await input.fill("runs | where config.l");
    await panel.getByRole("button", { name: "config.lr" }).click();
    assert.equal(await input.inputValue(), "runs | where config.lr ");
    await panel.getByRole("alert").getByText("This is no condition: config.lr").waitFor();
    await input.pressSequentially("< 0.05");
    await panel.getByText("2 rows").waitFor();
    await panel.getByRole("button", { name: "List" }).click();
    await panel.getByRole("listitem").filter({ hasText: "run-1" }).getByText("config.lr").waitFor();
    assert.deepEqual(problems, []);
});

test("the answer is plotted: bars of words, dots of numbers", { timeout: 90000 }, async () => {
    const { page, problems } = await ask("charts", "runs | select name, config.lr, summary.train/loss", { view: "plot", y: "config.lr" });
    const panel = page.locator('[data-panel="q"]');
    await panel.locator("svg.plot").waitFor();
    assert.ok((await lookFor(at.eye, panel.locator("svg.plot"), 300)) >= 300);
    await panel.getByLabel("X axis").selectOption("summary.train/loss");
    await panel.locator("svg.plot .scatter-dot").nth(3).waitFor();
    assert.deepEqual(problems, []);
});

test("logged tables and artifacts are asked, too", { timeout: 60000 }, async () => {
    const { page } = await ask("pictures", 'runs.summary["guesses"] | group by label | select label, n, score');
    const panel = page.locator('[data-panel="q"]');
    await panel.getByText("2 rows").waitFor();
    assert.deepEqual(await rowsOf(panel), ["ball 2 0.5", "box 2 1"]);
    const other = await ask("artifacts", 'artifacts | where type == "dataset" | select name, versions, latest');
    await other.page.locator('[data-panel="q"] .grid-row').waitFor();
    assert.deepEqual(await rowsOf(other.page.locator('[data-panel="q"]')), ["numbers 2 v1"]);
});

test("what runs are named stays text in every view of an answer", { timeout: 60000 }, async () => {
    for (const view of ["table", "list", "plot"]) {
        const { page, problems } = await ask("hostile", "runs | select name, runtime", { view });
        await page.locator('[data-panel="q"]').getByText("<img src=x").first().waitFor({ state: "attached" });
        assert.equal(await page.locator('img[src="x"]').count(), 0);
        assert.equal(await page.evaluate(() => window.__ran), undefined);
        assert.deepEqual(problems, []);
    }
});
