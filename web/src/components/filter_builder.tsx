/* filter_builder.tsx - rows of column, operator and value, joined in groups inside groups. */

import { Select, TextInput } from "./controls";
import { IconButton } from "./icon";
import { t } from "../i18n";
import { OPERATORS, isGroup, type FilterGroup, type FilterRow } from "../lib/filters";

interface Props {
    group: FilterGroup;
    columns: readonly string[];
    onChange: (g: FilterGroup) => void;
    onRemove?: () => void;
    depth?: number;
}

const MAX_DEPTH = 4;

export function FilterBuilder({ group, columns, onChange, onRemove, depth = 0 }: Props) {
    const replace = (i: number, item: FilterRow | FilterGroup | null) =>
        onChange({
            ...group,
            items:
                item === null
                    ? group.items.filter((_, k) => k !== i)
                    : group.items.map((old, k) => (k === i ? item : old)),
        });
    const add = (item: FilterRow | FilterGroup) => onChange({ ...group, items: [...group.items, item] });
    return (
        <div class={`filter-group ${depth > 0 ? "is-inner" : ""}`} role="group">
            {group.items.map((item, i) => (
                <div key={i} class="filter-row">
                    <button
                        type="button"
                        class="link-button join"
                        disabled={i === 0}
                        onClick={() => onChange({ ...group, join: group.join === "and" ? "or" : "and" })}
                    >
                        {i === 0 ? t("filter.where") : t(group.join === "and" ? "filter.and" : "filter.or")}
                    </button>
                    {isGroup(item) ? (
                        <FilterBuilder
                            group={item}
                            columns={columns}
                            depth={depth + 1}
                            onChange={(g) => replace(i, g)}
                            onRemove={() => replace(i, null)}
                        />
                    ) : (
                        <Row row={item} onChange={(r) => replace(i, r)} onRemove={() => replace(i, null)} />
                    )}
                </div>
            ))}
            <div class="row">
                <button
                    type="button"
                    class="link-button"
                    onClick={() => add({ column: "", operator: "=", value: "" })}
                >
                    {t("filter.add")}
                </button>
                {depth < MAX_DEPTH && (
                    <button type="button" class="link-button" onClick={() => add({ join: "or", items: [] })}>
                        {t("filter.add_group")}
                    </button>
                )}
                {onRemove && (
                    <button type="button" class="link-button" onClick={onRemove}>
                        {t("filter.remove_group")}
                    </button>
                )}
            </div>
            {depth === 0 && (
                <datalist id="filter-columns">
                    {columns.map((c) => (
                        <option key={c} value={c} />
                    ))}
                </datalist>
            )}
        </div>
    );
}

function Row({
    row,
    onChange,
    onRemove,
}: {
    row: FilterRow;
    onChange: (r: FilterRow) => void;
    onRemove: () => void;
}) {
    const hasValue = row.operator !== "exists" && row.operator !== "missing";
    return (
        <>
            <TextInput
                value={row.column}
                list="filter-columns"
                label={t("filter.column")}
                placeholder={t("filter.column")}
                onChange={(column) => onChange({ ...row, column })}
            />
            <Select
                value={row.operator}
                label={t("filter.operator")}
                options={OPERATORS.map((o) => ({ value: o, label: o }))}
                onChange={(operator) => onChange({ ...row, operator })}
            />
            {hasValue && (
                <TextInput
                    value={row.value}
                    label={t("filter.value")}
                    placeholder={t("filter.value")}
                    onChange={(value) => onChange({ ...row, value })}
                />
            )}
            <IconButton icon="close" label={t("action.remove")} onClick={onRemove} />
        </>
    );
}
