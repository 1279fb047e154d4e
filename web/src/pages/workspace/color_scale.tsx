/* color_scale.tsx - what the colours of runs say where a key gives them: a ramp between two numbers, or a colour for each word. */

import { t } from "../../i18n";
import { lineRamp } from "../../lib/color";
import { formatNumber } from "../../lib/format";
import { columnLabel } from "../../lib/layout";
import { useWorkspace } from "./model";

const MAX_WORDS = 12;
const RAMP = `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map(lineRamp).join(", ")})`;

export function ColorScale() {
    const ws = useWorkspace();
    const key = ws.runsView.value.colorKey;
    const by = ws.keyColors.value;
    if (!key || by === null) return null;
    const words = [...by.words];
    return (
        <div class="color-scale small" aria-label={t("runs.color_key")}>
            <span class="clip muted" title={key}>
                {columnLabel(key)}
            </span>
            {by.scale !== null && (
                <>
                    <span>{formatNumber(by.scale.min, 4)}</span>
                    <i class="grow" style={{ background: RAMP }} title={by.scale.isLog ? t("scale.log") : undefined} />
                    <span>{formatNumber(by.scale.max, 4)}</span>
                </>
            )}
            {words.slice(0, MAX_WORDS).map(([word, color]) => (
                <span key={word} class="clip" title={word}>
                    <i class="dot" style={{ background: color }} /> {word}
                </span>
            ))}
            {words.length > MAX_WORDS && <span class="muted">+{words.length - MAX_WORDS}</span>}
            {words.length === 0 && by.scale === null && <span class="muted">{t("runs.no_value")}</span>}
        </div>
    );
}
