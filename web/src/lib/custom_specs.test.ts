import { compile, type TopLevelSpec } from "vega-lite";
import { expect, test } from "vitest";
import { PRESET_NAMES, chartRows, fillSpec, presetSpec, readCustomChart } from "./custom_specs";

const logged = {
    panel_type: "Vega2",
    panel_config: {
        panelDefId: "wandb/line/v0",
        fieldSettings: { x: "my.x", y: "y", stroke: null },
        stringSettings: { title: "A title" },
        userQuery: { queryFields: [{ name: "runSets", fields: [{ name: "summaryTable", args: [{ name: "tableKey", value: "tables/line_table" }] }] }] },
    },
};

test("what the client keeps in the config is read", () => {
    expect(readCustomChart("line", logged)).toEqual({
        spec: "wandb/line/v0",
        fields: { x: "my.x", y: "y" },
        strings: { title: "A title" },
        tableKey: "tables/line_table",
    });
    expect(readCustomChart("line", { panel_config: { panelDefId: "a/b" } })?.tableKey).toBe("line_table");
    for (const other of [null, 1, {}, { panel_config: {} }, { panel_config: { panelDefId: 1 } }])
        expect(readCustomChart("x", other)).toBeNull();
});

test("templates are filled, and what would be a path in a name is spelled otherwise", () => {
    const chart = readCustomChart("line", logged)!;
    expect(fillSpec({ a: ["${field:x}", "${string:title}!", "${field:z}", 3] }, chart)).toEqual({ a: ["my_x", "A title!", "z", 3] });
});

test("every preset is a specification that compiles, for one run and for several", () => {
    for (const spec of PRESET_NAMES)
        for (const runs of [1, 3]) {
            const chart = { spec, fields: {}, strings: {}, tableKey: "t" };
            expect(compile(presetSpec(chart, runs) as unknown as TopLevelSpec).spec.marks?.length, spec).toBeGreaterThan(0);
        }
    expect(presetSpec({ spec: "someone/else", fields: {}, strings: {}, tableKey: "t" }, 1)).toBeNull();
});

test("rows keep a column called name, and say whose they are", () => {
    expect(chartRows("run", ["a.b", "name"], [[1, "ant"]])).toEqual([{ a_b: 1, name: "ant", _run: "run" }]);
    expect(chartRows("run", ["x"], [[1]])).toEqual([{ x: 1, name: "run", _run: "run" }]);
});
