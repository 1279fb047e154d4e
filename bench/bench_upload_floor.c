/* bench_upload_floor.c - what a small file's upload costs at the least: a bare loop that receives, hashes and writes it, gives
 * it its name, syncs and answers, without HTTP, rights or a database.
 *
 * Beside what the server takes for a file (bench_artifacts.py) it says how much of that could be saved. The files go to a
 * folder of the current one.
 *
 * Usage: bench_upload_floor [FILES [UPLOADS_PER_CONNECTION]]
 */
#include "base/file.h"
#include "base/hash.h"
#include "bench/bench_support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_BYTES = 220, REQUEST_BYTES = 900, GROUP = 32 /* synced together, as many as the server had */, FOLDERS = 256 };

struct loop {
    int listener_fd, folder_fd, client_fd;
    char folder[64];
    int64_t file_count, per_connection;
};

static void need(bool is_done, const char *what) {
    if (!is_done)
        bench_fail("cannot %s: error %d", what, errno);
}

static double processor_s(void) {
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- the client, a process of its own ---- */

static int connect_to(uint16_t port) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    return fd;
}

static void send_all(const struct loop *loop, uint16_t port) {
    char request[REQUEST_BYTES] = { 0 }, answer[REQUEST_BYTES];
    int fd = -1;
    for (int64_t i = 0; i < loop->file_count; i++) {
        if (i % loop->per_connection == 0)
            fd = connect_to(port);
        (void)snprintf(request, sizeof request, "%lld", (long long)i);
        need(send(fd, request, sizeof request, 0) == sizeof request && recv(fd, answer, sizeof answer, 0) > 0, "send");
        if ((i + 1) % loop->per_connection == 0)
            (void)close(fd);
    }
}

/* ---- the loop ---- */

static void receive(struct loop *loop, char request[REQUEST_BYTES]) {
    if (loop->client_fd < 0)
        loop->client_fd = accept4(loop->listener_fd, NULL, NULL, SOCK_CLOEXEC);
    need(recv(loop->client_fd, request, REQUEST_BYTES, MSG_WAITALL) == REQUEST_BYTES, "recv");
}

static void answer(struct loop *loop, int64_t number) {
    static const char text[REQUEST_BYTES / 2];
    need(send(loop->client_fd, text, sizeof text, MSG_NOSIGNAL) > 0, "answer");
    if ((number + 1) % loop->per_connection != 0)
        return;
    (void)close(loop->client_fd);
    loop->client_fd = -1;
}

static void store(const struct loop *loop, const char request[REQUEST_BYTES], int64_t number) {
    unsigned char sha256[SHA256_BYTES], md5[MD5_BYTES];
    struct str bytes = { request, FILE_BYTES };
    char staged[128], name[160];
    hash_sha256(sha256, bytes);
    hash_md5(md5, bytes);
    (void)snprintf(staged, sizeof staged, "%s/staged/%016llx%016llx", loop->folder, (unsigned long long)number, (unsigned long long)number);
    (void)snprintf(name, sizeof name, "%s/%02x/%02x%02x%058llx", loop->folder, sha256[0], sha256[1], sha256[2],
                   (unsigned long long)number);
    int fd = open(staged, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    need(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len, "write");
    (void)close(fd);
    need(rename(staged, name) == 0, "rename");
}

static void serve(struct loop *loop) {
    char request[REQUEST_BYTES];
    for (int64_t i = 0; i < loop->file_count; i++) {
        receive(loop, request);
        store(loop, request, i);
        if (i % GROUP == 0)
            need(syncfs(loop->folder_fd) == 0 && syncfs(loop->folder_fd) == 0, "syncfs"); /* the bytes, and their names */
        answer(loop, i);
    }
}

/* ---- setting up ---- */

static void make_folders(struct loop *loop) {
    char path[96];
    (void)snprintf(loop->folder, sizeof loop->folder, "upload-floor-%ld", (long)getpid());
    (void)snprintf(path, sizeof path, "%s/staged", loop->folder);
    need(mkdir(loop->folder, 0700) == 0 && mkdir(path, 0700) == 0, "mkdir");
    for (int i = 0; i < FOLDERS; i++) {
        (void)snprintf(path, sizeof path, "%s/%02x", loop->folder, i);
        need(mkdir(path, 0700) == 0, "mkdir");
    }
    loop->folder_fd = open(loop->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    need(syncfs(loop->folder_fd) == 0, "syncfs");
}

static uint16_t listen_anywhere(struct loop *loop) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    loop->listener_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(bind(loop->listener_fd, (struct sockaddr *)&address, len) == 0 && listen(loop->listener_fd, SOMAXCONN) == 0 &&
             getsockname(loop->listener_fd, (struct sockaddr *)&address, &len) == 0,
         "listen");
    return address.sin_port;
}

int main(int argc, char **argv) {
    struct loop loop = { .client_fd = -1, .file_count = 15000, .per_connection = 1 };
    struct err err;
    if ((argc > 1 && !str_to_i64(str_from_c(argv[1]), &loop.file_count)) || (argc > 2 && !str_to_i64(str_from_c(argv[2]), &loop.per_connection)) ||
        loop.file_count < 1 || loop.per_connection < 1)
        bench_fail("usage: bench_upload_floor [FILES [UPLOADS_PER_CONNECTION]]");
    make_folders(&loop);
    uint16_t port = listen_anywhere(&loop);
    pid_t client = fork();
    if (client == 0) {
        send_all(&loop, port);
        _exit(0);
    }
    double processor = processor_s(), began = bench_now_s();
    serve(&loop);
    processor = processor_s() - processor;
    printf("%lld files of %d bytes, %lld a connection: %.0f us of the processor a file, %.0f us on the clock\n", (long long)loop.file_count,
           FILE_BYTES, (long long)loop.per_connection, processor * 1e6 / (double)loop.file_count, (bench_now_s() - began) * 1e6 / (double)loop.file_count);
    (void)waitpid(client, NULL, 0);
    if (file_remove_tree(loop.folder, &err) != OK)
        fprintf(stderr, "%s\n", err.message);
    return 0;
}
