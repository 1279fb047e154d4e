import { expect, test } from "vitest";
import { ALL_PICKED, NONE_PICKED, countPicked, isPicked, pick } from "./picked";

test("all are chosen, also those that are not here yet, but the ones taken out again", () => {
    const most = pick(ALL_PICKED, ["b"], false);
    expect([isPicked(most, "a"), isPicked(most, "b"), countPicked(most, 500)]).toEqual([true, false, 499]);
    expect(countPicked(pick(most, ["b"], true), 500)).toBe(500);
});

test("some are chosen one by one", () => {
    const two = pick(NONE_PICKED, ["a", "b"], true);
    expect([isPicked(two, "a"), isPicked(two, "c"), countPicked(two, 500)]).toEqual([true, false, 2]);
    expect(countPicked(pick(two, ["a"], false), 500)).toBe(1);
});
