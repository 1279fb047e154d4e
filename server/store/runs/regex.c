/* regex.c - a tree into a program, and texts through the program. */
#include "server/store/runs/regex_tree.h"

enum opcode { OP_BYTES, OP_SPLIT, OP_JUMP, OP_ASSERT, OP_MATCH };

struct instruction {
    uint8_t opcode;
    uint8_t first, last; /* OP_BYTES */
    uint8_t assertion;   /* OP_ASSERT */
    uint16_t to, other;  /* OP_SPLIT: both; OP_JUMP: to */
};

/* What came before a place in the text, as far as assertions care. */
enum before { BEFORE_TEXT, AFTER_NEWLINE, AFTER_WORD, AFTER_OTHER };

enum {
    END_OF_TEXT = 256,
    SYMBOLS = 257,
    STATE_UNKNOWN = 0,
    STATE_MATCHED = 1,
    STATE_FIRST = 2,
    HASH_SLOTS = 512
};

/* A set of places in the program that are alive before the next byte. */
struct state {
    uint16_t *places; /* ascending */
    size_t place_count;
    uint32_t hash;
    enum before before;
    uint16_t next[SYMBOLS];
};

struct sequence {
    unsigned char first[4], last[4];
    size_t len;
};

enum { SEQUENCES_MAX = REGEX_INSTRUCTIONS_MAX / 2, VISITS_MAX = 16 * REGEX_INSTRUCTIONS_MAX };

struct regex {
    struct instruction *program;
    size_t length, visits;
    bool has_assertions, is_too_large;
    uint64_t work;

    struct sequence *sequences; /* of the class that is being compiled */
    size_t sequence_count;

    struct state states[REGEX_STATES_MAX];
    size_t state_count;
    uint32_t forgotten; /* how often all states were */
    uint16_t slots[HASH_SLOTS];
    uint16_t *places; /* where the sets of all states live */
    size_t places_used, places_cap;

    /* for one step */
    uint16_t *stack, *alive;
    uint32_t *seen, *is_alive; /* the round in which it was */
    uint32_t round;
    size_t alive_count;
};

/* ---- compiling ---- */

static size_t emit(struct regex *re, struct instruction instruction) {
    if (re->length == REGEX_INSTRUCTIONS_MAX) {
        re->is_too_large = true; /* the last one is written again and again; regex_compile refuses */
        return re->length - 1;
    }
    re->program[re->length] = instruction;
    return re->length++;
}

static uint16_t here(const struct regex *re) {
    return (uint16_t)re->length;
}

static size_t utf8_encode(uint32_t code, unsigned char out[4]) {
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

    for (size_t i = len - 1; i > 0; i--, code >>= 6)
        out[i] = (unsigned char)(0x80 | (code & 0x3F));
    out[0] = (unsigned char)(marks[len] | code);
    return len;
}

static void add_sequence(struct regex *re, uint32_t first, uint32_t last) {
    struct sequence *sequence;
    if (re->sequence_count == SEQUENCES_MAX) {
        re->is_too_large = true;
        return;
    }
    sequence = &re->sequences[re->sequence_count++];
    sequence->len = utf8_encode(first, sequence->first);
    (void)utf8_encode(last, sequence->last);
}

/* Cuts a range of code points into ranges of which every byte varies on its own. Whole lengths of UTF-8 stay
 * in one piece: the texts are valid, so the forms that this admits beyond the range do not occur. */
static void split_range(struct regex *re, uint32_t first, uint32_t last) {
    static const struct regex_range lengths[] = {
        { 0, 0x7F }, { 0x80, 0x7FF }, { 0x800, 0xFFFF }, { 0x10000, 0x10FFFF }
    };

    for (size_t i = 0; i < 4; i++) {
        if (first > lengths[i].last || last < lengths[i].first)
            continue;
        if (first < lengths[i].first || last > lengths[i].last) {
            split_range(re, first > lengths[i].first ? first : lengths[i].first,
                        last < lengths[i].last ? last : lengths[i].last);
            continue;
        }
        if (i == 0 || (first == lengths[i].first && last == lengths[i].last)) {
            add_sequence(re, first, last);
            if (i > 0) { /* continuation bytes vary freely in a whole length */
                memset(re->sequences[re->sequence_count - 1].first + 1, 0x80, i);
                memset(re->sequences[re->sequence_count - 1].last + 1, 0xBF, i);
            }
            return;
        }
        for (uint32_t low = 0x3F; low < (1u << (6 * i)); low = low << 6 | 0x3F) {
            if ((first & ~low) == (last & ~low))
                continue;
            if ((first & low) != 0) {
                split_range(re, first, first | low);
                split_range(re, (first | low) + 1, last);
                return;
            }
            if ((last & low) != low) {
                split_range(re, first, (last & ~low) - 1);
                split_range(re, last & ~low, last);
                return;
            }
        }
        add_sequence(re, first, last);
    }
}

static void emit_sequence(struct regex *re, const struct sequence *sequence) {
    for (size_t i = 0; i < sequence->len; i++)
        emit(re, (struct instruction){
                     .opcode = OP_BYTES, .first = sequence->first[i], .last = sequence->last[i] });
}

/* Jumps of a list of alternatives to the end are chained through `to` until the end is known. */
static void land(struct regex *re, uint16_t jump) {
    while (jump != 0) {
        uint16_t before = re->program[jump].to;
        re->program[jump].to = here(re);
        jump = before;
    }
}

static void emit_class(struct regex *re, const struct regex_node *node) {
    uint16_t jump = 0;

    re->sequence_count = 0;
    for (size_t i = 0; i < node->range_count; i++)
        split_range(re, node->ranges[i].first, node->ranges[i].last);
    if (re->sequence_count == 0) { /* an empty class matches nothing: a byte that UTF-8 never has */
        emit(re, (struct instruction){ .opcode = OP_BYTES, .first = 0xFF, .last = 0xFF });
        return;
    }
    for (size_t i = 0; i + 1 < re->sequence_count && !re->is_too_large; i++) {
        size_t split = emit(re, (struct instruction){ .opcode = OP_SPLIT });
        re->program[split].to = here(re);
        emit_sequence(re, &re->sequences[i]);
        jump = (uint16_t)emit(re, (struct instruction){ .opcode = OP_JUMP, .to = jump });
        re->program[split].other = here(re);
    }
    emit_sequence(re, &re->sequences[re->sequence_count - 1]);
    if (!re->is_too_large)
        land(re, jump);
}

static void emit_node(struct regex *re, const struct regex_node *node);

static void emit_alternatives(struct regex *re, const struct regex_node *node) {
    size_t split = emit(re, (struct instruction){ .opcode = OP_SPLIT }), jump;

    re->program[split].to = here(re);
    emit_node(re, node->left);
    jump = emit(re, (struct instruction){ .opcode = OP_JUMP });
    re->program[split].other = here(re);
    emit_node(re, node->right);
    re->program[jump].to = here(re);
}

static void emit_repeat(struct regex *re, const struct regex_node *node) {
    for (int i = 0; i < node->min && !re->is_too_large; i++)
        emit_node(re, node->left);
    if (node->max == REGEX_UNLIMITED) {
        size_t split = emit(re, (struct instruction){ .opcode = OP_SPLIT });
        re->program[split].to = here(re);
        emit_node(re, node->left);
        emit(re, (struct instruction){ .opcode = OP_JUMP, .to = (uint16_t)split });
        re->program[split].other = here(re);
        return;
    }
    for (int i = node->min; i < node->max && !re->is_too_large; i++) {
        size_t split = emit(re, (struct instruction){ .opcode = OP_SPLIT });
        re->program[split].to = here(re);
        emit_node(re, node->left);
        re->program[split].other = here(re);
    }
}

/* Recurses at most as deep as the pattern is long. Repetitions of nothing emit nothing, so visits count too.
 */
static void emit_node(struct regex *re, const struct regex_node *node) {
    if (++re->visits > VISITS_MAX)
        re->is_too_large = true;
    if (re->is_too_large)
        return;
    switch (node->kind) {
    case REGEX_EMPTY:
        return;
    case REGEX_CLASS:
        emit_class(re, node);
        return;
    case REGEX_ASSERT:
        emit(re, (struct instruction){ .opcode = OP_ASSERT, .assertion = (uint8_t)node->assertion });
        re->has_assertions = true;
        return;
    case REGEX_CAT:
        emit_node(re, node->left);
        emit_node(re, node->right);
        return;
    case REGEX_ALT:
        emit_alternatives(re, node);
        return;
    case REGEX_REPEAT:
        emit_repeat(re, node);
        return;
    }
}

enum err_code regex_compile(struct regex **out, struct str pattern, unsigned flags, struct arena *arena,
                            struct err *err) {
    struct regex *re;
    struct regex_node *tree;

    TRY(regex_parse(&tree, pattern, flags, arena, err));
    re = ARENA_NEW(arena, struct regex);
    re->program = ARENA_ARRAY(arena, struct instruction, REGEX_INSTRUCTIONS_MAX);
    re->sequences = ARENA_ARRAY(arena, struct sequence, SEQUENCES_MAX);
    emit_node(re, tree);
    emit(re, (struct instruction){ .opcode = OP_MATCH });
    if (re->is_too_large)
        return err_set(err, ERR_BAD_INPUT,
                       "regular expression is too large: its repetitions make more than %d steps",
                       REGEX_INSTRUCTIONS_MAX);
    re->places_cap = re->length * 2 < 16384 ? 16384 : re->length * 2;
    re->places = ARENA_ARRAY(arena, uint16_t, re->places_cap);
    re->stack = ARENA_ARRAY(arena, uint16_t, re->length + 1);
    re->alive = ARENA_ARRAY(arena, uint16_t, re->length);
    re->seen = ARENA_ARRAY(arena, uint32_t, re->length);
    re->is_alive = ARENA_ARRAY(arena, uint32_t, re->length);
    *out = re;
    return OK;
}

/* ---- matching ---- */

static bool is_word(int symbol) {
    return (symbol >= '0' && symbol <= '9') || (symbol >= 'A' && symbol <= 'Z') ||
           (symbol >= 'a' && symbol <= 'z') || symbol == '_';
}

static enum before before_next(const struct regex *re, int symbol) {
    if (!re->has_assertions)
        return AFTER_OTHER; /* fewer states */
    return symbol == '\n' ? AFTER_NEWLINE : is_word(symbol) ? AFTER_WORD : AFTER_OTHER;
}

/* The assertions that hold between what was before and the symbol that comes. */
static unsigned holding(enum before before, int symbol) {
    unsigned held = (before == AFTER_WORD) != is_word(symbol) ? REGEX_WORD_EDGE : REGEX_NO_WORD_EDGE;
    if (symbol >= 0x80 && symbol <= 0xBF)
        held = 0; /* inside a character */
    if (before == BEFORE_TEXT)
        held |= REGEX_TEXT_BEGIN | REGEX_LINE_BEGIN;
    if (before == AFTER_NEWLINE)
        held |= REGEX_LINE_BEGIN;
    if (symbol == END_OF_TEXT)
        held |= REGEX_TEXT_END | REGEX_LINE_END;
    if (symbol == '\n')
        held |= REGEX_LINE_END;
    return held;
}

static void set_alive(struct regex *re, uint16_t place) {
    if (re->is_alive[place] == re->round)
        return;
    re->is_alive[place] = re->round;
    re->alive[re->alive_count++] = place;
}

static void push(struct regex *re, size_t *depth, uint16_t place) {
    if (re->seen[place] == re->round)
        return;
    re->seen[place] = re->round;
    re->stack[(*depth)++] = place;
}

/* Follows one place through all that takes no byte. True when the match is reached. */
static bool follow(struct regex *re, uint16_t place, int symbol, unsigned held) {
    size_t depth = 0;

    push(re, &depth, place);
    while (depth > 0) {
        uint16_t at = re->stack[--depth];
        const struct instruction *op = &re->program[at];
        re->work += 4;
        switch ((enum opcode)op->opcode) {
        case OP_MATCH:
            return true;
        case OP_BYTES:
            if (symbol >= op->first && symbol <= op->last)
                set_alive(re, (uint16_t)(at + 1));
            break;
        case OP_ASSERT:
            if (held & op->assertion)
                push(re, &depth, (uint16_t)(at + 1));
            break;
        case OP_SPLIT:
            push(re, &depth, op->other);
            push(re, &depth, op->to);
            break;
        case OP_JUMP:
            push(re, &depth, op->to);
            break;
        }
    }
    return false;
}

static int place_compare(const void *a, const void *b) {
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static void forget_states(struct regex *re) {
    re->forgotten++;
    re->state_count = 0;
    re->places_used = 0;
    memset(re->slots, 0, sizeof(re->slots));
}

static bool state_is(const struct regex *re, const struct state *state, uint32_t hash, enum before before) {
    return state->hash == hash && state->before == before && state->place_count == re->alive_count &&
           memcmp(state->places, re->alive, re->alive_count * sizeof(*re->alive)) == 0;
}

/* The state of the places in re->alive; made when it is new. */
static uint16_t state_find(struct regex *re, enum before before) {
    uint32_t hash = 2166136261u + before;
    struct state *state;
    size_t slot;

    if (re->alive_count > 1)
        qsort(re->alive, re->alive_count, sizeof(*re->alive), place_compare);
    for (size_t i = 0; i < re->alive_count; i++)
        hash = (hash ^ re->alive[i]) * 16777619u;
    for (slot = hash % HASH_SLOTS; re->slots[slot] != 0; slot = (slot + 1) % HASH_SLOTS)
        if (state_is(re, &re->states[re->slots[slot] - STATE_FIRST], hash, before))
            return re->slots[slot];

    if (re->state_count == REGEX_STATES_MAX || re->places_used + re->alive_count > re->places_cap) {
        forget_states(re);
        slot = hash % HASH_SLOTS;
    }
    state = &re->states[re->state_count];
    state->places = re->places + re->places_used;
    state->place_count = re->alive_count;
    state->hash = hash;
    state->before = before;
    memset(state->next, 0, sizeof(state->next));
    if (re->alive_count > 0)
        memcpy(state->places, re->alive, re->alive_count * sizeof(*re->alive));
    re->places_used += re->alive_count;
    re->work += SYMBOLS / 2 + 16 * re->alive_count; /* clearing, sorting */
    return re->slots[slot] = (uint16_t)(STATE_FIRST + re->state_count++);
}

static void begin_round(struct regex *re) {
    if (++re->round == 0) { /* wrapped: the marks of four thousand million rounds ago would count */
        memset(re->seen, 0, re->length * sizeof(*re->seen));
        memset(re->is_alive, 0, re->length * sizeof(*re->is_alive));
        re->round = 1;
    }
    re->alive_count = 0;
}

static uint16_t state_first(struct regex *re) {
    begin_round(re);
    set_alive(re, 0);
    return state_find(re, BEFORE_TEXT);
}

/* Fills states[from].next[symbol], unless the table was forgotten meanwhile. */
static uint16_t step(struct regex *re, uint16_t from, int symbol) {
    const struct state *state = &re->states[from - STATE_FIRST];
    unsigned held = holding(state->before, symbol);
    uint32_t forgotten = re->forgotten;
    uint16_t next;

    begin_round(re);
    for (size_t i = 0; i < state->place_count; i++)
        if (follow(re, state->places[i], symbol, held)) {
            re->states[from - STATE_FIRST].next[symbol] = STATE_MATCHED;
            return STATE_MATCHED;
        }
    set_alive(re, 0); /* the match may begin anywhere */
    next = state_find(re, before_next(re, symbol));
    if (re->forgotten == forgotten)
        re->states[from - STATE_FIRST].next[symbol] = next;
    return next;
}

bool regex_matches(struct regex *re, struct str text) {
    uint16_t state = state_first(re);

    for (size_t i = 0; i <= text.len; i++) {
        int symbol = i < text.len ? (unsigned char)text.ptr[i] : END_OF_TEXT;
        uint16_t next = re->states[state - STATE_FIRST].next[symbol];
        if (next == STATE_UNKNOWN)
            next = step(re, state, symbol);
        if (next == STATE_MATCHED) {
            re->work += i;
            return true;
        }
        state = next;
    }
    re->work += text.len;
    return false;
}

uint64_t regex_work(const struct regex *re) {
    return re->work;
}
