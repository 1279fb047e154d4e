/* narrow.ts - whether the window has no room for a list beside what it is about. */

import { signal } from "@preact/signals";

const query = window.matchMedia("(max-width: 640px)");

export const isNarrow = signal(query.matches);
query.addEventListener("change", (e) => (isNarrow.value = e.matches));
