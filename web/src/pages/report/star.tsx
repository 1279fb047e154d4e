/* star.tsx - keeps a report at hand: it stands on the first page then. */

import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { fetchStars, setStar, type Stars } from "../../queries/discussions";

export function StarButton({ id }: { id: string }) {
    const [stars, setStars] = useState<Stars | null>(null);
    useEffect(() => void fetchStars(id).then(setStars, () => undefined /* no star, no button */), [id]);
    if (stars === null) return null;
    const label = t(stars.starred ? "report.unstar" : "report.star");
    return (
        <button type="button" class={`button star ${stars.starred ? "is-on" : ""}`} title={label} aria-label={label} aria-pressed={stars.starred} onClick={() => void setStar(id, !stars.starred).then(setStars, sayError)}>
            <Icon name="star" />
            {stars.starCount > 0 && stars.starCount}
        </button>
    );
}
