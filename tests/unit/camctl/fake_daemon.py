#!/usr/bin/env python3
"""A daemon as camctl sees it, well-behaved or not: fake_daemon.py SOCKET SCRIPT

SCRIPT is a JSON object:
  greeting   what a client gets at first: an object, or {"raw": TEXT} for anything else, or null for nothing
  answers    {VERB: [ACTION, ...]}, or {VERB: [[ACTION, ...], ...]}: a list for each request, the last for all further ones;
             a verb that is not there is answered with {"ok": {}}
An ACTION is one of
  {"part": ...} {"ok": ...} {"error": ...}   a line with the request's id
  {"raw": TEXT, "times": N}                  TEXT as it is, N times
  {"for_ever": {"part": ...}}                lines until the client has gone
  {"stand": SECONDS}                         nothing for so long
  {"close": true}   {"exit": true}           the connection ends; the daemon ends
Without a last line the client waits. "ready" is printed when the socket listens, then each request.
"""
import json
import socket
import sys
import time


class Gone(Exception):
    pass


def send_line(client, line):
    client.sendall(json.dumps(line).encode() + b"\n")


def act(client, request_id, action):
    if "raw" in action:
        client.sendall(action["raw"].encode("latin-1") * action.get("times", 1))
    elif "for_ever" in action:
        while True:
            send_line(client, {"id": request_id, **action["for_ever"]})
    elif "stand" in action:
        time.sleep(action["stand"])
    elif "close" in action:
        raise Gone
    elif "exit" in action:
        sys.exit(0)
    else:
        send_line(client, {"id": request_id, **action})


def actions(script, verb):
    answers = script.get("answers", {}).get(verb, [{"ok": {}}])
    if not answers or not isinstance(answers[0], list):
        return answers
    return answers.pop(0) if len(answers) > 1 else answers[0]


def serve(client, script):
    greeting = script.get("greeting", {"camd": "9.9", "protocol": 1})
    if greeting is not None:
        if "raw" in greeting:
            client.sendall(greeting["raw"].encode("latin-1"))
        else:
            send_line(client, greeting)
    for line in client.makefile("rb"):
        request = json.loads(line)
        print(json.dumps(request), flush=True)
        for action in actions(script, request["verb"]):
            act(client, request["id"], action)


def main():
    script = json.loads(sys.argv[2])
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(sys.argv[1])
    listener.listen(8)
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        with client:
            try:
                serve(client, script)
            except (Gone, ConnectionError):
                pass


if __name__ == "__main__":
    main()
