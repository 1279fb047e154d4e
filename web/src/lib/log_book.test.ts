import { describe, expect, it } from "vitest";
import { LogBook, PART, PARTS_MAX, mergeByTime, type LogLine } from "./log_book";

const line = (number: number, text = `line ${number}`, stream = ""): LogLine => ({
    stream,
    number,
    timestamp: null,
    level: null,
    label: stream === "" ? null : `rank ${stream}`,
    line: text,
});

/* A server with as many lines as asked for, and what it was asked. */
function open(counts: Record<string, number>) {
    const asked: string[] = [];
    const book = new LogBook(
        async (stream, first, count) => {
            asked.push(`${stream}${first}`);
            const end = Math.min(first + count, counts[stream] ?? 0);
            return Array.from({ length: Math.max(0, end - first) }, (_, i) => line(first + i, undefined, stream));
        },
        () => undefined,
    );
    book.setStreams(Object.entries(counts).map(([name, lineCount]) => ({ name, label: name === "" ? null : `rank ${name}`, lineCount })));
    return { book, asked };
}

const settle = () => new Promise((done) => setTimeout(done));
const texts = (book: LogBook, from: number, to: number) => book.slice(from, to).map((l) => l.line);

describe("LogBook", () => {
    it("asks for what is seen, once", async () => {
        const { book, asked } = open({ "": 10000 });
        expect(texts(book, 1200, 1202)).toEqual([null, null]);
        book.slice(1200, 1202);
        await settle();
        expect(texts(book, 1200, 1202)).toEqual(["line 1200", "line 1201"]);
        expect(asked).toEqual(["1000"]);
    });

    it("takes what is pushed, new lines and rewritten ones", async () => {
        const { book, asked } = open({ "": 2 });
        book.slice(0, 2);
        await settle();
        book.take([line(2), line(0, "again")]);
        expect(book.length).toBe(3);
        expect(texts(book, 0, 3)).toEqual(["again", "line 1", "line 2"]);
        expect(asked).toEqual(["0"]);
    });

    it("asks for a part of which only the end was pushed", async () => {
        const { book, asked } = open({ "": PART + 5 });
        book.take([line(PART + 4, "pushed")]);
        expect(texts(book, PART + 4, PART + 5)).toEqual([null]);
        await settle();
        expect(texts(book, PART + 4, PART + 5)).toEqual([`line ${PART + 4}`]);
        expect(asked).toEqual([`${PART}`]);
    });

    it("holds no more however long it is followed", async () => {
        const { book } = open({ "": 0 });
        for (let first = 0; first < 200 * PART; first += PART) {
            book.take(Array.from({ length: PART }, (_, i) => line(first + i)));
            book.slice(first, first + 40);
        }
        expect(book.length).toBe(200 * PART);
        expect(book.heldLines).toBeLessThanOrEqual(PARTS_MAX * PART);
        expect(texts(book, 200 * PART - 1, 200 * PART)).toEqual([`line ${200 * PART - 1}`]);
    });

    it("asks again after lines changed unseen, and shows the old ones until then", async () => {
        const { book, asked } = open({ "": 3 });
        book.slice(0, 3);
        await settle();
        book.forget();
        expect(texts(book, 0, 1)).toEqual(["line 0"]);
        await settle();
        expect(asked).toEqual(["0", "0"]);
    });

    it("shows writers one after the other, or one alone", async () => {
        const { book } = open({ a: 2, b: 3 });
        expect(book.labels).toEqual(["rank a", "rank b"]);
        book.slice(0, 5);
        await settle();
        expect(texts(book, 1, 4)).toEqual(["line 1", "line 0", "line 1"]);
        expect(book.indexOf("b", 1)).toBe(3);
        book.show("rank b");
        expect(book.length).toBe(3);
        expect(book.indexOf("b", 1)).toBe(1);
        expect(book.indexOf("a", 1)).toBe(-1);
    });

    it("shows several writers by time once all their lines are here, and one after the other where they are too many", async () => {
        const at = (stream: string, number: number) => ({ ...line(number, `${stream}${number}`, stream), timestamp: `2026-01-01T00:00:0${number}.${stream === "a" ? 1 : 2}Z` });
        const book = new LogBook(async (stream, first, count) => (first === 0 ? Array.from({ length: Math.min(count, 3) }, (_, i) => at(stream, i)) : []), () => undefined);
        const streams = (lineCount: number) => ["a", "b"].map((name) => ({ name, label: name, lineCount }));
        book.setStreams(streams(3));
        expect(texts(book, 0, 6)).toEqual([null, null, null, null, null, null]);
        await settle();
        expect(texts(book, 0, 6)).toEqual(["a0", "b0", "a1", "b1", "a2", "b2"]);
        expect(book.indexOf("b", 1)).toBe(3);
        book.take([{ ...at("a", 3), timestamp: "2026-01-01T00:00:01.3Z" }]);
        expect(texts(book, 3, 7)).toEqual(["b1", "a2", "a3", "b2"]);
        book.show("b");
        expect(texts(book, 0, 3)).toEqual(["b0", "b1", "b2"]);
        book.show(null);
        book.setStreams(streams(PARTS_MAX * PART));
        expect(book.byTime()).toBeNull();
        expect(book.indexOf("b", 1)).toBe(PARTS_MAX * PART + 1);
    });
});

it("mergeByTime keeps what has no time behind the line before it", () => {
    const timed = (stream: string, second: number | null, number: number) => ({ ...line(number, `${stream}${number}`, stream), timestamp: second === null ? null : `2026-01-01T00:00:0${second}` });
    const merged = mergeByTime([
        [timed("a", 1, 0), timed("a", null, 1), timed("a", 5, 2), timed("a", 3, 3)],
        [timed("b", null, 0), timed("b", 2, 1), timed("b", 4, 2)],
    ]);
    expect(merged.map((l) => l.line)).toEqual(["b0", "a0", "a1", "b1", "b2", "a2", "a3"]);
});
