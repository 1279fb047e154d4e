/* histogram_panel.tsx - how a distribution moved: steps across, values upwards, colour for how many. */

import { useRef, useState } from "preact/hooks";
import { Select } from "../../components/controls";
import { HistogramMap } from "../../components/histogram_map";
import { t } from "../../i18n";
import { panelTitle } from "../../lib/layout";
import { histogramOf } from "../../lib/media";
import type { PanelProps } from "./line_panel";
import { useWidth } from "./use_size";
import { useValues } from "./use_values";

const MAX_STEPS = 200;
const TOOLS = 34;

export function HistogramPanel({ panel, height, onExport }: PanelProps) {
    const keys = panel.keys ?? [];
    const { ref, width } = useWidth();
    const { all, failure } = useValues(keys, MAX_STEPS);
    const [chosen, setChosen] = useState("");
    const svg = useRef<SVGSVGElement>(null);
    const options = (all ?? []).map((a) => ({
        value: `${a.run.name}\n${a.key}`,
        label: keys.length > 1 ? `${a.run.displayName} ${a.key}` : a.run.displayName,
    }));
    const shown = (all ?? []).find((a) => `${a.run.name}\n${a.key}` === chosen) ?? all?.[0];
    const columns = (shown?.values ?? []).flatMap((v) => {
        const h = histogramOf(v.value);
        return h === null ? [] : [{ step: v.step, ...h }];
    });
    onExport(() => ({
        kind: "drawing",
        title: panelTitle(panel),
        svg: svg.current,
        header: ["step", "from", "to", "count"],
        rows: columns.flatMap((c) => c.counts.map((n, i) => [c.step, c.edges[i], c.edges[i + 1], n])),
    }));
    const hasChoice = options.length > 1;
    return (
        <div ref={ref} class="panel-body" style={{ height }}>
            {hasChoice && (
                <div class="comparer-tools row" style={{ height: TOOLS }}>
                    <Select
                        value={shown ? `${shown.run.name}\n${shown.key}` : ""}
                        options={options}
                        onChange={setChosen}
                        label={t("column.name")}
                    />
                </div>
            )}
            {failure !== "" ? (
                <p class="panel-note is-bad">{failure}</p>
            ) : columns.length > 0 && width > 0 ? (
                <HistogramMap
                    columns={columns}
                    width={width}
                    height={height - (hasChoice ? TOOLS : 0)}
                    svgRef={svg}
                    label={panelTitle(panel)}
                />
            ) : (
                all !== null && <p class="panel-note">{t("panel.no_values", { keys: keys.join(", ") })}</p>
            )}
        </div>
    );
}
