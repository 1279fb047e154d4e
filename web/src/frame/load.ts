/* load.ts - a drawing library that is a script of its own and puts itself into the window: fetched once, when first wanted. */

export function loadLibrary<T>(address: string, name: string): () => Promise<T> {
    let loaded: Promise<T> | null = null;
    return () => {
        loaded ??= new Promise((resolve, reject) => {
            const script = document.createElement("script");
            script.src = address;
            script.onload = () => resolve((window as unknown as Record<string, T>)[name]!);
            script.onerror = () => reject(new Error("the drawing library did not arrive"));
            document.head.append(script);
        });
        return loaded;
    };
}
