/* test_shared_log.c - the log that processes share: threads, forks, and owners that are killed while they write. */
#include "client/log/log_file.h"
#include "client/log/shared_log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROCESS_COUNT = 4, RECORDS_EACH = 2000, RECORD_MAX = 1 << 20 };

struct place {
    char folder[64], path[128];
};

static int make_place(void **state) {
    struct place *place = calloc(1, sizeof *place);
    strncpy(place->folder, "/tmp/shared_log.XXXXXX", sizeof place->folder - 1);
    if (place == NULL || mkdtemp(place->folder) == NULL)
        return -1;
    (void)snprintf(place->path, sizeof place->path, "%s/run-x.wandb", place->folder);
    *state = place;
    return 0;
}

static int remove_place(void **state) {
    struct place *place = *state;
    char control[160];
    (void)snprintf(control, sizeof control, "%s.control", place->path);
    (void)unlink(place->path);
    (void)unlink(control);
    (void)rmdir(place->folder);
    free(place);
    return 0;
}

static void append(struct shared_log *log, struct str record) {
    struct err err;
    shared_log_lock(log);
    assert_int_equal(shared_log_append(log, record, &err), OK);
    shared_log_unlock(log);
}

/* How many whole records there are up to the log's end; each must be as long as its first byte says. */
static size_t count_records(struct shared_log *log) {
    size_t end = (size_t)shared_log_end(log), count = 0;
    char *bytes = malloc(end);
    struct log_file_reader reader;
    struct str record;
    assert_int_equal(pread(log->fd, bytes, end, 0), (ssize_t)end);
    log_file_reader_init(&reader, RECORD_MAX);
    while (log_file_next(&reader, str_from((struct str){ bytes, end }, (size_t)reader.offset), &record) == LOG_FILE_RECORD) {
        assert_int_equal(record.len, (unsigned char)record.ptr[0]);
        count++;
    }
    assert_int_equal(reader.offset, end);
    log_file_reader_finish(&reader);
    free(bytes);
    return count;
}

static void append_many(struct shared_log *log) {
    char bytes[256];
    for (int i = 0; i < RECORDS_EACH; i++) {
        size_t len = (size_t)(i % 200) + 1;
        memset(bytes, (int)len, sizeof bytes);
        append(log, (struct str){ bytes, len });
    }
}

static void shared_log__keeps_the_records_of_all_processes_whole(void **state) {
    struct place *place = *state;
    struct shared_log *log;
    struct err err;
    assert_int_equal(shared_log_create(&log, place->path, &err), OK);
    for (int i = 0; i < PROCESS_COUNT; i++)
        if (fork() == 0) {
            append_many(log);
            _exit(0);
        }
    for (int i = 0; i < PROCESS_COUNT; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count_records(log), PROCESS_COUNT * RECORDS_EACH);
    shared_log_close(log);
}

static void shared_log__survives_writers_that_are_killed(void **state) {
    struct place *place = *state;
    struct shared_log *log;
    struct err err;
    assert_int_equal(shared_log_create(&log, place->path, &err), OK);
    for (int i = 0; i < 10; i++) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                append_many(log);
        usleep(3000 + 700 * (useconds_t)i);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        append(log, STR("\002x"));
    }
    assert_true(count_records(log) >= 10);
    shared_log_close(log);
}

static void shared_log__wipes_what_a_dead_holder_left_behind_the_end(void **state) {
    struct place *place = *state;
    struct shared_log *log;
    struct err err;
    static const char zeros[64];
    assert_int_equal(shared_log_create(&log, place->path, &err), OK);
    append(log, STR("\002x"));
    if (fork() == 0) {
        shared_log_lock(log);
        uint64_t end = shared_log_end(log);
        log->control->reserved_end = end + 64;
        memset(log->window + (end - log->window_at), 0x5a, 64);
        _exit(0); /* and holds the lock */
    }
    assert_true(wait(NULL) > 0);
    shared_log_lock(log);
    assert_memory_equal(log->window + (shared_log_end(log) - log->window_at), zeros, sizeof zeros);
    shared_log_unlock(log);
    append(log, STR("\002y"));
    assert_int_equal(count_records(log), 2);
    shared_log_close(log);
}

static void shared_log__takes_nothing_after_the_end(void **state) {
    struct place *place = *state;
    struct shared_log *log;
    struct stat stat;
    struct err err;
    assert_int_equal(shared_log_create(&log, place->path, &err), OK);
    append(log, STR("\002x"));
    shared_log_lock(log);
    shared_log_trim(log);
    atomic_store(&log->control->is_ended, 1);
    assert_int_equal(shared_log_append(log, STR("\002y"), &err), ERR_CONFLICT);
    shared_log_unlock(log);
    assert_int_equal(fstat(log->fd, &stat), 0);
    assert_int_equal(stat.st_size, (off_t)shared_log_end(log));
    shared_log_close(log);
}

static void shared_log__shows_an_open_row_until_its_step_is_taken(void **state) {
    struct place *place = *state;
    struct shared_log *log, *other;
    struct err err;
    assert_int_equal(shared_log_create(&log, place->path, &err), OK);
    assert_int_equal(shared_log_open(&other, place->path, &err), OK);
    shared_log_set_open_row(log, STR("items"), 5);
    assert_true(str_eq_c(shared_log_open_row(other), "items"));
    log->control->next_step++;
    assert_int_equal(shared_log_open_row(other).len, 0);
    shared_log_close(other);
    shared_log_close(log);
}

static long fault_count(void) {
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_minflt;
}

/* Each page written out is read-only until it is written to again: those ahead, of another process, must not be. */
static void shared_log__leaves_the_pages_ahead_writable_when_it_syncs(void **state) {
    struct place *place = *state;
    struct shared_log *log;
    struct err err;
#ifdef __SANITIZE_THREAD__
    skip(); /* its own memory has faults with ours */
#endif
    assert_int_equal(shared_log_create(&log, place->path, &err), OK);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    append_many(log);
    shared_log_sync(log, 0, shared_log_end(log));
    long before = fault_count();
    for (size_t i = 0; i < 20 * page / 200; i++)
        append(log, (struct str){ "\310 and 199 more", 15 });
    for (uint64_t end = shared_log_end(log) + 20 * page; shared_log_end(log) < end;)
        append(log, STR("a row"));
    long faults = fault_count() - before;
    assert_true(faults < 10);
    shared_log_close(log);
}

static void shared_log__sets_room_aside_in_steps_that_grow_to_a_limit(void **state) {
    static const uint64_t expected_mib[] = { 4, 8, 16, 32, 48 };
    struct place *place = *state;
    struct shared_log *log;
    struct err err;
    char *record = calloc(1, RECORD_MAX);
    size_t seen = 0;
    uint64_t last = 0;
    assert_non_null(record);
    assert_int_equal(shared_log_create(&log, place->path, &err), OK);
    for (int i = 0; i < 100 && seen < sizeof expected_mib / sizeof expected_mib[0]; i++) {
        if (log->control->allocated != last)
            assert_int_equal(log->control->allocated, expected_mib[seen++] << 20);
        last = log->control->allocated;
        append(log, (struct str){ record, RECORD_MAX });
    }
    assert_int_equal(seen, sizeof expected_mib / sizeof expected_mib[0]);
    free(record);
    shared_log_close(log);
}

/* What was logged before leaves this process' memory, and the file keeps it. */
static void shared_log__holds_two_mebibytes_at_most_however_long_it_is(void **state) {
    struct place *place = *state;
    struct shared_log *log;
    struct err err;
    size_t count = 0, held = 0;
    assert_int_equal(shared_log_create(&log, place->path, &err), OK);
    while (shared_log_end(log) < 5 << 20) {
        append_many(log);
        count += RECORDS_EACH;
    }
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    char line[512], name[160];
    bool is_ours = false;
    (void)snprintf(name, sizeof name, "%s\n", place->path);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (line[0] < 'A' || line[0] > 'Z') /* a mapping begins with its address, its facts with their names */
            is_ours = str_ends_with(str_from_c(line), str_from_c(name));
        if (is_ours && strncmp(line, "Rss:", 4) == 0)
            held += strtoul(line + 4, NULL, 10) << 10;
    }
    fclose(maps);
    assert_in_range(held, 1, 2 << 20);
    assert_int_equal(count_records(log), count);
    shared_log_close(log);
}

/* A step is a wish; what a row needs is enough. */
static void shared_log__takes_what_is_left_of_a_nearly_full_disk(void **state) {
    struct place *place = *state;
    struct rlimit before, limit;
    struct shared_log *log;
    struct err err;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){ 1 << 20, before.rlim_max };
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    enum err_code code = shared_log_create(&log, place->path, &err);
    size_t count = 0;
    while (code == OK && count < RECORDS_EACH * PROCESS_COUNT) {
        char record[200] = { (char)200 };
        shared_log_lock(log);
        code = shared_log_append(log, (struct str){ record, sizeof record }, &err);
        shared_log_unlock(log);
        count += code == OK;
    }
    (void)setrlimit(RLIMIT_FSIZE, &before);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(code, ERR_FULL);
    assert_true(count > (1 << 20) / 210 - 400);
    assert_int_equal(count_records(log), count);
    shared_log_close(log);
}

/* In the middle of a window that has its pages already. */
static void shared_log__goes_on_when_somebody_cuts_it_off(void **state) {
    struct place *place = *state;
    struct shared_log *log;
    struct err err;
    struct stat stat;
    assert_int_equal(shared_log_create(&log, place->path, &err), OK);
    append_many(log);
    uint64_t end = shared_log_end(log);
    (void)usleep(20 * 1000); /* ticks are 1 to 10 ms apart */
    assert_int_equal(truncate(place->path, 0), 0);
    append(log, (struct str){ "\5hello", 6 });
    append_many(log);
    assert_int_equal(fstat(log->fd, &stat), 0);
    assert_true((uint64_t)stat.st_size >= shared_log_end(log) && shared_log_end(log) > end);
    char first[32] = { 0 };
    assert_int_equal(pread(log->fd, first, sizeof first, (off_t)end), sizeof first);
    assert_non_null(memmem(first, sizeof first, "hello", 5));
    shared_log_close(log);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACED(shared_log__keeps_the_records_of_all_processes_whole),
        PLACED(shared_log__survives_writers_that_are_killed),
        PLACED(shared_log__wipes_what_a_dead_holder_left_behind_the_end),
        PLACED(shared_log__takes_nothing_after_the_end),
        PLACED(shared_log__shows_an_open_row_until_its_step_is_taken),
        PLACED(shared_log__leaves_the_pages_ahead_writable_when_it_syncs),
        PLACED(shared_log__sets_room_aside_in_steps_that_grow_to_a_limit),
        PLACED(shared_log__holds_two_mebibytes_at_most_however_long_it_is),
        PLACED(shared_log__takes_what_is_left_of_a_nearly_full_disk),
        PLACED(shared_log__goes_on_when_somebody_cuts_it_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
