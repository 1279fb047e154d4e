import { expect, test } from "vitest";
import { fillHover, fillTemplate, splitTemplate } from "./template";
import { parseRun } from "./runs";

const run = parseRun({
    id: "1",
    name: "abc",
    displayName: "first",
    state: "finished",
    tags: [],
    group: "",
    jobType: "",
    createdAt: null,
    heartbeatAt: null,
    config: '{"lr":{"value":0.1}}',
    summaryMetrics: '{"loss":2}',
    notes: null,
});

test("legends name runs, configs and summaries", () => {
    expect(fillTemplate("${run:displayName} ${config:lr} ${summary:loss} ${metric} ${config:none}", run, "k")).toBe("first 0.1 2 k ");
});

test("what stands in brackets is for the pointer", () => {
    expect(splitTemplate("${run:name} [[ ${x}: ${y} ]]")).toEqual({ legend: "${run:name}", hover: "${x}: ${y}" });
    expect(splitTemplate("plain")).toEqual({ legend: "plain", hover: null });
    const hover = fillTemplate("${run:displayName} ${x} ${y} ${stddev}", run, "k");
    const values = { x: "12", y: 0.5, original: 1, mean: 1, stddev: NaN, min: 0, max: 1, percent: 50 };
    expect(fillHover(hover, values)).toBe("first 12 0.5 –");
});
