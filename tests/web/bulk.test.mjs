/* Every run that a filter finds is changed at once, however few of them the page has loaded. */

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { answer, graphql, openContext, openPage, until, withBrowser } from "./browser.mjs";

const at = withBrowser();
const PROJECT = "crowd";
const RUNS = 230; /* more than two pages of the list */

const upsert = "upsertBucket(input: { modelName: $p, entityName: $e, name: $n, state: \"finished\" }) { bucket { id } }";
before(async () => {
    for (let from = 0; from < RUNS; from += 50) {
        const some = Array.from({ length: Math.min(50, RUNS - from) }, (_, i) => from + i);
        const fields = some.map((i) => `a${i}: ${upsert.replace("$p", JSON.stringify(PROJECT)).replace("$e", '"admin"').replace("$n", `"r${i}"`)}`);
        await graphql(`mutation { ${fields.join(" ")} }`);
    }
});

const countOf = async (filters) =>
    (await graphql("query($f: JSONString) { project(name: \"crowd\", entityName: \"admin\") { runCount(filters: $f) } }", { f: JSON.stringify(filters) })).project.runCount;

const openTable = async () => {
    const opened = await openPage(await openContext(at.browser), `/admin/${PROJECT}/table`);
    await opened.page.locator(".grid-row").first().waitFor();
    return opened;
};
const chooseAll = (page) => page.getByRole("checkbox", { name: "Choose all runs that the filter finds" }).click();

test("all that the filter finds are tagged, without those taken out again, and untagged by undo", async () => {
    const { page, problems } = await openTable();
    await page.getByLabel("Search runs", { exact: true }).fill("r1");
    const found = await countOf({ name: { $regex: "r1" } });
    await page.getByText(`${found} of ${RUNS}`).waitFor();
    await chooseAll(page);
    await page.getByText(`${found} chosen`).waitFor();
    const spared = await page.locator(".grid-row .name-cell a").first().textContent();
    await page.getByRole("checkbox", { name: spared, exact: true }).click();
    await page.getByText(`${found - 1} chosen`).waitFor();
    await page.getByRole("button", { name: "Add tag" }).click();
    await answer(page, "many");
    await page.getByText(`${found - 1} runs changed.`).waitFor();
    assert.equal(await countOf({ tags: "many" }), found - 1);
    assert.equal(await countOf({ $and: [{ tags: "many" }, { name: spared }] }), 0);
    await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
    assert.equal(await until(() => countOf({ tags: "many" }), (n) => n === 0), 0);
    assert.deepEqual(problems, []);
});

test("all are deleted once somebody is sure, and all come back", async () => {
    const { page, problems } = await openTable();
    await chooseAll(page);
    await page.getByText(`${RUNS} chosen`).waitFor();
    await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
    await page.locator("dialog.question").getByText(`Delete ${RUNS} runs?`).waitFor();
    await page.locator("dialog.question").getByRole("button", { name: "OK" }).click();
    await page.getByText(`${RUNS} runs deleted.`).waitFor();
    assert.equal(await countOf({}), 0);
    await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
    assert.equal(await until(() => countOf({}), (n) => n === RUNS), RUNS);
    assert.deepEqual(problems, []);
});

test("what was chosen is let go when the filter changes", async () => {
    const { page } = await openTable();
    await chooseAll(page);
    await page.getByText(`${RUNS} chosen`).waitFor();
    await page.getByLabel("Search runs", { exact: true }).fill("r22");
    await page.getByText(`${RUNS} chosen`).waitFor({ state: "detached" });
    assert.equal(await page.locator(".bulk").count(), 0);
});

test("a group is chosen with all of its runs", async () => {
    const context = await openContext(at.browser);
    const view = { layout: {}, runs: { group: ["group"] } };
    await context.addInitScript((v) => localStorage.setItem("barograph.view.2/admin/admin/charts/", JSON.stringify({ view: v, version: 0, isSaved: false })), view);
    const { page, problems } = await openPage(context, "/admin/charts/table");
    await page.getByRole("checkbox", { name: "even", exact: true }).click();
    await page.getByText("2 chosen").waitFor();
    await page.getByRole("checkbox", { name: "odd", exact: true }).click();
    await page.getByText("4 chosen").waitFor();
    assert.deepEqual(problems, []);
});
