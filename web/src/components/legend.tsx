/* legend.tsx - which colour is which line, above, below or beside the chart; the rest in the cursor card and the sidebar. */

import { t } from "../i18n";
import type { PaletteName } from "../lib/color";
import type { Line } from "../lib/lines";
import { sharedToken } from "../shared";
import { RunDot } from "./run_dot";

const MAX_SHOWN = 12;
const MAX_ALL = 60;

interface Props {
    lines: readonly Line[];
    isAll: boolean;
    isSide: boolean;
    palette: PaletteName;
    onHover: (id: string | null) => void;
    onPick: (line: Line) => void;
    onColor: (line: Line, color: string | null) => void;
}

export function Legend({ lines, isAll, isSide, palette, onHover, onPick, onColor }: Props) {
    const shown = lines.slice(0, isAll ? MAX_ALL : MAX_SHOWN);
    return (
        <div class={`legend ${isSide ? "is-side" : ""}`} role="list" aria-label={t("setting.legend")}>
            {shown.map((l) => (
                <span key={l.id} class="legend-item" role="listitem" title={l.label} onMouseEnter={() => onHover(l.id)} onMouseLeave={() => onHover(null)}>
                    {sharedToken.value !== null ? <Stroke line={l} /> : <RunDot color={l.color} palette={palette} name={l.label} mark={<Stroke line={l} />} onPick={(c) => onColor(l, c)} />}
                    <button type="button" class="legend-name clip" onClick={() => onPick(l)} onFocus={() => onHover(l.id)} onBlur={() => onHover(null)}>
                        {l.label}
                    </button>
                </span>
            ))}
            {lines.length > shown.length && <span class="faint">+{lines.length - shown.length}</span>}
        </div>
    );
}

function Stroke({ line }: { line: Line }) {
    return (
        <svg width="14" height="8" aria-hidden="true">
            <line x1="0" y1="4" x2="14" y2="4" stroke={line.color} stroke-width="2" stroke-dasharray={line.dash.join(" ")} />
        </svg>
    );
}
