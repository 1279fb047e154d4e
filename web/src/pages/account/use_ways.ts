/* use_ways.ts - how people log in here: with passwords, at a provider, or both. */

import { useEffect, useState } from "preact/hooks";
import { getJson } from "../../api";

/* label: of the way to the provider, when there is one. */
interface Ways {
    label: string | null;
    passwords: boolean;
}

export function useWays(): Ways {
    const [ways, setWays] = useState<Ways>({ label: null, passwords: true });
    useEffect(() => {
        getJson<Ways>("/api/oidc").then(setWays, () => undefined);
    }, []);
    return ways;
}
