import { expect, it } from "vitest";
import { parseNotebook } from "./notebook";

const one = (output: object) => parseNotebook(JSON.stringify({ cells: [{ cell_type: "code", source: "x", outputs: [output] }] })).cells[0]!.outputs[0]!;

it("reads cells whose texts are words or lists of lines", () => {
    const { cells, language } = parseNotebook(
        JSON.stringify({
            metadata: { language_info: { name: "julia" } },
            cells: [
                { cell_type: "markdown", source: ["# A\n", "b"] },
                { cell_type: "code", source: "print(1)", execution_count: 3, outputs: [{ output_type: "stream", name: "stdout", text: ["1\n"] }] },
            ],
        }),
    );
    expect(language).toBe("julia");
    expect(cells).toEqual([
        { kind: "markdown", text: "# A\nb", count: null, outputs: [] },
        { kind: "code", text: "print(1)", count: 3, outputs: [{ kind: "text", text: "1\n" }] },
    ]);
});

it("takes the richest kind of an output, pictures before pages", () => {
    expect(one({ output_type: "display_data", data: { "text/plain": "<Figure>", "text/html": "<b>", "image/png": "iVBO\nRw==" } })).toEqual({ kind: "image", url: "data:image/png;base64,iVBORw==" });
    expect(one({ output_type: "execute_result", data: { "text/plain": "t", "text/html": ["<b>", "x</b>"] } })).toEqual({ kind: "html", text: "<b>x</b>" });
    expect(one({ output_type: "display_data", data: { "application/vnd.x+json": {} } })).toEqual({ kind: "unknown", types: "application/vnd.x+json" });
});

it("takes nothing for a picture that is not base64", () => {
    expect(one({ output_type: "display_data", data: { "image/png": '"><script>', "text/plain": "t" } })).toEqual({ kind: "text", text: "t" });
    expect(one({ output_type: "display_data", data: { "image/svg+xml": "<svg onload='x()'/>" } })).toEqual({ kind: "image", url: "data:image/svg+xml;charset=utf-8,%3Csvg%20onload%3D'x()'%2F%3E" });
});

it("joins what was printed line by line, and keeps errors apart", () => {
    const line = (text: string, name = "stdout") => ({ output_type: "stream", name, text });
    const outputs = [line("a\n"), line("b\n"), line("bad\n", "stderr"), { output_type: "error", ename: "E", evalue: "v", traceback: ["\u001b[31mE\u001b[0m", "v"] }];
    expect(parseNotebook(JSON.stringify({ cells: [{ cell_type: "code", source: "", outputs }] })).cells[0]!.outputs).toEqual([
        { kind: "text", text: "a\nb\n" },
        { kind: "error", text: "bad\n\u001b[31mE\u001b[0m\nv" },
    ]);
});

it("reads the format before the present one", () => {
    const { cells } = parseNotebook(JSON.stringify({ worksheets: [{ cells: [{ cell_type: "heading", level: 2, source: "T" }, { cell_type: "code", input: "1", prompt_number: 2, outputs: [{ output_type: "pyout", text: "1", png: "aaaa" }] }] }] }));
    expect(cells[0]).toMatchObject({ kind: "markdown", text: "## T" });
    expect(cells[1]).toMatchObject({ text: "1", count: 2, outputs: [{ kind: "image", url: "data:image/png;base64,aaaa" }] });
});

it("refuses what is no notebook", () => {
    expect(() => parseNotebook("[]")).toThrow();
    expect(() => parseNotebook('{"a": 1}')).toThrow();
    expect(() => parseNotebook("{")).toThrow();
});
