/* receipt_card.tsx - what arrived of a run's data and what became of it: nothing is lost without being named here. */

import { useEffect, useState } from "preact/hooks";
import { language, t, type MessageName } from "../../i18n";
import { formatBytes } from "../../lib/format";
import { fetchReceipt, type Receipt } from "../../queries/receipt";

interface Props {
    entity: string;
    project: string;
    run: string;
    version: number /* asked for anew when it changes */;
}

export function ReceiptCard({ entity, project, run, version }: Props) {
    const [receipt, setReceipt] = useState<Receipt | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        let isOver = false;
        fetchReceipt(entity, project, run).then(
            (r) => !isOver && setReceipt(r),
            (e: Error) => !isOver && setFailure(e.message),
        );
        return () => void (isOver = true);
    }, [entity, project, run, version]);
    if (failure !== "") return <p class="notice is-bad">{failure}</p>;
    if (receipt === null) return null;
    const losses = lossesOf(receipt);
    return (
        <div class="stack receipt">
            <div class="row">
                <h2 class="grow">{t("receipt.title")}</h2>
                <span class={`chip ${losses.length === 0 ? "is-good" : "is-bad"}`}>{t(losses.length === 0 ? "receipt.whole" : "receipt.losses")}</span>
            </div>
            <dl class="facts">
                {countsOf(receipt).map(([name, value]) => (
                    <div key={name}>
                        <dt>{t(name)}</dt>
                        <dd>{value}</dd>
                    </div>
                ))}
            </dl>
            {losses.length > 0 && (
                <ul class="losses">
                    {losses.map((text) => (
                        <li key={text}>{text}</li>
                    ))}
                </ul>
            )}
            {receipt.refused.kept.length > 0 && <RefusedLines kept={receipt.refused.kept} />}
        </div>
    );
}

const number = (n: number) => n.toLocaleString(language);

function countsOf(r: Receipt): [MessageName, string][] {
    const superseded = r.history.rowsSuperseded + r.history.rowsRepeated;
    const counts: [MessageName, number][] = [
        ["receipt.rows", r.history.rowsReceived],
        ["receipt.superseded", superseded],
        ["receipt.points", r.history.pointsReceived],
        ["receipt.console", r.console.linesReceived],
        ["receipt.system", r.events.rowsReceived],
        ["receipt.repaired", r.linesRepaired],
    ];
    const shown = counts.filter(([name, n]) => n > 0 || name === "receipt.rows").map(([name, n]): [MessageName, string] => [name, number(n)]);
    return [...shown, ["receipt.files", `${number(r.files.stored)} · ${formatBytes(r.files.bytes)}`], ["receipt.bytes", formatBytes(r.bytes)]];
}

/* What was sent, or announced, and is not there. */
function lossesOf(r: Receipt): string[] {
    const out: string[] = [];
    if (r.refused.lines > 0) out.push(t("receipt.refused", { count: r.refused.lines }));
    if (r.requestsOverQuota > 0) out.push(t("receipt.over_quota", { count: r.requestsOverQuota }));
    if (r.droppedByClient > 0) out.push(t("receipt.dropped", { count: r.droppedByClient }));
    for (const gap of [...r.history.lineGaps, ...r.events.lineGaps]) out.push(t("receipt.gap", { first: gap.first, last: gap.last }));
    for (const file of r.files.missingUploads) out.push(t("receipt.missing_file", { name: file.name }));
    return out;
}

function RefusedLines({ kept }: { kept: Receipt["refused"]["kept"] }) {
    return (
        <table class="list">
            <thead>
                <tr>
                    <th>{t("files.name")}</th>
                    <th class="num">{t("receipt.line")}</th>
                    <th>{t("receipt.reason")}</th>
                    <th class="num">{t("files.size")}</th>
                </tr>
            </thead>
            <tbody>
                {kept.map((k) => (
                    <tr key={`${k.file}:${k.line}`}>
                        <td>{k.file}</td>
                        <td class="num">{k.line}</td>
                        <td>{k.reason}</td>
                        <td class="num">{formatBytes(k.bytes)}</td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
