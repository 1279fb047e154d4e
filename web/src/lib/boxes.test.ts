import { describe, expect, it } from "vitest";
import { classesOf, labelsOf, parseBoxes, readClassLabels } from "./boxes";

describe("parseBoxes", () => {
    it("reads shares of the picture, from corners or the middle", () => {
        const corners = { box_data: [{ position: { minX: 0.1, maxX: 0.3, minY: 0.2, maxY: 0.6 }, class_id: 1, scores: { p: 0.5 } }], class_labels: { 1: "cat" } };
        expect(parseBoxes("truth", corners)[0]).toMatchObject({ set: "truth", label: "cat", caption: "cat", score: 0.5, left: 0.1, top: 0.2 });
        const middle = { box_data: [{ position: { middle: [50, 50], width: 20, height: 40 }, domain: "pixel" }] };
        expect(parseBoxes("t", middle, {}, { width: 100, height: 200 })[0]).toMatchObject({ left: 0.4, top: 0.15, width: 0.2, height: 0.2 });
    });
    it("leaves out what is not a box", () => {
        expect(parseBoxes("t", { box_data: [{ position: { minX: "x" } }, {}, 3] })).toEqual([]);
        expect(parseBoxes("t", { box_data: [{ position: { middle: [1, 1], width: 2, height: 2 }, domain: "pixel" }] })).toEqual([]);
        expect(parseBoxes("t", null)).toEqual([]);
    });
});

it("readClassLabels finds the names of classes by key and layer", () => {
    const labels = readClassLabels({
        "mask/class_labels": { a_wandb_delimeter_m: { value: { 0: "sky", 1: "sea" } }, broken: 3 },
        "bounding_box/class_labels": { a_wandb_delimeter_b: { value: { 1: "cat" } }, other_wandb_delimeter_b: { value: { 9: "no" } } },
    });
    expect(labelsOf(labels, "mask", "a", "m")).toEqual({ 0: "sky", 1: "sea" });
    expect(labelsOf(labels, "box", "a", "m")).toEqual({});
    expect(classesOf(labels, "a").map((c) => `${c.layer} ${c.label}`)).toEqual(["m sky", "m sea", "b cat"]);
    expect(readClassLabels(null)).toEqual({ mask: {}, box: {} });
});
