import { expect, it } from "vitest";
import { matchPath, pathOf } from "./match";

it("matchPath takes parameters out and insists on the whole path", () => {
    expect(matchPath("/:entity/:project", "/a/b%20c/")).toEqual({ entity: "a", project: "b c" });
    expect(matchPath("/:entity/:project", "/a")).toBeNull();
    expect(matchPath("/:entity/:project", "/a/b/c")).toBeNull();
    expect(matchPath("/authorize", "/authorize")).toEqual({});
    expect(matchPath("/:e/:p/files/:path*", "/a/b/files/x/y%2Fz")).toEqual({ e: "a", p: "b", path: "x/y/z" });
    expect(matchPath("/:e/:p/files/:path*", "/a/b/files")).toEqual({ e: "a", p: "b", path: "" });
    expect(matchPath("/:x", "/%E0%A4%A")).toEqual({ x: "%E0%A4%A" });
});
it("pathOf escapes what a name may hold", () => expect(pathOf("a", "b/c?", "é")).toBe("/a/b%2Fc%3F/%C3%A9"));
