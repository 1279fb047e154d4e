import { expect, test } from "vitest";
import { guessBonds, moleculeScene, readMolecule } from "./molecule";
import { START_CAMERA, boundsOf, isEmpty } from "./scene";
import { makeFrame, paintScene } from "./scene_paint";
import { readScene } from "./scene_read";

const bytes = (text: string) => new TextEncoder().encode(text);
const lit = (pixels: Uint32Array) => pixels.reduce((n, p) => n + (p === 0 ? 0 : 1), 0);

test("point clouds with colours, categories, boxes and vectors are read", () => {
    const plain = readScene("a.pts.json", bytes("[[0,0,0],[1,2,3,2],[1,1,1,255,0,16],[null,1,2]]"));
    expect(plain.points.length).toBe(12); /* null counts as 0 */
    expect(plain.pointColors[2]).toBe(0xff0010);
    const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i & 1, (i >> 1) & 1, i >> 2]);
    const lidar = readScene(
        "a.pts.json",
        bytes(JSON.stringify({ type: "lidar/beta", points: [[0, 0, 0]], boxes: [{ corners, label: "car" }], vectors: [{ start: [0, 0, 0], end: [1, 1, 1] }] })),
    );
    expect(lidar.lineColors.length).toBe(13);
    expect(lidar.labels[0]!.text).toBe("car");
});

test("obj and stl meshes are read, quads as two triangles", () => {
    const obj = readScene("m.obj", bytes("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1/1/1 2/2/2 3/3/3 -1\n"));
    expect(obj.triangleColors.length).toBe(2);
    const stl = "solid\nfacet\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid";
    expect(readScene("m.stl", bytes(stl)).triangles).toHaveLength(9);
});

test("a gltf mesh is read with its matrix, and one that lies about its size is refused", () => {
    const corners = new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0]);
    const uri = "data:application/octet-stream;base64," + btoa(String.fromCharCode(...new Uint8Array(corners.buffer)));
    const gltf = {
        nodes: [{ mesh: 0, translation: [5, 0, 0] }],
        meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
        accessors: [{ bufferView: 0, componentType: 5126, count: 3, type: "VEC3" }],
        bufferViews: [{ byteLength: 36 }],
        buffers: [{ uri }],
    };
    const scene = readScene("m.gltf", bytes(JSON.stringify(gltf)));
    expect(Array.from(scene.triangles.slice(0, 3))).toEqual([5, 0, 0]);
    gltf.accessors[0]!.count = 4;
    expect(() => readScene("m.gltf", bytes(JSON.stringify(gltf)))).toThrow(/outside/);
    expect(() => readScene("m.gltf", bytes(JSON.stringify({ ...gltf, buffers: [{ uri: "https://example.invalid/x" }] })))).toThrow(/another file/);
});

test("files that are not what they say fail with a sentence", () => {
    expect(() => readScene("m.glb", bytes("nonsense, but long enough"))).toThrow(/no glb/);
    expect(() => readScene("m.xyz", bytes(""))).toThrow(/no reader/);
});

const WATER = "HETATM    1  O   HOH A   1       0.000   0.000   0.000  1.00  0.00           O\n" +
    "HETATM    2  H1  HOH A   1       0.957   0.000   0.000  1.00  0.00           H\n" +
    "HETATM    3  H2  HOH A   1      -0.240   0.927   0.000  1.00  0.00           H\n";

test("the bonds of water are found", () => {
    const water = readMolecule("w.pdb", WATER);
    expect(water.atoms.map((a) => a.element)).toEqual(["O", "H", "H"]);
    expect(guessBonds(water.atoms)).toEqual([[0, 1], [0, 2]]);
});

test("mol files say their bonds", () => {
    const mol = "\n x\n\n  2  1  0\n    0.0000    0.0000    0.0000 C   0\n    1.2000    0.0000    0.0000 O   0\n  1  2  2\nM  END\n";
    expect(readMolecule("a.sdf", mol)).toEqual({
        atoms: [{ element: "C", at: [0, 0, 0] }, { element: "O", at: [1.2, 0, 0] }],
        bonds: [[0, 1]],
    });
});

test("a scene leaves pixels, nearer things over farther ones, and an empty one none", () => {
    const frame = makeFrame(60, 60);
    paintScene(frame, moleculeScene(readMolecule("w.pdb", WATER)), START_CAMERA);
    expect(lit(frame.pixels)).toBeGreaterThan(200);
    const empty = readScene("a.json", bytes("[]"));
    expect(isEmpty(empty)).toBe(true);
    expect(boundsOf(empty).radius).toBe(1);
    paintScene(frame, empty, START_CAMERA);
    expect(lit(frame.pixels)).toBe(0);
});
