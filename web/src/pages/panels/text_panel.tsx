/* text_panel.tsx - Markdown between the charts. */

import { Markdown } from "../../components/markdown";
import { t } from "../../i18n";
import type { PanelProps } from "./line_panel";

export function TextPanel({ panel, height, onExport }: PanelProps) {
    onExport(() => ({
        kind: "drawing",
        title: panel.title || t("panel.text"),
        svg: null,
        header: ["text"],
        rows: (panel.text ?? "").split("\n").map((line) => [line]),
    }));
    return (
        <div class="panel-body is-scrolling is-text" style={{ height }}>
            <Markdown text={panel.text ?? ""} />
        </div>
    );
}
