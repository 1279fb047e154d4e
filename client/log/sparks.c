/* sparks.c - see sparks.h. */
#include "client/log/sparks.h"

#include "base/json.h"
#include "base/number.h"

#include <math.h>

void sparks_finish(struct sparks *sparks) {
    for (size_t i = 0; i < sparks->count; i++)
        free(sparks->list[i].name);
    sparks->count = 0;
}

static struct spark *find(struct sparks *sparks, struct str name) {
    for (size_t i = 0; i < sparks->count; i++)
        if (str_eq_c(name, sparks->list[i].name))
            return &sparks->list[i];
    if (sparks->count == SPARKS_MAX || name.len == 0 || name.ptr[0] == '_')
        return NULL;
    char *copy = strndup(name.ptr, name.len);
    if (copy == NULL)
        return NULL;
    struct spark *spark = &sparks->list[sparks->count++];
    *spark = (struct spark){ .name = copy, .width = 1 };
    return spark;
}

static void halve(struct spark *spark) {
    for (size_t i = 0; i < SPARK_PARTS / 2; i++) {
        spark->sums[i] = spark->sums[2 * i] + spark->sums[2 * i + 1];
        spark->counts[i] = spark->counts[2 * i] + spark->counts[2 * i + 1];
    }
    spark->part_count = SPARK_PARTS / 2;
    spark->width *= 2;
}

static void add(struct spark *spark, double value) {
    if (spark->part_count > 0 && spark->counts[spark->part_count - 1] < spark->width) {
        spark->sums[spark->part_count - 1] += value;
        spark->counts[spark->part_count - 1]++;
        return;
    }
    if (spark->part_count == SPARK_PARTS)
        halve(spark);
    spark->sums[spark->part_count] = value;
    spark->counts[spark->part_count++] = 1;
}

void sparks_take(struct sparks *sparks, const struct tree *row) {
    if (!sparks->is_wanted)
        return;
    for (const struct tree_node *node = row->root->first; node != NULL; node = node->next) {
        if (!tree_is_there(row, node) || node->json == NULL || node->json_len == 0)
            continue;
        char first = node->json[0];
        if (first != '-' && (first < '0' || first > '9'))
            continue;
        double value = number_to_double(node->json, node->json_len);
        struct spark *spark = isfinite(value) ? find(sparks, (struct str){ node->name, node->name_len }) : NULL;
        if (spark != NULL)
            add(spark, value);
    }
}

void sparks_write(const struct sparks *sparks, struct buf *out) {
    struct json_writer writer;
    json_writer_init(&writer, out, JSON_STRICT);
    json_object_begin(&writer);
    for (size_t i = 0; i < sparks->count; i++) {
        const struct spark *spark = &sparks->list[i];
        json_key(&writer, str_from_c(spark->name));
        json_array_begin(&writer);
        for (size_t part = 0; part < spark->part_count; part++)
            json_double(&writer, spark->sums[part] / (double)spark->counts[part]);
        json_array_end(&writer);
    }
    json_object_end(&writer);
}
