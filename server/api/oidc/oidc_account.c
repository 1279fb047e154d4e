/* oidc_account.c - see oidc_account.h. */
#include "server/api/oidc/oidc_account.h"

#include "base/log.h"
#include "server/api/identity.h"
#include "server/store/accounts/entity.h"
#include "server/store/accounts/session.h"
#include "server/store/accounts/subject.h"
#include "server/store/projects/names.h"

enum { NAME_TRIES_MAX = 1000, NAME_BASE_MAX = ENTITY_NAME_MAX - 6 };

/* ---- what the provider says ---- */

static const struct json_value *find_claim(const struct json_value *token, const struct json_value *more, struct str name) {
    const struct json_value *claim = json_get(token, name);
    return claim != NULL ? claim : json_get(more, name);
}

static struct str find_text(const struct json_value *token, const struct json_value *more, struct str name) {
    const struct json_value *claim = find_claim(token, more, name);
    return claim != NULL && claim->type == JSON_TYPE_STRING ? claim->string : STR_EMPTY;
}

/* "Maria.Rossi+x@example.org" -> "Maria.Rossi-x": what may be a name here. */
static struct str make_name(struct str wish, struct arena *arena) {
    struct str rest, ascii;
    (void)str_cut(wish, '@', &ascii, &rest);
    struct str name = arena_copy(arena, str_slice(ascii, 0, NAME_BASE_MAX));
    char *text = arena_copy_c(arena, name);
    size_t first = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = text[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_plain && c != '.' && c != '_')
            text[i] = '-';
        if (!is_plain && first == i)
            first++;
    }
    return first == name.len ? STR("user") : (struct str){ text + first, name.len - first };
}

static struct str verified_email(const struct json_value *token, const struct json_value *more) {
    const struct json_value *of = json_get(token, STR("email")) != NULL ? token : more; /* both words by the same mouth */
    struct str email = json_get_str(of, STR("email"));
    struct err ignored;
    bool is_good = email.ptr != NULL && json_get_bool(of, STR("email_verified"), false) && user_check_email(email, &ignored) == OK;
    return is_good ? email : STR_EMPTY;
}

/* A list of names, or one. */
static void read_groups(struct oidc_person *out, const struct json_value *claim, struct arena *arena) {
    const struct json_value *items = claim;
    size_t count = claim == NULL ? 0 : 1;
    if (claim != NULL && claim->type == JSON_TYPE_ARRAY) {
        items = claim->array.items;
        count = claim->array.count < OIDC_GROUPS_MAX ? claim->array.count : OIDC_GROUPS_MAX;
    }
    struct str *groups = ARENA_ARRAY(arena, struct str, count);
    for (size_t i = 0; i < count; i++)
        if (items[i].type == JSON_TYPE_STRING)
            groups[out->group_count++] = items[i].string;
    out->groups = groups;
}

void oidc_person_read(struct oidc_person *out, const struct oidc_settings *settings, const struct json_value *token,
                      const struct json_value *more, struct arena *arena) {
    struct str wish = find_text(token, more, STR("preferred_username")), name = find_text(token, more, STR("name"));
    struct err ignored;

    *out = (struct oidc_person){ .subject = json_get_str(token, STR("sub")), .email = verified_email(token, more) };
    out->username = make_name(wish.len > 0 ? wish : find_text(token, more, STR("email")), arena);
    out->name = name_check_text(name, "the name", USER_NAME_MAX, &ignored) == OK ? name : STR_EMPTY;
    read_groups(out, find_claim(token, more, settings->groups_claim), arena);
}

bool oidc_person_is_complete(const struct oidc_settings *settings, const struct json_value *token) {
    bool needs_groups = settings->team_count > 0 || settings->admin_group.len > 0;
    return json_get(token, STR("preferred_username")) != NULL && json_get(token, STR("email")) != NULL &&
           (!needs_groups || json_get(token, settings->groups_claim) != NULL);
}

/* ---- the account ---- */

static enum err_code find_free_name(struct db_tx *tx, const struct oidc_entry *entry, struct str *out, struct err *err) {
    struct str base = entry->person->username;
    struct err ignored;
    for (int i = 1; i <= NAME_TRIES_MAX; i++) {
        bool is_taken;
        *out = i == 1 ? base : arena_printf(entry->arena, "%.*s-%d", STR_ARG(base), i);
        if (entity_check_name(*out, &ignored) != OK)
            continue;
        TRY(entity_is_taken(tx, *out, &is_taken, err));
        if (!is_taken)
            return OK;
    }
    return err_set(err, ERR_CONFLICT, "there are too many people named '%.*s'", STR_ARG(base));
}

static enum err_code make_account(struct db_tx *tx, const struct oidc_entry *entry, const struct actor *actor, struct user **user,
                                  struct err *err) {
    struct new_user wanted = { .name = entry->person->name, .email = entry->person->email };
    if (entry->settings->accounts == OIDC_ACCOUNTS_KNOWN)
        return err_set(err, ERR_FORBIDDEN, "nobody gets an account by logging in: an administrator makes it");
    TRY(find_free_name(tx, entry, &wanted.username, err));
    return user_create(tx, &wanted, actor, entry->arena, user, err);
}

/* An address that is somebody's here already: the same person, if an administrator trusts the provider in that. */
static enum err_code link_account(struct db_tx *tx, const struct oidc_entry *entry, const struct user *user, struct err *err) {
    bool is_bound = false;
    if (entry->settings->links_email && !user->is_service)
        TRY(subject_has_user(tx, entry->settings->issuer, user->id, &is_bound, err));
    if (!entry->settings->links_email || user->is_service || is_bound)
        return err_set(err, ERR_CONFLICT, "the address '%.*s' belongs to the account '%.*s'", STR_ARG(entry->person->email),
                       STR_ARG(user->username));
    return OK;
}

static enum err_code begin_account(struct db_tx *tx, const struct oidc_entry *entry, struct user **user, struct err *err) {
    const struct oidc_person *person = entry->person;
    struct actor actor = { 0, 0, entry->address };
    *user = NULL;
    if (person->email.len > 0)
        TRY(user_find_by_any(tx, person->email, entry->arena, user, err));
    if (*user != NULL)
        TRY(link_account(tx, entry, *user, err));
    else
        TRY(make_account(tx, entry, &actor, user, err));
    return subject_bind(tx, entry->settings->issuer, person->subject, *user, &actor, err);
}

static enum err_code find_account(struct db_tx *tx, const struct oidc_entry *entry, const struct subject *subject, struct user **user,
                                  struct err *err) {
    if (subject->user_id == 0)
        return begin_account(tx, entry, user, err);
    enum err_code code = user_find_by_id(tx, subject->user_id, entry->arena, user, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_FORBIDDEN, "the account was removed") : code;
}

/* ---- what groups give ---- */

static enum err_code set_teams(struct db_tx *tx, const struct oidc_entry *entry, const struct user *user, const struct actor *actor,
                               struct err *err) {
    struct oidc_team *teams;
    size_t count = oidc_list_roles(entry->settings, entry->person->groups, entry->person->group_count, &teams, entry->arena);
    for (size_t i = 0; i < count; i++) {
        struct entity *team;
        enum err_code code = entity_find_kind(tx, teams[i].team, ENTITY_TEAM, entry->arena, &team, err);
        if (code == ERR_NOT_FOUND)
            log_warn("a group of the provider of log-ins is mapped to the team '%.*s', which is not there", STR_ARG(teams[i].team));
        else if (code == OK)
            code = member_set_by_group(tx, team->owner.entity_id, user->id, teams[i].role, actor, err);
        if (code != OK && code != ERR_NOT_FOUND)
            return code;
    }
    return OK;
}

static bool is_admin_by_group(const struct oidc_entry *entry) {
    struct str group = entry->settings->admin_group;
    for (size_t i = 0; group.len > 0 && i < entry->person->group_count; i++)
        if (str_eq(group, entry->person->groups[i]))
            return true;
    return false;
}

/* Whom somebody made an administrator by hand, or who is the last one, stays it. */
static enum err_code set_admin(struct db_tx *tx, const struct oidc_entry *entry, const struct user *user, const struct subject *subject,
                               const struct actor *actor, struct err *err) {
    bool is_wanted = is_admin_by_group(entry), was_given = subject->is_admin_by_group;
    if (is_wanted == user->is_admin || (!is_wanted && !was_given))
        return OK;
    enum err_code code = user_set_admin(tx, user, is_wanted, actor, err);
    if (code == ERR_CONFLICT) {
        log_warn("no group makes '%.*s' an administrator any more, but he is the last one", STR_ARG(user->username));
        return OK;
    }
    TRY(code);
    return subject_set_admin_by_group(tx, entry->settings->issuer, entry->person->subject, is_wanted, err);
}

enum err_code oidc_enter(struct db_tx *tx, void *context, struct err *err) {
    struct oidc_entry *entry = context;
    const struct oidc_person *person = entry->person;
    struct subject subject;
    struct user *user;

    if (entry->settings->accounts == OIDC_ACCOUNTS_MAPPED && !oidc_is_mapped(entry->settings, person->groups, person->group_count))
        return err_set(err, ERR_FORBIDDEN, "none of his groups may log in");
    TRY(subject_find(tx, entry->settings->issuer, person->subject, &subject, err));
    TRY(find_account(tx, entry, &subject, &user, err));
    struct actor actor = { user->id, 0, entry->address };
    TRY(set_teams(tx, entry, user, &actor, err));
    TRY(set_admin(tx, entry, user, &subject, &actor, err));
    TRY(identities_end(tx, err)); /* an administrator may be none any more */
    const struct new_session session = { .user = user, .life_ms = entry->settings->session_ms, .by_provider = true };
    return session_create(tx, entry->secrets, &session, &actor, entry->arena, &entry->cookie, err);
}
