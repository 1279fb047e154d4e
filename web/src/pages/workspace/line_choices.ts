/* line_choices.ts - what the quick tools above a workspace and the forms of its settings both offer for lines. */

import { t } from "../../i18n";
import type { SmoothingKind } from "../../lib/smoothing";

export function xChoices(metrics: readonly string[]): { value: string; label: string }[] {
    return [
        { value: "auto", label: t("axis.auto") },
        { value: "_step", label: t("axis.step") },
        { value: "relative", label: t("axis.relative") },
        { value: "_runtime", label: t("axis.process") },
        { value: "_timestamp", label: t("axis.wall") },
        ...metrics.map((m) => ({ value: m, label: m })),
    ];
}

/* Exponential kinds take a share; the others a width in units of x, or a number of points. */
export function weightRange(kind: SmoothingKind): { min: number; max: number; step: number } {
    return kind === "twema" || kind === "ema" ? { min: 0, max: 0.999, step: 0.001 } : { min: 0, max: 100, step: 1 };
}
