/* main.tsx - starts the page. */

import { render } from "preact";
import { App } from "./app";
import { loadLanguage } from "./i18n";
import { current, startRouter } from "./router";
import { loadViewer } from "./session";
import { startTheme } from "./theme";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/workspace.css";
import "./styles/panels.css";
import "./styles/pages.css";
import "./styles/viewers.css";

startTheme();
startRouter();
void current.peek()?.route.page();
/* A server that cannot be reached now may answer the page's own requests, which say what is wrong. */
await Promise.all([loadLanguage(), loadViewer().catch(() => undefined)]);
render(<App />, document.getElementById("app")!);
