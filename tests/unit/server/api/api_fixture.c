/* api_fixture.c - see api_fixture.h. */
#include "base/http_client.h"
#include "base/file.h"
#include "base/hash.h"

#include <pthread.h>
#include <unistd.h>

#include "tests/unit/server/api/api_fixture.h"

#include "server/api/accounts/admin.h"
#include "server/api/accounts/log_in_limits.h"
#include "server/api/accounts/session.h"
#include "server/api/graphql_endpoint.h"
#include "server/api/identity.h"
#include "server/api/schema.h"

/* ---- the routes: the real ones of accounts, and one for each kind of right ---- */

static enum err_code answer_who(struct http_call *call, struct err *err) {
    (void)err;
    buf_printf(http_body(call), "\"%.*s\"", STR_ARG(http_identity(call)->username));
    return OK;
}

static const struct http_route routes[] = {
    { HTTP_GET, "/api/admin/{path...}", WHO_SERVER_ADMIN, admin_answer, 0, NULL },
    { HTTP_POST, "/api/admin/{path...}", WHO_SERVER_ADMIN, admin_answer, ADMIN_MAX_BODY_BYTES, NULL },
    { HTTP_PUT, "/api/admin/{path...}", WHO_SERVER_ADMIN, admin_answer, ADMIN_MAX_BODY_BYTES, NULL },
    { HTTP_DELETE, "/api/admin/{path...}", WHO_SERVER_ADMIN, admin_answer, 0, NULL },
    { HTTP_POST, "/api/session", WHO_ANYONE, session_answer_begin, SESSION_MAX_BODY_BYTES, NULL },
    { HTTP_DELETE, "/api/session", WHO_ANYONE, session_answer_end, SESSION_MAX_BODY_BYTES, NULL },
    { HTTP_POST, "/graphql", WHO_ANYONE, graphql_endpoint_answer, 1 << 20, NULL },
    { HTTP_GET, "/who/admin", WHO_SERVER_ADMIN, answer_who, 0, NULL },
    { HTTP_GET, "/who/anyone", WHO_ANYONE, answer_who, 0, NULL },
    { HTTP_GET, "/who/link/{path...}", WHO_SIGNED_LINK, answer_who, 0, NULL },
    { HTTP_POST, "/who/link/{path...}", WHO_SIGNED_LINK, answer_who, 1000, NULL },
    { HTTP_PUT, "/who/link/{path...}", WHO_SIGNED_LINK, answer_who, 1000, NULL },
    { HTTP_GET, "/who/reader", CAN_READ, answer_who, 0, NULL },
    { HTTP_GET, "/who/user", WHO_USER, answer_who, 0, NULL },
    { HTTP_POST, "/who/user", WHO_USER, answer_who, 1000, NULL },
};

/* ---- people ---- */

static const struct actor nobody = { 0, 0, STR_INIT("local") };

static enum err_code make_people(struct db_tx *tx, void *context, struct err *err) {
    static const char *const names[] = { "admin", "alice", "bob", "carol" };
    struct fixture *f = context;
    struct project *project;
    bool is_inserted;

    for (int i = 0; i < PERSON_COUNT; i++) {
        struct new_user wanted = { .username = str_from_c(names[i]), .is_admin = i == ADMIN };
        wanted.email = arena_printf(f->arena, "%s@x.org", names[i]);
        f->people[i].key = api_key_make(f->arena);
        TRY(user_create(tx, &wanted, &nobody, f->arena, &f->people[i].user, err));
        TRY(api_key_create(tx, f->app.secrets, f->people[i].user, f->people[i].key, STR("first"), &nobody,
                           &f->people[i].key_id, err));
    }
    TRY(entity_create(tx, STR("acme"), ENTITY_ORGANIZATION, 0, &f->organization, err));
    TRY(entity_create(tx, STR("vision"), ENTITY_TEAM, f->organization, &f->team, err));
    TRY(member_set(tx, f->organization, f->people[ALICE].user->id, ROLE_ADMIN, &nobody, err));
    TRY(member_set(tx, f->team, f->people[BOB].user->id, ROLE_MEMBER, &nobody, err));
    TRY(project_ensure(tx, f->team, STR("cats"), f->people[BOB].user->id, 1, f->arena, &project, &is_inserted, err));
    f->project = project->id;
    return OK;
}

/* ---- starting and stopping ---- */

static void *serve(void *context) {
    struct fixture *f = context;
    struct err err = { 0 };
    return http_server_run(f->server, &err) == OK ? NULL : "cannot serve";
}

static enum err_code start(struct fixture *f) {
    struct http_options options = { .listen = STR("127.0.0.1:0"), .worker_count = 4 };

    TRY(db_open(&f->app.db, arena_printf(f->arena, "sqlite:%s/barograph.db", f->folder), &f->err));
    TRY(secrets_open(&f->app.secrets, arena_printf(f->arena, "%s/secret.key", f->folder).ptr, f->app.db, &f->err));
    TRY(db_write(f->app.db, make_people, f, &f->err));
    TRY(schema_create(&f->app.schema, &f->err));
    f->app.identities = identities_create();
    f->app.log_in_limits = log_in_limits_create();
    f->http_app = (struct http_app){ .context = &f->app, .routes = routes, .route_count = sizeof routes / sizeof routes[0],
                                     .authorize = access_authorize };
    TRY(http_server_create(&f->server, &options, &f->http_app, &f->err));
    f->base_url = arena_printf(f->arena, "http://127.0.0.1:%u", http_server_port(f->server));
    return pthread_create(&f->thread, NULL, serve, f) == 0 ? OK : ERR_IO;
}

int api_set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/barograph-test-XXXXXX");
    f->arena = arena_create();
    *state = f;
    if (mkdtemp(f->folder) != NULL && start(f) == OK)
        return 0;
    print_error("%s\n", f->err.message);
    return -1;
}

int api_tear_down(void **state) {
    struct fixture *f = *state;
    http_server_stop(f->server);
    (void)pthread_join(f->thread, NULL);
    http_server_destroy(f->server);
    schema_destroy(f->app.schema);
    identities_destroy(f->app.identities);
    log_in_limits_destroy(f->app.log_in_limits);
    secrets_close(f->app.secrets);
    db_close(f->app.db);
    int result = file_remove_tree(f->folder, &f->err) == OK ? 0 : -1;
    arena_destroy(f->arena);
    free(f);
    return result;
}

/* ---- asking ---- */

static struct str copy_header(struct fixture *f, const struct http_response *response, struct str name) {
    struct str value = http_head_find(&response->head, name);
    return value.ptr == NULL ? value : arena_copy(f->arena, value);
}

struct reply api_send(struct fixture *f, const struct wish *wish) {
    struct http_client_options options = { .base_url = f->base_url, .authorization = wish->authorization, .ignores_proxies = true };
    struct http_response response = { 0 };
    struct http_client *client = NULL;
    struct http_field fields[3];
    size_t field_count = 0;
    struct reply reply = { 0 };

    if (wish->key.len > 0) {
        struct str pair = hash_base64(arena_printf(f->arena, "api:%.*s", STR_ARG(wish->key)), f->arena);
        options.authorization = arena_printf(f->arena, "Basic %.*s", STR_ARG(pair));
    }
    if (wish->cookie.len > 0)
        fields[field_count++] = (struct http_field){ STR("Cookie"), wish->cookie };
    if (wish->origin.len > 0)
        fields[field_count++] = (struct http_field){ STR("Origin"), wish->origin };
    if (wish->type.len > 0 || wish->body.len > 0)
        fields[field_count++] =
            (struct http_field){ STR("Content-Type"), wish->type.len > 0 ? wish->type : STR("application/json") };
    struct http_request request = { .method = str_from_c(wish->method), .url = str_from_c(wish->path), .fields = fields,
                                    .field_count = field_count, .body = wish->body, .timeout_ms = 20000 };
    if (http_client_create(&client, &options, &f->err) != OK || http_client_send(client, &request, &response, &f->err) != OK)
        fail_msg("%s", f->err.message);
    reply.status = response.status;
    reply.body = arena_copy(f->arena, buf_str(&response.body));
    reply.cookie = copy_header(f, &response, STR("Set-Cookie"));
    reply.retry_after = copy_header(f, &response, STR("Retry-After"));
    reply.authenticate = copy_header(f, &response, STR("WWW-Authenticate"));
    if (json_parse(&reply.json, reply.body, JSON_STRICT, f->arena, &f->err) != OK)
        reply.json = NULL;
    http_response_finish(&response);
    http_client_destroy(client);
    return reply;
}

struct reply api_ask(struct fixture *f, int person, const char *method, const char *path, const char *body) {
    struct wish wish = { .method = method, .path = path, .body = str_from_c(body) };
    if (person >= 0)
        wish.key = f->people[person].key;
    return api_send(f, &wish);
}

const struct json_value *api_graphql(struct fixture *f, int person, const char *query) {
    struct buf body = BUF_INIT(65536);
    struct json_writer writer;

    json_writer_init(&writer, &body, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("query"));
    json_string(&writer, str_from_c(query));
    json_object_end(&writer);
    struct reply reply = api_ask(f, person, "POST", "/graphql", arena_copy_c(f->arena, buf_str(&body)));
    buf_finish(&body);
    f->err.message[0] = '\0';
    const struct json_value *errors = json_get(reply.json, STR("errors"));
    if (errors != NULL) {
        struct str message = json_get_str(&errors->array.items[0], STR("message"));
        (void)err_set(&f->err, ERR_INTERNAL, "%.*s", STR_ARG(message));
    }
    return json_get(reply.json, STR("data"));
}

void assert_data(struct fixture *f, int person, const char *query, const char *expected) {
    const struct json_value *data = api_graphql(f, person, query);
    assert_string_equal(f->err.message, "");
    assert_string_equal(arena_copy_c(f->arena, data->raw), expected);
}

void assert_refused(struct fixture *f, int person, const char *query, const char *message) {
    (void)api_graphql(f, person, query);
    assert_string_equal(f->err.message, message);
}

struct identity *api_identity(struct fixture *f, int person) {
    const struct person *found = &f->people[person];
    struct identity *identity = ARENA_NEW(f->arena, struct identity);
    *identity = (struct identity){
        .app = &f->app,
        .arena = f->arena,
        .user_id = found->user->id,
        .entity_id = found->user->owner.entity_id,
        .key_id = found->key_id,
        .is_admin = found->user->is_admin,
        .username = found->user->username,
        .address = STR("127.0.0.1"),
    };
    return identity;
}

struct counting {
    struct str sql;
    int64_t count;
};

static enum err_code count_rows(struct db_tx *tx, void *context, struct err *err) {
    struct counting *counting = context;
    struct db_rows *rows;
    TRY(db_query_text(tx, &rows, DB_NO_ARGS, counting->sql, err));
    counting->count = db_next(rows) ? db_int(rows, 0) : -1;
    return db_end(rows, err);
}

int64_t api_count(struct fixture *f, const char *sql) {
    struct counting counting = { .sql = str_from_c(sql) };
    assert_int_equal(db_read(f->app.db, count_rows, &counting, &f->err), OK);
    return counting.count;
}

static enum err_code execute(struct db_tx *tx, void *context, struct err *err) {
    return db_exec(tx, DB_NO_ARGS, context, err);
}

void api_execute(struct fixture *f, const char *sql) {
    if (db_write(f->app.db, execute, (void *)(uintptr_t)sql, &f->err) != OK)
        fail_msg("%s", f->err.message);
}
