#!/bin/sh
# Verify a documentation package of Samband without Samband and without Python. Needs a POSIX shell and OpenSSL 3.
#
#     sh verify.sh                the package that is unpacked where this file lies
#     sh verify.sh FOLDER         a package that is unpacked there
#     sh verify.sh FOLDER KEY     only the signing key of this id is trusted (as published by the keeper of the archive)
#
# It checks the hash of every file (SHA256SUMS). Each sound and manifest has to have the hash that the archive's own
# audit row tells, and the Ed25519 signature over that row has to fit. verify.py checks the same.
#
# Exit status: 0 proved, 1 not proved, 2 cannot be read.

set -u
LC_ALL=C
export LC_ALL
umask 077
line_end='
'
status=0
sums=$line_end
proofs=

well() { printf 'ok     %s\n' "$1"; }
wrong() {
    printf 'WRONG  %s\n' "$1"
    status=1
}
unreadable() {
    printf '%s\n' "$1" >&2
    exit 2
}

# The value of a line `  "name": "value"` of a proof, as it is written there.
field() {
    value=
    while IFS= read -r line; do
        case $line in
        "  \"$1\": \""*)
            value=${line#*\": \"}
            value=${value%,}
            value=${value%\"}
            ;;
        esac
    done <"./$2"
}

# The value without the backslashes of JSON: our own texts have no other escape at this level.
plain() {
    rest=$value
    value=
    while :; do
        case $rest in
        *\\*)
            value=$value${rest%%\\*}
            rest=${rest#*\\}
            value=$value${rest%"${rest#?}"}
            rest=${rest#?}
            ;;
        *) break ;;
        esac
    done
    value=$value$rest
}

# A field of the audit row. Text that somebody chose has its quotes escaped, and looks like none.
of_row() {
    case $row in
    *"\"$1\":\""*)
        value=${row#*"\"$1\":\""}
        value=${value%%\"*}
        ;;
    *) value= ;;
    esac
}

# Whether a file of such a name has this hash.
is_there() {
    case $sums in
    *"$line_end$1 "*) ;;
    *) return 1 ;;
    esac
    rest=$sums
    while :; do
        case $rest in
        *"$line_end$1 "*) ;;
        *) return 1 ;;
        esac
        rest=${rest#*"$line_end$1 "}
        found=${rest%%"$line_end"*}
        rest=$line_end${rest#*"$line_end"}
        case ${found##*/} in
        $2) return 0 ;;
        esac
    done
}

prove() {
    recording=${1##*/proof_}
    recording=${recording#proof_}
    recording=${recording%.json}
    field row_text "$1"
    plain
    row=$value
    field statement_text "$1"
    plain
    statement=$value
    field public_base64 "$1"
    public=$value
    field signature_base64 "$1"
    signature=$value
    if [ -z "$row" ] || [ -z "$statement" ]; then
        wrong "$recording: no signed head is over it, or the package is of an earlier Samband; try verify.py"
        return
    fi
    hash=$(printf '%s' "$row" | openssl dgst -sha256 -r) || unreadable "openssl does not work"
    hash=${hash%% *}
    key=$(printf '%s' "$public" | openssl base64 -d -A | openssl dgst -sha256 -r)
    key=${key%"${key#????????????????}"}
    case $statement in
    *"\"hash\":\"$hash\""*) ;;
    *)
        wrong "$recording: the signed head is not over the audit row"
        return
        ;;
    esac
    case $statement in
    *"\"key\":\"$key\",\"kind\":\"samband.head\""*) ;;
    *)
        wrong "$recording: the signing key is missing"
        return
        ;;
    esac
    if [ -n "$trusted" ] && [ "$trusted" != "$key" ]; then
        wrong "$recording: it is signed by the key $key, not by $trusted"
        return
    fi
    # An Ed25519 key as X.509 has it (RFC 8410): twelve bytes that never differ, and the key.
    printf -- '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA%s\n-----END PUBLIC KEY-----\n' "$public" >"$work/key"
    printf '%s' "$statement" >"$work/statement"
    printf '%s' "$signature" | openssl base64 -d -A >"$work/signature"
    if ! openssl pkeyutl -verify -pubin -inkey "$work/key" -rawin -in "$work/statement" -sigfile "$work/signature" \
        >"$work/said" 2>&1; then
        wrong "$recording: the signature is wrong"
        return
    fi
    of_row action
    action=$value
    of_row object
    if [ "$action" != recording.archived ] || [ "$value" != "$recording" ]; then
        wrong "$recording: the audit row is about something else"
        return
    fi
    of_row sha256
    if [ -z "$value" ] || ! is_there "$value" '*.flac'; then
        wrong "$recording: its sound is not in the package, or was changed"
        return
    fi
    sound=$found
    of_row manifest_sha256
    if [ -n "$value" ] && ! is_there "$value" "manifest_$recording.json"; then
        wrong "$recording: the manifest is missing, or was changed"
        return
    fi
    well "$recording: $sound is the sound that was archived (key $key)"
}

folder=${1:-}
trusted=${2:-}
if [ -z "$folder" ]; then
    case $0 in
    */*) folder=${0%/*} ;;
    *) folder=. ;;
    esac
    [ -f "$folder/SHA256SUMS" ] || folder=$folder/..
fi
work=${TMPDIR:-/tmp}/verify-$(openssl rand -hex 8) || unreadable "openssl is missing"
mkdir "$work" || unreadable "$work cannot be made"
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
cd "$folder" 2>"$work/said" || unreadable "$folder cannot be read"
[ -f SHA256SUMS ] || unreadable "SHA256SUMS is missing"

while IFS= read -r line; do
    told=${line%%  *}
    name=${line#*  }
    case /$name/ in
    *//* | */../*)
        wrong "$name is no name of a package"
        continue
        ;;
    esac
    if [ ! -f "./$name" ]; then
        wrong "$name is missing"
        continue
    fi
    actual=$(openssl dgst -sha256 -r "./$name") || unreadable "$name cannot be read"
    actual=${actual%% *}
    [ "$actual" = "$told" ] || wrong "$name was changed"
    sums=$sums$actual' '$name$line_end
    case ${name##*/} in
    proof_*.json) proofs=$proofs$name$line_end ;;
    esac
done <SHA256SUMS

for name in * */*; do
    case $name in
    SHA256SUMS | verify.py | verify.sh) continue ;;
    esac
    [ -f "./$name" ] || continue
    case $sums in
    *" $name$line_end"*) ;;
    *) wrong "$name is not of the package" ;;
    esac
done

[ -n "$proofs" ] || wrong "there is no proof in the package"
while [ -n "$proofs" ]; do
    name=${proofs%%"$line_end"*}
    proofs=${proofs#*"$line_end"}
    prove "$name"
done
exit "$status"
