/* file_view.tsx - a look into a file: text, Markdown, tables, notebooks, pictures, sounds, films, pages and things in space.
 * The rest is downloaded. What a run wrote runs nowhere: pages stand in a sandbox without scripts. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { fetchText, samePath } from "../api";
import { t } from "../i18n";
import { looksBinary } from "../lib/binary";
import { formatBytes } from "../lib/format";
import type { RunFile } from "../queries/runs";
import { CodeText } from "./code_text";
import { Icon } from "./icon";
import { lazy } from "./lazy";
import { FigureView, SceneView } from "./lazy_views";
import { Markdown } from "./markdown";

interface ViewerProps {
    url: string;
    name: string;
}

export interface TextViewerProps {
    name: string;
    text: string;
    isCut: boolean /* there is more of it */;
}

const MAX_TEXT = 1 << 20;
const MAX_TABLE = 16 << 20;
const MAX_NOTEBOOK = 32 << 20;

const CsvFile = lazy(() => import("./csv_file"));
const NotebookFile = lazy(() => import("./notebook_file"));

/* The first that fits a file's name shows it. */
const VIEWERS: readonly [RegExp, ComponentType<ViewerProps>][] = [
    [/\.(png|jpe?g|gif|webp|bmp|avif|svg)$/i, ({ url, name }) => <img class="file-image" src={url} alt={name} />],
    [/\.(mp4|webm)$/i, ({ url, name }) => <video class="file-image" src={url} controls preload="metadata" aria-label={name} />],
    [/\.(mp3|wav|ogg|flac|m4a)$/i, ({ url, name }) => <audio src={url} controls preload="metadata" aria-label={name} />],
    [/\.html?$/i, ({ url, name }) => <iframe class="file-page" src={url} sandbox="" referrerpolicy="no-referrer" title={name} />],
    [/\.plotly\.json$/i, ({ url, name }) => <Tall><FigureView kind="plotly" url={url} label={name} /></Tall>],
    [/\.bokeh\.json$/i, ({ url, name }) => <Tall><FigureView kind="bokeh" url={url} label={name} /></Tall>],
    [/\.(obj|glb|gltf|stl|pts\.json)$/i, ({ url, name }) => <Tall><SceneView url={url} path={name} isMolecule={false} label={name} /></Tall>],
    [/\.(pdb|pqr|sdf|mol|mol2|cif|gro)$/i, ({ url, name }) => <Tall><SceneView url={url} path={name} isMolecule label={name} /></Tall>],
    [/\.([ct]sv|table\.json)$/i, (p) => <TextFile {...p} limit={MAX_TABLE} draw={CsvFile} />],
    [/\.ipynb$/i, (p) => <TextFile {...p} limit={MAX_NOTEBOOK} draw={NotebookFile} />],
    [/\.md$/i, (p) => <TextFile {...p} limit={MAX_TEXT} draw={({ text }) => <Markdown text={text} />} />],
    [/\.(pt|pth|ckpt|safetensors|onnx|pkl|npy|npz|h5|hdf5|parquet|arrow|zip|t?gz|bz2|xz|zst|tar|pdf|so|exe|whl)$/i, NoPreview],
    [/^/, (p) => <TextFile {...p} limit={MAX_TEXT} draw={PlainText} />],
];

export function FileView({ file }: { file: RunFile }) {
    const url = samePath(file.url);
    const name = file.name.slice(file.name.lastIndexOf("/") + 1);
    const Viewer = VIEWERS.find(([pattern]) => pattern.test(name))![1];
    return (
        <div class="card stack">
            <div class="row">
                <h2 class="grow clip">{name}</h2>
                <span class="muted">{formatBytes(file.sizeBytes)}</span>
                <a class="button" href={url} download={name}>
                    <Icon name="download" />
                    {t("action.download")}
                </a>
            </div>
            {file.sizeBytes === 0 ? <p class="faint">{t("files.empty")}</p> : <Viewer url={url} name={name} />}
        </div>
    );
}

function NoPreview() {
    return <p class="muted">{t("files.no_preview")}</p>;
}

/* For what fills the place it is given. */
function Tall({ children }: { children: preact.ComponentChildren }) {
    return <div class="file-scene">{children}</div>;
}

function TextFile({ url, name, limit, draw: Draw }: ViewerProps & { limit: number; draw: ComponentType<TextViewerProps> }) {
    const [content, setContent] = useState<{ text: string; isCut: boolean } | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        fetchText(url, limit).then(setContent, (e: Error) => setFailure(e.message));
    }, [url]);
    if (failure !== "") return <p class="notice is-bad">{failure}</p>;
    if (content === null) return <p class="faint" aria-busy="true">…</p>;
    if (looksBinary(content.text)) return <NoPreview />;
    return (
        <>
            {content.isCut && <p class="notice">{t("files.cut", { size: formatBytes(limit) })}</p>}
            <Draw name={name} {...content} />
        </>
    );
}

function PlainText({ name, text, isCut }: TextViewerProps) {
    return <CodeText name={name} text={pretty(name, text, isCut)} />;
}

function pretty(name: string, text: string, isCut: boolean): string {
    if (isCut || !/\.json$/i.test(name)) return text;
    try {
        return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
        return text;
    }
}
