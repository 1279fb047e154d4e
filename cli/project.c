/* project.c - barograph project: what projects hold, and what they may. */
#include "cli/project.h"

#include "cli/administration.h"

/* Sorted by name. */
static const struct option rows[] = {
    OPTION_API_KEY, OPTION_BASE_URL, OPTION_DATA, OPTION_DATABASE, OPTION_FORCE, OPTION_JSON,
};
static const struct options options = { rows, sizeof rows / sizeof rows[0] };

void project_print_storage(const struct json_value *storage) {
    int64_t of_entity = 0;
    for (size_t i = 0; storage != NULL && storage->type == JSON_TYPE_ARRAY && i < storage->array.count; i++) {
        const struct json_value *held = &storage->array.items[i];
        const struct json_value *next = i + 1 < storage->array.count ? held + 1 : NULL;
        struct str entity = json_get_str(held, STR("entity")), project = json_get_str(held, STR("project"));
        int64_t bytes = json_get_int(held, STR("bytes"), 0), limit = json_get_int(held, STR("limitBytes"), 0);
        if (limit > 0)
            printf("%lld of %lld bytes in %.*s/%.*s\n", (long long)bytes, (long long)limit, STR_ARG(entity), STR_ARG(project));
        else
            printf("%lld bytes in %.*s/%.*s\n", (long long)bytes, STR_ARG(entity), STR_ARG(project));
        of_entity += bytes;
        if (next != NULL && str_eq(json_get_str(next, STR("entity")), entity))
            continue;
        printf("%lld bytes of %.*s\n", (long long)of_entity, STR_ARG(entity));
        of_entity = 0;
    }
}

static enum err_code list(struct subcommand_call *call) {
    struct json_value *answer;
    TRY(administration_ask_list(call->administration, STR("/api/admin/projects"), &answer, call->err));
    if (((const struct administration_options *)call->options)->is_json)
        administration_print_json(answer);
    else
        project_print_storage(answer);
    return OK;
}

static enum err_code limit(struct subcommand_call *call) {
    struct json_value *answer;
    struct str body = STR_EMPTY;
    int64_t bytes;
    if (strchr(call->arguments[0], '/') == NULL)
        return err_set(call->err, ERR_BAD_INPUT, "'%s' is not ENTITY/PROJECT", call->arguments[0]);
    if (call->argument_count == 2) {
        if (!str_to_i64(str_from_c(call->arguments[1]), &bytes) || bytes < 0)
            return err_set(call->err, ERR_BAD_INPUT, "'%s' is not a number of bytes", call->arguments[1]);
        body = arena_printf(call->arena, "{\"bytes\":%lld}", (long long)bytes);
    }
    TRY(administration_ask(call->administration, body.len > 0 ? HTTP_PUT : HTTP_GET,
                           arena_printf(call->arena, "/api/admin/projects/%s/limit", call->arguments[0]), body, &answer, call->err));
    bytes = json_get_int(answer, STR("bytes"), 0);
    if (((const struct administration_options *)call->options)->is_json)
        administration_print_json(answer);
    else if (bytes > 0)
        printf("%lld bytes\n", (long long)bytes);
    else
        puts("no limit of its own");
    return OK;
}

/* Sorted by name. */
static const struct subcommand subcommands[] = {
    { "limit", 1, 2, limit },
    { "list", 0, 0, list },
};

static int run(const struct command *command, int argc, char **argv) {
    struct administration_options chosen = { 0 };
    return subcommand_run(command, subcommands, sizeof subcommands / sizeof subcommands[0], &chosen, argc, argv);
}

const struct command project_command = {
    .name = "project",
    .usage = "list                          what each project holds, and each person or team\n"
             "limit ENTITY/PROJECT          what it may hold\n"
             "limit ENTITY/PROJECT BYTES    sets that; 0 takes the limit away",
    .summary = "Says what projects hold, and sets what they may.",
    .options = &options,
    .run = run,
};
