#!/usr/bin/python3
"""A real RTSP camera for the tests: Debian's GStreamer RTSP server, H.264 on loopback.

Prints the stream's URL once it listens, and serves until SIGTERM. Started again with the same --port it is the
same camera after a power cut; SIGSTOP makes it hang.
"""
import argparse
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402  (the versions have to be named first)


def pipeline(width, height, fps):
    """A moving pattern, one key frame a second, no B-frames: what a camera sends."""
    return (
        "( videotestsrc is-live=true pattern=ball"
        f" ! video/x-raw,format=I420,width={width},height={height},framerate={fps}/1"
        f" ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max={fps} bitrate=1000"
        " ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
    )


def authentication(user, password, method):
    """Whoever gives this user and password may see and use everything; nobody else may."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
    if method == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    return auth


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", default="0", help="0: a free one")
    parser.add_argument("--path", default="/live")
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=240)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--auth", choices=["basic", "digest"], default="basic")
    arguments = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address(arguments.address)
    server.set_service(arguments.port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(pipeline(arguments.width, arguments.height, arguments.fps))
    factory.set_shared(True)
    if arguments.user:
        server.set_auth(authentication(arguments.user, arguments.password or "", arguments.auth))
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
        permissions.add_permission_for_role("viewer", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, True)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory(arguments.path, factory)

    loop = GLib.MainLoop()
    if server.attach(None) == 0:
        sys.exit(f"cannot listen on {arguments.address}:{arguments.port}")
    GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGTERM, loop.quit)
    print(f"rtsp://{arguments.address}:{server.get_bound_port()}{arguments.path}", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
