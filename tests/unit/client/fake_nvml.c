/* fake_nvml.c - NVIDIA's library as the client knows it, with two cards: one that tells all, one that tells little. */
#include <stdio.h>

struct utilization {
    unsigned gpu, memory;
};
struct memory {
    unsigned long long total, free, used;
};

static int cards[2] = { 0, 1 };
static int init_count;

#define SHOWN __attribute__((visibility("default")))

/* For the test: whether it was ended as often as it was begun. */
SHOWN int fake_nvml_init_count(void);
SHOWN int nvmlInit_v2(void);
SHOWN int nvmlShutdown(void);
SHOWN int nvmlDeviceGetCount_v2(unsigned *count);
SHOWN int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
SHOWN int nvmlDeviceGetName(void *device, char *out, unsigned room);
SHOWN int nvmlDeviceGetUUID(void *device, char *out, unsigned room);
SHOWN int nvmlDeviceGetUtilizationRates(void *device, struct utilization *out);
SHOWN int nvmlDeviceGetMemoryInfo(void *device, struct memory *out);
SHOWN int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *out);
SHOWN int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts);
SHOWN int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatts);
SHOWN int nvmlDeviceGetClockInfo(void *device, int kind, unsigned *mhz);
SHOWN int nvmlSystemGetCudaDriverVersion(int *version);

enum { SUCCESS = 0, NOT_SUPPORTED = 3 };

static int is_first(const void *device) {
    return *(const int *)device == 0;
}

int fake_nvml_init_count(void) {
    return init_count;
}

int nvmlInit_v2(void) {
    init_count++;
    return SUCCESS;
}

int nvmlShutdown(void) {
    init_count--;
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = 2;
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    *device = &cards[index];
    return SUCCESS;
}

int nvmlDeviceGetName(void *device, char *out, unsigned room) {
    (void)snprintf(out, room, "Card %c", is_first(device) ? 'A' : 'B');
    return SUCCESS;
}

int nvmlDeviceGetUUID(void *device, char *out, unsigned room) {
    (void)snprintf(out, room, "GPU-1234");
    return is_first(device) ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetUtilizationRates(void *device, struct utilization *out) {
    *out = (struct utilization){ 87, 12 };
    return is_first(device) ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetMemoryInfo(void *device, struct memory *out) {
    *out = (struct memory){ 1000, 750, 250 };
    return is_first(device) ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *out) {
    (void)device;
    *out = 64;
    return sensor == 0 ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) {
    *milliwatts = 150000;
    return is_first(device) ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatts) {
    (void)device;
    *milliwatts = 300000;
    return SUCCESS;
}

int nvmlDeviceGetClockInfo(void *device, int kind, unsigned *mhz) {
    *mhz = kind == 1 ? 1980 : 2619;
    return is_first(device) ? SUCCESS : NOT_SUPPORTED;
}

int nvmlSystemGetCudaDriverVersion(int *version) {
    *version = 12040;
    return SUCCESS;
}
