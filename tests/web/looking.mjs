/* looking.mjs - what is on the screen: pixels, not elements; and pages that hold just the panels a test is about. */

import { openContext, openPage, until } from "./browser.mjs";

/* How many pixels of an element on the screen have a colour. */
export async function look(eye, locator) {
    await locator.scrollIntoViewIfNeeded();
    const png = (await locator.screenshot()).toString("base64");
    return eye.evaluate(async (data) => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        const { data: pixels } = context.getImageData(0, 0, image.width, image.height);
        let coloured = 0;
        for (let i = 0; i < pixels.length; i += 4)
            if (Math.max(pixels[i], pixels[i + 1], pixels[i + 2]) - Math.min(pixels[i], pixels[i + 1], pixels[i + 2]) > 40) coloured++;
        return coloured;
    }, png);
}

/* The same, once there are at least so many; what was last seen when that never happens. */
export function lookFor(eye, locator, least) {
    return until(() => look(eye, locator), (coloured) => coloured >= least);
}

/* A page whose workspace holds these panels. */
export async function openWith(browser, project, panels, more = {}) {
    const context = await openContext(browser, { viewport: { width: 1400, height: 1000 }, ...more });
    await context.addInitScript(
        ([name, list]) => {
            const view = { layout: { mode: "manual", sections: [{ name: "Test", isOpen: true, panels: list }] }, runs: {} };
            localStorage.setItem(`barograph.view.2/admin/admin/${name}/`, JSON.stringify({ view, version: 0, isSaved: false }));
        },
        [project, panels],
    );
    return openPage(context, `/admin/${project}`);
}

/* What a panel's menu saves: the file's name and bytes. */
export async function save(page, panel, item) {
    await panel.hover();
    await panel.locator("header").getByLabel("More").click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: item }).click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    return { name: download.suggestedFilename(), bytes: Buffer.concat(chunks) };
}
