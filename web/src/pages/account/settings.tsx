/* settings.tsx - who the person is here, the password and the keys. */

import { useEffect, useState } from "preact/hooks";
import { Ago } from "../../components/ago";
import { NewKey } from "../../components/new_key";
import { askSure } from "../../components/question";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { deleteKey, fetchKeys, type ApiKey } from "../../queries/runs";
import { Password, Profile } from "./profile";
import { useWays } from "./use_ways";

export default function Settings() {
    const [keys, setKeys] = useState<ApiKey[] | null>(null);
    const { passwords: hasPasswords } = useWays();
    const load = () => void fetchKeys().then(setKeys, sayError);
    useEffect(load, []);
    const remove = async (key: ApiKey) => {
        if (!(await askSure(t("keys.confirm", { name: key.description || key.name })))) return;
        await deleteKey(key.id).catch(sayError);
        load();
    };
    return (
        <main class="page stack">
            <h1>{t("title.settings")}</h1>
            <Profile />
            {hasPasswords && <Password />}
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
                                <th>{t("keys.last_used")}</th>
                                <td />
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
                                    <td>{key.lastUsedAt === null ? <span class="faint">{t("keys.unused")}</span> : <Ago at={key.lastUsedAt} />}</td>
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
