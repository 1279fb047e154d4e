/* main.tsx - starts the page. */

import { render } from "preact";
import { App, loadPage } from "./app";
import { loadLanguage } from "./i18n";
import Project, { openEarly } from "./pages/workspace/project";
import { current, startRouter } from "./router";
import { workspace } from "./routes";
import { loadViewer, viewer } from "./session";
import { startTheme } from "./theme";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/workspace.css";
import "./styles/panels.css";
import "./styles/pages.css";
import "./styles/viewers.css";
import "./styles/reports.css";

async function start(): Promise<void> {
    const answer = loadViewer().catch(() => undefined);
    const match = current.peek();
    const page = loadPage(match?.route).catch(() => undefined);
    const isWorkspace = match?.route.page === workspace.load;
    if (isWorkspace && viewer.peek()) openEarly(match.params);
    await Promise.all([loadLanguage(), page]);
    /* A server that cannot be reached now may answer the page's own requests, which say what is wrong. */
    if (viewer.peek() === undefined) await answer;
    render(<App />, document.getElementById("app")!);
}

workspace.page = Project;
startTheme();
startRouter();
void start();
