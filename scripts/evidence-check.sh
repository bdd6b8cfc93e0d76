#!/usr/bin/env bash
# Evidence as other programs see it: compliance-trestle validates the OSCAL
# results without a warning, and openssl makes a time stamp that canreach
# checks, and a second one, by a stranger, that it refuses.
#
#   scripts/evidence-check.sh
#
# Installs compliance-trestle, pinned, into .venv-oscal.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "error: $*" >&2; exit 1; }

cd "$top"
go build -o "$work/canreach" ./cmd/canreach
venv=$top/.venv-oscal
[ -x "$venv/bin/trestle" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet compliance-trestle==5.2.0; }

# A verdict of each kind that the example has.
example=testdata/examples/neo-compile
mkdir "$work/trestle" && (cd "$work/trestle" && "$venv/bin/trestle" init >/dev/null 2>&1)
n=0
for s in "$example/snapshot.json" "$example/broken/sg-and-bucket-policy.json" "$example/broken/bucket-policy-names-another-endpoint.json"; do
	n=$((n + 1))
	"$work/canreach" evidence -s "$s" -j "$example/job.json" --out "$work/e$n" >/dev/null 2>&1
	(
		cd "$work/trestle"
		"$venv/bin/trestle" import -f "$work/e$n/oscal-assessment-results.json" -o "e$n"
		"$venv/bin/trestle" validate -f "assessment-results/e$n/assessment-results.json"
	) >"$work/log" 2>&1 || { cat "$work/log"; fail "trestle refuses the results of $s"; }
	! grep -i warning "$work/log" || fail "trestle warns of the results of $s"
	grep -q '^VALID' "$work/log" || { cat "$work/log"; fail "trestle did not say that the results of $s are valid"; }
done
echo "trestle: $n results valid, without a warning"

# A time-stamping authority of openssl's.
authority() { # NAME
	(
		cd "$work" && mkdir "$1" && cd "$1"
		cat >conf <<-'END'
			[tsa]
			default_tsa = me
			[me]
			serial = serial
			crypto_device = builtin
			signer_digest = sha256
			default_policy = 1.2.3.4
			digests = sha256, sha512
			ess_cert_id_alg = sha256
			[leaf]
			extendedKeyUsage = critical,timeStamping
			keyUsage = critical,digitalSignature
		END
		echo 01 >serial
		openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj "/CN=$1 root" -days 2
		openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj "/CN=$1"
		openssl x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -out tsa.pem -days 2 -extfile conf -extensions leaf
	) >"$work/log" 2>&1 || { cat "$work/log"; fail "openssl"; }
}
stamp() { # AUTHORITY FILE OUT
	(
		cd "$work/$1"
		openssl ts -query -data "$2" -sha256 -cert -out query
		openssl ts -reply -config conf -section me -queryfile query -signer tsa.pem -inkey tsa.key -chain root.pem -out "$3"
	) >"$work/log" 2>&1 || { cat "$work/log"; fail "openssl ts"; }
}
authority witness
authority stranger
openssl genpkey -algorithm ed25519 -out "$work/key.pem" 2>/dev/null
openssl pkey -in "$work/key.pem" -pubout -out "$work/pub.pem"
"$work/canreach" evidence -s "$example/snapshot.json" -j "$example/job.json" --key "$work/key.pem" --out "$work/signed" >/dev/null 2>&1
stamp witness "$work/signed/statement.dsse.json" "$work/signed/statement.tsr"
"$work/canreach" evidence verify "$work/signed" --public-key "$work/pub.pem" --tsa "$work/witness/root.pem" | tee "$work/out"
grep -q '✓ stamped at .* by CN=witness' "$work/out" || fail "the time stamp was not checked"
if "$work/canreach" evidence verify "$work/signed" --public-key "$work/pub.pem" --tsa "$work/stranger/root.pem" >"$work/out"; then
	fail "a stranger's certificate passes"
fi
stamp witness "$work/signed/verdict.json" "$work/signed/statement.tsr"
if "$work/canreach" evidence verify "$work/signed" --public-key "$work/pub.pem" --tsa "$work/witness/root.pem" >"$work/out"; then
	fail "a time stamp of another file passes"
fi
echo "time stamps: one checked, two refused"
