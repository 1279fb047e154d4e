/* run_set_tools.tsx - which runs a report's panels are drawn over: their project, filter, groups, which of them are seen; kept as they
 * are now, if that is wanted. */

import { useEffect, useId, useState } from "preact/hooks";
import { Check } from "../../components/controls";
import { FilterBuilder } from "../../components/filter_builder";
import { Icon } from "../../components/icon";
import { Popover } from "../../components/popover";
import { say, sayError } from "../../components/toast";
import { t } from "../../i18n";
import { countRows, runsFilter } from "../../lib/filters";
import { columnLabel } from "../../lib/layout";
import { freeze, thaw, type RunSet } from "../../lib/official";
import { RUN_COLUMNS, columnsOf } from "../../lib/runs";
import { fetchProjects, fetchRuns } from "../../queries/runs";
import { viewer } from "../../session";
import type { Workspace } from "../workspace/model";

const MAX_FROZEN = 5000;
const PAGE = 1000;
const MAX_LISTED = 300;

interface Props {
    ws: Workspace;
    set: RunSet;
    /* A set that is drawn anew. */
    onSet: (set: RunSet) => void;
    onAddSet: () => void;
    onAddPanel: () => void;
}

export function RunSetTools({ ws, set, onSet, onAddSet, onAddPanel }: Props) {
    const v = ws.runsView.value;
    const columns = [...RUN_COLUMNS, ...columnsOf(ws.store.runs.value)];
    const isFrozen = set.frozen !== undefined;
    return (
        <div class="row run-set-tools">
            <button type="button" class="button" onClick={onAddPanel}>
                <Icon name="plus" />
                {t("panel.add")}
            </button>
            <Place set={set} onSet={onSet} />
            {!isFrozen && (
                <Tool label={t("runs.filter")} count={countRows(v.filter)}>
                    <FilterBuilder group={v.filter} columns={columns} onChange={(filter) => ws.setRuns({ filter })} />
                </Tool>
            )}
            <Tool label={t("runs.group")} count={v.group.length}>
                <div class="stack run-set-list">
                    {columns.map((c) => (
                        <Check key={c} label={columnLabel(c)} value={v.group.includes(c)} onChange={(isOn) => ws.setRuns({ group: isOn ? [...v.group, c] : v.group.filter((g) => g !== c) })} />
                    ))}
                </div>
            </Tool>
            <Tool label={t("runset.runs")} count={v.hidden.length === 0 ? 0 : Math.max(0, ws.store.total.value - v.hidden.length)}>
                <div class="stack run-set-list">
                    {ws.store.runs.value.slice(0, MAX_LISTED).map((r) => (
                        <Check
                            key={r.name}
                            label={r.displayName || r.name}
                            value={!v.hidden.includes(r.name)}
                            onChange={(isOn) => ws.setRuns({ hidden: isOn ? v.hidden.filter((h) => h !== r.name) : [...v.hidden, r.name] })}
                        />
                    ))}
                </div>
            </Tool>
            <button type="button" class={`button ${isFrozen ? "is-on" : ""}`} title={t("runset.freeze_hint")} onClick={() => void (isFrozen ? Promise.resolve(thaw(set)) : frozen(ws, set)).then(onSet, sayError)}>
                <Icon name="snow" />
                {t(isFrozen ? "runset.thaw" : "runset.freeze")}
            </button>
            <span class="muted small">{t("table.count", { count: ws.store.total.value })}</span>
            <button type="button" class="link-button" onClick={onAddSet}>
                {t("runset.add")}
            </button>
        </div>
    );
}

function Tool({ label, count, children }: { label: string; count: number; children: preact.ComponentChildren }) {
    return (
        <Popover
            label={label}
            isPadded
            button={(open) => (
                <button type="button" class="button" aria-haspopup="dialog" onClick={open}>
                    {label} {count > 0 && count}
                </button>
            )}
        >
            {() => children}
        </Popover>
    );
}

/* Whose runs: ENTITY/PROJECT, taken over when it is whole. */
function Place({ set, onSet }: { set: RunSet; onSet: (set: RunSet) => void }) {
    const id = useId();
    const [known, setKnown] = useState<string[]>([]);
    const here = `${set.entity}/${set.project}`;
    const [text, setText] = useState(here);
    useEffect(() => setText(here), [here]);
    const load = () => {
        const who = viewer.peek();
        const entities = !who ? [] : [...new Set([who.entity ?? who.username, ...who.teams])];
        if (known.length === 0) Promise.all(entities.map(fetchProjects)).then((lists) => setKnown(lists.flat().map((p) => `${p.entityName}/${p.name}`)), sayError);
    };
    const take = () => {
        const m = /^([^/]+)\/([^/]+)$/.exec(text.trim());
        if (m === null) return setText(here);
        if (text.trim() !== here) onSet({ ...thaw(set), entity: m[1]!, project: m[2]!, hidden: [] });
    };
    return (
        <>
            <input class="input run-set-place" list={id} value={text} aria-label={t("runset.project")} title={t("runset.project")} onFocus={load} onInput={(e) => setText(e.currentTarget.value)} onChange={take} />
            <datalist id={id}>
                {known.map((p) => (
                    <option key={p} value={p} />
                ))}
            </datalist>
        </>
    );
}

/* The names of all runs that the set finds now, and the colours that they have now. */
async function frozen(ws: Workspace, set: RunSet): Promise<RunSet> {
    const filters = runsFilter(set.filter, set.search, set.isRegex);
    const names: string[] = [];
    let after: string | null = null;
    do {
        const page = await fetchRuns({ entity: set.entity, project: set.project, filters, order: set.order, first: PAGE, after, withKeys: false });
        names.push(...page.runs.map((r) => r.name));
        after = page.next;
    } while (after !== null && names.length < MAX_FROZEN);
    if (names.length === 0) throw new Error(t("runs.none"));
    if (after !== null) say(t("table.count", { count: names.length }));
    const colors = ws.isGrouped.peek() ? {} : Object.fromEntries(ws.visibleRuns.peek().map((r) => [r.name, ws.colorOf(r)]));
    return freeze(set, names, colors, new Date());
}
