#!/bin/bash
# A real two-node Corosync and Pacemaker on one machine, each node in network, mount and host-name namespaces of its own.
# For tests of a resource agent. Root; Debian packages pacemaker, corosync, crmsh, resource-agents.
#
#   tests/two_nodes.sh DIR COMMAND ...   runs COMMAND with NODE1 and NODE2 (process ids; "nsenter -n -m -u -t $NODE1 crm_mon -1"),
#                                        then ends all that was started. A node's own files are under DIR/node1, DIR/node2.
set -u
if [ "${1:-}" = --node ]; then
    n=$2 dir=$3
    for d in /var/lib/pacemaker /var/lib/corosync /etc/corosync /var/log; do
        mkdir -p "$dir/node$n$d" && cp -a "$d/." "$dir/node$n$d/" 2>/dev/null
        mount --bind "$dir/node$n$d" "$d"
    done
    mkdir -p /var/log/crmsh /var/log/cluster /var/log/pacemaker
    mount -t tmpfs tmpfs /dev/shm && mount -t tmpfs tmpfs /run && mkdir -p /run/crm /run/resource-agents /run/lock
    chown hacluster:haclient /run/crm /var/log/pacemaker
    hostname "node$n" && ip link set lo up
    cat >/etc/corosync/corosync.conf <<C
totem {
 version: 2
 cluster_name: test
 transport: udpu
 crypto_cipher: none
 crypto_hash: none
}
nodelist {
 node {
  ring0_addr: 10.77.0.1
  name: node1
  nodeid: 1
 }
 node {
  ring0_addr: 10.77.0.2
  name: node2
  nodeid: 2
 }
}
quorum {
 provider: corosync_votequorum
 two_node: 1
 wait_for_all: 0
}
logging {
 to_logfile: yes
 logfile: /var/log/cluster/corosync.log
 to_syslog: no
}
C
    until ip link show "ve$n" >/dev/null 2>&1; do sleep 0.1; done
    ip addr add "10.77.0.$n/24" dev "ve$n" && ip link set "ve$n" up
    corosync -f >/var/log/cluster/out 2>&1 &
    sleep 3
    pacemakerd >/var/log/pacemaker/out 2>&1 &
    sleep infinity
fi
dir=$1; shift
mkdir -p "$dir"
own=$(readlink /proc/self/ns/net) || exit 1
nets=""

# ends all that runs in a node's network, which is the node's; never what runs in ours
clean_up() {
    trap - EXIT
    # what has no network of its own yet
    kill -9 $(jobs -p) 2>/dev/null
    left=1
    while [ "$left" -gt 0 ]; do
        left=0
        for p in /proc/[0-9]*; do
            net=$(readlink "$p/ns/net" 2>/dev/null) || continue
            [ "$net" != "$own" ] || continue
            case " $nets " in *" $net "*) kill -9 "${p#/proc/}" 2>/dev/null && left=$((left + 1)) ;; esac
        done
    done
    wait 2>/dev/null
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# network_of PID: the name of its network once that is not ours any more
network_of() {
    for _ in $(seq 100); do
        net=$(readlink "/proc/$1/ns/net") || return 1
        [ "$net" = "$own" ] || { echo "$net"; return 0; }
        sleep 0.1
    done
    return 1
}

unshare -n -m -u --propagation private "$0" --node 1 "$dir" &
NODE1=$!
unshare -n -m -u --propagation private "$0" --node 2 "$dir" &
NODE2=$!
export NODE1 NODE2
for node in "$NODE1" "$NODE2"; do
    net=$(network_of "$node") || { echo "a node has no network of its own" >&2; exit 1; }
    nets="$nets $net"
done
ip link add ve1 type veth peer name ve2 && ip link set ve1 netns "/proc/$NODE1/ns/net" && ip link set ve2 netns "/proc/$NODE2/ns/net"
for _ in $(seq 90); do
    nsenter -n -m -u -t "$NODE1" crm_mon -1 2>/dev/null | grep -q 'Online: \[ node1 node2 \]' && break
    sleep 1
done
"$@"
