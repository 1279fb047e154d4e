/* Logging in at a real provider of OpenID Connect, with a real browser: the page's button, the provider's form, and back. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openBrowser } from "./browser.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const providerFolder = join(root, "tests/support/oidc_provider");
const binary = process.env.BAROGRAPH_BINARY ?? join(root, "build/barograph");
const key = "k".repeat(40);

let browser, work, base;
const children = [];

const freePort = () =>
    new Promise((resolve) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });

/* Resolves with what the child's output says; rejects when it ends before. */
const start = (command, args, words) =>
    new Promise((resolve, reject) => {
        const child = spawn(command, args, { cwd: root });
        let output = "";
        const take = (data) => {
            output += data;
            const found = words.exec(output);
            if (found) resolve(found);
        };
        child.stdout.on("data", take);
        child.stderr.on("data", take);
        child.on("exit", () => reject(new Error(output)));
        children.push(child);
    });

before(async () => {
    if (!existsSync(join(providerFolder, "node_modules/oidc-provider")))
        spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: providerFolder });
    work = mkdtempSync(join(tmpdir(), "barograph-oidc-"));
    const port = await freePort();
    const ready = await start(
        binary,
        ["server", "--data", join(work, "data"), "--listen", "127.0.0.1:0", "--admin-key", key]
            .concat(["--oidc-issuer", `http://127.0.0.1:${port}`, "--oidc-client", "page", "--oidc-secret", "shared"])
            .concat(["--oidc-scopes", "openid profile email groups", "--oidc-label", "Log in with Example"])
            .concat(["--oidc-teams", "vision=ml,hidden=others"]),
        /listening on (\S+)/,
    );
    base = ready[1];
    for (const team of ["vision", "hidden"])
        spawnSync(binary, ["team", "add", team], { env: { ...process.env, BAROGRAPH_BASE_URL: base, BAROGRAPH_API_KEY: key } });
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const people = {
        maria: { name: "Maria Rossi", preferred_username: "maria", email: "maria@example.org", email_verified: true, groups: ["ml"] },
    };
    const settings = { port, client: "page", secret: "shared", algorithm: "ES256", inToken: false, people };
    const keys = [{ ...privateKey.export({ format: "jwk" }), kid: "one", alg: "ES256", use: "sig" }];
    writeFileSync(join(work, "provider.json"), JSON.stringify({ ...settings, redirect: `${base}/api/oidc/return`, keys }));
    await start("node", [join(providerFolder, "provider.mjs"), join(work, "provider.json")], /ready/);
    browser = await openBrowser();
});

after(async () => {
    await browser?.close();
    for (const child of children) {
        child.removeAllListeners("exit");
        child.kill();
    }
    rmSync(work, { recursive: true, force: true });
});

test("a person logs in at the provider and lands where he wanted to go, in his teams", { timeout: 60000 }, async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${base}/vision`);
    await page.getByRole("link", { name: "Log in with Example" }).click();
    await page.fill('input[name="login"]', "maria");
    await page.fill('input[name="password"]', "whatever");
    await page.click("button[type=submit]");
    await page.click("button[type=submit]"); /* he lets the server know who he is */
    await page.waitForURL(`${base}/vision`);
    const cookies = await context.cookies(base);
    const session = cookies.find((c) => c.name === "barograph_session");
    assert.ok(session.httpOnly && session.sameSite === "Lax");
    assert.equal(cookies.find((c) => c.name === "barograph_log_in"), undefined);
    assert.ok(!(await page.evaluate(() => document.cookie)).includes("barograph"));
    const viewer = await page.evaluate(async () => {
        const query = "{ viewer { username teams { edges { node { name } } } } }";
        const headers = { "content-type": "application/json" };
        const answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
        return (await answer.json()).data.viewer;
    });
    assert.equal(viewer.username, "maria");
    assert.deepEqual(viewer.teams.edges.map((e) => e.node.name).sort(), ["maria", "vision"]);

    /* Out of both: the provider asks who he is the next time. */
    await page.getByRole("button", { name: "maria" }).click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.getByRole("button", { name: /sign me out/ }).click();
    await page.waitForURL(`${base}/login`);
    await page.getByRole("link", { name: "Log in with Example" }).click();
    await page.waitForSelector('input[name="login"]');
    await context.close();
});

test("a person logs in with a password and out again", { timeout: 60000 }, async () => {
    const env = { ...process.env, BAROGRAPH_BASE_URL: base, BAROGRAPH_API_KEY: key };
    spawnSync(binary, ["user", "add", "paul"], { env });
    spawnSync(binary, ["user", "password", "paul"], { env, input: " a pass phrase of paul's \n" });
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${base}/login?next=%2Fsettings`);
    await page.getByLabel("Name").fill("paul");
    await page.getByLabel("Password or API key").fill("another one");
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByText("Name and password do not match.").waitFor();
    await page.getByLabel("Password or API key").fill(" a pass phrase of paul's ");
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.waitForURL(`${base}/settings`);
    await page.getByRole("button", { name: "paul" }).click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.waitForURL(`${base}/login`);
    await context.close();
});

test("a person who changes his mind is told so", { timeout: 60000 }, async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${base}/login?next=%2Fvision`);
    await page.getByRole("link", { name: "Log in with Example" }).click();
    await page.getByText("[ Cancel ]").click();
    await page.waitForURL(/\/login\?problem=refused&next=%2Fvision$/);
    await page.getByText("The log-in was refused").waitFor();
    await context.close();
});
