/* account_mutations.c - teams, invitations, service accounts and keys, changed through GraphQL. */
#include "server/api/accounts/account_types.h"

#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/store/accounts/api_key.h"
#include "server/store/accounts/entity.h"
#include "server/store/accounts/member.h"
#include "server/store/accounts/user.h"

const char account_sdl[] =
    "enum RampIDType { EntityName OrgName UserName }\n"
    "input CreateAnonymousEntityInput { clientMutationId: String }\n"
    "input CreateInviteInput { entityName: String!, email: String, username: String, admin: Boolean, role: String }\n"
    "input CreateServiceAccountInput { entityName: String!, description: String! }\n"
    "input CreateTeamInput { teamName: String!, teamAdminUserName: String, organizationName: String }\n"
    "input CreateUserInput { email: String!, admin: Boolean, username: String }\n"
    "input DeleteApiKeyInput { id: String! }\n"
    "input DeleteInviteInput { id: String, entityName: String }\n"
    "input GenerateApiKeyInput { description: String }\n";

/* ---- payloads: one object each, under its name ---- */

struct payload {
    const void *object;
};

static enum err_code answer_object(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct payload *)call->parent)->object);
    return OK;
}

static enum err_code answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

#define PAYLOAD(variable, name, field, type, answer)                                                         \
    static const struct gql_field variable##_fields[] = { { field, "", type, WHO_USER, answer, NULL } };     \
    const struct gql_type variable = GQL_TYPE(name, variable##_fields)

PAYLOAD(create_anonymous_entity_type, "CreateAnonymousEntityPayload", "apiKey", "ApiKey", answer_object);
PAYLOAD(create_invite_type, "CreateInvitePayload", "invite", "Invite", answer_object);
PAYLOAD(create_service_account_type, "CreateServiceAccountPayload", "user", "User", answer_object);
PAYLOAD(create_team_type, "CreateTeamPayload", "entity", "Entity", answer_object);
PAYLOAD(create_user_type, "CreateUserPayload", "user", "User", answer_object);
PAYLOAD(delete_api_key_type, "DeleteApiKeyPayload", "success", "Boolean!", answer_success);
PAYLOAD(delete_invite_type, "DeleteInvitePayload", "success", "Boolean!", answer_success);
PAYLOAD(generate_api_key_type, "GenerateApiKeyPayload", "apiKey", "ApiKey", answer_object);

enum err_code account_answer_create_anonymous_entity(struct gql_call *call, struct err *err) {
    (void)call;
    return err_set(err, ERR_FORBIDDEN, "nobody is anonymous here: ask an administrator for an account and its API key");
}

/* ---- changing, then answering ---- */

MUTATION_ANSWERS;

/* Whom a key or a cookie stands for may be another from here on: bodies end with identities_end. */
static enum err_code answer_and_forget(struct gql_call *call, change *body, struct err *err) {
    TRY(answer(call, body, err));
    identities_forget(gql_identity(call)->app->identities);
    return OK;
}

/* What the official clients answer with False or None when it is refused: those before 0.22 know that by the status alone, and raise
 * whatever else they are told. */
static enum err_code answer_with_status(struct gql_call *call, change *body, struct err *err) {
    enum err_code code = answer_and_forget(call, body, err);
    if (code != OK && err_http_status(code) / 100 == 4)
        gql_identity(call)->status_for_client = err_http_status(code == ERR_CONFLICT ? ERR_CONFLICT : ERR_BAD_INPUT);
    return code;
}

#define MUTATION_ANSWERED_BY(name, answer_function)                                                                      \
    static change name##_in;                                                                                             \
    enum err_code account_answer_##name(struct gql_call *call, struct err *err) {                                        \
        return answer_function(call, name##_in, err);                                                                    \
    }                                                                                                                    \
    static enum err_code name##_in(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err)
#define MUTATION(name) MUTATION_ANSWERED_BY(name, answer_and_forget)
#define MUTATION_WITH_STATUS(name) MUTATION_ANSWERED_BY(name, answer_with_status)

/* ---- entities ---- */

static bool input_is_true(const struct gql_call *call, const char *name) {
    const struct json_value *value = gql_input(call, name);
    return value != NULL && value->type == JSON_TYPE_BOOL && value->boolean;
}

static struct str input_or_empty(const struct gql_call *call, const char *name) {
    struct str text = gql_input_str(call, name);
    return text.ptr == NULL ? STR_EMPTY : text;
}

/* A team or organisation that the asker administers. */
static enum err_code find_administered(struct db_tx *tx, struct gql_call *call, struct str name, struct entity **out,
                                       struct err *err) {
    enum err_code code = entity_find(tx, name, call->arena, out, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &(*out)->owner, CAN_ADMIN, err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "entity '%.*s' not found", STR_ARG(str_slice(name, 0, ENTITY_NAME_MAX)));
    TRY(code);
    if ((*out)->kind == ENTITY_PERSONAL)
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is a person's own and has no members", STR_ARG(name));
    return OK;
}

/* Whoever makes a team administers it; the server's administrators may make one for somebody else. */
static enum err_code find_team_admin(struct db_tx *tx, struct gql_call *call, int64_t *user_id, struct err *err) {
    const struct identity *identity = gql_identity(call);
    struct str name = input_or_empty(call, "teamAdminUserName");
    struct user *user;

    *user_id = identity->user_id;
    if (name.len == 0 || str_eq(name, identity->username))
        return OK;
    if (!identity->is_admin)
        return err_set(err, ERR_FORBIDDEN, "only administrators of the server make teams for others");
    TRY(user_find(tx, name, call->arena, &user, err));
    *user_id = user->id;
    return OK;
}

MUTATION(create_team) {
    struct actor actor = identity_actor(gql_identity(call));
    struct str organization_name = input_or_empty(call, "organizationName");
    struct entity *organization, *team;
    int64_t organization_id = 0, id, admin_id;

    TRY(find_team_admin(tx, call, &admin_id, err));
    if (organization_name.len > 0) {
        TRY(find_administered(tx, call, organization_name, &organization, err));
        if (organization->kind != ENTITY_ORGANIZATION)
            return err_set(err, ERR_BAD_INPUT, "'%.*s' is not an organization", STR_ARG(organization_name));
        organization_id = organization->owner.entity_id;
    }
    TRY(entity_create(tx, gql_input_str(call, "teamName"), ENTITY_TEAM, organization_id, &id, err));
    TRY(audit_add(tx, &actor, "entity.add", id, gql_input_str(call, "teamName"), err));
    TRY(member_set(tx, id, admin_id, ROLE_ADMIN, &actor, err));
    TRY(entity_find_by_id(tx, id, call->arena, &team, err));
    payload->object = team;
    return identities_end(tx, err);
}

/* ---- invitations ---- */

static enum err_code role_of_input(const struct gql_call *call, enum role *out, struct err *err) {
    struct str role = input_or_empty(call, "role");
    if (role.len > 0)
        return role_parse(role, out, err);
    *out = input_is_true(call, "admin") ? ROLE_ADMIN : ROLE_MEMBER;
    return OK;
}

static enum err_code refuse_member(struct db_tx *tx, const struct entity *entity, const struct user *user, struct err *err) {
    struct member_list members;
    struct arena *arena = arena_create();
    enum err_code code = member_list(tx, entity->owner.entity_id, arena, &members, err);
    for (size_t i = 0; code == OK && i < members.count; i++)
        if (members.items[i]->user_id == user->id)
            code = err_set(err, ERR_CONFLICT, "'%.*s' is a member of '%.*s' already", STR_ARG(user->username),
                           STR_ARG(entity->name));
    arena_destroy(arena);
    return code;
}

/* Whoever administers it alone would leave it to nobody but the server's administrators, who may do just that. */
static enum err_code check_keeps_admin(struct db_tx *tx, const struct gql_call *call, const struct entity *entity, int64_t user_id, enum role role,
                                       struct err *err) {
    bool is_admin = false, has_other = role == ROLE_ADMIN || gql_identity(call)->is_admin;
    struct member_list members;
    TRY(member_list(tx, entity->owner.entity_id, call->arena, &members, err));
    for (size_t i = 0; i < members.count; i++) {
        const struct member *member = members.items[i];
        if (member->role != ROLE_ADMIN || member->user_id == 0 || member->is_service)
            continue;
        is_admin = is_admin || member->user_id == user_id;
        has_other = has_other || member->user_id != user_id;
    }
    if (!is_admin || has_other)
        return OK;
    return err_set(err, ERR_CONFLICT, "'%.*s' would have no administrator any more: make somebody else one first", STR_ARG(entity->name));
}

static enum err_code add_member(struct db_tx *tx, const struct entity *entity, const struct user *user, enum role role,
                                const struct actor *actor, struct member *out, struct err *err) {
    out->user_id = user->id;
    out->username = user->username;
    out->name = user->name;
    out->email = user->email;
    return member_set(tx, entity->owner.entity_id, user->id, role, actor, err);
}

MUTATION_WITH_STATUS(create_invite) {
    struct actor actor = identity_actor(gql_identity(call));
    struct str username = input_or_empty(call, "username"), email = input_or_empty(call, "email");
    struct member *member = ARENA_NEW(call->arena, struct member);
    struct entity *entity;
    struct user *user;

    TRY(find_administered(tx, call, gql_input_str(call, "entityName"), &entity, err));
    TRY(role_of_input(call, &member->role, err));
    member->owner = entity->owner;
    member->created_at = clock_wall_ms();
    struct str wanted = username.len > 0 ? username : email;
    TRY(user_find_by_any(tx, wanted, call->arena, &user, err));
    if (user != NULL) {
        /* The official client names no role, and expects to be told of who is a member already; whoever names one may change it. */
        if (input_or_empty(call, "role").len == 0)
            TRY(refuse_member(tx, entity, user, err));
        TRY(check_keeps_admin(tx, call, entity, user->id, member->role, err));
        TRY(add_member(tx, entity, user, member->role, &actor, member, err));
    } else {
        if (username.len > 0)
            return err_set(err, ERR_NOT_FOUND, "user '%.*s' not found", STR_ARG(username));
        TRY(user_check_email(email, err));
        member->email = email;
        TRY(member_invite(tx, entity->owner.entity_id, email, member->role, &actor, &member->invite_id, err));
    }
    payload->object = member;
    return identities_end(tx, err);
}

static enum err_code take_out(struct db_tx *tx, const struct gql_call *call, const struct entity *entity, int64_t user_id,
                              const struct actor *actor, struct err *err) {
    TRY(check_keeps_admin(tx, call, entity, user_id, ROLE_NONE, err));
    return member_remove(tx, entity->owner.entity_id, user_id, actor, err);
}

/* The official client takes members out by this too: what it knows as the member's id is the user's. */
MUTATION_WITH_STATUS(delete_invite) {
    struct actor actor = identity_actor(gql_identity(call));
    struct str id = input_or_empty(call, "id");
    struct entity *entity;
    int64_t number;

    TRY(find_administered(tx, call, input_or_empty(call, "entityName"), &entity, err));
    if (node_id_parse(id, "User", &number, call->arena))
        TRY(take_out(tx, call, entity, number, &actor, err));
    else if (node_id_parse(id, "Invite", &number, call->arena))
        TRY(member_drop_invite(tx, entity->owner.entity_id, number, &actor, err));
    else
        return err_set(err, ERR_NOT_FOUND, "there is no such invitation");
    payload->object = entity;
    return identities_end(tx, err);
}

/* ---- users ---- */

/* A service account has no password; its name begins with the team's, and a key is made for it like for anybody. */
MUTATION_WITH_STATUS(create_service_account) {
    struct actor actor = identity_actor(gql_identity(call));
    struct entity *entity;
    struct user *user;
    unsigned char random[4];

    TRY(find_administered(tx, call, gql_input_str(call, "entityName"), &entity, err));
    hash_random(random, sizeof random);
    struct str suffix = hash_hex(random, sizeof random, call->arena);
    struct str begin = str_slice(entity->name, 0, ENTITY_NAME_MAX - sizeof "-service-" - 8);
    struct new_user wanted = { .username = arena_printf(call->arena, "%.*s-service-%.*s", STR_ARG(begin), STR_ARG(suffix)),
                               .name = gql_input_str(call, "description"), .is_service = true };
    TRY(user_create(tx, &wanted, &actor, call->arena, &user, err));
    TRY(member_set(tx, entity->owner.entity_id, user->id, ROLE_MEMBER, &actor, err));
    payload->object = user;
    return identities_end(tx, err);
}

/* What stands before the '@', as far as a name may hold it. */
static struct str username_of_email(struct str email, struct arena *arena) {
    struct str local, host;
    (void)str_cut(email, '@', &local, &host);
    char *name = arena_copy_c(arena, str_slice(local, 0, ENTITY_NAME_MAX));
    size_t len = 0;
    for (size_t i = 0; name[i] != '\0'; i++) {
        char c = name[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_word || (len > 0 && strchr("._-", c) != NULL))
            name[len++] = c;
    }
    return (struct str){ name, len };
}

MUTATION(create_user) {
    struct actor actor = identity_actor(gql_identity(call));
    struct new_user wanted = { .username = input_or_empty(call, "username"), .email = gql_input_str(call, "email"),
                               .is_admin = input_is_true(call, "admin") };
    struct user *user;

    if (wanted.username.len == 0)
        wanted.username = username_of_email(wanted.email, call->arena);
    TRY(user_create(tx, &wanted, &actor, call->arena, &user, err));
    payload->object = user;
    return identities_end(tx, err);
}

/* ---- keys ---- */

MUTATION_WITH_STATUS(generate_api_key) {
    const struct identity *identity = gql_identity(call);
    struct actor actor = identity_actor(identity);
    struct str text = api_key_make(call->arena);
    struct api_key *key;
    struct user *user;
    int64_t id;

    TRY(user_find_by_id(tx, identity->user_id, call->arena, &user, err));
    TRY(api_key_create(tx, identity->app->secrets, user, text, input_or_empty(call, "description"), &actor, &id, err));
    TRY(api_key_find(tx, id, call->arena, &key, err));
    key->prefix = text; /* shown whole this once */
    payload->object = key;
    return identities_end(tx, err);
}

MUTATION_WITH_STATUS(delete_api_key) {
    struct actor actor = identity_actor(gql_identity(call));
    struct api_key *key = NULL;
    int64_t id;

    enum err_code code = ERR_NOT_FOUND;
    if (node_id_parse(gql_input_str(call, "id"), "ApiKey", &id, call->arena))
        code = api_key_find(tx, id, call->arena, &key, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &key->owner, CAN_ADMIN, err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "there is no such API key");
    TRY(code);
    TRY(api_key_revoke(tx, key, &actor, err));
    payload->object = key;
    return identities_end(tx, err);
}
