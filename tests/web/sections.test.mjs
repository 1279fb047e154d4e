/* Sections of a workspace: dragged, paged, added to; views that nobody else sees. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openContext, openPage, until, withBrowser } from "./browser.mjs";
import { openWith } from "./looking.mjs";

const at = withBrowser();

const names = (page) => page.$$eval(".section", (list) => list.map((s) => s.getAttribute("aria-label")));
const answerPrompt = (page, text) => page.once("dialog", (d) => d.accept(text));

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
    answerPrompt(page, "Above");
    await menu("New section above");
    assert.deepEqual(await until(() => names(page), (list) => list.length === 2), ["Above", "Test"]);
    await page.locator(".section-head").nth(1).hover();
    await page.getByRole("button", { name: "More: Test" }).click();
    await page.getByRole("menuitem", { name: "Add panels here" }).click();
    await page.getByRole("dialog", { name: "Add panels" }).getByRole("button", { name: "Text", exact: true }).click();
    assert.equal(await until(() => page.locator('section[aria-label="Test"] .panel').count(), (n) => n === 2), 2);
});

test("a private view says so, and can be shared later", async () => {
    const { page } = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/code");
    await page.waitForSelector(".panel");
    const menu = page.locator(".workspace-head > button").first();
    await menu.click();
    answerPrompt(page, "Only mine");
    await page.getByRole("menuitem", { name: "Save as a private view" }).click();
    await page.waitForURL(/nw=/);
    await menu.click();
    await page.getByRole("menuitemcheckbox", { name: "Only mine · admin · private" }).waitFor();
    await page.getByRole("menuitemcheckbox", { name: "Only I see this view" }).click();
    await menu.click();
    await page.getByRole("menuitemcheckbox", { name: "Only mine · admin", exact: true }).waitFor();
    page.once("dialog", (d) => d.accept());
    await page.getByRole("menuitem", { name: "Delete this view" }).click();
    await page.waitForURL((url) => !url.search.includes("nw="));
});
