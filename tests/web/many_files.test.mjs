/* A version of thousands of files in one folder: it opens with its first page, and all of them are searched. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { graphql, openPage, withBrowser } from "./browser.mjs";

const COUNT = 6000;
const at = withBrowser();

/* Of references, because nothing is uploaded for them. */
async function makeVersion(name) {
    const place = { entityName: "admin", projectName: "artifacts" };
    const input = { ...place, artifactTypeName: "crowd", artifactCollectionName: name, digest: name };
    const { createArtifact } = await graphql("mutation($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id } } }", { input });
    const artifactID = createArtifact.artifact.id;
    const contents = {};
    for (let i = 0; i < COUNT; i++) contents[`picture-${String(i).padStart(5, "0")}.png`] = { digest: `d${i}`, ref: `http://127.0.0.1:9/${i}`, size: 10 };
    for (const inner of ["deep/er/picture-needle.png", "deep/other.txt"]) contents[inner] = { digest: inner, ref: "http://127.0.0.1:9/x", size: 1000 };
    const manifest = { version: 1, storagePolicy: "wandb-storage-policy-v1", storagePolicyConfig: { storageLayout: "V2" }, contents };
    const made = await graphql("mutation($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) { artifactManifest { file { uploadUrl } } } }", {
        input: { ...place, artifactID, name: "wandb_manifest.json", digest: "x" },
    });
    const put = await fetch(made.createArtifactManifest.artifactManifest.file.uploadUrl, { method: "PUT", body: JSON.stringify(manifest) });
    assert.equal(put.status, 200);
    await graphql("mutation($id: ID!) { commitArtifact(input: { artifactID: $id }) { artifact { id } } }", { id: artifactID });
}

test("thousands of files open as one page, are read on and searched", { timeout: 120000 }, async () => {
    const name = `many-${Date.now()}`;
    await makeVersion(name);
    const { page, problems } = await openPage(at.context, "/admin/artifacts/artifacts");
    const answers = [];
    page.on("response", (r) => {
        if ((r.request().postData() ?? "").includes("PageFolder")) answers.push(r.body().then((body) => body.length, () => 0));
    });
    await page.goto(`${new URL(page.url()).origin}/admin/artifacts/artifacts/crowd/${name}/v0/files`);
    const rows = page.locator("table.list tbody tr");
    await page.getByText(`Files: ${COUNT + 2}`).waitFor();
    await page.getByRole("link", { name: "picture-00000.png", exact: true }).waitFor();
    assert.equal(await rows.count(), 501); /* the folder, and a page of files */
    assert.ok((await rows.first().innerText()).includes("deep"));
    await page.getByRole("button", { name: "Show more files" }).click();
    await page.getByRole("link", { name: "picture-00999.png", exact: true }).waitFor();
    assert.equal(await rows.count(), 1001);
    const sizes = await Promise.all(answers);
    assert.equal(sizes.length, 2);
    assert.ok(Math.max(...sizes) < 500_000, `${sizes} bytes`);
    const search = page.getByRole("textbox", { name: "Search all files" });
    await search.fill("NEEDLE");
    const needle = page.getByRole("link", { name: "deep/er/picture-needle.png", exact: true });
    await needle.waitFor();
    assert.equal(await rows.count(), 1);
    await search.fill("nowhere");
    await page.getByText("No file's path holds this.").waitFor();
    await search.fill("");
    await page.getByRole("link", { name: "deep", exact: true }).click();
    await page.getByRole("link", { name: "other.txt", exact: true }).waitFor();
    assert.equal(await rows.count(), 2);
    assert.deepEqual(problems, []);
});
