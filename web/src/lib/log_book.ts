/* log_book.ts - a console of any length of which only parts are held: those that somebody looks at, and what comes.
 *
 * Lines stand in parts of PART lines of one writer. Those of several writers are shown by their time while all of them can be
 * held, otherwise one writer after the other. What is not held is asked for when it is seen; what nobody has looked at for
 * longest is given up, so that a log that grows for days costs no more than one that was opened just now. */

export interface LogLine {
    stream: string;
    number: number;
    timestamp: string | null;
    level: string | null;
    label: string | null;
    line: string;
}

export interface LogStream {
    name: string;
    label: string | null;
    lineCount: number;
}

/* Not here yet: line is null. */
export type LogEntry = LogLine | { stream: string; number: number; line: null };

interface Part {
    lines: Map<number, LogLine>;
    isWhole: boolean;
    isAsked: boolean;
    seen: number /* when it was looked at last, in looks */;
}

export const PART = 500;
export const PARTS_MAX = 64;
const ASKED_AT_ONCE = 4 /* parts, while lines are gathered to be ordered */;

export class LogBook {
    private streams: LogStream[] = [];
    private label: string | null = null;
    private parts = new Map<string, Part>();
    private looks = 0;
    private age = 0 /* answers to what was asked before the lines changed unseen are of no use */;

    private ordered: LogLine[] | null = null /* by time; null: not yet since something changed */;
    private places: Map<string, number> | null = null /* where each line is among the ordered ones */;

    constructor(
        private readonly ask: (stream: string, first: number, count: number) => Promise<LogLine[]>,
        private readonly changed: () => void,
    ) {}

    get labels(): string[] {
        return this.streams.length < 2 ? [] : [...new Set(this.streams.map(labelOf))];
    }

    /* Only of writers with that label; null: of all. */
    show(label: string | null): void {
        this.label = label;
        this.tell();
    }

    get shown(): readonly LogStream[] {
        return this.label === null ? this.streams : this.streams.filter((s) => labelOf(s) === this.label);
    }

    get length(): number {
        return this.shown.reduce((sum, s) => sum + s.lineCount, 0);
    }

    setStreams(streams: readonly LogStream[]): void {
        this.streams = [...streams];
        this.tell();
    }

    indexOf(stream: string, number: number): number {
        const lines = this.byTime();
        if (lines !== null) {
            this.places ??= new Map(lines.map((l, i) => [`${l.number}:${l.stream}`, i]));
            return this.places.get(`${number}:${stream}`) ?? -1;
        }
        let before = 0;
        for (const s of this.shown) {
            if (s.name === stream) return before + number;
            before += s.lineCount;
        }
        return -1;
    }

    /* What is in view; what of it is missing comes by and by. */
    slice(from: number, to: number): LogEntry[] {
        this.looks++;
        const lines = this.byTime();
        if (lines !== null) return lines.slice(from, to);
        const out: LogEntry[] = [];
        let before = 0;
        for (const stream of this.shown) {
            const end = Math.min(to - before, stream.lineCount);
            for (let number = Math.max(0, from - before); number < end; number++) out.push(this.entry(stream.name, number));
            before += stream.lineCount;
        }
        return out;
    }

    /* What was pushed: lines in the order in which they were written. */
    take(lines: readonly LogLine[]): void {
        for (const line of lines) {
            const stream = this.streamOf(line);
            const known = stream.lineCount;
            stream.lineCount = Math.max(known, line.number + 1);
            const place = placeOf(line.stream, line.number);
            const first = line.number - (line.number % PART);
            if (!this.parts.has(place) && first < known) continue; /* will be asked for when it is seen */
            const part = this.parts.get(place) ?? this.makePart(place, true);
            part.lines.set(line.number, line);
        }
        this.tell();
    }

    /* Lines have changed, and nobody said which. */
    forget(): void {
        this.age++;
        for (const part of this.parts.values()) {
            part.isWhole = false;
            part.isAsked = false;
        }
        this.tell();
    }

    /* Everything that is shown, by time; null where it is of one writer, too much to be held, or not all here yet: what is
     * missing is asked for. */
    byTime(): readonly LogLine[] | null {
        const { shown } = this;
        const count = shown.reduce((sum, s) => sum + Math.ceil(s.lineCount / PART), 0);
        if (shown.length < 2 || count > PARTS_MAX) return null;
        let missing = 0;
        for (const { name, lineCount } of shown)
            for (let first = 0; first < lineCount; first += PART) {
                const part = this.look(name, first);
                if (part.isWhole) continue;
                if (part.lines.size < Math.min(PART, lineCount - first)) missing++;
                if (missing <= ASKED_AT_ONCE) this.want(part, name, first);
            }
        if (missing > 0) return null;
        return (this.ordered ??= mergeByTime(shown.map((s) => this.linesOf(s))));
    }

    private linesOf({ name, lineCount }: LogStream): LogLine[] {
        return Array.from({ length: lineCount }, (_, number) => {
            const line = this.parts.get(placeOf(name, number))?.lines.get(number);
            return line ?? blank(name, number);
        });
    }

    private tell(): void {
        this.ordered = null;
        this.places = null;
        this.changed();
    }

    private look(stream: string, number: number): Part {
        const place = placeOf(stream, number);
        const part = this.parts.get(place) ?? this.makePart(place, false);
        part.seen = this.looks;
        return part;
    }

    private want(part: Part, stream: string, first: number): void {
        if (!part.isWhole && !part.isAsked) this.fill(part, stream, first).catch(() => undefined); /* the next look asks again */
    }

    private streamOf(line: LogLine): LogStream {
        let stream = this.streams.find((s) => s.name === line.stream);
        if (stream === undefined) {
            stream = { name: line.stream, label: line.label, lineCount: 0 };
            this.streams = [...this.streams, stream].sort((a, b) => (a.name < b.name ? -1 : 1));
        }
        return stream;
    }

    private entry(stream: string, number: number): LogEntry {
        const part = this.look(stream, number);
        this.want(part, stream, number - (number % PART));
        const line = part.lines.get(number);
        if (line !== undefined) return line;
        return part.isWhole ? blank(stream, number) : { stream, number, line: null };
    }

    private async fill(part: Part, stream: string, first: number): Promise<void> {
        const { age } = this;
        part.isAsked = true;
        try {
            const lines = await this.ask(stream, first, PART);
            if (age !== this.age) return;
            for (const line of lines)
                if (line.stream === stream && line.number < first + PART) part.lines.set(line.number, line);
            part.isWhole = true;
        } finally {
            if (age === this.age) part.isAsked = false;
        }
        this.tell();
    }

    private makePart(place: string, isWhole: boolean): Part {
        const part = { lines: new Map<number, LogLine>(), isWhole, isAsked: false, seen: this.looks };
        this.parts.set(place, part);
        if (this.parts.size > PARTS_MAX) {
            const [oldest] = [...this.parts].filter(([p]) => p !== place).sort((a, b) => a[1].seen - b[1].seen);
            this.parts.delete(oldest![0]);
        }
        return part;
    }

    get heldLines(): number {
        return [...this.parts.values()].reduce((sum, p) => sum + p.lines.size, 0);
    }
}

const blank = (stream: string, number: number): LogLine => ({ stream, number, timestamp: null, level: null, label: null, line: "" });

/* The lines of each writer stay in their order: one without a time, or with an earlier one, goes with the line before it. */
export function mergeByTime(writers: readonly (readonly LogLine[])[]): LogLine[] {
    const timed = writers.flatMap((lines) => {
        let time = "";
        return lines.map((line) => {
            const own = (line.timestamp ?? "").replace(/Z$/, "");
            if (own > time) time = own;
            return { time, line };
        });
    });
    return timed.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)).map((t) => t.line);
}

const placeOf = (stream: string, number: number) => `${Math.floor(number / PART)}:${stream}`;
export const labelOf = (stream: LogStream) => stream.label ?? stream.name;
