/* legend.tsx - which colour is which line; one row, the rest in the cursor card and the sidebar. */

import type { Line } from "../lib/lines";

const MAX_SHOWN = 12;
const MAX_ALL = 60;

export function Legend({
    lines,
    isAll,
    onHover,
    onPick,
}: {
    lines: readonly Line[];
    isAll: boolean;
    onHover: (id: string | null) => void;
    onPick: (line: Line) => void;
}) {
    const shown = lines.slice(0, isAll ? MAX_ALL : MAX_SHOWN);
    return (
        <div class="legend">
            {shown.map((l) => (
                <span
                    key={l.id}
                    class="legend-item"
                    title={l.label}
                    onMouseEnter={() => onHover(l.id)}
                    onMouseLeave={() => onHover(null)}
                    onClick={() => onPick(l)}
                >
                    <svg width="14" height="8" aria-hidden="true">
                        <line
                            x1="0"
                            y1="4"
                            x2="14"
                            y2="4"
                            stroke={l.color}
                            stroke-width="2"
                            stroke-dasharray={l.dash.join(" ")}
                        />
                    </svg>
                    {l.label}
                </span>
            ))}
            {lines.length > shown.length && <span class="faint">+{lines.length - shown.length}</span>}
        </div>
    );
}
