import { expect, it } from "vitest";
import { systemGroups } from "./system";

it("systemGroups puts processors, devices and writers together", () => {
    expect(
        systemGroups([
            "system.cpu",
            "gpu.10.temp",
            "gpu.2.temp",
            "cpu.0.cpu_percent",
            "cpu.1.cpu_percent",
            "disk.in/l:rank1",
            "disk.in/l:rank0",
        ]),
    ).toEqual([
        { title: "cpu", keys: ["system.cpu"] },
        { title: "cpu.*.cpu_percent", keys: ["cpu.0.cpu_percent", "cpu.1.cpu_percent"] },
        { title: "disk.in", keys: ["disk.in/l:rank0", "disk.in/l:rank1"] },
        { title: "gpu.*.temp", keys: ["gpu.2.temp", "gpu.10.temp"] },
    ]);
});
