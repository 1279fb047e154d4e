/* Automations: what the official client made is shown, and the page makes, changes, pauses and deletes them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { agree, graphql, openContext, openPage, until, withBrowser } from "./browser.mjs";

const PATH = "/admin/watched/automations";

const at = withBrowser();

const filterOf = async (name) => {
    const data = await graphql('{ project(name: "watched", entityName: "admin") { triggers { name enabled triggeringCondition { ... on FilterEventTriggeringCondition { filter } } } } }');
    return data.project.triggers.find((each) => each.name === name);
};

test("automations of the official client and what they sent are listed", async () => {
    const { page, problems } = await openPage(at.context, PATH);
    await page.getByRole("row", { name: /on failure/ }).getByText("A run changes its state · Failed").waitFor();
    await page.getByRole("row", { name: /on low loss/ }).getByText("A metric passes a threshold · loss < 0.5").waitFor();
    await page.getByText("http://127.0.0.1:9/hook").first().waitFor();
    await page.getByRole("row", { name: /automation/ }).getByText(/Failed|Waiting/).first().waitFor();
    await page.setViewportSize({ width: 1200, height: 400 });
    const [paper, whole] = await page.evaluate(() => [document.body.offsetHeight, document.documentElement.scrollHeight]);
    assert.equal(paper, whole, "the page's paper reaches as far down as its contents");
    assert.deepEqual(problems, []);
});

test("an automation is made, edited, paused and deleted", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(at.context, PATH);
    await page.getByRole("button", { name: "New automation" }).click();
    const form = page.getByRole("form", { name: "New automation" });
    await form.getByLabel("Name").fill("on outlier");
    await form.getByLabel("When").selectOption("RUN_METRIC_ZSCORE");
    await form.getByRole("textbox", { name: "Metric" }).fill("loss");
    await form.getByLabel("Over how many values").fill("5");
    await form.getByLabel("Standard deviations").fill("3");
    await form.getByRole("button", { name: "Save" }).click();
    const row = page.getByRole("row", { name: /on outlier/ });
    await row.getByText("A metric is an outlier · loss · 3").waitFor();

    await row.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("form", { name: "on outlier" }).getByLabel("Standard deviations").fill("4");
    await page.getByRole("button", { name: "Save" }).click();
    await row.getByText("loss · 4").waitFor();
    const { zscore_filter } = JSON.parse((await filterOf("on outlier")).triggeringCondition.filter).run_metric_filter;
    assert.deepEqual(zscore_filter, { name: "loss", window_size: 5, change_dir: "ANY", threshold: 4 });

    await row.getByRole("button", { name: "Pause" }).click();
    await row.getByText("paused").waitFor();
    assert.equal((await until(() => filterOf("on outlier"), (found) => !found.enabled)).enabled, false);
    await row.getByRole("button", { name: "Delete" }).click();
    await agree(page);
    await row.waitFor({ state: "detached" });
    assert.equal(await until(() => filterOf("on outlier"), (found) => found === undefined), undefined);
    assert.deepEqual(problems, []);
});

test("a webhook is added, and alerts of the project go to it", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(at.context, PATH);
    await page.getByLabel("Name of the webhook").fill("second pager");
    await page.getByLabel("Address").fill("https://pager.example/hook");
    await page.getByRole("button", { name: "Add a webhook" }).click();
    await page.getByText("https://pager.example/hook").waitFor();
    const saved = page.waitForResponse((r) => r.url().endsWith("/graphql") && r.request().postData().includes("mutation"));
    await page.getByLabel("Webhook of the project").selectOption({ label: "second pager" });
    await saved;
    await page.reload();
    await page.waitForFunction(() => [...document.querySelectorAll("select")].some((s) => s.selectedOptions[0]?.textContent === "second pager"));
    assert.deepEqual(problems, []);
});

test("the bell tells of alerts and automations, the new ones once", { timeout: 90000 }, async () => {
    const { page, problems } = await openPage(await openContext(at.browser), "/admin/charts");
    const bell = page.getByRole("button", { name: /^Notifications, \d+ new$/ });
    await bell.click();
    const alert = page.getByRole("listitem").filter({ hasText: "It rains" });
    await alert.getByText("Warning").waitFor();
    assert.match(await alert.innerText(), /<script>[^]*admin\/watched · stormy/);
    await page.getByRole("listitem").filter({ hasText: "on failure" }).first().getByText("automation").waitFor();
    assert.equal(await page.locator(".notices img, .notices strong").count(), 0, "what a run says stays text");
    assert.equal(await page.evaluate(() => window.__ran), undefined);
    await alert.getByRole("link").click();
    await page.waitForURL("**/admin/watched/runs/*");
    await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
    assert.deepEqual(problems, []);
});

test("a question mark says what keys there are", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(at.context, "/admin/charts");
    await page.locator(".panel canvas").first().waitFor();
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keys and gestures" });
    await help.getByText("Step along a line of the focused chart").waitFor();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
    assert.deepEqual(problems, []);
});
