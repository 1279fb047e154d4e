/* fuzz_sweep_config.c - a sweep's configuration: refused with words, or one whose every point can be drawn, written and
 * read back. */
#include "server/sweep/search.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void draw(const struct sweep_config *config, struct arena *arena) {
    double *point = ARENA_ARRAY(arena, double, config->space.count), *back = ARENA_ARRAY(arena, double, config->space.count);
    struct buf text = BUF_INIT(1 << 24);
    struct json_writer writer;
    struct json_value *json;
    struct err err;

    if (config->method == SWEEP_GRID && config->grid_count > 0)
        space_grid_point(&config->space, config->grid_count - 1, point);
    else
        search_next(config, NULL, 0, 1, 0, point, arena);
    json_writer_init(&writer, &text, JSON_STRICT);
    space_write(&config->space, point, &writer);
    if (!text.failed && json_parse(&json, buf_str(&text), JSON_STRICT, arena, &err) == OK)
        (void)space_read(&config->space, json, back);
    buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arena *arena = arena_create();
    struct sweep_config *config;
    struct err err;

    if (sweep_config_parse(&config, (struct str){ (const char *)data, size_bytes }, arena, &err) == OK)
        draw(config, arena);
    else if (err.message[0] == '\0')
        abort();
    arena_destroy(arena);
    return 0;
}
