#include "tracker/label.h"

#include <stddef.h>
#include <string.h>

#define NMS .nms_iou = 0.4, .containment = 0.9
#define DEFAULT_IOU                                                                                          \
    .known_active_iou = 0.2, .stationary_check_iou = 0.6, .active_check_iou = 0.9, .history = 10
#define VEHICLE_IOU                                                                                          \
    .known_active_iou = 0.2, .stationary_check_iou = 0.6, .active_check_iou = 0.75, .history = 10
#define PUT_DOWN_IOU                                                                                         \
    .known_active_iou = 0.0, .stationary_check_iou = 0.6, .active_check_iou = 0.9, .history = 10

static const struct label_traits others = {.name = "", NMS, DEFAULT_IOU};

static const struct label_traits traits[] = {
    {.name = "car", .nms_iou = 0.6, .containment = 0.8, VEHICLE_IOU, .classified = true},
    {.name = "bicycle", NMS, VEHICLE_IOU, .classified = true},
    {.name = "boat", NMS, VEHICLE_IOU, .classified = true},
    {.name = "motorcycle", NMS, VEHICLE_IOU, .classified = true},
    {.name = "tractor", NMS, VEHICLE_IOU, .classified = true},
    {.name = "truck", NMS, VEHICLE_IOU, .classified = true},
    {.name = "bbq_grill", NMS, PUT_DOWN_IOU, .classified = true},
    {.name = "package", NMS, PUT_DOWN_IOU, .classified = true},
    {.name = "waste_bin", NMS, PUT_DOWN_IOU, .classified = true},
    {.name = "face", .nms_iou = 0.4, .containment = 0.5, DEFAULT_IOU},
    {.name = "license_plate",
     NMS,
     .known_active_iou = 0.9,
     .stationary_check_iou = 0.9,
     .active_check_iou = 0.9,
     .history = 4},
};

const struct label_traits *label_traits(const char *name)
{
    for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++)
        if (strcmp(traits[i].name, name) == 0)
            return &traits[i];
    return &others;
}
