# shellcheck shell=bash
# What the benchmarks share: sourced, never run.
. "$(dirname "${BASH_SOURCE[0]}")/../../script/lib.sh"

# sql ARGUMENT...: psql in the database that is measured
sql()
{
	as_user "$BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -d "$DATABASE" "$@"
}

# median FILE COLUMN
median()
{
	awk -v c="$2" '{ print $c }' "$1" | sort -g |
		awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# line NAME AND FIVE COLUMNS
line()
{
	local text
	printf -v text '%-34s %10s %10s %13s %13s  %s' "$@"
	printf '%s\n' "${text%"${text##*[! ]}"}"
}

# bar VALUE UNIT LIMIT TEXT: whether the value is within that many units
bar()
{
	awk -v v="$1" -v u="$2" -v l="$3" -v t="$4" 'BEGIN { print "<= " t ": " (v <= l * u ? "met" : "missed") }'
}

# ratio A B
ratio()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'
}
