/* zone: the zones and masks of a camera, as its tracker gets them, for those who draw them. */
#include "config/config.h"
#include "daemon/verbs/requests_private.h"

void request_zone(struct requests *requests, struct control_request *request, const json_t *body)
{
    const struct camera *camera = request_camera(requests, request, body);
    uint32_t width = 0, height = 0;
    if (!camera)
        return;
    if (camera_is_bad_file(camera)) {
        request_refuse_bad_file(request, camera);
        return;
    }
    camera_size(camera, &width, &height);
    const struct config_camera *config = camera_config(camera);
    control_reply_ok(request,
                     json_pack("{s:s, s:i, s:i, s:o, s:o}", "name", camera_name(camera), "width", (int)width,
                               "height", (int)height, "zones", config_camera_member_json(config, "zone"),
                               "masks", config_camera_member_json(config, "mask")));
}
