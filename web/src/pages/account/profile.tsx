/* profile.tsx - who one is here: teams, the look of the page, and the password. */

import { useState } from "preact/hooks";
import { sendJson } from "../../api";
import { Segmented } from "../../components/controls";
import { askText } from "../../components/question";
import { TeamLinks } from "../../components/team_links";
import { say, sayError } from "../../components/toast";
import { t } from "../../i18n";
import { pathOf } from "../../lib/match";
import { createTeam } from "../../queries/members";
import { navigate } from "../../router";
import { loadViewer, viewer } from "../../session";
import { setTheme, theme } from "../../theme";

export function Profile() {
    const who = viewer.value;
    if (!who) return null;
    const addTeam = async () => {
        const name = await askText(t("members.new_team"));
        if (name === null) return;
        await createTeam(name);
        await loadViewer();
        navigate(pathOf(name));
    };
    return (
        <section class="card stack">
            <div class="row">
                <h2>{who.username}</h2>
                {who.admin && <span class="chip">{t("people.server_admin")}</span>}
                <span class="muted">{who.email}</span>
            </div>
            <TeamLinks>
                <button type="button" class="link-button" onClick={() => void addTeam().catch(sayError)}>
                    {t("members.add_team")}
                </button>
            </TeamLinks>
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
    );
}

const LEAST_CHARACTERS = 8;

export function Password() {
    const [current, setCurrent] = useState("");
    const [wanted, setWanted] = useState("");
    const change = async (e: Event) => {
        e.preventDefault();
        await sendJson("PUT", "/api/password", { password: wanted, current });
        setCurrent("");
        setWanted("");
        say(t("password.changed"));
    };
    return (
        <section class="card stack">
            <h2>{t("password.title")}</h2>
            <form class="row password-form" onSubmit={(e) => void change(e).catch(sayError)}>
                <input type="hidden" name="username" autocomplete="username" value={viewer.value?.username} />
                <label class="field">
                    <span>{t("password.current")}</span>
                    <input class="input" type="password" autocomplete="current-password" value={current} onInput={(e) => setCurrent(e.currentTarget.value)} />
                </label>
                <label class="field">
                    <span>{t("password.new")}</span>
                    <input class="input" type="password" autocomplete="new-password" minLength={LEAST_CHARACTERS} required value={wanted} onInput={(e) => setWanted(e.currentTarget.value)} />
                </label>
                <button class="button primary" disabled={wanted.length < LEAST_CHARACTERS}>
                    {t("password.change")}
                </button>
            </form>
            <p class="muted small">{t("password.hint")}</p>
        </section>
    );
}
