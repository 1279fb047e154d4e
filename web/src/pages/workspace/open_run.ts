/* open_run.ts - which run's details stand beside the charts: a part of the address. */

import { setQuery } from "../../router";

export const RUN_QUERY = "details";

export function openRun(name: string | null): void {
    setQuery({ [RUN_QUERY]: name });
}
