/* fork_code.ts - Python that goes on from a run. Names may hold quotes, and people run what they copy: JSON's strings are Python's too. */

export function forkCode(entity: string, project: string, run: string): string {
    const [e, p, from] = [entity, project, `${run}?_step=0`].map((text) => JSON.stringify(text));
    return `wandb.init(entity=${e}, project=${p}, fork_from=${from})`;
}
