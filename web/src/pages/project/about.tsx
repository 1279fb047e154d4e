/* about.tsx - what a project is for, who sees it, and its end. */

import { useEffect, useState } from "preact/hooks";
import { Select } from "../../components/controls";
import { EditableMarkdown } from "../../components/editable_markdown";
import { askText } from "../../components/question";
import { say, sayError } from "../../components/toast";
import { t } from "../../i18n";
import { pathOf } from "../../lib/match";
import { ACCESS, changeProject, deleteProject, fetchAbout, renameProject, type ProjectAbout as About } from "../../queries/project";
import { navigate } from "../../router";
import { viewer } from "../../session";

export function ProjectAbout({ entity, project }: { entity: string; project: string }) {
    const [about, setAbout] = useState<About | null>(null);
    const load = () => fetchAbout(entity, project).then(setAbout, sayError);
    useEffect(() => void load(), [entity, project]);
    if (about === null) return <section class="card" aria-busy="true" />;
    const isOff = viewer.value === null || about.isReadOnly;
    const change = (c: Parameters<typeof changeProject>[2]) => void changeProject(entity, project, c).then(load, sayError);
    const rename = async () => {
        const name = await askText(t("project.new_name", { name: project }), project);
        if (name === null || name === project) return;
        await renameProject(entity, project, name);
        navigate(pathOf(entity, name, "overview"));
    };
    const remove = async () => {
        /* Typing the name is what keeps a hand from doing it by itself. */
        if ((await askText(t("project.confirm_delete", { name: project }))) !== project) return;
        await deleteProject(about.id);
        say(t("project.deleted", { name: project }));
        navigate(pathOf(entity));
    };
    return (
        <section class="card stack">
            <EditableMarkdown title={t("project.about")} text={about.description} empty={t("project.no_description")} isOff={isOff} onChange={(description) => change({ description })} />
            <div class="row">
                <span class="muted">{t("project.seen_by")}</span>
                {isOff ? (
                    <span>{t(`access.${about.access}`)}</span>
                ) : (
                    <span class="project-access">
                        <Select value={about.access} label={t("project.seen_by")} options={ACCESS.map((a) => ({ value: a, label: t(`access.${a}`) }))} onChange={(access) => change({ access })} />
                    </span>
                )}
                <span class="grow" />
                {!isOff && (
                    <>
                        <button type="button" class="button" onClick={() => void rename().catch(sayError)}>
                            {t("project.rename")}
                        </button>
                        <button type="button" class="button danger" onClick={() => void remove().catch(sayError)}>
                            {t("project.delete")}
                        </button>
                    </>
                )}
            </div>
        </section>
    );
}
