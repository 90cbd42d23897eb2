#include "capture/successor.h"

#include <libavcodec/packet.h>

void successor_clear(struct successor *successor)
{
    while (successor->count > 0)
        av_packet_free(&successor->packets[--successor->count]);
}

bool successor_add(struct successor *successor, struct AVPacket *packet, int64_t arrival_ns)
{
    if (successor->count > 0 && successor->packets[0]->stream_index != packet->stream_index)
        successor_clear(successor);
    AVPacket *kept = av_packet_alloc();
    if (!kept)
        return false; /* one less */
    av_packet_move_ref(kept, packet);
    successor->packets[successor->count] = kept;
    successor->arrivals_ns[successor->count++] = arrival_ns;
    return successor->count == SUCCESSOR_PACKETS;
}
