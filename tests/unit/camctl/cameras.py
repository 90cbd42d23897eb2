"""Two cameras as camd's answer to `status` has them: one that is up, and one that waits for its next try"""
FRONT = {
    "since": "2026-01-30T12:00:00.000Z", "day": {"outages": 2, "dark_s": 61, "reconnects": 9, "stalls": 0, "bit_rate_kbps": 2500.0},
    "name": "front", "state": "up", "want": "up", "enabled": True, "width": 1280, "height": 720, "fps": 5.0,
    "slots": 20, "frames": 1234, "frame_age_s": 0.12, "camera_fps": 5.0, "process_fps": 4.98, "detection_fps": 0.0,
    "skipped_fps": 0.0, "objects": 0, "motion": True, "reason": "", "hint": "", "uptime_s": 93784.5,
    "input": "rtsp://admin:***@10.0.0.7/stream", "file": "/etc/camd/cameras.d/front.ini", "skipped": 0, "damaged": 3,
    "gaps": 1, "lost": 0, "calibrating": False, "ptz_moving": False,
    "stream": {"codec": "h264", "width": 1280, "height": 720, "fps": 25.0, "pixel_format": "yuv420p"},
    "capture": {"state": "up", "pid": 71, "restarts": 2, "failures": 0, "uptime_s": 93784.5, "next_start_ms": None,
                "reason": "", "last_exit": {"kind": "signal", "code": 0, "signal": 9, "reason": ""}},
    "tracker": {"state": "up", "pid": 72, "restarts": 0, "failures": 0, "uptime_s": 93780.0, "next_start_ms": None,
                "reason": "", "last_exit": None},
}
BACK = {
    **FRONT, "name": "back", "since": "2026-01-31T08:00:00.000Z", "next_start_ms": 12400, "day": {**FRONT["day"], "outages": 6}, "state": "backoff", "frames": 0, "frame_age_s": None, "camera_fps": 0.0,
    "process_fps": 0.0, "motion": False, "file": None, "stream": None, "width": 0, "height": 0,
    "reason": "capture: open: connection refused by rtsp://admin:***@10.0.0.8/", "hint": "is the camera on, its address right?",
    "capture": {"state": "backoff", "pid": None, "restarts": 6, "failures": 6, "uptime_s": None, "next_start_ms": 12400,
                "reason": "open: connection refused", "last_exit": {"kind": "exit", "code": 1, "signal": 0,
                                                                   "reason": "open: connection refused"}},
    "tracker": {**FRONT["tracker"], "state": "down", "pid": None, "uptime_s": None},
}
DAEMON = {"version": "9.9", "pid": 70, "uptime_s": 100000.0,
          "shm": {"total_mb": 512.0, "available_mb": 430.5, "slots": 20, "recommended_mb": 300.0}}
STATUS = [{"part": {"daemon": DAEMON}}, {"part": {"camera": FRONT}}, {"part": {"camera": BACK}}, {"ok": {}}]
