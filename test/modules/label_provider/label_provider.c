/*-------------------------------------------------------------------------
 *
 * label_provider.c
 *	  Providers of security labels that accept every label, for tests.
 *
 * PostgreSQL takes SECURITY LABEL only for a provider that a loaded library
 * has registered.  make test-modules builds this one; nothing installs it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/seclabel.h"
#include "fmgr.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

static void
accept_label(const ObjectAddress *object, const char *label)
{
}

void
_PG_init(void)
{
	register_label_provider("regress", accept_label);
	register_label_provider("dummy", accept_label);
}
