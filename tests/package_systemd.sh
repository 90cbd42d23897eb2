# package_systemd.sh - the part of tests/package.sh that is an administrator of a machine with systemd, which runs here
# shellcheck shell=dash
# shellcheck disable=SC2046 # a package a word
show_log() { journalctl --unit camd --no-pager --output cat; }
# shellcheck source=tests/package_common.sh
. /mnt/camd-test/package_common.sh
main_pid() { systemctl show --property MainPID --value camd; }
is_another_pid() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ]; }
allow_starting 0

step "installed with systemd: it runs, with all that the unit takes away"
expect 0 'Setting up camd' dpkg -i $(packages old)
expect 0 '^active$' systemctl is-active camd
expect 0 '^enabled$' systemctl is-enabled camd
expect 0 '' systemd-analyze verify --man=no camd.service
expect 0 'front: added' camctl add front input=lavfi:testsrc2=size=320x240:rate=10
eventually "the camera has frames" has_frames
expect 0 'front.jpg' camctl snapshot front -o /root/front.jpg
expect 0 '' camctl disable front
expect 0 '' camctl enable front
eventually "the camera is back" is_state up

step "the unit leaves camd what its own sandbox is made of"
unknown() { systemd-analyze verify --man=no "$1" 2>&1 | grep -i "$1.*unknown"; }
has_landlock() { /usr/bin/python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) <= 0)'; }
! unknown camd.service || fail "systemd does not know all that is in the unit: $(unknown camd.service)"
! has_landlock || ! logged 'sandbox lacks' || fail "the sandbox is not whole: $(show_log | grep 'sandbox lacks')"

step "camd-mqtt at a broker, with all that its unit takes away, and back"
fleet_has() { camctl fleet | grep -Eq -- "$1"; }
main_pid_of() { systemctl show --property MainPID --value "$1"; }
is_another_of() { [ "$(main_pid_of "$1")" != 0 ] && [ "$(main_pid_of "$1")" != "$2" ]; }
mqtt_logged() { journalctl --unit camd-mqtt --no-pager --output cat | grep -Eq -- "$1"; }
# no device can be made in this root, which PrivateDevices= does: all else of the unit counts
mkdir -p /run/systemd/system/camd-mqtt.service.d
printf '[Service]\nPrivateDevices=no\n' >/run/systemd/system/camd-mqtt.service.d/override.conf
mosquitto -d -p 1883 >/dev/null 2>&1
expect 0 'Setting up camd-mqtt' dpkg -i "$files"/old/camd-mqtt_*.deb
expect 0 '^active$' systemctl is-active camd-mqtt
! unknown camd-mqtt.service || fail "systemd does not know all that is in the unit: $(unknown camd-mqtt.service)"
eventually "the broker knows the camera" fleet_has 'front +up'
[ "$(ps -o user= -p "$(main_pid_of camd-mqtt)")" = camd-mqtt ] || fail "it runs as somebody else: $(ps -ef | grep camd-mqtt)"
! has_landlock || ! mqtt_logged 'sandbox is not whole' || fail "the sandbox is not whole: $(journalctl --unit camd-mqtt --no-pager --output cat)"
before=$(main_pid_of camd-mqtt)
kill -9 "$before"
eventually "another one runs" is_another_of camd-mqtt "$before"
eventually "the broker knows the camera" fleet_has 'front +up'
expect 0 '' systemctl stop camd-mqtt
eventually "the broker knows that it has stopped" fleet_has 'OFFLINE'
expect 0 'Purging configuration files' dpkg --purge camd-mqtt
[ ! -e /var/lib/camd-mqtt ] || fail "left: /var/lib/camd-mqtt"
rm -r /run/systemd/system/camd-mqtt.service.d
pkill mosquitto

step "camd-web, with all that its unit takes away, and back"
web_logged() { journalctl --unit camd-web --no-pager --output cat | grep -Eq -- "$1"; }
mkdir -p /run/systemd/system/camd-web.service.d
printf '[Service]\nPrivateDevices=no\n' >/run/systemd/system/camd-web.service.d/override.conf
expect 0 'Setting up camd-web' dpkg -i "$files"/old/camd-web_*.deb
expect 0 '^active$' systemctl is-active camd-web
! unknown camd-web.service || fail "systemd does not know all that is in the unit: $(unknown camd-web.service)"
[ "$(ps -o user= -p "$(main_pid_of camd-web)")" = camd-web ] || fail "it runs as somebody else: $(ps -ef | grep camd-web)"
! has_landlock || ! web_logged 'sandbox is not whole' || fail "the sandbox is not whole: $(journalctl --unit camd-web --no-pager --output cat)"
before=$(main_pid_of camd-web)
kill -9 "$before"
eventually "another one runs" is_another_of camd-web "$before"
expect 0 'Purging configuration files' dpkg --purge camd-web
rm -r /run/systemd/system/camd-web.service.d
systemctl daemon-reload

step "reloaded; a problem is named, and changes nothing"
expect 0 '' systemctl reload camd
printf 'fps = lots\n' >>/etc/camd/cameras.d/front.ini
expect 1 'journalctl' systemctl reload camd
eventually "the problem is named" logged 'front.ini:[0-9]+: fps'
sed -i '/^fps = lots/d' /etc/camd/cameras.d/front.ini
goes_on || fail "the camera does not go on"

step "the init script is systemd's business now"
expect 0 'active' /etc/init.d/camd status
before=$(main_pid)
expect 0 '' service camd restart
is_another_pid "$before" || fail "not restarted"
eventually "the camera is back" has_frames

step "killed: started again"
before=$(main_pid)
kill -9 "$before"
eventually "another one runs" is_another_pid "$before"
eventually "the camera is back" has_frames

step "hung: the watchdog ends it, and it is started again"
mkdir -p /run/systemd/system/camd.service.d
printf "[Service]\nWatchdogSec=2\n" >/run/systemd/system/camd.service.d/override.conf
systemctl daemon-reload
systemctl restart camd
before=$(main_pid)
eventually "the camera is back" has_frames
kill -STOP "$before"
eventually "another one runs" is_another_pid "$before"
eventually "the camera is back" has_frames
rm -r /run/systemd/system/camd.service.d
systemctl daemon-reload

step "shut down by camctl: it stays down"
expect 0 '' camctl shutdown
is_inactive() { [ "$(systemctl is-active camd)" = inactive ]; }
eventually "it has ended, and systemd leaves it so" is_inactive
systemctl show --property RestartPreventExitStatus camd | grep -q '\b3\b' || fail "a stop that leaves a worker behind would be a restart"
expect 0 '' systemctl start camd
eventually "the camera is back" has_frames

step "upgraded, and purged"
before=$(main_pid)
expect 0 'goes on in place of' dpkg -i $(packages new)
[ "$(main_pid)" = "$before" ] || fail "camd was restarted"
logged "upgraded: camd" || fail "the old program still runs"
goes_on || fail "the camera does not go on"
expect 0 'Purging configuration files' dpkg --purge camd-detector camd
nothing_left
exit 0
