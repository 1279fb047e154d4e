/* media_tools.tsx - what chooses among the media of a panel: the item, the classes over pictures and how strong they are. */

import { Check } from "../../components/controls";
import { IconButton } from "../../components/icon";
import { Popover } from "../../components/popover";
import { classColor, type Overlay } from "../../components/picture";
import { t } from "../../i18n";
import { classKey } from "../../lib/boxes";
import type { Run } from "../../lib/types";

/* At its left end all items, then each alone. */
export function IndexSlider({ count, at, onChange }: { count: number; at: number | null; onChange: (index: number | null) => void }) {
    return (
        <label class="row step-slider">
            <span class="muted small">{t("media.index")}</span>
            <input
                type="range"
                min="-1"
                max={count - 1}
                step="1"
                value={at ?? -1}
                onInput={(e) => {
                    const i = Number(e.currentTarget.value);
                    onChange(i < 0 ? null : i);
                }}
            />
            <output class="small">{at === null ? t("media.all") : `${at + 1} / ${count}`}</output>
        </label>
    );
}

const MAX_COMPARED = 4;

/* Two to four runs beside each other, in columns of the same width. */
export function CompareButton({ runs, chosen, onChange }: { runs: readonly Run[]; chosen: readonly string[]; onChange: (names: string[]) => void }) {
    return (
        <Popover label={t("media.compare")} isPadded button={(open) => <IconButton icon="columns" label={t("media.compare")} isOn={chosen.length > 0} onClick={open} />}>
            {() => (
                <div class="stack">
                    <span class="small muted">{t("media.compare_hint")}</span>
                    <div class="column-list">
                        {runs.map((r) => (
                            <Check
                                key={r.name}
                                label={r.displayName}
                                value={chosen.includes(r.name)}
                                isOff={!chosen.includes(r.name) && chosen.length >= MAX_COMPARED}
                                onChange={(on) => onChange(on ? [...chosen, r.name] : chosen.filter((n) => n !== r.name))}
                            />
                        ))}
                    </div>
                </div>
            )}
        </Popover>
    );
}

interface Props {
    classes: { layer: string; id: string; label: string }[];
    overlay: Overlay;
    onChange: (overlay: Overlay) => void;
}

/* Behind a button: most of the time the pictures need the room. */
export function OverlayButton(props: Props) {
    const isOn = props.overlay.hidden.size > 0 || props.overlay.minScore > 0;
    return (
        <Popover label={t("media.layers")} isPadded button={(open) => <IconButton icon="layers" label={t("media.layers")} isOn={isOn} onClick={open} />}>
            {() => <OverlayTools {...props} />}
        </Popover>
    );
}

function OverlayTools({ classes, overlay, onChange }: Props) {
    const toggle = (key: string) => {
        const hidden = new Set(overlay.hidden);
        if (!hidden.delete(key)) hidden.add(key);
        onChange({ ...overlay, hidden });
    };
    const slider = (label: string, value: number, set: (v: number) => void) => (
        <label class="row small muted">
            <span class="grow">{label}</span>
            <input type="range" min="0" max="1" step="0.05" value={value} onInput={(e) => set(Number(e.currentTarget.value))} />
        </label>
    );
    const layers = new Set(classes.map((c) => c.layer));
    return (
        <div class="stack overlay-tools">
            <span class="chips">
                {classes.map((c) => {
                    const key = classKey(c.layer, c.id);
                    return (
                        <button key={key} type="button" class="chip" aria-pressed={!overlay.hidden.has(key)} onClick={() => toggle(key)}>
                            <i class="dot" style={{ background: classColor(c.id) }} />
                            {layers.size > 1 ? `${c.layer} ${c.label}` : c.label}
                        </button>
                    );
                })}
            </span>
            {slider(t("media.opacity"), overlay.opacity, (opacity) => onChange({ ...overlay, opacity }))}
            {slider(t("media.min_score"), overlay.minScore, (minScore) => onChange({ ...overlay, minScore }))}
        </div>
    );
}
