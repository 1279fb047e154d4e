/* browser.mjs - one browser for a test file, logged in, with everything that goes wrong on a page collected. */

import { createRequire } from "node:module";
import { after, before } from "node:test";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");

export const base = process.env.BAROGRAPH_BASE_URL;
export const key = process.env.BAROGRAPH_ADMIN_KEY;

const FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/* What a sandboxed page of a run may be refused: the refusal is the point. */
const EXPECTED = /Blocked script execution|violates the following Content Security Policy directive/;

export async function openBrowser() {
    return chromium.launch({
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
        headless: true,
        args: FLAGS,
    });
}

/* For the tests of a file: one browser, a session of the administrator in it, and a page that looks at pictures
 * (looking.mjs). */
export function withBrowser() {
    const at = { browser: null, context: null, eye: null };
    before(async () => {
        at.browser = await openBrowser();
        at.context = await openContext(at.browser);
        at.eye = await at.browser.newPage();
    });
    after(() => at.browser.close());
    return at;
}

/* Workspaces follow their person from browser to browser; tests that are not about that would find each other's. */
const refuseToSave = (route) =>
    (route.request().postData() ?? "").includes("PageSaveView")
        ? route.fulfill({ json: { data: { upsertView: null }, errors: [{ message: "not in this test" }] } })
        : route.continue();

/* A context with a session of the administrator, or of whose key is given, unless `isStranger`. */
export async function openContext(browser, { keepsViews = false, ofKey = key, ...options } = {}, isStranger = false) {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
    if (!keepsViews) await context.route("**/graphql", refuseToSave);
    if (!isStranger) {
        const authorization = `Basic ${Buffer.from(`api:${ofKey}`).toString("base64")}`;
        const answer = await context.request.post(`${base}/api/session`, {
            headers: { authorization, origin: base },
            data: {},
        });
        if (answer.status() !== 204)
            throw new Error(`cannot log in: ${answer.status()} ${await answer.text()}`);
    }
    return context;
}

/* A page and the list of what it complained about. */
export async function openPage(context, path) {
    const page = await context.newPage();
    const problems = [];
    page.on("console", (message) => {
        if (message.type() === "error" && !EXPECTED.test(message.text())) problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(base + path);
    return { page, problems };
}

export async function graphql(query, variables = {}) {
    const response = await fetch(`${base}/graphql`, {
        method: "POST",
        body: JSON.stringify({ query, variables }),
        headers: {
            "content-type": "application/json",
            authorization: `Basic ${Buffer.from(`api:${key}`).toString("base64")}`,
        },
    });
    const body = await response.json();
    if (body.errors) throw new Error(body.errors[0].message);
    return body.data;
}

export async function runsOf(project) {
    const data = await graphql(
        'query($p: String!) { project(name: $p, entityName: "admin") { runs(order: "+created_at") { edges { node { id name displayName } } } } }',
        { p: project },
    );
    return data.project.runs.edges.map((e) => e.node);
}

/* Pixels of a canvas that are neither grey nor empty: lines are coloured, axes and texts are not. */
export async function colouredPixels(page, selector) {
    await page.waitForSelector(selector);
    return page.$eval(selector, (canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) {
            const [r, g, b, a] = data.slice(i, i + 4);
            if (a > 60 && Math.max(r, g, b) - Math.min(r, g, b) > 40) count++;
        }
        return count;
    });
}

/* Writes an answer into the dialog that asks for a text. */
export async function answer(page, text) {
    const question = page.locator("dialog.question");
    await question.getByRole("textbox").fill(text);
    await page.keyboard.press("Enter");
    await question.waitFor({ state: "detached" });
}

/* Says yes to the dialog that asks whether one is sure. */
export async function agree(page) {
    const question = page.locator("dialog.question");
    await question.getByRole("button", { name: "OK" }).click();
    await question.waitFor({ state: "detached" });
}

/* What is found once it fits, asked for again and again; what was found last when it never does. */
export async function until(what, fits, limitMs = 20000) {
    for (const end = Date.now() + limitMs; ; ) {
        const found = await what();
        if (fits(found) || Date.now() > end) return found;
        await new Promise((done) => setTimeout(done, 100));
    }
}
