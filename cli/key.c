/* key.c - barograph key: API keys of users. */
#include "cli/administration.h"

#include <stddef.h>

struct key_options {
    struct administration_options common;
    struct str description, key, key_file;
};

#define AT(member) offsetof(struct key_options, member)

/* Sorted by name. */
static const struct option rows[] = {
    OPTION_API_KEY,
    OPTION_BASE_URL,
    OPTION_DATA,
    OPTION_DATABASE,
    { "description", "TEXT", OPTION_TEXT, false, AT(description), NULL, "add: what it is for" },
    OPTION_FORCE,
    OPTION_JSON,
    { "key", "KEY", OPTION_TEXT, false, AT(key), NULL, "add: a key of your choice, 40 or more characters" },
    { "key-file", "FILE", OPTION_TEXT, false, AT(key_file), NULL, "add: the same, read from a file; - for standard input" },
};
static const struct options options = { rows, sizeof rows / sizeof rows[0] };

static enum err_code add(struct subcommand_call *call) {
    const struct key_options *wanted = call->options;
    struct str key = wanted->key;
    struct json_value *answer;

    if (wanted->key_file.len > 0)
        TRY(administration_read_line(wanted->key_file, "key", call->arena, &key, call->err));
    struct str body = administration_object(call->arena, "key", key, "description", wanted->description, NULL);
    TRY(administration_ask(call->administration, HTTP_POST,
                           arena_printf(call->arena, "/api/admin/users/%s/keys", call->arguments[0]), body, &answer,
                           call->err));
    if (wanted->common.is_json)
        administration_print_json(answer);
    else
        printf("%.*s\n", STR_ARG(json_get_str(answer, STR("key"))));
    return OK;
}

static enum err_code list(struct subcommand_call *call) {
    const struct key_options *wanted = call->options;
    struct json_value *answer;
    TRY(administration_ask_list(call->administration,
                                arena_printf(call->arena, "/api/admin/users/%s/keys", call->arguments[0]), &answer,
                                call->err));
    if (wanted->common.is_json) {
        administration_print_json(answer);
        return OK;
    }
    for (size_t i = 0; i < answer->array.count; i++) {
        const struct json_value *row = &answer->array.items[i];
        printf("%-8lld ", (long long)json_get_int(row, STR("id"), 0));
        administration_print_text(json_get_str(row, STR("prefix")), 8);
        administration_print_text(json_get_str(row, STR("created_at")), 26);
        struct str last_used = json_get_str(row, STR("last_used_at"));
        administration_print_text(last_used.len > 0 ? last_used : STR("never used"), 26);
        administration_print_text(json_get_str(row, STR("description")), 0);
        putchar('\n');
    }
    return OK;
}

static enum err_code revoke(struct subcommand_call *call) {
    struct json_value *answer;
    return administration_ask(call->administration, HTTP_DELETE,
                              arena_printf(call->arena, "/api/admin/keys/%s", call->arguments[0]), STR_EMPTY, &answer,
                              call->err);
}

/* Sorted by name. */
static const struct subcommand subcommands[] = {
    { "add", 1, 1, add },
    { "list", 1, 1, list },
    { "revoke", 1, 1, revoke },
};

static int run(const struct command *command, int argc, char **argv) {
    struct key_options wanted = { 0 };
    return subcommand_run(command, subcommands, sizeof subcommands / sizeof subcommands[0], &wanted.common, argc, argv);
}

const struct command key_command = {
    .name = "key",
    .usage = "add USER [--description TEXT] [--key KEY]   prints the key, and nothing else\n"
             "list USER\n"
             "revoke ID   as the list shows it",
    .summary = "Adds and revokes API keys.",
    .options = &options,
    .run = run,
};
