#!/usr/bin/env bash
# A state folder with the team's automation keys and trust root, from the secrets of whoever calls; prints nothing of them.
# Usage: EMP_GATE_KEY=… EMP_APPROVER_KEY=… EMP_PROMOTER_KEY=… EMP_TRUST_ROOT=… .github/state.sh FOLDER
set -euo pipefail
umask 077
mkdir -p "$1/keys"
touch "$1/.emp-state"
write() {
  if [ -z "$1" ]; then printf '%s: the secret %s is not set\n' "$0" "$3" >&2; exit 2; fi
  printf '%s\n' "$1" >"$2"
}
write "${EMP_GATE_KEY:-}" "$1/keys/gate.pem" EMP_GATE_KEY
write "${EMP_APPROVER_KEY:-}" "$1/keys/approver.pem" EMP_APPROVER_KEY
write "${EMP_PROMOTER_KEY:-}" "$1/keys/promoter.pem" EMP_PROMOTER_KEY
write "${EMP_TRUST_ROOT:-}" "$1/trust.json" EMP_TRUST_ROOT
