/* config.h - what a server can be told, as one table of options. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "base/options.h"

struct config {
    struct str admin_key, admin_key_file;
    struct str blobs;
    struct str data;
    struct str database;
    struct str files_url;
    struct str hosts;
    struct str listen;
    struct str log_level;
    struct str oidc_accounts, oidc_admin_group, oidc_client, oidc_groups_claim, oidc_issuer, oidc_label, oidc_scopes;
    struct str oidc_secret, oidc_secret_file, oidc_teams, oidc_teams_file;
    struct str passwords;
    struct str public_url;
    struct str secret, secret_file;
    struct str smtp, smtp_file, smtp_from;
    struct str tls_cert, tls_key;
    struct str trusted_proxies;
    struct str webhook_networks;
    int64_t cache_gib;
    int64_t clean_every_s, crash_after_s;
    int64_t trash_days;
    int64_t entity_quota_mb, project_quota_mb;
    int64_t max_connections;
    int64_t oidc_session_hours;
    int64_t workers;
    bool force;
    bool oidc_link_email;
    bool insecure;
    bool access_log;
};

extern const struct options config_options;

#endif
