/* people.tsx - users, teams and organisations of the server, for its administrators. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { CopyText } from "../../components/copy_text";
import { TextInput } from "../../components/controls";
import { IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { askSure, askText } from "../../components/question";
import { say, sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatAgo } from "../../lib/format";
import { admin } from "../../api";
import { viewer } from "../../session";
import { Members } from "./members";

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
    const at = (user: User) => `users/${encodeURIComponent(user.username)}`;
    const remove = async (user: User) => {
        if (!(await askSure(t("people.confirm_remove", { name: user.username })))) return;
        await admin("DELETE", at(user));
        load();
    };
    const setPassword = async (user: User) => {
        const password = await askText(t("people.set_password_of", { name: user.username }));
        if (password === null) return;
        await admin("PUT", `${at(user)}/password`, { password });
        say(t("people.password_set", { name: user.username }));
    };
    const addKey = async (user: User) => setKey((await admin<{ key: string }>("POST", `${at(user)}/keys`, {})).key);
    const toolsOf = (user: User) => [
        !user.is_service && { label: t("people.set_password"), onClick: () => void setPassword(user).catch(sayError) },
        { label: t("people.new_key"), onClick: () => void addKey(user).catch(sayError) },
        user.username !== viewer.value?.username && { label: t("action.remove"), isDanger: true, onClick: () => void remove(user).catch(sayError) },
    ];
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
                <div class="notice stack" role="status">
                    {t("keys.once")}
                    <CopyText text={key} label={t("keys.copy")} />
                </div>
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
                                <Popover
                                    isMenu
                                    label={u.username}
                                    button={(show) => <IconButton icon="dots" label={`${t("action.more")}: ${u.username}`} onClick={show} />}
                                >
                                    {(close) => <MenuList close={close} items={toolsOf(u)} />}
                                </Popover>
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
                    <button type="button" class="link-button group-name" aria-expanded={open === g.name} onClick={() => setOpen(open === g.name ? null : g.name)}>
                        <b>{g.name}</b> {g.organization && <span class="muted">{g.organization}</span>}
                    </button>
                    {open === g.name && <Members entity={g.name} />}
                </div>
            ))}
        </section>
    );
}
