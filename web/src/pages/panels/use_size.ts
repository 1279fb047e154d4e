/* use_size.ts - how wide a panel is, as it changes. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";

export function useWidth() {
    const ref = useRef<HTMLDivElement>(null);
    const [width, setWidth] = useState(0);
    useLayoutEffect(() => {
        const watch = new ResizeObserver(() => setWidth(ref.current!.clientWidth));
        watch.observe(ref.current!);
        return () => watch.disconnect();
    }, []);
    return { ref, width };
}
