import { describe, expect, it } from "vitest";
import { ExpressionError, evaluate, expressionKeys, parseExpression } from "./expression";

const values: Record<string, number> = { a: 2, b: 3, "val/loss": 10, "x y": 7, "a.b": 4 };
const run = (text: string) =>
    evaluate(
        parseExpression(text, (n) => n in values),
        (n) => values[n] ?? NaN,
    );

describe("parseExpression", () => {
    it.each([
        ["1 + 2 * 3", 7],
        ["(1 + 2) * 3", 9],
        ["2 ^ 3 ^ 2", 512],
        ["-2 ^ 2", -4],
        ["10 - 4 - 3", 3],
        ["a / b", 2 / 3],
        ["a/b", 2 / 3],
        ["val/loss", 10],
        ["val/loss/2", 5],
        ["${x y} + 'x y'", 14],
        ["max(a, b, 9)", 9],
        ["log(exp(3))", 3],
        ["a.b % 3", 1],
        ["1e3 * .5", 500],
        ["2**3", 8],
        ["- -a", 2],
    ])("%s is %s", (text, value) => expect(run(text)).toBeCloseTo(value, 12));
    it.each([
        ["1 +", "ends too early"],
        ["(1", 'expected ")"'],
        ["foo(1)", 'no function "foo"'],
        ["1 2", 'unexpected "2"'],
        ["a @ b", 'unexpected "@"'],
        ["pow(1)", "takes 2 arguments"],
        ["", "ends too early"],
        ["neg(1)", "no function"],
    ])("says what is wrong with %s", (text, message) => {
        expect(() => run(text)).toThrow(ExpressionError);
        expect(() => run(text)).toThrow(message);
    });
    it("refuses nesting that would end the page", () => {
        expect(() => run("(".repeat(5000) + "1" + ")".repeat(5000))).toThrow("too deep");
    });
    it("names each metric once", () => {
        expect(expressionKeys(parseExpression("a + b * a + ${val/loss}"))).toEqual(["a", "b", "val/loss"]);
    });
    it("treats a missing metric as not a number", () => expect(run("a + nothing")).toBeNaN());
});
