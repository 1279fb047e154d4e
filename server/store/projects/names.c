/* names.c - see names.h. */
#include "server/store/projects/names.h"
#include "base/hash.h"

/* Weather, and who is out in it. */
static const char *const adjectives[] = {
    "amber",    "balmy",  "bold",    "breezy", "bright", "brisk",   "calm",    "clear",  "cloudy", "cool",
    "coral",    "crisp",  "dawn",    "deep",   "dewy",   "distant", "dusky",   "early",  "eager",  "even",
    "fair",     "fleet",  "foggy",   "fresh",  "frosty", "gentle",  "gilded",  "golden", "grand",  "hazy",
    "hidden",   "humid",  "icy",     "ivory",  "jolly",  "keen",    "kind",    "late",   "light",  "lively",
    "lofty",    "lucid",  "lunar",   "mellow", "mild",   "misty",   "morning", "mossy",  "noble",  "northern",
    "open",     "pale",   "patient", "polar",  "proud",  "quick",   "quiet",   "rainy",  "ready",  "rising",
    "rosy",     "rustic", "serene",  "sharp",  "silent", "silver",  "smooth",  "snowy",  "soft",   "solar",
    "southern", "steady", "still",   "stormy", "sunny",  "swift",   "tidal",   "vivid",  "warm",   "wild",
};
static const char *const nouns[] = {
    "anchor", "aurora", "bay",     "beacon",  "breeze",   "brook",   "canyon",  "cedar",   "cirrus",
    "cliff",  "cloud",  "comet",   "compass", "coast",    "crane",   "creek",   "cumulus", "current",
    "delta",  "dune",   "eagle",   "eddy",    "ember",    "falcon",  "fern",    "field",   "fjord",
    "forest", "front",  "gale",    "glacier", "grove",    "gull",    "gust",    "harbor",  "haven",
    "heron",  "hill",   "horizon", "island",  "lagoon",   "lake",    "lantern", "lark",    "meadow",
    "meteor", "mist",   "monsoon", "moon",    "mountain", "ocean",   "orbit",   "otter",   "peak",
    "petrel", "pine",   "planet",  "plume",   "pond",     "prairie", "rain",    "reef",    "ridge",
    "river",  "sail",   "shore",   "sky",     "snow",     "sparrow", "spring",  "star",    "storm",
    "stream", "summit", "swallow", "thunder", "tide",     "valley",  "wave",    "willow",
};

struct str name_make_up(uint32_t random, int64_t number, bool is_of_sweep, struct arena *arena) {
    size_t adjective = random % (sizeof(adjectives) / sizeof(adjectives[0]));
    size_t noun = (random >> 16) % (sizeof(nouns) / sizeof(nouns[0]));
    return arena_printf(arena, "%s-%s-%lld", adjectives[adjective], is_of_sweep ? "sweep" : nouns[noun],
                        (long long)number);
}

static bool is_plain(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c < 0x20 || c == 0x7F || strchr("/\\#?%:", c) != NULL)
            return false;
    }
    return true;
}

enum err_code name_check(struct str name, const char *what, size_t max_bytes, struct err *err) {
    if (name.len == 0 || name.len > max_bytes)
        return err_set(err, ERR_BAD_INPUT, "%s must have 1 to %zu bytes, got %zu", what, max_bytes, name.len);
    if (!str_is_utf8(name))
        return err_set(err, ERR_BAD_INPUT, "%s is not valid UTF-8", what);
    if (!is_plain(name) || str_eq_c(name, ".") || str_eq_c(name, "..") || str_trim(name).len != name.len)
        return err_set(
            err, ERR_BAD_INPUT,
            "%s '%.*s' must be without / \\ # ? %% : and control characters, and without spaces around it",
            what, STR_ARG(name));
    return OK;
}

enum err_code name_check_text(struct str text, const char *what, size_t max_bytes, struct err *err) {
    if (text.ptr == NULL)
        return OK;
    if (text.len > max_bytes)
        return err_set(err, ERR_BAD_INPUT, "%s has %zu bytes: at most %zu are allowed", what, text.len,
                       max_bytes);
    if (!str_is_utf8(text) || memchr(text.ptr, '\0', text.len) != NULL)
        return err_set(err, ERR_BAD_INPUT, "%s is not valid UTF-8", what);
    return OK;
}

bool name_split_storage_id(struct str storage_id, const char *prefix, struct str *parts, size_t count,
                           struct arena *arena) {
    struct str rest;

    if (storage_id.len > 2048 || !hash_from_base64(storage_id, &rest, arena) ||
        !str_starts_with(rest, str_from_c(prefix)))
        return false;
    rest = str_from(rest, strlen(prefix));
    for (size_t i = 0; i < count; i++)
        if (str_cut(rest, ':', &parts[i], &rest) != (i + 1 < count) || parts[i].len == 0)
            return false;
    return true;
}
