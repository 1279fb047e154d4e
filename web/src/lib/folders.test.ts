import { expect, it } from "vitest";
import { listFolder } from "./folders";

it("listFolder shows one level, folders first with their sizes", () => {
    const files = ["b.txt", "a10.txt", "a2.txt", "media/x/1.png", "media/2.png", "mediator"].map((name) => ({
        name,
        sizeBytes: 10,
    }));
    expect(listFolder(files, "").map((e) => [e.path, e.size, e.file !== null])).toEqual([
        ["media", 20, false],
        ["a2.txt", 10, true],
        ["a10.txt", 10, true],
        ["b.txt", 10, true],
        ["mediator", 10, true],
    ]);
    expect(listFolder(files, "media").map((e) => e.path)).toEqual(["media/x", "media/2.png"]);
    expect(listFolder(files, "none")).toEqual([]);
});
