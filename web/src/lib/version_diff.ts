/* version_diff.ts - what is different between two versions of an artifact: files and metadata. */

import { formatValue } from "./format";
import { flatten } from "./runs";

export interface Difference<T> {
    name: string;
    kind: "added" | "removed" | "changed";
    before: T | null;
    after: T | null;
}

function compare<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>, isSame: (a: T, b: T) => boolean): Difference<T>[] {
    const names = [...new Set([...before.keys(), ...after.keys()])].sort();
    return names.flatMap((name): Difference<T>[] => {
        const [a, b] = [before.get(name), after.get(name)];
        if (a === undefined) return [{ name, kind: "added", before: null, after: b! }];
        if (b === undefined) return [{ name, kind: "removed", before: a, after: null }];
        return isSame(a, b) ? [] : [{ name, kind: "changed", before: a, after: b }];
    });
}

export interface SizedFile {
    name: string;
    sizeBytes: number;
    digest: string | null;
}

export function diffFiles(before: readonly SizedFile[], after: readonly SizedFile[]): Difference<SizedFile>[] {
    const byName = (files: readonly SizedFile[]) => new Map(files.map((f) => [f.name, f]));
    return compare(byName(before), byName(after), (a, b) => a.digest === b.digest && a.sizeBytes === b.sizeBytes);
}

export function diffMetadata(before: Record<string, unknown>, after: Record<string, unknown>): Difference<string>[] {
    const texts = (value: Record<string, unknown>) => new Map(Object.entries(flatten(value)).map(([k, v]) => [k, formatValue(v)]));
    return compare(texts(before), texts(after), (a, b) => a === b);
}
