/* Pictures with what lies over them, tables with pictures, figures: looked at, chosen among, taken away. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openContext, openPage, until, withBrowser } from "./browser.mjs";
import { lookFor, openWith, save } from "./looking.mjs";

const at = withBrowser();

/* Opaque pixels of the first mask. */
const maskPixels = (page) =>
    page.$eval('[data-panel="media:samples"] canvas.mask', (canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((v, i) => i % 4 === 3 && v === 255).length;
    });

test("masks and boxes lie over pictures by class, and each class can be switched off", { timeout: 90000 }, async () => {
    const { page, problems } = await openPage(await openContext(at.browser), "/admin/pictures");
    const panel = page.locator('[data-panel="media:samples"]');
    await panel.locator("rect").first().waitFor();
    await page.waitForFunction(() => document.querySelector('[data-panel="media:samples"] canvas.mask')?.width === 80);
    assert.equal(await maskPixels(page), 30 * 30 + 20 * 20);
    assert.equal(await panel.locator("figure").count(), 2);
    await panel.getByRole("button", { name: "Masks and boxes" }).click();
    await page.getByRole("button", { name: "guess box" }).click();
    assert.equal(await until(() => maskPixels(page), (pixels) => pixels === 30 * 30), 30 * 30);
    await page.getByLabel("Score from").fill("0.5");
    assert.equal(await until(() => panel.locator("rect").count(), (boxes) => boxes === 0), 0, "a box of score 0.4 is left out");
    await page.keyboard.press("Escape");
    await panel.getByLabel("Item").fill("1");
    await panel.getByText("sample 1").waitFor();
    assert.equal(await panel.locator("figure").count(), 1);
    assert.deepEqual(problems, []);
});

test("how media lie is said by the workspace, a section and the panel, and given back to the one above", { timeout: 90000 }, async () => {
    const { page, problems } = await openWith(at.browser, "pictures", [{ id: "m", kind: "media", keys: ["samples"] }]);
    const panel = page.locator('[data-panel="m"]');
    await panel.locator("figure").first().waitFor();
    const columns = () => panel.locator(".media-grid").evaluate((grid) => grid.style.getPropertyValue("--media-columns"));
    const drawer = page.locator(".drawer");
    const choose = (n) => drawer.getByLabel("In a row").selectOption(String(n));
    const shows = async (n) => assert.equal(await until(columns, (found) => found === String(n)), String(n));
    await page.getByRole("button", { name: "Workspace settings" }).click();
    await drawer.getByRole("button", { name: "Media" }).click();
    await choose(2);
    await shows(2);
    await page.keyboard.press("Escape");
    await page.locator(".section-head").first().hover();
    await page.getByRole("button", { name: "More: Test" }).click();
    await page.getByRole("menuitem", { name: "Settings", exact: true }).click();
    await drawer.getByRole("button", { name: "Media" }).click();
    assert.equal(await drawer.getByLabel("In a row").inputValue(), "2");
    assert.equal(await drawer.getByRole("button", { name: "In a row: as above" }).count(), 0);
    await choose(3);
    await shows(3);
    await page.keyboard.press("Escape");
    await panel.hover();
    await panel.getByRole("button", { name: "Edit panel" }).click();
    await choose(4);
    await shows(4);
    await drawer.getByRole("button", { name: "In a row: as above" }).click();
    await shows(3);
    assert.equal(await drawer.getByRole("button", { name: "In a row: as above" }).count(), 0);
    assert.deepEqual(problems, []);
});

test("a table shows the pictures in it and groups its rows", async () => {
    const { page } = await openPage(await openContext(at.browser), "/admin/pictures");
    const panel = page.locator('[data-panel="table:guesses"]');
    await page.waitForFunction(() => document.querySelector('[data-panel="table:guesses"] img')?.naturalWidth === 80);
    assert.equal(await panel.locator(".grid-row").count(), 4);
    await panel.getByLabel("Group by").selectOption("label");
    await page.waitForFunction(() => document.querySelectorAll('[data-panel="table:guesses"] .grid-row').length === 2);
    assert.deepEqual(await panel.locator(".grid-row").allInnerTexts().then((rows) => rows.map((r) => r.replace(/\s+/g, " ").trim())), ["ball 2 0.5", "box 2 1"]);
});

test("a figure of Bokeh's is drawn, and nothing in it runs", { timeout: 60000 }, async () => {
    const { page } = await openPage(await openContext(at.browser), "/admin/pictures");
    const panel = page.locator('[data-panel="media:bokeh"]');
    await panel.locator('.sandbox-chart[data-state="drawn"]').waitFor();
    assert.ok((await lookFor(at.eye, panel, 120)) >= 120);
    for (const frame of page.frames()) assert.equal(await frame.evaluate(() => window.__ran), undefined);
});

test("histograms are a map, ridges, or one step of every run", { timeout: 60000 }, async () => {
    const { page, problems } = await openWith(at.browser, "charts", [
        { id: "ridges", kind: "histogram", keys: ["weights"], histogram: { shape: "ridges" } },
        { id: "step", kind: "histogram", keys: ["weights"], histogram: { shape: "step" } },
    ]);
    for (const id of ["ridges", "step"]) assert.ok((await lookFor(at.eye, page.locator(`[data-panel="${id}"]`), 150)) >= 150, id);
    assert.equal(await page.locator('[data-panel="ridges"] svg.plot g > path[fill]').count(), 20);
    assert.equal(await page.locator('[data-panel="step"] svg.plot g > path[fill]').count(), 4);
    assert.deepEqual(problems, []);
});

test("what is saved in the dark is drawn for white paper", async () => {
    const { page } = await openWith(at.browser, "charts", [{ id: "bar", kind: "bar", columns: ["summary_metrics.train/loss"] }], { colorScheme: "dark" });
    const panel = page.locator('[data-panel="bar"]');
    await panel.locator("svg.plot text").first().waitFor();
    const svg = (await save(page, panel, "Save as SVG")).bytes.toString();
    const text = /<text[^>]* fill="rgb\((\d+), (\d+), (\d+)\)"/.exec(svg);
    assert.ok(text.slice(1).every((v) => Number(v) < 160), text[0]);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
});

const KINDS = {
    charts: [
        { id: "line", kind: "line", keys: ["train/loss"] },
        { id: "bar", kind: "bar", columns: ["summary_metrics.train/loss"] },
        { id: "scatter", kind: "scatter", columns: ["config.lr", "summary_metrics.train/loss", ""] },
        { id: "parallel", kind: "parallel", columns: ["config.lr", "summary_metrics.train/loss"] },
        { id: "importance", kind: "importance", columns: ["summary_metrics.train/loss"] },
        { id: "comparer", kind: "comparer" },
        { id: "histogram", kind: "histogram", keys: ["weights"] },
        { id: "text", kind: "text", text: "# Words\n\nand *more*" },
    ],
    pictures: [
        { id: "media", kind: "media", keys: ["samples"] },
        { id: "table", kind: "table", keys: ["guesses"] },
    ],
    scenes: [{ id: "scene", kind: "media", keys: ["cloud"] }],
    code: [{ id: "code", kind: "code" }],
    plots: [{ id: "custom", kind: "custom", keys: ["bar"] }],
};
const READY = "canvas, svg.plot, .picture img, .grid-row, .diff-row, .meter, .sandbox-chart[data-state=drawn], .is-text p";

for (const [project, panels] of Object.entries(KINDS))
    test(`every kind of panel in ${project} is taken away as PNG, SVG and CSV`, { timeout: 150000 }, async () => {
        const { page } = await openWith(at.browser, project, panels);
        for (const { id } of panels) {
            const panel = page.locator(`[data-panel="${id}"]`);
            await panel.scrollIntoViewIfNeeded();
            await panel.locator(READY).first().waitFor();
            await page.waitForTimeout(200);
            const png = await save(page, panel, "Save as PNG");
            assert.match(png.name, /\.png$/);
            assert.ok(png.bytes.toString("latin1").startsWith("\x89PNG") && png.bytes.length > 1500, `${id}: ${png.bytes.length} bytes`);
            const svg = (await save(page, panel, "Save as SVG")).bytes.toString();
            assert.ok(svg.startsWith("<svg") && svg.length > 300, `${id}: ${svg.slice(0, 80)}`);
            const csv = (await save(page, panel, "Save as CSV")).bytes.toString();
            assert.ok(csv.trim().split("\r\n").length > 1, `${id}: ${csv.slice(0, 80)}`);
        }
    });
