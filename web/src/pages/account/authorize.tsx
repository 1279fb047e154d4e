/* authorize.tsx - where `wandb login` sends a person for a key. */

import { NewKey } from "../../components/new_key";
import { t } from "../../i18n";

export default function Authorize() {
    return (
        <main class="narrow wide">
            <h1>{t("title.authorize")}</h1>
            <div class="card stack">
                <p>{t("keys.intro")}</p>
                <NewKey />
                <a href="/settings">{t("keys.manage")}</a>
            </div>
        </main>
    );
}
