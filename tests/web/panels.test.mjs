/* Every kind of panel draws: the pixels are looked at, not only the elements. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, openContext, openPage, until, withBrowser } from "./browser.mjs";
import { look, lookFor, openWith } from "./looking.mjs";

const at = withBrowser();

const PANELS = [
    { id: "line", kind: "line", keys: ["train/loss"] },
    { id: "line-log", kind: "line", keys: ["train/loss"], settings: { isLogX: true, isLogY: true, smoothing: "gaussian", weight: 20 } },
    { id: "line-x", kind: "line", keys: ["train/loss"], xExpression: "x * 2" },
    { id: "line-group", kind: "line", keys: ["train/loss"], group: ["config.optimizer"], settings: { band: "ci95" } },
    { id: "line-area", kind: "line", keys: ["train/loss"], settings: { chartType: "stacked" } },
    { id: "line-expression", kind: "line", expressions: ["train/loss / 2 + spike"] },
    { id: "odd", kind: "line", keys: ["odd"] },
    { id: "bar", kind: "bar", columns: ["summary_metrics.train/loss"] },
    { id: "scatter", kind: "scatter", columns: ["config.lr", "summary_metrics.train/loss", ""] },
    { id: "parallel", kind: "parallel", columns: ["config.lr", "config.model.layers", "summary_metrics.train/loss"] },
    { id: "importance", kind: "importance", columns: ["summary_metrics.train/loss"] },
    { id: "histogram", kind: "histogram", keys: ["weights"] },
];

test("lines of every sort, bars, points, coordinates, importances and histograms leave colour", { timeout: 120000 }, async () => {
    const { page, problems } = await openWith(at.browser, "charts", PANELS);
    for (const { id } of PANELS) {
        const panel = page.locator(`[data-panel="${id}"]`);
        await panel.scrollIntoViewIfNeeded();
        const coloured = await lookFor(at.eye, panel, 150);
        assert.ok(coloured >= 150, `${id}: ${coloured} coloured pixels`);
    }
    assert.deepEqual(problems, []);
});

test("an expression for x moves the axis", async () => {
    const { page } = await openWith(at.browser, "charts", [{ id: "x", kind: "line", keys: ["train/loss"], xExpression: "x * 1000" }]);
    await page.waitForSelector('[data-panel="x"] canvas');
    await page.locator('[data-panel="x"] .u-over').hover();
    const x = await page.locator(".cursor-x").innerText();
    assert.ok(Number(x.replace(/[^\d.]/g, "")) > 3 || /[kM]/.test(x), x);
});

test("hover templates say what they were told", async () => {
    const { page } = await openWith(at.browser, "charts", [{ id: "t", kind: "line", keys: ["train/loss"], legendTemplate: "${run:displayName} [[ at ${x} is ${y} ]]" }]);
    await page.waitForSelector('[data-panel="t"] canvas');
    assert.match(await page.locator('[data-panel="t"] .legend').innerText(), /^run-\d/);
    await page.locator('[data-panel="t"] .u-over').hover();
    assert.match(await page.locator(".cursor-card").innerText(), /at [\d.k]+ is [\d.]+/);
});

test("custom charts, scenes, molecules and figures are drawn", { timeout: 120000 }, async () => {
    for (const [path, panels] of [
        ["/admin/plots", ["area", "bar", "confusion", "histogram", "line", "scatter", "series"].map((k) => `custom:${k}`)],
        ["/admin/scenes", ["cloud", "cube", "water", "figure"].map((k) => `media:${k}`)],
    ]) {
        const { page, problems } = await openPage(await openContext(at.browser), path);
        for (const id of panels) {
            const panel = page.locator(`[data-panel="${id}"]`);
            await panel.waitFor();
            await panel.scrollIntoViewIfNeeded();
            const minimum = id === "media:cube" ? 0 : 120; /* grey */
            if (id === "media:cube") await panel.locator("canvas.scene").waitFor();
            const coloured = await lookFor(at.eye, panel, minimum);
            assert.ok(coloured >= minimum, `${id}: ${coloured} coloured pixels`);
        }
        assert.deepEqual(problems.filter((p) => !/Content Security Policy/.test(p)), []);
    }
});

test("turning a scene changes its picture", async () => {
    const { page } = await openPage(await openContext(at.browser), "/admin/scenes");
    const scene = page.locator('[data-panel="media:cloud"] canvas.scene');
    await scene.waitFor();
    await page.waitForTimeout(1500);
    const before = await scene.screenshot();
    await scene.focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
    assert.ok(await until(async () => !before.equals(await scene.screenshot()), (isTurned) => isTurned));
});

test("code of two runs is compared, and tables of runs are joined", async () => {
    const { page, problems } = await openWith(at.browser, "code", [
        { id: "code", kind: "code" },
        { id: "joined", kind: "table", keys: ["table"], table: { joinOn: "id" } },
    ]);
    await page.locator('[data-panel="code"] .diff-row.is-changed').waitFor();
    await page.locator('[data-panel="code"] .diff-row.is-fold').first().waitFor();
    assert.ok((await look(at.eye, page.locator('[data-panel="code"] .diff'))) >= 0);
    await page.locator('[data-panel="joined"]').getByRole("button", { name: "guess (code-0)", exact: true }).waitFor();
    await page.locator('[data-panel="joined"]').getByText("guess 1 of 3").waitFor();
    assert.deepEqual(problems, []);
});

test("before the first chart less than 150 KB arrive", async () => {
    const context = await openContext(at.browser);
    const page = await context.newPage();
    let bytes = 0;
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    const ours = new Set();
    session.on("Network.responseReceived", ({ requestId, response }) => /\/assets\/|\/admin\/charts$/.test(response.url) && ours.add(requestId));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => ours.has(requestId) && (bytes += encodedDataLength));
    await page.goto(`${base}/admin/charts`);
    await page.waitForSelector(".panel canvas");
    assert.ok(bytes > 20000 && bytes < 150 * 1024, `${bytes} bytes`);
    console.log(`# ${Math.round(bytes / 1024)} KB before the first chart`);
});
