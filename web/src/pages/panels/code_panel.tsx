/* code_panel.tsx - one file of two runs side by side: the code, its patch, the packages. */

import { useEffect, useState } from "preact/hooks";
import { fetchText, samePath } from "../../api";
import { Check, Select } from "../../components/controls";
import { VirtualList } from "../../components/virtual_list";
import { t } from "../../i18n";
import { diffLines, foldRows, type DiffSide } from "../../lib/diff";
import { panelTitle, updatePanel } from "../../lib/layout";
import { fetchFileLinks, fetchFiles } from "../../queries/runs";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";

const MAX_BYTES = 2 << 20;
const LINE = 18;
const CONTEXT = 3;
const IS_TEXT = /\.(py|ipynb|patch|txt|ya?ml|json|toml|cfg|sh|c|h|cpp|rs|js|ts|md)$/i;
/* First what people look for. */
const rank = (name: string) => (name.startsWith("code/") ? 0 : name === "diff.patch" ? 1 : name === "requirements.txt" ? 2 : 3);

function useFiles(run: string | undefined): string[] {
    const ws = useWorkspace();
    const [names, setNames] = useState<string[]>([]);
    useEffect(() => {
        let isOver = false;
        if (run !== undefined)
            void fetchFiles(ws.entity, ws.project, run, null)
                .then(({ files }) => !isOver && setNames(files.map((f) => f.name).filter((n) => IS_TEXT.test(n))))
                .catch(() => undefined);
        return () => void (isOver = true);
    }, [run]);
    return names;
}

function useText(run: string | undefined, file: string): string | null {
    const ws = useWorkspace();
    const [text, setText] = useState<string | null>(null);
    useEffect(() => {
        let isOver = false;
        const read = async () => {
            const link = (await fetchFileLinks(ws.entity, ws.project, run!, [file])).get(file);
            return link === undefined ? "" : (await fetchText(samePath(link), MAX_BYTES)).text;
        };
        setText(null);
        if (run !== undefined && file !== "")
            read().then(
                (found) => !isOver && setText(found),
                () => !isOver && setText(""),
            );
        return () => void (isOver = true);
    }, [run, file]);
    return text;
}

export function CodePanel({ panel, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const runs = ws.visibleRuns.value;
    const [isWhole, setWhole] = useState(false);
    const chosen = [0, 1].map((i) => runs.find((r) => r.name === panel.code?.runs?.[i]) ?? runs[i]);
    const files = [...new Set([...useFiles(chosen[0]?.name), ...useFiles(chosen[1]?.name)])].sort(
        (a, b) => rank(a) - rank(b) || a.localeCompare(b),
    );
    const file = panel.code?.file && files.includes(panel.code.file) ? panel.code.file : (files[0] ?? "");
    const left = useText(chosen[0]?.name, file);
    const right = useText(chosen[1]?.name, file);
    const edit = (code: NonNullable<typeof panel.code>) =>
        ws.edit((l) => updatePanel(l, panel.id, { code: { ...panel.code, ...code } }));
    const all = left === null || right === null ? [] : diffLines(left, right);
    const rows = isWhole ? all : foldRows(all, CONTEXT);
    onExport(() => ({
        kind: "drawing",
        title: panelTitle(panel),
        svg: null,
        header: ["kind", "left", "right"],
        rows: all.map((r) => [r.kind, r.left?.text ?? "", r.right?.text ?? ""]),
    }));
    if (runs.length < 2)
        return (
            <div class="panel-body" style={{ height }}>
                <p class="panel-note">{t("code.need_two")}</p>
            </div>
        );
    const options = runs.map((r) => ({ value: r.name, label: r.displayName }));
    const pick = (i: number) => (name: string) =>
        edit({ runs: chosen.map((r, k) => (k === i ? name : (r?.name ?? ""))) as [string, string] });
    return (
        <div class="panel-body" style={{ height }}>
            <div class="row comparer-tools">
                <Select value={chosen[0]?.name ?? ""} label={t("code.left")} options={options} onChange={pick(0)} />
                <Select value={chosen[1]?.name ?? ""} label={t("code.right")} options={options} onChange={pick(1)} />
                <Select
                    value={file}
                    label={t("code.file")}
                    options={files.map((f) => ({ value: f, label: f }))}
                    onChange={(f) => edit({ file: f })}
                />
                <Check label={t("code.whole")} value={isWhole} onChange={setWhole} />
            </div>
            {files.length === 0 && <p class="panel-note">{t("files.none")}</p>}
            {all.length > 0 && all.every((r) => r.kind === "same") && <p class="panel-note">{t("code.same")}</p>}
            <VirtualList
                items={rows}
                rowHeight={LINE}
                class="diff grow"
                role="table"
                label={panelTitle(panel)}
                render={(row, i) =>
                    row.kind === "fold" ? (
                        <div key={i} class="diff-row is-fold">
                            {t("code.folded", { count: row.count })}
                        </div>
                    ) : (
                        <div key={i} class={`diff-row is-${row.kind}`}>
                            <Side side={row.left} />
                            <Side side={row.right} />
                        </div>
                    )
                }
            />
        </div>
    );
}

function Side({ side }: { side: DiffSide | null }) {
    return (
        <>
            <span class="diff-number">{side?.number}</span>
            <span class={`diff-text ${side === null ? "is-none" : ""}`}>{side?.text}</span>
        </>
    );
}
