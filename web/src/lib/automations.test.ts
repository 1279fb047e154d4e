import { describe, expect, it } from "vitest";
import { checkJson, EVENTS, NEW_CONDITION, readFilter, wordOf, writeFilter, type Condition } from "./automations";

/* As the server gives filters of artifacts' events back: inside another object. */
const wrap = (text: string) => JSON.stringify({ filter: text });

describe("writeFilter and readFilter", () => {
    it.each(EVENTS)("bring %s back as it was", (event) => {
        const isMetric = event.startsWith("RUN_METRIC");
        const made: Condition = {
            ...NEW_CONDITION,
            event,
            states: event === "RUN_STATE" ? ["RUNNING", "FAILED"] : NEW_CONDITION.states,
            ...(isMetric ? { metric: "loss", window: 7, amount: 0.5 } : {}),
            aggregate: event === "RUN_METRIC" ? "MIN" : "LAST",
            comparison: event === "RUN_METRIC" ? "$lte" : "$gt",
            direction: event === "RUN_METRIC_CHANGE" ? "DECREASE" : "ANY",
            isRelative: event === "RUN_METRIC_CHANGE",
            word: wordOf(event) === null ? "" : "prod",
            filter: event.startsWith("RUN_") ? '{"display_name":"watched"}' : "",
        };
        const text = writeFilter(made);
        expect(readFilter(event, event.startsWith("RUN_") ? text : wrap(text))).toEqual(made);
    });
    it("keep a filter that the form has no field for", () => {
        const filter = '{"$or":[{"$and":[{"metadata.acc":{"$gt":0.5}}]}]}';
        const read = readFilter("CREATE_ARTIFACT", wrap(filter));
        expect(read.filter).toBe(filter);
        expect(writeFilter(read)).toBe(filter);
    });
    it("read the official client's word for any version", () => expect(readFilter("LINK_MODEL", wrap('{"$or":[{"$and":[]}]}')).filter).toBe(""));
});

it("checkJson takes objects and nothing", () => {
    expect(["", " ", "{}", '{"a":1}'].every(checkJson)).toBe(true);
    expect(["[]", "1", "{", "null"].some(checkJson)).toBe(false);
});
