/* compare.tsx - one version beside another: which files and which metadata are different. */

import { useEffect, useState } from "preact/hooks";
import { Select } from "../../components/controls";
import { useMore } from "../../components/more_rows";
import { t } from "../../i18n";
import { formatBytes } from "../../lib/format";
import { parseObject } from "../../lib/runs";
import { diffFiles, diffMetadata, type Difference } from "../../lib/version_diff";
import { fetchArtifactFiles, fetchDetail, type ArtifactVersion } from "../../queries/artifacts";

interface Props {
    entity: string;
    project: string;
    collection: string;
    version: ArtifactVersion;
    versions: readonly ArtifactVersion[];
}

type Row = Difference<string>;

export function CompareTab({ entity, project, collection, version, versions }: Props) {
    const others = versions.filter((v) => v !== version);
    const older = versions[versions.indexOf(version) + 1] ?? others[0];
    const [other, setOther] = useState(older?.version ?? "");
    const [found, setFound] = useState<{ files: Row[]; metadata: Row[] } | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        let isOver = false;
        const read = async (v: string) => ({ files: await fetchArtifactFiles(entity, project, `${collection}:${v}`), detail: await fetchDetail(entity, project, `${collection}:${v}`) });
        setFound(null);
        if (other !== "")
            Promise.all([read(other), read(version.version)]).then(
                ([a, b]) => {
                    if (isOver) return;
                    const size = (f: { sizeBytes: number } | null) => f && formatBytes(f.sizeBytes);
                    const files = diffFiles(a.files, b.files).map((d) => ({ ...d, before: size(d.before), after: size(d.after) }));
                    setFound({ files, metadata: diffMetadata(parseObject(a.detail?.metadata), parseObject(b.detail?.metadata)) });
                },
                (e: Error) => !isOver && setFailure(e.message),
            );
        return () => void (isOver = true);
    }, [other, version.version]);
    if (others.length === 0) return <p class="empty">{t("compare.only_one")}</p>;
    if (failure !== "") return <p class="notice is-bad">{failure}</p>;
    return (
        <div class="stack">
            <label class="row compare-with">
                {t("compare.with")}
                <Select value={other} options={others.map((v) => ({ value: v.version, label: [v.version, ...v.aliases.filter((a) => a !== v.version)].join(" · ") }))} onChange={setOther} />
            </label>
            {found && (
                <>
                    <h2>
                        {t("run.files")} <span class="faint">{found.files.length}</span>
                    </h2>
                    <DifferenceTable rows={found.files} from={other} to={version.version} />
                    <h2>
                        {t("artifact.metadata")} <span class="faint">{found.metadata.length}</span>
                    </h2>
                    <DifferenceTable rows={found.metadata} from={other} to={version.version} />
                </>
            )}
        </div>
    );
}

function DifferenceTable({ rows, from, to }: { rows: readonly Row[]; from: string; to: string }) {
    const more = useMore(rows);
    if (rows.length === 0) return <p class="faint">{t("compare.same")}</p>;
    return (
        <>
            <table class="list card">
                <thead>
                    <tr>
                        <th>{t("files.name")}</th>
                        <th>{from}</th>
                        <th>{to}</th>
                    </tr>
                </thead>
                <tbody>
                    {more.shown.map((r) => (
                        <tr key={r.name} class={`difference is-${r.kind}`}>
                            <td>{r.name}</td>
                            <td>{r.before ?? "–"}</td>
                            <td>{r.after ?? "–"}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
            {more.button}
        </>
    );
}
