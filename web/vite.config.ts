import { defineConfig } from "vite";

// The development server passes what is not the page's own to a running server: BAROGRAPH_URL.
declare const process: { env: Record<string, string | undefined> };
const server = process.env.BAROGRAPH_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
    esbuild: { jsx: "automatic", jsxImportSource: "preact" },
    build: {
        target: "es2022",
        // Data addresses would need a looser content security policy.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: true,
        chunkSizeWarningLimit: 8000,
        rollupOptions: { input: ["index.html", "assets/frame.html"] },
    },
    server: {
        proxy: Object.fromEntries(["/graphql", "/api", "/files", "/artifactsV2"].map((p) => [p, server])),
    },
});
