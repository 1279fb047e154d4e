import { expect, it } from "vitest";
import { stepBrush, type Range } from "./brush";

const axis: Range = [30, 230];
const press = (key: string, shiftKey = false) => ({ key, shiftKey });

it("stepBrush moves the upper end, and with Shift the lower one, a twentieth of the axis", () => {
    expect(stepBrush(null, axis, press("ArrowDown"))).toEqual([40, 230]);
    expect(stepBrush([40, 230], axis, press("ArrowUp", true))).toEqual([40, 220]);
    expect(stepBrush([40, 220], axis, press("ArrowUp"))).toEqual([30, 220]);
});

it("stepBrush keeps the ends on the axis and apart, and marks nothing where it would mark all", () => {
    expect(stepBrush(null, axis, press("ArrowUp"))).toBeNull();
    expect(stepBrush([40, 230], axis, press("ArrowUp"))).toBeNull();
    expect(stepBrush([100, 104], axis, press("ArrowDown"))).toEqual([104, 104]);
    expect(stepBrush([100, 104], axis, press("ArrowUp", true))).toEqual([100, 100]);
    expect(stepBrush([100, 228], axis, press("ArrowDown", true))).toEqual([100, 230]);
});

it("stepBrush lifts the brush, and leaves other keys to others", () => {
    expect(stepBrush([40, 200], axis, press("Delete"))).toBeNull();
    expect(stepBrush([40, 200], axis, press("l"))).toBeUndefined();
});
