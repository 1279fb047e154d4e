import { expect, test } from "vitest";
import { addressOfCard, cardTarget } from "./card_link";

const ORIGIN = "https://tracker.example:8080";
const of = (address: string) => cardTarget(address, ORIGIN);

test("links to this server say what they lead to, with or without its name", () => {
    const run = { kind: "run", entity: "team", project: "a b", name: "r1" };
    expect(of(`${ORIGIN}/team/a%20b/runs/r1`)).toEqual(run);
    expect(of("/team/a%20b/runs/r1/files/x/y")).toEqual(run);
    expect(of("/team/p/sweeps/s1")).toEqual({ kind: "sweep", entity: "team", project: "p", name: "s1" });
    expect(of("/team/p/reports/What-worked--Vmlldzoz")).toEqual({ kind: "report", id: "Vmlldzoz" });
    expect(of("/team/p/artifacts/model/net/v3/files")).toEqual({ kind: "artifact", entity: "team", project: "p", name: "net:v3" });
    expect(of("/team/p/artifacts/model/net")).toEqual({ kind: "artifact", entity: "team", project: "p", name: "net:latest" });
    expect(of("/team/p/table")).toEqual({ kind: "project", entity: "team", project: "p" });
    expect(of("/settings/people")).toEqual({ kind: "page", path: "/settings/people" });
});

test("others are outside, by their host, and what is no web address leads nowhere", () => {
    expect(of("https://arxiv.org/abs/1")).toEqual({ kind: "outside", host: "arxiv.org" });
    expect(of("http://tracker.example:8080/team/p/runs/r1")).toEqual({ kind: "outside", host: "tracker.example:8080" });
    expect(of("//evil.example/x")).toEqual({ kind: "outside", host: "evil.example" });
    for (const no of ["", "javascript:alert(1)", "data:text/html,x", "mailto:a@b", "http://"]) expect(of(no)).toEqual({ kind: "none" });
});

test("a card leads to addresses of the web only, also one that names a report by its id", () => {
    expect(addressOfCard("javascript:alert(1)", "/team/p/reports/x", ORIGIN)).toEqual({ address: "/team/p/reports/x", isOutside: false });
    expect(addressOfCard("data:text/html,x", "", ORIGIN)).toEqual({ address: "", isOutside: false });
    expect(addressOfCard("https://evil.example/", "/team/p/reports/x", ORIGIN)).toEqual({ address: "https://evil.example/", isOutside: true });
    expect(addressOfCard("/team/p/runs/r1", "", ORIGIN)).toEqual({ address: "/team/p/runs/r1", isOutside: false });
});
