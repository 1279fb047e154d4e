/* Dark and light, three languages, keyboard, log-in and log-out. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, colouredPixels, graphql, key, openContext, openPage, withBrowser } from "./browser.mjs";

const at = withBrowser();

const brightness = (page) =>
    page.evaluate(() => {
        const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
        return (r + g + b) / 3;
    });

test("the page follows the system's choice of dark and light", async () => {
    const context = await openContext(at.browser, { colorScheme: "dark" });
    const { page } = await openPage(context, "/admin/charts");
    assert.ok((await colouredPixels(page, '[data-panel="line:train/loss"] canvas')) > 300);
    assert.ok((await brightness(page)) < 60);
    await page.emulateMedia({ colorScheme: "light" });
    await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
    assert.ok((await brightness(page)) > 200);
});

for (const [locale, language, word] of [
    ["en-GB", "en", "Add panels"],
    ["ja-JP", "ja", "パネルを追加"],
    ["ko-KR", "ko", "패널 추가"],
]) {
    test(`the page speaks ${language}`, async () => {
        const context = await openContext(at.browser, { locale });
        const { page, problems } = await openPage(context, "/admin/charts");
        await page.getByText(word).waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.lang), language);
        assert.doesNotMatch(await page.textContent("#app"), /\{\w+\}/);
        assert.deepEqual(problems, []);
    });
}

test("a stranger is led to the log-in page and back", async () => {
    const context = await openContext(at.browser, {}, true);
    const { page } = await openPage(context, "/authorize");
    await page.waitForURL("**/login?next=%2Fauthorize");
    await page.getByLabel("Password or API key").fill("wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("Name and password do not match.").waitFor();
    await page.getByLabel("Password or API key").fill(key);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.waitForURL("**/authorize");
    assert.equal(await page.evaluate(() => document.cookie), "", "no script may read the session");
});

test("the log-in page leads nowhere else", async () => {
    for (const next of ["https://example.invalid/", "//example.invalid/", "/\\example.invalid"]) {
        const context = await openContext(at.browser, {}, true);
        const { page } = await openPage(context, `/login?next=${encodeURIComponent(next)}`);
        await page.getByLabel("Password or API key").fill(key);
        await page.getByRole("button", { name: "Log in" }).click();
        await page.waitForURL(`${base}/`);
    }
});

test("a key is shown once and works", async () => {
    const context = await openContext(at.browser);
    const { page, problems } = await openPage(context, "/authorize");
    const purpose = `a test ${Date.now()}`;
    await page.getByLabel("What it is for").fill(purpose);
    await page.getByRole("button", { name: "Make a key" }).click();
    const made = await page.getByLabel("Your new API key").inputValue();
    assert.ok(made.length >= 40);
    const answer = await fetch(`${base}/graphql`, {
        method: "POST",
        headers: {
            "content-type": "application/json",
            authorization: `Basic ${Buffer.from(`api:${made}`).toString("base64")}`,
        },
        body: JSON.stringify({ query: "{ viewer { username } }" }),
    });
    assert.equal((await answer.json()).data.viewer.username, "admin");
    await page.goto(`${base}/settings`);
    await page.getByText(purpose).waitFor();
    assert.doesNotMatch(await page.content(), new RegExp(made));
    assert.deepEqual(problems, []);
});

test("logging out ends the session", async () => {
    const context = await openContext(at.browser);
    const { page } = await openPage(context, "/");
    await page.getByRole("button", { name: "admin" }).click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.waitForURL("**/login");
    await page.goto(`${base}/settings`);
    await page.waitForURL("**/login?next=%2Fsettings");
});

test("renaming a run in its page reaches the server", async () => {
    const context = await openContext(at.browser);
    const find = async () =>
        (
            await graphql(
                '{ project(name: "media", entityName: "admin") { runs { edges { node { name displayName } } } } }',
            )
        ).project.runs.edges[0].node;
    const run = await find();
    const { page } = await openPage(context, `/admin/media/runs/${run.name}/overview`);
    await page.getByRole("button", { name: /^Rename/ }).click();
    await page.getByRole("textbox", { name: "Rename" }).fill("renamed");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "renamed" }).waitFor();
    assert.equal((await find()).displayName, "renamed");
});

test("everything that can be clicked has a name and can be reached by keyboard", async () => {
    const context = await openContext(at.browser);
    for (const path of ["/", "/admin/charts", "/admin/charts/table", "/settings"]) {
        const { page } = await openPage(context, path);
        await page.waitForTimeout(1200);
        const nameless = await page.$$eval("button, a[href], input:not([type=hidden]), select, textarea", (all) =>
            all
                .filter((e) => {
                    const label = e.closest("label")?.textContent ?? "";
                    return (
                        (
                            e.textContent +
                            label +
                            (e.getAttribute("aria-label") ?? "") +
                            (e.getAttribute("placeholder") ?? "")
                        ).trim() === ""
                    );
                })
                .map((e) => e.outerHTML.slice(0, 120)),
        );
        assert.deepEqual(nameless, [], path);
    }
    const { page } = await openPage(context, "/admin/charts");
    await page.getByLabel("Search runs").focus();
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), "BODY");
});
