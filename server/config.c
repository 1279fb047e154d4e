/* config.c - see config.h. */
#include "server/config.h"

#include <stddef.h>

#define AT(member) offsetof(struct config, member)

/* Sorted by name. */
static const struct option rows[] = {
    { "access-log", NULL, OPTION_FLAG, false, AT(access_log), NULL, "log each request" },
    { "admin-key", "KEY", OPTION_TEXT, false, AT(admin_key), NULL,
      "the key of the first administrator, 40 or more characters; made up when not given" },
    { "admin-key-file", "FILE", OPTION_TEXT, false, AT(admin_key_file), NULL, "a file that holds it: command lines are seen by others" },
    { "blobs", "URL", OPTION_TEXT, false, AT(blobs), NULL,
      "where files live: s3://BUCKET[/PREFIX][?endpoint=URL&region=R&direct=on]; the data folder by default" },
    { "cache-gib", "GIB", OPTION_COUNT, false, AT(cache_gib), "20",
      "with --blobs s3://...: how much of it is kept in the data folder" },
    { "crash-after-s", "SECONDS", OPTION_COUNT, false, AT(crash_after_s), "300",
      "a run that has not been heard of for so long is crashed" },
    { "data", "DIR", OPTION_TEXT, false, AT(data), NULL, "the data folder (default $XDG_DATA_HOME/barograph)" },
    { "database", "URL", OPTION_TEXT, false, AT(database), NULL, "SQLite inside the data folder by default" },
    { "entity-quota-mb", "MIB", OPTION_COUNT, false, AT(entity_quota_mb), "0", "what a person or team may store; 0: no limit" },
    { "files-url", "URL", OPTION_TEXT, false, AT(files_url), NULL, "another origin of this server, that logged files are served from" },
    { "force", NULL, OPTION_FLAG, false, AT(force), NULL, "accept a data folder on a network file system" },
    { "hosts", "NAMES", OPTION_TEXT, false, AT(hosts), NULL, "names, comma separated, that requests may ask for" },
    { "insecure", NULL, OPTION_FLAG, false, AT(insecure), NULL, "listen beyond this machine without TLS" },
    { "listen", "HOST:PORT", OPTION_TEXT, false, AT(listen), "127.0.0.1:8080", "port 0 picks a free one" },
    { "log-level", "LEVEL", OPTION_TEXT, false, AT(log_level), "info", "debug, info, warn or error" },
    { "max-connections", "N", OPTION_COUNT, false, AT(max_connections), "0", "0: 20,000, or what the process may open" },
    { "oidc-accounts", "WHO", OPTION_TEXT, false, AT(oidc_accounts), "any",
      "who gets an account at the first log-in at the provider: any, mapped (a group of the person's is mapped) or known (nobody)" },
    { "oidc-admin-group", "GROUP", OPTION_TEXT, false, AT(oidc_admin_group), NULL, "the provider's group whose members administer this server" },
    { "oidc-client", "ID", OPTION_TEXT, false, AT(oidc_client), NULL, "what the provider calls this server" },
    { "oidc-groups-claim", "NAME", OPTION_TEXT, false, AT(oidc_groups_claim), "groups", "the claim that holds a person's groups" },
    { "oidc-issuer", "URL", OPTION_TEXT, false, AT(oidc_issuer), NULL, "a provider of OpenID Connect that people log in at" },
    { "oidc-label", "TEXT", OPTION_TEXT, false, AT(oidc_label), "Single sign-on", "what stands on its button" },
    { "oidc-link-email", NULL, OPTION_FLAG, false, AT(oidc_link_email), NULL,
      "a first log-in with an address that the provider has verified is that of the account with this address" },
    { "oidc-scopes", "SCOPES", OPTION_TEXT, false, AT(oidc_scopes), "openid profile email", "what the provider is asked for" },
    { "oidc-secret", "TEXT", OPTION_TEXT, false, AT(oidc_secret), NULL, "the client's secret (better as BAROGRAPH_OIDC_SECRET, or in a file)" },
    { "oidc-secret-file", "FILE", OPTION_TEXT, false, AT(oidc_secret_file), NULL, "a file that holds it: command lines are seen by others" },
    { "oidc-session-hours", "HOURS", OPTION_COUNT, false, AT(oidc_session_hours), "24", "after so long people have to log in at the provider again" },
    { "oidc-teams", "LIST", OPTION_TEXT, false, AT(oidc_teams), NULL, "TEAM=GROUP[:ROLE], comma separated: groups of the provider are members of teams" },
    { "oidc-teams-file", "FILE", OPTION_TEXT, false, AT(oidc_teams_file), NULL, "a file of such entries, one a line" },
    { "passwords", "on|off", OPTION_TEXT, false, AT(passwords), "on", "off: people log in at the provider or with API keys only" },
    { "project-quota-mb", "MIB", OPTION_COUNT, false, AT(project_quota_mb), "0", "what one project may store; 0: no limit" },
    { "public-url", "URL", OPTION_TEXT, false, AT(public_url), NULL, "how people reach this server; builds every link" },
    { "secret", "DIGITS", OPTION_TEXT, false, AT(secret), NULL,
      "what secret.key would hold; the same for all servers of one database (better as BAROGRAPH_SECRET)" },
    { "secret-file", "FILE", OPTION_TEXT, false, AT(secret_file), NULL, "a file that holds it, instead of secret.key in the data folder" },
    { "smtp", "URL", OPTION_TEXT, false, AT(smtp), NULL, "smtp://[USER:PASSWORD@]HOST[:PORT] or smtps://...: mails of alerts go there" },
    { "smtp-file", "FILE", OPTION_TEXT, false, AT(smtp_file), NULL, "a file that holds that URL: command lines are seen by others" },
    { "smtp-from", "ADDRESS", OPTION_TEXT, false, AT(smtp_from), NULL, "whom mails come from" },
    { "tls-cert", "FILE", OPTION_TEXT, false, AT(tls_cert), NULL, "certificate chain, PEM" },
    { "tls-key", "FILE", OPTION_TEXT, false, AT(tls_key), NULL, "its private key, PEM" },
    { "trash-days", "DAYS", OPTION_COUNT, false, AT(trash_days), "7", "how long what was deleted can be brought back; 0: not at all" },
    { "trusted-proxies", "NETS", OPTION_TEXT, false, AT(trusted_proxies), NULL,
      "addresses or networks whose X-Forwarded headers count" },
    { "webhook-networks", "NETS", OPTION_TEXT, false, AT(webhook_networks), NULL,
      "private addresses or networks that webhooks may reach; public ones always" },
    { "workers", "N", OPTION_COUNT, false, AT(workers), "0", "threads that answer requests; 0: twice the cores" },
};

const struct options config_options = { rows, sizeof rows / sizeof rows[0] };
