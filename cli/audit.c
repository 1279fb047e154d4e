/* audit.c - barograph audit: who changed what. */
#include "cli/administration.h"

#include "base/clock.h"

#include <stddef.h>

struct audit_options {
    struct administration_options common;
    struct str action, since, user;
};

#define AT(member) offsetof(struct audit_options, member)

/* Sorted by name. */
static const struct option rows[] = {
    { "action", "NAME", OPTION_TEXT, false, AT(action), NULL, "only what begins so: key, key.revoke, ..." },
    OPTION_API_KEY,
    OPTION_BASE_URL,
    OPTION_DATA,
    OPTION_DATABASE,
    OPTION_FORCE,
    OPTION_JSON,
    { "since", "TIME", OPTION_TEXT, false, AT(since), NULL, "only from then on: 2026-01-31, 2026-01-31T12:00Z" },
    { "user", "NAME", OPTION_TEXT, false, AT(user), NULL, "only what this one did" },
};
static const struct options options = { rows, sizeof rows / sizeof rows[0] };

struct selection {
    const struct audit_options *wanted;
    int64_t since_ms;
};

static bool is_selected(const struct json_value *row, const struct selection *selection) {
    const struct audit_options *wanted = selection->wanted;
    struct str user = json_get_str(row, STR("user"));
    int64_t at_ms = 0;
    (void)clock_parse_iso(json_get_str(row, STR("at")), &at_ms);
    return at_ms >= selection->since_ms && str_starts_with(json_get_str(row, STR("action")), wanted->action) &&
           (wanted->user.len == 0 || (user.ptr != NULL && str_eq(user, wanted->user)));
}

static void print_or_dash(struct str text, int width) {
    administration_print_text(text.ptr == NULL || text.len == 0 ? STR("-") : text, width);
}

static void print_row(const struct json_value *row, bool is_json) {
    if (is_json) {
        administration_print_json(row);
        return;
    }
    print_or_dash(json_get_str(row, STR("at")), 25);
    print_or_dash(json_get_str(row, STR("action")), 20);
    print_or_dash(json_get_str(row, STR("user")), 20);
    print_or_dash(json_get_str(row, STR("address")), 16);
    print_or_dash(json_get_str(row, STR("entity")), 20);
    print_or_dash(json_get_str(row, STR("subject")), 0);
    putchar('\n');
}

/* Page after page: a log of years is long. */
static enum err_code list(struct subcommand_call *call) {
    struct selection selection = { .wanted = call->options };
    struct json_value *page;
    int64_t last_id = 0;

    if (selection.wanted->since.len > 0 && !clock_parse_iso(selection.wanted->since, &selection.since_ms))
        return err_set(call->err, ERR_BAD_INPUT, "--since wants a date or a time, got '%.*s'", STR_ARG(selection.wanted->since));
    do {
        struct str path = arena_printf(call->arena, "/api/admin/audit/%lld", (long long)last_id);
        TRY(administration_ask_list(call->administration, path, &page, call->err));
        for (size_t i = 0; i < page->array.count; i++) {
            const struct json_value *row = &page->array.items[i];
            last_id = json_get_int(row, STR("id"), last_id);
            if (is_selected(row, &selection))
                print_row(row, selection.wanted->common.is_json);
        }
    } while (page->array.count > 0);
    return OK;
}

/* Sorted by name. */
static const struct subcommand subcommands[] = {
    { "list", 0, 0, list },
};

static int run(const struct command *command, int argc, char **argv) {
    struct audit_options wanted = { 0 };
    return subcommand_run(command, subcommands, sizeof subcommands / sizeof subcommands[0], &wanted.common, argc, argv);
}

const struct command audit_command = {
    .name = "audit",
    .usage = "list [--since TIME] [--user NAME] [--action NAME]   oldest first",
    .summary = "Says who changed what.",
    .options = &options,
    .run = run,
};
