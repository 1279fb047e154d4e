/* Charts are sent with as many digits as pixels show; the pointer, downloads and thin parts of y get what was logged. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { makeRun, noise, sendRows } from "../../bench/web/fill.mjs";
import { openBrowser, openContext, openPage, until } from "./browser.mjs";

const STEPS = 6000;
const next = noise(7);
const values = Array.from({ length: STEPS }, () => Number((0.1 + 0.5 * next()).toFixed(6)));

let browser;
before(async () => {
    await makeRun("points", "run");
    await sendRows("points", "run", STEPS, (step) => ({ loss: values[step] }));
    browser = await openBrowser();
});
after(() => browser.close());

async function openChart(more = {}) {
    const context = await openContext(browser, more);
    const { page, problems } = await openPage(context, "/admin/points?panelDisplayName=loss");
    const asked = [];
    page.on("request", (r) => r.url().endsWith("/api/history/buckets") && asked.push(r.postDataJSON()));
    const over = page.locator(".overlay .u-over");
    await over.waitFor();
    await page.waitForTimeout(700);
    const box = await over.boundingBox();
    await page.mouse.move(box.x + box.width / 3, box.y + box.height / 2);
    await page.locator(".cursor-row b").first().waitFor();
    return { page, problems, asked, box };
}

test("what the pointer rests on is said with all digits that were logged", async () => {
    const { page, problems, box } = await openChart();
    const logged = new Set(values.map(String));
    for (const share of [0.2, 0.5, 0.81]) {
        await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
        const said = await until(
            () => page.locator(".cursor-row b").first().textContent(),
            (text) => logged.has(text),
        );
        assert.ok(logged.has(said), `${said} was not logged`);
    }
    assert.deepEqual(problems, []);
});

test("a download holds every row as it was logged, to the last digit", async () => {
    const { page } = await openChart({ acceptDownloads: true });
    await page.locator(".overlay").getByRole("button", { name: /More/ }).first().click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByText("CSV").first().click()]);
    const rows = (await readFile(await download.path(), "utf8")).trim().split("\r\n").slice(1).map((line) => line.split(","));
    assert.deepEqual(rows.map((row) => Number(row[3])), values);
});

test("shift and drag moves the view, control and the wheel scale it, and a thin part of y is asked for anew", async () => {
    const { page, problems, asked, box } = await openChart();
    const last = () => asked.filter((a) => a.format === 2).at(-1) ?? {};
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -280);
    await page.keyboard.up("Control");
    const zoomed = await until(last, (a) => a.min > 100);
    assert.ok(zoomed.min > 1000 && zoomed.max < 5000 && zoomed.max - zoomed.min > 2000, JSON.stringify(zoomed));
    await page.keyboard.down("Shift");
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 - box.width / 4, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    const moved = await until(last, (a) => a.min > zoomed.min + 100);
    const width = zoomed.max - zoomed.min;
    assert.ok(Math.abs(moved.min - zoomed.min - width / 4) < width / 50, JSON.stringify([zoomed, moved]));
    assert.ok(Math.abs(moved.max - moved.min - width) < 1);
    await page.mouse.dblclick(box.x + 50, box.y + 50);
    await page.waitForTimeout(300);
    for (let i = 0; i < 2; i++) {
        await page.mouse.move(box.x + 2, box.y + box.height / 2);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2 + 26, { steps: 4 });
        await page.mouse.up();
        await page.waitForTimeout(300);
    }
    const thin = await until(last, (a) => typeof a.low === "number");
    assert.ok(thin.high - thin.low < 0.01, JSON.stringify(thin));
    assert.deepEqual(problems, []);
});
