/* user.c - barograph user: people and service accounts. */
#include "cli/administration.h"

#include <stddef.h>

struct user_options {
    struct administration_options common;
    struct str email, key, key_file, name;
    bool is_admin, is_service;
};

#define AT(member) offsetof(struct user_options, member)

/* Sorted by name. */
static const struct option rows[] = {
    { "admin", NULL, OPTION_FLAG, false, AT(is_admin), NULL, "add: administers the server" },
    OPTION_API_KEY,
    OPTION_BASE_URL,
    OPTION_DATA,
    OPTION_DATABASE,
    { "email", "ADDRESS", OPTION_TEXT, false, AT(email), NULL, "add: takes the invitations to it, too" },
    OPTION_FORCE,
    OPTION_JSON,
    { "key", "KEY", OPTION_TEXT, false, AT(key), NULL, "add: a key of your choice, 40 or more characters" },
    { "key-file", "FILE", OPTION_TEXT, false, AT(key_file), NULL, "add: the same, read from a file; - for standard input" },
    { "name", "NAME", OPTION_TEXT, false, AT(name), NULL, "add: how the person is called" },
    { "service", NULL, OPTION_FLAG, false, AT(is_service), NULL, "add: an account of a machine" },
};
static const struct options options = { rows, sizeof rows / sizeof rows[0] };

static struct str path_of(struct subcommand_call *call, const char *end) {
    return arena_printf(call->arena, "/api/admin/users/%s%s", call->arguments[0], end);
}

static void write_flag(struct json_writer *writer, const char *name, bool value) {
    json_key(writer, str_from_c(name));
    json_bool(writer, value);
}

static void write_text(struct json_writer *writer, const char *name, struct str value) {
    if (value.len == 0)
        return;
    json_key(writer, str_from_c(name));
    json_string(writer, value);
}

static enum err_code add(struct subcommand_call *call) {
    const struct user_options *user = call->options;
    struct str key = user->key;
    struct json_value *answer;
    struct json_writer writer;
    struct buf body = BUF_INIT(65536);

    if (user->key_file.len > 0)
        TRY(administration_read_line(user->key_file, "key", call->arena, &key, call->err));
    json_writer_init(&writer, &body, JSON_STRICT);
    json_object_begin(&writer);
    write_text(&writer, "username", str_from_c(call->arguments[0]));
    write_text(&writer, "name", user->name);
    write_text(&writer, "email", user->email);
    write_text(&writer, "key", key);
    write_flag(&writer, "is_admin", user->is_admin);
    write_flag(&writer, "is_service", user->is_service);
    json_object_end(&writer);
    enum err_code code = buf_check(&body, "the request", call->err);
    if (code == OK)
        code = administration_ask(call->administration, HTTP_POST, STR("/api/admin/users"), buf_str(&body), &answer,
                                  call->err);
    buf_finish(&body);
    TRY(code);
    if (user->common.is_json)
        administration_print_json(answer);
    else
        printf("%.*s\n", STR_ARG(json_get_str(answer, STR("key"))));
    return OK;
}

static enum err_code list(struct subcommand_call *call) {
    const struct user_options *user = call->options;
    struct json_value *answer;
    TRY(administration_ask_list(call->administration, STR("/api/admin/users"), &answer, call->err));
    if (user->common.is_json) {
        administration_print_json(answer);
        return OK;
    }
    for (size_t i = 0; i < answer->array.count; i++) {
        const struct json_value *row = &answer->array.items[i];
        bool is_admin = json_get_bool(row, STR("is_admin"), false), is_service = json_get_bool(row, STR("is_service"), false);
        administration_print_text(json_get_str(row, STR("username")), 32);
        administration_print_text(is_admin ? STR(" admin") : is_service ? STR(" service") : STR(" user"), 10);
        administration_print_text(json_get_str(row, STR("email")), 0);
        putchar('\n');
    }
    return OK;
}

static enum err_code remove_one(struct subcommand_call *call) {
    struct json_value *answer;
    return administration_ask(call->administration, HTTP_DELETE, path_of(call, ""), STR_EMPTY, &answer, call->err);
}

static enum err_code set_password(struct subcommand_call *call) {
    struct json_value *answer;
    struct str password;
    TRY(administration_read_line(STR("-"), "new password", call->arena, &password, call->err));
    return administration_ask(call->administration, HTTP_PUT, path_of(call, "/password"),
                              administration_object(call->arena, "password", password, NULL), &answer, call->err);
}

/* Sorted by name. */
static const struct subcommand subcommands[] = {
    { "add", 1, 1, add },
    { "list", 0, 0, list },
    { "password", 1, 1, set_password },
    { "remove", 1, 1, remove_one },
};

static int run(const struct command *command, int argc, char **argv) {
    struct user_options user = { 0 };
    return subcommand_run(command, subcommands, sizeof subcommands / sizeof subcommands[0], &user.common, argc, argv);
}

const struct command user_command = {
    .name = "user",
    .usage = "add NAME [--admin] [--key KEY] [--email E]   prints the key, and nothing else\n"
             "list\n"
             "password NAME   reads it from standard input\n"
             "remove NAME",
    .summary = "Adds, lists and removes users.",
    .options = &options,
    .run = run,
};
