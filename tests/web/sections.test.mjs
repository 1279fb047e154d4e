/* Sections of a workspace: dragged, paged, added to; views that nobody else sees. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, graphql, openContext, openPage, until, withBrowser } from "./browser.mjs";
import { look, openWith } from "./looking.mjs";

const at = withBrowser();

const names = (page) => page.$$eval(".section", (list) => list.map((s) => s.getAttribute("aria-label")));

test("a section is dragged before another one, and to the end, and back by undo", async () => {
    const { page, problems } = await openPage(at.context, "/admin/charts");
    await page.locator('[data-panel="line:train/loss"] canvas').waitFor();
    const before = await names(page);
    const head = (name) => page.locator(`section[aria-label="${name}"] > .section-head`);
    await head("train").dragTo(head("Charts"));
    const dragged = await until(() => names(page), (list) => list[0] === "train");
    assert.deepEqual(dragged.slice(0, 3), ["train", "train/layers/0", "Charts"]);
    await page.locator(".sections-end").scrollIntoViewIfNeeded();
    await head("Charts").locator("button").first().click();
    await head("train").locator("button").first().click();
    await head("train").dragTo(page.locator(".sections-end"));
    const last = await until(() => names(page), (list) => list.at(-1).startsWith("train"));
    assert.deepEqual(last, ["Charts", "val", "System", "train"]);
    for (let i = 0; i < 4; i++) await page.keyboard.press("Control+z");
    assert.deepEqual(await until(() => names(page), (list) => list.join() === before.join()), before);
    assert.deepEqual(problems, []);
});

test("a section that shows one row at a time has pages", async () => {
    const panels = Array.from({ length: 7 }, (_, i) => ({ id: `t${i}`, kind: "text", text: `words ${i}` }));
    const { page } = await openWith(at.browser, "charts", panels);
    await page.getByText("words 6").waitFor();
    await page.locator(".section-head").first().hover();
    await page.getByRole("button", { name: "Layout: Test" }).click();
    await page.getByLabel("Panels side by side").selectOption("3");
    await page.getByLabel("Rows at once").selectOption("1");
    await page.keyboard.press("Escape");
    await page.getByText("1–3 of 7").waitFor();
    assert.equal(await page.locator(".panel").count(), 3);
    await page.getByRole("button", { name: "Next panels" }).click();
    await page.getByText("words 5").waitFor();
    await page.getByRole("button", { name: "Next panels" }).click();
    await page.getByText("7–7 of 7").waitFor();
    assert.equal(await page.getByRole("button", { name: "Next panels" }).isDisabled(), true);
});

test("panels are added to the section whose menu was used, and a section is made beside it", async () => {
    const { page } = await openWith(at.browser, "charts", [{ id: "t", kind: "text", text: "words" }]);
    await page.getByText("words").waitFor();
    const menu = async (item) => {
        await page.locator(".section-head").first().hover();
        await page.getByRole("button", { name: "More: Test" }).click();
        await page.getByRole("menuitem", { name: item }).click();
    };
    await menu("New section above");
    await answer(page, "Above");
    assert.deepEqual(await until(() => names(page), (list) => list.length === 2), ["Above", "Test"]);
    await page.locator(".section-head").nth(1).hover();
    await page.getByRole("button", { name: "More: Test" }).click();
    await page.getByRole("menuitem", { name: "Add panels here" }).click();
    await page.getByRole("dialog", { name: "Add panels" }).getByRole("button", { name: "Text", exact: true }).click();
    assert.equal(await until(() => page.locator('section[aria-label="Test"] .panel').count(), (n) => n === 2), 2);
});

test("a name is asked for over the page: Escape leaves it, Enter takes it, and the focus comes back", async () => {
    const { page, problems } = await openWith(at.browser, "charts", [{ id: "t", kind: "text", text: "words" }]);
    await page.getByText("words").waitFor();
    const more = page.getByRole("button", { name: /^More: (Test|Renamed)$/ });
    const ask = async () => {
        await page.locator(".section-head").first().hover();
        await more.click();
        await page.getByRole("menuitem", { name: "Rename section" }).click();
        const field = page.getByRole("dialog", { name: "Rename section" }).getByRole("textbox", { name: "Rename section" });
        await field.waitFor();
        return field;
    };
    const left = await ask();
    assert.equal(await left.inputValue(), "Test");
    await page.keyboard.type("Renamed");
    assert.equal(await left.inputValue(), "Renamed", "what was there is chosen, and the first key replaces it");
    await page.keyboard.press("Escape");
    await left.waitFor({ state: "detached" });
    assert.deepEqual(await names(page), ["Test"]);
    assert.equal(await more.evaluate((button) => button === document.activeElement), true);
    await ask();
    await page.keyboard.type("  Renamed ");
    await page.keyboard.press("Enter");
    assert.deepEqual(await until(() => names(page), (list) => list[0] === "Renamed"), ["Renamed"]);
    assert.deepEqual(problems, []);
});

test("a private view says so, and can be shared later", async () => {
    const { page } = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/code");
    await page.waitForSelector(".panel");
    const menu = page.locator(".workspace-head > button").first();
    await menu.click();
    await page.getByRole("menuitem", { name: "Save as a private view" }).click();
    await answer(page, "Only mine");
    await page.waitForURL(/nw=/);
    await menu.click();
    await page.getByRole("menuitemcheckbox", { name: "Only mine · admin · private" }).waitFor();
    await page.getByRole("menuitemcheckbox", { name: "Only I see this view" }).click();
    await menu.click();
    await page.getByRole("menuitemcheckbox", { name: "Only mine · admin", exact: true }).waitFor();
    await page.getByRole("menuitem", { name: "Delete this view" }).click();
    await page.locator("dialog.question").getByRole("button", { name: "OK" }).click();
    await page.waitForURL((url) => !url.search.includes("nw="));
});

test("a panel's frame for other pages shows the panel alone, to strangers", { timeout: 60000 }, async () => {
    const { page } = await openWith(at.browser, "charts", [{ id: "l", kind: "line", keys: ["train/loss"], title: "The loss" }]);
    await page.evaluate(() => (navigator.clipboard.writeText = async (text) => void (window.copied = text)));
    const panel = page.locator('[data-panel="l"]');
    await panel.locator("canvas").first().waitFor();
    await panel.hover();
    await panel.locator("header").getByLabel(/^More/).click();
    await page.getByRole("menuitem", { name: "Copy HTML for another page" }).click();
    await answer(page, "1");
    const html = await until(() => page.evaluate(() => window.copied ?? ""), (text) => text !== "");
    const address = /src="([^"]+)"/.exec(html)[1].replace(/&amp;/g, "&");
    const stranger = await openPage(await openContext(at.browser, { viewport: { width: 700, height: 420 } }, true), address.replace(/^https?:\/\/[^/]+/, ""));
    await stranger.page.getByRole("heading", { name: "The loss" }).waitFor();
    await stranger.page.locator(".panel.is-embedded canvas").first().waitFor();
    assert.equal(await stranger.page.locator(".topbar, .sidebar, .section").count(), 0);
    const drawn = () => look(at.eye, stranger.page.locator(".panel.is-embedded"));
    assert.ok((await until(drawn, (n) => n > 300)) > 300);
    assert.deepEqual(stranger.problems, []);
});

test("a panel is moved by its menu, and its bell leads to an automation for its metric", async () => {
    const { page } = await openWith(at.browser, "charts", [
        { id: "a", kind: "line", keys: ["train/loss"] },
        { id: "b", kind: "text", text: "words" },
    ]);
    await page.getByText("words").waitFor();
    const order = () => page.$$eval(".panel", (list) => list.map((p) => p.dataset.panel).join());
    await page.locator('[data-panel="a"]').hover();
    await page.locator('[data-panel="a"] header').getByLabel(/^More/).click();
    await page.getByRole("menuitem", { name: "Move behind the next one" }).click();
    assert.equal(await until(order, (o) => o === "b,a"), "b,a");
    await page.locator('[data-panel="a"]').hover();
    await page.locator('[data-panel="a"]').getByRole("button", { name: "Make an automation for it" }).click();
    await page.waitForURL((url) => url.pathname.endsWith("/automations") && url.searchParams.get("metric") === "train/loss");
});

test("a run looks the same on its own page as in the workspace", async () => {
    const { page } = await openPage(await openContext(at.browser), "/admin/charts");
    const colorIn = (selector) => page.$eval(selector, (dot) => getComputedStyle(dot).backgroundColor);
    await page.locator(".run-row .dot").nth(2).waitFor();
    for (const at of [0, 1, 2]) {
        const color = await until(() => colorIn(`.virtual > * .run-row:nth-child(${at + 1}) .dot`).catch(() => ""), (c) => c !== "");
        const name = await page.locator(".run-row a").nth(at).textContent();
        await page.waitForFunction(() => Object.keys(localStorage).some((k) => k.startsWith("barograph.colors")));
        await page.locator(".run-row a").nth(at).click();
        await page.getByRole("heading", { name }).waitFor();
        assert.equal(await colorIn(".run-title .dot"), color);
        await page.goBack();
        await page.locator(".run-row .dot").nth(2).waitFor();
    }
});

test("somebody else's workspace is opened by its address, and not as one's own", async () => {
    await graphql("mutation($input: UpsertViewInput!) { upsertView(input: $input) { view { id } } }", {
        input: { entityName: "admin", projectName: "code", type: "project-view", name: "nw-somebody-w", displayName: "somebody", spec: "{}" },
    });
    const { page, problems } = await openPage(at.context, "/admin/code?nw=nwusersomebody");
    await page.locator(".view-name", { hasText: "somebody" }).waitFor();
    assert.equal(new URL(page.url()).searchParams.get("nw"), "nwusersomebody");
    assert.deepEqual(problems, []);
});

test("removed panels are named below the sections, and come back", async () => {
    const { page } = await openWith(at.browser, "charts", [{ id: "line:train/loss", kind: "line", keys: ["train/loss"] }]);
    await page.locator(".panel canvas").first().waitFor();
    await page.locator(".panel").hover();
    await page.locator(".panel header").getByLabel(/^More/).click();
    await page.getByRole("menuitem", { name: "Remove panel" }).click();
    await page.getByRole("button", { name: "Removed panels (1)" }).click();
    const drawer = page.getByRole("dialog", { name: "Add panels" });
    await drawer.getByText("Metrics that no panel shows").waitFor();
    await drawer.getByRole("button", { name: "+ train/loss" }).first().click();
    await page.locator(".panel canvas").first().waitFor();
    assert.equal(await page.getByRole("button", { name: /^Removed panels/ }).count(), 0);
});

test("the panels of open sections go into a report", async () => {
    const { page } = await openWith(at.browser, "charts", [{ id: "t", kind: "text", text: "words" }]);
    await page.getByText("words").waitFor();
    await page.locator(".workspace-head > button").first().click();
    await page.getByRole("menuitem", { name: "Add the panels of open sections to a report" }).click();
    await page.getByRole("dialog", { name: /report/i }).waitFor();
});
