/* test_gpu.c - cards of NVIDIA, played by a library of the same name, and of AMD, played by a folder of files. */
#include "base/protobuf.h"
#include "client/sender/gpu.h"
#include "tests/unit/client/sample.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct files {
    char folder[64];
    struct buf sample, facts;
    struct gpus *gpus;
};

static const char *const amd_files[][2] = {
    { "card1/device/gpu_busy_percent", "42\n" },          { "card1/device/mem_info_vram_used", "500\n" },
    { "card1/device/mem_info_vram_total", "2000\n" },     { "card1/device/hwmon/hwmon3/temp1_input", "55000\n" },
    { "card1/device/hwmon/hwmon3/power1_average", "90500000\n" }, { "card0/device/vendor", "0x8086\n" },
};
enum { AMD_FILES = sizeof amd_files / sizeof amd_files[0] };
static const char *const amd_folders[] = { "card0", "card0/device", "card1", "card1/device", "card1/device/hwmon", "card1/device/hwmon/hwmon3" };
enum { AMD_FOLDERS = sizeof amd_folders / sizeof amd_folders[0] };

static int make_files(void **state) {
    struct files *files = calloc(1, sizeof *files);
    if (files == NULL)
        return -1;
    (void)snprintf(files->folder, sizeof files->folder, "/tmp/gpu.XXXXXX");
    buf_init(&files->sample, 64 << 10);
    buf_init(&files->facts, 64 << 10);
    *state = files;
    return mkdtemp(files->folder) == NULL ? -1 : 0;
}

static void add_amd(const struct files *files) {
    char path[256];
    for (size_t i = 0; i < AMD_FOLDERS; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", files->folder, amd_folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    for (size_t i = 0; i < AMD_FILES; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", files->folder, amd_files[i][0]);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(amd_files[i][1], file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
}

static int remove_files(void **state) {
    struct files *files = *state;
    char path[256];
    gpus_destroy(files->gpus);
    for (size_t i = 0; i < AMD_FILES; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", files->folder, amd_files[i][0]);
        (void)unlink(path);
    }
    for (size_t i = AMD_FOLDERS; i-- > 0;) {
        (void)snprintf(path, sizeof path, "%s/%s", files->folder, amd_folders[i]);
        (void)rmdir(path);
    }
    (void)rmdir(files->folder);
    buf_finish(&files->sample);
    buf_finish(&files->facts);
    free(files);
    return 0;
}

static double sampled(const struct files *files, const char *key) {
    return sample_value(buf_str(&files->sample), key);
}

/* The n-th field of that number. */
static struct protobuf_field field_of(struct str body, uint32_t number, int n) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field))
        if (field.number == number && n-- == 0)
            return field;
    return (struct protobuf_field){ 0 };
}

static void look(struct files *files) {
    files->gpus = gpus_create(files->folder);
    assert_non_null(files->gpus);
    gpus_sample(files->gpus, &files->sample);
    gpus_describe(files->gpus, &files->facts);
    assert_false(files->sample.failed || files->facts.failed);
}

/* First in the list: nobody has loaded the other library yet. */
static void gpus__are_none_where_there_is_none(void **state) {
    struct files *files = *state;
    if (dlopen("libnvidia-ml.so.1", RTLD_LAZY) != NULL)
        skip();
    assert_null(gpus_create(files->folder));
}

static void gpus__of_amd_tell_what_their_files_say(void **state) {
    struct files *files = *state;
    add_amd(files);
    if (dlopen("libnvidia-ml.so.1", RTLD_LAZY) != NULL)
        skip();
    look(files);
    assert_true(sampled(files, "gpu.0.gpu") == 42);
    assert_true(sampled(files, "gpu.0.memoryAllocated") == 25);
    assert_true(sampled(files, "gpu.0.memoryAllocatedBytes") == 500);
    assert_true(sampled(files, "gpu.0.temp") == 55);
    assert_true(sampled(files, "gpu.0.powerWatts") == 90.5);
    assert_true(isnan(sampled(files, "gpu.1.gpu")));
    assert_int_equal(field_of(buf_str(&files->facts), 19, 0).value, 1);
    struct protobuf_field kind = field_of(buf_str(&files->facts), 18, 0);
    assert_true(str_eq_c(protobuf_bytes(&kind), "AMD"));
}

static void gpus__of_nvidia_tell_what_their_library_says(void **state) {
    struct files *files = *state;
    void *library = dlopen(FAKE_NVML, RTLD_NOW);
    assert_non_null(library);
    int (*init_count)(void) = (int (*)(void))(uintptr_t)dlsym(library, "fake_nvml_init_count");
    assert_non_null(init_count);
    add_amd(files);
    look(files);
    assert_int_equal(init_count(), 1);
    assert_true(sampled(files, "gpu.0.gpu") == 87);
    assert_true(sampled(files, "gpu.0.memory") == 12);
    assert_true(sampled(files, "gpu.0.memoryAllocated") == 25);
    assert_true(sampled(files, "gpu.0.temp") == 64);
    assert_true(sampled(files, "gpu.0.smClock") == 1980);
    assert_true(sampled(files, "gpu.0.memoryClock") == 2619);
    assert_true(sampled(files, "gpu.0.powerWatts") == 150);
    assert_true(sampled(files, "gpu.0.enforcedPowerLimitWatts") == 300);
    assert_true(sampled(files, "gpu.0.powerPercent") == 50);
    /* What a card does not tell is left out, and not zero. */
    assert_true(sampled(files, "gpu.1.temp") == 64);
    assert_true(isnan(sampled(files, "gpu.1.gpu")) && isnan(sampled(files, "gpu.1.powerWatts")));
    /* AMD's come behind them. */
    assert_true(sampled(files, "gpu.2.gpu") == 42);
    assert_int_equal(field_of(buf_str(&files->facts), 19, 0).value, 3);
    struct protobuf_field kind = field_of(buf_str(&files->facts), 18, 0), cuda = field_of(buf_str(&files->facts), 25, 0);
    assert_true(str_eq_c(protobuf_bytes(&kind), "Card A"));
    assert_true(str_eq_c(protobuf_bytes(&cuda), "12.4"));
    struct protobuf_field second = field_of(buf_str(&files->facts), 24, 1), name = field_of(protobuf_bytes(&second), 1, 0);
    assert_true(str_eq_c(protobuf_bytes(&name), "Card B"));
    gpus_destroy(files->gpus);
    files->gpus = NULL;
    assert_int_equal(init_count(), 0);
    assert_int_equal(dlclose(library), 0);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, make_files, remove_files)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FILES(gpus__are_none_where_there_is_none),
        WITH_FILES(gpus__of_amd_tell_what_their_files_say),
        WITH_FILES(gpus__of_nvidia_tell_what_their_library_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
