/* use_report.ts - a report that is being written: what it says, what was before (undo), and how it gets to the server.
 *
 * A draft is saved as one types, a published report when somebody says so. What is not on the server yet lies in this browser,
 * so that a closed tab, a lost connection and a second editor cost nothing. */

import { useEffect, useRef, useState } from "preact/hooks";
import { sayError } from "../../components/toast";
import type { Json } from "../../lib/report_blocks";
import { commit, redo, replace, start, undo, type Undoable } from "../../lib/undo";
import { fetchView, saveView, type SavedView } from "../../queries/views";
import { viewer } from "../../session";
import { isConflict } from "../../views";
import { DRAFT } from "./new_report";

export type Loaded = SavedView & { spec: Json };

export interface Content {
    title: string;
    description: string;
    spec: Json;
}

export type SaveState = "saved" | "waiting" | "clash";

export interface Left {
    content: Content;
    at: number;
    version: number;
}

const SAVE_MS = 1200;
const TOGETHER_MS = 2000;

const contentOf = (report: Loaded): Content => ({ title: report.displayName, description: report.description, spec: report.spec });
const keyOf = (id: string) => `barograph.report/${viewer.peek()?.username ?? ""}/${id}`;

function readLeft(report: Loaded): Left | null {
    try {
        const left = JSON.parse(localStorage.getItem(keyOf(report.id)) ?? "null") as Left | null;
        return left !== null && JSON.stringify(left.content) !== JSON.stringify(contentOf(report)) ? left : null;
    } catch {
        return null;
    }
}

function keepLeft(id: string, left: Left | null): void {
    try {
        if (left === null) localStorage.removeItem(keyOf(id));
        else localStorage.setItem(keyOf(id), JSON.stringify(left));
    } catch {
        return; /* full or forbidden: the tab has it still */
    }
}

export function useReport(report: Loaded, isEditing: boolean) {
    const [saved, setSaved] = useState<SavedView>(report);
    const [steps, setSteps] = useState<Undoable<Content>>(() => start(contentOf(report)));
    const [state, setState] = useState<SaveState>("saved");
    const [theirs, setTheirs] = useState<Loaded | null>(null);
    const [left, setLeft] = useState<Left | null>(() => (isEditing ? readLeft(report) : null));
    const now = useRef({ content: steps.present, version: report.version, saved: report as SavedView, state });
    now.current = { ...now.current, content: steps.present, saved, state };
    const timer = useRef(0);
    const mark = useRef({ text: "", at: 0 });

    const save = async (): Promise<boolean> => {
        window.clearTimeout(timer.current);
        const { content, version } = now.current;
        try {
            const next = await saveView({ id: report.id, displayName: content.title, description: content.description, spec: JSON.stringify(content.spec), expectedVersion: version });
            took(next, content);
            return true;
        } catch (e) {
            if (!isConflict(e)) {
                sayError(e);
                return false;
            }
            setState("clash");
            setTheirs(await fetchView(report.id).catch(() => null));
            return false;
        }
    };
    const took = (next: SavedView, content: Content) => {
        now.current.version = next.version;
        setSaved(next);
        setTheirs(null);
        if (now.current.content !== content) return; /* more was written meanwhile, and is saved next */
        setState("saved");
        keepLeft(report.id, null);
    };
    const show = (next: Undoable<Content>) => {
        setSteps(next);
        now.current.content = next.present;
        keepLeft(report.id, { content: next.present, at: Date.now(), version: now.current.version });
        if (now.current.state === "clash") return;
        setState("waiting");
        window.clearTimeout(timer.current);
        if (now.current.saved.type === DRAFT) timer.current = window.setTimeout(() => void save(), SAVE_MS);
    };
    const latest = useRef(steps);
    latest.current = steps;
    /* Changes of one mark that follow each other quickly are one step back. */
    const change = (part: Partial<Content>, together = "") => {
        const next = { ...now.current.content, ...part };
        const isMore = together !== "" && mark.current.text === together && Date.now() - mark.current.at < TOGETHER_MS;
        mark.current = { text: together, at: Date.now() };
        latest.current = isMore ? { ...replace(latest.current, next), future: [] } : commit(latest.current, next);
        show(latest.current);
    };
    const step = (by: (u: Undoable<Content>) => Undoable<Content>) => {
        mark.current.text = "";
        const next = by(latest.current);
        if (next === latest.current) return;
        latest.current = next;
        show(next);
    };

    /* ---- somebody else has saved in between ---- */

    const saveOver = () => {
        if (theirs !== null) now.current.version = theirs.version;
        return save();
    };
    const takeTheirs = () => {
        if (theirs === null) return;
        const content = contentOf(theirs);
        latest.current = commit(latest.current, content);
        setSteps(latest.current);
        now.current.content = content;
        took(theirs, content);
    };

    /* A version that was written here and never reached the server: it is taken up, and meets what was saved since like any other. */
    const takeLeft = () => {
        if (left === null) return;
        setLeft(null);
        change(left.content);
        now.current.version = left.version;
    };
    const dropLeft = () => {
        setLeft(null);
        keepLeft(report.id, null);
    };

    useEffect(() => {
        if (isEditing && now.current.state === "saved") setLeft(readLeft({ ...report, ...now.current.saved, spec: now.current.content.spec }));
    }, [isEditing]);
    useEffect(() => {
        const ask = (e: BeforeUnloadEvent) => now.current.state !== "saved" && e.preventDefault();
        window.addEventListener("beforeunload", ask);
        return () => window.removeEventListener("beforeunload", ask);
    }, []);
    /* Who leaves the page in the middle of a word has said it. */
    useEffect(() => () => void (now.current.state === "waiting" && now.current.saved.type === DRAFT && save()), []);

    return {
        saved,
        content: steps.present,
        state,
        theirs,
        left,
        canUndo: steps.past.length > 0,
        canRedo: steps.future.length > 0,
        change,
        undo: () => step(undo),
        redo: () => step(redo),
        save,
        saveOver,
        takeTheirs,
        takeLeft,
        dropLeft,
        /* After it was published: what it is now. */
        became: (next: SavedView) => took(next, now.current.content),
        version: () => now.current.version,
        forget: () => keepLeft(report.id, null),
    };
}

export type OpenReport = ReturnType<typeof useReport>;
