import { expect, it } from "vitest";
import { parseAnsi, stripAnsi } from "./ansi";

const E = "\u001b";

it("colours, weight and their ends become spans", () => {
    expect(parseAnsi(`a${E}[1;31mb${E}[22mc${E}[0md`)).toEqual([
        { text: "a", classes: "" },
        { text: "b", classes: "a-bold a-fg1" },
        { text: "c", classes: "a-fg1" },
        { text: "d", classes: "" },
    ]);
});
it("reads 256 and 24-bit colours", () => {
    expect(parseAnsi(`${E}[38;5;208mx`)[0]).toMatchObject({ color: "#ff8700" });
    expect(parseAnsi(`${E}[38;5;9mx`)[0]).toMatchObject({ classes: "a-fg9" });
    expect(parseAnsi(`${E}[48;2;1;2;300mx`)[0]).toMatchObject({ background: "#0102ff" });
});
it("takes away every other sequence, even a torn one", () => {
    expect(stripAnsi(`${E}[2K${E}[1Aup${E}]0;title\u0007 ${E}]8;;http://x${E}\\link${E}[`)).toBe("up link");
    expect(
        parseAnsi(`\r\u0007text\tx`)
            .map((s) => s.text)
            .join(""),
    ).toBe("text\tx");
});
it("leaves markup as text", () =>
    expect(parseAnsi("<img src=x>")).toEqual([{ text: "<img src=x>", classes: "" }]));
