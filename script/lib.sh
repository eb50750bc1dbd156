# shellcheck shell=bash
# Set-up shared by the commands in script/: sourced, never run.
#
# Everything happens in one directory under ${TMPDIR:-/tmp}: a copy of the
# checkout, a private copy of the server to install into, the data
# directories.  The machine's own PostgreSQL, its clusters and its installed
# extensions are not touched; root is needed only to install packages.

set -euo pipefail

# Kept whatever the caller's: PGHOST and the like would lead to another server.
PG_CONFIG=${PG_CONFIG:-}
for _name in ${!PG@}; do
	[ "$_name" = PG_CONFIG ] || unset "$_name"
done
unset _name
export LC_ALL=C.UTF-8

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
COMMAND=$(basename "$0")
DEBIAN_PG=/usr/lib/postgresql/15
PORT=5432
# Majors that Debian has; 16 is in none of its suites.
# shellcheck disable=SC2034
MAJORS='15 17 18 19'
# shellcheck disable=SC2034
LINT_PACKAGES=(binutils pg-bsd-indent)

WORK=    # the private directory, made by prepare
BUILD=   # the copy of the checkout in it
BIN=     # programs of the private server
TESTS=() # those that the suite regress runs, all where there are none
TALLY=   # non-empty: a last line "N passed, N failed" is still owed
KEEP=    # non-empty: leave WORK and its servers at exit

# ---------------------------------------------------------------------------
# Talking
# ---------------------------------------------------------------------------

say()
{
	printf '[%3ds] %s\n' "$SECONDS" "$*"
}

die()
{
	printf '%s: %s\n' "$COMMAND" "$*" >&2
	exit 1
}

# usage TEXT: what --help prints
usage()
{
	TALLY=
	printf '%s\n' "$1"
	exit 0
}

# tally PASSED FAILED: the last line of a command that set TALLY; false unless
# all passed
tally()
{
	TALLY=
	printf '%d passed, %d failed\n' "$1" "$2"
	[ "$2" = 0 ] && [ "$1" -gt 0 ]
}

# quietly LOG COMMAND...: shows the output only when the command fails
quietly()
{
	local log=$1
	shift
	"$@" >"$log" 2>&1 </dev/null && return 0
	tail -n 60 "$log" >&2
	die "failed: $*"
}

# ---------------------------------------------------------------------------
# Users
# ---------------------------------------------------------------------------

# PostgreSQL refuses to run as root, so root hands over to another user.
run_user()
{
	if [ "$(id -u)" != 0 ]; then
		id -un
	elif id -u postgres >/dev/null 2>&1; then
		echo postgres
	else
		echo nobody
	fi
}

as_user()
{
	if [ "$(id -u)" = 0 ]; then
		local user
		user=$(run_user)
		HOME=$WORK setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"
	else
		HOME=$WORK "$@"
	fi
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "needs root or sudo for: $*"
	fi
}

# ---------------------------------------------------------------------------
# Packages
# ---------------------------------------------------------------------------

# have PACKAGE: whether what we want of that Debian package is there, from
# whatever source
have()
{
	case $1 in
		postgresql-15) [ -x $DEBIAN_PG/bin/postgres ] ;;
		postgresql-server-dev-15) [ -e $DEBIAN_PG/lib/pgxs/src/makefiles/pgxs.mk ] ;;
		libc6-dev) [ -e /usr/include/stdio.h ] ;;
		libipc-run-perl) [ -x /usr/bin/prove ] && /usr/bin/perl -MIPC::Run -MTest::More -e 1 2>/dev/null ;;
		pg-bsd-indent) command -v pg_bsd_indent >/dev/null ;;
		binutils) command -v nm >/dev/null ;;
		nodejs) command -v node >/dev/null ;;
		libclang-rt-14-dev) compgen -G '/usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a' >/dev/null ;;
		*) command -v "$1" >/dev/null ;;
	esac
}

missing()
{
	local package
	for package; do
		have "$package" || echo "$package"
	done
}

# need PACKAGE...: installs those that are missing, and nothing else
need()
{
	local packages log
	mapfile -t packages < <(missing "$@")
	[ ${#packages[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null ||
		die "missing, and no apt-get to install them with: ${packages[*]}"
	say "installing missing packages: ${packages[*]}"
	log=$(mktemp)
	# The lists may be absent or older than the archive: then update them.
	if ! install_packages "${packages[@]}" >"$log" 2>&1; then
		say "updating the package lists"
		if ! { apt_get update && install_packages "${packages[@]}"; } >"$log" 2>&1; then
			tail -n 40 "$log" >&2
			rm -f "$log"
			die "could not install: ${packages[*]} (PG_CONFIG=... uses a server that is already here)"
		fi
	fi
	rm -f "$log"
	mapfile -t packages < <(missing "${packages[@]}")
	[ ${#packages[@]} -eq 0 ] || die "installed, yet not usable: ${packages[*]}"
}

apt_get()
{
	as_root env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 NEEDRESTART_SUSPEND=1 \
		apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=600 \
		-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
		"$@" </dev/null
}

install_packages()
{
	local plan
	plan=$(apt_get --simulate install "$@") || return 1
	# An upgrade would restart the machine's clusters: not ours to decide.
	if grep -q '^Inst postgresql-15 \[' <<<"$plan"; then
		echo "installing $* would upgrade the server postgresql-15: do that yourself first"
		return 1
	elif grep -q '^Inst postgresql-15 ' <<<"$plan"; then
		without_main_cluster apt_get install "$@"
	else
		apt_get install "$@"
	fi
}

# Debian's server package makes and starts a cluster, unless this file says
# otherwise at that moment.  Afterwards the file is as it was, or as packaged.
without_main_cluster()
(
	conf=/etc/postgresql-common/createcluster.conf
	saved=$(mktemp)
	[ ! -e $conf ] || cat $conf >"$saved"
	trap 'restore_conf $conf "$saved"' EXIT
	as_root mkdir -p ${conf%/*}
	{ grep -v '^ *create_main_cluster' "$saved" || true; echo 'create_main_cluster = false'; } |
		as_root tee $conf >/dev/null
	"$@"
)

restore_conf()
{
	if [ ! -s "$2" ]; then
		cp /usr/share/postgresql-common/createcluster.conf "$2" 2>/dev/null || true
		as_root rm -f "$1.ucf-dist"
	fi
	if [ -s "$2" ]; then
		as_root tee "$1" <"$2" >/dev/null
	else
		as_root rm -f "$1"
	fi
	rm -f "$2"
}

# ---------------------------------------------------------------------------
# The private directory, and what is left of it at exit
# ---------------------------------------------------------------------------

make_work_dir()
{
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/schemadrift-$COMMAND.XXXXXX")
	BUILD=$WORK/build
	mkdir "$BUILD"
}

# Gives WORK to the user that builds and runs the server; nobody else may look
# in, as its servers trust whoever reaches their socket.
hand_over()
{
	if [ "$(id -u)" = 0 ]; then
		chown -Rh "$(run_user):" "$WORK"
	fi
}

clean_up()
{
	local rc=$? group pid_file
	trap - EXIT
	# A second Ctrl-C must not leave servers behind.
	trap '' HUP INT TERM
	set +e
	if [ -n "$WORK" ] && { [ -z "$KEEP" ] || [ $rc != 0 ]; }; then
		for group in $(jobs -pr); do
			kill -TERM -- "-$group" 2>/dev/null && wait "$group" 2>/dev/null
		done
		while read -r pid_file; do
			as_user "$BIN/pg_ctl" -D "${pid_file%/*}" -m immediate -w stop >/dev/null 2>&1
		done < <(find "$WORK" -name postmaster.pid 2>/dev/null)
		rm -rf "$WORK"
	fi
	[ -z "$TALLY" ] || tally 0 1
	exit $rc
}

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# in_background LOG COMMAND...: in a process group of its own, so that clean_up
# can end it as a whole
in_background()
{
	local log=$1
	shift
	set -m
	"$@" >"$log" 2>&1 </dev/null &
	set +m
}

# ---------------------------------------------------------------------------
# Build
# ---------------------------------------------------------------------------

# list_checkout: the files that git knows or would add, or all but build
# products where git is not there; NUL-terminated, relative to TOP
list_checkout()
{
	local file
	if command -v git >/dev/null && git_top rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git_top ls-files -co --exclude-standard -z
	else
		(cd "$TOP" && find . \( -name .git -o -name tmp_check -o -name output_iso -o -name results \
			-o -name node_modules \) -prune -o -type f ! -name '*.o' ! -name '*.so' ! -name '*.bc' -print0)
	fi | while IFS= read -r -d '' file; do
		# git also lists files that are deleted but not yet committed so
		[ ! -f "$TOP/$file" ] || printf '%s\0' "$file"
	done
}

# The checkout may belong to another user than root; git is then wary of it.
git_top()
{
	git -c safe.directory='*' -C "$TOP" "$@"
}

# copy_checkout DIRECTORY
copy_checkout()
{
	list_checkout | tar -C "$TOP" --null --no-recursion -T - -c | tar -C "$1" --no-same-owner -x
}

# A private server tree: programs are copied, since they find everything else
# from where they stand; the rest are links.  `make install` goes there.
make_server_tree()
{
	local from=${PG_CONFIG:-$DEBIAN_PG/bin/pg_config} root=$WORK/server
	local bindir dir option
	[ -x "$from" ] || die "not a program: PG_CONFIG=$from"
	bindir=$("$from" --bindir)
	mkdir -p "$root$bindir"
	cp -L "$bindir"/* "$root$bindir"
	for option in pkglibdir sharedir includedir-server; do
		dir=$("$from" --$option)
		mkdir -p "$root$dir"
		cp -rs "$dir/." "$root$dir"
	done
	# Should one be installed on this machine: these are links and directories.
	find "$root" -name 'schemadrift*' -prune -exec rm -rf {} +
	BIN=$root$bindir
	PG_CONFIG=$BIN/pg_config
	export PATH=$BIN:$PATH
}

# make_here ARGUMENT...: make in the copy, against the private server; without
# the bitcode for LLVM, which takes longer than everything else
make_here()
{
	as_user make -C "$BUILD" --no-print-directory PG_CONFIG="$PG_CONFIG" with_llvm=no "$@"
}

# prepare PACKAGE...: packages, work directory, copy, server tree
prepare()
{
	local server=(postgresql-15 postgresql-server-dev-15)
	[ -z "$PG_CONFIG" ] || server=()
	need "${server[@]}" gcc libc6-dev make "$@"
	make_work_dir
	copy_checkout "$BUILD"
	make_server_tree
	hand_over
	# The caller's directory may be closed to the user that everything runs as.
	cd "$BUILD"
	say "$("$BIN/postgres" --version)"
}

# build [ARGUMENT...]: build and install; with what tests load, which suites
# that run side by side would else build at the same time
build()
{
	say "building"
	quietly "$WORK/make.log" make_here -s -j"$(nproc)" all test-modules "$@"
	quietly "$WORK/install.log" make_here -s install "$@"
}

# build_parser OUTPUT COMPILER OPTION...: a program of Prisma's parser without
# a server, and of what test/fuzz has around it (main.c only for gcc: a fuzzer
# brings its own).  The sources that need no server say so themselves.
build_parser()
{
	local out=$1 compiler=$2 sources
	shift 2
	mapfile -t sources < <(grep -l '^#ifdef FRONTEND' "$BUILD"/src/prisma/*.c
		find "$BUILD/test/fuzz" -name '*.c')
	if [ "$compiler" != gcc ]; then
		mapfile -t sources < <(printf '%s\n' "${sources[@]}" | grep -v '/main\.c$')
	fi
	as_user "$compiler" -std=gnu99 -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=undefined \
		-Wno-ignored-attributes -DFRONTEND -I"$BUILD/src" -I"$BUILD/test/fuzz" -I"$("$PG_CONFIG" --includedir-server)" \
		"$@" "${sources[@]}" -o "$out" \
		-L"$("$PG_CONFIG" --pkglibdir)" -L"$("$PG_CONFIG" --libdir)" -lpgcommon -lpgport
}

# ---------------------------------------------------------------------------
# Throw-away clusters
# ---------------------------------------------------------------------------

# start_cluster NAME [PG_CTL ARGUMENT...]: starts it and exports PGHOST and so on
start_cluster()
{
	local dir=$WORK/cluster-$1
	shift
	as_user mkdir "$dir"
	quietly "$dir.log" as_user "$BIN/initdb" -D "$dir/data" -U postgres -A trust \
		--no-locale -E UTF8 --no-sync --no-instructions
	if ! as_user "$BIN/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 300 \
		-o "-k $dir -p $PORT -c listen_addresses= -c fsync=off" "$@" start >"$dir.log" 2>&1; then
		tail -n 20 "$dir.log" "$dir/server.log" >&2
		die "could not start a server in $dir"
	fi
	export PGHOST=$dir PGPORT=$PORT PGUSER=postgres
}

# stop_cluster NAME
stop_cluster()
{
	quietly "$WORK/stop.log" as_user "$BIN/pg_ctl" -D "$WORK/cluster-$1/data" -m fast -w -t 300 stop
}

# ---------------------------------------------------------------------------
# Suites
# ---------------------------------------------------------------------------

# run_suite NAME: runs it, shows what is worth seeing and leaves "PASSED FAILED"
# in $WORK/NAME.count
run_suite()
{
	local name=$1 rc=0 log=$WORK/$1.out
	("suite_$name") >"$log" 2>&1 || rc=$?
	if [ $rc != 0 ]; then
		cat "$log"
		"evidence_$name"
	else
		sed -n '/^skipped: /p; s/^note: //p' "$log"
	fi
	count $rc "$log" >"$WORK/$name.count"
}

suite_regress()
{
	local only=()
	[ ${#TESTS[@]} = 0 ] || only=("REGRESS=setup ${TESTS[*]}")
	start_cluster regress
	make_here -s installcheck "${only[@]}" ISOLATION= TAP_TESTS=
}

suite_isolation()
{
	start_cluster isolation
	make_here -s installcheck REGRESS= TAP_TESTS=
}

suite_tap()
{
	make_here -s installcheck REGRESS= ISOLATION=
}

# Prisma's parser by itself: cases, and all inputs that the fuzzer came upon.
# One thing behind the other, as a suite runs without set -e.
suite_fuzz()
{
	build_parser "$WORK/parser" gcc -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Werror \
		-fsanitize=address,undefined &&
		ASAN_OPTIONS=detect_leaks=0 as_user "$WORK/parser" cases "$BUILD"/test/fuzz/*.cases &&
		ASAN_OPTIONS=detect_leaks=0 as_user "$WORK/parser" replay "$BUILD"/test/fuzz/corpus/*
}

suite_lint()
{
	"$TOP/script/lint"
}

suite_core()
{
	"$TOP/script/core-regress"
}

# Against the real Prisma Migrate, from npm: see test/prisma/README.md
suite_prisma()
{
	if ! install_prisma 6 7; then
		echo "skipped: the suite prisma, as npm's registry cannot be reached"
		return 0
	fi
	start_cluster prisma
	local rc=0 file
	for file in run ledger guard baseline; do
		as_user node "$BUILD/test/prisma/$file.mjs" || rc=1
	done
	return $rc
}

# install_prisma MAJOR...: into the copy; false where npm's registry cannot be
# reached, and an error where it can and the packages cannot be had
install_prisma()
{
	local dir=$BUILD/test/prisma major
	(cd "$dir/prisma7" && npm_quickly view prisma version) || return 1
	new_node
	for major; do
		(cd "$dir/prisma$major" && quietly "$WORK/npm.log" npm ci --prefer-offline) || exit 1
	done
}

npm_quickly()
{
	npm --fetch-retries=1 --fetch-timeout=30000 "$@" >/dev/null 2>&1 </dev/null
}

# Prisma 7 wants Node.js 20.19 or later.  Where there is an older one it only
# runs npm, which has newer ones.
new_node()
{
	local dir=$WORK/node package
	if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || a == 20 && b >= 19 ? 0 : 1)'; then
		return 0
	fi
	package=$(node -p '`node-${process.platform}-${process.arch}`')
	mkdir "$dir"
	quietly "$WORK/npm.log" npm install --prefix "$dir" --ignore-scripts "$package@22"
	export PATH=$dir/node_modules/$package/bin:$PATH
}

evidence_regress()
{
	cat "$BUILD/regression.diffs" 2>/dev/null || true
	crashes "$WORK"/cluster-regress/server.log
}

evidence_isolation()
{
	cat "$BUILD/output_iso/regression.diffs" 2>/dev/null || true
	crashes "$WORK"/cluster-isolation/server.log
}

# The logs of the TAP files that prove lists as failed
evidence_tap()
{
	local name
	while read -r name; do
		printf -- '--- %s\n' "$name"
		tail -n 80 "$BUILD/tmp_check/log/regress_log_$name" || true
	done < <(sed -n 's,^.*/\(.*\)\.pl *(Wstat: .*,\1,p' "$WORK/tap.out")
	crashes "$BUILD"/tmp_check/log/*.log
}

evidence_fuzz()
{
	:
}

evidence_lint()
{
	:
}

evidence_core()
{
	:
}

evidence_prisma()
{
	crashes "$WORK"/cluster-prisma/server.log
}

# What a server log says of a crash
crashes()
{
	grep -hE 'TRAP: |PANIC: |terminated by signal|runtime error: |Failed process was running' "$@" 2>/dev/null || true
}

# count EXIT-STATUS LOG: "PASSED FAILED" of a suite's output: of pg_regress up
# to 15 and from 16 on, of prove, or a last line as our own commands print it.
# A suite that failed without saying what, or that ran nothing, failed once,
# unless it says that it was skipped.
count()
{
	awk -v rc="$1" '
		/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; next }
		/^skipped: / { skipped = (rc == 0) }
		/ \.\.\. ok( |$)/ || /^ok [0-9]+ / || /\.pl \.+ ok( |$)/ { passed++ }
		/ \.\.\. FAILED/ || /^not ok [0-9]+ / || /\.pl +\(Wstat: / { failed++ }
		END {
			if (rc == 0)
				failed = 0
			if (failed == 0 && !skipped && (rc != 0 || passed == 0))
				failed = 1
			print passed + 0, failed + 0
		}' "$2"
}

# run_suites NAME...: as many at a time as there are processors; shows each
# when it is done, then the sum as the last line; false unless all passed
run_suites()
{
	local name running=0 passed=0 failed=0
	declare -A reported=()
	for name; do
		if [ $running -ge "$(nproc)" ]; then
			next_done "$@"
		fi
		say "running $name"
		in_background "$WORK/$name.log" run_suite "$name"
		running=$((running + 1))
	done
	while [ $running -gt 0 ]; do
		next_done "$@"
	done
	for name; do
		[ -n "${reported[$name]:-}" ] || report "$name"
	done
	tally $passed $failed
}

# next_done NAME...: waits until a suite ends, and reports what has ended
next_done()
{
	local name
	wait -n || true
	running=$((running - 1))
	for name; do
		if [ -z "${reported[$name]:-}" ] && [ -s "$WORK/$name.count" ]; then
			report "$name"
		fi
	done
}

# report NAME: a suite that left no count died: that is one failure
report()
{
	local p=0 f=1
	reported[$1]=1
	cat "$WORK/$1.log"
	if [ -s "$WORK/$1.count" ]; then
		read -r p f <"$WORK/$1.count"
	fi
	passed=$((passed + p))
	failed=$((failed + f))
	say "$1: $p passed, $f failed"
}
