/* lineage.ts - who made what out of what, as a graph from left to right; what is many of a kind stands as one node. */

export interface LineageNode {
    id: string;
    kind: "run" | "artifact";
    label: string;
    note: string /* a run's state, an artifact's type */;
    href: string | null;
}

export interface LineageEdge {
    from: string;
    to: string;
}

export interface PlacedNode {
    id: string;
    members: LineageNode[] /* one, or all of a cluster */;
    x: number;
    y: number;
}

export interface LineagePicture {
    nodes: PlacedNode[];
    edges: LineageEdge[];
    width: number;
    height: number;
}

export const NODE = { width: 190, height: 40, gapX: 70, gapY: 14 };
const CLUSTER_FROM = 6;
/* Runs may use what they made: lengths in a cycle would never end. */
const MAX_ROUNDS = 60;

/* The longest way from where nothing comes in: edges then lead to the right. */
export function levelsOf(ids: readonly string[], edges: readonly LineageEdge[]): Map<string, number> {
    const levels = new Map(ids.map((id) => [id, 0]));
    for (let round = 0, isMoving = true; isMoving && round < Math.min(MAX_ROUNDS, ids.length); round++) {
        isMoving = false;
        for (const { from, to } of edges) {
            const least = (levels.get(from) ?? 0) + 1;
            if (from === to || (levels.get(to) ?? 0) >= least) continue;
            levels.set(to, least);
            isMoving = true;
        }
    }
    return levels;
}

export function placeLineage(nodes: readonly LineageNode[], edges: readonly LineageEdge[], open: ReadonlySet<string>, root: string): LineagePicture {
    const levels = levelsOf(nodes.map((n) => n.id), edges);
    const clusters = clustersOf(nodes, edges, levels, open, root);
    const clusterOf = new Map(clusters.flatMap((c) => c.members.map((m) => [m.id, c.id])));
    const links = new Map<string, LineageEdge>();
    for (const e of edges) {
        const [from, to] = [clusterOf.get(e.from), clusterOf.get(e.to)];
        if (from !== undefined && to !== undefined && from !== to) links.set(`${from}\n${to}`, { from, to });
    }
    const shown = [...links.values()];
    const used = [...new Set(clusters.map((c) => levels.get(c.members[0]!.id)!))].sort((a, b) => a - b);
    const columns = used.map((level) => clusters.filter((c) => levels.get(c.members[0]!.id) === level));
    const tallest = Math.max(1, ...columns.map((c) => c.length));
    const rowHeight = NODE.height + NODE.gapY;
    const places = new Map<string, PlacedNode>();
    columns.forEach((column, i) => {
        const ordered = column
            .map((c) => ({ c, at: middleOf(c.id, shown, places) }))
            .sort((a, b) => a.at - b.at || a.c.members[0]!.label.localeCompare(b.c.members[0]!.label, "en", { numeric: true }));
        const top = ((tallest - column.length) * rowHeight) / 2;
        ordered.forEach(({ c }, k) => places.set(c.id, { ...c, x: i * (NODE.width + NODE.gapX), y: top + k * rowHeight }));
    });
    return {
        nodes: [...places.values()],
        edges: shown,
        width: columns.length * (NODE.width + NODE.gapX) - NODE.gapX,
        height: tallest * rowHeight - NODE.gapY,
    };
}

/* Where a node's neighbours to the left stand, on average: lines cross less. */
function middleOf(id: string, edges: readonly LineageEdge[], places: ReadonlyMap<string, PlacedNode>): number {
    const ys = edges.flatMap((e) => (e.to === id ? (places.get(e.from)?.y ?? []) : []));
    return ys.length === 0 ? 0 : ys.reduce((a, b) => a + b, 0) / ys.length;
}

/* Nodes with the same neighbours on both sides differ in nothing but their names. */
function clustersOf(nodes: readonly LineageNode[], edges: readonly LineageEdge[], levels: ReadonlyMap<string, number>, open: ReadonlySet<string>, root: string) {
    const groups = new Map<string, LineageNode[]>();
    for (const node of nodes) {
        const near = (pick: (e: LineageEdge) => string | null) => edges.map(pick).filter((id) => id !== null).sort().join();
        const key = [
            node.kind,
            levels.get(node.id),
            near((e) => (e.to === node.id ? e.from : null)),
            near((e) => (e.from === node.id ? e.to : null)),
            node.id === root ? root : "",
        ].join("\n");
        groups.set(key, [...(groups.get(key) ?? []), node]);
    }
    return [...groups.values()].flatMap((members) => {
        const id = `cluster:${members[0]!.id}`;
        return members.length < CLUSTER_FROM || open.has(id) ? members.map((m) => ({ id: m.id, members: [m] })) : [{ id, members }];
    });
}

/* A node and all that leads to it or comes from it: what pointing at it keeps bright. */
export function relatives(id: string, edges: readonly LineageEdge[]): Set<string> {
    const found = new Set([id]);
    for (const [near, far] of [["from", "to"], ["to", "from"]] as const) {
        const queue = [id];
        for (let at = queue.pop(); at !== undefined; at = queue.pop())
            for (const e of edges)
                if (e[near] === at && !found.has(e[far])) {
                    found.add(e[far]);
                    queue.push(e[far]);
                }
    }
    return found;
}
