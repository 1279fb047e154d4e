/* pictures.mjs - the pictures of docs/images: run by pictures.sh, which has filled the server. */

import { graphql, openBrowser, openContext, openPage, runsOf } from "../../tests/web/browser.mjs";

const FOLDER = new URL("../../docs/images/", import.meta.url).pathname;
const SETTLE_MS = 2500 /* lines are drawn, the bell is there */;
const DEPTH = "config.depth";

const section = (name, panels, more = {}) => ({ name, isOpen: true, panels, ...more });
const line = (id, keys, more = {}) => ({ id, kind: "line", keys: [keys].flat(), ...more });
const query = (id, title, text, more) => ({ id, title, kind: "query", query: { text, ...more } });

const VISION = [
    section("val", [
        line("a", "val/accuracy", { title: "accuracy" }),
        line("b", "val/loss", { title: "loss" }),
        line("c", "val/accuracy", { title: "accuracy by optimizer", group: ["config.optimizer"] }),
    ]),
    section("train", [
        line("d", "train/loss", { title: "loss", settings: { weight: 0.7 } }),
        line("e", "optim/grad_norm", { title: "grad_norm", settings: { weight: 0.7 } }),
        { id: "f", kind: "parallel", title: "what makes accuracy", columns: ["config.lr", DEPTH, "config.optimizer", "summary_metrics.train/accuracy"] },
    ]),
    section("predictions", [
        { id: "g", kind: "media", keys: ["predictions"] },
        { id: "h", kind: "histogram", keys: ["weights/layer1"], histogram: { shape: "ridges" } },
    ], { columns: 2 }),
];

const QUESTIONS = [
    section("Questions", [
        query("a", "best of each depth", `runs | where config.lr < 0.003 | select name, ${DEPTH} as depth, summary.val/accuracy * 100 as percent | sort by percent desc`, { view: "table" }),
        query("b", "loss by accuracy", "runs | select name, summary.train/loss as loss, summary.val/accuracy as accuracy", { view: "plot", x: "loss", y: "accuracy" }),
        query("c", "every run", `runs | select name, config.optimizer as optimizer, config.lr as lr, ${DEPTH} as depth`, { view: "list" }),
        query("d", "accuracy by optimizer", "runs | group by config.optimizer | select config.optimizer as optimizer, summary.val/accuracy as accuracy", { view: "plot", x: "optimizer", y: "accuracy" }),
    ], { columns: 2, height: 284 }),
];

const text = (t) => [{ text: t }];
const metricPanel = (id, metric, x, smoothing) => ({
    __id__: id,
    viewType: "Run History Line Plot",
    config: { metrics: [metric], chartTitle: metric, ...(smoothing ? { smoothingWeight: smoothing } : {}) },
    layout: { x, y: 0, w: 12, h: 8 },
});

async function makeReport() {
    const grid = {
        type: "panel-grid",
        children: text(""),
        metadata: {
            runSets: [{ id: "all", name: "Runs", enabled: true, project: { name: "vision", entityName: "admin" } }],
            panelBankSectionConfig: { panels: [metricPanel("p1", "val/accuracy", 0), metricPanel("p2", "train/loss", 12, 0.7)] },
        },
    };
    const blocks = [
        { type: "paragraph", children: text("Ten runs over depth, optimizer and learning rate. Depth beyond 34 buys nothing.") },
        { type: "heading", level: 2, children: text("Curves") },
        grid,
        { type: "callout-block", children: [{ type: "callout-line", children: text("paper-lantern spiked at step 1300 and recovered: its learning rate was right all the same.") }] },
        { type: "heading", level: 2, children: text("Why") },
        { type: "latex", children: text(""), block: true, content: "L(\\theta) = -\\frac{1}{N} \\sum_{i=1}^{N} \\log p_\\theta(y_i \\mid x_i)" },
    ];
    const spec = JSON.stringify({ version: 5, panelSettings: {}, blocks, width: "readable", authors: [], discussionThreads: [] });
    const input = { entityName: "admin", projectName: "vision", type: "runs", name: "what-makes", displayName: "What makes accuracy", description: "Ablation over ten runs", spec };
    const data = await graphql("mutation($input: UpsertViewInput!) { upsertView(input: $input) { view { id } } }", { input });
    return `/admin/vision/reports/What-makes-accuracy--${data.upsertView.view.id.replace(/=+$/, "")}`;
}

async function sweepOf(project) {
    const data = await graphql("query($p: String!) { project(name: $p, entityName: \"admin\") { sweeps { edges { node { name } } } } }", { p: project });
    return data.project.sweeps.edges[0].node.name;
}

/* Each: where, how large, what the workspace holds, and what is done before. */
const PICTURES = {
    workspace: { path: async () => "/admin/vision", size: [1360, 860], sections: VISION },
    "workspace-dark": { path: async () => "/admin/vision", size: [1360, 860], sections: VISION, colorScheme: "dark" },
    table: {
        path: async () => "/admin/vision/table",
        size: [1360, 460],
        columns: ["displayName", "state", "tags", "config.optimizer", "config.lr", DEPTH, "summary_metrics.train/loss", "summary_metrics.train/accuracy", "createdAt"],
    },
    run: { path: async () => `/admin/vision/runs/${(await runsOf("vision"))[0].name}/overview`, size: [1360, 700] },
    sweep: { path: async () => `/admin/sweeping/sweeps/${await sweepOf("sweeping")}`, size: [1440, 880] },
    report: { path: makeReport, size: [1100, 900] },
    lineage: {
        path: async () => "/admin/lineage/artifacts/dataset/corpus/v1/lineage",
        size: [1360, 480],
        act: async (page) => {
            await page.getByRole("link", { name: /^train-0/ }).click();
            await page.locator(".lineage-side").waitFor();
            await page.mouse.move(5, 470);
        },
    },
    details: {
        path: async () => `/admin/vision?details=${(await runsOf("vision")).find((r) => r.displayName === "paper-lantern").name}`,
        size: [1360, 860],
    },
    query: { path: async () => "/admin/vision", size: [1360, 700], sections: QUESTIONS },
};

async function take(browser, name, { path, size, sections, columns, colorScheme, act }) {
    const context = await openContext(browser, { viewport: { width: size[0], height: size[1] }, colorScheme: colorScheme ?? "light" });
    await context.addInitScript(
        ([layout, view]) => {
            if (layout !== null) localStorage.setItem("barograph.view.2/admin/admin/vision/", JSON.stringify({ view: { layout: { mode: "manual", sections: layout }, runs: view }, version: 0, isSaved: false }));
        },
        [sections ?? (columns ? [] : null), columns ? { columns, extremes: { "train/loss": "min" }, order: "+min:train/loss" } : {}],
    );
    const { page, problems } = await openPage(context, await path());
    await page.waitForLoadState("networkidle");
    await act?.(page);
    await page.waitForTimeout(SETTLE_MS);
    await page.screenshot({ path: `${FOLDER}${name}.png` });
    for (const problem of problems) console.error(`${name}: ${problem}`);
    await context.close();
}

const wanted = process.argv.slice(2);
const browser = await openBrowser();
for (const [name, picture] of Object.entries(PICTURES)) if (wanted.length === 0 || wanted.includes(name)) await take(browser, name, picture);
await browser.close();
