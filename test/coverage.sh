#!/bin/bash
# Is every attribute of every kind exercised?  The expected output must have a
# row "changed" for each attribute that schemadrift_kinds() lists, and rows
# "missing" and "unexpected" for each kind.  Prints what is left.
set -euo pipefail
cd "$(dirname "$0")/../expected"

# The rows of schemadrift_kinds() are in kinds.out, a kind without an attribute
# first; "-" is null there.
awk -F'|' '
	FNR == NR {
		if (NF == 8 && $3 == "-")
			want["missing|" $1] = want["unexpected|" $1] = 1
		else if (NF == 8)
			want["changed|" $1 "|" $3] = 1
		next
	}
	$1 == "changed" { delete want[$1 "|" $2 "|" $4] }
	$1 == "missing" || $1 == "unexpected" { delete want[$1 "|" $2] }
	END {
		for (w in want) {
			print "not exercised: " w
			left = 1
		}
		exit left
	}' kinds.out check_*.out ge*_*.out
echo "every attribute of every kind is exercised"
