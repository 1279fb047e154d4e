/* picked.ts - which runs of a table are chosen: some, or all that the filter lets through but some. */

export interface Picked {
    isAll: boolean;
    ids: ReadonlySet<string> /* those that are chosen, or of all those that are not */;
}

export const NONE_PICKED: Picked = { isAll: false, ids: new Set() };
export const ALL_PICKED: Picked = { isAll: true, ids: new Set() };

export function isPicked(picked: Picked, id: string): boolean {
    return picked.ids.has(id) !== picked.isAll;
}

export function countPicked(picked: Picked, total: number): number {
    return picked.isAll ? Math.max(0, total - picked.ids.size) : picked.ids.size;
}

/* Each of them chosen, or not any more. */
export function pick(picked: Picked, ids: readonly string[], isOn: boolean): Picked {
    const next = new Set(picked.ids);
    for (const id of ids)
        if (isOn !== picked.isAll) next.add(id);
        else next.delete(id);
    return { ...picked, ids: next };
}
