/* What is deleted is gone at once and comes back: with undo, from the project's trash, and from the storage page. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { graphql, openPage, withBrowser } from "./browser.mjs";

const at = withBrowser();

const makeRun = (name) =>
    graphql("mutation($name: String) { upsertBucket(input: { entityName: \"admin\", modelName: \"bin\", name: $name, displayName: $name }) { bucket { id } } }", { name });
const countRuns = async () => (await graphql('{ project(name: "bin", entityName: "admin") { runCount } }')).project.runCount;

test("a deleted run is gone at once, and comes back with undo", { timeout: 60000 }, async () => {
    await makeRun("doomed");
    await makeRun("kept");
    const before = await countRuns();
    const { page, problems } = await openPage(at.context, "/admin/bin");
    const row = page.locator(".sidebar").getByText("doomed");
    await row.waitFor();
    await row.hover();
    await page.getByLabel("More: doomed").click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await row.waitFor({ state: "detached" });
    await page.getByText("1 runs deleted.").waitFor();
    assert.equal(await countRuns(), before - 1, "the server has deleted it, whatever becomes of the page");
    await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
    await row.waitFor();
    assert.equal(await countRuns(), before);
    assert.deepEqual(problems, []);
});

test("the storage page says what each project holds, the largest first", async () => {
    const { page, problems } = await openPage(at.context, "/settings/storage");
    const rows = page.getByRole("region", { name: "admin" }).getByRole("table", { name: "Projects" }).getByRole("row");
    await rows.first().waitFor();
    const shown = await rows.evaluateAll((list) => list.map((row) => row.querySelector("a").textContent));
    const { edges } = (await graphql('{ entity(name: "admin") { projects(first: 1000) { edges { node { name storageBytes } } } } }')).entity.projects;
    const bytes = new Map(edges.map(({ node }) => [node.name, Number(node.storageBytes)]));
    const sizes = shown.map((name) => bytes.get(name));
    assert.ok(sizes.length >= 2 && sizes[0] > 0, `${shown}`);
    assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
    assert.deepEqual(problems, []);
});

test("the overview of the project and the storage page bring back what was deleted", { timeout: 60000 }, async () => {
    for (const path of ["/admin/bin/overview", "/settings/storage"]) {
        const name = path.startsWith("/settings") ? "second" : "first";
        const { id } = (await makeRun(name)).upsertBucket.bucket;
        await graphql("mutation($id: ID!) { deleteRun(input: { id: $id }) { clientMutationId } }", { id });
        const { page, problems } = await openPage(at.context, path);
        const before = await countRuns();
        await page.getByRole("button", { name: `Restore: ${name}` }).click();
        await page.getByText(`${name} is back.`).waitFor();
        await page.getByRole("button", { name: `Restore: ${name}` }).waitFor({ state: "detached" });
        assert.equal(await countRuns(), before + 1);
        assert.deepEqual(problems, [], path);
    }
});
