/* value_tree.tsx - config or summary as a tree that can be searched, or as raw JSON. */

import { useState } from "preact/hooks";
import { t } from "../i18n";
import { formatNumber, formatValue } from "../lib/format";
import { flatten } from "../lib/runs";
import { compareNames } from "../lib/sections";
import { SearchBox } from "./controls";

const MAX_ROWS = 2000;

export function ValueTree({ title, value }: { title: string; value: Record<string, unknown> }) {
    const [search, setSearch] = useState("");
    const [isRaw, setRaw] = useState(false);
    const rows = Object.entries(flatten(value))
        .filter(([k, v]) => search === "" || `${k} ${formatValue(v)}`.toLowerCase().includes(search.toLowerCase()))
        .sort(([a], [b]) => Number(a.startsWith("_")) - Number(b.startsWith("_")) || compareNames(a, b));
    return (
        <div class="stack">
            <div class="row">
                <h2 class="grow">
                    {title} <span class="faint">{Object.keys(value).length}</span>
                </h2>
                <SearchBox value={search} label={t("search.label")} onChange={setSearch} />
                <button type="button" class="button" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
                    {t("run.raw")}
                </button>
            </div>
            {isRaw ? (
                <pre class="snippet">{JSON.stringify(value, null, 2)}</pre>
            ) : (
                <table class="list keys">
                    <tbody>
                        {rows.slice(0, MAX_ROWS).map(([k, v]) => (
                            <tr key={k}>
                                <td class="muted">{k}</td>
                                <td title={formatValue(v)}>
                                    {typeof v === "number" ? formatNumber(v, 8) : formatValue(v)}
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
            {!isRaw && rows.length === 0 && <p class="faint">{t("run.nothing")}</p>}
        </div>
    );
}
