/* csv.ts - tables as CSV that a spreadsheet opens without running anything. */

/* Text that a spreadsheet would take for a formula gets an apostrophe; numbers never do. */
function cell(value: unknown): string {
    if (value === null || value === undefined) return "";
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    let text = typeof value === "string" ? value : JSON.stringify(value);
    if (/^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text))) text = "'" + text;
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

export function toCsv(header: readonly string[], rows: Iterable<readonly unknown[]>): string {
    const lines = [header.map(cell).join(",")];
    for (const row of rows) lines.push(row.map(cell).join(","));
    return lines.join("\r\n") + "\r\n";
}

/* Lines of a chart as rows of (run, metric, x, value, min, max): nothing is smoothed or merged. */
export function linesToCsv(
    lines: readonly {
        label: string;
        key: string;
        x: ArrayLike<number>;
        y: ArrayLike<number>;
        lo: ArrayLike<number> | null;
        hi: ArrayLike<number> | null;
    }[],
    xName: string,
): string {
    function* rows(): Generator<unknown[]> {
        for (const l of lines)
            for (let i = 0; i < l.x.length; i++) yield [l.label, l.key, l.x[i], l.y[i], l.lo?.[i], l.hi?.[i]];
    }
    return toCsv(["run", "metric", xName, "value", "min", "max"], rows());
}
