#include "daemon/camera/parcel.h"

#include "base/sys.h"

int parcel_open(struct parcel *parcel, const struct shm_store *store, enum shm_side side)
{
    char names[CAMD_MESSAGE_FDS][SHM_PART_BYTES];
    *parcel = (struct parcel){.names = json_array()};
    int count = shm_store_open(store, side, parcel->fds, names);
    if (count < 0)
        return count;
    for (int i = 0; i < count; i++)
        json_array_append_new(parcel->names, json_string(names[i]));
    parcel->count = parcel->opened = (size_t)count;
    return count;
}

void parcel_put(struct parcel *parcel, const char *name, int fd)
{
    parcel->fds[parcel->count++] = fd;
    json_array_append_new(parcel->names, json_string(name));
}

void parcel_close(struct parcel *parcel)
{
    for (size_t i = 0; i < parcel->opened; i++)
        sys_close(&parcel->fds[i]);
    json_decref(parcel->names);
}
