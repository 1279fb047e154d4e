/* section_tools.tsx - what can be done with a section: where it stands, how its panels lie, what is in it. */

import { Check, Field, Select } from "../../components/controls";
import { IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { askText } from "../../components/question";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import * as L from "../../lib/layout";
import { stepSection } from "../../lib/section_order";
import { mayChange } from "../../session";
import { sharedToken } from "../../shared";
import { addToReport } from "../report/to_report";
import { useWorkspace } from "./model";
import { sectionLabel } from "./section_view";

export function SectionTools({ section, columns }: { section: L.Section; columns: number }) {
    return (
        <span class="section-tools">
            <SectionLayout section={section} columns={columns} />
            <SectionMenu section={section} />
        </span>
    );
}

const COLUMNS = [1, 2, 3, 4, 5, 6, 8];
const ROWS = [1, 2, 3, 5];

function SectionLayout({ section, columns }: { section: L.Section; columns: number }) {
    const ws = useWorkspace();
    const set = (change: Partial<L.Section>) => ws.edit((l) => L.updateSection(l, section.name, change));
    const label = t("section.layout");
    return (
        <Popover label={label} isPadded button={(open) => <IconButton icon="columns" label={`${label}: ${section.name}`} onClick={open} />}>
            {() => (
                <div class="stack">
                    <Field label={t("section.columns")}>
                        <Select
                            value={section.columns === undefined ? "" : String(columns)}
                            onChange={(n) => set({ columns: n === "" ? undefined : Number(n) })}
                            options={[{ value: "", label: t("setting.auto") }, ...COLUMNS.map((n) => ({ value: String(n), label: String(n) }))]}
                        />
                    </Field>
                    <Field label={t("section.rows")}>
                        <Select
                            value={String(section.rows ?? "")}
                            onChange={(n) => set({ rows: n === "" ? undefined : Number(n) })}
                            options={[{ value: "", label: t("section.rows_all") }, ...ROWS.map((n) => ({ value: String(n), label: String(n) }))]}
                        />
                    </Field>
                    <Check label={t("section.custom")} value={section.isCustom === true} onChange={(isCustom) => set({ isCustom })} />
                </div>
            )}
        </Popover>
    );
}

function SectionMenu({ section }: { section: L.Section }) {
    const ws = useWorkspace();
    const { name } = section;
    const ask = (question: string, old: string, then: (text: string) => void) => () =>
        void askText(question, old).then((text) => text !== null && then(text));
    const addSection = (isAfter: boolean) => ask(t("section.name"), "", (to) => ws.edit((l) => L.addSection(l, to, name, isAfter)));
    return (
        <Popover isMenu label={t("action.more")} button={(open) => <IconButton icon="dots" label={`${t("action.more")}: ${name}`} onClick={open} />}>
            {(close) => (
                <MenuList
                    close={close}
                    items={[
                        { label: t("section.add_panels"), onClick: () => (ws.addingTo.value = name) },
                        { label: t("section.settings"), onClick: () => (ws.editedPanel.value = `section:${name}`) },
                        {
                            label: t("section.rename"),
                            onClick: ask(t("section.rename"), name, (to) => ws.edit((l) => L.renameSection(l, name, to))),
                        },
                        { label: t("section.sort"), onClick: () => ws.edit((l) => L.sortSection(l, name)) },
                        "line",
                        { label: t("section.add_above"), onClick: addSection(false) },
                        { label: t("section.add_below"), onClick: addSection(true) },
                        {
                            label: t("section.pin"),
                            isChecked: section.isPinned === true,
                            onClick: () => ws.edit((l) => L.pinSection(l, name, !section.isPinned)),
                        },
                        mayChange.value && sharedToken.value === null && section.panels.length > 0 && {
                            label: t("section.to_report"),
                            onClick: () => void addToReport(ws, section.panels, sectionLabel(name)).catch(sayError),
                        },
                        { label: t("section.up"), onClick: () => ws.edit((l) => stepSection(l, name, -1)) },
                        { label: t("section.down"), onClick: () => ws.edit((l) => stepSection(l, name, 1)) },
                        "line",
                        { label: t("section.remove"), isDanger: true, onClick: () => ws.edit((l) => L.removeSection(l, name)) },
                    ]}
                />
            )}
        </Popover>
    );
}
