/* oidc_options.c - see oidc_options.h. */
#include "server/oidc_options.h"

#include "base/file.h"

enum { SECRET_FILE_MAX_BYTES = 4096, TEAMS_FILE_MAX_BYTES = 1 << 20, HOUR_MS = 3600 * 1000, SESSION_HOURS_MAX = 24 * 365 };

static enum err_code read_secret(struct oidc_settings *out, const struct config *config, struct arena *arena, struct err *err) {
    struct str text = config->oidc_secret;
    if (config->oidc_secret_file.len > 0) {
        if (text.len > 0)
            return err_set(err, ERR_BAD_INPUT, "--oidc-secret and --oidc-secret-file say the same thing: give one of them");
        TRY(file_read_all(&text, arena_copy_c(arena, config->oidc_secret_file), SECRET_FILE_MAX_BYTES, arena, err));
    }
    out->secret = str_trim(text);
    return OK;
}

static enum err_code read_teams(struct oidc_settings *out, const struct config *config, struct arena *arena, struct err *err) {
    struct str text;
    if (oidc_parse_teams(out, config->oidc_teams, ',', arena, err) != OK)
        return err_add_context(err, "--oidc-teams");
    if (config->oidc_teams_file.len == 0)
        return OK;
    TRY(file_read_all(&text, arena_copy_c(arena, config->oidc_teams_file), TEAMS_FILE_MAX_BYTES, arena, err));
    if (oidc_parse_teams(out, text, '\n', arena, err) != OK)
        return err_add_context(err, "'%.*s'", STR_ARG(config->oidc_teams_file));
    return OK;
}

static enum err_code check(const struct config *config, struct err *err) {
    if (config->oidc_client.len == 0)
        return err_set(err, ERR_BAD_INPUT, "--oidc-issuer needs --oidc-client");
    if (config->oidc_session_hours < 1 || config->oidc_session_hours > SESSION_HOURS_MAX)
        return err_set(err, ERR_BAD_INPUT, "--oidc-session-hours must be from 1 to %d, got %lld", SESSION_HOURS_MAX,
                       (long long)config->oidc_session_hours);
    return oidc_check_issuer(config->oidc_issuer, err);
}

enum err_code oidc_options_read(struct oidc_settings *out, const struct config *config, struct arena *arena, struct err *err) {
    *out = (struct oidc_settings){ .issuer = config->oidc_issuer,
                                   .client = config->oidc_client,
                                   .label = config->oidc_label,
                                   .scopes = config->oidc_scopes,
                                   .groups_claim = config->oidc_groups_claim,
                                   .admin_group = config->oidc_admin_group,
                                   .links_email = config->oidc_link_email,
                                   .session_ms = config->oidc_session_hours * HOUR_MS };
    if (out->issuer.len == 0)
        return OK;
    TRY(check(config, err));
    TRY(oidc_parse_accounts(config->oidc_accounts, &out->accounts, err));
    TRY(read_secret(out, config, arena, err));
    return read_teams(out, config, arena, err);
}
