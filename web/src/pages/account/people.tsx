/* people.tsx - users, teams and organisations of the server, for its administrators. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { Select, TextInput } from "../../components/controls";
import { sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatAgo } from "../../lib/format";
import { admin } from "../../api";
import { viewer } from "../../session";

interface User {
    username: string;
    email: string | null;
    is_admin: boolean;
    is_service: boolean;
    created_at: string;
}

interface Group {
    name: string;
    organization: string | null;
}

interface Member {
    username: string;
    role: string;
}

const ROLES = ["viewer", "member", "admin"] as const;

export default function People() {
    if (viewer.value?.admin !== true) return <NotFound />;
    return (
        <main class="page stack">
            <h1>{t("title.people")}</h1>
            <Users />
            <Groups kind="teams" />
            <Groups kind="organizations" />
        </main>
    );
}

function Users() {
    const [users, setUsers] = useState<User[]>([]);
    const [name, setName] = useState("");
    const [isAdmin, setAdmin] = useState(false);
    const [key, setKey] = useState("");
    const load = () => void admin<User[]>("GET", "users").then(setUsers, sayError);
    useEffect(load, []);
    const add = async (e: Event) => {
        e.preventDefault();
        const made = await admin<{ key: string }>("POST", "users", { username: name.trim(), is_admin: isAdmin });
        setKey(made.key);
        setName("");
        load();
    };
    const remove = (user: User) => {
        if (window.confirm(t("people.confirm_remove", { name: user.username })))
            admin("DELETE", `users/${encodeURIComponent(user.username)}`).then(load, sayError);
    };
    return (
        <section class="card stack">
            <h2>{t("people.users")}</h2>
            <form class="row" onSubmit={(e) => void add(e).catch(sayError)}>
                <TextInput value={name} delay={0} label={t("login.name")} placeholder={t("login.name")} onChange={setName} />
                <label class="check">
                    <input type="checkbox" checked={isAdmin} onChange={(e) => setAdmin(e.currentTarget.checked)} />
                    {t("people.server_admin")}
                </label>
                <button type="submit" class="button primary" disabled={name.trim() === ""}>
                    {t("people.add")}
                </button>
            </form>
            {key !== "" && (
                <p class="notice">
                    {t("keys.once")} <input class="input mono" readOnly value={key} aria-label={t("keys.copy")} onFocus={(e) => e.currentTarget.select()} />
                </p>
            )}
            <table class="list">
                <tbody>
                    {users.map((u) => (
                        <tr key={u.username}>
                            <td>
                                <b>{u.username}</b> {u.is_admin && <span class="chip">{t("people.server_admin")}</span>}
                                {u.is_service && <span class="chip">{t("people.service")}</span>}
                            </td>
                            <td class="muted">{u.email}</td>
                            <td class="muted">{formatAgo(Date.parse(u.created_at), Date.now(), language)}</td>
                            <td class="num">
                                {u.username !== viewer.value?.username && (
                                    <button type="button" class="button danger" onClick={() => remove(u)}>
                                        {t("action.remove")}
                                    </button>
                                )}
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </section>
    );
}

function Groups({ kind }: { kind: "teams" | "organizations" }) {
    const [groups, setGroups] = useState<Group[]>([]);
    const [name, setName] = useState("");
    const [open, setOpen] = useState<string | null>(null);
    const load = () => void admin<Group[]>("GET", kind).then(setGroups, sayError);
    useEffect(load, [kind]);
    const add = (e: Event) => {
        e.preventDefault();
        admin("POST", kind, { name: name.trim(), admins: [viewer.value!.username] }).then(() => {
            setName("");
            load();
        }, sayError);
    };
    return (
        <section class="card stack">
            <h2>{t(kind === "teams" ? "settings.teams" : "people.organizations")}</h2>
            <form class="row" onSubmit={add}>
                <TextInput value={name} delay={0} label={t("column.name")} placeholder={t("column.name")} onChange={setName} />
                <button type="submit" class="button primary" disabled={name.trim() === ""}>
                    {t("people.add")}
                </button>
            </form>
            {groups.map((g) => (
                <div key={g.name} class="stack">
                    <button type="button" class="link-button" aria-expanded={open === g.name} onClick={() => setOpen(open === g.name ? null : g.name)}>
                        <b>{g.name}</b> {g.organization && <span class="muted">{g.organization}</span>}
                    </button>
                    {open === g.name && <Members path={`${kind}/${encodeURIComponent(g.name)}/members`} />}
                </div>
            ))}
        </section>
    );
}

function Members({ path }: { path: string }) {
    const [members, setMembers] = useState<Member[]>([]);
    const [name, setName] = useState("");
    const load = () => void admin<Member[]>("GET", path).then(setMembers, sayError);
    useEffect(load, [path]);
    const put = (user: string, role: string) => admin("PUT", `${path}/${encodeURIComponent(user)}`, { role }).then(load, sayError);
    const add = (e: Event) => {
        e.preventDefault();
        void put(name.trim(), "member").then(() => setName(""));
    };
    return (
        <div class="stack">
            <table class="list">
                <tbody>
                    {members.map((m) => (
                        <tr key={m.username}>
                            <td>{m.username}</td>
                            <td>
                                <Select
                                    value={m.role}
                                    label={t("people.role")}
                                    options={ROLES.map((r) => ({ value: r as string, label: t(`role.${r}`) }))}
                                    onChange={(role) => void put(m.username, role)}
                                />
                            </td>
                            <td class="num">
                                <button type="button" class="button" onClick={() => void admin("DELETE", `${path}/${encodeURIComponent(m.username)}`).then(load, sayError)}>
                                    {t("action.remove")}
                                </button>
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
            <form class="row" onSubmit={add}>
                <TextInput value={name} delay={0} label={t("login.name")} placeholder={t("login.name")} onChange={setName} />
                <button type="submit" class="button" disabled={name.trim() === ""}>
                    {t("people.add")}
                </button>
            </form>
        </div>
    );
}
