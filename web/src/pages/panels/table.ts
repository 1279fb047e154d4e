/* table.ts - every kind of panel: its name, what draws it. */

import type { ComponentType } from "preact";
import { lazy } from "../../components/lazy";
import type { MessageName } from "../../i18n";
import type { PanelKind } from "../../lib/layout";
import { LinePanel, type PanelProps } from "./line_panel";

export interface PanelType {
    name: MessageName;
    draw: ComponentType<PanelProps>;
    canAdd: boolean /* offered in the "add panel" drawer */;
}

/* All but lines are loaded when the first of them is drawn. */
export const PANELS: Record<PanelKind, PanelType> = {
    line: { name: "panel.line", draw: LinePanel, canAdd: true },
    bar: {
        name: "panel.bar",
        draw: lazy(async () => ({ default: (await import("./bar_panel")).BarPanel })),
        canAdd: true,
    },
    scatter: {
        name: "panel.scatter",
        draw: lazy(async () => ({ default: (await import("./scatter_panel")).ScatterPanel })),
        canAdd: true,
    },
    parallel: {
        name: "panel.parallel",
        draw: lazy(async () => ({ default: (await import("./parallel_panel")).ParallelPanel })),
        canAdd: true,
    },
    importance: {
        name: "panel.importance",
        draw: lazy(async () => ({ default: (await import("./importance_panel")).ImportancePanel })),
        canAdd: true,
    },
    comparer: {
        name: "panel.comparer",
        draw: lazy(async () => ({ default: (await import("./comparer_panel")).ComparerPanel })),
        canAdd: true,
    },
    code: {
        name: "panel.code",
        draw: lazy(async () => ({ default: (await import("./code_panel")).CodePanel })),
        canAdd: true,
    },
    custom: {
        name: "panel.custom",
        draw: lazy(async () => ({ default: (await import("./custom_panel")).CustomPanel })),
        canAdd: true,
    },
    query: {
        name: "panel.query",
        draw: lazy(async () => ({ default: (await import("./query_panel")).QueryPanel })),
        canAdd: true,
    },
    text: {
        name: "panel.text",
        draw: lazy(async () => ({ default: (await import("./text_panel")).TextPanel })),
        canAdd: true,
    },
    histogram: {
        name: "panel.histogram",
        draw: lazy(async () => ({ default: (await import("./histogram_panel")).HistogramPanel })),
        canAdd: true,
    },
    media: {
        name: "panel.media",
        draw: lazy(async () => ({ default: (await import("./media_panel")).MediaPanel })),
        canAdd: true,
    },
    table: {
        name: "panel.table",
        draw: lazy(async () => ({ default: (await import("./table_panel")).TablePanel })),
        canAdd: true,
    },
};
