/* moving.ts - runs that go to another project: asked for by its name, refused by the server where one may not write. */

import { askText } from "./components/question";
import { say } from "./components/toast";
import { t } from "./i18n";
import type { Run } from "./lib/types";
import { moveRuns } from "./queries/runs";

/* The project they went to, as entity and name; null when nobody wanted to. */
export async function moveTo(entity: string, project: string, runs: readonly Run[]): Promise<[string, string] | null> {
    const given = await askText(t("run.move_to"), `${entity}/${project}`);
    if (given === null) return null;
    const [first = "", second] = given.split("/");
    const to: [string, string] = second === undefined ? [entity, first] : [first, second];
    if (to.some((part) => part === "") || (to[0] === entity && to[1] === project)) return null;
    await moveRuns(entity, project, runs.map((r) => r.id), to[0], to[1]);
    say(t("run.moved", { project: to.join("/") }));
    return to;
}
