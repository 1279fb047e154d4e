import { expect, test } from "vitest";
import { pictureBlob, readAnswer } from "./frame_message";

test("only what the frame may say is heard", () => {
    expect(readAnswer({ type: "ready", more: 1 })).toEqual({ type: "ready" });
    expect(readAnswer({ type: "failed", message: "x".repeat(900) })).toEqual({ type: "failed", message: "x".repeat(500) });
    expect(readAnswer({ type: "picture", format: "svg", data: "<svg/>" })?.type).toBe("picture");
    for (const other of [null, 1, "ready", {}, { type: "failed" }, { type: "picture", format: "html", data: "" }])
        expect(readAnswer(other)).toBeNull();
});

test("pictures are pictures", () => {
    expect(pictureBlob("svg", "<svg></svg>")?.type).toBe("image/svg+xml");
    expect(pictureBlob("svg", "<script>")).toBeNull();
    expect(pictureBlob("png", "data:image/png;base64,iVBORw0=")?.size).toBe(5);
    expect(pictureBlob("png", "data:text/html;base64,PGI+")).toBeNull();
    expect(pictureBlob("png", "data:image/png;base64,%%")).toBeNull();
});
