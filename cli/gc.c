/* gc.c - barograph gc: says what projects hold and what emptying the trash would free, and with --yes empties it. */
#include "cli/administration.h"
#include "cli/project.h"

#include <stddef.h>

struct gc_options {
    struct administration_options common;
    bool is_meant;
};

/* Sorted by name. */
static const struct option rows[] = {
    OPTION_API_KEY,
    OPTION_BASE_URL,
    OPTION_DATA,
    OPTION_DATABASE,
    OPTION_FORCE,
    OPTION_JSON,
    { "yes", NULL, OPTION_FLAG, false, offsetof(struct gc_options, is_meant), NULL, "free it; it cannot be brought back then" },
};
static const struct options options = { rows, sizeof rows / sizeof rows[0] };

static void print(const struct json_value *answer, bool is_done) {
    project_print_storage(json_get(answer, STR("storage")));
    static const char *const kinds[] = { "runs", "projects", "collections", "artifacts", "reports" };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        printf("%lld %s\n", (long long)json_get_int(answer, str_from_c(kinds[i]), 0), kinds[i]);
    printf("%lld bytes of files, at most: bytes that others share stay\n", (long long)json_get_int(answer, STR("bytes"), 0));
    puts(is_done ? "are being removed; blobs follow a day after nobody has them any more" : "would be removed; --yes removes them");
}

static enum err_code collect(const struct gc_options *chosen, struct arena *arena, struct err *err) {
    struct administration *administration = NULL;
    struct json_value *answer;
    enum err_code code = administration_open(&administration, &chosen->common, arena, err);
    if (code == OK)
        code = administration_ask(administration, chosen->is_meant ? HTTP_POST : HTTP_GET, STR("/api/admin/gc"),
                                  chosen->is_meant ? STR("{}") : STR_EMPTY, &answer, err);
    if (code == OK && chosen->common.is_json)
        administration_print_json(answer);
    else if (code == OK)
        print(answer, chosen->is_meant);
    administration_close(administration);
    return code;
}

static int run(const struct command *command, int argc, char **argv) {
    struct gc_options chosen = { 0 };
    struct err err = { 0 };
    bool names_folder = false;
    int rest_count = 0;

    /* BAROGRAPH_DATA is the server's to read: only --data says that the server is stopped. */
    for (int i = 1; i < argc; i++)
        names_folder = names_folder || strcmp(argv[i], "--data") == 0 || strncmp(argv[i], "--data=", 7) == 0;
    if (options_parse(command->options, &chosen, argc - 1, argv + 1, &rest_count, &err) != OK)
        return command_misused(command, "%s", err.message);
    if (rest_count > 0)
        return command_misused(command, "'%s' is not an option", argv[1]);
    if (!names_folder)
        chosen.common.data = STR_EMPTY;
    struct arena *arena = arena_create();
    enum err_code code = collect(&chosen, arena, &err);
    arena_destroy(arena);
    return code == OK ? EXIT_OK : command_failed(&err);
}

const struct command gc_command = {
    .name = "gc",
    .usage = "[--yes]",
    .summary = "Says what projects hold and what emptying the trash would free; --yes empties it.",
    .options = &options,
    .run = run,
};
