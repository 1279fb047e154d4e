/* login.tsx - name and password, or an API key. */

import { useState } from "preact/hooks";
import { ApiError } from "../api";
import { Logo } from "../components/top_bar";
import { t } from "../i18n";
import { navigate } from "../router";
import { logIn, nextPath } from "../session";

export default function Login() {
    const [name, setName] = useState("");
    const [secret, setSecret] = useState("");
    const [failure, setFailure] = useState("");
    const [isBusy, setBusy] = useState(false);
    const submit = async (e: Event) => {
        e.preventDefault();
        setBusy(true);
        setFailure("");
        try {
            await logIn(name.trim() === "" ? "api" : name.trim(), secret.trim());
            navigate(nextPath(), "replace");
        } catch (error) {
            setFailure(
                error instanceof ApiError && (error.status === 401 || error.status === 403)
                    ? t("login.wrong")
                    : String((error as Error).message),
            );
        }
        setBusy(false);
    };
    return (
        <main class="narrow">
            <h1 class="brand">
                <Logo /> Barograph
            </h1>
            <form class="card stack" onSubmit={submit}>
                <label class="field">
                    <span>{t("login.name")}</span>
                    <input
                        class="input"
                        name="username"
                        autocomplete="username"
                        autofocus
                        value={name}
                        onInput={(e) => setName(e.currentTarget.value)}
                    />
                </label>
                <label class="field">
                    <span>{t("login.secret")}</span>
                    <input
                        class="input"
                        name="password"
                        type="password"
                        autocomplete="current-password"
                        required
                        value={secret}
                        onInput={(e) => setSecret(e.currentTarget.value)}
                    />
                </label>
                <div role="alert">{failure !== "" && <p class="notice is-bad">{failure}</p>}</div>
                <button class="button primary" disabled={isBusy || secret === ""}>
                    {t("login.button")}
                </button>
                <p class="small muted">{t("login.hint")}</p>
            </form>
        </main>
    );
}
