/* gpu.c - see gpu.h. */
#include "client/sender/gpu.h"

#include "base/number.h"
#include "base/protobuf.h"
#include "client/log/record.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { GPUS_MAX = 64, NAME_MAX_BYTES = 128, FILE_MAX_BYTES = 128 };

struct gpu_utilization {
    unsigned gpu, memory;
};
struct gpu_memory {
    unsigned long long total, free, used;
};

/* The few of NVML's functions that are used; its version 2 names are stable. */
struct nvml {
    void *library; /* NULL: not on this machine */
    int (*count)(unsigned *count);
    int (*handle)(unsigned index, void **device);
    int (*name)(void *device, char *out, unsigned room);
    int (*uuid)(void *device, char *out, unsigned room);
    int (*utilization)(void *device, struct gpu_utilization *out);
    int (*memory)(void *device, struct gpu_memory *out);
    int (*temperature)(void *device, int sensor, unsigned *out);
    int (*power)(void *device, unsigned *milliwatts);
    int (*power_limit)(void *device, unsigned *milliwatts);
    int (*clock)(void *device, int kind, unsigned *mhz);
    int (*cuda_version)(int *version);
    int (*shutdown)(void);
};

struct gpus {
    struct nvml nvml;
    const char *drm_folder;
    unsigned amd[GPUS_MAX]; /* numbers of its folders cardN */
    unsigned amd_count;
};

static void put(struct buf *out, unsigned index, const char *name, double value) {
    char key[64], text[NUMBER_TEXT_MAX];
    int len = snprintf(key, sizeof key, "gpu.%u.%s", index, name);
    struct str key_text = { key, (size_t)len };
    record_put_item(out, 3, &key_text, 1, (struct str){ text, number_from_double(text, value) });
}

/* ---- NVIDIA ---- */

static void open_nvml(struct nvml *nvml) {
    static const char *const names[] = { "nvmlDeviceGetCount_v2",        "nvmlDeviceGetHandleByIndex_v2",
                                         "nvmlDeviceGetName",            "nvmlDeviceGetUUID",
                                         "nvmlDeviceGetUtilizationRates", "nvmlDeviceGetMemoryInfo",
                                         "nvmlDeviceGetTemperature",     "nvmlDeviceGetPowerUsage",
                                         "nvmlDeviceGetEnforcedPowerLimit", "nvmlDeviceGetClockInfo",
                                         "nvmlSystemGetCudaDriverVersion", "nvmlShutdown" };
    void *found[sizeof names / sizeof names[0]];
    bool is_whole = true;
    nvml->library = dlopen("libnvidia-ml.so.1", RTLD_LAZY | RTLD_LOCAL);
    if (nvml->library == NULL)
        return;
    int (*init)(void) = (int (*)(void))(uintptr_t)dlsym(nvml->library, "nvmlInit_v2");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        found[i] = dlsym(nvml->library, names[i]);
        is_whole = is_whole && found[i] != NULL;
    }
    if (is_whole && init != NULL && init() == 0) {
        memcpy((char *)nvml + offsetof(struct nvml, count), found, sizeof found);
        return;
    }
    dlclose(nvml->library);
    nvml->library = NULL;
}

static void sample_nvidia(const struct nvml *nvml, unsigned index, struct buf *out) {
    struct gpu_utilization utilization;
    struct gpu_memory memory;
    unsigned value, milliwatts;
    void *device;
    if (nvml->handle(index, &device) != 0)
        return;
    if (nvml->utilization(device, &utilization) == 0) {
        put(out, index, "gpu", utilization.gpu);
        put(out, index, "memory", utilization.memory);
    }
    if (nvml->memory(device, &memory) == 0 && memory.total > 0) {
        put(out, index, "memoryAllocated", (double)memory.used / (double)memory.total * 100);
        put(out, index, "memoryAllocatedBytes", (double)memory.used);
    }
    if (nvml->temperature(device, 0, &value) == 0)
        put(out, index, "temp", value);
    if (nvml->clock(device, 1, &value) == 0)
        put(out, index, "smClock", value);
    if (nvml->clock(device, 2, &value) == 0)
        put(out, index, "memoryClock", value);
    if (nvml->power(device, &milliwatts) != 0)
        return;
    put(out, index, "powerWatts", milliwatts / 1000.0);
    if (nvml->power_limit(device, &value) != 0 || value == 0)
        return;
    put(out, index, "enforcedPowerLimitWatts", value / 1000.0);
    put(out, index, "powerPercent", 100.0 * milliwatts / value);
}

static unsigned nvidia_count(const struct nvml *nvml) {
    unsigned count = 0;
    if (nvml->library == NULL || nvml->count(&count) != 0)
        return 0;
    return count < GPUS_MAX ? count : GPUS_MAX;
}

static void describe_nvidia(const struct nvml *nvml, unsigned index, struct buf *out) {
    char name[NAME_MAX_BYTES] = "", uuid[NAME_MAX_BYTES] = "";
    struct gpu_memory memory = { 0 };
    void *device;
    if (nvml->handle(index, &device) != 0 || nvml->name(device, name, sizeof name) != 0)
        return;
    if (index == 0)
        protobuf_put_bytes(out, 18, str_from_c(name));
    size_t gpu = protobuf_begin(out, 24);
    protobuf_put_bytes(out, 1, str_from_c(name));
    if (nvml->memory(device, &memory) == 0)
        protobuf_put_u64(out, 2, memory.total);
    if (nvml->uuid(device, uuid, sizeof uuid) == 0)
        protobuf_put_bytes(out, 5, str_from_c(uuid));
    protobuf_end(out, gpu);
}

/* ---- AMD ---- */

/* A number in a file of the card's folder; false when it is not told. */
static bool read_amd(const struct gpus *gpus, unsigned card, const char *name, double *value) {
    char path[4 * FILE_MAX_BYTES], text[64];
    (void)snprintf(path, sizeof path, "%s/card%u/device/%s", gpus->drm_folder, card, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (len <= 0)
        return false;
    text[len] = '\0';
    char *end;
    *value = strtod(text, &end);
    return end != text;
}

static void find_amd(struct gpus *gpus) {
    double busy;
    for (unsigned card = 0; card < GPUS_MAX; card++)
        if (read_amd(gpus, card, "gpu_busy_percent", &busy))
            gpus->amd[gpus->amd_count++] = card;
}

/* The sensors' folder has a number that nothing tells but trying. */
static bool read_sensor(const struct gpus *gpus, unsigned card, const char *name, double *value) {
    char path[FILE_MAX_BYTES];
    for (unsigned i = 0; i < 16; i++) {
        (void)snprintf(path, sizeof path, "hwmon/hwmon%u/%s", i, name);
        if (read_amd(gpus, card, path, value))
            return true;
    }
    return false;
}

static void sample_amd(const struct gpus *gpus, unsigned card, unsigned index, struct buf *out) {
    double value, total;
    if (read_amd(gpus, card, "gpu_busy_percent", &value))
        put(out, index, "gpu", value);
    if (read_amd(gpus, card, "mem_info_vram_used", &value) && read_amd(gpus, card, "mem_info_vram_total", &total) && total > 0) {
        put(out, index, "memoryAllocated", value / total * 100);
        put(out, index, "memoryAllocatedBytes", value);
    }
    if (read_sensor(gpus, card, "temp1_input", &value))
        put(out, index, "temp", value / 1000);
    if (read_sensor(gpus, card, "power1_average", &value))
        put(out, index, "powerWatts", value / 1e6);
}

/* ---- all of them ---- */

struct gpus *gpus_create(const char *drm_folder) {
    struct gpus *gpus = calloc(1, sizeof *gpus);
    if (gpus == NULL)
        return NULL;
    gpus->drm_folder = drm_folder;
    open_nvml(&gpus->nvml);
    find_amd(gpus);
    if (gpus->nvml.library != NULL || gpus->amd_count > 0)
        return gpus;
    free(gpus);
    return NULL;
}

void gpus_destroy(struct gpus *gpus) {
    if (gpus == NULL)
        return;
    if (gpus->nvml.library != NULL) {
        (void)gpus->nvml.shutdown();
        dlclose(gpus->nvml.library);
    }
    free(gpus);
}

void gpus_sample(const struct gpus *gpus, struct buf *out) {
    unsigned count = nvidia_count(&gpus->nvml);
    for (unsigned i = 0; i < count; i++)
        sample_nvidia(&gpus->nvml, i, out);
    for (unsigned i = 0; i < gpus->amd_count; i++)
        sample_amd(gpus, gpus->amd[i], count + i, out);
}

void gpus_describe(const struct gpus *gpus, struct buf *out) {
    unsigned count = nvidia_count(&gpus->nvml);
    int version = 0;
    char text[32];
    protobuf_put_u64(out, 19, count + gpus->amd_count);
    for (unsigned i = 0; i < count; i++)
        describe_nvidia(&gpus->nvml, i, out);
    if (count == 0)
        protobuf_put_bytes(out, 18, STR("AMD"));
    if (count > 0 && gpus->nvml.cuda_version(&version) == 0) {
        (void)snprintf(text, sizeof text, "%d.%d", version / 1000, version % 1000 / 10);
        protobuf_put_bytes(out, 25, str_from_c(text));
    }
}
