/* code_files.ts - which of a run's files are its code, and in what order somebody wants to see them. */

const BESIDE = ["diff.patch", "requirements.txt", "conda-environment.yaml"];

/* The script that was started first, then the other sources, then the patch and the packages. */
export function codeFiles<F extends { name: string }>(files: readonly F[], script: string): F[] {
    const main = script === "" ? "" : script.slice(script.lastIndexOf("/") + 1);
    const rank = (name: string) => {
        const beside = BESIDE.indexOf(name);
        if (beside >= 0) return 3 + beside;
        return name === `code/${script}` ? 0 : main !== "" && name.endsWith("/" + main) ? 1 : 2;
    };
    return files
        .filter((f) => f.name.startsWith("code/") || /^diff_[0-9a-f]+\.patch$/.test(f.name) || BESIDE.includes(f.name))
        .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
}
