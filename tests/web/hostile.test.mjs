/* What a run logged never runs in our origin, wherever it is shown. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, graphql, openBrowser, openContext, openPage, runsOf } from "./browser.mjs";

let browser;
let context;
let run;
let media;

before(async () => {
    browser = await openBrowser();
    context = await openContext(browser);
    run = (await runsOf("hostile"))[0];
    media = (await runsOf("media"))[0];
});
after(() => browser.close());

const PAGES = (name) => [
    "/admin/hostile",
    "/admin/hostile/table",
    "/admin/hostile/overview",
    `/admin/hostile/runs/${name}`,
    `/admin/hostile/runs/${name}/overview`,
    `/admin/hostile/runs/${name}/logs`,
    `/admin/hostile/runs/${name}/files`,
    "/admin/media",
    "/admin/scenes",
    "/",
];

test("markup in names, keys, notes, logs, files and tables stays text", async () => {
    for (const path of PAGES(run.name)) {
        const { page, problems } = await openPage(context, path);
        await page.waitForTimeout(1200);
        for (const frame of page.frames())
            assert.equal(await frame.evaluate(() => window.__ran).catch(() => undefined), undefined, path);
        assert.equal(await page.locator('img[src="x"]').count(), 0, path);
        assert.deepEqual(problems, [], path);
    }
});

test("charts and figures are drawn in a frame without an origin, from which nothing can be reached", async () => {
    for (const [path, drawn] of [
        ["/admin/hostile", '[data-panel="custom:chart"] .sandbox-chart[data-state="drawn"]'],
        ["/admin/scenes", '[data-panel="media:figure"] .sandbox-chart[data-state="drawn"]'],
    ]) {
        const { page, problems } = await openPage(context, path);
        await page.waitForSelector(drawn, { timeout: 30000 });
        const frames = page.frames().filter((f) => f.url().endsWith("/assets/frame.html"));
        assert.ok(frames.length > 0, path);
        for (const frame of frames) {
            assert.equal(await frame.evaluate(() => window.__ran), undefined, path);
            assert.equal(await frame.evaluate(() => window.origin), "null");
            assert.match(await frame.evaluate(() => fetch("/graphql").then(() => "sent", String)), /Failed to fetch|NetworkError/);
            assert.match(await frame.evaluate(() => { try { return String(parent.document); } catch (e) { return e.name; } }), /SecurityError/);
        }
        assert.deepEqual(problems.filter((p) => !/Content Security Policy|blocked by CORS|Fetch API cannot load/.test(p)), []);
    }
});

test("formulas run nothing and link nowhere", async () => {
    const { page, problems } = await openPage(context, `/admin/hostile/runs/${run.name}/overview`);
    await page.waitForSelector("math mfrac");
    assert.equal(await page.locator("math a, math [href]").count(), 0);
    assert.equal(await page.evaluate(() => window.__ran), undefined);
    assert.deepEqual(problems, []);
});

test("the hostile values are really there to be read", async () => {
    const { page } = await openPage(context, `/admin/hostile/runs/${run.name}/overview`);
    await page.getByText("<script>").first().waitFor();
    const links = await page.$$eval("a[href]", (all) => all.map((a) => a.getAttribute("href")));
    assert.ok(
        links.every((href) => !/^javascript:/i.test(href)),
        links.join(),
    );
});

test("hovering, editing and full screen show the same text and run nothing", async () => {
    const { page, problems } = await openPage(context, "/admin/hostile");
    await page.waitForSelector(".panel canvas");
    await page.locator(".u-over").first().hover();
    await page.waitForSelector(".cursor-card");
    await page.locator(".panel:has(.chart)").first().getByLabel("Edit panel").click();
    await page.waitForSelector(".drawer");
    await page.keyboard.press("Escape");
    await page.locator(".panel:has(.chart)").first().getByLabel("Full screen").click();
    await page.waitForSelector(".overlay canvas");
    assert.equal(await page.evaluate(() => window.__ran), undefined);
    assert.deepEqual(problems, []);
});

test("a logged page opened by itself has no origin and no script", async () => {
    const data = await context.request.post(`${base}/graphql`, {
        headers: { origin: base },
        data: {
            query: `{ project(name: "media", entityName: "admin") { run(name: "${media.name}") { files { edges { node { name url } } } } } }`,
        },
    });
    const files = (await data.json()).data.project.run.files.edges.map((e) => e.node);
    const url = files.find((f) => f.name.endsWith(".html")).url;
    const answer = await context.request.get(url);
    assert.match(answer.headers()["content-security-policy"] ?? "", /sandbox/);
    const { page } = await openPage(context, new URL(url).pathname);
    assert.equal(await page.evaluate(() => window.__ran), undefined);
});

/* What has no page of the list above: each shows something else that a run, a sweep or a report may say. */
async function otherPages() {
    const { project } = await graphql(
        '{ project(name: "hostile", entityName: "admin") { sweeps { edges { node { name } } } allViews(viewType: "runs") { edges { node { id } } } } }',
    );
    const sweep = `/admin/hostile/sweeps/${project.sweeps.edges[0].node.name}`;
    const artifact = `/admin/hostile/artifacts/${encodeURIComponent("data <b>set")}/hostile`;
    const files = ["drawn.svg", "page.xhtml", "notes.md", "code.py", "<img src=x onerror=window.__ran=1>.txt"];
    return [
        "/admin/hostile/sweeps", sweep, `${sweep}?tab=overview`, "/admin/hostile/reportlist",
        `/admin/hostile/reports/x--${project.allViews.edges[0].node.id.replace(/=+$/, "")}`,
        "/admin/hostile/artifacts", artifact, `${artifact}/v0/metadata`, `${artifact}/v0/files`, `${artifact}/v0/usage`, `${artifact}/v0/lineage`,
        ...files.map((name) => `/admin/hostile/runs/${run.name}/files/${encodeURIComponent(name)}`),
    ];
}

test("markup in sweeps, artifacts, reports and files of each kind stays text", { timeout: 120000 }, async () => {
    for (const path of await otherPages()) {
        const { page, problems } = await openPage(context, path);
        await page.waitForSelector("main:not([aria-busy]) h1, main:not([aria-busy]) h2, .run-page h1");
        await page.waitForTimeout(700);
        for (const frame of page.frames())
            assert.equal(await frame.evaluate(() => window.__ran).catch(() => undefined), undefined, path);
        assert.equal(await page.locator('img[src="x"]').count(), 0, path);
        const links = await page.$$eval("a[href]", (all) => all.map((a) => a.getAttribute("href")));
        assert.ok(links.every((href) => !/^javascript:/i.test(href)), path);
        assert.deepEqual(problems, [], path);
        await page.close();
    }
});

test("the page itself allows no inline script and nobody may frame it", async () => {
    const answer = await context.request.get(`${base}/admin/charts`);
    const policy = answer.headers()["content-security-policy"] ?? "";
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(await answer.text(), /<script(?![^>]*\bsrc=)/);
});
