/* media_panel.tsx - pictures, sounds, films and pages of the shown runs at one step. */

import { useEffect, useRef, useState } from "preact/hooks";
import { MediaView } from "../../components/media_view";
import { OverlayContext, PLAIN_OVERLAY, type Overlay } from "../../components/picture";
import { StepSlider, stepByKey } from "../../components/step_slider";
import { t } from "../../i18n";
import { classesOf, classKey } from "../../lib/boxes";
import { panelTitle, resolveMedia, updatePanel } from "../../lib/layout";
import { atStep, mediaItems, pathsOf } from "../../lib/media";
import { fetchFileLinks } from "../../queries/runs";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { MissingNote } from "./missing_note";
import { takeMedia } from "./media_picture";
import { CompareButton, IndexSlider, OverlayButton } from "./media_tools";
import { stepsOf, useValues, type RunValues } from "./use_values";

const MAX_STEPS = 2000;

export function MediaPanel({ panel, section, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const keys = panel.keys ?? [];
    const settings = resolveMedia(ws.layout.value, section, panel);
    const { all: every, failure } = useValues(keys, MAX_STEPS);
    const compared = (panel.media?.compare ?? []).filter((name) => every?.some((a) => a.run.name === name));
    const all = every === null || compared.length === 0 ? every : every.filter((a) => compared.includes(a.run.name));
    const [step, setStep] = usePanelStep(settings.isSynced);
    const [index, setIndex] = useState<number | null>(null);
    const [overlay, setOverlay] = useState<Overlay>(PLAIN_OVERLAY);
    const host = useRef<HTMLDivElement>(null);
    const shown = (all ?? []).flatMap((a) => {
        const at = atStep(a.values, step ?? Infinity);
        return at === null ? [] : mediaItems(at.value).map((item, i) => [a.run.displayName, a.key, at.step, i, item.type, item.caption, item.path]);
    });
    onExport(() => ({
        kind: "picture",
        title: panelTitle(panel),
        take: (format) => (host.current === null ? Promise.resolve(null) : takeMedia(host.current, panelTitle(panel), format)),
        header: ["run", "key", "step", "index", "type", "caption", "path"],
        rows: shown,
    }));
    if (failure !== "")
        return (
            <div class="panel-body" style={{ height }}>
                <p class="panel-note is-bad">{failure}</p>
            </div>
        );
    const steps = stepsOf(all ?? []);
    const most = Math.max(0, ...shown.map((s) => Number(s[3]) + 1));
    const classes = uniqueClasses(all ?? []);
    const runs = [...new Map((every ?? []).map((a) => [a.run.name, a.run])).values()];
    const hasTools = steps.length > 1 || most > 1 || classes.length > 0 || runs.length > 1;
    return (
        <div
            class="panel-body"
            style={{ height, "--media-height": `${Math.max(60, height - (hasTools ? 100 : 66))}px` }}
            onKeyDown={(e) => stepByKey(e, steps, step, setStep)}
        >
            {all !== null && steps.length === 0 && <MissingNote keys={keys} />}
            <OverlayContext.Provider value={overlay}>
                <div
                    ref={host}
                    hidden={all !== null && steps.length === 0}
                    class={`media-grid is-${settings.fit} ${settings.columns > 0 ? "has-columns" : ""} ${compared.length > 1 ? "is-compared" : ""}`}
                    style={{ "--media-columns": Math.max(1, settings.columns), "--compared": compared.length }}
                >
                    {(all ?? []).map((a) => (
                        <RunMedia key={`${a.run.name}/${a.key}`} values={a} step={step} index={index} />
                    ))}
                </div>
            </OverlayContext.Provider>
            {hasTools && (
                <div class="row media-tools">
                    {runs.length > 1 && (
                        <CompareButton
                            runs={runs}
                            chosen={compared}
                            onChange={(compare) => ws.edit((l) => updatePanel(l, panel.id, { media: { ...panel.media, compare } }))}
                        />
                    )}
                    {classes.length > 0 && <OverlayButton classes={classes} overlay={overlay} onChange={setOverlay} />}
                    {most > 1 && <IndexSlider count={most} at={index} onChange={setIndex} />}
                    <StepSlider steps={steps} at={step} onChange={setStep} />
                </div>
            )}
        </div>
    );
}

/* The panel's own step, or that of all panels in step with it. */
function usePanelStep(isSynced: boolean): [number | null, (step: number | null) => void] {
    const ws = useWorkspace();
    const [own, setOwn] = useState<number | null>(null);
    return isSynced ? [ws.mediaStep.value, (s) => (ws.mediaStep.value = s)] : [own, setOwn];
}

function uniqueClasses(all: readonly RunValues[]) {
    const found = all.flatMap((a) => classesOf(a.run.classLabels, a.key));
    return [...new Map(found.map((c) => [classKey(c.layer, c.id), c])).values()];
}

function RunMedia({ values, step, index }: { values: RunValues; step: number | null; index: number | null }) {
    const ws = useWorkspace();
    const [links, setLinks] = useState<ReadonlyMap<string, string>>(new Map());
    const shown = atStep(values.values, step ?? Infinity);
    const every = shown === null ? [] : mediaItems(shown.value);
    const items = index === null ? every : every.slice(index, index + 1);
    const paths = every.flatMap(pathsOf);
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
                    <MediaView key={item.path} item={item} links={links} labels={values.run.classLabels} mediaKey={values.key} />
                ))}
            </div>
        </section>
    );
}
