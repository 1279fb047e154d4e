/* figure_view.tsx - a logged figure of Plotly or Bokeh, drawn in the frame without an origin. */

import { useEffect, useState } from "preact/hooks";
import { fetchText } from "../api";
import { t } from "../i18n";
import { isDark } from "../theme";
import { parseObject } from "../lib/runs";
import { SandboxChart } from "./sandbox_chart";

const MAX_BYTES = 32 << 20;

export default function FigureView({ kind, url, label }: { kind: "plotly" | "bokeh"; url: string; label: string }) {
    const [figure, setFigure] = useState<Record<string, unknown> | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        let isOver = false;
        fetchText(url, MAX_BYTES).then(
            ({ text, isCut }) => !isOver && (isCut ? setFailure(t("files.no_preview")) : setFigure(parseObject(text))),
            (e: Error) => !isOver && setFailure(e.message),
        );
        return () => void (isOver = true);
    }, [url]);
    if (failure !== "") return <p class="panel-note is-bad">{failure}</p>;
    if (figure === null) return null;
    return <SandboxChart request={{ kind, figure, isDark: isDark.value }} title={label} height="100%" />;
}
