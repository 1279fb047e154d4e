/* sandbox_chart.tsx - a chart whose description may come from anybody: drawn in a frame without an origin. */

import { useEffect, useRef, useState } from "preact/hooks";
import { pictureBlob, readAnswer, type FrameRequest } from "../lib/frame_message";
import { t } from "../i18n";

const PICTURE_MS = 10000;

export type TakePicture = (format: "svg" | "png") => Promise<Blob | null>;

/* The frames on the page and how a picture of each is asked for: a panel of several puts them together. */
export const framePictures = new WeakMap<HTMLIFrameElement, TakePicture>();

export function SandboxChart({
    request,
    title,
    height,
    onPictures,
}: {
    request: FrameRequest;
    title: string;
    height: number | string;
    onPictures?: (take: TakePicture) => void;
}) {
    const frame = useRef<HTMLIFrameElement>(null);
    const [isReady, setReady] = useState(false);
    const [state, setState] = useState<"waiting" | "drawn">("waiting");
    const [failure, setFailure] = useState("");
    const picture = useRef<((b: Blob | null) => void) | null>(null);
    useEffect(() => {
        const hear = (event: MessageEvent) => {
            if (event.source !== frame.current?.contentWindow) return;
            const answer = readAnswer(event.data);
            if (answer?.type === "ready") setReady(true);
            else if (answer?.type === "drawn") {
                setState("drawn");
                setFailure("");
            } else if (answer?.type === "failed") {
                setFailure(answer.message);
                picture.current?.(null);
            } else if (answer?.type === "picture") picture.current?.(pictureBlob(answer.format, answer.data));
        };
        window.addEventListener("message", hear);
        return () => window.removeEventListener("message", hear);
    }, []);
    const text = JSON.stringify(request);
    useEffect(() => {
        /* It has no origin that could be named; what is said is what it shall draw, and no secret. */
        if (isReady) frame.current!.contentWindow!.postMessage(JSON.parse(text), "*");
    }, [isReady, text]);
    const take: TakePicture = (format) => {
        const window_ = frame.current?.contentWindow;
        if (!window_) return Promise.resolve(null);
        return new Promise((resolve) => {
            const timer = window.setTimeout(() => resolve(null), PICTURE_MS);
            picture.current = (b) => {
                window.clearTimeout(timer);
                resolve(b);
            };
            window_.postMessage({ kind: "picture", format } satisfies FrameRequest, "*");
        });
    };
    onPictures?.(take);
    useEffect(() => void framePictures.set(frame.current!, take));
    return (
        <div class="sandbox-chart" style={{ height }} data-state={failure === "" ? state : "failed"}>
            <iframe
                ref={frame}
                src="/assets/frame.html"
                sandbox="allow-scripts"
                referrerpolicy="no-referrer"
                title={title}
            />
            {failure !== "" && (
                <p class="panel-note is-bad">
                    {t("custom.failed")} {failure}
                </p>
            )}
        </div>
    );
}
