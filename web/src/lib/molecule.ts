/* molecule.ts - molecules as runs log them (pdb, pqr, sdf, mol, mol2, cif, gro), as balls and sticks. */

import { SceneBuilder, type Scene } from "./scene";
import { SceneError } from "./scene_read";

export interface Atom {
    element: string;
    at: [number, number, number];
}

export interface Molecule {
    atoms: Atom[];
    bonds: [number, number][] | null /* null: the file does not say */;
}

/* Colours and covalent radii (in angstrom) that chemists know. */
const ELEMENTS: Record<string, [number, number]> = {
    H: [0xe6e6e6, 0.31],
    C: [0x606060, 0.76],
    N: [0x3050f8, 0.71],
    O: [0xe0201a, 0.66],
    F: [0x60c040, 0.57],
    P: [0xff8000, 1.07],
    S: [0xd8c020, 1.05],
    CL: [0x30b030, 1.02],
    BR: [0xa62929, 1.2],
    I: [0x940094, 1.39],
    FE: [0xe06633, 1.32],
    MG: [0x6aae00, 1.41],
    CA: [0x3dc000, 1.76],
    ZN: [0x7d80b0, 1.22],
    NA: [0xab5cf2, 1.66],
    K: [0x8f40d4, 2.03],
};
const OTHER: [number, number] = [0xc060c0, 1.2];
const MAX_ATOMS = 200_000;
const BOND_SLACK = 1.25;

export function readMolecule(path: string, text: string): Molecule {
    const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
    const reader: Record<string, (t: string) => Molecule> = {
        pdb: readPdb, pqr: readPqr, sdf: readMol, sd: readMol, mol: readMol, mol2: readMol2, cif: readCif, mcif: readCif, mmcif: readCif, gro: readGro,
    };
    const read = reader[ending];
    if (read === undefined) throw new SceneError(`there is no reader for .${ending} files`);
    const molecule = read(text);
    return { ...molecule, atoms: molecule.atoms.slice(0, MAX_ATOMS) };
}

function elementOf(name: string): string {
    const letters = name.replace(/[^A-Za-z]/g, "").toUpperCase();
    return letters.slice(0, 2) in ELEMENTS && letters.length === 2 ? letters : letters.slice(0, 1);
}

function readPdb(text: string): Molecule {
    const atoms = text
        .split("\n")
        .filter((l) => l.startsWith("ATOM") || l.startsWith("HETATM"))
        .map((l): Atom => {
            const named = l.slice(76, 78).trim();
            return {
                element: named !== "" ? named.toUpperCase() : elementOf(l.slice(12, 14)),
                at: [Number(l.slice(30, 38)), Number(l.slice(38, 46)), Number(l.slice(46, 54))],
            };
        });
    return { atoms, bonds: null };
}

/* Words, not columns: x y z are the fifth to third from the end. */
function readPqr(text: string): Molecule {
    const atoms = text
        .split("\n")
        .filter((l) => l.startsWith("ATOM") || l.startsWith("HETATM"))
        .map((l): Atom => {
            const words = l.trim().split(/\s+/);
            return { element: elementOf(words[2] ?? ""), at: words.slice(-5, -2).map(Number) as Atom["at"] };
        });
    return { atoms, bonds: null };
}

function readMol(text: string): Molecule {
    const lines = text.split("\n");
    const counts = lines[3] ?? "";
    const atomCount = Math.min(parseInt(counts.slice(0, 3), 10) || 0, lines.length);
    const bondCount = Math.min(parseInt(counts.slice(3, 6), 10) || 0, lines.length);
    const atoms = lines.slice(4, 4 + atomCount).map((l): Atom => {
        const words = l.trim().split(/\s+/);
        return { element: (words[3] ?? "").toUpperCase(), at: words.slice(0, 3).map(Number) as Atom["at"] };
    });
    const bonds = lines
        .slice(4 + atomCount, 4 + atomCount + bondCount)
        .map((l): [number, number] => [parseInt(l.slice(0, 3), 10) - 1, parseInt(l.slice(3, 6), 10) - 1]);
    return { atoms, bonds };
}

function readMol2(text: string): Molecule {
    const part = (name: string) => (text.split(`@<TRIPOS>${name}`)[1] ?? "").split("@<TRIPOS>")[0]!.trim().split("\n");
    const atoms = part("ATOM").map((l): Atom => {
        const words = l.trim().split(/\s+/);
        return { element: (words[5] ?? "").split(".")[0]!.toUpperCase(), at: words.slice(2, 5).map(Number) as Atom["at"] };
    });
    const bonds = part("BOND").map((l): [number, number] => {
        const words = l.trim().split(/\s+/).map(Number);
        return [words[1]! - 1, words[2]! - 1];
    });
    return { atoms, bonds };
}

function readCif(text: string): Molecule {
    const lines = text.split("\n").map((l) => l.trim());
    const start = lines.findIndex((l) => l.startsWith("_atom_site."));
    const names: string[] = [];
    let at = Math.max(0, start);
    while (lines[at]?.startsWith("_atom_site.")) names.push(lines[at++]!.slice(11));
    const place = (name: string) => names.indexOf(name);
    const [element, x, y, z] = [place("type_symbol"), place("Cartn_x"), place("Cartn_y"), place("Cartn_z")];
    const atoms: Atom[] = [];
    for (; start >= 0 && at < lines.length && lines[at] !== "" && !/^[#_]|^loop_/.test(lines[at]!); at++) {
        const words = lines[at]!.split(/\s+/);
        atoms.push({ element: (words[element] ?? "").toUpperCase(), at: [Number(words[x]), Number(words[y]), Number(words[z])] });
    }
    return { atoms, bonds: null };
}

/* Nanometres. */
function readGro(text: string): Molecule {
    const lines = text.split("\n");
    const count = parseInt(lines[1] ?? "", 10) || 0;
    const atoms = lines.slice(2, 2 + count).map((l): Atom => ({
        element: elementOf(l.slice(10, 15).trim()).slice(0, 1),
        at: [20, 28, 36].map((c) => Number(l.slice(c, c + 8)) * 10) as Atom["at"],
    }));
    return { atoms, bonds: null };
}

/* Two atoms are bound when they are about as near as their radii say; found cell by cell, so that proteins are quick. */
export function guessBonds(atoms: readonly Atom[]): [number, number][] {
    const CELL = 3;
    const cells = new Map<string, number[]>();
    const cellOf = (a: Atom, dx = 0, dy = 0, dz = 0) =>
        `${Math.floor(a.at[0] / CELL) + dx},${Math.floor(a.at[1] / CELL) + dy},${Math.floor(a.at[2] / CELL) + dz}`;
    const out: [number, number][] = [];
    atoms.forEach((atom, i) => {
        const [, radius] = ELEMENTS[atom.element] ?? OTHER;
        for (let dx = -1; dx <= 1; dx++)
            for (let dy = -1; dy <= 1; dy++)
                for (let dz = -1; dz <= 1; dz++)
                    for (const k of cells.get(cellOf(atom, dx, dy, dz)) ?? []) {
                        const other = atoms[k]!;
                        const reach = (radius + (ELEMENTS[other.element] ?? OTHER)[1]) * BOND_SLACK;
                        if (Math.hypot(...atom.at.map((v, c) => v - other.at[c]!)) < reach) out.push([k, i]);
                    }
        const key = cellOf(atom);
        cells.set(key, [...(cells.get(key) ?? []), i]);
    });
    return out;
}

export function moleculeScene(molecule: Molecule): Scene {
    const builder = new SceneBuilder();
    for (const atom of molecule.atoms) {
        const [color, radius] = ELEMENTS[atom.element] ?? OTHER;
        builder.ball(atom.at, radius * 0.45, color);
    }
    for (const [a, b] of molecule.bonds ?? guessBonds(molecule.atoms)) {
        const [from, to] = [molecule.atoms[a], molecule.atoms[b]];
        if (!from || !to) continue;
        const middle = from.at.map((v, i) => (v + to.at[i]!) / 2);
        builder.line(from.at, middle, (ELEMENTS[from.element] ?? OTHER)[0]);
        builder.line(middle, to.at, (ELEMENTS[to.element] ?? OTHER)[0]);
    }
    return builder.build();
}
