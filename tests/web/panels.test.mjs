/* Every kind of panel draws: the pixels are looked at, not only the elements. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, openBrowser, openContext, openPage } from "./browser.mjs";

let browser;
let eye;
before(async () => {
    browser = await openBrowser();
    eye = await browser.newPage();
});
after(() => browser.close());

/* How many pixels of an element on the screen have a colour, and how many are anything but the paper. */
async function look(locator) {
    await locator.scrollIntoViewIfNeeded();
    const png = (await locator.screenshot()).toString("base64");
    return eye.evaluate(async (data) => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        const { data: pixels } = context.getImageData(0, 0, image.width, image.height);
        let coloured = 0;
        for (let i = 0; i < pixels.length; i += 4)
            if (Math.max(pixels[i], pixels[i + 1], pixels[i + 2]) - Math.min(pixels[i], pixels[i + 1], pixels[i + 2]) > 40) coloured++;
        return coloured;
    }, png);
}

/* A page whose workspace holds these panels. */
async function openWith(project, panels, more = {}) {
    const context = await openContext(browser, { viewport: { width: 1400, height: 1000 }, ...more });
    await context.addInitScript(
        ([name, list]) => {
            const view = { layout: { mode: "manual", sections: [{ name: "Test", isOpen: true, panels: list }] }, runs: {} };
            localStorage.setItem(`barograph.view.2/admin/admin/${name}/`, JSON.stringify({ view, version: 0, isSaved: false }));
        },
        [project, panels],
    );
    return openPage(context, `/admin/${project}`);
}

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
    const { page, problems } = await openWith("charts", PANELS);
    for (const { id } of PANELS) {
        const panel = page.locator(`[data-panel="${id}"]`);
        await panel.scrollIntoViewIfNeeded();
        let coloured = 0;
        for (let tries = 0; tries < 40 && coloured < 150; tries++) {
            await page.waitForTimeout(250);
            coloured = await look(panel);
        }
        assert.ok(coloured >= 150, `${id}: ${coloured} coloured pixels`);
    }
    assert.deepEqual(problems, []);
});

test("an expression for x moves the axis", async () => {
    const { page } = await openWith("charts", [{ id: "x", kind: "line", keys: ["train/loss"], xExpression: "x * 1000" }]);
    await page.waitForSelector('[data-panel="x"] canvas');
    await page.locator('[data-panel="x"] .u-over').hover();
    const at = await page.locator(".cursor-x").innerText();
    assert.ok(Number(at.replace(/[^\d.]/g, "")) > 3 || /[kM]/.test(at), at);
});

test("hover templates say what they were told", async () => {
    const { page } = await openWith("charts", [{ id: "t", kind: "line", keys: ["train/loss"], legendTemplate: "${run:displayName} [[ at ${x} is ${y} ]]" }]);
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
        const { page, problems } = await openPage(await openContext(browser), path);
        for (const id of panels) {
            const panel = page.locator(`[data-panel="${id}"]`);
            await panel.waitFor();
            await panel.scrollIntoViewIfNeeded();
            const minimum = id === "media:cube" ? 0 : 120; /* grey */
            if (id === "media:cube") await panel.locator("canvas.scene").waitFor();
            let coloured = -1;
            for (let tries = 0; tries < 60 && coloured < minimum; tries++) {
                await page.waitForTimeout(250);
                coloured = await look(panel);
            }
            assert.ok(coloured >= minimum, `${id}: ${coloured} coloured pixels`);
        }
        assert.deepEqual(problems.filter((p) => !/Content Security Policy/.test(p)), []);
    }
});

test("turning a scene changes its picture", async () => {
    const { page } = await openPage(await openContext(browser), "/admin/scenes");
    const scene = page.locator('[data-panel="media:cloud"] canvas.scene');
    await scene.waitFor();
    await page.waitForTimeout(1500);
    const before = await scene.screenshot();
    await scene.focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
    await page.waitForTimeout(300);
    assert.ok(!before.equals(await scene.screenshot()));
});

test("code of two runs is compared, and tables of runs are joined", async () => {
    const { page, problems } = await openWith("code", [
        { id: "code", kind: "code" },
        { id: "joined", kind: "table", keys: ["table"], table: { joinOn: "id" } },
    ]);
    await page.locator('[data-panel="code"] .diff-row.is-changed').waitFor();
    await page.locator('[data-panel="code"] .diff-row.is-fold').first().waitFor();
    assert.ok((await look(page.locator('[data-panel="code"] .diff'))) >= 0);
    await page.locator('[data-panel="joined"]').getByText("guess (code-0)").waitFor();
    await page.locator('[data-panel="joined"]').getByText("guess 1 of 3").waitFor();
    assert.deepEqual(problems, []);
});

test("panels are taken away as PNG, SVG and CSV, custom charts too", async () => {
    const { page } = await openPage(await openContext(browser), "/admin/plots");
    const panel = page.locator('[data-panel="custom:bar"]');
    await panel.locator('.sandbox-chart[data-state="drawn"]').waitFor();
    for (const [item, ending, begins] of [["Save as PNG", "png", "\x89PNG"], ["Save as SVG", "svg", "<svg"], ["Save as CSV", "csv", "name"]]) {
        await panel.hover();
        await panel.getByLabel("More").click();
        const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: item }).click()]);
        assert.match(download.suggestedFilename(), new RegExp(`\\.${ending}$`));
        const chunks = [];
        for await (const chunk of await download.createReadStream()) chunks.push(chunk);
        assert.ok(Buffer.concat(chunks).toString("latin1").startsWith(begins), `${ending}: ${Buffer.concat(chunks).subarray(0, 20).toString("latin1")}`);
    }
});

test("before the first chart less than 150 KB arrive", async () => {
    const context = await openContext(browser);
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
