/* What can be done without a pointer, and what a screen reader hears of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { openWith } from "./looking.mjs";

const at = withBrowser();

test("arrow keys walk along the lines of a chart, and the values are said", { timeout: 60000 }, async () => {
    const { page, problems } = await openWith(at.browser, "charts", [{ id: "line", kind: "line", keys: ["val/accuracy"] }]);
    const chart = page.getByRole("slider", { name: "val/accuracy" });
    await chart.waitFor();
    const said = () => chart.getAttribute("aria-valuetext");
    const now = async () => Number(await chart.getAttribute("aria-valuenow"));
    assert.match(await said(), /^4 lines\./);
    await chart.focus();
    await page.keyboard.press("Home");
    const first = await now();
    await page.keyboard.press("ArrowRight");
    const second = await now();
    assert.ok(second > first, `${first} then ${second}`);
    const line = /: (run-\d) [\d.]+.*; (?:run-\d [\d.]+, ){2}run-\d [\d.]+$/.exec(await said());
    assert.ok(line, await said());
    await page.locator(".cursor-row.is-closest", { hasText: line[1] }).waitFor();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    assert.equal(await now(), second, "the other line at the same step");
    const top = /: (run-\d) /.exec(await said())[1];
    await page.locator(".cursor-row.is-closest", { hasText: top }).waitFor();
    await page.keyboard.press("ArrowDown");
    assert.notEqual(/: (run-\d) /.exec(await said())[1], top);
    const whole = Number(await chart.getAttribute("aria-valuemax"));
    await page.keyboard.press("+");
    await page.waitForFunction(([e, max]) => Number(e.getAttribute("aria-valuemax")) < max, [await chart.elementHandle(), whole]);
    await page.keyboard.press("0");
    await page.waitForFunction(([e, max]) => Number(e.getAttribute("aria-valuemax")) === max, [await chart.elementHandle(), whole]);
    await page.keyboard.press("Escape");
    await page.locator(".cursor-card").waitFor({ state: "detached" });
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/admin/charts/runs/*");
    assert.deepEqual(problems, []);
});

test("dots of a scatter plot are walked through, say their values, and open their runs", { timeout: 60000 }, async () => {
    const { page, problems } = await openWith(at.browser, "charts", [{ id: "s", kind: "scatter", columns: ["config.lr", "summary_metrics.train/loss", ""] }]);
    const dot = page.locator('[data-panel="s"]').getByRole("link", { name: /^run-2: lr 0\.001, train\/loss 0\.\d+$/ });
    await dot.focus();
    await page.locator(".scatter-card", { hasText: "run-2" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/admin/charts/runs/*");
    await page.getByRole("heading", { name: /run-2/ }).waitFor();
    assert.deepEqual(problems, []);
});
