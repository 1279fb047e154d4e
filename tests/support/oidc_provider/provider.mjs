/* provider.mjs - a real provider of OpenID Connect (oidc-provider), with its own log-in form, for tests.
 *
 * Usage: node provider.mjs SETTINGS.json. The file is read again for each person who logs in, so that tests can change who
 * is in which group; everything else counts from the start: {port, client, secret, redirect, algorithm, keys, inToken, people}.
 */

import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const read = () => JSON.parse(readFileSync(process.argv[2], "utf8"));
const settings = read();

const provider = new Provider(`http://127.0.0.1:${settings.port}`, {
    clients: [
        {
            client_id: settings.client,
            client_secret: settings.secret,
            redirect_uris: [settings.redirect],
            post_logout_redirect_uris: [settings.redirect.replace("/api/oidc/return", "/login")],
            grant_types: ["authorization_code"],
            response_types: ["code"],
            id_token_signed_response_alg: settings.algorithm,
            token_endpoint_auth_method: settings.way ?? "client_secret_basic",
        },
    ],
    jwks: { keys: settings.keys },
    claims: {
        openid: ["sub"],
        profile: ["name", "preferred_username"],
        email: ["email", "email_verified"],
        groups: ["groups"],
    },
    scopes: ["openid", "profile", "email", "groups"],
    /* As the specification wants it they are asked for afterwards; many providers put them into the token. */
    conformIdTokenClaims: !settings.inToken,
    pkce: { required: () => true, methods: ["S256"] },
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ["only-for-tests"] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({ sub: id, ...(read().people[id] ?? {}) }),
    }),
});

provider.listen(settings.port, "127.0.0.1", () => console.log("ready"));
process.on("SIGTERM", () => process.exit(0));
