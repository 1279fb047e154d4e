/* step_slider.tsx - which step to look at; at its right end, each run's latest. */

import { t } from "../i18n";

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
    const index =
        at === null
            ? steps.length - 1
            : Math.max(
                  0,
                  steps.findIndex((s) => s >= at),
              );
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
