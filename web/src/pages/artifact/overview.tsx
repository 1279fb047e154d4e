/* overview.tsx - one version: what is said of it, its facts, how long it is kept. */

import type { ComponentChildren } from "preact";
import { Ago } from "../../components/ago";
import { Select } from "../../components/controls";
import { EditableMarkdown } from "../../components/editable_markdown";
import { TagEditor } from "../../components/tag_editor";
import { language, t, type MessageName } from "../../i18n";
import { formatBytes, formatTime } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { parseTime } from "../../lib/runs";
import { TTL_AS_ABOVE, TTL_NEVER, type ArtifactChange, type ArtifactDetail, type ArtifactVersion, type RunLink } from "../../queries/artifacts";
import { viewer } from "../../session";

const DAY = 24 * 3600;
const DAYS = [1, 7, 30, 90, 365];

interface Props {
    full: string;
    version: ArtifactVersion;
    detail: ArtifactDetail;
    onChange: (change: ArtifactChange) => void;
}

export function VersionOverview({ full, version, detail, onChange }: Props) {
    const isOff = viewer.value === null || detail.isReadOnly;
    const name = (tagName: string) => ({ tagName });
    return (
        <section class="card stack">
            <EditableMarkdown title={t("registry.description")} text={detail.description} empty={t("run.nothing")} isOff={isOff} onChange={(description) => onChange({ description })} />
            <TagEditor
                tags={detail.tags}
                isOff={isOff}
                onChange={(next) =>
                    onChange({
                        tagsToAdd: next.filter((tag) => !detail.tags.includes(tag)).map(name),
                        tagsToDelete: detail.tags.filter((tag) => !next.includes(tag)).map(name),
                    })
                }
            />
            <dl class="facts">
                <Fact name="artifact.full_name">{full}</Fact>
                <Fact name="column.created">
                    <Ago at={version.createdAt} />
                </Fact>
                <Fact name="files.size">{formatBytes(version.size)}</Fact>
                <Fact name="artifact.file_count">{version.fileCount}</Fact>
                <Fact name="artifact.digest">
                    <code>{version.digest}</code>
                </Fact>
                <Fact name="fact.author">{detail.creator ? <RunName run={detail.creator} /> : detail.author}</Fact>
                <Fact name="artifact.kept">
                    <Kept version={version} seconds={detail.ttlSeconds} isOff={isOff} onChange={(ttlDurationSeconds) => onChange({ ttlDurationSeconds })} />
                </Fact>
            </dl>
        </section>
    );
}

function Kept({ version, seconds, isOff, onChange }: { version: ArtifactVersion; seconds: number; isOff: boolean; onChange: (seconds: number) => void }) {
    const label = (s: number) => (s === TTL_AS_ABOVE ? t("artifact.kept_default") : s === TTL_NEVER ? t("artifact.kept_always") : t("artifact.kept_days", { count: Math.round((s / DAY) * 10) / 10 }));
    const end = seconds > 0 ? ` · ${t("share.until", { time: formatTime(parseTime(version.createdAt) + seconds * 1000, language) })}` : "";
    if (isOff) return <>{label(seconds) + end}</>;
    const choices = [...new Set([TTL_AS_ABOVE, TTL_NEVER, ...DAYS.map((d) => d * DAY), seconds])];
    return (
        <span class="row project-access">
            <Select value={String(seconds)} label={t("artifact.kept")} options={choices.map((s) => ({ value: String(s), label: label(s) }))} onChange={(s) => onChange(Number(s))} />
            <span class="muted">{end.slice(3)}</span>
        </span>
    );
}

export function Fact({ name, children }: { name: MessageName; children: ComponentChildren }) {
    return (
        <div>
            <dt>{t(name)}</dt>
            <dd>{children}</dd>
        </div>
    );
}

export function RunName({ run }: { run: RunLink }) {
    const label = <span class={`state state-${run.state}`}>{run.displayName}</span>;
    return run.project === null ? label : <a href={pathOf(run.project.entity.name, run.project.name, "runs", run.name)}>{label}</a>;
}
