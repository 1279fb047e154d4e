/* embed_panel.tsx - one panel alone, for pages elsewhere: a link that shows its runs for some days, and what stands there. */

import { useEffect, useState } from "preact/hooks";
import { copyText } from "../../components/copy_text";
import { askText } from "../../components/question";
import { t } from "../../i18n";
import { embedAddress, frameOf } from "../../lib/embed";
import { panelTitle, resolveMedia, resolveSettings, type Panel, type Section } from "../../lib/layout";
import { createLink } from "../../queries/shares";
import { PANELS } from "../panels/table";
import { WorkspaceContext, type Workspace } from "./model";

/* The settings of the workspace and the section go along: the frame knows neither. */
export async function embedPanel(ws: Workspace, panel: Panel, section: Section | null): Promise<void> {
    const days = Number(await askText(t("share.days"), "30"));
    if (!Number.isInteger(days) || days < 1) return;
    const link = await createLink(ws.entity, ws.project, ws.visibleRuns.value.map((r) => r.name), days);
    const layout = ws.layout.value;
    const whole = {
        ...panel,
        settings: resolveSettings(layout, section, panel),
        media: { ...panel.media, ...resolveMedia(layout, section, panel) },
    };
    await copyText(frameOf(embedAddress(link, whole)));
}

const HEAD = 30;

export function EmbeddedPanel({ ws, panel }: { ws: Workspace; panel: Panel }) {
    const [height, setHeight] = useState(window.innerHeight);
    useEffect(() => {
        const resize = () => setHeight(window.innerHeight);
        window.addEventListener("resize", resize);
        return () => window.removeEventListener("resize", resize);
    }, []);
    const Draw = PANELS[panel.kind].draw;
    return (
        <WorkspaceContext.Provider value={ws}>
            <main class="panel is-embedded">
                <h1 class="clip">{panelTitle(panel)}</h1>
                <Draw panel={panel} section={null} height={height - HEAD} isFull={false} onExport={() => undefined} />
            </main>
        </WorkspaceContext.Provider>
    );
}
