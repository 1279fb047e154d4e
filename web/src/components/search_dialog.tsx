/* search_dialog.tsx - finds a project or a run by its name, from anywhere (Ctrl+K). */

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { EMPTY_FILTER, runsFilter } from "../lib/filters";
import { pathOf } from "../lib/match";
import { fetchProjects, fetchRuns } from "../queries/runs";
import { current, navigate } from "../router";
import { viewer } from "../session";
import { Icon } from "./icon";

interface Hit {
    path: string;
    label: string;
    place: string;
    icon: "chart" | "folder";
}

const MAX_PROJECTS = 8;
const MAX_RUNS = 12;
const PAUSE_MS = 150;

export function SearchDialog() {
    const [isOpen, setOpen] = useState(false);
    useEffect(() => {
        const key = (e: KeyboardEvent) => {
            if (!(e.ctrlKey || e.metaKey) || e.key.toLowerCase() !== "k" || !viewer.peek()) return;
            e.preventDefault();
            setOpen(true);
        };
        window.addEventListener("keydown", key);
        return () => window.removeEventListener("keydown", key);
    }, []);
    return (
        <>
            {viewer.value && (
                <button type="button" class="button open-search" onClick={() => setOpen(true)}>
                    <Icon name="search" />
                    <span>{t("search.label")}</span>
                    <kbd>Ctrl K</kbd>
                </button>
            )}
            {isOpen && <Dialog onClose={() => setOpen(false)} />}
        </>
    );
}

function Dialog({ onClose }: { onClose: () => void }) {
    const [text, setText] = useState("");
    const [hits, setHits] = useState<Hit[]>([]);
    const [at, setAt] = useState(0);
    const input = useRef<HTMLInputElement>(null);
    useEffect(() => input.current?.focus(), []);
    useEffect(() => {
        let isOver = false;
        const timer = window.setTimeout(
            () =>
                void find(text.trim()).then(
                    (found) => {
                        if (isOver) return;
                        setHits(found);
                        setAt(0);
                    },
                    () => undefined,
                ),
            PAUSE_MS,
        );
        return () => {
            isOver = true;
            window.clearTimeout(timer);
        };
    }, [text]);
    const go = (hit: Hit | undefined) => {
        if (hit === undefined) return;
        onClose();
        navigate(hit.path);
    };
    const onKeyDown = (e: KeyboardEvent) => {
        if (e.key === "Escape") onClose();
        if (e.key === "Enter") go(hits[at]);
        if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
        e.preventDefault();
        setAt((at + (e.key === "ArrowDown" ? 1 : hits.length - 1)) % Math.max(1, hits.length));
    };
    return (
        <div class="scrim" onClick={(e) => e.target === e.currentTarget && onClose()}>
            <div
                class="dialog stack"
                role="dialog"
                aria-modal="true"
                aria-label={t("search.label")}
                onKeyDown={onKeyDown}
            >
                <input
                    ref={input}
                    class="input"
                    role="combobox"
                    aria-expanded={hits.length > 0}
                    aria-controls="search-hits"
                    aria-activedescendant={hits.length > 0 ? `search-hit-${at}` : undefined}
                    value={text}
                    placeholder={t("search.everything")}
                    aria-label={t("search.everything")}
                    onInput={(e) => setText(e.currentTarget.value)}
                />
                <div id="search-hits" role="listbox" aria-label={t("search.label")}>
                    {hits.map((hit, i) => (
                        <button
                            key={hit.path}
                            id={`search-hit-${i}`}
                            type="button"
                            role="option"
                            aria-selected={i === at}
                            class={`menu-item ${i === at ? "is-at" : ""}`}
                            onClick={() => go(hit)}
                        >
                            <Icon name={hit.icon} />
                            <span class="clip">{hit.label}</span>
                            <span class="faint clip">{hit.place}</span>
                        </button>
                    ))}
                </div>
            </div>
        </div>
    );
}

async function find(text: string): Promise<Hit[]> {
    const who = viewer.peek();
    if (!who) return [];
    const entities = [...new Set([who.entity, ...who.teams])];
    const params = current.peek()?.params ?? {};
    const [projects, runs] = await Promise.all([
        Promise.all(entities.map(fetchProjects)).then((lists) => lists.flat()),
        params["entity"] && params["project"] && text !== ""
            ? findRuns(params["entity"], params["project"], text)
            : [],
    ]);
    const wanted = text.toLowerCase();
    const found = projects
        .filter((p) => `${p.entityName}/${p.name}`.toLowerCase().includes(wanted))
        .slice(0, MAX_PROJECTS);
    return [
        ...runs,
        ...found.map(
            (p): Hit => ({
                path: pathOf(p.entityName, p.name),
                label: p.name,
                place: p.entityName,
                icon: "folder",
            }),
        ),
    ];
}

async function findRuns(entity: string, project: string, text: string): Promise<Hit[]> {
    const filters = runsFilter(EMPTY_FILTER, text, false);
    const page = await fetchRuns({
        entity,
        project,
        filters,
        order: "-created_at",
        first: MAX_RUNS,
        after: null,
        withKeys: false,
    });
    return page.runs.map(
        (r): Hit => ({
            path: pathOf(entity, project, "runs", r.name),
            label: r.displayName,
            place: `${project} · ${r.name}`,
            icon: "chart",
        }),
    );
}
