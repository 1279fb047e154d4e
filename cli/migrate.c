/* migrate.c - barograph migrate: all that a server holds, from a data folder to a database and a bucket, or back. */
#include "cli/command.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "server/folder_claim.h"
#include "server/store/db/data_folder.h"
#include "server/store/db/db_carry.h"
#include "server/store/db/lease.h"
#include "server/stores.h"
#include "server/transfer/carry.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { PROGRESS_EVERY_MS = 500, KEY_FILE_MAX_BYTES = 1 << 16 };

struct migrate_options {
    struct str from, from_database, from_blobs;
    struct str data, database, blobs;
    bool finish, force;
};

#define AT(member) offsetof(struct migrate_options, member)
static const struct option rows[] = {
    { "blobs", "URL", OPTION_TEXT, false, AT(blobs), NULL, "the bucket to carry files to; the folder of --data otherwise" },
    { "data", "DIR", OPTION_TEXT, false, AT(data), NULL, "the new server's data folder: gets the keys, and all that has no other place" },
    { "database", "URL", OPTION_TEXT, false, AT(database), NULL, "the database to carry to; SQLite in the folder of --data otherwise" },
    { "finish", NULL, OPTION_FLAG, false, AT(finish), NULL, "the old server is stopped: carry what changed, compare everything, and end it" },
    { "force", NULL, OPTION_FLAG, false, AT(force), NULL, "accept a data folder on a network file system" },
    { "from", "DIR", OPTION_TEXT, false, AT(from), NULL, "the old server's data folder" },
    { "from-blobs", "URL", OPTION_TEXT, false, AT(from_blobs), NULL, "the bucket that the old server used" },
    { "from-database", "URL", OPTION_TEXT, false, AT(from_database), NULL, "the database that the old server used" },
};
#undef AT
static const struct options option_table = { rows, sizeof rows / sizeof rows[0] };

struct migration_run {
    const struct migrate_options *options;
    struct arena *arena, *statements;
    struct data_folder *old_folder, *new_folder; /* locked */
    struct db *source_db, *target_db;
    struct place *source, *target;
    struct compared *compared;
    char *compared_path; /* NULL: there is no folder to keep it in */
    struct list tables;
    int64_t shown_ms;
};

/* ---- opening ---- */

static enum err_code check_options(const struct migrate_options *options, struct err *err) {
    if (options->from.len == 0 && (options->from_database.len == 0 || options->from_blobs.len == 0))
        return err_set(err, ERR_BAD_INPUT, "say where the old server's data is: --from DIR, or --from-database and --from-blobs");
    if (options->data.len == 0 && (options->database.len == 0 || options->blobs.len == 0))
        return err_set(err, ERR_BAD_INPUT, "say where to carry it: --database and --blobs, or --data DIR");
    return OK;
}

/* A server that still runs keeps its folder; then this pass is not the last. */
static enum err_code open_folders(struct migration_run *run, struct err *err) {
    const struct migrate_options *options = run->options;
    if (options->finish && options->from.len > 0) {
        if (!file_exists(arena_copy_c(run->arena, options->from)))
            return err_set(err, ERR_NOT_FOUND, "there is no data folder '%.*s'", STR_ARG(options->from));
        if (data_folder_open(&run->old_folder, options->from, options->force, err) != OK)
            return err_add_context(err, "stop the old server before --finish");
    }
    return options->data.len > 0 ? data_folder_open(&run->new_folder, options->data, options->force, err) : OK;
}

static enum err_code open_source(struct migration_run *run, struct err *err) {
    const struct migrate_options *options = run->options;
    const char *folder = arena_copy_c(run->arena, options->from), *file = file_join(run->arena, folder, "barograph.db");
    struct str url = options->from_database.len > 0 ? options->from_database : arena_printf(run->arena, "sqlite:%s", file);

    if (str_starts_with(url, STR("postgresql:"))) /* so that it is not taken for a server */
        url = arena_printf(run->arena, "%.*s%c" LEASE_VISITOR, STR_ARG(url), str_contains(url, STR("?")) ? '&' : '?');
    if (options->from_database.len == 0 && !file_exists(file))
        return err_set(err, ERR_NOT_FOUND, "there is no database '%s'", file);
    TRY(db_open_to_read(&run->source_db, url, err));
    return options->from_blobs.len > 0 ? place_open_bucket(&run->source, options->from_blobs, err) : place_open_folder(&run->source, folder, err);
}

static enum err_code open_target(struct migration_run *run, struct err *err) {
    const struct migrate_options *options = run->options;
    const char *folder = arena_copy_c(run->arena, options->data);
    struct str url = options->database.len > 0 ? options->database : arena_printf(run->arena, "sqlite:%s/barograph.db", folder);
    TRY(db_open(&run->target_db, url, err));
    return options->blobs.len > 0 ? place_open_bucket(&run->target, options->blobs, err) : place_make_folder(&run->target, folder, err);
}

/* Beside the data, so that the pass with --finish finds it. */
static enum err_code open_compared(struct migration_run *run, struct err *err) {
    const struct migrate_options *options = run->options;
    struct str folder = options->data.len > 0 ? options->data : options->from;
    if (folder.len > 0)
        run->compared_path = file_join(run->arena, arena_copy_c(run->arena, folder), "migrate.compared");
    return compared_open(&run->compared, run->compared_path, options->blobs.len > 0 ? options->blobs : options->data, err);
}

static void close_all(struct migration_run *run) {
    compared_close(run->compared);
    place_close(run->target);
    place_close(run->source);
    db_close(run->target_db);
    db_close(run->source_db);
    data_folder_close(run->new_folder);
    data_folder_close(run->old_folder);
    arena_destroy(run->statements);
    arena_destroy(run->arena);
}

/* ---- whether it can be ---- */

static enum err_code check_shapes(struct migration_run *run, struct err *err) {
    int64_t ours, theirs;
    struct list target;

    TRY(db_schema_version(run->source_db, &ours, err));
    TRY(db_schema_version(run->target_db, &theirs, err));
    if (ours != theirs)
        return err_set(err, ERR_PRECONDITION, "the old database has version %lld and this program makes version %lld: start the old server once with this program, then migrate",
                       (long long)ours, (long long)theirs);
    TRY(db_refuse_half_carried(run->source_db, err));
    TRY(db_list_tables(run->source_db, run->arena, &run->tables, err));
    TRY(db_list_tables(run->target_db, run->arena, &target, err));
    if (target.count != run->tables.count)
        return err_set(err, ERR_PRECONDITION, "the old database has %zu tables and the new one %zu", run->tables.count, target.count);
    return OK;
}

/* Only what is empty, or what an earlier run began to fill, is filled. */
static enum err_code claim_target(struct migration_run *run, struct err *err) {
    bool is_ours, is_empty;

    TRY(db_is_half_carried(run->target_db, &is_ours, err));
    for (size_t i = 0; !is_ours && i < run->tables.count; i++) {
        TRY(db_is_table_empty(run->target_db, run->tables.items[i], &is_empty, err));
        if (!is_empty)
            return err_set(err, ERR_CONFLICT, "the new database holds something already: its table '%.*s' is not empty",
                           STR_ARG(((const struct table_shape *)run->tables.items[i])->name));
    }
    TRY(db_mark_carried(run->target_db, true, err));
    return db_loosen(run->target_db, err);
}

/* A folder is locked by its server; a database says which servers use it. */
static enum err_code refuse_served(struct migration_run *run, const char *when, struct err *err) {
    struct str owner, host, rest;

    TRY(lease_find_server(run->source_db, &owner, run->arena, err));
    if (owner.len == 0)
        return OK;
    (void)str_cut(owner, ' ', &host, &rest);
    return err_set(err, ERR_CONFLICT, "a server on '%.*s' %s the old database: stop every old server before --finish (one that was killed counts for %d seconds)",
                   STR_ARG(host), when, LEASE_MS / 1000);
}

/* ---- carrying ---- */

static void show(void *context, int64_t done, int64_t of) {
    struct migration_run *run = context;
    int64_t now = clock_mono_ms();
    if (done < of && now - run->shown_ms < PROGRESS_EVERY_MS)
        return;
    run->shown_ms = now;
    if (isatty(STDERR_FILENO) != 0)
        fprintf(stderr, "\r%lld of %lld files%s", (long long)done, (long long)of, done == of ? "\n" : "");
}

static enum err_code carry_all_files(struct migration_run *run, struct err *err) {
    struct carried_files facts;
    TRY(carry_files(run->source, run->target, run->compared, !run->options->finish, show, run, &facts, run->arena, err));
    fprintf(stderr, "files: %lld (%llu bytes), carried %lld (%llu bytes)%s\n", (long long)facts.file_count, (unsigned long long)facts.byte_count,
            (long long)facts.written_count, (unsigned long long)facts.written_bytes, facts.gone_count > 0 ? "; some went away meanwhile" : "");
    return OK;
}

static enum err_code carry_tables(struct migration_run *run, struct err *err) {
    struct carry_facts facts;
    int64_t last_id;

    for (size_t i = 0; i < run->tables.count; i++) {
        const struct table_shape *table = run->tables.items[i];
        TRY(db_carry_table(run->source_db, run->target_db, table, false, &facts, run->statements, err));
        TRY(db_last_id(run->source_db, table, &last_id, err));
        TRY(db_set_last_id(run->target_db, table, last_id, err));
        if (facts.written_count > 0)
            fprintf(stderr, "%.*s: %lld rows, changed %lld\n", STR_ARG(table->name), (long long)facts.row_count, (long long)facts.written_count);
    }
    return OK;
}

/* ---- comparing ---- */

static enum err_code compare_table(struct migration_run *run, const struct table_shape *table, int64_t *wrong, struct err *err) {
    struct carry_facts facts;
    TRY(db_carry_table(run->source_db, run->target_db, table, true, &facts, run->statements, err));
    struct str ours = hash_hex(facts.source_sha256, SHA256_BYTES, run->arena), theirs = hash_hex(facts.target_sha256, SHA256_BYTES, run->arena);
    printf("%.*s %lld %.*s\n", STR_ARG(table->name), (long long)facts.row_count, STR_ARG(ours));
    if (facts.mended_count > 0)
        fprintf(stderr, "%.*s: %lld texts hold bytes that are no text; U+FFFD stands for them\n", STR_ARG(table->name), (long long)facts.mended_count);
    if (facts.wrong_count > 0 || !str_eq(ours, theirs)) {
        printf("wrong: %.*s: %lld rows differ, the new digest is %.*s\n", STR_ARG(table->name), (long long)facts.wrong_count, STR_ARG(theirs));
        *wrong += facts.wrong_count;
    }
    return OK;
}

static enum err_code compare_all_files(struct migration_run *run, struct carried_files *files, struct err *err) {
    TRY(compare_files(run->source, run->target, run->compared, !run->options->finish, show, run, files, run->arena, err));
    if (files->wrong_count > 0)
        printf("wrong: %lld files differ, the first is '%.*s'\n", (long long)files->wrong_count, STR_ARG(files->first_wrong));
    if (files->known_count > 0)
        fprintf(stderr, "%lld of the files were compared when they were carried\n", (long long)files->known_count);
    return OK;
}

static enum err_code compare_all(struct migration_run *run, struct err *err) {
    struct carried_files files;
    int64_t wrong = 0;

    for (size_t i = 0; i < run->tables.count; i++)
        TRY(compare_table(run, run->tables.items[i], &wrong, err));
    TRY(compare_all_files(run, &files, err));
    printf("files %lld %llu\n", (long long)files.file_count, (unsigned long long)files.byte_count);
    if (wrong + files.wrong_count > 0)
        return err_set(err, ERR_CORRUPT, "%lld rows and %lld files are not the same on both sides", (long long)wrong, (long long)files.wrong_count);
    return OK;
}

/* While the old server is used: files that are compared now are not read again when it is stopped. */
static enum err_code compare_ahead(struct migration_run *run, struct err *err) {
    struct carried_files files;
    TRY(compare_all_files(run, &files, err));
    return files.wrong_count == 0 ? OK : err_set(err, ERR_CORRUPT, "%lld files are not the same on both sides", (long long)files.wrong_count);
}

/* ---- keys ---- */

/* Keys of users are hashed under secret.key: without it every one of them is dead. */
static enum err_code carry_key_file(struct migration_run *run, const char *name, struct err *err) {
    const char *from = file_join(run->arena, arena_copy_c(run->arena, run->options->from), name);
    const char *to = file_join(run->arena, arena_copy_c(run->arena, run->options->data), name);
    struct str ours, theirs;

    if (!file_exists(from))
        return OK;
    TRY(file_read_all(&ours, from, KEY_FILE_MAX_BYTES, run->arena, err));
    if (!file_exists(to))
        return file_replace(to, ours, 0600, err);
    TRY(file_read_all(&theirs, to, KEY_FILE_MAX_BYTES, run->arena, err));
    return str_eq(ours, theirs) ? OK : err_set(err, ERR_CONFLICT, "'%s' is there already and is another than '%s'", to, from);
}

static enum err_code carry_keys(struct migration_run *run, struct err *err) {
    const struct migrate_options *options = run->options;
    if (options->from.len > 0 && options->data.len > 0) {
        TRY(carry_key_file(run, FOLDER_CLAIM_FILE, err)); /* the database that is carried asks for it */
        TRY(carry_key_file(run, "secret.key", err));
        return carry_key_file(run, "admin.key", err);
    }
    fprintf(stderr, "put the old server's secret.key into each new server's data folder before it starts: users' keys are good with it only\n");
    return OK;
}

/* ---- the command ---- */

static enum err_code migrate(struct migration_run *run, struct err *err) {
    TRY(check_options(run->options, err));
    TRY(open_folders(run, err));
    TRY(open_source(run, err));
    TRY(open_target(run, err));
    TRY(check_shapes(run, err));
    if (run->options->finish)
        TRY(refuse_served(run, "uses", err));
    TRY(claim_target(run, err));
    TRY(open_compared(run, err));
    TRY(carry_all_files(run, err));
    TRY(carry_tables(run, err));
    if (!run->options->finish) {
        TRY(compare_ahead(run, err));
        fprintf(stderr, "carried what there was; stop the old server and run the same with --finish\n");
        return OK;
    }
    TRY(compare_all(run, err));
    TRY(refuse_served(run, "has begun to use", err));
    TRY(db_tighten(run->target_db, err));
    TRY(carry_keys(run, err));
    if (run->compared_path != NULL)
        (void)unlink(run->compared_path);
    return db_mark_carried(run->target_db, false, err);
}

static int run(const struct command *command, int argc, char **argv) {
    struct migrate_options chosen = { 0 };
    struct migration_run run = { .options = &chosen, .arena = arena_create(), .statements = arena_create() };
    struct err err = { 0 };
    int rest_count = 0, status = EXIT_OK;

    if (options_parse(command->options, &chosen, argc - 1, argv + 1, &rest_count, &err) != OK)
        status = command_misused(command, "%s", err.message);
    else if (rest_count > 0)
        status = command_misused(command, "'%s' is not an option", argv[1]);
    else if (migrate(&run, &err) != OK)
        status = command_failed(&err);
    else if (chosen.finish)
        fprintf(stderr, "every row and every file is the same on both sides; start the new server\n");
    close_all(&run);
    return status;
}

const struct command migrate_command = {
    .name = "migrate",
    .usage = "--from DIR --database URL --blobs URL [--data DIR] [--finish]\n--from-database URL --from-blobs URL --data DIR [--finish]",
    .summary = "Carries a server's data to a database and a bucket, or back; at last with --finish.",
    .options = &option_table,
    .run = run,
};
