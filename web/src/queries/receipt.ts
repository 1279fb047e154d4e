/* receipt.ts - what the server received for a run, what it kept, and what it did not and why. */

import { getJson } from "../api";

interface RowCounts {
    rowsReceived: number;
    rowsStored: number;
    rowsSuperseded: number;
    rowsRepeated: number;
    pointsReceived: number;
    lineGaps: { writer: string; first: number; last: number }[];
}

export interface Receipt {
    requests: number;
    bytes: number;
    lastAt: string | null;
    history: RowCounts;
    events: RowCounts;
    console: { linesReceived: number; linesStored: number };
    droppedByClient: number;
    linesRepaired: number;
    requestsOverQuota: number;
    refused: { lines: number; kept: { file: string; line: number; reason: string; bytes: number }[] };
    files: { stored: number; bytes: number; missing: number; missingUploads: { name: string }[] };
}

export async function fetchReceipt(entity: string, project: string, run: string): Promise<Receipt> {
    return getJson<Receipt>(["/api/runs", entity, project, run].map((part, i) => (i === 0 ? part : encodeURIComponent(part))).join("/") + "/receipt");
}
