/* pushed_logs.ts - which logs are announced to the server, so that what is printed is pushed (docs/web-api.md). */

import type { LogPush } from "./lib/live_message";

export interface LogPlace {
    entity: string;
    project: string;
    run: string;
}

interface Followed {
    place: LogPlace;
    change: number /* up to which everything is known, or was said to be missing */;
    take: (push: LogPush, isMissing: boolean) => void;
}

const logs = new Set<Followed>();

/* live.ts sets it: there is something to be said. */
export const onLogs = { call: () => undefined as void };

/* From a change on. isMissing: lines have changed that were not pushed. The returned function ends it. */
export function followLog(place: LogPlace, change: number, take: Followed["take"]): () => void {
    const log = { place, change, take };
    logs.add(log);
    onLogs.call();
    return () => {
        logs.delete(log);
        onLogs.call();
    };
}

/* The member "logs" of what is said: on a new connection each goes on where it ended. */
export function logsToSay(): unknown[] {
    return [...logs].map(({ place, change }) => ({ ...place, after: change }));
}

export function takeLog(push: LogPush): void {
    for (const log of [...logs]) {
        const { entity, project, run } = log.place;
        if (entity !== push.entity || project !== push.project || run !== push.run || push.change <= log.change) continue;
        const isMissing = push.isMore || push.after > log.change;
        log.change = push.change;
        log.take(push, isMissing);
    }
}
