"""What Home Assistant takes as MQTT device discovery: members, and the values that they can have.

These tables were written by hand, for the platforms that camd-mqtt uses, after the documentation
(https://www.home-assistant.io/integrations/mqtt/#discovery-messages and the pages of the MQTT integrations), and compared with
the schemas of Home Assistant's own source (homeassistant/components/mqtt, 2024.2 and, of the message, later). What camd-mqtt
publishes passes those schemas, also when they refuse members that they do not know, and a Home Assistant 2024.2, which gets
it as one message a component, has its entities and switches work. No Home Assistant runs in the tests: what a later version
takes beside this, or no more, they do not know.

A payload is checked against these tables; a member that is in none of them, or a value that is not possible, is a fault.
They are stricter than Home Assistant, which passes over members of components that it does not know.
"""
import re

TOPIC = re.compile(r"[^+#\0]+")
ID = re.compile(r"[A-Za-z0-9_-]+")
URL = re.compile(r"https?://.+")


def text(value):
    return isinstance(value, str)


def text_or_none(value):
    return value is None or isinstance(value, str)


def boolean(value):
    return isinstance(value, bool)


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def topic(value):
    return text(value) and TOPIC.fullmatch(value) is not None and len(value) <= 65535


def template(value):
    return text(value) and value.count("{{") == value.count("}}")


def one_of(*words):
    return lambda value: value in words


def texts(value):
    return text(value) or (isinstance(value, list) and all(text(item) for item in value))


def availability(value):
    return isinstance(value, list) and all(not faults_of(item, AVAILABILITY_MEMBERS, ("topic",)) for item in value)


AVAILABILITY_MEMBERS = {"topic": topic, "payload_available": text, "payload_not_available": text, "value_template": template}

# "Device discovery payload"
DEVICE_MESSAGE = {"device", "origin", "components", "availability", "availability_mode", "availability_template", "availability_topic",
                  "payload_available", "payload_not_available", "state_topic", "command_topic", "qos", "encoding"}
ORIGIN = {"name": text, "sw_version": text, "support_url": lambda value: text(value) and URL.fullmatch(value) is not None}
DEVICE = {"identifiers": texts, "connections": lambda value: isinstance(value, list), "configuration_url": text, "hw_version": text,
          "manufacturer": text, "model": text, "model_id": text, "name": text, "serial_number": text, "suggested_area": text,
          "sw_version": text, "via_device": text}

# what every entity can have
ENTITY = {"platform": text, "unique_id": text, "name": text_or_none, "availability": availability,
          "availability_mode": one_of("all", "any", "latest"), "availability_topic": topic, "availability_template": template,
          "payload_available": text, "payload_not_available": text, "enabled_by_default": boolean, "encoding": text,
          "entity_category": one_of("config", "diagnostic", None), "entity_picture": text, "icon": text, "json_attributes_topic": topic,
          "json_attributes_template": template, "default_entity_id": text, "qos": one_of(0, 1, 2)}

BINARY_SENSOR_CLASSES = (
    "battery", "battery_charging", "carbon_monoxide", "cold", "connectivity", "door", "garage_door", "gas", "heat", "light", "lock",
    "moisture", "motion", "moving", "occupancy", "opening", "plug", "power", "presence", "problem", "running", "safety", "smoke", "sound",
    "tamper", "update", "vibration", "window", None)

# platform: members besides those of every entity, and those that have to be there
PLATFORMS = {
    "binary_sensor": ({"state_topic": topic, "device_class": one_of(*BINARY_SENSOR_CLASSES), "expire_after": whole, "force_update": boolean,
                       "off_delay": whole, "payload_on": text, "payload_off": text, "value_template": template}, ("state_topic",)),
    "sensor": ({"state_topic": topic, "device_class": text_or_none, "expire_after": whole, "force_update": boolean,
                "state_class": one_of("measurement", "measurement_angle", "total", "total_increasing", None),
                "unit_of_measurement": text_or_none, "value_template": template, "options": texts, "suggested_display_precision": whole,
                "last_reset_value_template": template}, ("state_topic",)),
    "switch": ({"state_topic": topic, "command_topic": topic, "command_template": template, "device_class": one_of("outlet", "switch", None),
                "optimistic": boolean, "payload_on": text, "payload_off": text, "retain": boolean, "state_on": text, "state_off": text,
                "value_template": template}, ("command_topic",)),
    "camera": ({"topic": topic, "image_encoding": one_of("b64")}, ("topic",)),
    "image": ({"image_topic": topic, "url_topic": topic, "url_template": template, "content_type": text, "image_encoding": one_of("b64")}, ()),
}


def faults_of(value, members, needed=()):
    """What is wrong with an object, as a list of words."""
    if not isinstance(value, dict):
        return [f"{value!r} is no object"]
    found = [f"{name}: there is no such member" for name in value if name not in members]
    found += [f"{name}: {value[name]!r} is not possible" for name in value if name in members and not members[name](value[name])]
    return found + [f"{name} is missing" for name in needed if name not in value]


def faults_of_component(key, component):
    platform = component.get("platform") if isinstance(component, dict) else None
    if platform not in PLATFORMS:
        return [f"{key}: {platform!r} is no platform that this table has"]
    if set(component) == {"platform"}:
        return []  # it is to be taken away
    members, needed = PLATFORMS[platform]
    found = faults_of(component, {**ENTITY, **members}, (*needed, "platform", "unique_id"))
    if platform == "image" and ("image_topic" in component) == ("url_topic" in component):
        found.append("one of image_topic and url_topic is needed")
    if "availability" in component and "availability_topic" in component:
        found.append("availability and availability_topic exclude each other")
    return [f"{key}: {fault}" for fault in found]


def faults_of_discovery(message):
    """What is wrong with a message of device discovery: all of it, as a list of words."""
    found = [f"{name}: there is no such member" for name in message if name not in DEVICE_MESSAGE]
    found += [f"{name} is missing" for name in ("device", "origin", "components") if name not in message]
    found += faults_of(message.get("origin"), ORIGIN, ("name",))
    found += faults_of(message.get("device"), DEVICE)
    if not message.get("device", {}).get("identifiers") and not message.get("device", {}).get("connections"):
        found.append("device: has neither identifiers nor connections")
    for key, component in message.get("components", {}).items():
        found += faults_of_component(key, component)
    return found


def is_discovery_topic(name, prefix):
    """<prefix>/device/[<node>/]<object>/config"""
    levels = name.split("/")
    return (levels[:2] == [prefix, "device"] and levels[-1] == "config" and len(levels) in (4, 5)
            and all(ID.fullmatch(level) for level in levels[2:-1]))
