import { expect, it } from "vitest";
import { codeFiles } from "./code_files";

const files = ["config.yaml", "requirements.txt", "code/lib/net.py", "diff.patch", "code/train.py", "media/a.png"].map((name) => ({ name }));

it("codeFiles begins with the script that ran and ends with the packages", () => {
    const names = (script: string) => codeFiles(files, script).map((f) => f.name);
    expect(names("train.py")).toEqual(["code/train.py", "code/lib/net.py", "diff.patch", "requirements.txt"]);
    expect(names("/elsewhere/project/train.py")[0]).toBe("code/train.py");
    expect(names("")[0]).toBe("code/lib/net.py");
});
