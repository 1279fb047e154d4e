/* Charts move, states change and lines come while a run is logging; what was missed while the server was away is caught up. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { base, key, openBrowser, openContext, openPage } from "./browser.mjs";

let browser;
before(async () => (browser = await openBrowser()));
after(() => browser.close());

/* The client sends what was logged every 15 seconds unless told otherwise; now it sends at once when it had a second of rest. */
const trainer = (project, seconds) => `
import sys, time, wandb
with wandb.init(project="${project}", name="moving", settings=wandb.Settings(x_file_stream_transmit_interval=1)) as run:
    print("id", run.id, file=sys.__stdout__, flush=True)
    for step in range(${seconds}):
        print("logged", step, time.time(), file=sys.__stdout__, flush=True)
        print("a printed line", step)
        run.log({"loss": 1 / (step + 1)})
        time.sleep(1.3)
`;

/* A training process; `logged` fills with the times of its calls, `id` comes when it has begun. */
function train(project, seconds) {
    const process_ = spawn(process.env.BAROGRAPH_WANDB_PYTHON, ["-c", trainer(project, seconds)], {
        env: {
            ...process.env,
            WANDB_BASE_URL: base,
            WANDB_API_KEY: key,
            WANDB_SILENT: "true",
            WANDB_DIR: process.env.TMPDIR ?? "/tmp",
        },
        stdio: ["ignore", "pipe", "ignore"],
    });
    const logged = [];
    const id = new Promise((resolve) => {
        createInterface(process_.stdout).on("line", (line) => {
            const [word, first, second] = line.split(" ");
            if (word === "id") resolve(first);
            if (word === "logged") logged[Number(first)] = Number(second) * 1000;
        });
    });
    return { process: process_, logged, id };
}

/* A way to the server that can be cut and mended. */
async function openCable() {
    const { hostname, port } = new URL(base);
    const sockets = new Set();
    let isCut = false;
    const server = createServer((from) => {
        if (isCut) return void from.destroy();
        const to = connect(Number(port), hostname);
        for (const [a, b] of [[from, to], [to, from]]) {
            sockets.add(a);
            a.on("error", () => b.destroy()).on("close", () => b.destroy());
            a.pipe(b);
        }
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        base: `http://127.0.0.1:${server.address().port}`,
        cut() {
            isCut = true;
            for (const socket of sockets) socket.destroy();
        },
        mend: () => (isCut = false),
        close: () => server.close(),
    };
}

/* Tells how many points came, and how many the run had logged with the last of them. Few points come as doubles: the first
 * answer is asked for, then the last known one and what is new are pushed. */
function listen(page, tell) {
    const read = (bytes, answer, isPushed) => {
        if (bytes.length <= answer + 44) return;
        const count = bytes.readUInt32LE(answer + 28);
        tell(count, bytes.readDoubleLE(answer + 44 + 8 * (count - 1)) + 1, isPushed);
    };
    page.on("response", async (response) => {
        if (!response.url().endsWith("/api/history/buckets") || response.request().postDataJSON().stream !== "history") return;
        const bytes = await response.body().catch(() => null);
        if (bytes !== null) read(bytes, 0, false);
    });
    page.on("websocket", (socket) =>
        socket.on("framereceived", ({ payload }) => {
            if (typeof payload !== "string") read(payload, 16 + 24 * payload.readUInt32LE(12), true);
        }),
    );
}

async function logRows(project, first, count) {
    const content = Array.from({ length: count }, (_, i) => JSON.stringify({ _step: first + i, loss: 1 / (first + i + 1) }));
    await stream(project, { "wandb-history.jsonl": { offset: first, content } });
}

const print = (project, first, content) => stream(project, { "output.log": { offset: first, content } });

async function stream(project, files) {
    const authorization = `Basic ${Buffer.from(`api:${key}`).toString("base64")}`;
    const response = await fetch(`${base}/files/admin/${project}/run/file_stream`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization },
        body: JSON.stringify({ files }),
    });
    assert.equal(response.status, 200);
}

async function until(what, holds) {
    for (const end = Date.now() + 60000; !holds(); ) {
        assert.ok(Date.now() < end, what);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

test("a chart moves within a second of log(), and the end arrives by itself", { timeout: 90000 }, async () => {
    const run = train("live", 12);
    const id = await run.id;
    const context = await openContext(browser);
    const { page, problems } = await openPage(context, "/settings");
    const seen = new Map();
    let mostPoints = 0;
    let pushes = 0;
    listen(page, (count, points, isPushed) => {
        if (!seen.has(points)) seen.set(points, Date.now());
        if (!isPushed) return;
        pushes++;
        if (points < 12) mostPoints = Math.max(mostPoints, count);
    });
    await page.goto(`${base}/admin/live/runs/${id}`);
    await page.waitForSelector(".panel canvas", { timeout: 20000 });
    await page.waitForSelector(".state-finished", { timeout: 60000 });
    await page.waitForTimeout(1000);
    const delays = run.logged.flatMap((at, step) => (step > 3 && seen.has(step + 1) ? [seen.get(step + 1) - at] : []));
    assert.ok(delays.length >= 4, `points seen: ${[...seen.keys()]}`);
    assert.ok(median(delays) < 1000, `milliseconds from log() to its points: ${delays.map(Math.round)}`);
    assert.ok(seen.has(12));
    assert.ok(pushes >= 1, "points are pushed");
    assert.ok(mostPoints <= 4, `points in one push while it was running: ${mostPoints}`);
    assert.deepEqual(problems, []);
    run.process.kill();
});

test("two tabs are pushed the same points, and one that was cut off catches up", { timeout: 240000 }, async () => {
    await logRows("tabs", 0, 5);
    const context = await openContext(browser);
    const cable = await openCable();
    const tabs = [];
    for (const from of [base, cable.base]) {
        const page = await context.newPage();
        const tab = { page, points: 0, pushed: 0 };
        listen(page, (_, points, isPushed) => {
            tab.points = Math.max(tab.points, points);
            if (isPushed) tab.pushed = Math.max(tab.pushed, points);
        });
        tabs.push(tab);
        await page.goto(`${from}/admin/tabs`);
        await page.waitForSelector(".panel canvas");
    }
    /* A chart is announced a moment after it was drawn: lines that come before are asked for. */
    let count = 5;
    await until("points are pushed to both", () => {
        if (tabs.every((t) => t.points === count)) void logRows("tabs", count++, 1);
        return tabs.every((t) => t.pushed > 5);
    });
    await until("both have all", () => tabs.every((t) => t.points === count));
    cable.cut();
    await tabs[1].page.locator(".offline").waitFor({ timeout: 60000 });
    await logRows("tabs", count, 2);
    count += 2;
    await until("the other one goes on", () => tabs[0].pushed === count);
    assert.ok(tabs[1].points < count);
    cable.mend();
    await until("what was missed is asked for", () => tabs[1].points === count);
    const before = tabs[1].pushed;
    await until("points are pushed again", () => {
        if (tabs[1].points === count) void logRows("tabs", count++, 1);
        return tabs[1].pushed > before;
    });
    await context.close();
    cable.close();
});

test("printed lines arrive, and a dropped connection is said and mended", { timeout: 90000 }, async () => {
    const run = train("live", 14);
    const id = await run.id;
    const context = await openContext(browser);
    const cable = await openCable();
    const page = await context.newPage();
    await page.goto(`${cable.base}/admin/live/runs/${id}/logs`);
    await page.getByText("a printed line 2").waitFor({ timeout: 20000 });
    await page.waitForFunction(() => document.querySelector(".offline") === null);
    cable.cut();
    await page.locator(".offline").waitFor({ timeout: 20000 });
    await page.waitForTimeout(2000);
    cable.mend();
    await page.locator(".offline").waitFor({ state: "detached", timeout: 20000 });
    await page.getByText("a printed line 13").waitFor({ timeout: 40000 });
    await page.close();
    cable.cut();
    cable.close();
    run.process.kill();
});

test("lines are pushed as they are printed and written again, and asked for when the connection was gone", { timeout: 240000 }, async () => {
    await print("printing", 0, ["first"]);
    const context = await openContext(browser);
    const cable = await openCable();
    const page = await context.newPage();
    let asked = 0;
    page.on("request", (r) => (asked += /query PageLogs\b/.test(r.postData() ?? "")));
    await page.goto(`${cable.base}/admin/printing/runs/run/logs`);
    await page.getByText("first", { exact: true }).waitFor();
    await print("printing", 1, ["10 %"]);
    await page.getByText("10 %").waitFor();
    const before = asked;
    for (const [number, text] of [[1, "50 %"], [1, "100 %"], [2, "done"], [0, "first again"]]) {
        await print("printing", number, [text]);
        await page.getByText(text, { exact: true }).waitFor({ timeout: 20000 });
    }
    assert.equal(asked, before, "what is pushed is not asked for");
    assert.equal(await page.locator(".log-row").count(), 3);

    cable.cut();
    await page.locator(".offline").waitFor({ timeout: 60000 });
    await print("printing", 1, ["written while nobody heard"]);
    await print("printing", 3, Array.from({ length: 2000 }, (_, i) => `line ${i}`));
    cable.mend();
    await page.locator(".offline").waitFor({ state: "detached", timeout: 60000 });
    await page.getByText("2,003 lines").waitFor();
    await page.getByText("line 1999").waitFor();
    await page.locator(".log-lines").focus();
    await page.keyboard.press("Home");
    await page.getByText("written while nobody heard").waitFor();
    await context.close();
    cable.close();
});

test("a log of any length is looked at, searched and followed in little memory", { timeout: 240000 }, async () => {
    const context = await openContext(browser);
    const COUNT = 120000;
    for (let first = 0; first < COUNT; first += 20000)
        await print("long", first, Array.from({ length: 20000 }, (_, i) => `step ${first + i} ${"x".repeat(80)}`));
    const { page, problems } = await openPage(context, "/admin/long/runs/run/logs");
    await page.getByText(`${COUNT.toLocaleString("en")} lines`).waitFor();
    const session = await context.newCDPSession(page);
    const heap = async () => {
        await session.send("HeapProfiler.collectGarbage");
        return (await session.send("Runtime.getHeapUsage")).usedSize;
    };
    await page.getByText(`step ${COUNT - 1} `).waitFor();
    await page.locator(".log-lines").focus();
    await page.keyboard.press("Home");
    await page.getByText("step 0 ").waitFor();
    const early = await heap();
    await page.getByLabel("Search the log").fill("step 77777 ");
    await page.locator(".log-row.is-hit", { hasText: "step 77777 " }).waitFor({ timeout: 60000 });
    await page.getByText("1 / 1").waitFor();
    await page.getByLabel("Follow").check();
    for (let first = COUNT, i = 0; i < 60; first += 1000, i++) {
        await print("long", first, Array.from({ length: 1000 }, (_, k) => `step ${first + k} ${"x".repeat(80)}`));
        await page.getByText(`step ${first + 999} `).waitFor({ timeout: 20000 });
    }
    const growth = (await heap()) - early;
    assert.ok(growth < 24 << 20, `the heap grew by ${Math.round(growth / 1024)} KiB over 60,000 lines and a search of 120,000`);
    assert.deepEqual(problems, []);
    await context.close();
});

test("a websocket from another origin, or without a session, is refused", async () => {
    const headers = {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    };
    const context = await openContext(browser);
    const ask = (more, from = context) =>
        from.request.get(`${base}/api/live`, { headers: { ...headers, ...more }, timeout: 3000 }).then((r) => r.status(), () => 101);
    assert.equal(await ask({ origin: "https://elsewhere.invalid" }), 403);
    assert.equal(await ask({}), 403);
    assert.equal(await ask({ origin: base }, await openContext(browser, {}, true)), 401);
});
