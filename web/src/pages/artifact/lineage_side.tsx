/* lineage_side.tsx - the node that was chosen in a lineage: what it is, what it came from and what it led to. */

import { useEffect, useRef } from "preact/hooks";
import { IconButton } from "../../components/icon";
import { useMore } from "../../components/more_rows";
import { t, type MessageName } from "../../i18n";
import type { LineageNode } from "../../lib/lineage";
import type { Lineage } from "../../queries/lineage";

const SHOWN = 20;

interface Props {
    lineage: Lineage;
    id: string;
    onChoose: (id: string) => void;
    onClose: () => void;
}

export function LineageSide({ lineage, id, onChoose, onClose }: Props) {
    const host = useRef<HTMLElement>(null);
    useEffect(() => host.current?.focus(), [id]);
    const byId = new Map(lineage.nodes.map((n) => [n.id, n]));
    const node = byId.get(id);
    if (node === undefined) return null;
    const near = (ids: string[]) => ids.flatMap((i) => byId.get(i) ?? []);
    const before = near(lineage.edges.filter((e) => e.to === id).map((e) => e.from));
    const after = near(lineage.edges.filter((e) => e.from === id).map((e) => e.to));
    return (
        <aside ref={host} class="lineage-side card stack" tabIndex={-1} aria-label={node.label} onKeyDown={(e) => e.key === "Escape" && onClose()}>
            <div class="row">
                <h2 class="grow clip" title={node.label}>
                    {node.label}
                </h2>
                <IconButton icon="close" label={t("action.close")} onClick={onClose} />
            </div>
            <Note node={node} />
            {node.href !== null && (
                <a class="button" href={node.href}>
                    {t("lineage.open")}
                </a>
            )}
            <Neighbours title="lineage.before" nodes={before} onChoose={onChoose} key={`${id}<`} />
            <Neighbours title="lineage.after" nodes={after} onChoose={onChoose} key={`${id}>`} />
        </aside>
    );
}

function Note({ node }: { node: LineageNode }) {
    return node.kind === "run" ? (
        <span class={`state state-${node.note}`}>{t("history.run")}</span>
    ) : (
        <span class="muted">{node.note}</span>
    );
}

function Neighbours({ title, nodes, onChoose }: { title: MessageName; nodes: readonly LineageNode[]; onChoose: (id: string) => void }) {
    const more = useMore(nodes, SHOWN);
    if (nodes.length === 0) return null;
    return (
        <section>
            <h3>
                {t(title)} <span class="faint">{nodes.length}</span>
            </h3>
            <ul class="plain">
                {more.shown.map((n) => (
                    <li key={n.id}>
                        <button type="button" class="link-button clip" title={n.label} onClick={() => onChoose(n.id)}>
                            {n.label}
                        </button>
                    </li>
                ))}
            </ul>
            {more.button}
        </section>
    );
}
