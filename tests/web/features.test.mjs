/* What a run kept and what arrived of it, colours of single lines, extremes, lineage, frames in other pages. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { base, openContext, openPage, runsOf, until, withBrowser } from "./browser.mjs";
import { lookFor, openWith } from "./looking.mjs";

const at = withBrowser();

test("a run shows its code, what it made, and what arrived of it", async () => {
    const context = await openContext(at.browser);
    const [code] = await runsOf("code");
    const { page, problems } = await openPage(context, `/admin/code/runs/${code.name}/code`);
    await page.getByText("line_0 = 0").waitFor();
    await page.getByRole("link", { name: "requirements.txt" }).click();
    await page.getByRole("heading", { name: "requirements.txt" }).waitFor();
    const [maker] = await runsOf("artifacts");
    const { page: overview, problems: more } = await openPage(context, `/admin/artifacts/runs/${maker.name}/overview`);
    await overview.getByText("All of it is here").waitFor();
    await overview.getByRole("link", { name: "numbers:v1" }).waitFor();
    await overview.getByText("0.31.0", { exact: true }).waitFor();
    assert.deepEqual([...problems, ...more], []);
});

test("a run shows the script that was started, its patch and packages, and the tree and the notebook kept with it", { timeout: 90000 }, async () => {
    const [run] = await runsOf("kept");
    const { page, problems } = await openPage(await openContext(at.browser), `/admin/kept/runs/${run.name}/code`);
    const list = page.getByRole("navigation", { name: "Code" });
    await list.getByRole("link", { name: "_session_history.ipynb" }).waitFor();
    assert.equal(await list.getByRole("link").first().innerText(), "train.py", "what was started stands first");
    await page.getByText("wandb.init(").first().waitFor();
    const tree = list.getByRole("region", { name: "source-kept-train.py:v0" });
    for (const name of ["diff.patch", "requirements.txt"]) await list.getByRole("link", { name, exact: true }).waitFor();
    assert.deepEqual(await tree.getByRole("link").allInnerTexts(), ["lib/net.py", "train.py"]);
    await page.goto(new URL(await tree.getByRole("link", { name: "lib/net.py", exact: true }).getAttribute("href"), page.url()).href);
    await page.getByRole("heading", { name: "net.py", exact: true }).waitFor();
    await page.getByText("rate = 0.25").first().waitFor();
    await page.goto(new URL(await list.getByRole("link", { name: "diff.patch", exact: true }).getAttribute("href"), page.url()).href);
    await page.getByText("-rate = 0.1").first().waitFor();
    assert.deepEqual(problems, []);
});

test("lines of several writers are shown by their time, searched and taken away in that order", { timeout: 60000 }, async () => {
    const [run] = await runsOf("shared");
    const { page, problems } = await openPage(await openContext(at.browser), `/admin/shared/runs/${run.name}/logs`);
    const texts = () => page.locator(".log-row .log-text").allInnerTexts();
    const ours = (lines) => lines.filter((l) => /^(one|two) /.test(l)).join();
    const byTime = "one begins,two in between,one ends";
    assert.equal(await until(async () => ours(await texts()), (found) => found === byTime), byTime);
    await page.evaluate(() => (navigator.clipboard.writeText = async (text) => void (window.copied = text)));
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    const copied = await until(() => page.evaluate(() => window.copied ?? ""), (text) => text !== "");
    assert.equal(ours(copied.split("\n")), byTime);
    await page.getByLabel("Label").selectOption("two");
    assert.equal(await until(async () => ours(await texts()), (found) => found === "two in between"), "two in between");
    await page.getByLabel("Label").selectOption("");
    await page.getByLabel("Search the log").fill("one");
    await page.getByText("1 / 2").waitFor();
    assert.equal(await page.locator(".log-row.is-hit .log-text").innerText(), "one begins");
    await page.getByRole("button", { name: "Next match" }).click();
    await page.getByText("2 / 2").waitFor();
    assert.equal(await page.locator(".log-row.is-hit .log-text").innerText(), "one ends");
    assert.deepEqual(problems, []);
});

test("a line gets a colour of its own, and the legend a place beside the chart", async () => {
    const { page } = await openWith(at.browser, "charts", [{ id: "line", kind: "line", keys: ["train/loss"], settings: { legend: "left", lineWidth: 3 } }]);
    const panel = page.locator('[data-panel="line"]');
    await panel.locator("canvas").waitFor();
    const [legend, chart] = [await panel.locator(".legend").boundingBox(), await panel.locator("canvas").boundingBox()];
    assert.ok(legend.x + legend.width <= chart.x + 1 && legend.height > 100, "left of the chart");
    await panel.getByRole("button", { name: /Colour.*run-0|Color.*run-0/ }).click();
    await page.locator(".popover input").fill("#00ff00");
    await page.keyboard.press("Enter");
    const green = () =>
        panel.locator("canvas").evaluate((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let i = 0; i < data.length; i += 4) if (data[i] < 40 && data[i + 1] > 230 && data[i + 2] < 40) count++;
            return count;
        });
    const found = await until(green, (pixels) => pixels >= 100);
    assert.ok(found >= 100, `${found} green pixels`);
});

test("the runs table shows and sorts by the highest value a metric ever had", async () => {
    const { page } = await openPage(await openContext(at.browser, { viewport: { width: 2400, height: 700 } }), "/admin/charts/table");
    const head = page.getByRole("columnheader", { name: "train/loss" });
    await head.getByLabel("More").click();
    await page.getByRole("menuitemcheckbox", { name: "Highest value" }).click();
    await page.getByText("train/loss (Highest value)").waitFor();
    /* The highest value is the first one logged; the last one is far below it. */
    const cells = () => page.locator(".grid-row .grid-cell.num").evaluateAll((all) => all.map((c) => Number(c.textContent)));
    await page.waitForFunction(() => [...document.querySelectorAll(".grid-row .grid-cell.num")].filter((c) => Number(c.textContent) > 2.05 && Number(c.textContent) < 2.6).length === 4);
    await page.getByRole("columnheader", { name: "train/loss" }).getByLabel("More").click();
    await page.getByRole("menuitemcheckbox", { name: "Ascending" }).click();
    const names = () => page.locator(".grid-row a").allTextContents();
    assert.deepEqual(await until(names, (all) => all[0] === "run-0"), ["run-0", "run-1", "run-2", "run-3"], String(await cells()));
});

test("lineage folds what is many and unfolds it, and two versions are compared", async () => {
    const { page, problems } = await openPage(await openContext(at.browser), "/admin/lineage/artifacts/dataset/corpus/v1/lineage");
    await page.getByRole("button", { name: "6 runs" }).waitFor();
    await page.getByRole("link", { name: /^model:v0/ }).waitFor();
    await page.getByRole("button", { name: "6 runs" }).click();
    await page.getByRole("link", { name: /^train-6/ }).waitFor();
    assert.equal(await page.locator(".lineage-node").count(), 11);
    await page.getByRole("link", { name: "Compare" }).click();
    await page.locator(".difference.is-added", { hasText: "part1.txt" }).waitFor();
    await page.locator(".difference.is-removed", { hasText: "part0.txt" }).waitFor();
    await page.locator(".difference.is-changed", { hasText: "rows" }).waitFor();
    assert.deepEqual(problems, []);
});

test("a node of a lineage tells what it came from and led to, and the wheel and the hand move the sheet", async () => {
    const { page, problems } = await openPage(at.context, "/admin/lineage/artifacts/dataset/corpus/v1/lineage");
    await page.getByRole("link", { name: /^train-0/ }).click();
    const side = page.getByRole("complementary", { name: "train-0" });
    await side.getByRole("heading", { name: "Came from 1" }).waitFor();
    await side.getByRole("button", { name: "model:v0" }).click();
    const next = page.getByRole("complementary", { name: "model:v0" });
    await next.getByRole("button", { name: "train-0" }).waitFor();
    assert.equal(await page.locator(".lineage-node.is-chosen").innerText().then((t) => t.split("\n")[0]), "model:v0");
    assert.match(await next.getByRole("link", { name: "Open" }).getAttribute("href"), /artifacts\/model\/model\/v0/);
    await page.keyboard.press("Escape");
    await next.waitFor({ state: "detached" });

    const box = page.locator(".lineage");
    const scale = () => page.locator(".lineage-sheet").evaluate((e) => new DOMMatrix(getComputedStyle(e).transform).a);
    const before = await scale();
    await box.hover({ position: { x: 500, y: 20 } });
    for (let i = 0; i < 8; i++) await page.mouse.wheel(0, -120);
    assert.ok((await until(scale, (now) => now > before * 1.5)) > before * 1.5);
    const left = () => box.evaluate((e) => e.scrollLeft);
    await box.evaluate((e) => (e.scrollLeft = 0));
    const at_ = await box.boundingBox();
    await page.mouse.move(at_.x + 400, at_.y + 8);
    await page.mouse.down();
    await page.mouse.move(at_.x + 250, at_.y + 8, { steps: 5 });
    await page.mouse.up();
    assert.equal(await until(left, (now) => now === 150), 150);
    assert.deepEqual(problems, []);
});

test("what was done to a version is told, with who did it", async () => {
    const { page, problems } = await openPage(at.context, "/admin/artifacts/artifacts/dataset/numbers/v0/history");
    await page.getByRole("row", { name: /admin Alias removed latest/ }).waitFor();
    await page.getByRole("row", { name: /admin Created/ }).getByRole("link", { name: "maker" }).waitFor();
    await page.getByRole("textbox", { name: "Add an alias" }).fill("told");
    await page.keyboard.press("Enter");
    await page.locator(".version", { hasText: "told" }).waitFor();
    await page.reload();
    await page.getByRole("row", { name: /admin Alias added told/ }).waitFor();
    assert.deepEqual(problems, []);
});

test("commands of a run and of a version are taken along", async () => {
    const context = await openContext(at.browser, { permissions: ["clipboard-read", "clipboard-write"] });
    const [run] = await runsOf("charts");
    const { page, problems } = await openPage(context, `/admin/charts/runs/${run.name}/overview`);
    await page.getByRole("button", { name: "Copy: Run path" }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `admin/charts/${run.name}`);
    await page.goto(`${base}/admin/artifacts/artifacts/dataset/numbers/v0/usage`);
    await page.getByRole("button", { name: "Copy", exact: true }).nth(2).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "wandb artifact get admin/artifacts/numbers:v0");
    await page.goto(`${base}/`);
    await page.getByRole("region", { name: "Recent runs" }).getByRole("link").nth(5).waitFor();
    assert.deepEqual(problems, []);
});

test("a frame in somebody else's page shows a run, and lets nobody change it", async () => {
    const [run] = await runsOf("charts");
    const server = createServer((_, answer) => {
        answer.setHeader("content-type", "text/html");
        answer.end(`<iframe src="${base}/admin/charts/runs/${run.name}?jupyter=true" style="width:100%;height:420px"></iframe>`);
    }).listen(0, "127.0.0.1");
    try {
        await new Promise((resolve) => server.on("listening", resolve));
        const page = await (await openContext(at.browser)).newPage();
        await page.goto(`http://127.0.0.1:${server.address().port}/`);
        const frame = page.frameLocator("iframe");
        await frame.getByRole("heading", { name: run.displayName }).waitFor();
        await frame.locator(".panel canvas").first().waitFor();
        assert.ok((await lookFor(at.eye, page.locator("iframe"), 300)) >= 300);
        assert.match(page.frames()[1].url(), /\/shared\/[0-9a-f.]+\?jupyter=true$/);
        assert.equal(await frame.getByText("Add panels").count(), 0);
    } finally {
        server.close();
    }
});

test("parallel axes are moved, turned over and set to logarithms by keyboard", async () => {
    const { page } = await openWith(at.browser, "charts", [{ id: "p", kind: "parallel", columns: ["config.lr", "summary_metrics.train/loss"] }]);
    const names = page.locator('[data-panel="p"] .axis-name');
    await names.first().waitFor();
    await names.first().focus();
    await page.keyboard.press("l");
    await page.getByText("lr (log)").waitFor();
    await names.first().focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.querySelector('[data-panel="p"] .axis-name')?.textContent.includes("train/loss"));
});

test("runs are picked on parallel axes by keyboard, and let go again", { timeout: 60000 }, async () => {
    const { page, problems } = await openWith(at.browser, "charts", [{ id: "p", kind: "parallel", columns: ["config.model.layers", "summary_metrics.train/loss"] }]);
    const axis = page.locator('[data-panel="p"]').getByRole("slider").first();
    await axis.focus();
    const shown = () => page.locator('.run-row').getByRole("button", { name: /^Hide: run/ }).count();
    assert.equal(await until(shown, (n) => n === 4), 4);
    await page.keyboard.press("ArrowDown");
    assert.equal(await until(shown, (n) => n === 3), 3, "the run with the most layers is outside");
    assert.equal(await axis.getAttribute("aria-valuetext"), "3 of 4 runs");
    await page.keyboard.press("Shift+ArrowUp");
    assert.equal(await until(shown, (n) => n === 2), 2);
    await page.keyboard.press("Delete");
    assert.equal(await until(shown, (n) => n === 4), 4);
    assert.deepEqual(problems, []);
});

test("Ctrl with J and M goes to the table and to the other theme", async () => {
    const { page } = await openPage(await openContext(at.browser), "/admin/charts");
    await page.locator(".panel canvas").first().waitFor();
    await page.keyboard.press("Control+j");
    await page.waitForURL("**/admin/charts/table");
    await page.keyboard.press("Control+m");
    await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
});
