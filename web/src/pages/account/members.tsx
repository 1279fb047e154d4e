/* members.tsx - who is in a team or an organisation. Its administrators, and the server's, invite, change roles and take people out. */

import { useEffect, useState } from "preact/hooks";
import { Select, TextInput } from "../../components/controls";
import { askSure } from "../../components/question";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { fetchMembers, putMember, removeMember, ROLES, type Member } from "../../queries/members";
import { viewer } from "../../session";

const ROLE_OPTIONS = () => ROLES.map((r) => ({ value: r as string, label: t(`role.${r}`) }));

/* undefined until it is known; null where there are none. */
function useMembers(entity: string): [Member[] | null | undefined, () => void] {
    const [members, setMembers] = useState<Member[] | null>();
    const load = () => void fetchMembers(entity).then(setMembers, sayError);
    useEffect(load, [entity]);
    return [members, load];
}

/* On the page of a team; nothing on a person's. */
export function TeamCard({ entity }: { entity: string }) {
    const [members, load] = useMembers(entity);
    if (!members) return null;
    return (
        <section class="card stack">
            <h2>{t("registry.members")}</h2>
            <MemberTable entity={entity} members={members} load={load} />
        </section>
    );
}

export function Members({ entity }: { entity: string }) {
    const [members, load] = useMembers(entity);
    return members ? <MemberTable entity={entity} members={members} load={load} /> : null;
}

function MemberTable({ entity, members, load }: { entity: string; members: readonly Member[]; load: () => void }) {
    const who = viewer.value;
    const isMine = who?.admin === true || members.some((m) => m.name === who?.username && m.role === "admin");
    const remove = async (member: Member) => {
        if (!(await askSure(t("members.confirm_remove", { name: member.name, entity })))) return;
        await removeMember(entity, member.id);
        load();
    };
    return (
        <div class="stack">
            <table class="list" aria-label={`${t("registry.members")}: ${entity}`}>
                <tbody>
                    {members.map((m) => (
                        <tr key={m.id}>
                            <td>
                                <b>{m.name}</b> {m.isPending && <span class="chip">{t("members.invited")}</span>}
                            </td>
                            <td>
                                {isMine && !m.isPending ? (
                                    <Select
                                        value={m.role}
                                        label={`${t("people.role")}: ${m.name}`}
                                        options={ROLE_OPTIONS()}
                                        onChange={(role) => void putMember(entity, m.name, role).then(load, sayError)}
                                    />
                                ) : (
                                    (ROLE_OPTIONS().find((r) => r.value === m.role)?.label ?? m.role)
                                )}
                            </td>
                            <td class="num">
                                {isMine && (
                                    <button type="button" class="button" aria-label={`${t("action.remove")}: ${m.name}`} onClick={() => void remove(m).catch(sayError)}>
                                        {t("action.remove")}
                                    </button>
                                )}
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
            {isMine && <Invite entity={entity} onDone={load} />}
        </div>
    );
}

function Invite({ entity, onDone }: { entity: string; onDone: () => void }) {
    const [name, setName] = useState("");
    const [role, setRole] = useState("member");
    const add = (e: Event) => {
        e.preventDefault();
        putMember(entity, name.trim(), role).then(() => {
            setName("");
            onDone();
        }, sayError);
    };
    return (
        <form class="row" onSubmit={add}>
            <TextInput value={name} delay={0} label={t("members.who")} placeholder={t("members.who")} onChange={setName} />
            <Select value={role} label={t("people.role")} options={ROLE_OPTIONS()} onChange={setRole} />
            <button type="submit" class="button" disabled={name.trim() === ""}>
                {t("people.add")}
            </button>
        </form>
    );
}
