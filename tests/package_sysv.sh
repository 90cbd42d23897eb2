# package_sysv.sh - the part of tests/package.sh that is an administrator of a machine with init scripts
# shellcheck shell=dash
# shellcheck disable=SC2046 # a package a word
# Both are nowhere else on this machine, so that they are found wherever they turn up.
right=Right-9c41d7-word wrong=Wrong-5e02ab-word
show_log() { cat /var/log/syslog; }
# shellcheck source=tests/package_common.sh
. /mnt/camd-test/package_common.sh

camera=""
start_camera() {
    rm -f /tmp/camera.url
    /usr/bin/python3 "$files/rtsp_server.py" --port "${1:-0}" --user viewer --password "$right" >/tmp/camera.url 2>/tmp/camera.log &
    camera=$!
    eventually "the RTSP server listens" test -s /tmp/camera.url
    port=$(sed 's,.*:\([0-9]*\)/.*,\1,' /tmp/camera.url)
}
stop_camera() {
    kill "$camera"
    wait "$camera" 2>/dev/null
}

# ---- the machine ------------------------------------------------------------------------------------------------

step "a machine with a log, a camera with a password, and no camd"
/usr/bin/python3 -c '
import os, socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
os.chmod("/dev/log", 0o666)
with open("/var/log/syslog", "ab", buffering=0) as out:
    while True:
        out.write(log.recv(65536).rstrip(b"\n\0") + b"\n")' &
eventually "the log is there" test -S /dev/log
: >>/var/log/syslog

# ---- install ----------------------------------------------------------------------------------------------------

step "installed where nothing may start, as in a chroot"
allow_starting 101
expect 0 'Setting up camd' dpkg -i $(packages old)
ended || fail "it was started against policy-rc.d"
getent passwd camd | grep -q nologin || fail "there is no user camd, or it can log in"
[ "$(stat -c %a:%U /etc/camd/cameras.d /etc/camd/camd.ini | tr '\n' ' ')" = "700:root 640:root " ] ||
    fail "modes of the configuration: $(ls -la /etc/camd)"
expect 0 '' camd -n -c /etc/camd/camd.ini
expect 3 'not running' /etc/init.d/camd status
expect 3 'camd|start' camctl status
for page in camd.8 camctl.1 camd.ini.5 camd-ipc.7 camd-worker.7; do
    [ -f "/usr/share/man/man${page##*.}/$page.gz" ] || fail "no manual page $page"
done
# it was in another package than the program
if [ -x /usr/bin/camd-replay ]; then
    owner=$(dpkg -S /usr/bin/camd-replay) page=$(dpkg -S /usr/share/man/man1/camd-replay.1.gz)
    [ "${owner%%:*}" = "${page%%:*}" ] || fail "camd-replay is of ${owner%%:*}, its page of ${page%%:*}"
fi

step "started by the init script"
expect 0 'Starting' /etc/init.d/camd start
expect 0 'running' /etc/init.d/camd status
expect 0 'already running' /etc/init.d/camd start
expect 0 'camctl add' camctl status

# ---- a camera ---------------------------------------------------------------------------------------------------

step "a camera with a wrong password"
start_camera
expect 7 'password' camctl add front "input=rtsp://viewer:$wrong@127.0.0.1:$port/live"
grep -q "$wrong" /etc/camd/cameras.d/front.ini || fail "the camera was not saved"
expect 0 'password' camctl status front
logged 'front.*password' || fail "the log says nothing of the password"

step "mended"
sed -i "s/$wrong/$right/" /etc/camd/cameras.d/front.ini
expect 0 'Reloading' /etc/init.d/camd reload
eventually "the camera has frames" has_frames
expect 0 'up' camctl status front
expect 0 'front.jpg' camctl snapshot front -o /root/front.jpg
[ "$(head -c 2 /root/front.jpg | od -An -tx1)" = " ff d8" ] || fail "front.jpg is no JPEG"

step "a problem changes nothing"
printf 'fps = lots\n' >>/etc/camd/cameras.d/front.ini
expect 6 'front.ini:[0-9]+: fps' /etc/init.d/camd reload
sed -i '/^fps = lots/d' /etc/camd/cameras.d/front.ini
goes_on || fail "the camera does not go on"

step "another user, and a member of the group"
expect 4 'group|root' setpriv --reuid=65534 --regid=65534 --clear-groups camctl status
expect 0 'front' setpriv --reuid=65534 --regid=65534 --groups="$(getent group camd | cut -d: -f3)" camctl status
expect 4 'root' setpriv --reuid=65534 --regid=65534 --groups="$(getent group camd | cut -d: -f3)" camctl disable front

step "the network breaks, and comes back"
stop_camera
eventually "the camera waits for its next try" is_state backoff
expect 0 'refused|closed|ended|timed out|unreachable|broke' camctl status front
expect 0 'front' camctl events
eventually "the log says so" logged 'front.*(refused|closed|ended|timed out|broke)'
start_camera "$port"
expect 0 '' camctl kick front
eventually "the camera is back" is_state up

step "camd is killed"
killed=$(daemon)
kill -9 "$killed"
eventually "its workers are gone, too" ended
expect 1 'pid' /etc/init.d/camd status
expect 0 'Starting' /etc/init.d/camd start
eventually "the camera is back" has_frames

# ---- upgrade ----------------------------------------------------------------------------------------------------

step "upgraded while the camera runs"
allow_starting 0
before=$(daemon)
capture=$(pgrep -o -x camd-capture)
expect 0 'camd .* goes on in place of' dpkg -i $(packages new)
[ "$(daemon)" = "$before" ] || fail "camd was restarted"
[ "$(readlink "/proc/$before/exe")" = /usr/sbin/camd ] || fail "the old program still runs"
[ "$(pgrep -o -x camd-capture)" = "$capture" ] || fail "the camera was restarted"
expect 0 'running' /etc/init.d/camd status
expect 0 'older program.*camctl upgrade --workers' camctl status
expect 0 'front capture: up again' camctl upgrade --workers
[ "$(pgrep -o -x camd-capture)" != "$capture" ] || fail "capture still runs the old program"
eventually "the camera has frames" has_frames

step "upgraded with a problem in the configuration: the camd that runs goes on"
before=$(daemon)
printf 'fps = lots\n' >>/etc/camd/cameras.d/front.ini
expect 0 'goes on in place of' dpkg -i $(packages new)
[ "$(daemon)" = "$before" ] || fail "another camd runs"
goes_on || fail "the camera does not go on"
sed -i '/^fps = lots/d' /etc/camd/cameras.d/front.ini
expect 0 'Restarting' service camd restart
eventually "the camera is back" has_frames

# ---- passwords, and the end ----------------------------------------------------------------------------------------

step "no password anywhere but in the camera's file"
for word in "$right" "$wrong"; do
    for process in $(pgrep camd); do
        ! grep -aq -- "$word" "/proc/$process/cmdline" "/proc/$process/environ" 2>/dev/null ||
            fail "$word is in the arguments or the environment of $(cat "/proc/$process/comm")"
    done
    found=$(grep -arl --devices=skip -- "$word" /var/log /var/lib/camd /run /tmp /root /dev/shm 2>/dev/null)
    [ -z "$found" ] || fail "$word is in $found"
    found=$(grep -arl -- "$word" /etc)
    [ -z "$found" ] || [ "$found" = /etc/camd/cameras.d/front.ini ] || fail "$word is in $found"
done
[ "$(stat -c %a /etc/camd/cameras.d/front.ini)" = 600 ] || fail "others may read the camera's file"

step "camd-mqtt at a broker, as a user of its own, and back"
mosquitto -d -p 1883 >/dev/null 2>&1
fleet_has() { camctl fleet | grep -Eq -- "$1"; }
expect 0 'Setting up camd-mqtt' dpkg -i "$files"/new/camd-mqtt_*.deb
expect 0 'running' /etc/init.d/camd-mqtt status
eventually "the broker knows the camera" fleet_has 'front +up'
[ "$(ps -o user= -p "$(cat /run/camd-mqtt/camd-mqtt.pid)")" = camd-mqtt ] || fail "it runs as somebody else: $(ps -ef | grep camd-mqtt)"
logged 'camd-mqtt\[[0-9]+\]: connected to the broker' || fail "the log says nothing of the broker"
expect 0 'already running' /etc/init.d/camd-mqtt start
expect 0 'Restarting' /etc/init.d/camd-mqtt restart
# an event, which the picture may not bring for long: somebody asked for something; again, since it has to be after it subscribed
is_written_down() {
    camctl kick front >/dev/null 2>&1
    test -s /var/lib/camd-mqtt/acknowledged.json
}
eventually "what was acknowledged is written down" is_written_down
sed -i 's/^# port = auto/port = many/' /etc/camd/mqtt.ini
expect 6 'mqtt.ini:[0-9]+: port' /etc/init.d/camd-mqtt restart
expect 0 'running' /etc/init.d/camd-mqtt status
sed -i 's/^port = many/# port = auto/' /etc/camd/mqtt.ini
expect 0 'Purging configuration files' dpkg --purge camd-mqtt
for path in /etc/camd/mqtt.ini /var/lib/camd-mqtt /run/camd-mqtt /etc/init.d/camd-mqtt; do
    [ ! -e "$path" ] || fail "left: $path"
done
! getent passwd camd-mqtt || fail "the user camd-mqtt is left"
has_frames || fail "the camera has no pictures any more"
pkill mosquitto

step "camd-web for this machine, as a user of its own, and back"
page_has() { /usr/bin/python3 -c 'import sys, urllib.request
sys.exit(not urllib.request.urlopen("http://127.0.0.1:8480" + sys.argv[1]).read().startswith(sys.argv[2].encode("latin-1")))' "$1" "$2"; }
expect 0 'Setting up camd-web' dpkg -i "$files"/new/camd-web_*.deb
expect 0 'running' /etc/init.d/camd-web status
eventually "it knows the cameras" page_has /readyz ok
expect 0 '' page_has / '<!doctype html>'
eventually "the camera's picture" page_has /picture/front 'ÿØ'
[ "$(ps -o user= -p "$(cat /run/camd-web/camd-web.pid)")" = camd-web ] || fail "it runs as somebody else: $(ps -ef | grep camd-web)"
sed -i 's/^# fps = 5/fps = many/' /etc/camd/web.ini
expect 6 'web.ini:[0-9]+: fps' /etc/init.d/camd-web restart
expect 0 '' page_has /healthz ok
sed -i 's/^fps = many/# fps = 5/' /etc/camd/web.ini
expect 0 'Purging configuration files' dpkg --purge camd-web
for path in /etc/camd/web.ini /run/camd-web /etc/init.d/camd-web; do
    [ ! -e "$path" ] || fail "left: $path"
done
! getent passwd camd-web || fail "the user camd-web is left"

step "libraries for programs, and back"
expect 0 'Setting up python3-camd' dpkg -i "$files"/new/libcamd*.deb "$files"/new/python3-camd*.deb
expect 0 'lcamd' pkg-config --cflags --libs camd
# shellcheck disable=SC2046 # words of pkg-config
expect 0 '' cc /usr/share/doc/libcamd-dev/examples/frames.c $(pkg-config --cflags --libs camd) -o /root/frames
expect 0 'brightness' /root/frames front 2
expect 0 '^front ' /usr/bin/python3 -c 'import camd
for camera in camd.status()["cameras"]: print(camera["name"], camera["state"])'
expect 0 '' dpkg --purge python3-camd libcamd-dev libcamd0

step "removed"
expect 0 'Removing camd' dpkg --remove camd-detector camd
ended || fail "still running: $(pgrep -a camd)"
[ -z "$(ls /dev/shm)" ] || fail "left in /dev/shm: $(ls /dev/shm)"
[ ! -e /run/camd ] || fail "left: /run/camd"
[ -f /etc/camd/cameras.d/front.ini ] || fail "the configuration went"

step "installed again: the camera is there"
expect 0 'Setting up camd' dpkg -i $(packages new)
eventually "the camera is back" has_frames

step "purged, while the configuration of a program beside it is left"
expect 0 'Setting up camd-mqtt' dpkg -i "$files"/new/camd-mqtt_*.deb
expect 0 'Removing camd-mqtt' dpkg --remove camd-mqtt
expect 0 'Purging configuration files' dpkg --purge camd-detector camd
[ -f /etc/camd/mqtt.ini ] || fail "the configuration of camd-mqtt went with camd"
[ ! -e /etc/camd/camd.ini ] || fail "left: /etc/camd/camd.ini"
expect 0 'Purging configuration files' dpkg --purge camd-mqtt
nothing_left
stop_camera

step "on a machine where somebody is called camd, without a group of the name: camd starts, and the user stays"
useradd --create-home --gid users camd
expect 0 'Setting up camd' dpkg -i $(packages new)
expect 0 'camctl add' camctl status
expect 0 'Setting up camd-web' dpkg -i "$files"/new/camd-web_*.deb
expect 0 'Purging configuration files' dpkg --purge camd-web camd-detector camd
getent passwd camd | grep -q ':/home/camd:' || fail "purge has removed a user that it had not made"
userdel --remove camd
ended || fail "still running: $(pgrep -a camd)"
exit 0
