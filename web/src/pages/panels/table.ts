/* table.ts - every kind of panel: its name, what draws it, what it can be saved as. */

import type { ComponentType } from "preact";
import { lazy } from "../../components/lazy";
import type { MessageName } from "../../i18n";
import type { PanelKind } from "../../lib/layout";
import { LinePanel, type PanelProps } from "./line_panel";

export interface PanelType {
    name: MessageName;
    draw: ComponentType<PanelProps>;
    exports: readonly ("png" | "svg" | "csv")[];
    canAdd: boolean /* offered in the "add panel" drawer */;
}

const PICTURE = ["png", "svg", "csv"] as const;

/* All but lines are loaded when the first of them is drawn. */
export const PANELS: Record<PanelKind, PanelType> = {
    line: { name: "panel.line", draw: LinePanel, exports: PICTURE, canAdd: true },
    bar: {
        name: "panel.bar",
        draw: lazy(async () => ({ default: (await import("./bar_panel")).BarPanel })),
        exports: PICTURE,
        canAdd: true,
    },
    scatter: {
        name: "panel.scatter",
        draw: lazy(async () => ({ default: (await import("./scatter_panel")).ScatterPanel })),
        exports: PICTURE,
        canAdd: true,
    },
    parallel: {
        name: "panel.parallel",
        draw: lazy(async () => ({ default: (await import("./parallel_panel")).ParallelPanel })),
        exports: PICTURE,
        canAdd: true,
    },
    importance: {
        name: "panel.importance",
        draw: lazy(async () => ({ default: (await import("./importance_panel")).ImportancePanel })),
        exports: ["csv"],
        canAdd: true,
    },
    comparer: {
        name: "panel.comparer",
        draw: lazy(async () => ({ default: (await import("./comparer_panel")).ComparerPanel })),
        exports: ["csv"],
        canAdd: true,
    },
    code: {
        name: "panel.code",
        draw: lazy(async () => ({ default: (await import("./code_panel")).CodePanel })),
        exports: ["csv"],
        canAdd: true,
    },
    custom: {
        name: "panel.custom",
        draw: lazy(async () => ({ default: (await import("./custom_panel")).CustomPanel })),
        exports: PICTURE,
        canAdd: true,
    },
    text: {
        name: "panel.text",
        draw: lazy(async () => ({ default: (await import("./text_panel")).TextPanel })),
        exports: [],
        canAdd: true,
    },
    histogram: {
        name: "panel.histogram",
        draw: lazy(async () => ({ default: (await import("./histogram_panel")).HistogramPanel })),
        exports: PICTURE,
        canAdd: true,
    },
    media: {
        name: "panel.media",
        draw: lazy(async () => ({ default: (await import("./media_panel")).MediaPanel })),
        exports: [],
        canAdd: true,
    },
    table: {
        name: "panel.table",
        draw: lazy(async () => ({ default: (await import("./table_panel")).TablePanel })),
        exports: ["csv"],
        canAdd: true,
    },
};
