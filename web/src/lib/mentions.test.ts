import { expect, test } from "vitest";
import { markMentions, mentionAt } from "./mentions";

test("a name that is being written is looked for, an address is none", () => {
    expect(mentionAt("ask @al", 7)).toEqual({ from: 4, query: "al" });
    expect(mentionAt("@", 1)).toEqual({ from: 0, query: "" });
    expect(mentionAt("ask @al now", 7)).toEqual({ from: 4, query: "al" });
    for (const no of ["mail@al", "ask @al ", "ask"]) expect(mentionAt(no, no.length)).toBeNull();
});

test("names stand out and code does not change", () => {
    expect(markMentions("@alice, see `@bob` (@c.d).")).toBe("**@alice**, see `@bob` (**@c.d**).");
    expect(markMentions("mail@alice.org\n```\n@x\n```")).toBe("mail@alice.org\n```\n@x\n```");
});
