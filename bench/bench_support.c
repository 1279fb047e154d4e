/* bench_support.c - see bench_support.h. */
#include "bench/bench_support.h"

#include "base/clock.h"
#include "base/hash.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MAX_BYTES = 1 << 30 };

_Noreturn void bench_fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static void read_key(struct bench_server *server) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/admin.key", server->folder);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%127s", server->key) != 1)
        bench_fail("cannot read %s", path);
    (void)fclose(file);
    struct arena *arena = arena_create();
    struct str pair = arena_printf(arena, "api:%s", server->key);
    (void)snprintf(server->authorization, sizeof server->authorization, "Authorization: Basic %.*s\r\n",
                   STR_ARG(hash_base64(pair, arena)));
    arena_destroy(arena);
}

/* The server prints where it listens once it is ready. */
static int read_port(int fd) {
    char line[256];
    size_t len = 0;
    while (len + 1 < sizeof line && read(fd, line + len, 1) == 1 && line[len] != '\n')
        len++;
    line[len] = '\0';
    const char *colon = strrchr(line, ':');
    int port = 0;
    if (strncmp(line, "listening on ", 13) != 0 || colon == NULL || sscanf(colon, ":%d", &port) != 1)
        bench_fail("the server did not start: '%s'", line);
    return port;
}

void bench_server_start(struct bench_server *server, const char *binary) {
    (void)snprintf(server->folder, sizeof server->folder, "/tmp/barograph-bench-XXXXXX");
    if (mkdtemp(server->folder) == NULL)
        bench_fail("cannot make a folder for the server");
    server->binary = binary;
    bench_server_begin(server);
}

void bench_server_start_beside(struct bench_server *server, const struct bench_server *first) {
    char command[256];
    (void)snprintf(server->folder, sizeof server->folder, "/tmp/barograph-bench-XXXXXX");
    if (mkdtemp(server->folder) == NULL)
        bench_fail("cannot make a folder for the server");
    (void)snprintf(command, sizeof command, "cp '%s/secret.key' '%s/admin.key' '%s'", first->folder, first->folder, server->folder);
    if (system(command) != 0)
        bench_fail("cannot copy the first server's secret");
    server->binary = first->binary;
    bench_server_begin(server);
}

void bench_server_begin(struct bench_server *server) {
    int out[2];
    if (pipe(out) != 0)
        bench_fail("cannot make a pipe");
    server->pid = fork();
    if (server->pid == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        (void)close(out[0]);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a benchmark that fails leaves no server behind */
        (void)execl(server->binary, server->binary, "server", "--data", server->folder, "--listen", "127.0.0.1:0", (char *)NULL);
        _exit(127);
    }
    (void)close(out[1]);
    server->port = read_port(out[0]);
    (void)close(out[0]);
    read_key(server);
}

void bench_server_end(struct bench_server *server) {
    (void)kill(server->pid, SIGTERM);
    (void)waitpid(server->pid, NULL, 0);
}

void bench_server_stop(struct bench_server *server) {
    char command[128];
    bench_server_end(server);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", server->folder);
    if (system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", server->folder);
}

double bench_server_rss_mb(const struct bench_server *server) {
    char path[64];
    long pages = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/statm", server->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
        bench_fail("cannot read %s", path);
    (void)fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

double bench_server_cpu_s(const struct bench_server *server) {
    char path[64];
    long user = 0, kernel = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", server->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &kernel) != 2)
        bench_fail("cannot read %s", path);
    (void)fclose(file);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

int bench_connect(const struct bench_server *server) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)server->port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        bench_fail("cannot connect to port %d", server->port);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

void bench_post(struct buf *out, const struct bench_server *server, const char *path, struct str body) {
    buf_printf(out, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
               path, server->port, server->authorization, body.len);
    buf_append_str(out, body);
}

static void send_all(int fd, struct str bytes) {
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0)
            bench_fail("the server closed the connection");
        bytes = str_from(bytes, (size_t)sent);
    }
}

int bench_exchange(int fd, struct str request, struct buf *answer) {
    char head[16384];
    size_t len = 0;
    int status = 0;
    unsigned long body_bytes = 0;
    char *end = NULL;

    send_all(fd, request);
    while (end == NULL) {
        ssize_t got = recv(fd, head + len, sizeof head - 1 - len, 0);
        if (got <= 0)
            bench_fail("the server closed the connection instead of answering");
        len += (size_t)got;
        head[len] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    end += 4;
    const char *header = strcasestr(head, "\r\ncontent-length:");
    if (sscanf(head, "HTTP/1.1 %d", &status) != 1 || header == NULL || sscanf(header + 17, "%lu", &body_bytes) != 1)
        bench_fail("not an answer: %s", head);
    struct buf ignored = BUF_INIT(ANSWER_MAX_BYTES);
    struct buf *body = answer != NULL ? answer : &ignored;
    buf_append(body, end, len - (size_t)(end - head));
    while (body->len < body_bytes) {
        char *room = buf_reserve(body, 1 << 16);
        ssize_t got = room == NULL ? -1 : recv(fd, room, 1 << 16, 0);
        if (got <= 0)
            bench_fail("an answer was cut off");
        buf_commit(body, (size_t)got);
    }
    buf_finish(&ignored);
    return status;
}

void bench_graphql(const struct bench_server *server, int fd, const char *query, const char *variables, struct buf *answer) {
    struct buf body = BUF_INIT(1 << 20), request = BUF_INIT(2 << 20), own = BUF_INIT(ANSWER_MAX_BYTES);
    struct buf *out = answer != NULL ? answer : &own;
    buf_printf(&body, "{\"query\":\"%s\",\"variables\":%s}", query, variables);
    bench_post(&request, server, "/graphql", buf_str(&body));
    int status = bench_exchange(fd, buf_str(&request), out);
    if (status != 200 || str_contains(str_slice(buf_str(out), 0, 200), STR("\"errors\"")))
        bench_fail("GraphQL answered %d: %.*s", status, STR_ARG(str_slice(buf_str(out), 0, 1000)));
    buf_finish(&body);
    buf_finish(&request);
    buf_finish(&own);
}

double bench_now_s(void) {
    return (double)clock_mono_ns() / 1e9;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_sort(double *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
}

double bench_percentile(const double *sorted, size_t count, double percent) {
    size_t at = (size_t)((double)(count - 1) * percent / 100.0 + 0.5);
    return sorted[at];
}

void bench_print_machine(void) {
    char line[256], model[256] = "unknown processor";
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "model name : %255[^\n]", model) == 1)
            break;
    if (file != NULL)
        (void)fclose(file);
    printf("machine: %s, %ld cores\n", model, sysconf(_SC_NPROCESSORS_ONLN));
}
