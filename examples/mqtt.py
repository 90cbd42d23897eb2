#!/usr/bin/python3
"""States of all cameras in MQTT, found by Home Assistant: mqtt.py BROKER [PORT] (needs python3-paho-mqtt; camd-mqtt(8) does more)"""
import json, sys, camd, paho.mqtt.client

versions = getattr(paho.mqtt.client, "CallbackAPIVersion", None)  # paho 2 has to be told which one; 1 has none
mqtt = paho.mqtt.client.Client(versions.VERSION2) if versions else paho.mqtt.client.Client()
mqtt.connect(sys.argv[1], int((sys.argv + [1883])[2]))
mqtt.loop_start()
for event in camd.Events():
    for camera in event.get("cameras", [event] if event["event"] == "camera_state" else []):
        name = camera.get("name", event.get("camera"))
        found = {"name": f"Camera {name}", "unique_id": f"camd_{name}", "state_topic": f"camd/{name}/state"}
        mqtt.publish(f"homeassistant/sensor/camd_{name}/config", json.dumps(found), qos=1, retain=True)
        mqtt.publish(f"camd/{name}/state", camera["state"], qos=1, retain=True)
