/* grid_places.ts - where a report's panels lie on their grid of 24 columns. */

export interface Place {
    x: number;
    y: number;
    w: number;
    h: number;
}

export const COLUMNS = 24;

const overlap = (a: Place, b: Place) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/* One after the other, line by line, each with the size it has. */
export function flow<T extends Place>(places: readonly T[]): T[] {
    let x = 0;
    let y = 0;
    let bottom = 0;
    return places.map((place) => {
        const w = Math.max(1, Math.min(COLUMNS, place.w));
        if (x + w > COLUMNS) [x, y] = [0, bottom];
        const put = { ...place, x, y, w };
        x += w;
        bottom = Math.max(bottom, y + place.h);
        return put;
    });
}

/* What would lie on another moves down; what lies free stays. The one that is named stays where it was put. */
export function settle<T extends Place>(places: readonly T[], first = -1): T[] {
    const order = places.map((_, i) => i).sort((a, b) => Number(b === first) - Number(a === first) || places[a]!.y - places[b]!.y || places[a]!.x - places[b]!.x);
    const done: T[] = [];
    const out = [...places];
    for (const i of order) {
        const w = Math.max(1, Math.min(COLUMNS, places[i]!.w));
        const put = { ...places[i]!, w, x: Math.max(0, Math.min(COLUMNS - w, places[i]!.x)) };
        for (let hit: T | undefined; (hit = done.find((d) => overlap(d, put))) !== undefined; ) put.y = hit.y + hit.h;
        done.push(put);
        out[i] = put;
    }
    return out;
}

export function freePlace(taken: readonly Place[], w = 8, h = 6): Place {
    for (let y = 0; ; y++)
        for (let x = 0; x + w <= COLUMNS; x += w) {
            const place = { x, y, w, h };
            if (!taken.some((t) => overlap(t, place))) return place;
        }
}
