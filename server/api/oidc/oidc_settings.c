/* oidc_settings.c - see oidc_settings.h. */
#include "server/api/oidc/oidc_settings.h"

#include "base/http_url.h"
#include "server/store/accounts/entity.h"

enum err_code oidc_check_issuer(struct str issuer, struct err *err) {
    struct http_url url;
    if (issuer.len > OIDC_ISSUER_MAX)
        return err_set(err, ERR_BAD_INPUT, "--oidc-issuer is longer than %d bytes", OIDC_ISSUER_MAX);
    if (http_url_parse(&url, issuer, err) != OK)
        return err_add_context(err, "--oidc-issuer");
    if (!url.is_secure && !http_url_is_loopback(&url))
        return err_set(err, ERR_BAD_INPUT, "--oidc-issuer must be an address with https, got '%.*s'", STR_ARG(issuer));
    if (url.credentials.len > 0 || str_contains(issuer, STR("?")) || str_contains(issuer, STR("#")))
        return err_set(err, ERR_BAD_INPUT, "--oidc-issuer is an address without name, query and fragment");
    return OK;
}

enum err_code oidc_parse_accounts(struct str text, enum oidc_accounts *out, struct err *err) {
    static const char *const names[] = { "any", "mapped", "known" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eq_c(text, names[i])) {
            *out = (enum oidc_accounts)i;
            return OK;
        }
    return err_set(err, ERR_BAD_INPUT, "--oidc-accounts wants any, mapped or known, got '%.*s'", STR_ARG(text));
}

/* ---- groups ---- */

/* "GROUP:ROLE"; a group's name may have colons of its own. */
static void cut_role(struct oidc_team *entry) {
    const char *colon = memrchr(entry->group.ptr, ':', entry->group.len);
    struct err ignored;
    entry->role = ROLE_MEMBER;
    if (colon == NULL)
        return;
    size_t len = (size_t)(colon - entry->group.ptr);
    enum role role;
    if (role_parse(str_trim(str_from(entry->group, len + 1)), &role, &ignored) == OK) {
        entry->role = role;
        entry->group = str_trim(str_slice(entry->group, 0, len));
    }
}

static enum err_code parse_entry(struct oidc_team *out, struct str text, struct err *err) {
    struct str team, group;
    if (!str_cut(text, '=', &team, &group))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not TEAM=GROUP or TEAM=GROUP:ROLE", STR_ARG(text));
    *out = (struct oidc_team){ .team = str_trim(team), .group = str_trim(group) };
    TRY(entity_check_name(out->team, err));
    cut_role(out);
    if (out->group.len == 0 || out->group.len > OIDC_GROUP_MAX)
        return err_set(err, ERR_BAD_INPUT, "'%.*s' names no group of 1 to %d bytes", STR_ARG(str_slice(text, 0, 100)), OIDC_GROUP_MAX);
    return OK;
}

/* At each power of two for twice as many. */
static void make_room(struct oidc_settings *settings, struct arena *arena) {
    size_t count = settings->team_count;
    if ((count & (count - 1)) == 0)
        settings->teams = arena_grow(arena, settings->teams, count, count == 0 ? 1 : 2 * count, sizeof settings->teams[0]);
}

enum err_code oidc_parse_teams(struct oidc_settings *settings, struct str text, char separator, struct arena *arena, struct err *err) {
    struct str item;
    while (text.len > 0) {
        if (!str_cut(text, separator, &item, &text))
            text = STR_EMPTY;
        item = str_trim(item);
        if (item.len == 0 || item.ptr[0] == '#')
            continue;
        if (settings->team_count == OIDC_TEAMS_MAX)
            return err_set(err, ERR_BAD_INPUT, "at most %d groups can be mapped", OIDC_TEAMS_MAX);
        make_room(settings, arena);
        TRY(parse_entry(&settings->teams[settings->team_count], item, err));
        settings->team_count++;
    }
    return OK;
}

static bool is_in(struct str group, const struct str *groups, size_t group_count) {
    for (size_t i = 0; i < group_count; i++)
        if (str_eq(group, groups[i]))
            return true;
    return false;
}

static struct oidc_team *find_team(struct oidc_team *teams, size_t count, struct str name) {
    for (size_t i = 0; i < count; i++)
        if (str_eq(teams[i].team, name))
            return &teams[i];
    return NULL;
}

size_t oidc_list_roles(const struct oidc_settings *settings, const struct str *groups, size_t group_count, struct oidc_team **out,
                       struct arena *arena) {
    size_t count = 0;
    *out = ARENA_ARRAY(arena, struct oidc_team, settings->team_count);
    for (size_t i = 0; i < settings->team_count; i++) {
        const struct oidc_team *entry = &settings->teams[i];
        struct oidc_team *team = find_team(*out, count, entry->team);
        if (team == NULL) {
            team = &(*out)[count++];
            *team = (struct oidc_team){ .team = entry->team, .group = entry->group, .role = ROLE_NONE };
        }
        if (entry->role > team->role && is_in(entry->group, groups, group_count))
            team->role = entry->role;
    }
    return count;
}

bool oidc_is_mapped(const struct oidc_settings *settings, const struct str *groups, size_t group_count) {
    if (settings->admin_group.len > 0 && is_in(settings->admin_group, groups, group_count))
        return true;
    for (size_t i = 0; i < settings->team_count; i++)
        if (is_in(settings->teams[i].group, groups, group_count))
            return true;
    return false;
}
