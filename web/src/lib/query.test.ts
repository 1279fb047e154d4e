import { expect, it } from "vitest";
import { QueryError, completions, parseQuery, runQuery, sourceOf } from "./query";

const runs = {
    columns: ["name", "state", "config.lr", "summary.train/loss", "odd name"],
    rows: [
        ["a", "finished", 0.1, 0.5, 1],
        ["b", "failed", 0.01, 0.25, 2],
        ["c", "finished", 0.001, null, 3],
    ] as unknown[][],
};
const ask = (text: string) => {
    const { columns, rows } = runQuery(parseQuery(text), runs);
    return [columns, ...rows];
};
const problem = (text: string) => {
    try {
        ask(text);
        return null;
    } catch (e) {
        return e instanceof QueryError ? [e.reason, e.word] : e;
    }
};

it("reads sources, the official spelling of a table too", () => {
    expect(parseQuery("runs").source).toEqual({ kind: "runs" });
    expect(parseQuery(" artifacts | limit 1").source).toEqual({ kind: "artifacts" });
    expect(parseQuery('table("a|b") | limit 1').source).toEqual({ kind: "table", key: "a|b" });
    expect(parseQuery("runs.summary['guesses']").source).toEqual({ kind: "table", key: "guesses" });
});

it("filters by comparisons, words and both", () => {
    expect(ask("runs | where summary.train/loss < 0.4 | select name")).toEqual([["name"], ["b"]]);
    expect(ask('runs | where state == "finished" and config.lr > 0.01 | select name')).toEqual([["name"], ["a"]]);
    expect(ask('runs | where state contains "FAIL" | select name')).toEqual([["name"], ["b"]]);
    expect(ask("runs | where ${odd name} * 2 >= config.lr + 4 | select name")).toEqual([["name"], ["c"]]);
});

it("computes, names, sorts, groups and limits", () => {
    expect(ask("runs | select name, summary.train/loss * 100 as percent | sort by percent desc | limit 2")).toEqual([["name", "percent"], ["a", 50], ["b", 25]]);
    expect(ask("runs | group by state | select state, n")).toEqual([["state", "n"], ["finished", 2], ["failed", 1]]);
    expect(ask("runs | select ${odd name} as 'x y' | limit 1")).toEqual([["x y"], [1]]);
});

it("names what it does not understand", () => {
    expect(problem("projects")).toEqual(["source", "projects"]);
    expect(problem("runs | drop everything")).toEqual(["step", "drop everything"]);
    expect(problem("runs | sort by nothing")).toEqual(["column", "nothing"]);
    expect(problem("runs | where nothing > 1")).toEqual(["column", "nothing"]);
    expect(problem("runs | where state")).toEqual(["condition", "state"]);
    expect(problem("runs | select 1 +")).toEqual(["expression", "1 +"]);
    expect(problem("runs | limit -1")).toEqual(["step", "limit -1"]);
    expect(problem('runs | where constructor.constructor("x") > 1')?.[0 as never]).toBeTruthy();
});

it("is patient with a step that is still being written", () => {
    expect(parseQuery("runs | where ").steps).toEqual([]);
    expect(parseQuery("runs | limit 2 | ").steps).toEqual([{ kind: "limit", count: 2 }]);
    expect(sourceOf("runs | nonsense")).toEqual({ kind: "runs" });
    expect(sourceOf("nonsense")).toBeNull();
});

it("offers what may follow", () => {
    const words = (text: string) => completions(text, runs.columns, ["guesses"]).words;
    expect(words("")).toEqual(["runs", "artifacts", 'table("guesses")']);
    expect(words("runs | wh")).toEqual(["where"]);
    expect(words("runs | where con")).toEqual(["config.lr"]);
    expect(words("runs | where state == 1 and lo")).toEqual(["summary.train/loss"]);
    expect(words("runs | sort by odd")).toEqual(["${odd name}"]);
    expect(completions("runs | where con", runs.columns, []).from).toBe(13);
});
