/* more_rows.tsx - a long list begins with its first rows; the others come when somebody asks for them. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { t } from "../i18n";

const STEP = 500;

export function useMore<T>(items: readonly T[], step = STEP): { shown: readonly T[]; button: VNode | null } {
    const [count, setCount] = useState(step);
    const rest = items.length - count;
    const button =
        rest <= 0 ? null : (
            <button type="button" class="button" onClick={() => setCount(count + step)}>
                {t("chart.more", { count: rest })}
            </button>
        );
    return { shown: rest <= 0 ? items : items.slice(0, count), button };
}
