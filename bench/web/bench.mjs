/* bench.mjs - what somebody who looks at the page waits for, in milliseconds, and what travels. */

import { createServer } from "node:http";
import { openBrowser, openContext, openPage } from "../../tests/web/browser.mjs";
import { each, headers, makeRun, noise, sendRows } from "./fill.mjs";

const SHARE = Number(process.env.BENCH_SHARE ?? 1);
const TRIES = 5;
const REST_MS = 3000;
const REST_COMMITS = 6 /* in this time: leases and the like */;
const MOST_REST_MS = 180000;
const amount = (n) => Math.max(2, Math.round(n * SHARE));

/* ---- the data ---- */

const RUNS_LONG = amount(50);
const STEPS_LONG = amount(100000);
const RUNS_MANY = amount(100);
const CHARTS = 20;
const PANELS = 200;
const LINES = amount(1000);
const ROWS = amount(10000);
const COLUMNS = 200;
const UPDATES = amount(400);
const ROWS_PER_UPDATE = 10;
const UPDATE_MS = 300;
const FIRST_ROWS = 2000;

const walk = (seed) => {
    const next = noise(seed);
    return (step) => Number((2 * Math.exp(-step / 20000) + 0.3 * next()).toFixed(5));
};

async function fill() {
    await each(RUNS_LONG, async (i) => {
        await makeRun("long", `run-${i}`);
        const value = walk(i);
        await sendRows("long", `run-${i}`, STEPS_LONG, (s) => ({ loss: value(s) }));
    });
    await each(RUNS_MANY, async (i) => {
        await makeRun("many", `run-${i}`);
        const value = walk(i);
        await sendRows("many", `run-${i}`, 2000, (s) => Object.fromEntries(Array.from({ length: CHARTS }, (_, k) => [`m${k}`, value(s * 10)])));
    });
    await makeRun("panels", "run");
    const value = walk(1);
    await sendRows("panels", "run", 300, (s) => Object.fromEntries(Array.from({ length: PANELS }, (_, k) => [`m${k}`, value(s * 50)])));
    await each(LINES, async (i) => {
        await makeRun("lines", `run-${i}`);
        const v = walk(i);
        await sendRows("lines", `run-${i}`, 500, (s) => ({ loss: v(s * 40) }));
    });
    await each(ROWS, async (i) => {
        const config = Object.fromEntries(Array.from({ length: COLUMNS / 2 }, (_, k) => [`c${k}`, (i * 7 + k) % 100]));
        const summary = Object.fromEntries(Array.from({ length: COLUMNS / 2 }, (_, k) => [`s${k}`, ((i * 13 + k) % 1000) / 7]));
        await makeRun("table", `run-${i}`, config);
        await sendRows("table", `run-${i}`, 1, () => ({ s0: 1 }), summary);
    });
}

/* What was sent is still being put away for a while: the server rests when next to nothing is committed any more. */
async function rest() {
    const commits = async () => Number(/^barograph_store_commits_total (\d+)/m.exec(await (await fetch(`${process.env.BAROGRAPH_BASE_URL}/metrics`, { headers })).text())?.[1]);
    const started = Date.now();
    for (let before = -Infinity, now = await commits(); now - before > REST_COMMITS && Date.now() - started < MOST_REST_MS; now = await commits()) {
        before = now;
        await new Promise((r) => setTimeout(r, REST_MS));
    }
}

/* ---- looking ---- */

/* In the page: when so many panels have a canvas with colour, and when so many cells have text. */
const watcher = () => {
    window.__drawn = (count) =>
        new Promise((resolve) => {
            const done = new Set();
            const look = () => {
                for (const canvas of document.querySelectorAll(".panel canvas")) {
                    if (done.has(canvas) || canvas.width < 50) continue;
                    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                    let coloured = 0;
                    for (let i = 0; i < data.length && coloured < 100; i += 4)
                        if (data[i + 3] > 60 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 40) coloured++;
                    if (coloured >= 100) done.add(canvas);
                }
                if (done.size >= count) resolve(performance.now());
                else requestAnimationFrame(look);
            };
            look();
        });
    window.__frames = async (ms, each) => {
        const gaps = [];
        const start = performance.now();
        for (let last = start, i = 0; last - start < ms; i++) {
            each(i);
            const now = await new Promise((r) => requestAnimationFrame(r));
            gaps.push(now - last);
            last = now;
        }
        return gaps;
    };
};

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const report = (what, value, unit, wanted) => console.log(`${what.padEnd(58)} ${String(Math.round(value * 10) / 10).padStart(9)} ${unit.padEnd(8)} wanted ${wanted}`);

async function open(browser, path, viewport) {
    /* A context that intercepts requests has no cache: views that are saved are of no harm here. */
    const context = await openContext(browser, { keepsViews: true, ...(viewport ? { viewport } : {}) });
    await context.addInitScript(watcher);
    /* As somebody who has been here before: the program is in the browser's cache. */
    const { page } = await openPage(context, "/settings");
    await page.waitForTimeout(500);
    const bytes = { count: 0, columns: 0, pushed: 0 };
    page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => (bytes.pushed += typeof payload === "string" ? 0 : payload.length)));
    page.on("response", async (r) => {
        if (!r.url().endsWith("/api/history/buckets")) return;
        const body = await r.body().catch(() => null);
        if (body === null) return;
        bytes.count += body.length;
        bytes.columns += body.readUInt32LE(8) * r.request().postDataJSON().buckets;
    });
    await page.goto(process.env.BAROGRAPH_BASE_URL + path, { waitUntil: "commit" });
    return { page, context, bytes };
}

async function times(browser, path, count, viewport, prepare) {
    const found = [];
    let bytes = null;
    for (let i = 0; i < TRIES; i++) {
        const opened = await open(browser, path, viewport);
        if (prepare) await prepare(opened.page);
        found.push(await opened.page.evaluate((n) => window.__drawn(n), count));
        await opened.page.waitForTimeout(200);
        bytes = opened.bytes;
        await opened.context.close();
    }
    return { ms: median(found), bytes };
}

/* What no page can do without in this browser: a document, its program, a line on a canvas. */
async function emptyPage(browser) {
    const program =
        'const c = document.querySelector("canvas").getContext("2d"); c.fillStyle = "#e4572e"; c.fillRect(10, 10, 200, 100);';
    const server = createServer((request, response) => {
        const isProgram = request.url === "/program.js";
        response.setHeader("content-type", isProgram ? "text/javascript" : "text/html");
        if (isProgram) response.setHeader("cache-control", "max-age=3600");
        response.end(isProgram ? program : '<!doctype html><div class="panel"><canvas width="600" height="300"></canvas></div><script type="module" src="/program.js"></script>');
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${server.address().port}/`;
    const found = [];
    for (let i = 0; i < TRIES; i++) {
        const context = await browser.newContext();
        await context.addInitScript(watcher);
        const page = await context.newPage();
        await page.goto(url);
        await page.waitForTimeout(500);
        await page.goto(url, { waitUntil: "commit" });
        found.push(await page.evaluate(() => window.__drawn(1)));
        await context.close();
    }
    server.close();
    return median(found);
}

async function scrollPanels(browser) {
    const { page, context } = await open(browser, "/admin/panels", { width: 1400, height: 900 });
    await page.evaluate(() => window.__drawn(3));
    const gaps = await page.evaluate(() => {
        const main = document.querySelector(".workspace-main");
        return window.__frames(4000, (i) => (main.scrollTop = (i * 40) % Math.max(1, main.scrollHeight - main.clientHeight)));
    });
    await context.close();
    return gaps;
}

async function gaps(browser, gesture) {
    const { page, context } = await open(browser, "/admin/many?panelDisplayName=m0", { width: 1400, height: 900 });
    await page.evaluate(() => window.__drawn(1));
    await page.waitForTimeout(1000);
    const box = await page.locator(".overlay .u-over, .u-over").first().boundingBox();
    const all = page.evaluate(() => window.__frames(3000, () => undefined));
    await gesture(page, box);
    const found = await all;
    await context.close();
    return found;
}

async function zoomLines(page, box) {
    for (let i = 0; i < 12; i++) {
        await page.mouse.move(box.x + 40 + i * 10, box.y + 40);
        await page.mouse.down();
        for (let k = 0; k < 10; k++) await page.mouse.move(box.x + 60 + i * 10 + k * 30, box.y + box.height - 40);
        await page.mouse.up();
        if (i % 3 === 2) await page.mouse.dblclick(box.x + 50, box.y + 50);
    }
}

/* Every frame paints all lines anew: half of them are shown, and they are dragged to and fro. */
async function panLines(page, box) {
    const middle = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(box.x + box.width / 4, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + (box.width * 3) / 4, box.y + box.height - 40, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.down("Shift");
    await page.mouse.move(...middle);
    await page.mouse.down();
    for (let k = 0; k < 150; k++) await page.mouse.move(middle[0] + 200 * Math.sin(k / 10), middle[1] + 60 * Math.cos(k / 10));
    await page.mouse.up();
    await page.keyboard.up("Shift");
}

/* All lines on: as a view that was set up so. */
async function drawLines(browser) {
    const context = await openContext(browser);
    await context.addInitScript(watcher);
    await context.addInitScript((most) => {
        const view = { layout: { settings: { maxRuns: most } }, runs: { maxShown: most } };
        localStorage.setItem("barograph.view.2/admin/admin/lines/", JSON.stringify({ view, version: 0, isSaved: false }));
    }, LINES);
    const { page } = await openPage(context, "/admin/lines");
    const opened = await page.evaluate(() => window.__drawn(1));
    await page.waitForFunction((most) => document.querySelector(".sidebar")?.textContent.includes(`${most} shown`), LINES, { timeout: 60000 });
    await page.waitForTimeout(3000);
    const drawn = await page.evaluate(async () => {
        const slider = document.querySelector('.workspace-head input[type="range"]');
        const start = performance.now();
        slider.value = "0.5";
        slider.dispatchEvent(new Event("change", { bubbles: true }));
        await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));
        return performance.now() - start;
    });
    await context.close();
    return { opened, drawn };
}

/* A run that logs while somebody looks: what an update costs on the wire, and what the tab holds in the end. */
async function watchRun(browser) {
    const at = (step) => Object.fromEntries(Array.from({ length: CHARTS }, (_, k) => [`m${k}`, Math.sin(step / 100 + k)]));
    await makeRun("live", "run");
    await sendRows("live", "run", FIRST_ROWS, at, null);
    const { page, context, bytes: received } = await open(browser, "/admin/live", { width: 1900, height: 2600 });
    await page.evaluate((n) => window.__drawn(n), CHARTS);
    const cdp = await context.newCDPSession(page);
    const heap = async () => {
        await cdp.send("HeapProfiler.collectGarbage");
        return (await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6;
    };
    let bytes = 0;
    page.on("response", async (r) => {
        if (r.url().endsWith("/api/history/buckets")) bytes += (await r.body().catch(() => "")).length;
    });
    const sizes = [];
    received.pushed = 0;
    for (let i = 0; i < UPDATES; i++) {
        await sendRows("live", "run", ROWS_PER_UPDATE, at, null, FIRST_ROWS + i * ROWS_PER_UPDATE);
        await page.waitForTimeout(UPDATE_MS);
        if (i === UPDATES >> 2 || i === UPDATES - 1) sizes.push(await heap());
    }
    await context.close();
    const perUpdate = (count) => count / UPDATES / CHARTS;
    return { bytes: perUpdate(bytes + received.pushed), asked: perUpdate(bytes), before: sizes[0], after: sizes[1] };
}

async function openTable(browser) {
    const found = [];
    for (let i = 0; i < TRIES; i++) {
        const { page, context } = await open(browser, "/admin/table/table");
        await page.waitForFunction(() => document.querySelectorAll(".grid [role=row]").length > 10);
        found.push(await page.evaluate(() => performance.now()));
        await context.close();
    }
    return median(found);
}

/* What the server itself takes, without a browser: the least of some tries. */
async function answer(path, body) {
    let least = Infinity;
    for (let i = 0; i < TRIES; i++) {
        const started = performance.now();
        const response = await fetch(process.env.BAROGRAPH_BASE_URL + path, { method: "POST", headers, body: JSON.stringify(body) });
        await response.arrayBuffer();
        if (!response.ok) throw new Error(`${path}: ${response.status}`);
        least = Math.min(least, performance.now() - started);
        if (body.isOnce) break;
    }
    return least;
}

const SORTED = 'query($order: String) { project(name: "table", entityName: "admin") { runs(first: 100, order: $order) { edges { node { name } } } } }';
const sorted = (order, isOnce) => answer("/graphql", { query: SORTED, variables: { order }, isOnce });
const longBuckets = () =>
    answer("/api/history/buckets", { entity: "admin", project: "long", runs: Array.from({ length: RUNS_LONG }, (_, i) => `run-${i}`), keys: ["loss"], buckets: 600, format: 2 });

/* ---- all of it ---- */

const started = Date.now();
await fill();
console.log(`filled in ${Math.round((Date.now() - started) / 1000)} s`);
const browser = await openBrowser();
report("an empty page with a canvas", await emptyPage(browser), "ms", "");
report(`first chart, while ${ROWS} runs are being put away`, (await times(browser, "/admin/long", 1)).ms, "ms", "");
const resting = Date.now();
await rest();
console.log(`rested for ${Math.round((Date.now() - resting) / 1000)} s`);
const long = await times(browser, "/admin/long", 1);
report(`first chart, ${RUNS_LONG} runs of ${STEPS_LONG} steps`, long.ms, "ms", "300");
report("on the wire for a column of pixels of a series", long.bytes.count / Math.max(1, long.bytes.columns), "bytes", "4");
report("its points, answered in one request", await longBuckets(), "ms", "");
const many = await times(browser, "/admin/many", CHARTS, { width: 1900, height: 2600 });
report(`${CHARTS} charts of ${RUNS_MANY} runs`, many.ms, "ms", "1000");
report("on the wire for a column of pixels of a series", many.bytes.count / Math.max(1, many.bytes.columns), "bytes", "4");
const scroll = await scrollPanels(browser);
report(`scrolling ${PANELS} panels, longest frame`, Math.max(...scroll.slice(1)), "ms", "50");
report(`scrolling ${PANELS} panels, frames`, 1000 / (scroll.reduce((a, b) => a + b, 0) / scroll.length), "a second", "");
for (const [what, gesture] of [["zooming", zoomLines], ["moving", panLines]]) {
    const list = await gaps(browser, gesture);
    report(`${what} ${RUNS_MANY} lines`, 1000 / (list.reduce((a, b) => a + b, 0) / list.length), "a second", "30");
}
const lines = await drawLines(browser);
report(`${LINES} lines in one chart, from opening the page`, lines.opened, "ms", "");
report(`${LINES} lines in one chart, from points to pixels`, lines.drawn, "ms", "400");
report(`table of ${ROWS} runs x ${COLUMNS} columns`, await openTable(browser), "ms", "500");
report(`${ROWS} runs sorted by a metric's highest value, first time`, await sorted("-max:s0", true), "ms", "500");
report(`${ROWS} runs sorted by a metric's highest value, again`, await sorted("-max:s0", false), "ms", "");
const live = await watchRun(browser);
report(`live, on the wire for an update of a chart`, live.bytes, "bytes", "");
report(`live, of these asked for, not pushed`, live.asked, "bytes", "");
report(`live, heap after ${UPDATES >> 2} updates of ${CHARTS} charts`, live.before, "MB", "");
report(`live, heap after ${UPDATES} updates`, live.after, "MB", "the same");
await browser.close();
