/* search_dialog.tsx - finds what people and their teams have by its name, from anywhere (Ctrl+K). */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t, type MessageName } from "../i18n";
import { fetchHits, pathOfHit, type Hit, type HitKind } from "../queries/search";
import { current, navigate } from "../router";
import { viewer } from "../session";
import { Icon, type IconName } from "./icon";

const EACH = 8;
const PAUSE_MS = 150;
const ICONS: Record<HitKind, IconName> = { project: "folder", run: "chart", sweep: "settings", artifact: "layers", report: "file" };
const KINDS: Record<HitKind, MessageName> = {
    project: "home.project",
    run: "trash.run",
    sweep: "fact.sweep",
    artifact: "trash.artifact",
    report: "trash.report",
};

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

interface Found {
    text: string | null /* that these are the hits for; null until something was asked */;
    hits: readonly Hit[];
    failure: string;
}

/* What is found for the text once typing pauses. */
function useHits(text: string): Found {
    const [found, setFound] = useState<Found>({ text: null, hits: [], failure: "" });
    useEffect(() => {
        let isOver = false;
        const ask = () =>
            fetchHits(text, EACH).then(
                (hits) => !isOver && setFound({ text, hits: nearFirst(hits), failure: "" }),
                (e: Error) => !isOver && setFound({ text, hits: [], failure: e.message }),
            );
        const timer = window.setTimeout(() => void ask(), PAUSE_MS);
        return () => {
            isOver = true;
            window.clearTimeout(timer);
        };
    }, [text]);
    return found;
}

/* What is in the project that is open comes first. */
function nearFirst(hits: readonly Hit[]): Hit[] {
    const { entity, project } = current.peek()?.params ?? {};
    const isNear = (h: Hit) => h.kind !== "project" && h.entityName === entity && h.projectName === project;
    return [...hits.filter(isNear), ...hits.filter((h) => !isNear(h))];
}

function Dialog({ onClose }: { onClose: () => void }) {
    const [text, setText] = useState("");
    const [at, setAt] = useState(0);
    const [isHasty, setHasty] = useState(false) /* Enter came before the answer */;
    const wanted = text.trim();
    const { text: answered, hits: list, failure } = useHits(wanted);
    const dialog = useRef<HTMLDialogElement>(null);
    useLayoutEffect(() => {
        const shown = dialog.current!;
        shown.showModal();
        return () => shown.close();
    }, []);
    useEffect(() => {
        setAt(0);
        if (isHasty && answered === wanted) go(list[0]);
        if (answered === wanted) setHasty(false);
    }, [list]);
    useEffect(() => dialog.current!.querySelector(`#search-hit-${at}`)?.scrollIntoView({ block: "nearest" }), [at]);
    const go = (hit: Hit | undefined) => {
        if (hit === undefined) return;
        onClose();
        navigate(pathOfHit(hit));
    };
    const onKeyDown = (e: KeyboardEvent) => {
        e.stopPropagation(); /* what is typed here is no command to the page */
        if (e.key === "Enter" && answered === wanted) go(list[at]);
        else if (e.key === "Enter") setHasty(true);
        if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
        e.preventDefault();
        setAt((at + (e.key === "ArrowDown" ? 1 : list.length - 1)) % Math.max(1, list.length));
    };
    return (
        <dialog
            ref={dialog}
            class="dialog search-dialog stack"
            aria-label={t("search.label")}
            onCancel={onClose}
            onClick={(e) => e.target === e.currentTarget && onClose()}
            onKeyDown={onKeyDown}
        >
            <input
                class="input"
                role="combobox"
                aria-expanded={list.length > 0}
                aria-controls="search-hits"
                aria-activedescendant={list.length > 0 ? `search-hit-${at}` : undefined}
                value={text}
                placeholder={t("search.everything")}
                aria-label={t("search.everything")}
                onInput={(e) => setText(e.currentTarget.value)}
            />
            <div id="search-hits" role="listbox" aria-label={t("search.label")}>
                {list.map((hit, i) => (
                    <button
                        key={pathOfHit(hit)}
                        id={`search-hit-${i}`}
                        type="button"
                        role="option"
                        tabIndex={-1}
                        aria-selected={i === at}
                        class={`menu-item ${i === at ? "is-at" : ""}`}
                        onClick={() => go(hit)}
                    >
                        <Icon name={ICONS[hit.kind]} />
                        <span class="clip">{hit.title}</span>
                        <span class="faint clip grow">{hit.kind === "project" ? hit.entityName : `${hit.entityName}/${hit.projectName}`}</span>
                        <span class="faint">{t(KINDS[hit.kind])}</span>
                    </button>
                ))}
            </div>
            <div role="status">
                {failure !== "" && <p class="notice is-bad">{failure}</p>}
                {failure === "" && answered !== null && list.length === 0 && <p class="empty">{t("search.nothing", { text: answered })}</p>}
            </div>
        </dialog>
    );
}
