/* to_report.tsx - "add to report", as the menus of panels and sections offer it: over the page, and loaded when it is asked for. */

import { render } from "preact";
import type { Panel } from "../../lib/layout";
import type { Workspace } from "../workspace/model";

export async function addToReport(ws: Workspace, panels: readonly Panel[], heading?: string): Promise<void> {
    const { AddToReport } = await import("./add_to_report");
    const host = document.createElement("div");
    document.body.append(host);
    const close = () => {
        render(null, host);
        host.remove();
    };
    render(<AddToReport ws={ws} panels={panels} heading={heading} onClose={close} />, host);
}
