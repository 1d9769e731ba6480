#!/bin/sh
# Where a proxy's CPU goes during one case: user and kernel share, the top symbols, its syscalls.
#
# bench/profile.sh [CASE] [PEER]     default: keepalive-64 fairlead; cases as in bench/cases.py
# TOP=40 and SAMPLE_SECONDS=10 change how much is shown and how long it is sampled; BENCH_OPTIONS goes to
# bench/run.py (--ahead, say). Needs perf (package linux-perf) and strace.
set -eu
case_name=${1:-keepalive-64}
peer=${2:-fairlead}
top=${TOP:-25}
seconds=${SAMPLE_SECONDS:-4}
# A recorder that may not run when the proxy does loses its samples.
case " ${BENCH_OPTIONS:-} " in
*" --ahead "*) first="setsid -w sh -c 'echo -20 >/proc/self/autogroup; exec \"\$@\"' ahead" ;;
*) first= ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
data=$(mktemp)
trap 'rm -f "$data" "$data.old"' EXIT

# The tap starts with the generator; half a second later its connections are open and warm.
# shellcheck disable=SC2086  # BENCH_OPTIONS may be several words
/usr/bin/python3 "$here/run.py" --no-keep --rounds 1 --peers "$peer" --case "$case_name" \
  --seconds "$seconds" ${BENCH_OPTIONS:-} \
  --tap "sleep 0.5; $first perf record -q -F 2999 -o $data -p \$PIDS -- sleep $seconds 2>/dev/null"

perf report -i "$data" --stdio -F overhead,symbol 2>/dev/null |
  awk -v top="$top" '
    $1 ~ /%$/ {
      share = $1; sub("%", "", share)
      side = $2 == "[k]" ? "kernel" : "user"
      sum[side] += share
      if (shown < top) line[++shown] = $0
      if (side == "user" && users < top) user[++users] = $0
    }
    END {
      printf "user %.1f %%, kernel %.1f %%\n\n", sum["user"], sum["kernel"]
      for (i = 1; i <= shown; ++i) print line[i]
      printf "\nuser space alone\n\n"
      for (i = 1; i <= users; ++i) print user[i]
    }'
