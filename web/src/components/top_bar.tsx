/* top_bar.tsx - where one is, the tabs of a project, and the person's menu. */

import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { pathOf, type Params } from "../lib/match";
import { logOut, viewer } from "../session";
import { isDark, setTheme, theme } from "../theme";
import { navigate } from "../router";
import { Icon, IconButton } from "./icon";
import { lazy } from "./lazy";
import { MenuList, Popover } from "./popover";
import { SearchDialog } from "./search_dialog";
import { sayError } from "./toast";

const Bell = lazy(() => import("./bell"));
const HelpDialog = lazy(() => import("./help_dialog"));
/* What is no part of the page itself comes after its first charts. */
const SETTLE_MS = 2000;

/* Ctrl or Cmd: M for the other theme, J between the charts and the table of a project. A question mark: what keys there are. */
function useShortcuts(entity: string | undefined, project: string | undefined, path: string, help: () => void): void {
    useEffect(() => {
        const key = (e: KeyboardEvent) => {
            if (e.key === "?" && !(e.target as HTMLElement).closest?.("input, textarea, select")) help();
            if (!(e.ctrlKey || e.metaKey) || e.shiftKey || e.altKey) return;
            const pressed = e.key.toLowerCase();
            if (pressed === "m") setTheme(isDark.peek() ? "light" : "dark");
            else if (pressed === "j" && entity && project) navigate(path.endsWith("/table") ? pathOf(entity, project) : pathOf(entity, project, "table"));
            else return;
            e.preventDefault();
        };
        window.addEventListener("keydown", key);
        return () => window.removeEventListener("keydown", key);
    }, [entity, project, path]);
}

export function TopBar({ params, path }: { params: Params; path: string }) {
    const { entity, project, run } = params;
    const [isHelping, setHelping] = useState(false);
    const [isSettled, setSettled] = useState(false);
    useShortcuts(entity, project, path, () => setHelping(true));
    useEffect(() => {
        const timer = window.setTimeout(() => setSettled(true), SETTLE_MS);
        return () => window.clearTimeout(timer);
    }, []);
    return (
        <header class="topbar">
            <a class="brand" href="/" aria-label={`Barograph: ${t("nav.home")}`}>
                <Logo />
                {!entity && <span>Barograph</span>}
            </a>
            <nav class="crumbs" aria-label={t("nav.breadcrumb")}>
                {entity && (
                    <a class={project ? "" : "here"} href={pathOf(entity)}>
                        {entity}
                    </a>
                )}
                {entity && project && (
                    <>
                        <span aria-hidden="true">/</span>
                        <a class={`clip ${run ? "" : "here"}`} href={pathOf(entity, project)}>
                            {project}
                        </a>
                    </>
                )}
            </nav>
            {entity && project && <ProjectTabs entity={entity} project={project} path={path} />}
            <span class="grow" />
            <SearchDialog />
            <span class="row bar-tools">
                <span class="bell-place">{isSettled && viewer.value && <Bell />}</span>
                <IconButton icon="question" label={t("help.title")} onClick={() => setHelping(true)} />
            </span>
            <UserMenu />
            {isHelping && <HelpDialog onClose={() => setHelping(false)} />}
        </header>
    );
}

function ProjectTabs({ entity, project, path }: { entity: string; project: string; path: string }) {
    const tabs = [
        {
            href: pathOf(entity, project),
            label: t("title.workspace"),
            isHere: path === "/:entity/:project" || path.endsWith("/workspace"),
        },
        { href: pathOf(entity, project, "table"), label: t("title.table"), isHere: path.endsWith("/table") },
        {
            href: pathOf(entity, project, "overview"),
            label: t("title.overview"),
            isHere: path.endsWith(":project/overview"),
        },
        {
            href: pathOf(entity, project, "sweeps"),
            label: t("title.sweeps"),
            isHere: path.includes("/sweeps"),
        },
        {
            href: pathOf(entity, project, "reportlist"),
            label: t("title.reports"),
            isHere: path.includes("/report"),
        },
        {
            href: pathOf(entity, project, "artifacts"),
            label: t("title.artifacts"),
            isHere: path.includes("/artifacts"),
        },
        {
            href: pathOf(entity, project, "automations"),
            label: t("title.automations"),
            isHere: path.endsWith("/automations"),
        },
    ];
    return (
        <nav class="tabs" aria-label={t("nav.project_tabs")}>
            {tabs.map((tab) => (
                <a key={tab.href} class="tab" href={tab.href} aria-current={tab.isHere ? "page" : undefined}>
                    {tab.label}
                </a>
            ))}
        </nav>
    );
}

function UserMenu() {
    const who = viewer.value;
    if (who === undefined) return null;
    if (who === null)
        return (
            <a class="button" href="/login">
                {t("login.button")}
            </a>
        );
    return (
        <Popover
            isMenu
            label={t("nav.account")}
            button={(open) => (
                <button type="button" class="button" aria-haspopup="menu" onClick={open}>
                    <Icon name="user" />
                    {who.username}
                </button>
            )}
        >
            {(close) => (
                <MenuList
                    close={close}
                    items={[
                        { label: t("nav.projects"), onClick: () => navigate("/") },
                        { label: t("title.registry"), onClick: () => navigate("/registry") },
                        { label: t("title.storage"), onClick: () => navigate("/settings/storage") },
                        { label: t("title.settings"), onClick: () => navigate("/settings") },
                        who.admin && { label: t("title.people"), onClick: () => navigate("/settings/people") },
                        { label: t("title.authorize"), onClick: () => navigate("/authorize") },
                        "line",
                        {
                            label: t("theme.system"),
                            isChecked: theme.value === "system",
                            onClick: () => setTheme("system"),
                        },
                        {
                            label: t("theme.light"),
                            isChecked: theme.value === "light",
                            onClick: () => setTheme("light"),
                        },
                        {
                            label: t("theme.dark"),
                            isChecked: theme.value === "dark",
                            onClick: () => setTheme("dark"),
                        },
                        "line",
                        { label: t("login.out"), onClick: () => void logOut().catch(sayError) },
                    ]}
                />
            )}
        </Popover>
    );
}

/* A pen's trace on the paper of the instrument. */
export function Logo() {
    return (
        <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect x="1" y="1" width="30" height="30" rx="7" fill="#1b2430" />
            <path
                d="M5 21h3l3-9 4 12 4-16 3 9h5"
                fill="none"
                stroke="#7db4ff"
                stroke-width="2.4"
                stroke-linecap="round"
                stroke-linejoin="round"
            />
        </svg>
    );
}
