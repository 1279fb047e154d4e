/* lazy.tsx - a component that is loaded when it is first drawn; until then its place stays empty. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
    let known: ComponentType<P> | null = null;
    return function Lazy(props: P) {
        const [, redraw] = useState(0);
        useEffect(() => {
            /* Another of its kind may have loaded it between this one's drawing and now. */
            if (known !== null) redraw(1);
            else
                void load().then((module) => {
                    known = module.default;
                    redraw(1);
                });
        }, []);
        const Known = known;
        return Known === null ? null : <Known {...props} />;
    };
}
