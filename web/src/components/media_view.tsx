/* media_view.tsx - one logged picture, sound or page. What a run logged runs nowhere: pages stand in a sandbox without scripts. */

import { useState } from "preact/hooks";
import { samePath } from "../api";
import { t } from "../i18n";
import type { Box, MediaItem } from "../lib/media";
import { PlotlyView, SceneView } from "./lazy_views";

export function MediaView({ item, links }: { item: MediaItem; links: ReadonlyMap<string, string> }) {
    const link = links.get(item.path);
    if (link === undefined) return null;
    const url = samePath(link);
    const caption = item.caption || item.path.slice(item.path.lastIndexOf("/") + 1);
    return (
        <figure class="media">
            {item.kind === "image" ? (
                <Picture url={url} item={item} links={links} alt={caption} />
            ) : item.kind === "video" ? (
                <video src={url} controls loop muted preload="metadata" />
            ) : item.kind === "audio" ? (
                <audio src={url} controls preload="metadata" />
            ) : item.kind === "html" ? (
                <iframe src={url} sandbox="" loading="lazy" referrerpolicy="no-referrer" title={caption} />
            ) : item.kind === "scene" || item.kind === "molecule" ? (
                <SceneView url={url} path={item.path} isMolecule={item.kind === "molecule"} label={caption} />
            ) : item.kind === "plotly" ? (
                <PlotlyView url={url} label={caption} />
            ) : (
                <p class="muted">
                    {t("media.unknown", { type: item.type })}{" "}
                    <a href={url} download>
                        {t("action.download")}
                    </a>
                </p>
            )}
            <figcaption class="clip" title={caption}>
                {caption}
            </figcaption>
        </figure>
    );
}

function Picture({
    url,
    item,
    links,
    alt,
}: {
    url: string;
    item: MediaItem;
    links: ReadonlyMap<string, string>;
    alt: string;
}) {
    const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
    const toggle = (name: string) => {
        const next = new Set(hidden);
        if (!next.delete(name)) next.add(name);
        setHidden(next);
    };
    const labels = [...new Set(item.boxes.map((b) => b.label))];
    return (
        <>
            <span class="picture">
                <img src={url} alt={alt} loading="lazy" />
                {item.masks
                    .filter((m) => !hidden.has(m.name) && links.has(m.path))
                    .map((m) => (
                        <img key={m.name} class="mask" src={samePath(links.get(m.path)!)} alt={m.name} />
                    ))}
                <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
                    {item.boxes
                        .filter((b) => !hidden.has(b.label))
                        .map((b, i) => (
                            <BoxShape key={i} box={b} />
                        ))}
                </svg>
            </span>
            {(labels.length > 0 || item.masks.length > 0) && (
                <span class="chips">
                    {[...labels, ...item.masks.map((m) => m.name)].map((name) => (
                        <button
                            key={name}
                            type="button"
                            class="chip"
                            aria-pressed={!hidden.has(name)}
                            onClick={() => toggle(name)}
                        >
                            {name}
                        </button>
                    ))}
                </span>
            )}
        </>
    );
}

function BoxShape({ box }: { box: Box }) {
    return (
        <rect
            x={box.left}
            y={box.top}
            width={box.width}
            height={box.height}
            vector-effect="non-scaling-stroke"
        >
            <title>
                {box.label}
                {box.score === null ? "" : ` ${box.score}`}
            </title>
        </rect>
    );
}
