/* group.c - see group.h. */
#include "cli/group.h"

enum { REQUEST_MAX_BYTES = 65536 };

/* "alice,bob" as a list. */
static void write_names(struct json_writer *writer, const char *member, struct str names) {
    struct str name;
    bool has_more = names.len > 0;
    if (!has_more)
        return;
    json_key(writer, str_from_c(member));
    json_array_begin(writer);
    while (has_more) {
        has_more = str_cut(names, ',', &name, &names);
        json_string(writer, str_trim(name));
    }
    json_array_end(writer);
}

static const char *path_of(const struct subcommand_call *call) {
    return ((const struct group_options *)call->options)->path;
}

static enum err_code ask(struct subcommand_call *call, enum http_method method, struct str path, struct str body,
                         struct json_value **answer) {
    return administration_ask(call->administration, method, path, body, answer, call->err);
}

static enum err_code add(struct subcommand_call *call) {
    const struct group_options *group = call->options;
    struct buf body = BUF_INIT(REQUEST_MAX_BYTES);
    struct json_value *answer;
    struct json_writer writer;

    json_writer_init(&writer, &body, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("name"));
    json_string(&writer, str_from_c(call->arguments[0]));
    if (group->org.len > 0) {
        json_key(&writer, STR("organization"));
        json_string(&writer, group->org);
    }
    write_names(&writer, "admins", group->admin);
    write_names(&writer, "members", group->member);
    json_object_end(&writer);
    enum err_code code = buf_check(&body, "the request", call->err);
    if (code == OK)
        code = ask(call, HTTP_POST, str_from_c(path_of(call)), buf_str(&body), &answer);
    buf_finish(&body);
    return code;
}

static enum err_code list(struct subcommand_call *call) {
    const struct group_options *group = call->options;
    struct json_value *answer;
    TRY(administration_ask_list(call->administration, str_from_c(path_of(call)), &answer, call->err));
    if (group->common.is_json) {
        administration_print_json(answer);
        return OK;
    }
    for (size_t i = 0; i < answer->array.count; i++) {
        administration_print_text(json_get_str(&answer->array.items[i], STR("name")), 32);
        putchar(' ');
        administration_print_text(json_get_str(&answer->array.items[i], STR("organization")), 0);
        putchar('\n');
    }
    return OK;
}

static enum err_code remove_one(struct subcommand_call *call) {
    struct json_value *answer;
    return ask(call, HTTP_DELETE, arena_printf(call->arena, "%s/%s", path_of(call), call->arguments[0]), STR_EMPTY, &answer);
}

static enum err_code list_members(struct subcommand_call *call) {
    const struct group_options *group = call->options;
    struct json_value *answer;
    struct str members = arena_printf(call->arena, "%s/%s/members", path_of(call), call->arguments[0]);
    TRY(administration_ask_list(call->administration, members, &answer, call->err));
    if (group->common.is_json) {
        administration_print_json(answer);
        return OK;
    }
    for (size_t i = 0; i < answer->array.count; i++) {
        const struct json_value *row = &answer->array.items[i];
        struct str username = json_get_str(row, STR("username"));
        administration_print_text(username.ptr == NULL ? STR("(invited)") : username, 32);
        putchar(' ');
        administration_print_text(json_get_str(row, STR("role")), 8);
        administration_print_text(json_get_str(row, STR("email")), 0);
        putchar('\n');
    }
    return OK;
}

/* NAME: lists the members; NAME USER: sets the role. */
static enum err_code member(struct subcommand_call *call) {
    const struct group_options *group = call->options;
    struct json_value *answer;
    if (call->argument_count == 1)
        return list_members(call);
    return ask(call, HTTP_PUT,
               arena_printf(call->arena, "%s/%s/members/%s", path_of(call), call->arguments[0], call->arguments[1]),
               administration_object(call->arena, "role", group->role, NULL), &answer);
}

static enum err_code remove_member(struct subcommand_call *call) {
    struct json_value *answer;
    return ask(call, HTTP_DELETE,
               arena_printf(call->arena, "%s/%s/members/%s", path_of(call), call->arguments[0], call->arguments[1]), STR_EMPTY,
               &answer);
}

/* Sorted by name. */
static const struct subcommand subcommands[] = {
    { "add", 1, 1, add },
    { "list", 0, 0, list },
    { "member", 1, 2, member },
    { "remove", 1, 1, remove_one },
    { "remove-member", 2, 2, remove_member },
};

int group_run(const struct command *command, const char *path, int argc, char **argv) {
    struct group_options group = { .path = path };
    return subcommand_run(command, subcommands, sizeof subcommands / sizeof subcommands[0], &group.common, argc, argv);
}
