/* command.c - see command.h. */
#include "cli/command.h"

#include <stdarg.h>

enum { HELP_MAX_BYTES = 64 << 10 };

int command_failed(const struct err *err) {
    fprintf(stderr, "barograph: %s\n", err->message);
    return err->code == ERR_BAD_INPUT ? EXIT_USAGE : EXIT_FAILED;
}

static void print_usage(const struct command *command, FILE *out) {
    struct str rest = str_from_c(command->usage), line;
    const char *lead = "usage:";
    bool has_more;
    do {
        has_more = str_cut(rest, '\n', &line, &rest);
        fprintf(out, "%s barograph %s %.*s\n", lead, command->name, STR_ARG(line));
        lead = "      ";
    } while (has_more);
}

int command_misused(const struct command *command, const char *format, ...) {
    va_list args;

    fputs("barograph: ", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    print_usage(command, stderr);
    return EXIT_USAGE;
}

void command_help(const struct command *command, FILE *out) {
    struct buf text = BUF_INIT(HELP_MAX_BYTES);

    print_usage(command, out);
    fprintf(out, "\n%s\n", command->summary);
    if (command->options != NULL) {
        options_help(command->options, &text);
        fprintf(out, "\n%.*s", STR_ARG(buf_str(&text)));
    }
    buf_finish(&text);
}
