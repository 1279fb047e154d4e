/* table.ts - every kind of panel: its name, what draws it, what it can be saved as. */

import type { ComponentType } from "preact";
import type { MessageName } from "../../i18n";

import { LinePanel, type PanelProps } from "./line_panel";

export interface PanelType {
    name: MessageName;
    draw: ComponentType<PanelProps>;
    exports: readonly ("png" | "svg" | "csv")[];
    canAdd: boolean; /* offered in the "add panel" drawer */
}

export const PANELS: Record<string, PanelType> & { line: PanelType } = {
    line: { name: "panel.line", draw: LinePanel, exports: ["png", "svg", "csv"], canAdd: true },
};
