/* logs.tsx - the console of a run: coloured, searched, followed, of any length. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Check, SearchBox, Select } from "../../components/controls";
import { IconButton } from "../../components/icon";
import { VirtualList } from "../../components/virtual_list";
import { t } from "../../i18n";
import { stripAnsi } from "../../lib/ansi";
import { ConsoleText } from "../../components/console_text";
import { follow, throttled } from "../../live";
import { fetchLogLines, type LogLine } from "../../queries";
import { saveBlob } from "../panels/exports";
import type { RunTabProps } from "../run";

const PAGE = 5000;
const LINE_HEIGHT = 18;

export function LogsTab({ entity, project, run }: RunTabProps) {
    const [lines, setLines] = useState<LogLine[] | null>(null);
    const [search, setSearch] = useState("");
    const [label, setLabel] = useState("");
    const [hasTimes, setTimes] = useState(false);
    const [isFollowing, setFollowing] = useState(run.state === "running");
    const [hit, setHit] = useState(0);
    const after = useRef<string | null>(null);

    useEffect(() => {
        let isOver = false;
        const read = async () => {
            for (;;) {
                const page = await fetchLogLines(entity, project, run.name, {
                    first: PAGE,
                    after: after.current,
                });
                if (isOver) return;
                if (page.next !== null) after.current = page.next;
                setLines((old) =>
                    page.lines.length === 0 && old !== null ? old : merge(old ?? [], page.lines),
                );
                if (page.lines.length < PAGE) return;
            }
        };
        void read().catch(() => setLines([]));
        const end = follow({ entity, project, run: run.name }, throttled(300, read), read);
        return () => {
            isOver = true;
            end();
        };
    }, [entity, project, run.name]);

    const labels = [...new Set((lines ?? []).map((l) => l.label ?? ""))].filter((l) => l !== "");
    const shown = (lines ?? []).filter((l) => label === "" || l.label === label);
    const hits =
        search === ""
            ? []
            : shown.flatMap((l, i) =>
                  stripAnsi(l.line).toLowerCase().includes(search.toLowerCase()) ? [i] : [],
              );
    const at = hits.length === 0 ? null : hits[((hit % hits.length) + hits.length) % hits.length]!;
    const download = () =>
        saveBlob(
            new Blob([shown.map((l) => stripAnsi(l.line) + "\n").join("")], { type: "text/plain" }),
            `${run.name}.log`,
        );
    return (
        <main class="run-body logs">
            <div class="row log-tools">
                <SearchBox
                    value={search}
                    label={t("logs.search")}
                    onChange={(s) => {
                        setSearch(s);
                        setHit(0);
                        setFollowing(false);
                    }}
                />
                {search !== "" && (
                    <span class="muted">
                        {hits.length === 0 ? t("logs.no_hit") : `${hits.indexOf(at!) + 1} / ${hits.length}`}
                    </span>
                )}
                <IconButton
                    icon="back"
                    label={t("logs.previous")}
                    disabled={hits.length === 0}
                    onClick={() => setHit(hit - 1)}
                />
                <IconButton
                    icon="back"
                    label={t("logs.next")}
                    class="is-mirrored"
                    disabled={hits.length === 0}
                    onClick={() => setHit(hit + 1)}
                />
                {labels.length > 0 && (
                    <Select
                        value={label}
                        label={t("logs.label")}
                        onChange={setLabel}
                        options={[
                            { value: "", label: t("logs.all_labels") },
                            ...labels.map((l) => ({ value: l, label: l })),
                        ]}
                    />
                )}
                <span class="grow" />
                <Check label={t("logs.times")} value={hasTimes} onChange={setTimes} />
                <Check label={t("logs.follow")} value={isFollowing} onChange={setFollowing} />
                <IconButton icon="download" label={t("action.download")} onClick={download} />
            </div>
            {lines !== null && lines.length === 0 && <p class="empty">{t("logs.none")}</p>}
            <VirtualList
                items={shown}
                rowHeight={LINE_HEIGHT}
                class="log-lines grow"
                role="log"
                label={t("run.logs")}
                isFollowing={isFollowing}
                scrollTo={at}
                onScroll={(isAtEnd) => isFollowing && !isAtEnd && setFollowing(false)}
                render={(line, i) => (
                    <LogRow
                        key={line.number}
                        line={line}
                        isHit={i === at}
                        hasTime={hasTimes}
                        hasLabel={labels.length > 0}
                    />
                )}
            />
        </main>
    );
}

/* A line that came again replaces the old one: progress bars rewrite theirs. */
function merge(old: LogLine[], fresh: LogLine[]): LogLine[] {
    if (fresh.length === 0) return old;
    const from = fresh[0]!.number;
    let keep = old.length;
    while (keep > 0 && old[keep - 1]!.number >= from) keep--;
    return [...old.slice(0, keep), ...fresh];
}

function LogRow({
    line,
    isHit,
    hasTime,
    hasLabel,
}: {
    line: LogLine;
    isHit: boolean;
    hasTime: boolean;
    hasLabel: boolean;
}) {
    return (
        <div class={`log-row ${isHit ? "is-hit" : ""} ${line.level === "error" ? "is-error" : ""}`}>
            <span class="log-number">{line.number + 1}</span>
            {hasTime && <span class="log-time">{(line.timestamp ?? "").replace("T", " ").slice(0, 23)}</span>}
            {hasLabel && <span class="log-label">{line.label}</span>}
            <span class="log-text">
                <ConsoleText line={line.line} />
            </span>
        </div>
    );
}
