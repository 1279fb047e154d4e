/* system_metrics.c - see system_metrics.h. Reads /proc. */
#include "client/sender/system_metrics.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/protobuf.h"
#include "client/log/record.h"
#include "client/sender/gpu.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { PROC_FILE_MAX = 64 << 10, PROCESSOR_NAME_MAX = 256 };

struct counters {
    uint64_t cpu_busy, cpu_all, process_ticks, received, sent, disk_read, disk_written;
};

struct system_metrics {
    pid_t process;
    int64_t sampled_ms; /* 0: never */
    struct counters last;
    struct gpus *gpus; /* NULL: none */
    char text[PROC_FILE_MAX];
};

/* ---- reading ---- */

static struct str read_file(struct system_metrics *metrics, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t count = 0;
    if (fd < 0)
        return STR_EMPTY;
    while (len < sizeof metrics->text && (count = read(fd, metrics->text + len, sizeof metrics->text - len)) > 0)
        len += (size_t)count;
    close(fd);
    return (struct str){ metrics->text, len };
}

static bool next_line(struct str *text, struct str *line) {
    if (text->len == 0)
        return false;
    if (!str_cut(*text, '\n', line, text))
        *text = STR_EMPTY;
    return true;
}

static bool next_word(struct str *line, struct str *word) {
    *line = str_trim(*line);
    size_t len = 0;
    while (len < line->len && line->ptr[len] != ' ' && line->ptr[len] != '\t')
        len++;
    *word = str_slice(*line, 0, len);
    *line = str_from(*line, len);
    return len > 0;
}

static uint64_t number_after(struct str line, size_t words) {
    struct str word = STR_EMPTY;
    uint64_t value = 0;
    for (size_t i = 0; i <= words; i++)
        if (!next_word(&line, &word))
            return 0;
    return str_to_u64(word, &value) ? value : 0;
}

/* "MemTotal:  123 kB" in bytes. */
static uint64_t kilobytes_of(struct str text, struct str name) {
    struct str line;
    while (next_line(&text, &line))
        if (str_starts_with(line, name))
            return number_after(line, 1) * 1024;
    return 0;
}

/* ---- writing ---- */

static void put(struct buf *out, const char *name, double value) {
    char text[NUMBER_TEXT_MAX];
    struct str key = str_from_c(name);
    size_t item = protobuf_begin(out, 3);
    protobuf_put_bytes(out, 1, key);
    protobuf_put_bytes(out, 16, (struct str){ text, number_from_double(text, value) });
    protobuf_end(out, item);
}

static double rate(uint64_t now, uint64_t before, double seconds) {
    return now >= before && seconds > 0 ? (double)(now - before) / seconds : 0;
}

/* ---- cpu and memory ---- */

static void read_cpu(struct system_metrics *metrics, struct counters *now) {
    struct str text = read_file(metrics, "/proc/stat"), line;
    if (!next_line(&text, &line))
        return;
    for (size_t i = 1; i <= 8; i++) {
        uint64_t ticks = number_after(line, i);
        now->cpu_all += ticks;
        now->cpu_busy += i == 4 || i == 5 ? 0 : ticks; /* idle, waiting for a disk */
    }
}

/* /proc/PID/stat behind the name, which may hold anything. */
static struct str process_stat(struct system_metrics *metrics) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)metrics->process);
    struct str text = read_file(metrics, path);
    for (size_t i = text.len; i > 0; i--)
        if (text.ptr[i - 1] == ')')
            return str_from(text, i);
    return STR_EMPTY;
}

static void sample_process(struct system_metrics *metrics, struct counters *now, double seconds, uint64_t memory_bytes,
                           struct buf *out) {
    struct str stat = process_stat(metrics);
    if (stat.len == 0)
        return;
    now->process_ticks = number_after(stat, 11) + number_after(stat, 12);
    double resident = (double)number_after(stat, 21) * (double)sysconf(_SC_PAGESIZE);
    put(out, "proc.memory.rssMB", resident / (1 << 20));
    if (memory_bytes > 0)
        put(out, "proc.memory.percent", resident / (double)memory_bytes * 100);
    put(out, "proc.cpu.threads", (double)number_after(stat, 17));
    if (metrics->sampled_ms > 0) {
        double cores = rate(now->process_ticks, metrics->last.process_ticks, seconds) / (double)sysconf(_SC_CLK_TCK);
        put(out, "cpu", cores * 100 / (double)sysconf(_SC_NPROCESSORS_ONLN));
    }
}

static uint64_t sample_memory(struct system_metrics *metrics, struct buf *out) {
    struct str text = read_file(metrics, "/proc/meminfo");
    uint64_t total = kilobytes_of(text, STR("MemTotal:")), available = kilobytes_of(text, STR("MemAvailable:"));
    if (total == 0)
        return 0;
    put(out, "memory_percent", (double)(total - available) / (double)total * 100);
    put(out, "proc.memory.availableMB", (double)available / (1 << 20));
    return total;
}

/* ---- network and disk ---- */

static void read_network(struct system_metrics *metrics, struct counters *now) {
    struct str text = read_file(metrics, "/proc/net/dev"), line, name, rest;
    while (next_line(&text, &line)) {
        if (!str_cut(line, ':', &name, &rest) || str_eq_c(str_trim(name), "lo"))
            continue;
        now->received += number_after(rest, 0);
        now->sent += number_after(rest, 8);
    }
}

/* Whole disks only: a partition's sectors are counted with its disk. */
static bool is_whole_disk(struct str name) {
    char path[128];
    (void)snprintf(path, sizeof path, "/sys/block/%.*s", STR_ARG(str_slice(name, 0, 64)));
    return !str_starts_with(name, STR("loop")) && !str_starts_with(name, STR("ram")) && access(path, F_OK) == 0;
}

static void read_disks(struct system_metrics *metrics, struct counters *now) {
    enum { SECTOR_BYTES = 512 };
    struct str text = read_file(metrics, "/proc/diskstats"), line;
    while (next_line(&text, &line)) {
        struct str rest = line, word = STR_EMPTY;
        for (int i = 0; i < 3; i++)
            (void)next_word(&rest, &word);
        if (!is_whole_disk(word))
            continue;
        now->disk_read += number_after(line, 5) * SECTOR_BYTES;
        now->disk_written += number_after(line, 9) * SECTOR_BYTES;
    }
}

static void sample_root_disk(struct buf *out) {
    struct statvfs stat;
    if (statvfs("/", &stat) != 0 || stat.f_blocks == 0)
        return;
    double used = (double)(stat.f_blocks - stat.f_bfree);
    put(out, "disk./.usagePercent", used / (used + (double)stat.f_bavail) * 100);
    put(out, "disk./.usageGB", used * (double)stat.f_frsize / (1 << 30));
}

/* ---- all of it ---- */

struct system_metrics *system_metrics_create(pid_t process) {
    struct system_metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics == NULL)
        return NULL;
    metrics->process = process;
    metrics->gpus = gpus_create(GPUS_DRM_FOLDER);
    return metrics;
}

void system_metrics_destroy(struct system_metrics *metrics) {
    if (metrics == NULL)
        return;
    gpus_destroy(metrics->gpus);
    free(metrics);
}

static void put_rates(const struct counters *now, const struct counters *last, double seconds, struct buf *out) {
    uint64_t all = now->cpu_all - last->cpu_all;
    if (all > 0)
        put(out, "cpu.percent", (double)(now->cpu_busy - last->cpu_busy) / (double)all * 100);
    put(out, "network.recv", rate(now->received, last->received, seconds));
    put(out, "network.sent", rate(now->sent, last->sent, seconds));
    put(out, "disk.in", rate(now->disk_read, last->disk_read, seconds) / (1 << 20));
    put(out, "disk.out", rate(now->disk_written, last->disk_written, seconds) / (1 << 20));
}

void system_metrics_sample(struct system_metrics *metrics, struct buf *out) {
    struct counters now = { 0 };
    int64_t now_ms = clock_mono_ms(), wall_ms = clock_wall_ms();
    double seconds = (double)(now_ms - metrics->sampled_ms) / 1000;
    record_put_time(out, 2, (struct record_time){ wall_ms / 1000, (int32_t)(wall_ms % 1000 * 1000000) });
    uint64_t memory_bytes = sample_memory(metrics, out);
    sample_process(metrics, &now, seconds, memory_bytes, out);
    sample_root_disk(out);
    read_cpu(metrics, &now);
    read_network(metrics, &now);
    read_disks(metrics, &now);
    if (metrics->sampled_ms > 0)
        put_rates(&now, &metrics->last, seconds, out);
    if (metrics->gpus != NULL)
        gpus_sample(metrics->gpus, out);
    metrics->last = now;
    metrics->sampled_ms = now_ms;
}

static void put_disk(struct buf *out) {
    struct statvfs stat;
    if (statvfs("/", &stat) != 0)
        return;
    size_t entry = protobuf_begin(out, 20);
    protobuf_put_bytes(out, 1, STR("/"));
    size_t info = protobuf_begin(out, 2);
    protobuf_put_u64(out, 1, (uint64_t)stat.f_blocks * stat.f_frsize);
    protobuf_put_u64(out, 2, (uint64_t)(stat.f_blocks - stat.f_bfree) * stat.f_frsize);
    protobuf_end(out, info);
    protobuf_end(out, entry);
}

/* "model name	: ..." of the first processor; arm64 has none. */
static void put_processor(struct system_metrics *metrics, struct buf *out) {
    struct str line, rest = read_file(metrics, "/proc/cpuinfo"), name, value;
    while (rest.len > 0) {
        struct str all = rest;
        if (!str_cut(all, '\n', &line, &rest))
            rest = STR_EMPTY;
        if (!str_cut(line, ':', &name, &value) || !str_eq_c(str_trim(name), "model name"))
            continue;
        size_t cpu = protobuf_begin(out, 22);
        protobuf_put_bytes(out, 3, str_slice(str_trim(value), 0, PROCESSOR_NAME_MAX));
        protobuf_end(out, cpu);
        return;
    }
}

void system_metrics_describe_machine(struct system_metrics *metrics, struct buf *out) {
    struct utsname name;
    char text[256];
    if (uname(&name) == 0) {
        (void)snprintf(text, sizeof text, "%s-%s-%s", name.sysname, name.release, name.machine);
        protobuf_put_bytes(out, 1, str_from_c(text));
        protobuf_put_bytes(out, 12, str_from_c(name.nodename));
    }
    protobuf_put_u64(out, 16, (uint64_t)sysconf(_SC_NPROCESSORS_CONF));
    protobuf_put_u64(out, 17, (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    size_t memory = protobuf_begin(out, 21);
    protobuf_put_u64(out, 1, (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
    protobuf_end(out, memory);
    put_disk(out);
    put_processor(metrics, out);
    if (metrics->gpus != NULL)
        gpus_describe(metrics->gpus, out);
}
