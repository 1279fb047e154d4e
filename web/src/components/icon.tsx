/* icon.tsx - the page's small drawings, as strokes on a 16 by 16 grid. */

const PATHS = {
    auto: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
    back: "M9.5 3 4.5 8l5 5",
    bell: "M4 11V7.2a4 4 0 0 1 8 0V11l1.2 1.5H2.8zM6.6 12.5a1.5 1.5 0 0 0 2.8 0",
    chart: "M2 13h12M3 10l3-4 3 2 4-5",
    check: "M3 8.5 6.5 12 13 4.5",
    chevron: "M4 6l4 4 4-4",
    close: "M4 4l8 8M12 4l-8 8",
    columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
    comment: "M2.5 3h11v8H8l-3 2.5V11H2.5z",
    copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
    dots: "M3.5 8h.01M8 8h.01M12.5 8h.01",
    down: "M8 3v10M4 9l4 4 4-4",
    download: "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10",
    edit: "M3 13l.8-3L10.5 3.3l2.2 2.2L6 12.2z",
    eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
    eyeOff: "M2.5 2.5l11 11M6.5 3.7A7 7 0 0 1 8 3.5c4 0 6.5 4.5 6.5 4.5a12 12 0 0 1-2 2.4M4.3 5A12 12 0 0 0 1.5 8S4 12.5 8 12.5a6.5 6.5 0 0 0 2.6-.55",
    file: "M4 1.8h5l3 3v9.4H4zM9 1.8v3h3",
    filter: "M2 3.5h12l-4.6 5.2v4.3l-2.8-1.5V8.7z",
    folder: "M1.8 4h4.4l1.5 1.6h6.5V13H1.8z",
    full: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
    grip: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
    group: "M2.5 3h5v4h-5zM2.5 9h5v4h-5zM10 5h3.5M10 11h3.5",
    layers: "M8 2 14 5.5 8 9 2 5.5zM2.5 8.5 8 11.5l5.5-3M2.5 11 8 14l5.5-3",
    link: "M6.8 9.2l2.4-2.4M7.5 4.8 9 3.3a2.6 2.6 0 0 1 3.7 3.7l-1.5 1.5M8.5 11.2 7 12.7A2.6 2.6 0 0 1 3.3 9l1.5-1.5",
    lock: "M3.8 7.5h8.4v6H3.8zM5.5 7.5V5.2a2.5 2.5 0 0 1 5 0v2.3",
    minus: "M3 8h10",
    moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
    panel: "M2 3h12v10H2zM9.5 3v10",
    pin: "M9.5 2 14 6.5 10.5 8 8.5 12.5 3.5 7.5 8 5.5zM6 10l-3.5 3.5",
    plus: "M8 3v10M3 8h10",
    redo: "M12.5 6.5h-6a3.5 3.5 0 0 0 0 7H10M9.5 3.5l3 3-3 3",
    question: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.3M8 11.2h.01",
    reset: "M3 8a5 5 0 1 1 1.6 3.7M3 12.5V8.5h4",
    search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14",
    settings: "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 2.8v3.4M5.5 9.8v3.4",
    snow: "M8 1.8v12.4M2.6 4.9l10.8 6.2M13.4 4.9 2.6 11.1M6.3 3 8 4.5 9.7 3M6.3 13 8 11.5 9.7 13",
    sort: "M5 3v10M2.5 10.5 5 13l2.5-2.5M11 13V3M8.5 5.5 11 3l2.5 2.5",
    star: "M8 2l1.8 3.8 4.2.6-3 2.9.7 4.2L8 11.5l-3.7 2 .7-4.2-3-2.9 4.2-.6z",
    table: "M2 3h12v10H2zM2 6.5h12M2 9.8h12M6.5 3v10",
    trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9",
    up: "M8 13V3M4 7l4-4 4 4",
    undo: "M3.5 6.5h6a3.5 3.5 0 0 1 0 7H6M6.5 3.5l-3 3 3 3",
    user: "M8 2.5a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM2.5 14c.6-3 2.7-4.3 5.5-4.3s4.9 1.3 5.5 4.3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
    const isDots = name === "dots" || name === "grip";
    return (
        <svg
            class="icon"
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            stroke-width={isDots ? 2 : 1.4}
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d={PATHS[name]} />
        </svg>
    );
}

/* A button that is only a drawing; its name is for screen readers and the pointer that rests on it. */
export function IconButton(props: {
    icon: IconName;
    label: string;
    onClick?: (e: MouseEvent) => void;
    isOn?: boolean;
    disabled?: boolean;
    class?: string;
}) {
    return (
        <button
            type="button"
            class={`icon-button ${props.isOn ? "is-on" : ""} ${props.class ?? ""}`}
            title={props.label}
            aria-label={props.label}
            aria-pressed={props.isOn}
            disabled={props.disabled}
            onClick={props.onClick}
        >
            <Icon name={props.icon} />
        </button>
    );
}
