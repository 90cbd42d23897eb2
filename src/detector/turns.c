#include "detector/turns.h"

static uint32_t oldest_entry(const struct turns_camera *camera)
{
    uint32_t oldest = CAMD_REQUESTS;
    for (uint32_t i = 0; i < CAMD_REQUESTS; i++) {
        if ((camera->waiting & 1U << i) != 0 &&
            (oldest == CAMD_REQUESTS || camera->request_ids[i] < camera->request_ids[oldest]))
            oldest = i;
    }
    return oldest;
}

bool turns_take(struct turns *turns, const struct turns_camera *cameras, uint32_t count, struct turn *turn)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t camera = (turns->next + i) % count;
        const uint32_t entry = oldest_entry(&cameras[camera]);
        if (entry == CAMD_REQUESTS)
            continue;
        *turn = (struct turn){camera, entry};
        turns->next = camera + 1;
        return true;
    }
    return false;
}

void turns_remove(struct turns *turns, uint32_t camera)
{
    if (camera < turns->next)
        turns->next--;
}
