/* lazy_views.tsx - viewers that are loaded when the first of them is shown. */

import { lazy } from "./lazy";

export const SceneView = lazy(() => import("./scene_view"));
export const FigureView = lazy(() => import("./figure_view"));
