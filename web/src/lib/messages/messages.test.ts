import { describe, expect, it } from "vitest";
import { en } from "./en";
import { ja } from "./ja";
import { ko } from "./ko";
import { fill, pickLanguage } from "./pick";

const places = (s: string) => (s.match(/\{\w+\}/g) ?? []).sort();

describe.each([
    ["ja", ja],
    ["ko", ko],
])("%s", (_, table) => {
    it("says everything, and nothing more", () => expect(Object.keys(table)).toEqual(Object.keys(en)));
    it("fills the same places", () => {
        for (const [name, sentence] of Object.entries(en))
            expect(places(table[name as keyof typeof en]), name).toEqual(places(sentence));
    });
    it("is not English left over", () => {
        const same = Object.entries(en).filter(
            ([name, s]) => table[name as keyof typeof en] === s && /[a-z]{5}/.test(s),
        );
        expect(same.map(([name]) => name).filter((n) => n !== "setting.text" && n !== "fact.python")).toEqual(
            [],
        );
    });
});

it("tables are sorted, so that two people's additions meet in a review", () => {
    expect(Object.keys(en)).toEqual([...Object.keys(en)].sort());
});

it("pickLanguage follows the browser's wishes in order", () => {
    expect(pickLanguage(["fr-FR", "ko-KR", "ja"])).toBe("ko");
    expect(pickLanguage(["ja-JP"])).toBe("ja");
    expect(pickLanguage(["de"])).toBe("en");
});

it("fill leaves unknown places to be seen", () => expect(fill("{a} and {b}", { a: 1 })).toBe("1 and {b}"));
