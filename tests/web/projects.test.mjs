/* What is said of a project, who sees it, and its end; the same for a workspace without panels. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, base, graphql, key, openContext, openPage, until, withBrowser } from "./browser.mjs";

const at = withBrowser();

test("a project is described, shown to everybody, deleted, and found in the trash", { timeout: 90000 }, async () => {
    const name = `shortlived-${Date.now()}`;
    await graphql("mutation($n: String!) { upsertModel(input: { entityName: \"admin\", name: $n }) { project { id } } }", { n: name });
    const { page, problems } = await openPage(at.context, `/admin/${name}/overview`);
    await page.getByRole("button", { name: "Edit: About" }).click();
    await page.getByLabel("About", { exact: true }).fill('It is **short** <img src=x onerror="window.__ran=1">');
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".markdown strong", { hasText: "short" }).waitFor();
    await page.getByLabel("Seen by").selectOption("Everybody");
    const said = async () => (await graphql(`{ project(name: "${name}", entityName: "admin") { access description } }`)).project;
    for (const end = Date.now() + 20000; (await said()).access !== "USER_READ" && Date.now() < end; ) await page.waitForTimeout(100);
    assert.equal((await said()).access, "USER_READ");
    await page.goto(new URL("/", page.url()).href);
    await page.getByRole("row", { name }).getByText("Everybody").waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Delete the project" }).click();
    await answer(page, "something else");
    await page.getByRole("button", { name: "Delete the project" }).click();
    await answer(page, name);
    await page.waitForURL("**/admin");
    await page.goto(new URL("/settings/storage", page.url()).href);
    await page.getByText(name).first().waitFor();
    assert.equal(await page.evaluate(() => window.__ran), undefined);
    assert.deepEqual(problems, []);
});

test("all panels of a workspace go, and each can come back", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(await openContext(at.browser), "/admin/charts");
    await page.locator(".panel canvas").first().waitFor();
    await page.getByRole("button", { name: "My workspace" }).click();
    await page.getByRole("menuitem", { name: "Remove all panels" }).click();
    await page.locator(".panel").first().waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Add panels" }).click();
    await page.getByRole("button", { name: "+ train/loss" }).click();
    await page.locator('[data-panel="line:train/loss"] canvas').waitFor();
    assert.equal(await page.locator(".panel").count(), 1);
    await page.getByRole("dialog", { name: "Add panels" }).getByLabel("Close").click();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.locator('[data-panel="line:epoch"] canvas').waitFor();
    assert.deepEqual(problems, []);
});

test("who may only read a project finds nothing there to change", { timeout: 90000 }, async () => {
    const name = `read-only-${Date.now()}`;
    await graphql('mutation($n: String!) { upsertModel(input: { entityName: "admin", name: $n, access: "USER_READ" }) { project { id } } }', { n: name });
    await graphql('mutation($n: String!) { upsertBucket(input: { entityName: "admin", modelName: $n, name: "one", displayName: "first" }) { bucket { id } } }', { n: name });
    const headers = { authorization: `Basic ${Buffer.from(`api:${key}`).toString("base64")}`, "content-type": "application/json" };
    const answer = await fetch(`${base}/api/admin/users`, { method: "POST", headers, body: JSON.stringify({ username: `reader-${Date.now()}` }) });
    const reader = await openContext(at.browser, { ofKey: (await answer.json()).key });
    for (const [context, count] of [[at.context, 1], [reader, 0]]) {
        const { page, problems } = await openPage(context, `/admin/${name}/reportlist`);
        await page.getByRole("heading", { name: "Reports" }).waitFor();
        const makes = page.getByRole("button", { name: "New report" });
        assert.equal(await until(() => makes.count(), (found) => found === count), count);
        await page.goto(`${base}/admin/${name}/runs/one/overview`);
        await page.getByText("first").first().waitFor();
        const edits = page.getByRole("button", { name: /^Edit: / });
        assert.equal(await until(() => edits.count(), (found) => found > 0 === count > 0) > 0, count > 0);
        assert.deepEqual(problems, []);
    }
});

test("a project is renamed from its overview, and a run that is deleted while it is open says so", { timeout: 60000 }, async () => {
    const made = "mutation($p: String!) { upsertBucket(input: {entityName: \"admin\", modelName: $p, name: \"gone\", displayName: \"gone run\"}) { bucket { id } } }";
    await graphql(made, { p: "before" });
    const { page } = await openPage(at.context, "/admin/before/overview");
    await page.getByRole("button", { name: "Rename" }).click();
    await answer(page, "and after");
    await page.waitForURL("**/admin/and%20after/overview");
    await page.getByRole("heading", { name: "and after" }).waitFor();
    await page.goto(`${base}/admin/and%20after/runs/gone/overview`);
    await page.getByRole("heading", { name: "gone run" }).waitFor();
    const { project } = await graphql('{ project(name: "and after", entityName: "admin") { run(name: "gone") { id } } }');
    await graphql("mutation($id: ID!) { deleteRun(input: { id: $id }) { clientMutationId } }", { id: project.run.id });
    await page.getByText("There is nothing here").waitFor();
});
