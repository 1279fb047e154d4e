/* shell.ts - words of a command that somebody will paste into a shell: what a run logged is never a command of its own. */

export function shellWord(word: string): string {
    return /^[A-Za-z0-9_@%+=:,./~-]+$/.test(word) && !word.startsWith("-") && !word.startsWith("~") ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function gitClone(remote: string): string {
    return `git clone -- ${shellWord(remote)}`;
}

/* A commit is hexadecimal; anything else is no command. */
export function gitCheckout(commit: string): string {
    return /^[0-9a-f]{4,64}$/i.test(commit) ? `git checkout ${commit}` : "";
}
