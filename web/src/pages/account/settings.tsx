/* settings.tsx - the person's keys and look of the page. */

import { useEffect, useState } from "preact/hooks";
import { Ago } from "../../components/ago";
import { Segmented } from "../../components/controls";
import { NewKey } from "../../components/new_key";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { pathOf } from "../../lib/match";
import { deleteKey, fetchKeys, type ApiKey } from "../../queries/runs";
import { viewer } from "../../session";
import { setTheme, theme } from "../../theme";

export default function Settings() {
    const [keys, setKeys] = useState<ApiKey[] | null>(null);
    const load = () => void fetchKeys().then(setKeys, sayError);
    useEffect(load, []);
    const remove = async (key: ApiKey) => {
        if (!window.confirm(t("keys.confirm", { name: key.description || key.name }))) return;
        await deleteKey(key.id).catch(sayError);
        load();
    };
    return (
        <main class="page stack">
            <h1>{t("title.settings")}</h1>
            <section class="card stack">
                <h2>{viewer.value?.username}</h2>
                {viewer.value && viewer.value.teams.length > 0 && (
                    <nav class="row team-links" aria-label={t("settings.teams")}>
                        <span class="muted">{t("settings.teams")}</span>
                        {viewer.value.teams.map((team) => (
                            <a key={team} class="chip" href={pathOf(team)}>
                                {team}
                            </a>
                        ))}
                    </nav>
                )}
                <Segmented
                    label={t("settings.theme")}
                    value={theme.value}
                    onChange={setTheme}
                    options={[
                        { value: "system", label: t("theme.system") },
                        { value: "light", label: t("theme.light") },
                        { value: "dark", label: t("theme.dark") },
                    ]}
                />
            </section>
            <section class="card stack">
                <h2>{t("keys.title")}</h2>
                <NewKey onMade={load} />
                {keys !== null && keys.length > 0 && (
                    <table class="list">
                        <thead>
                            <tr>
                                <th>{t("keys.start")}</th>
                                <th>{t("keys.description")}</th>
                                <th>{t("column.created")}</th>
                                <th />
                            </tr>
                        </thead>
                        <tbody>
                            {keys.map((key) => (
                                <tr key={key.id}>
                                    <td class="mono">{key.name}…</td>
                                    <td>{key.description}</td>
                                    <td>
                                        <Ago at={key.createdAt} />
                                    </td>
                                    <td class="num">
                                        <button
                                            type="button"
                                            class="button danger"
                                            onClick={() => void remove(key)}
                                        >
                                            {t("keys.revoke")}
                                        </button>
                                    </td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                )}
            </section>
        </main>
    );
}
