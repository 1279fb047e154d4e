/* trash.tsx - what was deleted of a project; nothing when there is nothing. */

import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { fetchProjectTrash, type TrashItem } from "../../queries/trash";
import { TrashList } from "./trash_list";

export function ProjectTrash({ entity, project }: { entity: string; project: string }) {
    const [items, setItems] = useState<TrashItem[]>([]);
    /* A stranger may not ask: then there is no list. */
    const load = () => void fetchProjectTrash(entity, project).then(setItems, () => setItems([]));
    useEffect(load, [entity, project]);
    if (items.length === 0) return null;
    return (
        <section class="card stack">
            <h2>{t("trash.title")}</h2>
            <TrashList items={items} onChange={load} />
        </section>
    );
}
