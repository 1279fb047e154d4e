/* each.ts - one change to many things: as many in a request as do not keep others waiting. */

import { graphql } from "../api";

const MAX_CHANGED = 50;

export async function inPortions<T>(items: readonly T[], size: number, change: (some: T[]) => Promise<void>): Promise<void> {
    for (let at = 0; at < items.length; at += size) await change(items.slice(at, at + size));
}

/* The same mutation with each of these inputs; `answer` is what to select of it. */
export async function changeEach(mutation: string, type: string, answer: string, inputs: readonly object[]): Promise<void> {
    await inPortions(inputs, MAX_CHANGED, async (some) => {
        const variables = some.map((_, i) => `$i${i}: ${type}!`).join(", ");
        const fields = some.map((_, i) => `a${i}: ${mutation}(input: $i${i}) { ${answer} }`).join(" ");
        await graphql(`mutation PageChangeEach(${variables}) { ${fields} }`, Object.fromEntries(some.map((input, i) => [`i${i}`, input])));
    });
}
