#!/bin/bash
# Is every attribute of every kind exercised?  The expected drift in
# test/matrix/*.cases must have a row "changed" for each attribute that
# schemadrift_kinds() lists, and rows "missing" and "unexpected" for each kind.
# Prints what is left, and exceptions that are none any more.
set -euo pipefail
cd "$(dirname "$0")/.."

# What cannot be exercised, and why.
exceptions='
missing|unmodelled          # no document can name one
unexpected|unmodelled       # the server keeps no object that no kind covers
changed|unmodelled|catalog  # the same
missing|database            # the document speaks of the database at hand
unexpected|database         # the same
'

# The rows of schemadrift_kinds() are in kinds.out, a kind without an attribute
# first; "-" is null there.
awk -F'|' -v exceptions="$exceptions" '
	FILENAME == "expected/kinds.out" {
		if (NF == 8 && $3 == "-")
			want["missing|" $1] = want["unexpected|" $1] = 1
		else if (NF == 8)
			want["changed|" $1 "|" $3] = 1
		next
	}
	/^-- [a-z]+ *$/ { section = $0; sub(/^-- /, "", section); sub(/ *$/, "", section); next }
	/^== / { section = "" }
	section == "drift" && $1 == "changed" { seen[$1 "|" $2 "|" $4] = 1 }
	section == "drift" && $1 ~ /^(missing|unexpected)$/ { seen[$1 "|" $2] = 1 }
	END {
		n = split(exceptions, line, "\n")
		for (i = 1; i <= n; i++) {
			key = line[i]
			sub(/ *#.*/, "", key)
			if (key == "")
				continue
			if (!(key in want) || key in seen) {
				print "no exception: " key | "sort"
				left = 1
			}
			delete want[key]
		}
		for (key in want) {
			all++
			if (!(key in seen)) {
				print "not exercised: " key | "sort"
				left = 1
			}
		}
		close("sort")
		if (!left)
			print "every attribute of every kind is exercised: " all
		exit left
	}' expected/kinds.out test/matrix/*.cases
