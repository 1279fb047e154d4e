/* step_slider.tsx - which step to look at; at its right end, each run's latest. */

import { t } from "../i18n";

/* Ctrl or Cmd with an arrow, anywhere in a panel, goes one step back or on. */
export function stepByKey(e: KeyboardEvent, steps: readonly number[], at: number | null, onChange: (step: number | null) => void): void {
    const by = e.key === "ArrowLeft" ? -1 : e.key === "ArrowRight" ? 1 : 0;
    if (by === 0 || !(e.ctrlKey || e.metaKey) || steps.length < 2) return;
    e.preventDefault();
    const next = Math.max(0, Math.min(steps.length - 1, placeOf(steps, at) + by));
    onChange(next === steps.length - 1 ? null : steps[next]!);
}

function placeOf(steps: readonly number[], at: number | null): number {
    if (at === null) return steps.length - 1;
    const found = steps.findIndex((s) => s >= at);
    return found < 0 ? steps.length - 1 : found;
}

export function StepSlider({
    steps,
    at,
    onChange,
}: {
    steps: readonly number[];
    at: number | null;
    onChange: (step: number | null) => void;
}) {
    if (steps.length < 2) return null;
    const index = placeOf(steps, at);
    return (
        <label class="row step-slider">
            <span class="muted small">{t("media.step")}</span>
            <input
                type="range"
                min="0"
                max={steps.length - 1}
                step="1"
                value={index}
                onInput={(e) => {
                    const i = Number(e.currentTarget.value);
                    onChange(i === steps.length - 1 ? null : steps[i]!);
                }}
            />
            <output class="small">{at === null ? t("media.latest") : at}</output>
        </label>
    );
}
