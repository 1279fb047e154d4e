/* The registries of an organisation: listed, opened, versions with aliases, members. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, graphql, key, openContext, openPage, withBrowser } from "./browser.mjs";

const MODELS = "/orgs/observatory/registry/models";

const at = withBrowser();

test("registries are listed, and one opens with its collections and how to link", async () => {
    const { page, problems } = await openPage(at.context, "/registry");
    await page.getByText("what is served").waitFor();
    await page.getByRole("link", { name: "models", exact: true }).click();
    await page.waitForURL(`**${MODELS}`);
    await page.getByRole("link", { name: "forecast", exact: true }).waitFor();
    await page.getByText('"observatory/wandb-registry-models/COLLECTION"').waitFor();
    assert.deepEqual(problems, []);
});

test("a collection shows its versions, where they came from, and changes their aliases", async () => {
    /* As the official client writes the address of a linked version. */
    const { page, problems } = await openPage(at.context, `${MODELS}?selectionPath=observatory%2Fwandb-registry-models%2Fforecast&view=membership&version=v0`);
    const row = page.getByRole("row", { name: /v0/ });
    await row.getByText("production").waitFor();
    await row.getByRole("link", { name: "admin/shelved/net:v0" }).waitFor();
    const saved = page.waitForResponse((r) => r.url().endsWith("/graphql") && r.request().postData().includes("mutation"));
    const alias = `chosen-${Date.now()}`;
    await row.getByRole("textbox").fill(alias);
    await page.keyboard.press("Enter");
    await saved;
    await page.reload();
    await page.getByRole("row", { name: /v0/ }).getByText(alias).waitFor();
    await page.getByRole("link", { name: "v0", exact: true }).click();
    await page.getByRole("heading", { name: "forecast:v0" }).waitFor();
    assert.deepEqual(problems, []);
});

test("a link to a model without its type leads to the model", async () => {
    const { page, problems } = await openPage(at.context, "/admin/registry/model?selectionPath=admin%2Fshelved%2Fnet&view=membership&version=v1");
    await page.waitForURL("**/admin/shelved/artifacts/model/net/v1");
    await page.getByRole("heading", { name: "net:v1" }).waitFor();
    assert.deepEqual(problems, []);
});

test("a registry is made from the page, and an unknown one is a clear page", async () => {
    const { page, problems } = await openPage(at.context, "/orgs/observatory/registry");
    await page.getByRole("button", { name: "New registry" }).click();
    const name = `charts-${Date.now()}`;
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Only for its own members").check();
    await page.locator("form").getByRole("button", { name: "New registry" }).click();
    await page.waitForURL(`**/orgs/observatory/registry/${name}`);
    await page.getByText("Nothing has been linked into this registry yet.").waitFor();
    assert.deepEqual(problems, []);
    const unknown = await openPage(at.context, "/orgs/observatory/registry/nothing");
    await unknown.page.getByText("There is nothing here").waitFor();
});

test("who does not administer a registry is told its members, and not offered to change them", { timeout: 90000 }, async () => {
    const ask = async (path, body) => {
        const headers = { authorization: `Basic ${Buffer.from(`api:${key}`).toString("base64")}`, "content-type": "application/json" };
        const response = await fetch(base + path, { method: "POST", headers, body: JSON.stringify(body) });
        assert.ok(response.ok, path);
        return response.json().catch(() => null);
    };
    const [member, viewer] = [`member-${Date.now()}`, `viewer-${Date.now()}`];
    const keys = {};
    for (const username of [member, viewer]) keys[username] = (await ask("/api/admin/users", { username })).key;
    const name = `shelves-${Date.now()}`;
    await ask("/api/admin/organizations", { name, admins: ["admin"], members: [member, viewer] });
    const input = { entityName: name, name: "wandb-registry-kept", access: "PRIVATE", allowAllArtifactTypesInRegistry: true };
    const made = await graphql("mutation($input: UpsertModelInput!) { upsertModel(input: $input) { project { id } } }", { input });
    const people = await graphql("query($name: String!) { organization(name: $name) { orgEntity { members { id username } } } }", { name });
    const userId = people.organization.orgEntity.members.find((m) => m.username === viewer).id;
    const projectId = made.upsertModel.project.id;
    await graphql("mutation($input: CreateProjectMembersInput!) { createProjectMembers(input: $input) { success } }", { input: { projectId, userIds: [userId], teamIds: [] } });
    await graphql("mutation($input: UpdateProjectMemberInput!) { updateProjectMember(input: $input) { success } }", { input: { projectId, userId, userProjectRole: "viewer" } });
    for (const [ofKey, hasMembers] of [[key, true], [keys[member], false], [keys[viewer], false]]) {
        const context = await openContext(at.browser, { ofKey });
        const { page, problems } = await openPage(context, `/orgs/${name}/registry/kept`);
        const card = page.locator("section", { has: page.getByRole("heading", { name: "Members" }) });
        await card.getByText(viewer).first().waitFor();
        assert.equal(await card.getByRole("button", { name: `Remove: ${viewer}` }).count(), Number(hasMembers));
        assert.equal((await card.getByRole("combobox").count()) > 0, hasMembers);
        assert.deepEqual(problems, []);
    }
});

test("a version is described, tagged, and kept for a while", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(at.context, "/admin/artifacts/artifacts/dataset/numbers/v0");
    await page.locator(".markdown strong", { hasText: "bold" }).waitFor();
    const word = `checked-${Date.now()}`;
    const describe = async (text) => {
        await page.getByRole("button", { name: "Edit: Description" }).click();
        await page.getByLabel("Description", { exact: true }).fill(text);
        await page.getByRole("button", { name: "Save" }).click();
    };
    await describe(`*new* words, ${word}`);
    await page.locator(".markdown", { hasText: word }).locator("em", { hasText: "new" }).waitFor();
    await describe("some **bold** words");
    await page.locator(".markdown strong", { hasText: "bold" }).waitFor();
    await page.getByPlaceholder("Add a tag").fill(word);
    await page.keyboard.press("Enter");
    await page.locator(".chip", { hasText: word }).waitFor();
    const kept = page.getByLabel("Kept");
    const days = (await kept.inputValue()) === String(30 * 24 * 3600) ? 90 : 30;
    const saved = page.waitForResponse((r) => r.url().endsWith("/graphql") && r.request().postData().includes("PageChangeArtifact"));
    await kept.selectOption(`${days} days`);
    await saved;
    await page.reload();
    await page.locator(".chip", { hasText: word }).waitFor();
    await page.getByText(/^until /).waitFor();
    assert.equal(await kept.inputValue(), String(days * 24 * 3600));
    assert.deepEqual(problems, []);
});
