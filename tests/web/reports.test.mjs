/* Reports and sweeps: written here and read by the official package, and the other way round. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { lookFor } from "./looking.mjs";
import { base, key, openContext, openPage, withBrowser } from "./browser.mjs";

const at = withBrowser();

const official = (code) =>
    execFileSync(process.env.BAROGRAPH_WANDB_PYTHON, ["-c", code], {
        env: { ...process.env, WANDB_BASE_URL: base, WANDB_API_KEY: key, WANDB_SILENT: "true", WANDB_DIR: process.env.TMPDIR ?? "/tmp" },
        encoding: "utf8",
    });

test("a report of the official package is shown, changed, and read back by it", { timeout: 90000 }, async () => {
    const url = official(`
import wandb_workspaces.reports.v2 as wr
r = wr.Report(entity="admin", project="charts", title="What worked", description="In short")
r.blocks = [wr.H1("Results"), wr.P(["Some ", wr.InlineCode("code"), " and ", wr.InlineLatex("x^2")]), wr.LatexBlock("a = b"),
            wr.PanelGrid(runsets=[wr.Runset("admin", "charts")], panels=[wr.LinePlot(x="Step", y=["train/loss"], title="Loss")])]
r.save()
print(r.url)`).trim().split("\n").at(-1);
    const { page, problems } = await openPage(await openContext(at.browser, { keepsViews: true }), new URL(url).pathname);
    await page.getByRole("heading", { name: "Results" }).waitFor();
    await page.locator("math").first().waitFor();
    await page.locator(".report-grid canvas").waitFor();
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByText("Some").click();
    await page.locator("textarea:focus").fill("Changed **words** and `code`");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.waitForURL((u) => !u.search.includes("edit"));
    const read = official(`
import wandb_workspaces.reports.v2 as wr
r = wr.Report.from_url("${url}")
print([type(b).__name__ for b in r.blocks])
print([b.text for b in r.blocks if isinstance(b, wr.P)])
print([type(p).__name__ for b in r.blocks if isinstance(b, wr.PanelGrid) for p in b.panels])`);
    assert.match(read, /'H1', 'P', 'LatexBlock', 'PanelGrid'/);
    assert.match(read, /Changed/);
    assert.match(read, /'LinePlot'/);
    assert.deepEqual(problems, []);
});

test("a report begun here is a draft until it is published", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/charts/reportlist");
    await page.getByRole("button", { name: "New report" }).click();
    await page.waitForURL(/edit=1/);
    await page.getByText("Draft", { exact: true }).waitFor();
    await page.locator("textarea").first().fill("First words");
    await page.getByText("saved", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Publish" }).click();
    await page.waitForURL((u) => !u.search.includes("edit"));
    await page.getByText("First words").waitFor();
    assert.equal(await page.getByText("Draft", { exact: true }).count(), 0);
    assert.deepEqual(problems, []);
});

test("a picture lives inside of a report, and a link shows both to a stranger until it is revoked", { timeout: 120000 }, async () => {
    const { page, problems } = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/charts");
    const panel = page.locator('[data-panel="line:train/loss"]');
    await panel.locator("canvas").waitFor();
    await panel.hover();
    await panel.locator("header").getByLabel("More").click();
    await page.getByRole("menuitem", { name: "Put it into a new report" }).click();
    await page.waitForURL("**/reports/**");
    await page.getByLabel("Add a block").first().click();
    await page.getByRole("menuitem", { name: "Picture" }).click();
    const buffer = await page.locator(".panel canvas").first().screenshot();
    await page.locator('.image-editor input[type="file"]').setInputFiles({ name: "chart.png", mimeType: "image/png", buffer });
    const shown = '.report-image img[src^="data:image/png;base64,"]';
    await page.locator(shown).waitFor();
    await page.getByLabel("Caption").fill("what it looked like");
    await page.locator('.image-editor input[type="file"]').setInputFiles({ name: "no.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<p>no picture</p>") });
    await page.getByText("This is no picture that can be shown").waitFor();
    await page.getByLabel("Width", { exact: true }).selectOption("Wide");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.waitForURL((u) => !u.search.includes("edit"));
    await page.locator(".report.is-fixed").waitFor();
    await page.getByText("what it looked like").waitFor();

    await page.getByRole("button", { name: "Share by link" }).click();
    await page.getByText("all runs of admin/charts").waitFor();
    await page.getByRole("button", { name: "Make a link" }).click();
    const address = await page.getByLabel("Link", { exact: true }).inputValue();
    const stranger = await openPage(await openContext(at.browser, {}, true), new URL(address).pathname);
    await stranger.page.getByText("read only").waitFor();
    await stranger.page.waitForFunction((s) => document.querySelector(s)?.naturalWidth > 100, shown);
    assert.ok((await lookFor(at.eye, stranger.page.locator(".report-grid .panel"), 300)) >= 300);
    assert.equal(await stranger.page.getByRole("button", { name: "Edit", exact: true }).count(), 0);
    assert.deepEqual([...problems, ...stranger.problems], []);

    await page.getByRole("button", { name: "Revoke" }).click();
    await page.getByLabel("Link", { exact: true }).waitFor({ state: "detached" });
    await stranger.page.reload();
    await stranger.page.getByText("revoked").waitFor();
});

test("a stroke offers other blocks, and paper shows what is read only", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/charts/reportlist");
    await page.getByRole("button", { name: "New report" }).click();
    await page.locator("textarea").first().pressSequentially("/");
    await page.getByRole("menuitem", { name: "Quote" }).click();
    await page.locator("textarea").first().fill("wise words");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.waitForURL((u) => !u.search.includes("edit"));
    await page.locator(".report blockquote", { hasText: "wise words" }).waitFor();
    assert.equal(await page.locator(".block").count(), 1, "it took the place of the empty text");
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.getByRole("button", { name: "Share by link" }).isVisible(), false);
    assert.equal(await page.locator(".topbar").isVisible(), false);
    assert.ok(await page.getByText("wise words").isVisible());
    assert.deepEqual(problems, []);
});

test("a report is copied into a draft of one's own", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/charts/reportlist");
    await page.getByRole("button", { name: "New report" }).click();
    await page.locator("textarea").first().fill("Words to copy");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.waitForURL((u) => !u.search.includes("edit"));
    await page.locator("header").getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Duplicate" }).click();
    await page.getByRole("heading", { name: /Copy of/ }).waitFor();
    await page.getByText("Draft", { exact: true }).waitFor();
    await page.getByText("Words to copy").waitFor();
    assert.deepEqual(problems, []);
});

test("a sweep is made from YAML, told what to do, and shows its command", { timeout: 60000 }, async () => {
    const { page, problems } = await openPage(await openContext(at.browser, { keepsViews: true }), "/admin/charts/sweeps");
    await page.getByRole("button", { name: "New sweep" }).click();
    await page.getByRole("button", { name: "Start the sweep" }).click();
    await page.waitForURL(/sweeps\/\w+$/);
    await page.getByText(/^wandb agent admin\/charts\/\w+$/).waitFor();
    await page.locator('[data-panel="sweep-parallel"]').waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Canceled").waitFor();
    assert.deepEqual(problems, []);
});

test("an administrator makes and removes a user", async () => {
    const newcomer = `newcomer${Date.now()}`; /* names of removed users stay taken */
    const { page, problems } = await openPage(await openContext(at.browser, { keepsViews: true }), "/settings/people");
    await page.getByLabel("Name").first().fill(newcomer);
    await page.getByRole("button", { name: "Add" }).first().click();
    assert.ok((await page.getByLabel("Your new API key").inputValue()).length >= 40);
    page.on("dialog", (d) => d.accept());
    await page.locator("tr", { hasText: newcomer }).getByRole("button", { name: "Remove" }).click();
    await page.locator("tr", { hasText: newcomer }).waitFor({ state: "detached" });
    assert.deepEqual(problems, []);
});
