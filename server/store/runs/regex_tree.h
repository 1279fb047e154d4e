/* regex_tree.h - what the pattern's parser hands to the compiler: a tree. Private to regex*.c. */
#ifndef SERVER_STORE_REGEX_TREE_H
#define SERVER_STORE_REGEX_TREE_H

#include "server/store/runs/regex.h"

enum regex_node_kind { REGEX_EMPTY, REGEX_CLASS, REGEX_ASSERT, REGEX_CAT, REGEX_ALT, REGEX_REPEAT };

enum regex_assertion {
    REGEX_TEXT_BEGIN = 1,
    REGEX_TEXT_END = 2,
    REGEX_LINE_BEGIN = 4,
    REGEX_LINE_END = 8,
    REGEX_WORD_EDGE = 16,
    REGEX_NO_WORD_EDGE = 32,
};

enum { REGEX_CODE_POINT_MAX = 0x10FFFF, REGEX_UNLIMITED = -1 };

struct regex_range {
    uint32_t first, last;
};

struct regex_node {
    enum regex_node_kind kind;
    struct regex_range *ranges; /* REGEX_CLASS: ascending, apart from each other */
    size_t range_count;
    enum regex_assertion assertion;
    int min, max; /* REGEX_REPEAT */
    struct regex_node *left, *right;
};

MUST_CHECK enum err_code regex_parse(struct regex_node **out, struct str pattern, unsigned flags,
                                     struct arena *arena, struct err *err);

#endif
