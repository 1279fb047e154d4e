/* login.tsx - name and password, an API key, or a provider of OpenID Connect. */

import { useState } from "preact/hooks";
import { ApiError } from "../../api";
import { Logo } from "../../components/top_bar";
import { t } from "../../i18n";
import { address, navigate } from "../../router";
import { logIn, nextPath } from "../../session";
import { useWays } from "./use_ways";

/* What a log-in at the provider came to, as /api/oidc/return says it. */
const PROBLEMS = ["email", "often", "refused", "stale", "unavailable", "unknown"] as const;

function providerProblem(): string {
    const problem = PROBLEMS.find((p) => p === address.value.query.get("problem"));
    return problem === undefined ? "" : t(`login.problem.${problem}`);
}

/* A link, for it leaves the page. */
function ProviderLink({ label }: { label: string }) {
    return (
        <a class="button" rel="external" href={`/api/oidc/begin?next=${encodeURIComponent(nextPath())}`}>
            {label}
        </a>
    );
}

export default function Login() {
    const [name, setName] = useState("");
    const [secret, setSecret] = useState("");
    const [failure, setFailure] = useState(providerProblem);
    const [isBusy, setBusy] = useState(false);
    const ways = useWays();
    const submit = async (e: Event) => {
        e.preventDefault();
        setBusy(true);
        setFailure("");
        try {
            await logIn(name.trim(), name.trim() === "" ? secret.trim() : secret);
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
                {ways.passwords && (
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
                )}
                <label class="field">
                    <span>{t(ways.passwords ? "login.secret" : "login.key")}</span>
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
                {ways.label !== null && <ProviderLink label={ways.label} />}
                {ways.passwords && <p class="small muted">{t("login.hint")}</p>}
            </form>
        </main>
    );
}
