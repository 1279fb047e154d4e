/* ago.tsx - a time, as how long it is past, with the whole of it for the pointer that rests there. */

import { language } from "../i18n";
import { formatAgo, formatTime } from "../lib/format";
import { parseTime } from "../lib/runs";

export function Ago({ at }: { at: string | null }) {
    const ms = parseTime(at);
    if (Number.isNaN(ms)) return null;
    return (
        <time class="muted" dateTime={at ?? ""} title={formatTime(ms, language)}>
            {formatAgo(ms, Date.now(), language)}
        </time>
    );
}
