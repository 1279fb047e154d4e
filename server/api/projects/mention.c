/* mention.c - see mention.h. */
#include "server/api/projects/mention.h"

#include <ctype.h>
#include <string.h>

static bool is_ascii_of_name(char c) {
    return isalnum((unsigned char)c) || (c != '\0' && strchr("._-+", c) != NULL);
}

static bool is_of_name(char c) {
    return is_ascii_of_name(c) || (unsigned char)c >= 0x80;
}

static bool begins_name(struct str text, size_t at) {
    return text.ptr[at] == '@' && (at == 0 || !(isalnum((unsigned char)text.ptr[at - 1]) || is_ascii_of_name(text.ptr[at - 1])));
}

static size_t add(struct str name, struct str *names, size_t count, size_t max) {
    if (name.len == 0 || count == max)
        return count;
    for (size_t i = 0; i < count; i++)
        if (str_eq(names[i], name))
            return count;
    names[count] = name;
    return count + 1;
}

static struct str without_stops(struct str name) {
    while (name.len > 0 && strchr(".-", name.ptr[name.len - 1]) != NULL)
        name.len--;
    return name;
}

size_t mention_find(struct str text, struct str *names, size_t max) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        size_t whole = 0, ascii = 0;
        if (!begins_name(text, i))
            continue;
        struct str rest = str_from(text, i + 1);
        while (whole < rest.len && is_of_name(rest.ptr[whole]))
            whole++;
        while (ascii < whole && is_ascii_of_name(rest.ptr[ascii]))
            ascii++;
        const struct str found[] = { str_slice(rest, 0, whole), without_stops(str_slice(rest, 0, whole)), str_slice(rest, 0, ascii),
                                     without_stops(str_slice(rest, 0, ascii)) };
        for (size_t k = 0; k < sizeof found / sizeof found[0]; k++)
            count = add(found[k], names, count, max);
        i += whole;
    }
    return count;
}
