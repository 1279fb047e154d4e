/* app.tsx - the frame: top bar, the page that the address names, and what has to be said over it. */

import { Component, type ComponentChildren, type ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "./i18n";
import { address, current, isBare, type Match } from "./router";
import type { PageProps, Route } from "./routes";
import { goToLogin, learnRights, viewer } from "./session";
import { isOffline } from "./live";
import { FailedPage } from "./components/failed_page";
import { Question } from "./components/question";
import { Toast } from "./components/toast";
import { TopBar } from "./components/top_bar";

const loaded = new Map<() => Promise<unknown>, ComponentType<PageProps>>();

/* Once it is loaded, its page is drawn without waiting. */
export async function loadPage(route: Route | undefined): Promise<void> {
    if (route !== undefined && !loaded.has(route.page)) loaded.set(route.page, (await route.page()).default);
}

export function App() {
    const match = current.value;
    const [, redraw] = useState(0);
    const [failed, setFailed] = useState<Route["page"]>();
    const load = match?.route.page;
    useEffect(() => {
        if (match)
            document.title = [match.params["run"], match.params["project"] ?? match.params["entity"], t(match.route.title), "Barograph"]
                .filter(Boolean)
                .join(" · ");
        if (!load || loaded.has(load)) return;
        loadPage(match!.route).then(
            () => redraw((n) => n + 1),
            () => setFailed(() => load),
        );
    }, [match?.route, address.value.path]);
    const { entity, project } = match?.params ?? {};
    useEffect(() => void learnRights(entity, project), [entity, project, viewer.value?.username]);

    if (match !== null && !match.route.isPublic && viewer.value === null) {
        goToLogin();
        return null;
    }
    const Page = load ? loaded.get(load) : undefined;
    const hasNoBar = isBare.value || match?.route.path === "/login" || match?.route.path === "/shared/:token";
    return (
        <>
            {!hasNoBar && <TopBar params={match?.params ?? {}} path={match?.route.path ?? ""} />}
            {isOffline.value && (
                <div class="offline" role="status">
                    {t("live.offline")}
                </div>
            )}
            <Guard key={placeOf(match)} at={address.value.path}>
                {match === null ? (
                    <NotFound />
                ) : Page ? (
                    <Page params={match.params} />
                ) : failed !== undefined && failed === load ? (
                    <FailedPage why={t("error.unreachable")} />
                ) : (
                    <main aria-busy="true" />
                )}
            </Guard>
            <Question />
            <Toast />
        </>
    );
}

/* Of what a page shows; its tabs and what is open in them are the page's own matter: it stays, and with it what it has loaded. */
function placeOf(match: Match | null): string {
    const parts = Object.entries(match?.params ?? {}).filter(([name]) => !["tab", "path", "version"].includes(name));
    return JSON.stringify(parts);
}

export function NotFound() {
    return (
        <main class="page">
            <h1>{t("error.not_found")}</h1>
            <p class="muted">{t("error.not_found_hint")}</p>
            <a class="button" href="/">
                {t("nav.home")}
            </a>
        </main>
    );
}

/* A page that fails says so and leaves the rest of the frame usable. */
class Guard extends Component<{ children: ComponentChildren; at: string }, { failure: string | null }> {
    override state = { failure: null };
    override componentDidUpdate(before: { at: string }) {
        if (before.at !== this.props.at && this.state.failure !== null) this.setState({ failure: null });
    }
    override componentDidCatch(error: unknown) {
        console.error(error);
        this.setState({ failure: error instanceof Error ? error.message : String(error) });
    }
    override render() {
        if (this.state.failure === null) return this.props.children;
        return (
            <main class="page">
                <h1>{t("error.page")}</h1>
                <pre class="snippet">{this.state.failure}</pre>
            </main>
        );
    }
}
