/* Settings, teams and people: what people change about themselves and each other. And that these pages fit a narrow window. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { answer, base, graphql, key, openBrowser, openContext, openPage, until } from "./browser.mjs";

const headers = { "content-type": "application/json", authorization: `Basic ${Buffer.from(`api:${key}`).toString("base64")}` };
const logsIn = async (username, password) =>
    (await fetch(`${base}/api/session`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username, password }) })).status;
const membersOf = async (name) => {
    const { entity } = await graphql("query($n: String!) { entity(name: $n) { members { username role } } }", { n: name });
    return Object.fromEntries(entity.members.map((m) => [m.username, m.role]));
};

let browser;
let admin;
let person;
before(async () => {
    browser = await openBrowser();
    admin = await openContext(browser);
    const made = await fetch(`${base}/api/admin/users`, { method: "POST", headers, body: JSON.stringify({ username: "settler" }) });
    person = await openContext(browser, { ofKey: (await made.json()).key });
});
after(() => browser.close());

test("people choose a password of their own, and need the old one for another", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(person, "/settings");
    const change = async (current, wanted) => {
        await page.getByLabel("Current password").fill(current);
        await page.getByLabel("New password").fill(wanted);
        await page.getByRole("button", { name: "Change password" }).click();
    };
    await change("", "first horse");
    await page.getByText("The password is changed").waitFor();
    assert.equal(await logsIn("settler", "first horse"), 204);
    await page.reload();
    await page.getByRole("heading", { name: "Password" }).waitFor(); /* still logged in here */
    assert.deepEqual(problems, []);
    await change("no such horse", "second horse");
    await page.getByText("the current password is not right").waitFor();
    assert.equal(await logsIn("settler", "second horse"), 401);
});

test("whoever makes a team invites people to it and gives them roles", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(person, "/settings");
    await page.getByRole("button", { name: "New team" }).click();
    await answer(page, "settlers");
    await page.waitForURL("**/settlers");
    await page.getByLabel("User name or e-mail address").fill("admin");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByLabel("Role: admin").selectOption("viewer");
    assert.deepEqual(await until(() => membersOf("settlers"), (m) => m.admin === "viewer"), { admin: "viewer", settler: "admin" });
    await page.getByRole("button", { name: "Remove: admin" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "OK" }).click();
    await page.getByLabel("Role: admin").waitFor({ state: "detached" });
    assert.deepEqual(Object.keys(await membersOf("settlers")), ["settler"]);
    assert.deepEqual(problems, []);
});

test("an administrator gives people passwords and keys", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(admin, "/settings/people");
    await page.getByLabel("More: settler").click();
    await page.getByRole("menuitem", { name: "Set password" }).click();
    await answer(page, "third horse");
    await page.getByText("settler logs in with the new password").waitFor();
    assert.equal(await logsIn("settler", "third horse"), 204);
    await page.getByLabel("More: settler").click();
    await page.getByRole("menuitem", { name: "New key" }).click();
    await page.getByText("Copy it now").waitFor();
    assert.deepEqual(problems, []);
});

test("a narrow window shows pages without scrolling sideways", { timeout: 60000 }, async () => {
    const narrow = await openContext(browser, { viewport: { width: 420, height: 800 } });
    for (const [path, text] of [["/", "Projects"], ["/settings", "Password"], ["/settings/people", "Users"], ["/admin/charts/overview", "Compute time"], ["/admin/watched/automations", "Webhooks"]]) {
        const { page } = await openPage(narrow, path);
        await page.getByText(text).first().waitFor();
        const [whole, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        assert.ok(whole <= shown, `${path}: ${whole} of ${shown}`);
    }
});

test("a page whose files are gone says so, and is there once they are", { timeout: 60000 }, async () => {
    const context = await openContext(browser);
    const { page } = await openPage(context, "/");
    await page.getByRole("heading", { name: "Projects" }).waitFor();
    await context.route("**/assets/storage-*.js", (route) => route.abort());
    await context.route("**/healthz", (route) => route.abort()); /* it would not wait for the button */
    await page.getByRole("button", { name: "admin" }).click();
    await page.getByRole("menuitem", { name: "Storage and trash" }).click();
    await page.getByText("The server cannot be reached").waitFor();
    await context.unroute("**/assets/storage-*.js");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Storage and trash" }).waitFor();
});
