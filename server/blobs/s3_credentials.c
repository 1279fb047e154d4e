/* s3_credentials.c - who we are to the store, found where Amazon's own tools look. */
#include "server/blobs/s3_parts.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#include <stdlib.h>

enum { FILE_MAX = 1024 * 1024, ANSWER_MAX = 64 * 1024, MACHINE_TIMEOUT_MS = 1000, IDENTITY_TIMEOUT_MS = 10000 };

/* ERR_NOT_FOUND from a source: it is not there, ask the next. */
typedef enum err_code source(struct s3_credentials *out, struct str region, struct arena *arena, struct err *err);

static enum err_code from_environment(struct s3_credentials *out, struct str region, struct arena *arena, struct err *err) {
    (void)region;
    *out = (struct s3_credentials){ .key = { arena_copy(arena, str_from_environment("AWS_ACCESS_KEY_ID")),
                                             arena_copy(arena, str_from_environment("AWS_SECRET_ACCESS_KEY")),
                                             arena_copy(arena, str_from_environment("AWS_SESSION_TOKEN")) } };
    if (out->key.id.len > 0 && out->key.secret.len > 0)
        return OK;
    return err_set(err, ERR_NOT_FOUND, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
}

/* ---- what a service lends ---- */

struct question {
    struct str method, url, body;
    struct http_field field; /* name empty: none */
    int timeout_ms;
    bool is_of_machine; /* no proxy stands before it */
};

static enum err_code ask(const struct question *question, struct str *answer, struct arena *arena, struct err *err) {
    const struct http_client_options options = { .connect_timeout_ms = question->timeout_ms, .ignores_proxies = question->is_of_machine };
    struct http_response response = { 0 };
    struct http_client *client;

    TRY(http_client_create(&client, &options, err));
    struct http_request request = { .method = question->method, .url = question->url, .fields = &question->field,
                                    .field_count = question->field.name.len > 0, .body = question->body, .max_body_bytes = ANSWER_MAX,
                                    .timeout_ms = question->timeout_ms };
    enum err_code code = http_client_send(client, &request, &response, err);
    if (code == OK && (response.status < 200 || response.status >= 300))
        code = err_set(err, response.status >= 500 || response.status == 429 ? ERR_BUSY : ERR_FORBIDDEN,
                       "asking for credentials was answered with %d", response.status);
    if (code == OK)
        *answer = arena_copy(arena, buf_str(&response.body));
    http_response_finish(&response);
    http_client_destroy(client);
    return code;
}

static int64_t time_of(struct str text) {
    int64_t ms;
    return text.ptr != NULL && clock_parse_iso(text, &ms) ? ms : clock_wall_ms() + 15 * 60 * 1000;
}

static enum err_code from_web_identity(struct s3_credentials *out, struct str region, struct arena *arena, struct err *err) {
    struct str role = str_from_environment("AWS_ROLE_ARN"), file = str_from_environment("AWS_WEB_IDENTITY_TOKEN_FILE"), token, answer;
    struct str endpoint = str_from_environment("AWS_ENDPOINT_URL_STS");
    size_t at[4] = { 0 };

    if (role.len == 0 || file.len == 0)
        return err_set(err, ERR_NOT_FOUND, "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are not set");
    TRY(file_read_all(&token, file.ptr, ANSWER_MAX, arena, err));
    if (endpoint.len == 0)
        endpoint = arena_printf(arena, "https://sts.%.*s.amazonaws.com", STR_ARG(region));
    struct http_field query[] = { { STR("Action"), STR("AssumeRoleWithWebIdentity") }, { STR("Version"), STR("2011-06-15") },
                                  { STR("RoleArn"), role }, { STR("RoleSessionName"), STR("barograph") },
                                  { STR("WebIdentityToken"), str_trim(token) } };
    struct str text = sigv4_query(query, sizeof query / sizeof query[0], arena);
    /* In the body: addresses are written to logs on the way. */
    struct question question = { .method = STR("POST"), .url = arena_printf(arena, "%.*s/", STR_ARG(endpoint)), .body = text,
                                 .field = { STR("content-type"), STR("application/x-www-form-urlencoded") },
                                 .timeout_ms = IDENTITY_TIMEOUT_MS };
    TRY(ask(&question, &answer, arena, err));
    *out = (struct s3_credentials){ .key = { s3_xml_text(answer, "AccessKeyId", &at[0], arena),
                                             s3_xml_text(answer, "SecretAccessKey", &at[1], arena),
                                             s3_xml_text(answer, "SessionToken", &at[2], arena) } };
    out->expires_ms = time_of(s3_xml_text(answer, "Expiration", &at[3], arena));
    return out->key.secret.len > 0 ? OK : err_set(err, ERR_FORBIDDEN, "the web identity was answered without a key");
}

/* The machine's own role: first a token, then the role's name, then its key. */
static enum err_code from_machine(struct s3_credentials *out, struct str region, struct arena *arena, struct err *err) {
    struct str base = str_from_environment("AWS_EC2_METADATA_SERVICE_ENDPOINT"), token, role, answer;
    struct json_value *json;

    (void)region;
    if (str_eq_c(str_from_environment("AWS_EC2_METADATA_DISABLED"), "true"))
        return err_set(err, ERR_NOT_FOUND, "AWS_EC2_METADATA_DISABLED is set");
    if (base.len == 0)
        base = STR("http://169.254.169.254");
    struct question question = { .method = STR("PUT"), .url = arena_printf(arena, "%.*s/latest/api/token", STR_ARG(base)),
                                 .field = { STR("x-aws-ec2-metadata-token-ttl-seconds"), STR("300") },
                                 .timeout_ms = MACHINE_TIMEOUT_MS, .is_of_machine = true };
    enum err_code code = ask(&question, &token, arena, err);
    if (code != OK)
        return err->code = code == ERR_BUSY ? ERR_BUSY : ERR_NOT_FOUND;
    question.method = STR("GET");
    question.field = (struct http_field){ STR("x-aws-ec2-metadata-token"), token };
    question.url = arena_printf(arena, "%.*s/latest/meta-data/iam/security-credentials/", STR_ARG(base));
    if ((code = ask(&question, &role, arena, err)) != OK)
        return err->code = code == ERR_FORBIDDEN ? ERR_NOT_FOUND : code;
    question.url = arena_printf(arena, "%.*s%.*s", STR_ARG(question.url), STR_ARG(str_trim(role)));
    TRY(ask(&question, &answer, arena, err));
    TRY(json_parse(&json, answer, JSON_STRICT, arena, err));
    *out = (struct s3_credentials){ .key = { json_get_str(json, STR("AccessKeyId")), json_get_str(json, STR("SecretAccessKey")),
                                             json_get_str(json, STR("Token")) },
                                    .expires_ms = time_of(json_get_str(json, STR("Expiration"))) };
    return out->key.secret.len > 0 ? OK : err_set(err, ERR_FORBIDDEN, "the machine's role was answered without a key");
}

/* ---- the file ---- */

static void read_line(struct s3_credentials *out, struct str line) {
    struct str name, value;
    if (!str_cut(line, '=', &name, &value))
        return;
    name = str_trim(name);
    value = str_trim(value);
    if (str_eq_c(name, "aws_access_key_id"))
        out->key.id = value;
    else if (str_eq_c(name, "aws_secret_access_key"))
        out->key.secret = value;
    else if (str_eq_c(name, "aws_session_token"))
        out->key.token = value;
}

static enum err_code from_file(struct s3_credentials *out, struct str region, struct arena *arena, struct err *err) {
    struct str path = str_from_environment("AWS_SHARED_CREDENTIALS_FILE"), home = str_from_environment("HOME"), text, line;
    struct str profile = str_from_environment("AWS_PROFILE").len > 0 ? str_from_environment("AWS_PROFILE") : STR("default");
    bool is_ours = false;

    (void)region;
    if (path.len == 0)
        path = arena_printf(arena, "%.*s/.aws/credentials", STR_ARG(home));
    TRY(file_read_all(&text, path.ptr, FILE_MAX, arena, err)); /* ERR_NOT_FOUND when there is none */
    *out = (struct s3_credentials){ 0 };
    while (text.len > 0) {
        struct str rest = STR_EMPTY;
        (void)str_cut(text, '\n', &line, &rest);
        text = rest;
        line = str_trim(line);
        if (str_starts_with(line, STR("[")) && str_ends_with(line, STR("]")))
            is_ours = str_eq(str_trim(str_slice(line, 1, line.len - 2)), profile);
        else if (is_ours && !str_starts_with(line, STR("#")))
            read_line(out, line);
    }
    if (out->key.id.len > 0 && out->key.secret.len > 0)
        return OK;
    return err_set(err, ERR_NOT_FOUND, "'%.*s' has no key for the profile '%.*s'", STR_ARG(path), STR_ARG(profile));
}

enum err_code s3_find_credentials(struct s3_credentials *out, struct str region, struct arena *arena, struct err *err) {
    static source *const sources[] = { from_environment, from_web_identity, from_file, from_machine };
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        enum err_code code = sources[i](out, region, arena, err);
        if (code != ERR_NOT_FOUND)
            return code;
    }
    return err_set(err, ERR_FORBIDDEN, "no credentials for the bucket: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
}
