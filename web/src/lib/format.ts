/* format.ts - numbers, sizes and times as a person reads them, each as short as it can be without lying. */

/* About `digits` significant digits; integers up to a million stay whole. */
export function formatNumber(value: number, digits = 4): string {
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    if (value === 0) return "0";
    const size = Math.abs(value);
    const text =
        Number.isInteger(value) && size < 1e7
            ? String(value)
            : size >= 1e-4 && size < 1e7
              ? trimZeros(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size)))))
              : trimZeros(value.toExponential(digits - 1)).replace("e+", "e");
    return text.replace(/^-/, "−").replace("e-", "e−");
}

function trimZeros(text: string): string {
    const [mantissa, exponent] = text.split("e");
    const short = mantissa!.includes(".") ? mantissa!.replace(/\.?0+$/, "") : mantissa!;
    return exponent === undefined ? short : `${short}e${exponent}`;
}

const SIZE_UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];

export function formatBytes(bytes: number): string {
    let unit = 0;
    let value = bytes;
    while (value >= 1000 && unit < SIZE_UNITS.length - 1) {
        value /= 1000;
        unit++;
    }
    return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZE_UNITS[unit]}`;
}

/* 3.2s, 4m 05s, 7h 12m, 3d 4h: two units at most. */
export function formatDuration(seconds: number): string {
    if (!Number.isFinite(seconds)) return "";
    const sign = seconds < 0 ? "−" : "";
    const s = Math.abs(seconds);
    if (s < 60) return `${sign}${s < 10 && !Number.isInteger(s) ? s.toFixed(1) : Math.round(s)}s`;
    const whole = Math.round(s);
    const pad = (n: number) => String(n).padStart(2, "0");
    if (whole < 3600) return `${sign}${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
    if (whole < 86400) return `${sign}${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`;
    return `${sign}${Math.floor(whole / 86400)}d ${Math.floor((whole % 86400) / 3600)}h`;
}

const RELATIVE_STEPS: [number, Intl.RelativeTimeFormatUnit][] = [
    [60, "second"],
    [3600, "minute"],
    [86400, "hour"],
    [604800, "day"],
    [2629800, "week"],
    [31557600, "month"],
    [Infinity, "year"],
];

export function formatAgo(then: number, now: number, language: string): string {
    const seconds = (now - then) / 1000;
    let unitSeconds = 1;
    for (const [limit, unit] of RELATIVE_STEPS) {
        if (Math.abs(seconds) < limit)
            return new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }).format(
                -Math.round(seconds / unitSeconds),
                unit,
            );
        unitSeconds = limit;
    }
    return "";
}

export function formatTime(ms: number, language: string): string {
    return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(ms);
}

/* Any logged or configured value, for a table cell. */
export function formatValue(value: unknown): string {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return formatNumber(value);
    if (typeof value === "string") return value;
    if (typeof value === "boolean") return value ? "true" : "false";
    const type = (value as { _type?: unknown })._type;
    if (typeof type === "string") return `[${type}]`;
    return JSON.stringify(value);
}
