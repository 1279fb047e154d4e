/* Every page opens, shows what was logged, and complains about nothing. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { base, colouredPixels, graphql, openBrowser, openContext, openPage, runsOf, until } from "./browser.mjs";

let browser;
let context;
let run;

before(async () => {
    browser = await openBrowser();
    run = (await runsOf("charts"))[0];
});
/* A context of its own for each test: what one keeps in the browser another must not see. */
beforeEach(async () => (context = await openContext(browser)));
afterEach(() => context.close());
after(() => browser.close());

async function opens(path, text) {
    const { page, problems } = await openPage(context, path);
    await page.getByText(text).first().waitFor({ timeout: 10000 });
    await page.waitForTimeout(300);
    assert.deepEqual(problems, [], path);
    return page;
}

test("home lists the projects", async () => {
    const page = await opens("/", "Projects");
    for (const project of ["charts", "hostile", "media"]) {
        await page.getByLabel("Search projects").fill(project); /* other tests make projects too, which came later */
        await page.locator(`a[href="/admin/${project}"]`).waitFor();
    }
});

test("links between pages do not load the page anew", async () => {
    const { page } = await openPage(context, "/");
    await page.evaluate(() => (window.isSame = true));
    await page.getByLabel("Search projects").fill("charts");
    await page.getByRole("link", { name: "kept", exact: true }).first().waitFor({ state: "detached" }); /* the rows stand where they will be clicked */
    await page.getByRole("link", { name: "charts", exact: true }).click();
    await page.waitForURL("**/admin/charts");
    assert.equal(await page.evaluate(() => window.isSame), true);
});

test("the workspace draws coloured lines in sections by prefix", async () => {
    const page = await opens("/admin/charts", "run-3");
    for (const panel of ["line:train/loss", "line:spike"])
        assert.ok((await colouredPixels(page, `[data-panel="${panel}"] canvas`)) > 300, panel);
    const headings = await page.locator(".section-head h2").allTextContents();
    for (const name of ["Charts", "train", "layers/0", "System"])
        assert.ok(headings.includes(name), `${name} in ${headings}`);
});

test("a spike of one step reaches the top of its chart", async () => {
    const page = await opens("/admin/charts", "run-3");
    await page.waitForSelector('[data-panel="line:spike"] canvas');
    const highestColoured = () =>
        page.$eval('[data-panel="line:spike"] canvas', (canvas) => {
            const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const at = data.findIndex(
                (v, i) =>
                    i % 4 === 3 &&
                    v > 60 &&
                    Math.max(data[i - 3], data[i - 2], data[i - 1]) -
                        Math.min(data[i - 3], data[i - 2], data[i - 1]) >
                        12,
            );
            return at < 0 ? 1 : Math.floor(at / 4 / width) / canvas.height;
        });
    const highest = await until(highestColoured, (share) => share < 0.2);
    assert.ok(highest < 0.2, `highest coloured pixel at ${highest} of the height`);
});

test("the step metric that define_metric names is the x axis", async () => {
    const page = await context.newPage();
    const asked = page.waitForRequest(
        (r) => r.url().endsWith("/api/history/buckets") && r.postDataJSON().keys.includes("val/accuracy"),
    );
    await page.goto(`${base}/admin/charts`);
    await page.locator('[aria-label="val"]').first().scrollIntoViewIfNeeded();
    assert.equal((await asked).postDataJSON().x, "epoch");
});

test("searching runs narrows the list and the charts", async () => {
    const page = await opens("/admin/charts", "run-3");
    await page.getByLabel("Search runs").fill("RUN-2");
    await page.waitForFunction(() => document.querySelectorAll(".sidebar .run-row").length === 1);
    await page.waitForFunction(
        () => document.querySelectorAll('[data-panel="line:spike"] .legend-item').length === 1,
    );
});

test("the filter builder asks the server", async () => {
    const page = await opens("/admin/charts", "run-3");
    await page.getByLabel("Filter").click();
    await page.getByText("Add a condition").click();
    await page.getByLabel("Column", { exact: true }).fill("config.optimizer");
    await page.getByLabel("Value", { exact: true }).fill("adam");
    await page.waitForFunction(() => document.querySelectorAll(".sidebar .run-row").length === 2);
});

test("grouping draws one line for each group", async () => {
    const page = await opens("/admin/charts", "run-3");
    await page.getByLabel("Group", { exact: true }).click();
    await page.getByLabel("Group by…").selectOption("group");
    await page.waitForFunction(
        () => document.querySelectorAll('[data-panel="line:spike"] .legend-item').length === 2,
    );
    assert.equal(await page.locator(".run-row.is-group").count(), 2);
});

test("dragging over a chart asks for finer buckets, a double click gives all back", async () => {
    const page = await opens("/admin/charts", "run-3");
    const over = page.locator('[data-panel="line:train/loss"] .u-over');
    const box = await over.boundingBox();
    const asked = page.waitForRequest(
        (r) => r.url().endsWith("/api/history/buckets") && r.postDataJSON().min !== null,
    );
    await page.mouse.move(box.x + box.width * 0.4, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 55, { steps: 5 });
    await page.mouse.up();
    const { min, max } = (await asked).postDataJSON();
    assert.ok(min > 1000 && max < 2000, `${min} to ${max}`);
    await over.dblclick();
    await page.waitForFunction(() => document.querySelectorAll(".panel").length > 3);
});

test("changes of the layout are kept, undone and done again", async () => {
    const page = await opens("/admin/charts", "run-3");
    const panel = page.locator('[data-panel="line:odd"]');
    await panel.hover();
    await panel.getByLabel("More").click();
    await page.getByText("Remove panel").click();
    await panel.waitFor({ state: "detached" });
    await page.waitForTimeout(700);
    await page.reload();
    await page.waitForSelector('[data-panel="line:spike"] canvas');
    assert.equal(await panel.count(), 0);
    await page.getByLabel("Add panels").or(page.getByText("Add panels")).first().click();
    await page.getByText("+ odd").click();
    await panel.waitFor();
    await page.keyboard.press("Control+z");
    await panel.waitFor({ state: "detached" });
    await page.keyboard.press("Control+Shift+z");
    await panel.waitFor();
});

test("a link to one panel opens it in full", async () => {
    const { page, problems } = await openPage(
        context,
        "/admin/charts?panelDisplayName=train%2Floss&panelSectionName=train",
    );
    await page.waitForSelector(".overlay canvas");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".overlay", { state: "detached" });
    assert.deepEqual(problems, []);
});

test("the run page shows charts, overview, logs, system and files", async () => {
    const at = `/admin/charts/runs/${run.name}`;
    const charts = await opens(at, run.displayName);
    assert.ok((await colouredPixels(charts, '[data-panel="line:train/loss"] canvas')) > 200);
    const overview = await opens(`${at}/overview`, "optimizer");
    await overview.getByText("model.layers").waitFor();
    const logs = await opens(`${at}/logs`, "red text");
    assert.equal(await logs.locator(".a-fg1").first().textContent(), "red text");
    await opens(`${at}/system`, "memory_percent");
    const files = await opens(`${at}/files`, "config.yaml");
    await files.getByRole("link", { name: "config.yaml", exact: true }).click();
    await files.getByText("optimizer").first().waitFor();
});

test("a long log is drawn only where it is seen, and a search goes to its lines", async () => {
    const page = await opens(`/admin/charts/runs/${run.name}/logs`, "red text");
    const rows = await page.locator(".log-row").count();
    assert.ok(rows > 20 && rows < 120, `${rows} rows are drawn`);
    await page.getByLabel("Search the log").fill("line 333");
    await page.locator(".log-row.is-hit", { hasText: "line 333" }).waitFor();
    await page.waitForFunction(() => document.querySelector(".log-lines").scrollTop > 3000);
});

test("pages that fill the window scroll inside", async () => {
    for (const path of ["/admin/charts", "/admin/charts/table", `/admin/charts/runs/${run.name}`]) {
        const { page } = await openPage(context, path);
        await page.waitForTimeout(1500);
        const [whole, shown] = await page.evaluate(() => [
            document.documentElement.scrollHeight,
            window.innerHeight,
        ]);
        assert.equal(whole, shown, path);
    }
});

test("Ctrl+K finds projects and runs", async () => {
    const page = await opens("/admin/charts", "run-3");
    await page.keyboard.press("Control+k");
    await page.getByLabel("Find projects, runs, sweeps, artifacts and reports").fill("run-1");
    await page.getByRole("option", { name: /^run-1 .*charts/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/runs/*");
    await page.getByRole("heading", { name: "run-1" }).waitFor();
});

test("Ctrl+K finds what other projects hold, and Enter waits for the answer", async () => {
    const page = await opens("/admin/charts", "run-3");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("corpus");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/admin/lineage/artifacts/dataset/corpus");
    await page.getByRole("heading", { name: "corpus" }).waitFor();
});

test("a run's header stays while its tabs change", async () => {
    const page = await opens(`/admin/charts/runs/${run.name}/overview`, "optimizer");
    await page.$eval(".run-title", (title) => (title.isSame = true));
    await page.getByRole("navigation", { name: "Parts of the run" }).getByRole("link", { name: "Logs" }).click();
    await page.getByText("red text").waitFor();
    assert.equal(await page.$eval(".run-title", (title) => title.isSame), true);
});

test("a patch and a script are shown in lines and colours", async () => {
    const kept = (await runsOf("kept"))[0];
    const page = await opens(`/admin/kept/runs/${kept.name}/code/diff.patch`, "rate = 0.25");
    assert.equal((await page.locator(".code-line.is-added").textContent()).trim(), "+rate = 0.25");
    assert.equal((await page.locator(".code-line.is-removed").textContent()).trim(), "-rate = 0.1");
    await page.getByRole("link", { name: "train.py" }).first().click();
    await page.locator(".code-word", { hasText: "import" }).first().waitFor();
});

test("pages of a project with an odd name, and of its group, are where the client says", async () => {
    const made = "mutation($p: String!, $g: String!) { upsertBucket(input: {entityName: \"admin\", modelName: $p, name: \"odd1\", displayName: \"odd run\", groupName: $g}) { inserted } }";
    for (const name of ["日本語 v1.2 a+b&c", "مشروع"]) {
        await graphql(made, { p: name, g: "a/b c" });
        const at = `/admin/${encodeURIComponent(name)}`;
        for (const more of ["", "/workspace", "/table", "/runs/odd1", "/groups/a%2Fb%20c", "/groups/a%2Fb%20c/workspace"]) await opens(at + more, "odd run");
        await opens(`${at}/jobs`, "Artifacts");
        await opens(`${at}/overview`, name);
    }
});

test("the runs table sorts on the server and shows config and summary", async () => {
    const page = await opens("/admin/charts/table", "run-0");
    await page.getByRole("columnheader", { name: "lr" }).getByRole("button", { name: "lr", exact: true }).click();
    /* Of 0.1, 0.01, 0.001 and 0.1 the smallest comes last. */
    await page.waitForFunction(() => {
        const rows = [...document.querySelectorAll(".grid-row")];
        return rows.length === 4 && rows[3].textContent.includes("0.001");
    });
});

test("media, tables, pages and histograms have panels of their own", async () => {
    const page = await opens("/admin/media", "first");
    await page.waitForSelector('[data-panel="media:page"] iframe[sandbox=""]');
    const picture = page.locator('[data-panel="media:picture"] img');
    await picture.waitFor();
    await page.waitForFunction(
        () => document.querySelector('[data-panel="media:picture"] img')?.naturalWidth === 64,
    );
    const charts = await opens("/admin/charts", "weights");
    await charts.waitForSelector('[data-panel="histogram:weights"] svg.plot rect');
});

test("artifacts are listed, and each version shows its files, use and origin", async () => {
    const page = await opens("/admin/artifacts/artifacts", "numbers");
    await page.getByRole("link", { name: "numbers", exact: true }).click();
    await page.getByText("best1").first().waitFor();
    assert.deepEqual(await page.locator(".version b").allTextContents(), ["v1", "v0"]);
    const at = "/admin/artifacts/artifacts/dataset/numbers/best0";
    await opens(at, "admin/artifacts/numbers:v0");
    await opens(`${at}/metadata`, "rows");
    await opens(`${at}/usage`, "use_artifact");
    const lineage = await opens(`${at}/lineage`, "maker");
    await lineage.getByRole("link", { name: /^user/ }).waitFor();
    const files = await opens(`${at}/files`, "folder");
    await files.getByRole("link", { name: "folder", exact: true }).click();
    await files.getByRole("link", { name: "data.txt", exact: true }).click();
    await files.getByText("number 0").waitFor();
    const maker = (await runsOf("artifacts"))[0];
    await opens(`/admin/artifacts/runs/${maker.name}/artifacts`, "numbers:v1");
});

test("an unknown address, project or run is a clear page", async () => {
    for (const path of ["/admin/nothing", "/admin/charts/runs/nothing", "/a/b/c/d/e/f"])
        await opens(path, "There is nothing here");
});

test("a page without chrome is there for notebooks", async () => {
    const { page } = await openPage(context, `/admin/charts/runs/${run.name}?jupyter=true`);
    await page.waitForSelector('[data-panel="line:train/loss"] canvas');
    assert.equal(await page.locator(".topbar").count(), 0);
});
