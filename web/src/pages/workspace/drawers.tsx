/* drawers.tsx - what is laid over a workspace now and then: loaded when it is first opened. */

import { lazy } from "../../components/lazy";
import { useWorkspace } from "./model";

export const AddPanel = lazy(() => import("./add_panel"));

const OpenEditor = lazy(() => import("./editor"));

export function Editor() {
    return useWorkspace().editedPanel.value === null ? null : <OpenEditor />;
}
