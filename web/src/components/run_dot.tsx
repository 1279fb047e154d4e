/* run_dot.tsx - the colour of a run or a line, and a picker for another one. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../i18n";
import { PALETTES, isColor, type PaletteName } from "../lib/color";
import { Popover } from "./popover";

export function RunDot({
    color,
    palette,
    name,
    mark,
    onPick,
}: {
    color: string;
    palette: PaletteName;
    name: string;
    mark?: ComponentChildren /* instead of a dot */;
    onPick: (color: string | null) => void;
}) {
    return (
        <Popover
            label={t("runs.color")}
            button={(open) => (
                <button
                    type="button"
                    class="dot-button"
                    title={t("runs.color")}
                    aria-label={`${t("runs.color")}: ${name}`}
                    onClick={open}
                >
                    {mark ?? <i class="dot" style={{ background: color }} />}
                </button>
            )}
        >
            {(close) => (
                <Picker
                    color={color}
                    palette={palette}
                    onPick={(c) => {
                        onPick(c);
                        close();
                    }}
                />
            )}
        </Popover>
    );
}

function Picker({
    color,
    palette,
    onPick,
}: {
    color: string;
    palette: PaletteName;
    onPick: (c: string | null) => void;
}) {
    const [text, setText] = useState(color);
    return (
        <div>
            <div class="swatches">
                {PALETTES[palette].map((c) => (
                    <button
                        key={c}
                        type="button"
                        class="swatch"
                        style={{ background: c }}
                        aria-label={c}
                        aria-pressed={c === color}
                        onClick={() => onPick(c)}
                    />
                ))}
            </div>
            <form
                class="row"
                style={{ padding: 6 }}
                onSubmit={(e) => {
                    e.preventDefault();
                    if (isColor(text)) onPick(text.toLowerCase());
                }}
            >
                <input
                    class="input mono"
                    value={text}
                    aria-label={t("runs.color_hex")}
                    aria-invalid={!isColor(text)}
                    onInput={(e) => setText(e.currentTarget.value)}
                />
                <button type="button" class="button" onClick={() => onPick(anyColor(palette, color))}>
                    {t("runs.any_color")}
                </button>
                <button type="button" class="button" onClick={() => onPick(null)}>
                    {t("action.reset")}
                </button>
            </form>
        </div>
    );
}

/* Another one of the palette. */
function anyColor(palette: PaletteName, now: string): string {
    const others = PALETTES[palette].filter((c) => c !== now);
    return others[Math.floor(Math.random() * others.length)]!;
}
