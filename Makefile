# schemadrift: build, install and test through PGXS.
#
#   make [PG_CONFIG=...]            build against that server (default: pg_config of the PATH)
#   make WERROR=1                   the same with strict warnings as errors and assertions on
#   make install                    into that server's directories
#   make installcheck               all tests against a running server (script/test brings its own)
#   make test-modules               what tests load into servers of their own; installcheck does it by itself

EXTENSION   = schemadrift
MODULE_big  = $(EXTENSION)
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)

OBJS = \
	src/baseline/alike.o \
	src/baseline/difference.o \
	src/baseline/follow.o \
	src/baseline/gate.o \
	src/baseline/known.o \
	src/baseline/merge.o \
	src/baseline/move.o \
	src/baseline/objects.o \
	src/baseline/report.o \
	src/baseline/store.o \
	src/catalog/aggregate.o \
	src/catalog/belongs.o \
	src/catalog/canonical.o \
	src/catalog/canonical_expression.o \
	src/catalog/canonical_index.o \
	src/catalog/canonical_name.o \
	src/catalog/canonical_routine.o \
	src/catalog/cast.o \
	src/catalog/collation.o \
	src/catalog/column.o \
	src/catalog/common.o \
	src/catalog/constraint.o \
	src/catalog/defaultacl.o \
	src/catalog/entry.o \
	src/catalog/expression.o \
	src/catalog/extension.o \
	src/catalog/foreign.o \
	src/catalog/function.o \
	src/catalog/global.o \
	src/catalog/identify.o \
	src/catalog/index.o \
	src/catalog/initprivs.o \
	src/catalog/language.o \
	src/catalog/names.o \
	src/catalog/normal.o \
	src/catalog/operator.o \
	src/catalog/parts.o \
	src/catalog/past.o \
	src/catalog/policy.o \
	src/catalog/publication.o \
	src/catalog/querytext.o \
	src/catalog/reach.o \
	src/catalog/reader.o \
	src/catalog/relation.o \
	src/catalog/sequence.o \
	src/catalog/snapshot.o \
	src/catalog/sqlname.o \
	src/catalog/statistics.o \
	src/catalog/textsearch.o \
	src/catalog/touched.o \
	src/catalog/trigger.o \
	src/catalog/type.o \
	src/catalog/unmodelled.o \
	src/catalog/view.o \
	src/drift/check.o \
	src/drift/diff.o \
	src/drift/ignore.o \
	src/drift/implied.o \
	src/drift/options.o \
	src/drift/renamed.o \
	src/drift/rows.o \
	src/drift/walk.o \
	src/guard/act.o \
	src/guard/arm.o \
	src/guard/changes.o \
	src/guard/command.o \
	src/guard/details.o \
	src/guard/doctor.o \
	src/guard/event.o \
	src/guard/facts.o \
	src/guard/frame.o \
	src/guard/hook.o \
	src/guard/log.o \
	src/guard/notify.o \
	src/guard/proof.o \
	src/guard/redact.o \
	src/guard/reject.o \
	src/guard/row.o \
	src/guard/scan.o \
	src/guard/state.o \
	src/guard/target.o \
	src/guard/verdict.o \
	src/ledger/absent.o \
	src/ledger/adopt.o \
	src/ledger/apply.o \
	src/ledger/approve.o \
	src/ledger/checksum.o \
	src/ledger/content.o \
	src/ledger/directory.o \
	src/ledger/dry_run.o \
	src/ledger/effects.o \
	src/ledger/execute.o \
	src/ledger/file_name.o \
	src/ledger/files.o \
	src/ledger/history.o \
	src/ledger/load.o \
	src/ledger/lock.o \
	src/ledger/migration.o \
	src/ledger/migrations.o \
	src/ledger/order.o \
	src/ledger/past.o \
	src/ledger/prisma_rows.o \
	src/ledger/reconcile.o \
	src/ledger/repair_apply.o \
	src/ledger/resolve.o \
	src/ledger/resolve_prisma.o \
	src/ledger/rules.o \
	src/ledger/run.o \
	src/ledger/scan.o \
	src/ledger/script.o \
	src/ledger/session.o \
	src/ledger/state.o \
	src/ledger/steps.o \
	src/ledger/trial.o \
	src/ledger/unexplained.o \
	src/ledger/watch.o \
	src/model/argument.o \
	src/model/compare.o \
	src/model/derive.o \
	src/model/document.o \
	src/model/fingerprint.o \
	src/model/json_in.o \
	src/model/json_out.o \
	src/model/json_scope.o \
	src/model/kinds.o \
	src/model/newname.o \
	src/model/object.o \
	src/model/secret.o \
	src/observe/affected.o \
	src/observe/giveway.o \
	src/observe/launcher.o \
	src/observe/observe.o \
	src/observe/pages.o \
	src/observe/places.o \
	src/observe/watch.o \
	src/observe/worker.o \
	src/prisma/arguments.o \
	src/prisma/datasource.o \
	src/prisma/defaults.o \
	src/prisma/document.o \
	src/prisma/errors.o \
	src/prisma/keys.o \
	src/prisma/letters.o \
	src/prisma/lexer.o \
	src/prisma/lint.o \
	src/prisma/names.o \
	src/prisma/opclasses.o \
	src/prisma/options.o \
	src/prisma/parse_expr.o \
	src/prisma/parse_field.o \
	src/prisma/parser.o \
	src/prisma/relations.o \
	src/prisma/schema.o \
	src/prisma/types.o \
	src/record/payload.o \
	src/record/protect.o \
	src/record/queue.o \
	src/record/record.o \
	src/record/statement.o \
	src/record/utility.o \
	src/record/worker.o \
	src/repair/alias.o \
	src/repair/changed.o \
	src/repair/column.o \
	src/repair/common_mend.o \
	src/repair/computed.o \
	src/repair/definition.o \
	src/repair/depend.o \
	src/repair/depend_text.o \
	src/repair/exists.o \
	src/repair/extension.o \
	src/repair/foreign.o \
	src/repair/global.o \
	src/repair/idempotent.o \
	src/repair/identity.o \
	src/repair/index.o \
	src/repair/inherit.o \
	src/repair/key.o \
	src/repair/label.o \
	src/repair/language.o \
	src/repair/loss.o \
	src/repair/makeway.o \
	src/repair/mark.o \
	src/repair/menders.o \
	src/repair/naming.o \
	src/repair/not_null.o \
	src/repair/order.o \
	src/repair/plan.o \
	src/repair/relation.o \
	src/repair/remake.o \
	src/repair/rename.o \
	src/repair/rename_circle.o \
	src/repair/rename_part.o \
	src/repair/rename_schema.o \
	src/repair/rename_step.o \
	src/repair/render.o \
	src/repair/repair.o \
	src/repair/respell.o \
	src/repair/routine.o \
	src/repair/spelling.o \
	src/repair/step.o \
	src/repair/table.o \
	src/repair/textsearch.o \
	src/repair/trigger.o \
	src/repair/type.o \
	src/repair/unmodelled.o \
	src/repair/verify.o \
	src/repair/wanted.o \
	src/schemadrift.o \
	src/settings.o

DATA        = $(wildcard sql/$(EXTENSION)--*.sql)
PGFILEDESC  = "schemadrift - finds schema drift"
PG_CPPFLAGS = -Isrc -DSCHEMADRIFT_VERSION='"$(EXTVERSION)"'

# Calls inside the library are direct ones, also where the server does not hide
# an extension's symbols (15).
ifeq ($(shell uname -s),Linux)
SHLIB_LINK += -Wl,-Bsymbolic
endif

# Assertions work in an extension on a server that was built without them (c.h
# promises it).  The two warnings taken out of -Wextra are the ones that the
# server's own headers raise: PG_FUNCTION_ARGS and the macros around arrays
# and tuples.
ifdef WERROR
PG_CFLAGS += -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	-DUSE_ASSERT_CHECKING
endif

# pg_regress reads test/sql/NAME.sql and expected/NAME.out on every major when
# only the input directory is set.  installcheck looks whether REGRESS is
# empty, so the schedule stands there and not in REGRESS_OPTS.
REGRESS        = --schedule=test/schedule $(VERSION_TESTS)
REGRESS_OPTS   = --inputdir=test
ISOLATION      = $(sort $(patsubst test/isolation/specs/%.spec,%,$(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation
TAP_TESTS      = 1
PROVE_TESTS    = $(sort $(wildcard test/t/*.pl))

# Libraries that tests load; they are not installed.
TEST_MODULES   = $(patsubst %.c,%.so,$(sort $(wildcard test/modules/*/*.c)))
EXTRA_CLEAN    = $(TEST_MODULES) $(TEST_MODULES:.so=.o)

# Tests for some majors only are not in the schedule: test/sql/geNN_* runs on
# PostgreSQL NN and later, ltNN_* before NN, eqNN_* on NN alone.
VERSION_TESTS = $(shell ls test/sql | awk -v major=$(MAJORVERSION) '\
	/^(ge|lt|eq)[0-9]+_.*[.]sql$$/ { \
		op = substr($$0, 1, 2); n = substr($$0, 3) + 0; sub(/[.]sql$$/, ""); \
		if (op == "ge" ? major >= n : op == "lt" ? major < n : major == n) print }')

# pg_regress prefers sql/NAME.sql to test/sql/NAME.sql.
REGRESS_CLASH := $(filter $(notdir $(wildcard sql/*.sql)),$(notdir $(wildcard test/sql/*.sql)))
ifneq ($(REGRESS_CLASH),)
$(error test/sql and sql share a file name: $(REGRESS_CLASH))
endif

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(PGXS),)
$(error no PGXS from "$(PG_CONFIG) --pgxs": install the server's development package or give PG_CONFIG=...)
endif
include $(PGXS)

# Own rules stand below the include: the first rule of a Makefile is its
# default goal.  PGXS tracks no dependencies, so every object depends on every
# header.
SDR_HEADERS := $(sort $(wildcard src/*.h src/*/*.h))

$(OBJS) $(OBJS:.o=.bc): $(SDR_HEADERS) Makefile $(EXTENSION).control

.PHONY: test-modules
test-modules: $(TEST_MODULES)
installcheck: test-modules
