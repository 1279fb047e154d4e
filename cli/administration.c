/* administration.c - see administration.h. */
#include "cli/administration.h"

#include "base/hash.h"
#include "base/http_client.h"
#include "server/api/accounts/admin.h"
#include "server/api/accounts/first_start.h"
#include "server/api/identity.h"
#include "server/api/link.h"
#include "server/store/db/data_folder.h"
#include "server/stores.h"

#include <termios.h>
#include <unistd.h>

enum { ANSWER_MAX_BYTES = 64 << 20, LINE_MAX_BYTES = 4096, ASK_TIMEOUT_MS = 60000 };

struct administration {
    struct arena *arena;
    struct http_client *client; /* of the running server, or ... */
    struct data_folder *folder; /* ... the parts that admin_run needs */
    struct app app;
    struct identity identity;
    struct buf out;
};

/* ---- opening ---- */

struct str administration_authorization(const struct administration_options *options, struct arena *arena) {
    struct str encoded = hash_base64(arena_printf(arena, "api:%.*s", STR_ARG(options->api_key)), arena);
    return arena_printf(arena, "Basic %.*s", STR_ARG(encoded));
}

static enum err_code open_client(struct administration *administration, const struct administration_options *options,
                                 struct err *err) {
    struct http_client_options client = {
        .base_url = options->base_url,
        .authorization = administration_authorization(options, administration->arena),
        .user_agent = STR("barograph/" BAROGRAPH_VERSION),
    };
    return http_client_create(&administration->client, &client, err);
}

static enum err_code open_folder(struct administration *administration, const struct administration_options *options,
                                 struct err *err) {
    struct arena *arena = administration->arena;
    struct app *app = &administration->app;

    enum err_code code = data_folder_open(&administration->folder, options->data, options->force, err);
    if (code == ERR_CONFLICT)
        return err_add_context(err, "stop the server first, or give BAROGRAPH_API_KEY instead of --data");
    TRY(code);
    TRY(db_open(&app->db, stores_database_url(administration->folder, options->database, arena), err));
    TRY(secrets_open(&app->secrets, data_folder_file(administration->folder, "secret.key", arena), app->db, err));
    app->identities = identities_create();
    TRY(first_start(app, STR_EMPTY, data_folder_file(administration->folder, "admin.key", arena), err));
    /* Whoever may read the folder may do all. */
    administration->identity = (struct identity){ .app = app, .arena = arena, .is_admin = true, .address = STR("local") };
    return OK;
}

enum err_code administration_open(struct administration **out, const struct administration_options *options,
                                  struct arena *arena, struct err *err) {
    struct administration *administration = ARENA_NEW(arena, struct administration);
    enum err_code code;

    administration->arena = arena;
    buf_init(&administration->out, ANSWER_MAX_BYTES);
    if (options->data.len > 0)
        code = open_folder(administration, options, err);
    else if (options->api_key.len > 0)
        code = open_client(administration, options, err);
    else
        code = err_set(err, ERR_BAD_INPUT, "give an administrator's key as BAROGRAPH_API_KEY (and the server's address "
                                           "as BAROGRAPH_BASE_URL), or the folder of a stopped server as --data DIR");
    if (code != OK) {
        administration_close(administration);
        return code;
    }
    *out = administration;
    return OK;
}

void administration_close(struct administration *administration) {
    if (administration == NULL)
        return;
    http_client_destroy(administration->client);
    identities_destroy(administration->app.identities);
    secrets_close(administration->app.secrets);
    db_close(administration->app.db);
    data_folder_close(administration->folder);
    buf_finish(&administration->out);
}

/* ---- asking ---- */

/* The server's own sentence, under the code that its status stands for. */
static enum err_code refused(int status, struct str body, struct arena *arena, struct err *err) {
    static const enum err_code codes[] = { ERR_BAD_INPUT, ERR_UNAUTHENTICATED, ERR_FORBIDDEN, ERR_NOT_FOUND,
                                           ERR_CONFLICT,  ERR_TOO_MANY,        ERR_BUSY };
    enum err_code code = ERR_INTERNAL;
    struct json_value *answer;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (err_http_status(codes[i]) == status)
            code = codes[i];
    struct str message = { NULL, 0 };
    if (json_parse(&answer, body, JSON_STRICT, arena, err) == OK)
        message = json_get_str(answer, STR("error"));
    if (message.ptr == NULL)
        return err_set(err, code, "the server answered %d", status);
    return err_set(err, code, "%.*s", STR_ARG(message));
}

static enum err_code ask_server(struct administration *administration, enum http_method method, struct str path,
                                struct str body, struct err *err) {
    static const struct http_field fields[] = { { STR_INIT("Content-Type"), STR_INIT("application/json") } };
    static const char *const methods[] = { [HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE" };
    struct http_request request = {
        .method = str_from_c(methods[method]),
        .url = link_encode_path(path, administration->arena),
        .fields = fields,
        .field_count = body.len > 0 ? 1 : 0,
        .body = body,
        .max_body_bytes = ANSWER_MAX_BYTES,
        .timeout_ms = ASK_TIMEOUT_MS,
    };
    struct http_response response = { 0 };

    enum err_code code = http_client_send(administration->client, &request, &response, err);
    if (code == OK && response.status / 100 != 2)
        code = refused(response.status, buf_str(&response.body), administration->arena, err);
    if (code == OK)
        buf_append_str(&administration->out, buf_str(&response.body));
    http_response_finish(&response);
    return code;
}

enum err_code administration_ask(struct administration *administration, enum http_method method, struct str path,
                                 struct str body, struct json_value **answer, struct err *err) {
    buf_reset(&administration->out);
    if (administration->client != NULL)
        TRY(ask_server(administration, method, path, body, err));
    else
        TRY(admin_run(&administration->identity, method, path, body, &administration->out, err));
    TRY(buf_check(&administration->out, "the answer", err));
    return json_parse(answer, arena_copy(administration->arena, buf_str(&administration->out)), JSON_STRICT,
                      administration->arena, err);
}

enum err_code administration_ask_list(struct administration *administration, struct str path,
                                      struct json_value **answer, struct err *err) {
    TRY(administration_ask(administration, HTTP_GET, path, STR_EMPTY, answer, err));
    if ((*answer)->type != JSON_TYPE_ARRAY)
        return err_set(err, ERR_IO, "the server's answer is not a list: is this a barograph?");
    return OK;
}

/* ---- the forms of a command ---- */

static const struct subcommand *find(const struct subcommand *rows, size_t row_count, const char *name) {
    for (size_t i = 0; i < row_count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

int subcommand_run(const struct command *command, const struct subcommand *rows, size_t row_count,
                   struct administration_options *options, int argc, char **argv) {
    struct err err = { 0 };
    int rest_count;
    bool names_folder = false;

    /* BAROGRAPH_DATA is the server's to read: only --data says that the server is stopped. */
    for (int i = 1; i < argc; i++)
        names_folder = names_folder || strcmp(argv[i], "--data") == 0 || strncmp(argv[i], "--data=", 7) == 0;
    if (options_parse(command->options, options, argc - 1, argv + 1, &rest_count, &err) != OK)
        return command_misused(command, "%s", err.message);
    if (!names_folder)
        options->data = STR_EMPTY;
    const struct subcommand *row = rest_count > 0 ? find(rows, row_count, argv[1]) : NULL;
    if (row == NULL || rest_count - 1 < row->least_arguments || rest_count - 1 > row->most_arguments)
        return command_misused(command, "which of these did you mean?");

    struct subcommand_call call = {
        .options = options,
        .arguments = argv + 2,
        .argument_count = rest_count - 1,
        .arena = arena_create(),
        .err = &err,
    };
    enum err_code code = administration_open(&call.administration, options, call.arena, &err);
    if (code == OK)
        code = row->run(&call);
    administration_close(call.administration);
    arena_destroy(call.arena);
    return code == OK ? EXIT_OK : command_failed(&err);
}

/* ---- for their bodies ---- */

struct str administration_object(struct arena *arena, ...) {
    struct buf text = BUF_INIT(LINE_MAX_BYTES * 4);
    struct json_writer writer;
    va_list args;
    const char *name;

    json_writer_init(&writer, &text, JSON_STRICT);
    json_object_begin(&writer);
    va_start(args, arena);
    while ((name = va_arg(args, const char *)) != NULL) {
        struct str value = va_arg(args, struct str);
        if (value.len == 0)
            continue;
        json_key(&writer, str_from_c(name));
        json_string(&writer, value);
    }
    va_end(args);
    json_object_end(&writer);
    struct str result = arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return result;
}

/* Typed on a terminal, a secret is not shown. */
static bool set_echo(bool is_on) {
    struct termios mode;
    if (tcgetattr(STDIN_FILENO, &mode) != 0)
        return false;
    if (is_on)
        mode.c_lflag |= ECHO;
    else
        mode.c_lflag &= ~(tcflag_t)ECHO;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode) == 0;
}

enum err_code administration_read_line(struct str path, const char *prompt, struct arena *arena, struct str *out,
                                       struct err *err) {
    char line[LINE_MAX_BYTES];
    const char *name = arena_copy_c(arena, path);
    bool is_input = str_eq_c(path, "-");
    FILE *file = is_input ? stdin : fopen(name, "re");

    if (file == NULL)
        return err_set(err, ERR_NOT_FOUND, "cannot read '%s'", name);
    bool is_hidden = is_input && isatty(STDIN_FILENO) && set_echo(false);
    if (is_hidden)
        fprintf(stderr, "%s: ", prompt);
    bool has_line = fgets(line, sizeof line, file) != NULL;
    if (is_hidden) {
        (void)set_echo(true);
        fputc('\n', stderr);
    }
    if (!is_input)
        (void)fclose(file);
    if (!has_line)
        return err_set(err, ERR_BAD_INPUT, "%s: nothing was given", prompt);
    size_t len = strcspn(line, "\r\n");
    *out = arena_copy(arena, (struct str){ line, len });
    explicit_bzero(line, sizeof line);
    return OK;
}

void administration_print_json(const struct json_value *answer) {
    printf("%.*s\n", STR_ARG(answer->raw));
}

void administration_print_text(struct str text, int width) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        putchar(c < ' ' || c == 0x7f ? '?' : c);
    }
    for (size_t i = text.len; i < (size_t)width; i++)
        putchar(' ');
}
