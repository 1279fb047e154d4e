/* A chart moves while its run is logging. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { base, key, openBrowser, openContext, openPage } from "./browser.mjs";

let browser;
before(async () => (browser = await openBrowser()));
after(() => browser.close());

/* The client sends what was logged every 15 seconds; the test would rather not wait for it. */
const TRAINER = `
import time, wandb
with wandb.init(project="live", name="moving", settings=wandb.Settings(x_file_stream_transmit_interval=1)) as run:
    for step in range(12):
        run.log({"loss": 1 / (step + 1)})
        time.sleep(1)
`;

test("new points, the running mark and the end arrive by themselves", { timeout: 90000 }, async () => {
    const python = process.env.BAROGRAPH_WANDB_PYTHON;
    const trainer = spawn(python, ["-c", TRAINER], {
        env: {
            ...process.env,
            WANDB_BASE_URL: base,
            WANDB_API_KEY: key,
            WANDB_SILENT: "true",
            WANDB_DIR: process.env.TMPDIR ?? "/tmp",
        },
        stdio: "ignore",
    });
    const context = await openContext(browser);
    const { page, problems } = await openPage(context, "/admin/live");
    await page.waitForTimeout(4000);
    if ((await page.getByText("There is nothing here").count()) > 0) await page.reload();
    await page.waitForSelector(".sidebar .state-running", { timeout: 20000 });
    const rows = [];
    page.on("response", async (response) => {
        if (!response.url().endsWith("/api/history/buckets")) return;
        const bytes = await response.body().catch(() => null);
        if (bytes !== null && bytes.length > 40) rows.push(bytes.readUInt32LE(28));
    });
    await page.waitForSelector(".sidebar .state-finished", { timeout: 60000 });
    await page.waitForTimeout(3000);
    assert.ok(new Set(rows).size >= 2, `points seen: ${rows}`);
    assert.equal(rows.at(-1), 12);
    assert.deepEqual(
        problems.filter((p) => !/404/.test(p)),
        [],
    );
    trainer.kill();
});
