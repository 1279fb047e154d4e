/* fields.tsx - the parts of an automation's condition: states of runs, and what a metric has to do. */

import { Check, Field, NumberInput, Select, TextInput } from "../../components/controls";
import { t } from "../../i18n";
import { AGGREGATES, COMPARISONS, DIRECTIONS, STATES, type Condition } from "../../lib/automations";
import { stateLabel } from "./labels";

interface Props {
    condition: Condition;
    change: (part: Partial<Condition>) => void;
}

export function StateFields({ condition, change }: Props) {
    return (
        <fieldset class="field plain-set">
            <legend>{t("automation.states")}</legend>
            {STATES.map((state) => (
                <Check
                    key={state}
                    label={stateLabel(state)}
                    value={condition.states.includes(state)}
                    onChange={(on) => change({ states: on ? [...condition.states, state] : condition.states.filter((s) => s !== state) })}
                />
            ))}
        </fieldset>
    );
}

const SIGNS = { $gt: ">", $gte: "≥", $lt: "<", $lte: "≤" } as const;
const AGGREGATE_NAMES = { LAST: "automation.last", AVERAGE: "aggregate.mean", MIN: "aggregate.min", MAX: "aggregate.max" } as const;
const DIRECTION_NAMES = { ANY: "automation.either_way", INCREASE: "automation.up", DECREASE: "automation.down" } as const;

export function MetricFields({ condition, change }: Props) {
    const { event } = condition;
    return (
        <>
            <Field label={t("automation.metric")}>
                <TextInput delay={0} value={condition.metric} placeholder="val/loss" onChange={(metric) => change({ metric })} />
            </Field>
            {event !== "RUN_METRIC_ZSCORE" && (
                <Field label={t("automation.aggregate")}>
                    <Select value={condition.aggregate} options={AGGREGATES.map((a) => ({ value: a, label: t(AGGREGATE_NAMES[a]) }))} onChange={(aggregate) => change({ aggregate })} />
                </Field>
            )}
            <Field label={t("automation.window")}>
                <NumberInput value={condition.window} onChange={(n) => change({ window: Math.max(1, Math.round(n ?? 1)) })} />
            </Field>
            {event === "RUN_METRIC" ? (
                <Field label={t("automation.comparison")}>
                    <Select value={condition.comparison} options={COMPARISONS.map((c) => ({ value: c, label: SIGNS[c] }))} onChange={(comparison) => change({ comparison })} />
                </Field>
            ) : (
                <Field label={t("automation.direction")}>
                    <Select value={condition.direction} options={DIRECTIONS.map((d) => ({ value: d, label: t(DIRECTION_NAMES[d]) }))} onChange={(direction) => change({ direction })} />
                </Field>
            )}
            <Field label={t(event === "RUN_METRIC_CHANGE" ? "automation.change" : event === "RUN_METRIC" ? "automation.threshold" : "automation.zscore")}>
                <NumberInput value={condition.amount} onChange={(n) => change({ amount: n ?? 0 })} />
            </Field>
            {event === "RUN_METRIC_CHANGE" && <Check label={t("automation.relative")} value={condition.isRelative} onChange={(isRelative) => change({ isRelative })} />}
        </>
    );
}
