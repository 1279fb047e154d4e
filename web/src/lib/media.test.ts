import { describe, expect, it } from "vitest";
import { atStep, boxFiles, histogramOf, mediaItems, parseBoxes } from "./media";

describe("mediaItems", () => {
    it("reads one file and many", () => {
        expect(mediaItems({ _type: "image-file", path: "media/images/a.png", caption: "hi" })).toMatchObject([
            { kind: "image", path: "media/images/a.png", caption: "hi" },
        ]);
        expect(
            mediaItems({
                _type: "images/separated",
                filenames: ["a.png", "b.png"],
                captions: ["x"],
                all_masks: [null, { m: { path: "m.png" } }],
            }),
        ).toMatchObject([
            { kind: "image", path: "a.png", caption: "x", masks: [] },
            { kind: "image", path: "b.png", caption: "", masks: [{ name: "m", path: "m.png" }] },
        ]);
        expect(mediaItems({ _type: "videos", filenames: ["v.mp4"] })[0]!.kind).toBe("video");
        expect(mediaItems({ _type: "object3D-file", path: "o.glb" })[0]!.kind).toBe("scene");
    });
    it("shows nothing for what is no file", () => expect(mediaItems({ _type: "weird" })).toEqual([]));
});

describe("boxes", () => {
    it("are shares of the picture, from corners or the middle", () => {
        expect(
            parseBoxes({
                box_data: [
                    {
                        position: { minX: 0.1, maxX: 0.3, minY: 0.2, maxY: 0.6 },
                        class_id: 1,
                        scores: { p: 0.5 },
                    },
                ],
                class_labels: { 1: "cat" },
            })[0],
        ).toMatchObject({ label: "cat", score: 0.5, left: 0.1, top: 0.2 });
        const [box] = parseBoxes(
            { box_data: [{ position: { middle: [50, 50], width: 20, height: 40 }, domain: "pixel" }] },
            { width: 100, height: 200 },
        );
        expect(box).toMatchObject({ left: 0.4, top: 0.15, width: 0.2, height: 0.2 });
    });
    it("leave out what is not a box", () => {
        expect(parseBoxes({ box_data: [{ position: { minX: "x" } }, {}] })).toEqual([]);
        expect(parseBoxes(null)).toEqual([]);
    });
    it("name their files", () =>
        expect(
            boxFiles({ all_boxes: [{ p: { path: "b.json" } }], boxes: { q: { path: "c.json" } } }),
        ).toEqual(["c.json", "b.json"]));
});

it("atStep is the latest value not after the step", () => {
    const values = [{ step: 1 }, { step: 5 }, { step: 9 }];
    expect([0, 1, 6, 100].map((s) => atStep(values, s)?.step ?? null)).toEqual([null, 1, 5, 9]);
});

it("histogramOf reads packed and explicit bins", () => {
    expect(histogramOf({ packedBins: { min: 0, size: 0.5, count: 2 }, values: [1, 2] })).toEqual({
        edges: [0, 0.5, 1],
        counts: [1, 2],
    });
    expect(histogramOf({ bins: [0, 1, 3], values: [4, 5] })).toEqual({ edges: [0, 1, 3], counts: [4, 5] });
    expect(histogramOf({ bins: [0], values: [4, 5] })).toBeNull();
});
