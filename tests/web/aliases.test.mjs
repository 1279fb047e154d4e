/* Protected aliases and registries at work: made, described, linked into from a version's page, promoted, and who is offered what. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, graphql, key, openContext, openPage, until, withBrowser } from "./browser.mjs";

const at = withBrowser();
const VERSION = "/admin/shelved/artifacts/model/net/v1";

async function ask(path, body) {
    const headers = { authorization: `Basic ${Buffer.from(`api:${key}`).toString("base64")}`, "content-type": "application/json" };
    const response = await fetch(base + path, { method: "POST", headers, body: JSON.stringify(body) });
    assert.ok(response.ok, path);
    return response.json().catch(() => null);
}

/* An organisation of its own with a registry that protects "production", and somebody who may only link into it. */
async function makeShelf() {
    const stamp = Date.now();
    const [name, member] = [`guarded-${stamp}`, `linker-${stamp}`];
    const made = await ask("/api/admin/users", { username: member });
    await ask("/api/admin/organizations", { name, admins: ["admin"], members: [member] });
    const input = { entityName: name, name: "wandb-registry-shelf", access: "PRIVATE", allowAllArtifactTypesInRegistry: true };
    const { upsertModel } = await graphql("mutation($input: UpsertModelInput!) { upsertModel(input: $input) { project { id } } }", { input });
    return { name, id: upsertModel.project.id, memberKey: made.key };
}

const collectionOf = (shelf) => `/orgs/${shelf.name}/registry/shelf?selectionPath=${shelf.name}%2Fwandb-registry-shelf%2Fnet&view=membership`;

/* What the page said when the server was asked. */
const answered = (page, word) => page.waitForResponse((r) => r.url().endsWith("/graphql") && r.request().postData().includes(word));

test("an alias is protected, a version linked and promoted, all on the page", { timeout: 120000 }, async () => {
    const shelf = await makeShelf();
    const { page, problems } = await openPage(at.context, `/orgs/${shelf.name}/registry/shelf`);
    const card = page.locator("section", { has: page.getByRole("heading", { name: "Protected aliases" }) });
    await card.getByRole("textbox").fill("production");
    await page.keyboard.press("Enter");
    await card.getByRole("img", { name: "Protected" }).waitFor();
    await page.goto(base + VERSION);
    await page.getByRole("button", { name: "Link to a registry" }).click();
    await page.getByRole("combobox", { name: "Registry" }).selectOption(`${shelf.name}/shelf`);
    await page.getByRole("textbox", { name: "Aliases" }).fill("production, good");
    await page.getByRole("button", { name: "Link", exact: true }).click();
    /* The same name there and here: each has aliases of its own. */
    const there = page.getByRole("link", { name: `${shelf.name}/shelf/net:v0` });
    await there.waitFor();
    await page.goto(base + VERSION);
    await page.getByRole("heading", { name: "net:v1" }).waitFor();
    assert.deepEqual(await page.locator(".run-body > .chips .clip").allTextContents(), ["latest"]);
    await there.click();
    const row = page.getByRole("row", { name: /v0/ });
    await row.locator(".chip", { hasText: "production" }).getByRole("img", { name: "Protected" }).waitFor();
    await row.getByText("good").waitFor();
    const gone = answered(page, "PageDeleteAliases");
    await row.getByRole("button", { name: "Remove: production" }).click();
    await gone;
    await row.locator(".chip", { hasText: "production" }).waitFor({ state: "detached" });
    assert.deepEqual(problems, []);
});

test("who does not administer a registry sees the lock, and is not offered the alias", { timeout: 120000 }, async () => {
    const shelf = await makeShelf();
    await graphql("mutation($input: UpdateProtectedAliasesInput!) { updateProtectedAliases(input: $input) { project { id } } }", { input: { projectId: shelf.id, aliasesToAdd: ["production"] } });
    const source = await graphql('{ project(name: "shelved", entityName: "admin") { artifact(name: "net:v1") { id } } }');
    const link = { artifactID: source.project.artifact.id, entityName: shelf.name, projectName: "wandb-registry-shelf", artifactPortfolioName: "net", aliases: [{ alias: "production" }] };
    await graphql("mutation($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }", { input: link });
    const context = await openContext(at.browser, { ofKey: shelf.memberKey });
    const { page, problems } = await openPage(context, collectionOf(shelf));
    const row = page.getByRole("row", { name: /v0/ });
    await row.getByRole("img", { name: "Protected" }).waitFor();
    await row.getByText("A project closed to you").waitFor();
    assert.equal(await row.getByRole("button", { name: "Remove: production" }).count(), 0);
    assert.equal(await row.getByRole("button", { name: "Unlink: v0" }).count(), 0);
    await row.getByRole("button", { name: "Remove: latest" }).waitFor();
    await row.getByRole("textbox").fill("staging");
    await page.keyboard.press("Enter");
    await row.locator(".chip", { hasText: "staging" }).waitFor();
    /* What is linked from a project that is closed to them opens, with its files, and the server's own refusal is shown. */
    await page.getByRole("link", { name: "v0", exact: true }).click();
    await page.getByRole("heading", { name: "net:v0" }).waitFor();
    await page.getByText("Full name").waitFor();
    assert.equal(await page.getByRole("button", { name: "Edit: Description" }).count(), 0);
    await page.getByRole("link", { name: "Files", exact: true }).click();
    const file = page.getByRole("link", { name: /Download: / }).first();
    await file.waitFor();
    const bytes = await context.request.get(new URL(await file.getAttribute("href"), base).href);
    assert.equal(bytes.status(), 200);
    assert.ok((await bytes.body()).length > 0);
    assert.deepEqual(problems, []);
    await page.getByRole("navigation", { name: "Registry" }).getByRole("link", { name: "shelf" }).click();
    const card = page.locator("section", { has: page.getByRole("heading", { name: "Protected aliases" }) });
    await card.getByText("production").waitFor();
    assert.equal(await card.getByRole("textbox").count() + (await card.getByRole("button").count()), 0);
});

test("a registry and its collections are described, tagged, searched, limited and deleted", { timeout: 120000 }, async () => {
    const shelf = await makeShelf();
    const source = await graphql('{ project(name: "shelved", entityName: "admin") { artifact(name: "net:v0") { id } } }');
    for (const collection of ["net", "b", "c", "d", "e"]) {
        const link = { artifactID: source.project.artifact.id, entityName: shelf.name, projectName: "wandb-registry-shelf", artifactPortfolioName: collection };
        await graphql("mutation($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }", { input: link });
    }
    const { page, problems } = await openPage(at.context, `/orgs/${shelf.name}/registry/shelf`);
    await page.getByRole("textbox", { name: "Search collections" }).fill("net");
    await page.getByRole("link", { name: "d", exact: true }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "net", exact: true }).click();
    await page.getByRole("button", { name: "Delete this collection" }).waitFor(); /* the registry itself has a description too */
    await page.getByRole("button", { name: "Edit: Description" }).click();
    await page.getByLabel("Description", { exact: true }).fill("what **serves**");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".markdown strong", { hasText: "serves" }).waitFor();
    await page.getByPlaceholder("Add a tag").fill("vision");
    await page.keyboard.press("Enter");
    await page.locator(".chip", { hasText: "vision" }).waitFor();
    await page.getByRole("button", { name: "Delete this collection" }).click();
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByRole("link", { name: "d", exact: true }).waitFor();
    await page.getByRole("link", { name: "net", exact: true }).waitFor({ state: "detached" });
    await page.getByLabel("Takes artifacts of any type").uncheck();
    await page.getByLabel("Add a type").fill("dataset");
    await page.keyboard.press("Enter");
    await page.locator(".chip", { hasText: "dataset" }).waitFor();
    await page.getByRole("button", { name: "Delete this registry" }).click();
    await page.getByRole("button", { name: "OK" }).click();
    await page.waitForURL(`**/orgs/${shelf.name}/registry`);
    await page.getByText("No registries yet.").waitFor();
    assert.deepEqual(problems, []);
});

test("a key says when it was last used", { timeout: 60000 }, async () => {
    const rows = async () => {
        const { page } = await openPage(at.context, "/settings");
        const row = page.getByRole("row", { name: new RegExp(`^${key.slice(0, 6)}`) });
        await row.waitFor();
        const text = await row.innerText();
        await page.close();
        return text;
    };
    assert.ok(!(await until(rows, (text) => !text.includes("No use noted"))).includes("No use noted"));
});
