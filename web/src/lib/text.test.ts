import { expect, it } from "vitest";
import { linesToCsv, toCsv } from "./csv";
import { parseRun } from "./runs";
import { fillTemplate } from "./template";

it("toCsv quotes, and defuses formulas but not numbers", () => {
    expect(
        toCsv(
            ["a", "b"],
            [
                ['x,"y"', "=cmd()"],
                [-5, "-5"],
                [null, { k: 1 }],
            ],
        ),
    ).toBe('a,b\r\n"x,""y""",\'=cmd()\r\n-5,-5\r\n,"{""k"":1}"\r\n');
});

it("linesToCsv writes each point as it was", () => {
    expect(linesToCsv([{ label: "r", key: "loss", x: [0], y: [1.5], lo: null, hi: null }], "_step")).toBe(
        "run,metric,_step,value,min,max\r\nr,loss,0,1.5,,\r\n",
    );
});

it("fillTemplate reads run, config and summary", () => {
    const run = parseRun({
        id: "i",
        name: "n1",
        displayName: "sun",
        state: "finished",
        tags: ["a"],
        group: "g",
        jobType: null,
        createdAt: null,
        heartbeatAt: null,
        notes: null,
        config: '{"lr":{"value":0.1}}',
        summaryMetrics: '{"acc":0.5}',
    });
    expect(
        fillTemplate(
            "${run:displayName}/${id} lr=${config:lr} ${summary:acc} ${config:none}|${metric}",
            run,
            "loss",
        ),
    ).toBe("sun/n1 lr=0.1 0.5 |loss");
});
