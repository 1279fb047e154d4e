import { describe, expect, it } from "vitest";
import { atStep, histogramOf, mediaItems, pathsOf } from "./media";

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

it("pathsOf names the files of a picture with its masks and boxes", () => {
    const value = { _type: "images/separated", filenames: ["a.png"], all_boxes: [{ p: { path: "b.json" } }], all_masks: [{ m: { path: "m.png" } }] };
    expect(mediaItems(value).flatMap(pathsOf)).toEqual(["a.png", "m.png", "b.json"]);
});

it("a film that is a GIF is shown as a picture", () => {
    expect(mediaItems({ _type: "video-file", path: "v.gif" })[0]!.kind).toBe("image");
    expect(mediaItems({ _type: "video-file", path: "v.mp4" })[0]!.kind).toBe("video");
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
