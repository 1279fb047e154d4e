/* media_view.tsx - one logged picture, sound or page. What a run logged runs nowhere: pages stand in a sandbox without scripts. */

import { samePath } from "../api";
import { t } from "../i18n";
import type { ClassLabels } from "../lib/boxes";
import type { MediaItem } from "../lib/media";
import { FigureView, SceneView } from "./lazy_views";
import { Picture } from "./picture";

interface Props {
    item: MediaItem;
    links: ReadonlyMap<string, string>;
    labels?: ClassLabels;
    mediaKey?: string;
}

export function MediaView({ item, links, labels, mediaKey = "" }: Props) {
    const link = links.get(item.path);
    if (link === undefined) return null;
    const url = samePath(link);
    const caption = item.caption || item.path.slice(item.path.lastIndexOf("/") + 1);
    return (
        <figure class="media">
            {item.kind === "image" ? (
                <Picture url={url} item={item} links={links} labels={labels ?? null} mediaKey={mediaKey} alt={caption} />
            ) : item.kind === "video" ? (
                <video src={url} controls loop muted preload="metadata" />
            ) : item.kind === "audio" ? (
                <audio src={url} controls preload="metadata" />
            ) : item.kind === "html" ? (
                <iframe src={url} sandbox="" loading="lazy" referrerpolicy="no-referrer" title={caption} />
            ) : item.kind === "scene" || item.kind === "molecule" ? (
                <SceneView url={url} path={item.path} isMolecule={item.kind === "molecule"} label={caption} />
            ) : item.kind === "plotly" || item.kind === "bokeh" ? (
                <FigureView kind={item.kind} url={url} label={caption} />
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
