import { expect, test } from "vitest";
import { readSweepConfig } from "./sweep_config";

const YAML = `program: train.py
method: bayes
metric:
  name: "val/loss"   # what counts
  goal: maximize
parameters:
  lr:
    distribution: log_uniform_values
    min: 0.0001
  model:
    parameters:
      layers:
        values: [1, 2]
  'batch size':
    value: 3
early_terminate:
  type: hyperband
`;

test("metric and parameters are found, nested and quoted ones too", () => {
    expect(readSweepConfig(YAML)).toEqual({ metric: "val/loss", goal: "maximize", parameters: ["lr", "model.layers", "batch size"] });
    expect(readSweepConfig('{"method":"grid","parameters":{"a":{"values":[1]}}}')).toEqual({ metric: null, goal: "minimize", parameters: ["a"] });
    expect(readSweepConfig("")).toEqual({ metric: null, goal: "minimize", parameters: [] });
});
