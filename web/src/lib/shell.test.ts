import { expect, it } from "vitest";
import { gitCheckout, gitClone, shellWord } from "./shell";

it("leaves plain words as they are", () => {
    expect(gitClone("https://git.example/a/b.git")).toBe("git clone -- https://git.example/a/b.git");
    expect(gitClone("git@git.example:a/b.git")).toBe("git clone -- git@git.example:a/b.git");
});

it("quotes whatever a shell would understand", () => {
    expect(shellWord("a b;rm -rf /")).toBe("'a b;rm -rf /'");
    expect(shellWord("it's")).toBe(`'it'\\''s'`);
    expect(shellWord("$(date)")).toBe("'$(date)'");
    expect(shellWord("--upload-pack=x")).toBe("'--upload-pack=x'");
    expect(shellWord("a\nb")).toBe("'a\nb'");
});

it("checks out commits only", () => {
    expect(gitCheckout("ac25e822")).toBe("git checkout ac25e822");
    expect(gitCheckout("main; ls")).toBe("");
});
