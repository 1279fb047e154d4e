/* fill.mjs - many runs, sent as clients send theirs, only faster. */

const base = process.env.BAROGRAPH_BASE_URL;
export const headers = {
    "content-type": "application/json",
    authorization: `Basic ${Buffer.from(`api:${process.env.BAROGRAPH_ADMIN_KEY}`).toString("base64")}`,
};
const LINES_PER_REQUEST = 20000;
const AT_ONCE = 4;

async function post(path, body) {
    const response = await fetch(base + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
}

export async function makeRun(project, name, config = {}) {
    const wrapped = Object.fromEntries(Object.entries(config).map(([k, value]) => [k, { value }]));
    await post("/graphql", {
        query: "mutation($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }",
        variables: { input: { entityName: "admin", modelName: project, name, displayName: name, config: JSON.stringify(wrapped) } },
    });
}

/* `row` makes the step's values; with a summary the run ends. */
export async function sendRows(project, name, steps, row, summary = {}, first = 0) {
    const end = first + steps;
    for (let from = first; from < end || from === first; from += LINES_PER_REQUEST) {
        const content = [];
        for (let step = from; step < Math.min(end, from + LINES_PER_REQUEST); step++)
            content.push(JSON.stringify({ _step: step, _timestamp: 1.79e9 + step, _runtime: step, ...row(step) }));
        const isLast = summary !== null && from + LINES_PER_REQUEST >= end;
        await post(`/files/admin/${project}/${name}/file_stream`, {
            files: {
                "wandb-history.jsonl": { offset: from, content },
                ...(isLast ? { "wandb-summary.json": { offset: 0, content: [JSON.stringify(summary)] } } : {}),
            },
            ...(isLast ? { complete: true, exitcode: 0 } : {}),
        });
    }
}

export async function each(count, work) {
    let next = 0;
    const worker = async () => {
        while (next < count) await work(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/* The same noise at every measurement. */
export function noise(seed) {
    let state = seed * 2654435761 + 1;
    return () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 4294967296;
    };
}
