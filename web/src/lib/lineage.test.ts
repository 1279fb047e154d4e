import { describe, expect, it } from "vitest";
import { levelsOf, placeLineage, relatives, type LineageNode } from "./lineage";

const node = (id: string, kind: "run" | "artifact" = "run"): LineageNode => ({ id, kind, label: id, note: "", href: null });
const edge = (text: string) => ({ from: text.split(">")[0]!, to: text.split(">")[1]! });

describe("levelsOf", () => {
    it("puts a node after all that leads to it", () => {
        const levels = levelsOf(["a", "b", "c"], ["a>b", "b>c", "a>c"].map(edge));
        expect([...levels.values()]).toEqual([0, 1, 2]);
    });
    it("comes to an end in a cycle", () => expect(levelsOf(["a", "b"], ["a>b", "b>a"].map(edge)).size).toBe(2));
});

describe("placeLineage", () => {
    const many = Array.from({ length: 7 }, (_, i) => node(`run${i}`));
    const nodes = [node("data", "artifact"), ...many];
    const edges = many.map((n) => edge(`data>${n.id}`));
    it("shows many runs of the same kind as one, until it is opened", () => {
        const closed = placeLineage(nodes, edges, new Set(), "data");
        expect(closed.nodes.map((n) => n.members.length)).toEqual([1, 7]);
        expect(closed.edges).toHaveLength(1);
        const open = placeLineage(nodes, edges, new Set([closed.nodes[1]!.id]), "data");
        expect(open.nodes).toHaveLength(8);
        expect(new Set(open.nodes.map((n) => `${n.x} ${n.y}`)).size).toBe(8);
    });
    it("leads to the right", () => {
        const p = placeLineage([node("a"), node("b", "artifact"), node("c")], ["a>b", "b>c"].map(edge), new Set(), "b");
        const x = (id: string) => p.nodes.find((n) => n.id === id)!.x;
        expect(x("a")).toBeLessThan(x("b"));
        expect(x("b")).toBeLessThan(x("c"));
    });
});

it("relatives are ancestors and descendants, not cousins", () => {
    const edges = ["a>b", "b>c", "a>d"].map(edge);
    expect([...relatives("b", edges)].sort()).toEqual(["a", "b", "c"]);
});
