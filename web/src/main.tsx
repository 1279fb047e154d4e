/* main.tsx - starts the page. */

import { render } from "preact";
import { App, loadPage } from "./app";
import { loadLanguage } from "./i18n";
import Project from "./pages/project";
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

async function start(): Promise<void> {
    const answer = loadViewer().catch(() => undefined);
    const page = loadPage(current.peek()?.route).catch(() => undefined);
    await Promise.all([loadLanguage(), page]);
    /* A server that cannot be reached now may answer the page's own requests, which say what is wrong. */
    if (viewer.peek() === undefined) await answer;
    render(<App />, document.getElementById("app")!);
}

workspace.page = Project;
startTheme();
startRouter();
void start();
