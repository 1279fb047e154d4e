/* media_panel.tsx - pictures, sounds, films and pages of the shown runs at one step. */

import { useEffect, useState } from "preact/hooks";
import { MediaView } from "../../components/media_view";
import { StepSlider } from "../../components/step_slider";
import { t } from "../../i18n";
import { atStep, mediaItems } from "../../lib/media";
import { fetchFileLinks } from "../../queries";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { stepsOf, useValues, type RunValues } from "./use_values";

const MAX_STEPS = 2000;

export function MediaPanel({ panel, height, onExport }: PanelProps) {
    const keys = panel.keys ?? [];
    const { all, failure } = useValues(keys, MAX_STEPS);
    const [step, setStep] = useState<number | null>(null);
    onExport(() => ({ kind: "drawing", title: keys.join(), svg: null, header: [], rows: [] }));
    if (failure !== "")
        return (
            <div class="panel-body" style={{ height }}>
                <p class="panel-note is-bad">{failure}</p>
            </div>
        );
    const steps = stepsOf(all ?? []);
    return (
        <div
            class="panel-body"
            style={{ height, "--media-height": `${Math.max(60, height - (steps.length > 1 ? 100 : 66))}px` }}
        >
            {all !== null && steps.length === 0 && (
                <p class="panel-note">{t("panel.no_values", { keys: keys.join(", ") })}</p>
            )}
            <div class="media-grid">
                {(all ?? []).map((a) => (
                    <RunMedia key={`${a.run.name}/${a.key}`} values={a} step={step} />
                ))}
            </div>
            <StepSlider steps={steps} at={step} onChange={setStep} />
        </div>
    );
}

function RunMedia({ values, step }: { values: RunValues; step: number | null }) {
    const ws = useWorkspace();
    const [links, setLinks] = useState<ReadonlyMap<string, string>>(new Map());
    const shown = atStep(values.values, step ?? Infinity);
    const items = shown === null ? [] : mediaItems(shown.value);
    const paths = items.flatMap((i) => [i.path, ...i.masks.map((m) => m.path)]);
    useEffect(() => {
        let isOver = false;
        if (paths.length > 0)
            void fetchFileLinks(ws.entity, ws.project, values.run.name, paths)
                .then((found) => !isOver && setLinks(found))
                .catch(() => undefined);
        return () => void (isOver = true);
    }, [paths.join("\n"), values.run.heartbeatAt]);
    return (
        <section class="run-media">
            <h4 class="clip">
                <i class="dot" style={{ background: ws.colorOf(values.run) }} /> {values.run.displayName}{" "}
                {shown && <span class="faint">{shown.step}</span>}
            </h4>
            {items.length === 0 && <p class="faint">{t("media.nothing")}</p>}
            <div class="media-items">
                {items.map((item) => (
                    <MediaView key={item.path} item={item} links={links} />
                ))}
            </div>
        </section>
    );
}
