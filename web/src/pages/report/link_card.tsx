/* link_card.tsx - links shown as cards: those to this server with title and state as they are now, others with the title that their
 * author gave them and the host they lead to. Nothing is ever asked of other hosts. */

import { useEffect, useRef, useState } from "preact/hooks";
import { TextInput } from "../../components/controls";
import { Icon, IconButton, type IconName } from "../../components/icon";
import { language, t, type MessageName } from "../../i18n";
import { addressOfCard, cardTarget, type CardTarget } from "../../lib/card_link";
import { formatAgo } from "../../lib/format";
import { cardsOf, markdownToInline, withCards, NEW_BLOCKS, type Block, type Card } from "../../lib/report_blocks";
import { fetchCard, type CardInfo } from "../../queries/cards";
import { sharedToken } from "../../shared";

const targetOf = (card: Card): CardTarget => (card.reportId !== "" ? { kind: "report", id: card.reportId } : cardTarget(card.url, window.location.origin));

export function CardsView({ block }: { block: Block }) {
    const cards = cardsOf(block).filter((c) => c.reportId !== "" || c.url !== "");
    return (
        <div class="link-cards">
            {cards.map((card, i) => (
                <CardView key={i} card={card} />
            ))}
        </div>
    );
}

const KINDS: Partial<Record<CardTarget["kind"], [IconName, MessageName]>> = {
    run: ["chart", "card.run"],
    sweep: ["sort", "card.sweep"],
    artifact: ["layers", "card.artifact"],
    report: ["file", "card.report"],
    project: ["folder", "card.project"],
};

function CardView({ card }: { card: Card }) {
    const target = targetOf(card);
    const [info, setInfo] = useState<CardInfo | null | undefined>(undefined);
    /* Who follows a link to the report may see nothing else. */
    const isAsked = target.kind in KINDS && sharedToken.value === null;
    useEffect(() => {
        let isOver = false;
        setInfo(undefined);
        if (isAsked) fetchCard(target).then((i) => !isOver && setInfo(i), () => !isOver && setInfo(null));
        return () => void (isOver = true);
    }, [card.url, card.reportId]);
    const kind = KINDS[target.kind];
    const { address, isOutside } = addressOfCard(card.url, info?.path ?? "", window.location.origin);
    const title = info?.title || card.title || fallbackTitle(card, target);
    const body = (
        <>
            <Icon name={kind?.[0] ?? "link"} />
            <span class="link-card-body">
                <b class="clip">{title}</b>
                {card.description !== "" && <span class="small">{card.description}</span>}
                <span class="muted small row">
                    {kind ? t(kind[1]) : target.kind === "outside" ? target.host : target.kind === "page" ? target.path : ""}
                    {info?.state && <span class={`state state-${info.state}`}>{stateName(info.state)}</span>}
                    {info?.runCount != null && <span>{t("table.count", { count: info.runCount })}</span>}
                    {info?.user && <span>{info.user}</span>}
                    {info?.changedAt && <span>{formatAgo(info.changedAt, Date.now(), language)}</span>}
                    {isAsked && info === null && <span>{t("card.gone")}</span>}
                </span>
            </span>
        </>
    );
    if (address === "") return <div class="link-card">{body}</div>;
    if (isOutside)
        return (
            <a class="link-card" href={address} rel="noopener noreferrer nofollow" target="_blank">
                {body}
            </a>
        );
    return (
        <a class="link-card" href={address}>
            {body}
        </a>
    );
}

function fallbackTitle(card: Card, target: CardTarget): string {
    if (target.kind === "run" || target.kind === "sweep" || target.kind === "artifact") return target.name;
    if (target.kind === "project") return `${target.entity}/${target.project}`;
    if (target.kind === "report") return t("card.report");
    return card.url.replace(/^https?:\/\//, "").slice(0, 120) || t("block.card");
}

const STATES = ["running", "finished", "crashed", "failed", "killed", "pending", "preempting", "preempted"] as const;

function stateName(state: string): string {
    const known = STATES.find((s) => s === state);
    return known ? t(`state.${known}` as MessageName) : state;
}

export function CardEditor({ block, onChange, onReplace }: { block: Block; onChange: (b: Block) => void; onReplace: (b: Block) => void }) {
    /* A field tells what was typed a moment later, when another may have said something, too. */
    const now = useRef(block);
    now.current = block;
    const first = useRef<HTMLDivElement>(null);
    useEffect(() => {
        if (cardsOf(block).every((c) => c.url === "" && c.reportId === "")) first.current?.querySelector("input")?.focus();
    }, []);
    const cards = cardsOf(block);
    const change = (next: Card[]) => {
        now.current = withCards(now.current, next);
        onChange(now.current);
    };
    const put = (i: number, part: Partial<Card>) => change(cardsOf(now.current).map((c, k) => (k === i ? { ...c, ...part } : c)));
    const toText = () => {
        const links = cards.filter((c) => c.url !== "").map((c) => `[${(c.title || c.url).replace(/[[\]]/g, "")}](${c.url})`);
        onReplace({ ...NEW_BLOCKS.paragraph(), children: markdownToInline(links.join(" ")) });
    };
    return (
        <div ref={first} class="stack card-editor">
            <CardsView block={block} />
            {cards.map((card, i) => (
                <div key={i} class="row">
                    {card.reportId === "" ? (
                        <TextInput value={card.url} label={t("image.link")} placeholder="https://" onChange={(url) => put(i, { url: url.trim() })} />
                    ) : (
                        <span class="muted grow">{t("card.report")}</span>
                    )}
                    {card.reportId === "" && <TextInput value={card.title} label={t("card.title")} placeholder={t("card.title")} onChange={(title) => put(i, { title })} />}
                    {cards.length > 1 && <IconButton icon="close" label={t("action.remove")} onClick={() => change(cardsOf(now.current).filter((_, k) => k !== i))} />}
                </div>
            ))}
            <div class="row">
                <button type="button" class="link-button" onClick={() => change([...cardsOf(now.current), { url: "", reportId: "", title: "", description: "" }])}>
                    {t("card.add")}
                </button>
                {cards.some((c) => c.url !== "") && (
                    <button type="button" class="link-button" onClick={toText}>
                        {t("card.to_text")}
                    </button>
                )}
                <span class="muted small">{t("card.hint")}</span>
            </div>
        </div>
    );
}
