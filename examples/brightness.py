#!/usr/bin/python3
"""Says when a camera's picture is dark, and what is in it: brightness.py CAMERA [PREFIX] (needs python3-numpy)"""
import camd, sys

camera = camd.Camera(*sys.argv[1:3])
for frame in camera.frames():
    result = camera.result(frame.id)
    found = zip(result.labels, result.objects["box"].tolist()) if result else ()
    print(frame.id, "dark" if frame.y.mean() < 40 else "light", *found, flush=True)
