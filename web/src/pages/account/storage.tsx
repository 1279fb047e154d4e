/* storage.tsx - what the person's entities hold, and what they threw away. */

import { useEffect, useState } from "preact/hooks";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { formatBytes } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { fetchStorage, type EntityStorage } from "../../queries/trash";
import { viewer } from "../../session";
import { TrashList } from "../project/trash_list";

export default function Storage() {
    const who = viewer.value;
    const names = who ? [...new Set([who.entity, ...who.teams])] : [];
    const [all, setAll] = useState<(EntityStorage | null)[]>([]);
    /* All at once: what comes later would push the rest down. */
    const load = () => void Promise.all(names.map(fetchStorage)).then(setAll, sayError);
    useEffect(load, [names.join("/")]);
    return (
        <main class="page stack">
            <h1>{t("title.storage")}</h1>
            {all.map((storage, i) => storage && <EntityCard key={names[i]} name={names[i] ?? ""} storage={storage} load={load} />)}
        </main>
    );
}

function EntityCard({ name, storage, load }: { name: string; storage: EntityStorage; load: () => void }) {
    return (
        <section class="card stack" aria-label={name}>
            <div class="row">
                <h2 class="grow">
                    <a href={pathOf(name)}>{name}</a>
                </h2>
                <b>{formatBytes(storage.storageBytes)}</b>
            </div>
            {storage.projects.length > 0 && (
                <table class="list" aria-label={t("nav.projects")}>
                    <tbody>
                        {storage.projects.map((p) => (
                            <tr key={p.name}>
                                <td>
                                    <a href={pathOf(name, p.name)}>{p.name}</a>
                                </td>
                                <td class="num">{formatBytes(p.storageBytes)}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
            <h3>{t("trash.title")}</h3>
            {storage.trash.length === 0 ? <p class="muted">{t("trash.empty")}</p> : <TrashList items={storage.trash} onChange={load} />}
        </section>
    );
}
