/* undo.ts - a past and a future around the present. */

export interface Undoable<T> {
    past: readonly T[];
    present: T;
    future: readonly T[];
}

const MAX_STEPS = 100;

export function start<T>(present: T): Undoable<T> {
    return { past: [], present, future: [] };
}

export function commit<T>(u: Undoable<T>, next: T): Undoable<T> {
    return next === u.present
        ? u
        : { past: [...u.past, u.present].slice(-MAX_STEPS), present: next, future: [] };
}

/* For what nobody did by hand (a new metric's panel): undo steps over it. */
export function replace<T>(u: Undoable<T>, present: T): Undoable<T> {
    return { ...u, present };
}

export function undo<T>(u: Undoable<T>): Undoable<T> {
    if (u.past.length === 0) return u;
    return {
        past: u.past.slice(0, -1),
        present: u.past[u.past.length - 1]!,
        future: [u.present, ...u.future],
    };
}

export function redo<T>(u: Undoable<T>): Undoable<T> {
    if (u.future.length === 0) return u;
    return { past: [...u.past, u.present], present: u.future[0]!, future: u.future.slice(1) };
}
