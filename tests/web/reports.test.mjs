/* Reports and sweeps: written here and read by the official package, and the other way round. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { lookFor } from "./looking.mjs";
import { agree, base, graphql, key, openContext, openPage, runsOf, until, withBrowser } from "./browser.mjs";

const at = withBrowser();

const official = (code) =>
    execFileSync(process.env.BAROGRAPH_WANDB_PYTHON, ["-c", code], {
        env: { ...process.env, WANDB_BASE_URL: base, WANDB_API_KEY: key, WANDB_SILENT: "true", WANDB_DIR: process.env.TMPDIR ?? "/tmp" },
        encoding: "utf8",
    });

const ask = (page, query, variables) => page.evaluate(([q, v]) => fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query: q, variables: v }) }).then((r) => r.json()), [query, variables]);

/* A report with these blocks, published unless it is to be a draft; its path. */
async function make(title, blocks, type = "runs") {
    const spec = JSON.stringify({ version: 5, panelSettings: {}, blocks, width: "readable", authors: [], discussionThreads: [] });
    const made = await graphql("mutation($input: UpsertViewInput!) { upsertView(input: $input) { view { id } } }", {
        input: { entityName: "admin", projectName: "charts", type, name: Math.random().toString(36).slice(2), displayName: title, description: "", spec },
    });
    return { id: made.upsertView.view.id, path: `/admin/charts/reports/${title.replace(/\W+/g, "-")}--${made.upsertView.view.id.replace(/=+$/, "")}` };
}

const words = (text) => ({ type: "paragraph", children: [{ text }] });
const open = async (path, options = {}) => openPage(await openContext(at.browser, { keepsViews: true, ...options }), path);
const blocksOf = async (id) => JSON.parse((await graphql("query($id: ID!) { view(id: $id) { spec } }", { id })).view.spec).blocks;

async function begin() {
    const opened = await open("/admin/charts/reportlist");
    await opened.page.getByRole("button", { name: "New report" }).click();
    await opened.page.waitForURL(/edit=1/);
    await opened.page.locator(".block-text").first().click();
    return opened;
}

const publish = async (page) => {
    await page.getByRole("button", { name: "Publish" }).click();
    await page.waitForURL((u) => !u.search.includes("edit"));
};

test("a report of the official package is shown, changed, and read back by it", { timeout: 90000 }, async () => {
    const url = official(`
import wandb_workspaces.reports.v2 as wr
from wandb_workspaces.reports.v2.interface import GalleryURL
r = wr.Report(entity="admin", project="charts", title="What worked", description="In short")
r.blocks = [wr.H1("Results"), wr.P(["Some ", wr.InlineCode("code"), " and ", wr.InlineLatex("x^2")]), wr.LatexBlock("a = b"),
            wr.Gallery(items=[GalleryURL(url="https://arxiv.org/abs/1", title="A paper", image_url="")]),
            wr.PanelGrid(runsets=[wr.Runset("admin", "charts")], panels=[wr.LinePlot(x="Step", y=["train/loss"], title="Loss")])]
r.save()
print(r.url)`).trim().split("\n").at(-1);
    const { page, problems } = await open(new URL(url).pathname);
    await page.getByRole("heading", { name: "Results" }).waitFor();
    await page.locator("math").first().waitFor();
    await page.locator(".report-grid canvas").waitFor();
    await page.locator(".link-card", { hasText: "A paper" }).getByText("arxiv.org").waitFor();
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByText("Some").click();
    await page.locator("textarea:focus").fill("Changed **words** and `code`");
    await page.getByRole("button", { name: "Freeze" }).click();
    await page.getByText(/^Frozen /).waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.waitForURL((u) => !u.search.includes("edit"));
    const read = official(`
import wandb_workspaces.reports.v2 as wr
r = wr.Report.from_url("${url}")
print([type(b).__name__ for b in r.blocks])
print([b.text for b in r.blocks if isinstance(b, wr.P)])
print([(i.url, i.title) for b in r.blocks if isinstance(b, wr.Gallery) for i in b.items])
grid = [b for b in r.blocks if isinstance(b, wr.PanelGrid)][0]
print([type(p).__name__ for p in grid.panels])
print("FILTER", grid.runsets[0].filters, sorted(k for k in [*grid.custom_run_colors, *grid.runsets[0].run_settings] if isinstance(k, str)))
r.save()`);
    assert.match(read, /'H1', 'P', 'LatexBlock', 'Gallery', 'PanelGrid'/);
    assert.match(read, /Changed/);
    assert.match(read, /'LinePlot'/);
    assert.match(read, /\('https:\/\/arxiv.org\/abs\/1', 'A paper'\)/);
    const runs = await runsOf("charts");
    for (const run of runs) assert.ok(read.includes(run.name), `the frozen set names ${run.name}: ${read}`);
    /* The package has saved it: it knows nothing of the ice, and the runs are the same. */
    await page.reload();
    await page.locator(".report-grid canvas").waitFor();
    assert.deepEqual(problems, []);
});

test("a report is written by keyboard alone, a draft until it is published, and no draft is left behind", { timeout: 90000 }, async () => {
    const { page, problems } = await begin();
    await page.getByText("Draft", { exact: true }).waitFor();
    const keys = page.keyboard;
    await keys.type("# Results");
    await keys.press("Enter");
    await keys.type("First **words** and *more* of $x^2$");
    await keys.press("Enter");
    await keys.type("- one");
    await keys.press("Enter");
    await keys.type("two");
    await keys.press("Enter");
    await keys.press("Enter"); /* leaves the list */
    await keys.type("/quo");
    await page.getByRole("option", { name: "Quote" }).waitFor();
    await keys.press("Enter");
    await keys.type("wise words");
    await keys.press("Enter");
    await keys.type("/");
    assert.ok((await page.getByRole("option").count()) >= 20);
    for (let i = 0; i < 9; i++) await keys.press("ArrowDown");
    await page.locator('[aria-selected="true"]', { hasText: "Code" }).waitFor();
    await keys.press("Enter");
    await keys.type("for x in y:");
    await keys.press("Enter");
    await keys.press("Tab");
    await keys.type("print(x)");
    await keys.press("Control+Enter");
    await keys.type("gone");
    for (let i = 0; i < 5; i++) await keys.press("Backspace"); /* and the empty block with it */
    await page.getByText("saved", { exact: true }).waitFor();
    const id = await page.evaluate(() => location.pathname.split("--").at(-1));
    await publish(page);
    await page.locator(".report blockquote", { hasText: "wise words" }).waitFor();
    const kinds = await page.locator(".block").evaluateAll((all) => all.map((b) => b.dataset.kind));
    assert.deepEqual(kinds, ["heading", "paragraph", "list", "block-quote", "code-block"]);
    assert.deepEqual(await page.locator(".block li").allInnerTexts(), ["one", "two"]);
    assert.equal(await page.locator("pre.snippet").innerText(), "for x in y:\n    print(x)");
    await page.locator(".block strong", { hasText: "words" }).waitFor();
    assert.equal(await page.getByText("Draft", { exact: true }).count(), 0);
    assert.ok(page.url().includes(id), "the draft has become the report");
    const { data } = await ask(page, `{ project(name: "charts", entityName: "admin") { allViews(viewType: "runs/draft") { edges { node { id } } } } }`);
    assert.ok(!data.project.allViews.edges.some((e) => e.node.id.startsWith(id)));
    assert.deepEqual(problems, []);
});

test("every kind of block is found behind a stroke, and read and kept by the official package", { timeout: 120000 }, async () => {
    const { page, problems } = await begin();
    const kinds = [
        ["text", "Text"], ["h1", "Heading 1"], ["heading2", "Heading 2"], ["heading3", "Heading 3"], ["bullet", "List"], ["numbered", "Numbered list"],
        ["todo", "Check list"], ["quote", "Quote"], ["note", "Callout"], ["code", "Code"], ["latex", "Formula (LaTeX)"], ["markdown", "Markdown"],
        ["image", "Picture"], ["link", "Link card"], ["toc", "Table of contents"], ["divider", "Divider"], ["panel", "Panel grid"], ["compare", "Run comparer"], ["query", "Query panel"],
    ];
    const written = kinds.slice(0, 12).map(([, name]) => name);
    for (const [typed, name] of kinds) {
        await page.locator(".block-more").click();
        await page.keyboard.type("/" + typed);
        await page.getByRole("option", { name, exact: true }).click();
        if (written.includes(name)) await page.keyboard.type("words");
        await page.keyboard.press("Escape");
    }
    await page.getByText("saved", { exact: true }).waitFor();
    await publish(page);
    const read = official(`
import wandb_workspaces.reports.v2 as wr
r = wr.Report.from_url("${page.url()}")
r.save()
r = wr.Report.from_url("${page.url()}")
print([type(b).__name__ for b in r.blocks], [type(p).__name__ for b in r.blocks if isinstance(b, wr.PanelGrid) for p in b.panels])`);
    assert.match(
        read,
        /\['P', 'H1', 'H2', 'H3', 'UnorderedList', 'OrderedList', 'CheckedList', 'BlockQuote', 'CalloutBlock', 'CodeBlock', 'LatexBlock', 'MarkdownBlock', 'Image', 'Gallery', 'TableOfContents', 'HorizontalRule', 'PanelGrid', 'PanelGrid', 'PanelGrid'(, 'P')?\] \['RunComparer', 'UnknownPanel'\]/,
    );
    await page.reload();
    await page.locator(".query-panel").waitFor(); /* which the package does not know, and kept */
    assert.deepEqual(problems, []);
});

test("what was done is undone and done again, blocks are moved, turned and removed", { timeout: 90000 }, async () => {
    const { path, id } = await make("Undo", ["one", "two", "three"].map(words), "runs/draft");
    const { page, problems } = await open(path + "?edit=1");
    const texts = () => page.locator(".block").evaluateAll((all) => all.map((b) => (b.querySelector("textarea")?.value ?? b.querySelector(".block-open")?.innerText ?? "").trim()));
    const becomes = async (wanted) => assert.deepEqual(await until(texts, (t) => JSON.stringify(t) === JSON.stringify(wanted)), wanted);
    await page.getByText("three").click();
    await page.keyboard.press("Alt+Shift+ArrowUp");
    await becomes(["one", "three", "two"]);
    await page.keyboard.type("!");
    await becomes(["one", "three!", "two"]);
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    await becomes(["one", "two", "three"]);
    await page.keyboard.press("Control+Shift+Z");
    await becomes(["one", "three", "two"]);
    const grip = page.locator(".block").nth(2).getByLabel("Drag to move");
    await page.locator(".block").nth(2).hover();
    await grip.dragTo(page.locator(".block").nth(0), { targetPosition: { x: 200, y: 2 } });
    await becomes(["two", "one", "three"]);
    await page.locator(".block").nth(0).hover();
    await page.locator(".block").nth(0).getByLabel("Drag to move").click();
    await page.getByRole("menuitem", { name: "Turn into: Heading 2" }).click();
    await page.locator('.block[data-kind="heading"]').waitFor();
    await page.locator(".block").nth(1).hover();
    await page.locator(".block").nth(1).getByLabel("Drag to move").click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await becomes(["two", "three"]);
    await page.getByText("saved", { exact: true }).waitFor();
    assert.deepEqual((await blocksOf(id)).map((b) => b.type), ["heading", "paragraph"]);
    assert.deepEqual(problems, []);
});

test("of two who write at once the second is told, and loses nothing", { timeout: 90000 }, async () => {
    const { path, id } = await make("Together", [words("at first")]);
    const first = await open(path + "?edit=1");
    const second = await open(path + "?edit=1");
    const write = async ({ page }, text) => {
        await page.getByText("at first").click();
        await page.locator("textarea:focus").fill(text);
        await page.getByRole("button", { name: "Save", exact: true }).click();
    };
    await write(first, "by the first");
    await first.page.waitForURL((u) => !u.search.includes("edit"));
    await write(second, "by the second");
    await second.page.getByText("Nothing of yours is lost").waitFor();
    assert.equal((await blocksOf(id))[0].children[0].text, "by the first");
    /* Even when the tab is closed: what was written is offered again, and meets the other version again. */
    await second.page.close({ runBeforeUnload: false });
    const again = await openPage(second.page.context(), path + "?edit=1");
    await again.page.getByRole("button", { name: "Go on with them" }).click();
    await again.page.getByRole("button", { name: "Save", exact: true }).click();
    await again.page.getByText("Nothing of yours is lost").waitFor();
    await again.page.getByRole("button", { name: "Keep mine as a copy" }).click();
    await again.page.waitForURL(/Copy-of-Together/);
    await again.page.getByText("by the second").waitFor();
    assert.equal((await blocksOf(id))[0].children[0].text, "by the first");
    assert.deepEqual([...first.problems, ...again.problems], []);
});

test("people speak about a block, name each other, answer, settle and take back", { timeout: 90000 }, async () => {
    const { path } = await make("Spoken of", [words("The loss falls at first."), words("Then it rises again.")]);
    const { page, problems } = await open(path);
    await page.locator(".block").nth(1).hover();
    await page.locator(".block").nth(1).getByLabel("Comment on this block").click();
    await page.getByLabel("Comment", { exact: true }).fill("Why is that, @adm");
    await page.getByRole("option", { name: "@admin" }).waitFor();
    await page.keyboard.press("Enter");
    assert.equal(await page.getByLabel("Comment", { exact: true }).inputValue(), "Why is that, @admin ");
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".thread", { hasText: "Why is that" }).getByText("Then it rises again.").waitFor();
    await page.locator(".comment strong", { hasText: "@admin" }).waitFor();
    await page.getByLabel("1 open comments").first().waitFor();
    await page.getByRole("button", { name: "Reply" }).click();
    await page.getByRole("textbox", { name: "Reply" }).fill("The rate was `too high`.");
    await page.keyboard.press("Control+Enter");
    await page.locator(".comment", { hasText: "too high" }).hover();
    await page.locator(".comment", { hasText: "too high" }).getByLabel("Edit").click();
    await page.getByRole("textbox", { name: "Edit" }).fill("The rate was too low.");
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".comment", { hasText: "too low" }).getByText("edited").waitFor();
    await page.getByRole("button", { name: "Resolve" }).click();
    await page.getByText("1 resolved").click();
    await page.getByRole("button", { name: "Reopen" }).click();
    await page.locator(".comment", { hasText: "too low" }).hover();
    await page.locator(".comment", { hasText: "too low" }).getByLabel("Delete").click();
    await agree(page);
    await page.locator(".comment", { hasText: "too low" }).waitFor({ state: "detached" });

    assert.deepEqual(problems, []);
});

test("a star keeps a report on the first page", { timeout: 60000 }, async () => {
    const { path } = await make("Kept at hand", [words("words")]);
    const { page, problems } = await open(path);
    await page.getByRole("button", { name: "Star", exact: true }).click();
    await page.getByRole("button", { name: "Remove the star" }).waitFor();
    await page.goto(new URL("/", page.url()).href);
    await page.getByRole("link", { name: /Kept at hand/ }).click();
    await page.getByRole("button", { name: "Remove the star" }).click();
    await page.getByRole("button", { name: "Star", exact: true }).waitFor();
    await page.goto(new URL("/admin/charts/reportlist", page.url()).href);
    await page.getByRole("button", { name: "Star: Kept at hand" }).click();
    await page.getByRole("button", { name: "Remove the star: Kept at hand" }).click();
    await page.getByRole("button", { name: "Star: Kept at hand" }).waitFor();
    assert.deepEqual(problems, []);
});

test("cards show what they lead to as it is now, and nothing is asked of other hosts", { timeout: 60000 }, async () => {
    const [run] = await runsOf("charts");
    const { path } = await make("Cards", [words("see")], "runs/draft");
    const { page, problems } = await open(path + "?edit=1");
    const foreign = [];
    page.on("request", (r) => new URL(r.url()).origin !== base && !r.url().startsWith("data:") && !r.url().startsWith("blob:") && foreign.push(r.url()));
    await page.locator(".block-more").click();
    await page.evaluate((text) => {
        const data = new DataTransfer();
        data.setData("text/plain", text);
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, `${base}/admin/charts/runs/${run.name}`);
    const card = page.locator(".link-card", { hasText: run.displayName });
    await card.getByText("Finished").waitFor();
    await page.getByRole("button", { name: "Add a link" }).click();
    await page.getByLabel("Address").nth(1).fill("https://arxiv.org/abs/1706.03762");
    await page.getByLabel("Title", { exact: true }).last().fill("Attention");
    await page.locator(".link-card", { hasText: "Attention" }).getByText("arxiv.org").waitFor();
    await publish(page);
    await page.locator(".link-card", { hasText: "Attention" }).waitFor();
    await card.click();
    await page.waitForURL(`**/runs/${run.name}**`);
    assert.deepEqual(foreign, []);
    assert.deepEqual(problems, []);
});

test("a frozen set keeps its runs and colours until it thaws", { timeout: 60000 }, async () => {
    const { page, problems } = await open("/admin/charts");
    const panel = page.locator('[data-panel="line:train/loss"]');
    await panel.locator("canvas").waitFor();
    await panel.hover();
    await panel.locator("header").getByLabel("More").click();
    await page.getByRole("menuitem", { name: "Add to report" }).click();
    await page.getByRole("dialog", { name: "Add to report" }).getByRole("button", { name: "New report" }).click();
    await page.waitForURL(/edit=1/);
    await page.locator(".report-grid canvas").waitFor();
    const id = await page.evaluate(() => location.pathname.split("--").at(-1));
    const setOf = async () => (await blocksOf(id + "=".repeat((4 - (id.length % 4)) % 4))).find((b) => b.type === "panel-grid").metadata;
    await page.getByRole("button", { name: "Freeze" }).click();
    await page.getByRole("button", { name: "Thaw" }).waitFor();
    const frozen = await until(setOf, (m) => m.runSets[0].filters.filters[0].filters.length > 0);
    const runs = (await runsOf("charts")).map((r) => r.name);
    assert.deepEqual([...frozen.runSets[0].filters.filters[0].filters[0].value].sort(), [...runs].sort());
    assert.deepEqual(Object.keys(frozen.customRunColors).sort(), [...runs].sort());
    await page.locator(".report-grid canvas").waitFor();
    await page.getByRole("button", { name: "Thaw" }).click();
    const thawed = await until(setOf, (m) => m.runSets[0].filters.filters[0].filters.length === 0);
    assert.deepEqual(thawed.runSets[0].filters.filters[0].filters, []);
    assert.deepEqual(problems, []);
});

test("a panel and a section go into a report that is there", { timeout: 60000 }, async () => {
    const { path, id } = await make(`Gathered ${Date.now()}`, [words("before")]);
    const { page, problems } = await open("/admin/charts");
    await page.locator('[data-panel="line:train/loss"] canvas').waitFor();
    const section = page.locator('section.section[aria-label="train"]');
    await section.locator("header").first().hover();
    await section.locator("header").first().getByLabel(/^More/).click();
    await page.getByRole("menuitem", { name: "Add section to report" }).click();
    await page.getByRole("dialog", { name: "Add to report" }).getByRole("button", { name: /Gathered/ }).click();
    await page.getByText(/Added to Gathered/).waitFor();
    const blocks = await blocksOf(id);
    assert.deepEqual(blocks.map((b) => b.type), ["paragraph", "heading", "panel-grid"]);
    assert.ok(blocks[2].metadata.panelBankSectionConfig.panels.some((p) => p.__id__ === "line:train/loss"));
    await page.goto(new URL(path, page.url()).href);
    await page.locator(".report-grid canvas").first().waitFor();
    assert.deepEqual(problems, []);
});

test("a picture lives inside of a report, and a link shows both to a stranger until it is revoked", { timeout: 120000 }, async () => {
    const { page, problems } = await begin();
    await page.keyboard.type("/panel");
    await page.keyboard.press("Enter");
    await page.locator(".grid-empty").click();
    await page.getByRole("dialog").getByRole("button", { name: "Line chart" }).click();
    await page.locator(".drawer").getByRole("button", { name: "train/loss", exact: true }).click();
    await page.locator(".drawer").getByLabel("Close").click();
    await page.locator(".report-grid canvas").waitFor();
    await page.getByLabel("Add a block").last().click();
    await page.getByRole("menuitem", { name: "Picture" }).click();
    const buffer = await page.locator(".panel canvas").first().screenshot();
    await page.locator('.image-editor input[type="file"]').setInputFiles({ name: "chart.png", mimeType: "image/png", buffer });
    const shown = '.report-image img[src^="data:image/png;base64,"]';
    await page.locator(shown).waitFor();
    await page.getByLabel("Caption").fill("what it looked like");
    await page.locator('.image-editor input[type="file"]').setInputFiles({ name: "no.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<p>no picture</p>") });
    await page.getByText("This is no picture that can be shown").waitFor();
    await page.getByLabel("Width", { exact: true }).selectOption("Wide");
    await publish(page);
    await page.locator(".report.is-fixed").waitFor();
    await page.getByText("what it looked like").waitFor();
    await page.getByLabel("Comments").click();
    await page.getByRole("button", { name: "Comment on the whole report" }).click();
    await page.getByLabel("Comment", { exact: true }).fill("Well seen.");
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".comment", { hasText: "Well seen." }).waitFor();

    await page.getByRole("button", { name: "Share by link" }).click();
    await page.getByText("all runs of admin/charts").waitFor();
    await page.getByRole("button", { name: "Make a link" }).click();
    const address = await page.getByLabel("Link", { exact: true }).inputValue();
    await page.getByText("Embed in a page").click();
    assert.match(await page.getByLabel("Code for a page").inputValue(), /^<iframe src="http[^"]*\?jupyter=true" title="Untitled report"/);
    const stranger = await openPage(await openContext(at.browser, {}, true), new URL(address).pathname);
    await stranger.page.getByText("read only").waitFor();
    await stranger.page.waitForFunction((s) => document.querySelector(s)?.naturalWidth > 100, shown);
    assert.ok((await lookFor(at.eye, stranger.page.locator(".report-grid .panel"), 300)) >= 300);
    assert.equal(await stranger.page.getByRole("button", { name: "Edit", exact: true }).count(), 0);
    assert.equal(await stranger.page.getByLabel("Comments").count(), 0);
    assert.deepEqual([...problems, ...stranger.problems], []);

    await page.getByRole("button", { name: "Revoke" }).click();
    await page.getByLabel("Link", { exact: true }).waitFor({ state: "detached" });
    await stranger.page.reload();
    await stranger.page.getByText("revoked").waitFor();
});

test("paper shows what is read only, and the LaTeX has words, formulas and pictures", { timeout: 90000 }, async () => {
    const grid = { type: "panel-grid", children: [{ text: "" }], metadata: { runSets: [], panelBankSectionConfig: { panels: [{ __id__: "p1", viewType: "Run History Line Plot", config: { metrics: ["train/loss"] }, layout: { x: 0, y: 0, w: 24, h: 8 } }] } } };
    const { path } = await make("On paper", [{ type: "heading", level: 1, children: [{ text: "One & two" }] }, words("wise words"), { type: "latex", children: [{ text: "" }], content: "a_1 = \\frac{b}{c}", block: true }, grid]);
    const { page, problems } = await open(path);
    await page.locator(".report-grid canvas").waitFor();
    await page.locator(".report header").getByRole("button", { name: "More", exact: true }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "LaTeX" }).click()]);
    const script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(z.namelist()); print(z.read('report.tex').decode()); print([z.read(n)[:4] for n in z.namelist() if n.endswith('.png')])";
    const zip = execFileSync("python3", ["-c", script, await download.path()], { encoding: "utf8" });
    assert.match(zip, /'figures\/4-1-train-loss\.png', 'figures\/4-1-train-loss\.svg'/);
    assert.match(zip, /\\section\{One \\& two\}/);
    assert.match(zip, /\\\[\na_1 = \\frac\{b\}\{c\}\n\\\]/);
    assert.match(zip, /\\includegraphics\[width=1\.00\\linewidth\]\{figures\/4-1-train-loss\.png\}/);
    assert.match(zip, /b'\\x89PNG'/);
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.getByRole("button", { name: "Share by link" }).isVisible(), false);
    assert.equal(await page.locator(".topbar").isVisible(), false);
    assert.ok(await page.getByText("wise words").isVisible());
    assert.deepEqual(problems, []);
});

test("a report is cloned into a draft of one's own", { timeout: 60000 }, async () => {
    const { path } = await make("Original", [words("Words to copy")]);
    const { page, problems } = await open(path);
    await page.locator(".report header").getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Clone" }).click();
    await page.waitForURL(/edit=1/);
    assert.equal(await page.locator(".report-title").inputValue(), "Copy of Original");
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
    await page.getByLabel(`More: ${newcomer}`).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await agree(page);
    await page.locator("tr", { hasText: newcomer }).waitFor({ state: "detached" });
    assert.deepEqual(problems, []);
});

test("the language of code is chosen, colours its words, and is kept as the official package knows it", async () => {
    const { id, path } = await make("Said in a language", [{ type: "code-block", language: "python", children: [{ type: "code-line", language: "python", children: [{ text: '{"lr": 0.1}' }] }] }]);
    const { page, problems } = await open(path);
    await page.locator(".code .code-string", { hasText: '"lr"' }).waitFor();
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.locator(".block-open").first().click();
    await page.getByLabel("Language").selectOption("json");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.waitForURL((u) => !u.search.includes("edit"));
    await page.locator(".code .code-name", { hasText: '"lr"' }).waitFor();
    const [code] = await blocksOf(id);
    assert.deepEqual([code.language, code.children[0].language], ["json", "json"]);
    assert.deepEqual(problems, []);
});
