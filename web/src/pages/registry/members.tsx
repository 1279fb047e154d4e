/* members.tsx - users and teams with a role of their own in a registry. */

import { Select } from "../../components/controls";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import type { Member, Organization, Registry } from "../../queries/registry";
import { addMember, changeRole, removeMember } from "../../queries/registry_changes";

const ROLES = ["viewer", "member", "admin"] as const;

export function RegistryMembers({ registry, org, onChange }: { registry: Registry; org: Organization; onChange: () => void }) {
    const isIn = (id: string) => registry.members.some((m) => m.id === id);
    const others = [
        ...org.people.map((p) => ({ id: p.id, name: p.username, isTeam: false })),
        ...org.teams.map((team) => ({ id: team.id, name: team.name, isTeam: true })),
    ].filter((o) => !isIn(o.id));
    const add = (id: string) => {
        const chosen = others.find((o) => o.id === id);
        if (chosen) addMember(registry.id, chosen).then(onChange, sayError);
    };
    return (
        <section class="card stack">
            <h2>{t("registry.members")}</h2>
            <p class="muted">{t(registry.isRestricted ? "registry.restricted_hint" : "registry.organization_hint")}</p>
            {registry.members.length > 0 && (
                <table class="list">
                    <tbody>
                        {registry.members.map((m) => (
                            <tr key={m.id}>
                                <td>
                                    <b>{m.name}</b> {m.isTeam && <span class="chip">{t("registry.team")}</span>}
                                </td>
                                {registry.hasFixedMembers ? <td>{roleName(m.role)}</td> : <MemberTools registry={registry} member={m} onChange={onChange} />}
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
            {others.length > 0 && !registry.hasFixedMembers && (
                <Select value="" label={t("registry.add_member")} options={[{ value: "", label: t("registry.add_member") }, ...others.map((o) => ({ value: o.id, label: o.name }))]} onChange={add} />
            )}
        </section>
    );
}

function MemberTools({ registry, member, onChange }: { registry: Registry; member: Member; onChange: () => void }) {
    return (
        <>
            <td>
                <Select
                    value={member.role}
                    label={`${t("people.role")}: ${member.name}`}
                    options={ROLES.map((r) => ({ value: r as string, label: t(`role.${r}`) }))}
                    onChange={(role) => void changeRole(registry.id, member, role).then(onChange, sayError)}
                />
            </td>
            <td class="num">
                <button type="button" class="button" aria-label={`${t("action.remove")}: ${member.name}`} onClick={() => void removeMember(registry.id, member).then(onChange, sayError)}>
                    {t("action.remove")}
                </button>
            </td>
        </>
    );
}

function roleName(role: string): string {
    const known = ROLES.find((r) => r === role);
    return known === undefined ? role : t(`role.${known}`);
}
