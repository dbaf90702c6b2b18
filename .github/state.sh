#!/usr/bin/env bash
# A state folder with the team's trust root and, for who signs, its automation's keys, from the secrets of whoever calls;
# prints nothing of them. Usage: EMP_TRUST_ROOT=… [EMP_GATE_KEY=… EMP_APPROVER_KEY=… EMP_PROMOTER_KEY=…] .github/state.sh FOLDER
set -euo pipefail
umask 077
mkdir -p "$1/keys"
touch "$1/.emp-state"
write() {
  if [ -z "${!1}" ]; then printf '%s: the secret %s is not set\n' "$0" "$1" >&2; exit 2; fi
  printf '%s\n' "${!1}" >"$2"
}
# A name that the caller gives at all is one that it needs: an absent secret is an empty text.
[ -z "${EMP_GATE_KEY+given}" ] || write EMP_GATE_KEY "$1/keys/gate.pem"
[ -z "${EMP_APPROVER_KEY+given}" ] || write EMP_APPROVER_KEY "$1/keys/approver.pem"
[ -z "${EMP_PROMOTER_KEY+given}" ] || write EMP_PROMOTER_KEY "$1/keys/promoter.pem"
EMP_TRUST_ROOT=${EMP_TRUST_ROOT:-} write EMP_TRUST_ROOT "$1/trust.json"
