/* Links that show some runs to whoever has them, until they are revoked. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, key, openContext, openPage, runsOf, withBrowser } from "./browser.mjs";

const at = withBrowser();

const ask = (method, path, body, isStranger = false) =>
    fetch(base + path, {
        method,
        headers: {
            "content-type": "application/json",
            ...(isStranger ? {} : { authorization: `Basic ${Buffer.from(`api:${key}`).toString("base64")}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

test("a link shows its runs to a stranger, no others, and nothing once it is revoked", { timeout: 60000 }, async () => {
    const [shown, other] = await runsOf("charts");
    const made = await (await ask("POST", "/api/shares", { entity: "admin", project: "charts", runs: [shown.name], days: 2 })).json();
    assert.match(made.token, /^[0-9a-f]{48}$/);
    const { page, problems } = await openPage(await openContext(at.browser, {}, true), `/shared/${made.token}`);
    await page.waitForSelector(".panel canvas");
    await page.getByText("read only").waitFor();
    await page.getByText(shown.displayName).first().waitFor();
    assert.equal(await page.getByText(other.displayName, { exact: true }).count(), 0);
    assert.deepEqual(problems, []);
    const buckets = { runs: [other.name, shown.name], keys: ["train/loss"], buckets: 10 };
    const answer = new DataView(await (await ask("POST", `/api/shared/${made.token}/buckets`, buckets, true)).arrayBuffer());
    assert.equal(answer.getUint32(8, true), 1, "one series");
    assert.equal(answer.getUint32(16, true), 1, "of the run that the link shows");
    assert.equal((await ask("POST", "/api/history/buckets", { entity: "admin", project: "charts", ...buckets }, true)).status, 401);

    const links = await (await ask("GET", "/api/shares/admin/charts")).json();
    assert.ok(links.some((l) => l.id === made.id && l.runCount === 1 && !("token" in l)));
    assert.equal((await ask("DELETE", `/api/shares/${made.id}`, undefined, true)).status, 401);
    assert.equal((await ask("DELETE", `/api/shares/${made.id}`)).status, 204);
    assert.equal((await ask("GET", `/api/shared/${made.token}`, undefined, true)).status, 404);
    assert.equal((await ask("POST", `/api/shared/${made.token}/buckets`, buckets, true)).status, 404);
    await page.reload();
    await page.getByText("revoked").waitFor();
});

test("what is asked for wrongly is refused", async () => {
    const [run] = await runsOf("charts");
    const make = (more) => ask("POST", "/api/shares", { entity: "admin", project: "charts", runs: [run.name], ...more }).then((r) => r.status);
    assert.equal(await make({ runs: [] }), 400);
    assert.equal(await make({ runs: "all" }), 400);
    assert.equal(await make({ runs: ["nobody-knows-it"] }), 404);
    assert.equal(await make({ days: 0 }), 400);
    assert.equal(await make({ days: 10000 }), 400);
    assert.equal(await make({ project: "no-such-project" }), 404);
    assert.equal((await ask("GET", "/api/shared/0000", undefined, true)).status, 404);
    assert.equal((await ask("GET", "/api/shares/admin/charts", undefined, true)).status, 401);
});
