/* logs.tsx - the console of a run: coloured, searched, followed, of any length. */

import { useEffect, useState } from "preact/hooks";
import { ConsoleText } from "../../components/console_text";
import { Check, SearchBox, Select } from "../../components/controls";
import { copyText } from "../../components/copy_text";
import { IconButton } from "../../components/icon";
import { sayError } from "../../components/toast";
import { VirtualList } from "../../components/virtual_list";
import { language, t } from "../../i18n";
import type { LogEntry } from "../../lib/log_book";
import { saveBlob } from "../panels/exports";
import type { RunTabProps } from "./run";
import { readText, useHits, useLog } from "./use_log";

const LINE_HEIGHT = 18;
const SHOWN_CHARACTERS = 20_000 /* of a line; all of it is in what is copied and downloaded */;
const ALL = "";

export function LogsTab({ entity, project, run }: RunTabProps) {
    const place = { entity, project, run: run.name };
    const log = useLog(entity, project, run.name);
    const { book } = log;
    const [search, setSearch] = useState("");
    const [label, setLabel] = useState(ALL);
    const [hasTimes, setTimes] = useState(false);
    const [isFollowing, setFollowing] = useState(run.state === "running");
    const [hit, setHit] = useState(0);
    const hits = useHits(log, place, search, label);
    const { labels } = book;
    useEffect(() => book.show(label === ALL ? null : label), [book, label]);
    const count = hits.at.length;
    const which = count === 0 ? 0 : ((hit % count) + count) % count;
    const at = hits.at[which] ?? null;
    const go = (by: number) => {
        setHit(which + by);
        setFollowing(false);
    };
    return (
        <main class="run-body logs">
            <div class="row log-tools">
                <div onKeyDown={(e) => e.key === "Enter" && count > 0 && go(e.shiftKey ? -1 : 1)}>
                    <SearchBox
                        value={search}
                        label={t("logs.search")}
                        onChange={(s) => {
                            setSearch(s);
                            setHit(0);
                            setFollowing(false);
                        }}
                    />
                </div>
                {search !== "" && (
                    <span class="muted" role="status">
                        {count > 0 ? `${which + 1} / ${count}` : hits.isDone ? t("logs.no_hit") : ""}
                        {!hits.isDone && " …"}
                    </span>
                )}
                <IconButton icon="back" label={t("logs.previous")} disabled={count === 0} onClick={() => go(-1)} />
                <IconButton
                    icon="back"
                    label={t("logs.next")}
                    class="is-mirrored"
                    disabled={count === 0}
                    onClick={() => go(1)}
                />
                {labels.length > 0 && (
                    <Select
                        value={label}
                        label={t("logs.label")}
                        onChange={setLabel}
                        options={[
                            { value: ALL, label: t("logs.all_labels") },
                            ...labels.map((l) => ({ value: l, label: l })),
                        ]}
                    />
                )}
                <span class="muted">{t("logs.count", { count: book.length.toLocaleString(language) })}</span>
                <span class="grow" />
                <Check label={t("logs.times")} value={hasTimes} onChange={setTimes} />
                <Check label={t("logs.follow")} value={isFollowing} onChange={setFollowing} />
                <IconButton
                    icon="copy"
                    label={t("action.copy")}
                    onClick={() => void readText(book, place).then((text) => copyText(text.join(""))).catch(sayError)}
                />
                <IconButton
                    icon="download"
                    label={t("action.download")}
                    onClick={() =>
                        void readText(book, place)
                            .then((text) => saveBlob(new Blob(text, { type: "text/plain" }), `${run.name}.log`))
                            .catch(sayError)
                    }
                />
            </div>
            {log.isReady && book.length === 0 && <p class="empty">{t("logs.none")}</p>}
            <VirtualList
                items={book}
                rowHeight={LINE_HEIGHT}
                class="log-lines grow"
                role="log"
                label={t("run.logs")}
                isFollowing={isFollowing}
                scrollTo={at}
                onScroll={(isAtEnd) => isFollowing && !isAtEnd && setFollowing(false)}
                render={(line, i) => (
                    <LogRow
                        key={`${line.number}:${line.stream}`}
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

function LogRow({
    line,
    isHit,
    hasTime,
    hasLabel,
}: {
    line: LogEntry;
    isHit: boolean;
    hasTime: boolean;
    hasLabel: boolean;
}) {
    const isError = line.line !== null && line.level === "error";
    return (
        <div class={`log-row ${isHit ? "is-hit" : ""} ${isError ? "is-error" : ""}`}>
            <span class="log-number">{line.number + 1}</span>
            {line.line === null ? (
                <span class="log-text faint">…</span>
            ) : (
                <>
                    {hasTime && <span class="log-time">{(line.timestamp ?? "").replace("T", " ").slice(0, 23)}</span>}
                    {hasLabel && <span class="log-label">{line.label}</span>}
                    <span class="log-text">
                        <ConsoleText line={line.line.slice(0, SHOWN_CHARACTERS)} />
                        {line.line.length > SHOWN_CHARACTERS && "…"}
                    </span>
                </>
            )}
        </div>
    );
}
