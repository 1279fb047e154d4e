/* routes.ts - every page: its address, what draws it, its title. The first match wins. */

import { h, type ComponentType } from "preact";
import type { Params } from "./lib/match";
import type { MessageName } from "./i18n";

export interface PageProps {
    params: Params;
}

export interface Route {
    path: string;
    page: () => Promise<{ default: ComponentType<PageProps> }>;
    title: MessageName;
    isPublic?: boolean /* drawn without a session */;
}

const login = () => import("./pages/account/login");
/* The workspace is part of the program itself, which hands it over (main.tsx): each file more would be a way to the server
 * and back before the first chart. Every other page is fetched when it is opened. */
export const workspace = {
    page: null as ComponentType<PageProps> | null,
    load: async () => ({ default: workspace.page! }),
};
const project = workspace.load;
const run = () => import("./pages/run/run");
const artifacts = () => import("./pages/artifact/artifacts");
/* What the client calls a job is an artifact of that type. */
const jobs = async () => {
    const { default: Artifacts } = await artifacts();
    return { default: ({ params }: PageProps) => h(Artifacts, { params: { ...params, type: "job" } }) };
};
const artifact = () => import("./pages/artifact/artifact");
const registries = () => import("./pages/registry/registries");
const settings = () => import("./pages/account/settings");

export const ROUTES: readonly Route[] = [
    { path: "/", page: () => import("./pages/account/home"), title: "title.home" },
    { path: "/login", page: login, title: "title.login", isPublic: true },
    { path: "/authorize", page: () => import("./pages/account/authorize"), title: "title.authorize" },
    { path: "/settings", page: settings, title: "title.settings" },
    { path: "/shared/:token", page: () => import("./pages/project/shared"), title: "title.workspace", isPublic: true },
    { path: "/settings/people", page: () => import("./pages/account/people"), title: "title.people" },
    { path: "/settings/storage", page: () => import("./pages/account/storage"), title: "title.storage" },
    { path: "/registry", page: registries, title: "title.registry" },
    { path: "/orgs/:org", page: registries, title: "title.registry" },
    { path: "/orgs/:org/registry", page: registries, title: "title.registry" },
    { path: "/orgs/:org/registry/:registry", page: () => import("./pages/registry/registry"), title: "title.registry" },
    { path: "/:entity/registry/model", page: () => import("./pages/registry/link"), title: "title.registry" },
    { path: "/:entity", page: () => import("./pages/account/home"), title: "title.home" },
    { path: "/:entity/:project", page: project, title: "title.workspace", isPublic: true },
    { path: "/:entity/:project/workspace", page: project, title: "title.workspace", isPublic: true },
    {
        path: "/:entity/:project/table",
        page: () => import("./pages/table/runs_table"),
        title: "title.table",
        isPublic: true,
    },
    {
        path: "/:entity/:project/overview",
        page: () => import("./pages/project/overview"),
        title: "title.overview",
        isPublic: true,
    },
    { path: "/:entity/:project/groups/:group", page: project, title: "title.workspace", isPublic: true },
    { path: "/:entity/:project/groups/:group/workspace", page: project, title: "title.workspace", isPublic: true },
    { path: "/:entity/:project/jobs", page: jobs, title: "title.artifacts", isPublic: true },
    { path: "/:entity/:project/automations", page: () => import("./pages/automation/automations"), title: "title.automations" },
    { path: "/:entity/:project/sweeps", page: () => import("./pages/sweep/sweeps"), title: "title.sweeps", isPublic: true },
    { path: "/:entity/:project/sweeps/:sweep", page: () => import("./pages/sweep/sweep"), title: "title.sweeps", isPublic: true },
    { path: "/:entity/:project/reportlist", page: () => import("./pages/report/reports"), title: "title.reports", isPublic: true },
    { path: "/:entity/:project/reports", page: () => import("./pages/report/reports"), title: "title.reports", isPublic: true },
    { path: "/:entity/:project/reports/:slug", page: () => import("./pages/report/report"), title: "title.reports", isPublic: true },
    { path: "/:entity/:project/artifacts", page: artifacts, title: "title.artifacts", isPublic: true },
    { path: "/:entity/:project/artifacts/:type", page: artifacts, title: "title.artifacts", isPublic: true },
    { path: "/:entity/:project/artifacts/:type/:collection", page: artifact, title: "title.artifacts", isPublic: true },
    { path: "/:entity/:project/artifacts/:type/:collection/:version", page: artifact, title: "title.artifacts", isPublic: true },
    { path: "/:entity/:project/artifacts/:type/:collection/:version/:tab", page: artifact, title: "title.artifacts", isPublic: true },
    { path: "/:entity/:project/artifacts/:type/:collection/:version/files/:path*", page: artifact, title: "title.artifacts", isPublic: true },
    { path: "/:entity/:project/runs/:run", page: run, title: "title.run", isPublic: true },
    { path: "/:entity/:project/runs/:run/:tab", page: run, title: "title.run", isPublic: true },
    { path: "/:entity/:project/runs/:run/:tab/:path*", page: run, title: "title.run", isPublic: true },
];
