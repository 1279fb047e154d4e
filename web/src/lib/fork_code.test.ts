import { expect, it } from "vitest";
import { forkCode } from "./fork_code";

it("names a run", () => expect(forkCode("us", "p", "r1")).toBe('wandb.init(entity="us", project="p", fork_from="r1?_step=0")'));
it("keeps quotes inside of the string", () =>
    expect(forkCode("us", "p", 'x"+evil()+"')).toBe('wandb.init(entity="us", project="p", fork_from="x\\"+evil()+\\"?_step=0")'));
