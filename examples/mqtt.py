#!/usr/bin/python3
"""States of all cameras in MQTT, found by Home Assistant: mqtt.py BROKER [PORT] (needs python3-paho-mqtt; camd-mqtt(8) does more)"""
import json, sys, camd, paho.mqtt.client

mqtt = paho.mqtt.client.Client()
mqtt.connect(sys.argv[1], int((sys.argv + [1883])[2]))
mqtt.loop_start()
for event in camd.Events():
    for camera in event.get("cameras", [event] if event["event"] == "camera_state" else []):
        name = camera.get("name", event.get("camera"))
        found = {"name": f"Camera {name}", "unique_id": f"camd_{name}", "state_topic": f"camd/{name}/state"}
        mqtt.publish(f"homeassistant/sensor/camd_{name}/config", json.dumps(found), qos=1, retain=True)
        mqtt.publish(f"camd/{name}/state", camera["state"], qos=1, retain=True)
