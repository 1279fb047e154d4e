/* labels.ts - events and states of automations, as people call them. */

import { t } from "../../i18n";
import { EVENTS, type EventName } from "../../lib/automations";

export function eventLabel(event: string): string {
    const wanted = event === "UPDATE_ARTIFACT_ALIAS" ? "ADD_ARTIFACT_ALIAS" : event;
    const known: EventName | undefined = EVENTS.find((e) => e === wanted);
    return known === undefined ? event : t(`event.${known}`);
}

export function stateLabel(state: string): string {
    return state === "RUNNING" ? t("state.running") : state === "FINISHED" ? t("state.finished") : t("state.failed");
}
