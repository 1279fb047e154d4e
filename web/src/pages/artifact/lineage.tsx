/* lineage.tsx - the graph around one version: what it was made of, and what was made of it. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { IconButton } from "../../components/icon";
import { t } from "../../i18n";
import { NODE, placeLineage, relatives, type PlacedNode } from "../../lib/lineage";
import { fetchLineage, type Lineage } from "../../queries/lineage";
import { useDrag, useWheelZoom } from "./lineage_moves";
import { LineageSide } from "./lineage_side";

const FIRST_DEPTH = 4;
const EDGE = 12;

export function LineageTab({ entity, project, name }: { entity: string; project: string; name: string }) {
    const [depth, setDepth] = useState(FIRST_DEPTH);
    const [lineage, setLineage] = useState<Lineage | null>(null);
    const [failure, setFailure] = useState("");
    const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
    const [isExploded, setExploded] = useState(false);
    const [zoom, setZoom] = useState(1);
    const [chosen, setChosen] = useState<string | null>(null);
    useEffect(() => {
        let isOver = false;
        fetchLineage(entity, project, name, depth).then(
            (l) => !isOver && setLineage(l),
            (e: Error) => !isOver && setFailure(e.message),
        );
        return () => void (isOver = true);
    }, [entity, project, name, depth]);
    if (failure !== "") return <p class="notice is-bad">{failure}</p>;
    if (lineage === null) return <div aria-busy="true" />;
    return (
        <div class="stack">
            <div class="row">
                <label class="check">
                    <input type="checkbox" checked={isExploded} onChange={(e) => setExploded(e.currentTarget.checked)} />
                    <span>{t("lineage.explode")}</span>
                </label>
                {lineage.isCut && (
                    <button type="button" class="button" onClick={() => setDepth(depth + 2)}>
                        {t("lineage.more")}
                    </button>
                )}
                <span class="grow" />
                <IconButton icon="minus" label={t("lineage.smaller")} onClick={() => setZoom(Math.max(0.3, zoom / 1.25))} />
                <IconButton icon="plus" label={t("lineage.larger")} onClick={() => setZoom(Math.min(2.5, zoom * 1.25))} />
            </div>
            <div class="lineage-row">
                <Graph
                    lineage={lineage}
                    open={isExploded ? everyCluster(lineage) : open}
                    zoom={zoom}
                    onZoom={setZoom}
                    onOpen={(id) => setOpen(new Set([...open, id]))}
                    chosen={chosen}
                    onChoose={setChosen}
                />
                {chosen !== null && <LineageSide lineage={lineage} id={chosen} onChoose={setChosen} onClose={() => setChosen(null)} />}
            </div>
        </div>
    );
}

function everyCluster(lineage: Lineage): ReadonlySet<string> {
    return new Set(lineage.nodes.map((n) => `cluster:${n.id}`));
}

interface GraphProps {
    lineage: Lineage;
    open: ReadonlySet<string>;
    zoom: number;
    onZoom: (zoom: number) => void;
    onOpen: (id: string) => void;
    chosen: string | null;
    onChoose: (id: string) => void;
}

function Graph({ lineage, open, zoom, onZoom, onOpen, chosen, onChoose }: GraphProps) {
    const [hovered, setHovered] = useState<string | null>(null);
    const picture = useMemo(() => placeLineage(lineage.nodes, lineage.edges, open, lineage.root), [lineage, open]);
    const bright = hovered === null ? null : relatives(hovered, picture.edges);
    const places = new Map(picture.nodes.map((n) => [n.id, n]));
    const [width, height] = [picture.width + 2 * EDGE, picture.height + 2 * EDGE];
    const host = useRef<HTMLDivElement>(null);
    /* As much as fits while it can still be read. */
    const fit = () => Math.max(0.55, Math.min(1, host.current!.clientWidth / width));
    useLayoutEffect(() => onZoom(fit()), [lineage]);
    useLayoutEffect(() => onZoom(Math.min(zoom, fit())), [chosen !== null]);
    useWheelZoom(host, zoom, onZoom);
    const drag = useDrag(host);
    return (
        <div ref={host} class="lineage card grow" onPointerDown={drag} tabIndex={0} role="group" aria-label={t("artifact.lineage")}>
            <div style={{ width: width * zoom, height: height * zoom }}>
                <div class="lineage-sheet" style={{ width, height, transform: `scale(${zoom})` }}>
                    <svg width={width} height={height} aria-hidden="true">
                        {picture.edges.map((e) => {
                            const isDim = bright !== null && !(bright.has(e.from) && bright.has(e.to));
                            return <path key={`${e.from} ${e.to}`} class={`lineage-edge ${isDim ? "is-dim" : ""}`} d={curve(places.get(e.from)!, places.get(e.to)!)} />;
                        })}
                    </svg>
                    {picture.nodes.map((n) => (
                        <Node
                            key={n.id}
                            node={n}
                            isRoot={n.id === lineage.root}
                            isDim={bright !== null && !bright.has(n.id)}
                            onHover={(isOn) => setHovered(isOn ? n.id : null)}
                            onOpen={() => onOpen(n.id)}
                            isChosen={n.id === chosen}
                            onChoose={() => onChoose(n.id)}
                        />
                    ))}
                </div>
            </div>
        </div>
    );
}

function curve(from: PlacedNode, to: PlacedNode): string {
    const [x1, y1] = [from.x + NODE.width + EDGE, from.y + NODE.height / 2 + EDGE];
    const [x2, y2] = [to.x + EDGE, to.y + NODE.height / 2 + EDGE];
    const bend = Math.max(24, Math.abs(x2 - x1) / 2);
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

interface NodeProps {
    node: PlacedNode;
    isRoot: boolean;
    isDim: boolean;
    onHover: (isOn: boolean) => void;
    onOpen: () => void;
    isChosen: boolean;
    onChoose: () => void;
}

function Node({ node, isRoot, isDim, onHover, onOpen, isChosen, onChoose }: NodeProps) {
    const first = node.members[0]!;
    const style = { left: node.x + EDGE, top: node.y + EDGE, width: NODE.width, height: NODE.height };
    const look = `lineage-node is-${first.kind} ${isRoot ? "is-root" : ""} ${isDim ? "is-dim" : ""} ${isChosen ? "is-chosen" : ""}`;
    const hover = { onMouseEnter: () => onHover(true), onMouseLeave: () => onHover(false), onFocus: () => onHover(true), onBlur: () => onHover(false) };
    if (node.members.length > 1)
        return (
            <button type="button" class={look} style={style} onClick={onOpen} {...hover}>
                <span class="clip">{t(first.kind === "run" ? "lineage.runs" : "lineage.artifacts", { count: node.members.length })}</span>
            </button>
        );
    const state = first.kind === "run" ? `state state-${first.note}` : "faint small";
    const inner = (
        <>
            <span class="clip">{first.label}</span>
            <span class={`clip ${state}`} title={first.note}>
                {first.kind === "artifact" ? first.note : <span class="sr-only">{first.note}</span>}
            </span>
        </>
    );
    return first.href === null ? (
        <span class={look} style={style} {...hover}>
            {inner}
        </span>
    ) : (
        <a
            class={look}
            style={style}
            href={first.href}
            title={first.label}
            draggable={false}
            aria-current={isRoot ? "true" : undefined}
            onClick={(e) => {
                if (e.ctrlKey || e.metaKey || e.shiftKey) return; /* a tab of its own */
                e.preventDefault();
                e.stopPropagation();
                onChoose();
            }}
            {...hover}
        >
            {inner}
        </a>
    );
}
