/* use_log.ts - the log of a run as it is now, the lines that a search finds in it, and all of its text. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { sayError } from "../../components/toast";
import { stripAnsi } from "../../lib/ansi";
import { LogBook, type LogLine } from "../../lib/log_book";
import { follow } from "../../live";
import { followLog, type LogPlace } from "../../pushed_logs";
import { fetchLogHead, fetchLogLines } from "../../queries/logs";

const SCAN_LINES = 5000;
const HITS_MAX = 100_000;
const SEARCH_DELAY_MS = 250;

export interface Log {
    book: LogBook;
    isReady: boolean;
    version: number /* another one: lines have changed */;
}

export function useLog(entity: string, project: string, run: string): Log {
    const [state, setState] = useState({ isReady: false, version: 0 });
    const [book, place] = useMemo(() => {
        const where: LogPlace = { entity, project, run };
        let isDrawn = false;
        const changed = () => {
            if (isDrawn) return; /* once for all that comes in the same breath */
            isDrawn = true;
            setTimeout(() => {
                isDrawn = false;
                setState((old) => ({ ...old, version: old.version + 1 }));
            });
        };
        return [new LogBook((stream, first, count) => fetchLogLines(where, stream, first, count), changed), where] as const;
    }, [entity, project, run]);
    useEffect(() => {
        let isOver = false;
        let known = -1;
        let endPush: () => void = () => undefined;
        const read = async () => {
            const head = await fetchLogHead(place);
            if (isOver) return;
            setState((old) => ({ isReady: true, version: old.version + 1 })); /* what could not be read is asked for again */
            if (head.change <= known) return;
            const isFirst = known < 0;
            known = head.change;
            book.setStreams(head.streams);
            if (!isFirst) book.forget();
            else
                endPush = followLog(place, known, (push, isMissing) => {
                    known = push.change;
                    book.take(push.lines);
                    if (isMissing) book.forget();
                });
        };
        const start = () =>
            read().catch((e: unknown) => {
                if (!isOver) sayError(e);
                setState((old) => ({ ...old, isReady: true }));
            });
        void start();
        const end = follow(place, () => undefined, read);
        return () => {
            isOver = true;
            end();
            endPush();
        };
    }, [book]);
    return { book, ...state };
}

/* All lines of the writers that are shown, a portion at a time; nothing is kept. */
async function* scan(book: LogBook, place: LogPlace): AsyncGenerator<readonly LogLine[]> {
    for (const { name, lineCount } of book.shown)
        for (let first = 0; first < lineCount; ) {
            const lines = (await fetchLogLines(place, name, first, SCAN_LINES)).filter((l) => l.stream === name);
            if (lines.length === 0) break;
            yield lines;
            first = lines.at(-1)!.number + 1;
        }
}

const plain = (lines: readonly LogLine[]) => lines.map((l) => stripAnsi(l.line) + "\n").join("");

/* In the order in which they are shown. */
export async function readText(book: LogBook, place: LogPlace): Promise<string[]> {
    const held = book.byTime();
    if (held !== null) return [plain(held)];
    const out: string[] = [];
    for await (const lines of scan(book, place)) out.push(plain(lines));
    return out;
}

export interface Hits {
    at: readonly number[] /* places among the lines that are shown */;
    isDone: boolean;
}

interface Found {
    lines: { stream: string; number: number }[];
    isDone: boolean;
}
const NONE: Found = { lines: [], isDone: true };

/* Of the lines that are there when it is asked. */
export function useHits({ book, isReady, version }: Log, place: LogPlace, search: string, label: string): Hits {
    const [found, setFound] = useState(NONE);
    useEffect(() => {
        let isOver = false;
        setFound(search === "" ? NONE : { lines: [], isDone: false });
        const find = async () => {
            const wanted = search.toLowerCase();
            const hits: Found["lines"] = [];
            for await (const lines of scan(book, place)) {
                if (isOver) return;
                for (const l of lines)
                    if (stripAnsi(l.line).toLowerCase().includes(wanted)) hits.push({ stream: l.stream, number: l.number });
                setFound({ lines: [...hits], isDone: false });
                if (hits.length >= HITS_MAX) break;
            }
            if (!isOver) setFound({ lines: hits, isDone: true });
        };
        const timer = search === "" || !isReady ? 0 : window.setTimeout(() => void find().catch(sayError), SEARCH_DELAY_MS);
        return () => {
            isOver = true;
            window.clearTimeout(timer);
        };
    }, [book, isReady, search, label]);
    /* Where a line stands may change as others come. */
    const at = useMemo(
        () => found.lines.map((l) => book.indexOf(l.stream, l.number)).sort((a, b) => a - b),
        [book, found, version, label],
    );
    return { at, isDone: found.isDone };
}
