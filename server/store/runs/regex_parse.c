/* regex_parse.c - the text of a regular expression into its tree. */
#include "server/store/runs/regex_tree.h"

struct parser {
    struct str pattern;
    size_t at;
    unsigned flags;
    int depth;
    struct arena *arena;
    struct err *err;
};

struct ranges {
    struct regex_range *items;
    size_t count, cap;
};

static enum err_code parse_alternatives(struct parser *p, struct regex_node **out);

static enum err_code refuse(struct parser *p, size_t at, const char *what) {
    return err_set(p->err, ERR_BAD_INPUT, "regular expression, byte %zu: %s", at, what);
}

static bool has_more(const struct parser *p) {
    return p->at < p->pattern.len;
}

static unsigned char peek(const struct parser *p) {
    return (unsigned char)p->pattern.ptr[p->at];
}

static bool take(struct parser *p, const char *text) {
    struct str rest = str_from(p->pattern, p->at);
    if (!str_starts_with(rest, str_from_c(text)))
        return false;
    p->at += strlen(text);
    return true;
}

static struct regex_node *node_new(struct parser *p, enum regex_node_kind kind, struct regex_node *left,
                                   struct regex_node *right) {
    struct regex_node *node = ARENA_NEW(p->arena, struct regex_node);
    node->kind = kind;
    node->left = left;
    node->right = right;
    return node;
}

static struct regex_node *assertion_new(struct parser *p, enum regex_assertion assertion) {
    struct regex_node *node = node_new(p, REGEX_ASSERT, NULL, NULL);
    node->assertion = assertion;
    return node;
}

/* The pattern is valid UTF-8: regex_parse has checked. */
static uint32_t take_code_point(struct parser *p) {
    unsigned char lead = peek(p);
    size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    uint32_t code = more == 0 ? lead : lead & (0x3Fu >> more);

    p->at++;
    for (; more > 0; more--, p->at++)
        code = code << 6 | (peek(p) & 0x3F);
    return code;
}

/* ---- sets of code points ---- */

static void ranges_add(struct parser *p, struct ranges *set, uint32_t first, uint32_t last) {
    if (set->count == set->cap) {
        size_t cap = set->cap == 0 ? 8 : set->cap * 2;
        set->items = arena_grow(p->arena, set->items, set->count, cap, sizeof(*set->items));
        set->cap = cap;
    }
    set->items[set->count++] = (struct regex_range){ first, last };
}

static int range_compare(const void *a, const void *b) {
    const struct regex_range *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static void ranges_normalise(struct ranges *set) {
    size_t kept = 0;
    if (set->count == 0)
        return;
    qsort(set->items, set->count, sizeof(*set->items), range_compare);
    for (size_t i = 1; i < set->count; i++) {
        if (set->items[i].first > set->items[kept].last + 1)
            set->items[++kept] = set->items[i];
        else if (set->items[i].last > set->items[kept].last)
            set->items[kept].last = set->items[i].last;
    }
    set->count = kept + 1;
}

static struct ranges ranges_negated(struct parser *p, struct ranges *set) {
    struct ranges out = { 0 };
    uint32_t next = 0;

    ranges_normalise(set);
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].first > next)
            ranges_add(p, &out, next, set->items[i].first - 1);
        next = set->items[i].last + 1;
    }
    if (next <= REGEX_CODE_POINT_MAX)
        ranges_add(p, &out, next, REGEX_CODE_POINT_MAX);
    return out;
}

static void add_other_case(struct parser *p, struct ranges *set, uint32_t from, uint32_t to,
                           int32_t distance) {
    for (size_t i = 0, count = set->count; i < count; i++) {
        uint32_t first = set->items[i].first < from ? from : set->items[i].first;
        uint32_t last = set->items[i].last > to ? to : set->items[i].last;
        if (first <= last)
            ranges_add(p, set, (uint32_t)((int32_t)first + distance), (uint32_t)((int32_t)last + distance));
    }
}

static struct regex_node *class_new(struct parser *p, struct ranges *set, bool is_negated) {
    struct regex_node *node = node_new(p, REGEX_CLASS, NULL, NULL);

    if (p->flags & REGEX_IGNORE_CASE) {
        add_other_case(p, set, 'a', 'z', 'A' - 'a');
        add_other_case(p, set, 'A', 'Z', 'a' - 'A');
    }
    if (is_negated)
        *set = ranges_negated(p, set);
    ranges_normalise(set);
    node->ranges = set->items;
    node->range_count = set->count;
    return node;
}

static struct regex_node *literal_new(struct parser *p, uint32_t code) {
    struct ranges set = { 0 };
    ranges_add(p, &set, code, code);
    return class_new(p, &set, false);
}

/* Pairs of first and last byte, by the name that stands in [:name:] or after a backslash. */
static const struct {
    const char *name, *pairs;
} named_sets[] = {
    { "alnum", "09AZaz" },
    { "alpha", "AZaz" },
    { "ascii", "\x01\x7f" },
    { "blank", "\t\t  " },
    { "cntrl", "\x01\x1f\x7f\x7f" },
    { "d", "09" },
    { "digit", "09" },
    { "graph", "!~" },
    { "lower", "az" },
    { "print", " ~" },
    { "punct", "!/:@[`{~" },
    { "s", "\t\n\f\r  " },
    { "space", "\t\r  " },
    { "upper", "AZ" },
    { "w", "09AZ__az" },
    { "word", "09AZ__az" },
    { "xdigit", "09AFaf" },
};

static bool ranges_add_named(struct parser *p, struct ranges *set, struct str name, bool is_negated) {
    for (size_t i = 0; i < sizeof(named_sets) / sizeof(named_sets[0]); i++) {
        struct ranges named = { 0 };
        if (!str_eq_c(name, named_sets[i].name))
            continue;
        for (const char *pair = named_sets[i].pairs; *pair != '\0'; pair += 2)
            ranges_add(p, &named, (unsigned char)pair[0], (unsigned char)pair[1]);
        if (is_negated)
            named = ranges_negated(p, &named);
        for (size_t k = 0; k < named.count; k++)
            ranges_add(p, set, named.items[k].first, named.items[k].last);
        return true;
    }
    return false;
}

/* ---- escapes ---- */

static int hex_digit(unsigned char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* After "\x": two digits, or any number of them in braces. */
static enum err_code take_hex(struct parser *p, uint32_t *code) {
    size_t begin = p->at, digits = 0;
    bool is_braced = take(p, "{");

    *code = 0;
    while (has_more(p) && hex_digit(peek(p)) >= 0 &&
           (is_braced ? *code <= REGEX_CODE_POINT_MAX : digits < 2)) {
        *code = *code << 4 | (uint32_t)hex_digit(peek(p));
        p->at++;
        digits++;
    }
    if (digits == 0 || (!is_braced && digits < 2) || (is_braced && !take(p, "}")) ||
        *code > REGEX_CODE_POINT_MAX)
        return refuse(p, begin, "\\x needs two hexadecimal digits, or a code point in braces");
    return OK;
}

/* A backslash has been read; what follows stands for one code point. */
static enum err_code take_escaped_literal(struct parser *p, uint32_t *code) {
    static const char letters[] = "afnrtv", meanings[] = "\a\f\n\r\t\v";
    size_t begin = p->at;
    const char *letter;

    if (!has_more(p))
        return refuse(p, begin, "a backslash at the end");
    *code = take_code_point(p);
    if (*code == 'x')
        return take_hex(p, code);
    if (*code == '0')
        *code = 0;
    else if (*code >= '1' && *code <= '9')
        return refuse(p, begin, "back-references are not offered: they cannot be searched in linear time");
    else if (*code == 'p' || *code == 'P')
        return refuse(
            p, begin,
            "Unicode classes such as \\p{L} are not offered: write the range, such as [\\x{3040}-\\x{30FF}]");
    else if (*code < 0x80 && *code != 0 && (letter = strchr(letters, (int)*code)) != NULL)
        *code = (unsigned char)meanings[letter - letters];
    else if ((*code | 0x20) >= 'a' && (*code | 0x20) <= 'z')
        return refuse(p, begin, "an unknown escape");
    return OK;
}

/* \d \D \w \W \s \S: true when one was taken. */
static bool take_perl_class(struct parser *p, struct ranges *set) {
    char lower;
    struct str name = { &lower, 1 };

    if (!has_more(p) || strchr("dDwWsS", peek(p)) == NULL || peek(p) == '\0')
        return false;
    lower = (char)(peek(p) | 0x20);
    (void)ranges_add_named(p, set, name, peek(p) < 'a');
    p->at++;
    return true;
}

/* ---- [classes] ---- */

static enum err_code take_posix_class(struct parser *p, struct ranges *set) {
    size_t begin = p->at;
    bool is_negated = take(p, "[:^") || !take(p, "[:");
    size_t name_begin = p->at;
    struct str name;

    while (has_more(p) && peek(p) >= 'a' && peek(p) <= 'z')
        p->at++;
    name = str_slice(p->pattern, name_begin, p->at - name_begin);
    if (!take(p, ":]") || name.len < 2 || !ranges_add_named(p, set, name, is_negated))
        return refuse(p, begin, "an unknown class in [: :]");
    return OK;
}

static enum err_code take_class_member(struct parser *p, uint32_t *code) {
    if (!has_more(p))
        return refuse(p, p->at, "a [ without its ]");
    if (take(p, "\\"))
        return take_escaped_literal(p, code);
    *code = take_code_point(p);
    return OK;
}

static enum err_code take_class_range(struct parser *p, struct ranges *set) {
    size_t begin = p->at;
    uint32_t first, last;

    TRY(take_class_member(p, &first));
    last = first;
    if (p->at + 1 < p->pattern.len && peek(p) == '-' && p->pattern.ptr[p->at + 1] != ']') {
        p->at++;
        TRY(take_class_member(p, &last));
    }
    if (last < first)
        return refuse(p, begin, "a range whose end comes before its beginning");
    ranges_add(p, set, first, last);
    return OK;
}

/* A [ has been read. A ] that comes first is a literal. */
static enum err_code parse_class(struct parser *p, struct regex_node **out) {
    size_t begin = p->at;
    struct ranges set = { 0 };
    bool is_negated = take(p, "^");

    for (bool is_first = true; is_first || !take(p, "]"); is_first = false) {
        struct str rest = str_from(p->pattern, p->at);
        if (rest.len == 0)
            return refuse(p, begin, "a [ without its ]");
        if (str_starts_with(rest, STR("[:")))
            TRY(take_posix_class(p, &set));
        else if (rest.len >= 2 && rest.ptr[0] == '\\' && strchr("dDwWsS", rest.ptr[1]) != NULL &&
                 rest.ptr[1] != '\0') {
            p->at++;
            (void)take_perl_class(p, &set);
        } else
            TRY(take_class_range(p, &set));
    }
    *out = class_new(p, &set, is_negated);
    return OK;
}

/* ---- groups ---- */

/* Between "(?" and ":" or ")": letters that set flags, after a minus clear them. */
static enum err_code take_flags(struct parser *p, bool *is_group) {
    static const struct {
        char letter;
        unsigned flag;
    } letters[] = {
        { 'i', REGEX_IGNORE_CASE }, { 'm', REGEX_MULTILINE }, { 's', REGEX_DOT_ALL }, { 'U', 0 }
    };
    bool is_clearing = false;

    for (; has_more(p); p->at++) {
        unsigned char c = peek(p);
        size_t i = 0;
        if (c == ':' || c == ')') {
            p->at++;
            *is_group = c == ':';
            return OK;
        }
        if (c == '-' && !is_clearing) {
            is_clearing = true;
            continue;
        }
        while (i < 4 && letters[i].letter != (char)c)
            i++;
        if (i == 4)
            break;
        p->flags = is_clearing ? p->flags & ~letters[i].flag : p->flags | letters[i].flag;
    }
    return refuse(p, p->at, "an unknown flag after (?");
}

static enum err_code take_group_name(struct parser *p) {
    size_t begin = p->at;
    while (has_more(p) && peek(p) != '>')
        p->at++;
    return p->at > begin && take(p, ">") ? OK : refuse(p, begin, "a group's name without its >");
}

/* A ( has been read. */
static enum err_code parse_group(struct parser *p, struct regex_node **out) {
    size_t begin = p->at;
    unsigned flags = p->flags;
    bool is_group = true;

    if (p->depth == REGEX_DEPTH_MAX)
        return refuse(p, begin, "more than 100 groups inside each other");
    if (take(p, "?=") || take(p, "?!") || take(p, "?<=") || take(p, "?<!"))
        return refuse(p, begin, "look-around is not offered: it cannot be searched in linear time");
    if (take(p, "?P<") || take(p, "?<"))
        TRY(take_group_name(p));
    else if (take(p, "?"))
        TRY(take_flags(p, &is_group));
    if (!is_group) { /* (?i) holds to the end of the group that it stands in */
        *out = node_new(p, REGEX_EMPTY, NULL, NULL);
        return OK;
    }
    p->depth++;
    TRY(parse_alternatives(p, out));
    p->depth--;
    if (!take(p, ")"))
        return refuse(p, begin, "a ( without its )");
    p->flags = flags;
    return OK;
}

/* ---- the rest ---- */

/* "\Q" has been read: all is literal up to "\E" or the end. */
static struct regex_node *parse_quoted(struct parser *p) {
    struct regex_node *all = node_new(p, REGEX_EMPTY, NULL, NULL);
    while (has_more(p) && !take(p, "\\E"))
        all = node_new(p, REGEX_CAT, all, literal_new(p, take_code_point(p)));
    return all;
}

static enum err_code parse_escape(struct parser *p, struct regex_node **out) {
    struct ranges set = { 0 };
    uint32_t code;

    if (take(p, "Q"))
        *out = parse_quoted(p);
    else if (take(p, "A"))
        *out = assertion_new(p, REGEX_TEXT_BEGIN);
    else if (take(p, "z"))
        *out = assertion_new(p, REGEX_TEXT_END);
    else if (take(p, "b"))
        *out = assertion_new(p, REGEX_WORD_EDGE);
    else if (take(p, "B"))
        *out = assertion_new(p, REGEX_NO_WORD_EDGE);
    else if (take_perl_class(p, &set))
        *out = class_new(p, &set, false);
    else {
        TRY(take_escaped_literal(p, &code));
        *out = literal_new(p, code);
    }
    return OK;
}

static struct regex_node *dot_new(struct parser *p) {
    struct ranges set = { 0 };
    if (!(p->flags & REGEX_DOT_ALL))
        ranges_add(p, &set, '\n', '\n');
    return class_new(p, &set, true);
}

static enum err_code parse_atom(struct parser *p, struct regex_node **out) {
    bool is_multiline = (p->flags & REGEX_MULTILINE) != 0;

    if (strchr("*+?", peek(p)) != NULL && peek(p) != '\0')
        return refuse(p, p->at, "a repetition with nothing before it");
    if (take(p, "("))
        return parse_group(p, out);
    if (take(p, "["))
        return parse_class(p, out);
    if (take(p, "\\"))
        return parse_escape(p, out);
    if (take(p, "."))
        *out = dot_new(p);
    else if (take(p, "^"))
        *out = assertion_new(p, is_multiline ? REGEX_LINE_BEGIN : REGEX_TEXT_BEGIN);
    else if (take(p, "$"))
        *out = assertion_new(p, is_multiline ? REGEX_LINE_END : REGEX_TEXT_END);
    else
        *out = literal_new(p, take_code_point(p));
    return OK;
}

static bool take_number(struct parser *p, int *number) {
    size_t begin = p->at;
    *number = 0;
    while (has_more(p) && peek(p) >= '0' && peek(p) <= '9') {
        if (*number <= REGEX_REPEAT_MAX)
            *number = *number * 10 + (peek(p) - '0');
        p->at++;
    }
    return p->at > begin;
}

/* "{2}", "{2,}" or "{2,5}"; anything else that begins with { is a literal, as RE2 has it. */
static bool take_counts(struct parser *p, int *min, int *max) {
    size_t begin = p->at;
    if (take(p, "{") && take_number(p, min)) {
        *max = *min;
        if (take(p, ",") && !take_number(p, max))
            *max = REGEX_UNLIMITED;
        if (take(p, "}"))
            return true;
    }
    p->at = begin;
    return false;
}

static bool take_repetition(struct parser *p, int *min, int *max) {
    *min = 0;
    *max = REGEX_UNLIMITED;
    if (take(p, "*"))
        return true;
    if (take(p, "+")) {
        *min = 1;
        return true;
    }
    if (take(p, "?")) {
        *max = 1;
        return true;
    }
    return take_counts(p, min, max);
}

static enum err_code parse_repeated(struct parser *p, struct regex_node **out) {
    size_t begin;
    int min, max;

    TRY(parse_atom(p, out));
    begin = p->at;
    if (!take_repetition(p, &min, &max))
        return OK;
    if (min > REGEX_REPEAT_MAX || max > REGEX_REPEAT_MAX)
        return refuse(p, begin, "more than 1000 repetitions");
    if (max != REGEX_UNLIMITED && max < min)
        return refuse(p, begin, "a repetition whose most is less than its least");
    *out = node_new(p, REGEX_REPEAT, *out, NULL);
    (*out)->min = min;
    (*out)->max = max;
    (void)take(p, "?"); /* lazy or not: the same texts match */
    begin = p->at;
    if (take_repetition(p, &min, &max))
        return refuse(p, begin, "a repetition of a repetition: put the first into a group");
    return OK;
}

static enum err_code parse_sequence(struct parser *p, struct regex_node **out) {
    *out = node_new(p, REGEX_EMPTY, NULL, NULL);
    while (has_more(p) && peek(p) != '|' && peek(p) != ')') {
        struct regex_node *next;
        TRY(parse_repeated(p, &next));
        *out = node_new(p, REGEX_CAT, *out, next);
    }
    return OK;
}

static enum err_code parse_alternatives(struct parser *p, struct regex_node **out) {
    TRY(parse_sequence(p, out));
    while (take(p, "|")) {
        struct regex_node *next;
        TRY(parse_sequence(p, &next));
        *out = node_new(p, REGEX_ALT, *out, next);
    }
    return OK;
}

enum err_code regex_parse(struct regex_node **out, struct str pattern, unsigned flags, struct arena *arena,
                          struct err *err) {
    struct parser p = { .pattern = pattern, .flags = flags, .arena = arena, .err = err };

    if (pattern.len > REGEX_PATTERN_MAX_BYTES)
        return err_set(err, ERR_BAD_INPUT, "regular expression of %zu bytes: at most %d are allowed",
                       pattern.len, REGEX_PATTERN_MAX_BYTES);
    if (!str_is_utf8(pattern))
        return err_set(err, ERR_BAD_INPUT, "regular expression is not valid UTF-8");
    TRY(parse_alternatives(&p, out));
    return has_more(&p) ? refuse(&p, p.at, "a ) without its (") : OK;
}
