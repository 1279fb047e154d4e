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

/* A chart of several cells that is steered by keys: what is said at each. */
async function steer(page, name, keys) {
    const chart = page.getByRole("slider", { name });
    await chart.waitFor();
    const heard = [await chart.getAttribute("aria-valuetext")];
    await chart.focus();
    for (const key of keys) {
        await page.keyboard.press(key);
        heard.push(await chart.getAttribute("aria-valuetext"));
    }
    return { chart, heard };
}

test("arrow keys walk from bar to bar, and Enter opens the run", { timeout: 60000 }, async () => {
    const { page, problems } = await openWith(at.browser, "charts", [{ id: "b", kind: "bar", columns: ["summary_metrics.train/loss"] }]);
    const { heard } = await steer(page, "train/loss", ["ArrowDown", "ArrowDown", "ArrowUp", "End"]);
    assert.match(heard[0], /^4 values\./);
    assert.match(heard[1], /^run-\d: 0\.\d+$/);
    assert.notEqual(heard[1], heard[2]);
    assert.equal(heard[3], heard[1]);
    const last = heard[4].split(":")[0];
    await page.locator(".scatter-card", { hasText: last }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/admin/charts/runs/*");
    await page.getByRole("heading", { name: last }).waitFor();
    assert.deepEqual(problems, []);
});

for (const [shape, first] of [
    ["map", /^Step 3000: \S+ … \S+: \d+$/],
    ["ridges", /^3000: \S+ … \S+: \d+$/],
    ["step", /^run-\d: \S+ … \S+: \d+$/],
])
    test(`arrow keys walk through a histogram drawn as ${shape}`, { timeout: 60000 }, async () => {
        const { page, problems } = await openWith(at.browser, "charts", [{ id: "h", kind: "histogram", keys: ["weights"], histogram: { shape } }]);
        const { heard } = await steer(page, "weights", ["Home", "ArrowUp", "ArrowRight", "Escape"]);
        assert.match(heard[1], first);
        assert.notEqual(heard[2], heard[1]);
        assert.notEqual(heard[3].split(":")[0], heard[2].split(":")[0]);
        assert.match(heard[4], /^\d+ values\./);
        assert.equal(await page.locator(".cell-frame").count(), 0);
        assert.deepEqual(problems, []);
    });
