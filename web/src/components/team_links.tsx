/* team_links.tsx - the way to what the person's teams and organisations own. */

import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { pathOf } from "../lib/match";
import { viewer } from "../session";

export function TeamLinks({ children }: { children?: ComponentChildren }) {
    const teams = viewer.value?.teams.filter((team) => team !== viewer.value?.entity) ?? [];
    if (teams.length === 0 && !children) return null;
    return (
        <nav class="row team-links" aria-label={t("settings.teams")}>
            <span class="muted">{t("settings.teams")}</span>
            {teams.map((team) => (
                <a key={team} class="chip" href={pathOf(team)}>
                    {team}
                </a>
            ))}
            {children}
        </nav>
    );
}
