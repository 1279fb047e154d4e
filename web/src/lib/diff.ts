/* diff.ts - two texts side by side, line by line. */

export interface DiffSide {
    number: number /* from 1 */;
    text: string;
}

export interface DiffRow {
    kind: "same" | "changed" | "added" | "removed";
    left: DiffSide | null;
    right: DiffSide | null;
}

/* Beyond so many differences the search costs more than it tells: the rest counts as rewritten. */
const MAX_EDITS = 4000;

/* The places of the lines that stay, by the shortest way from one text to the other. */
function common(a: readonly string[], b: readonly string[]): [number, number][] {
    const most = Math.min(a.length + b.length, MAX_EDITS);
    const reach = new Map<number, number>([[1, 0]]);
    const steps: Map<number, number>[] = [];
    for (let d = 0; d <= most; d++) {
        steps.push(new Map(reach));
        for (let k = -d; k <= d; k += 2) {
            const isDown = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
            let x = isDown ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
            let y = x - k;
            while (x < a.length && y < b.length && a[x] === b[y]) {
                x++;
                y++;
            }
            reach.set(k, x);
            if (x >= a.length && y >= b.length) return backtrack(steps, a, b, d);
        }
    }
    return [];
}

function backtrack(steps: readonly Map<number, number>[], a: readonly string[], b: readonly string[], edits: number): [number, number][] {
    const out: [number, number][] = [];
    let [x, y] = [a.length, b.length];
    for (let d = edits; d >= 0; d--) {
        const reach = steps[d]!;
        const k = x - y;
        const isDown = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
        const from = isDown ? k + 1 : k - 1;
        const fromX = d === 0 ? 0 : (reach.get(from) ?? 0);
        const fromY = d === 0 ? 0 : fromX - from;
        while (x > fromX && y > fromY) out.push([--x, --y]);
        [x, y] = [fromX, fromY];
    }
    return out.reverse();
}

export function diffLines(left: string, right: string): DiffRow[] {
    const a = left === "" ? [] : left.replace(/\n$/, "").split("\n");
    const b = right === "" ? [] : right.replace(/\n$/, "").split("\n");
    const rows: DiffRow[] = [];
    let [i, k] = [0, 0];
    const until = (x: number, y: number) => {
        while (i < x || k < y) {
            const l = i < x ? { number: i + 1, text: a[i++]! } : null;
            const r = k < y ? { number: k + 1, text: b[k++]! } : null;
            rows.push({ kind: l && r ? "changed" : l ? "removed" : "added", left: l, right: r });
        }
    };
    for (const [x, y] of common(a, b)) {
        until(x, y);
        rows.push({ kind: "same", left: { number: ++i, text: a[x]! }, right: { number: ++k, text: b[y]! } });
    }
    until(a.length, b.length);
    return rows;
}

/* Long stretches without a difference become one row that says how long they are. */
export function foldRows(rows: readonly DiffRow[], context: number): (DiffRow | { kind: "fold"; count: number })[] {
    const isNear = rows.map(() => false);
    rows.forEach((r, i) => {
        if (r.kind !== "same")
            for (let k = Math.max(0, i - context); k <= Math.min(rows.length - 1, i + context); k++) isNear[k] = true;
    });
    const out: (DiffRow | { kind: "fold"; count: number })[] = [];
    rows.forEach((r, i) => {
        const last = out[out.length - 1];
        if (isNear[i]) out.push(r);
        else if (last?.kind === "fold") last.count++;
        else out.push({ kind: "fold", count: 1 });
    });
    return out;
}
