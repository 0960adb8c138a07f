#!/bin/sh
# A Docker engine for the SAM local tests.
#
#   engine.sh              succeed if an engine answers, or else fail with the reason; change nothing
#   engine.sh start        start dockerd if no engine answers, and install docker.io first if dockerd is missing; this
#                          needs root on Debian
#   engine.sh first-start  start dockerd as if for the first time, though with its images: stop the one that `start` has
#                          started, and delete the engine's networks; refuse if another engine answers, because these
#                          would be its networks; this needs root on Debian, and .ci/run calls it
#   engine.sh stop         stop the dockerd that `start` has started, and no other
#
# The script prints one line, and one more before it installs. `start` leaves dockerd.pid, dockerd.log and apt.log in
# .local/docker/. The engine keeps its images in /var/lib/docker.
set -eu

state=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)/.local/docker
pid_file=$state/dockerd.pid
log_file=$state/dockerd.log
seconds_to_answer=60
seconds_to_stop=60

fail() {
    echo "docker engine: $*" >&2
    exit 1
}

answers() {
    docker info >/dev/null 2>&1
}

report() {
    echo "docker engine: $(docker info --format '{{.ServerVersion}} answers ({{.Driver}}, {{.Architecture}})')$1"
    exit 0
}

ours_runs() {
    [ -f "$pid_file" ] && [ "$(cat "/proc/$(cat "$pid_file")/comm" 2>/dev/null)" = dockerd ]
}

install_engine() {
    command -v apt-get >/dev/null || fail "dockerd is missing, and this is not Debian: install Docker yourself"
    packages=docker.io
    # Newer Debian releases have the docker command in a package of its own.
    if ! command -v docker >/dev/null && apt-cache show docker-cli >/dev/null 2>&1; then
        packages="$packages docker-cli"
    fi
    echo "docker engine: installing $packages"
    # RUNLEVEL=1 keeps SysV scripts from starting a second dockerd behind the one below.
    install="env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y --no-install-recommends $packages"
    # Package lists may be absent or older than the mirror.
    { $install || { apt-get update && $install; }; } >"$state/apt.log" 2>&1 </dev/null ||
        fail "docker.io could not be installed: $(tail -n 1 "$state/apt.log") (see $state/apt.log)"
}

# Starts dockerd with the given options; fails when it exits or does not answer in time.
start_dockerd() {
    setsid dockerd "$@" >"$log_file" 2>&1 </dev/null &
    pid=$!
    echo "$pid" >"$pid_file"
    deadline=$(($(date +%s) + seconds_to_answer))
    while kill -0 "$pid" 2>/dev/null; do
        answers && return 0
        [ "$(date +%s)" -lt "$deadline" ] || stop_dockerd "$pid"
        sleep 0.2
    done
    rm -f "$pid_file"
    return 1
}

stop_dockerd() {
    kill "$1" 2>/dev/null || true
    deadline=$(($(date +%s) + seconds_to_stop))
    while kill -0 "$1" 2>/dev/null; do
        [ "$(date +%s)" -lt "$deadline" ] || fail "dockerd (pid $1) does not stop (see $log_file)"
        sleep 0.2
    done
    rm -f "$pid_file"
}

start() {
    answers && report ''
    [ -z "${DOCKER_HOST:-}" ] || fail "nothing answers at DOCKER_HOST=$DOCKER_HOST"
    [ "$(id -u)" = 0 ] || fail "none answers, and starting one takes root"
    mkdir -p "$state"
    if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
        install_engine
    fi
    answers && report ', installed now'
    # Hosts that are containers themselves may lack overlay mounts or netfilter. SAM local needs neither: published
    # ports go through docker-proxy, and functions reach the host through the bridge.
    for options in '' '--iptables=false' '--storage-driver=vfs' '--storage-driver=vfs --iptables=false'; do
        # shellcheck disable=SC2086  # each word is an option
        start_dockerd $options && report ", started now${options:+ with $options}: pid $(cat "$pid_file")"
    done
    fail "dockerd does not start: $(tail -n 1 "$log_file") (see $log_file)"
}

case ${1:-} in
'')
    command -v docker >/dev/null || fail "the docker command is missing"
    answers || fail "$(docker info 2>&1 >/dev/null | tail -n 1)"
    report ''
    ;;
start)
    start
    ;;
first-start)
    [ "$(id -u)" = 0 ] || fail "starting one takes root"
    ours_runs && stop_dockerd "$(cat "$pid_file")"
    ! answers || fail "one answers that this folder did not start (pid $(cat /var/run/docker.pid || true)); stop it first"
    # Either alone changes nothing: the engine takes the missing one from the other.
    rm -rf /var/lib/docker/network
    [ ! -e /sys/class/net/docker0 ] || ip link delete docker0
    start
    ;;
stop)
    if ours_runs; then
        stop_dockerd "$(cat "$pid_file")"
        echo "docker engine: stopped"
    else
        rm -f "$pid_file"
        echo "docker engine: none of ours runs"
    fi
    ;;
*)
    fail "usage: engine.sh [start | first-start | stop]"
    ;;
esac
