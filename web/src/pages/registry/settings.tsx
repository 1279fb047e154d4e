/* settings.tsx - what administrators say of a registry: who sees it, what it takes, which aliases are theirs alone. */

import { useState } from "preact/hooks";
import { Check, TextInput } from "../../components/controls";
import { askSure } from "../../components/question";
import { TagEditor } from "../../components/tag_editor";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import type { Registry } from "../../queries/registry";
import { changeRegistry, deleteRegistry, protectAliases, type RegistryChange } from "../../queries/registry_changes";
import { navigate } from "../../router";

export function RegistrySettings({ registry, entity, home, onChange }: { registry: Registry; entity: string; home: string; onChange: () => void }) {
    const isOff = registry.hasFixedMembers;
    const change = (what: RegistryChange) => void changeRegistry(entity, registry.name, what).then(onChange, sayError);
    const remove = async () => {
        if (!(await askSure(t("registry.confirm_delete", { name: registry.name })))) return;
        await deleteRegistry(registry.id).then(() => navigate(home), sayError);
    };
    return (
        <>
            <ProtectedAliases projectId={registry.id} aliases={registry.protectedAliases} isOff={isOff} onChange={onChange} />
            {!isOff && (
                <section class="card stack">
                    <h2>{t("registry.settings")}</h2>
                    <Check label={t("registry.restrict")} value={registry.isRestricted} onChange={(isRestricted) => change({ isRestricted })} />
                    <Types registry={registry} onChange={change} />
                    <div>
                        <button type="button" class="button danger" onClick={() => void remove()}>
                            {t("registry.delete")}
                        </button>
                    </div>
                </section>
            )}
        </>
    );
}

/* Also of an ordinary project: any may have some. */
export function ProtectedAliases({ projectId, aliases, isOff, onChange }: { projectId: string; aliases: readonly string[]; isOff: boolean; onChange: () => void }) {
    if (isOff && aliases.length === 0) return null;
    const change = (next: string[]) => {
        const added = next.filter((a) => !aliases.includes(a));
        const removed = aliases.filter((a) => !next.includes(a));
        protectAliases(projectId, added, removed).then(onChange, sayError);
    };
    return (
        <section class="card stack">
            <h2>{t("registry.protected")}</h2>
            <p class="muted">{t("artifact.protected_hint")}</p>
            <TagEditor tags={aliases} guard={{ aliases, isOpen: true }} isOff={isOff} label={t("registry.protect")} onChange={change} />
        </section>
    );
}

/* A type that is taken stays: what is linked may be of it. */
function Types({ registry, onChange }: { registry: Registry; onChange: (change: RegistryChange) => void }) {
    const [text, setText] = useState("");
    const add = (e: Event) => {
        e.preventDefault();
        const types = text.split(",").map((s) => s.trim()).filter((s) => s !== "");
        setText("");
        if (types.length > 0) onChange({ types, allowsAll: false });
    };
    return (
        <>
            <Check label={t("registry.takes_all")} value={registry.types === null} onChange={(allowsAll) => onChange({ allowsAll })} />
            {registry.types !== null && (
                <form class="row types-form" onSubmit={add}>
                    <span class="chips">
                        {registry.types.map((type) => (
                            <span key={type} class="chip">
                                {type}
                            </span>
                        ))}
                    </span>
                    <TextInput delay={0} value={text} label={t("registry.add_type")} placeholder={t("registry.add_type")} onChange={setText} />
                </form>
            )}
        </>
    );
}
