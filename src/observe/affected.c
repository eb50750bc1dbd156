/*-------------------------------------------------------------------------
 *
 * affected.c
 *	  Which objects changes in the catalogs are about.
 *
 * A row leads to the object that it is a part of: that of a constraint to the
 * table, that of an index to the table as well.  Other objects show the names
 * and columns of this one in texts of their own; those are found in pg_depend.
 * They are the ones that depend on it directly, on what the server has made
 * with it, such as the type of its rows, or on a function or a type of which
 * it is a part, as names of functions have types in them.
 *
 * An object is known by its place, a schema and a name: whatever is expected
 * or found there is compared.  Where it has been is known from the last time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_database.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_index.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "observe/watch.h"
#include "rewrite/rewriteSupport.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Beyond that many places it is better to compare everything. */
#define MAX_PLACES		2000

typedef struct Key
{
	Oid			class;
	Oid			oid;
} Key;

/* Where an object was when it was last looked at. */
typedef struct KnownEntry
{
	Key			key;
	Oid			namespace;
	char	   *name;
} KnownEntry;

struct SdrKnown
{
	MemoryContext context;
	HTAB	   *entries;
};

/* An object that has been come by. */
typedef struct Visit
{
	Key			key;
	bool		spreads;		/* those that depend on it have been, too */
} Visit;

typedef struct Search
{
	SdrKnown   *known;
	SdrReader  *reader;
	HTAB	   *visits;
	List	   *todo;			/* of Key *, whose dependents are to be found */
	HTAB	   *seen;			/* places, by Seen */
	List	   *places;
	List	   *moves;			/* of Move * */
	bool		failed;			/* compare everything */
} Search;

/* Where an object is now; no entry if it is gone. */
typedef struct Move
{
	Key			key;
	SdrEntry   *entry;
} Move;

typedef struct Seen
{
	Oid			namespace;
	char		name[512];
} Seen;

static void visit(Search *search, Oid class, Oid oid, bool spreads);

static void
remember(SdrKnown *known, Oid class, const SdrEntry *entry)
{
	Key			key = {class, entry->oid};
	bool		found;
	KnownEntry *old = hash_search(known->entries, &key, HASH_ENTER, &found);

	if (found && old->namespace == entry->namespace &&
		strcmp(old->name, entry->item.name) == 0)
		return;
	if (found)
		pfree(old->name);
	old->namespace = entry->namespace;
	old->name = MemoryContextStrdup(known->context, entry->item.name);
}

static void
forget(SdrKnown *known, const Key *key)
{
	KnownEntry *old = hash_search(known->entries, key, HASH_FIND, NULL);

	if (old == NULL)
		return;
	pfree(old->name);
	(void) hash_search(known->entries, key, HASH_REMOVE, NULL);
}

static HTAB *
make_hash(const char *name, Size keysize, Size entrysize,
		  MemoryContext context)
{
	HASHCTL		ctl = {0};

	ctl.keysize = keysize;
	ctl.entrysize = entrysize;
	ctl.hcxt = context;
	return hash_create(name, 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

SdrKnown *
sdr_known_begin(MemoryContext context, SdrReader *reader)
{
	SdrKnown   *known = MemoryContextAllocZero(context, sizeof(SdrKnown));
	ListCell   *lc;

	known->context = context;
	known->entries = make_hash("schemadrift known objects", sizeof(Key),
							   sizeof(KnownEntry), context);
	(void) sdr_list(reader, InvalidOid);
	foreach(lc, reader->entries)
	{
		const SdrEntry *entry = lfirst(lc);

		if (entry->item.kind->id != SDR_KIND_CHANGED_PRIVILEGES)
			remember(known, sdr_catalog_of(entry->item.kind->id), entry);
	}
	return known;
}

/* A place is to be compared; a schema of an extension is one only if used. */
static void
add_place(Search *search, Oid namespace, const char *name)
{
	Seen		key;
	bool		found;
	SdrPlace   *place;

	memset(&key, 0, sizeof(key));
	key.namespace = namespace;
	if (strlcpy(key.name, name, sizeof(key.name)) >= sizeof(key.name) ||
		(OidIsValid(namespace) &&
		 sdr_is_member(search->reader, NamespaceRelationId, namespace)))
	{
		search->failed = true;
		return;
	}
	(void) hash_search(search->seen, &key, HASH_ENTER, &found);
	if (found)
		return;
	if (list_length(search->places) >= MAX_PLACES)
	{
		search->failed = true;
		return;
	}
	place = palloc(sizeof(SdrPlace));
	place->namespace = namespace;
	place->name = pstrdup(name);
	search->places = lappend(search->places, place);
}

/* The object itself, where it was and where it is. */
static bool
visit_places(Search *search, Oid class, Oid oid)
{
	Key			key = {class, oid};
	KnownEntry *old = hash_search(search->known->entries, &key, HASH_FIND,
								  NULL);
	SdrEntry   *entry = sdr_entry_at(search->reader, class, oid);
	bool		found = old != NULL || entry != NULL;

	if (old != NULL)
		add_place(search, old->namespace, old->name);
	if (entry != NULL)
		add_place(search, entry->namespace, entry->item.name);
	if (found)
	{
		Move	   *move = palloc(sizeof(Move));

		move->key = key;
		move->entry = entry;
		search->moves = lappend(search->moves, move);
	}
	return found;
}

/* Remember where objects are now.  Returns the oids of those that exist. */
static List *
apply_moves(Search *search)
{
	List	   *objects = NIL;
	ListCell   *lc;

	foreach(lc, search->moves)
	{
		const Move *move = lfirst(lc);

		if (move->entry == NULL)
		{
			forget(search->known, &move->key);
			continue;
		}
		remember(search->known, move->key.class, move->entry);
		objects = lappend_oid(objects, move->key.oid);
	}
	return objects;
}

/* What depends on an object, or with depends what it depends on itself. */
static SysScanDesc
scan_depend(SdrReader *reader, Oid class, Oid oid, bool depends)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0],
				depends ? Anum_pg_depend_classid : Anum_pg_depend_refclassid,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(class));
	ScanKeyInit(&keys[1],
				depends ? Anum_pg_depend_objid : Anum_pg_depend_refobjid,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	return sdr_scan(reader, DependRelationId,
					depends ? DependDependerIndexId : DependReferenceIndexId,
					2, keys);
}

/* What the server has made the object for: an identity column, a table. */
static void
visit_makers(Search *search, Oid class, Oid oid)
{
	SysScanDesc scan = scan_depend(search->reader, class, oid, true);
	List	   *makers = NIL;
	HeapTuple	tuple;
	ListCell   *lc;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->refclassid == class &&
			(form->deptype == DEPENDENCY_INTERNAL ||
			 form->deptype == DEPENDENCY_AUTO))
			makers = lappend_oid(makers, form->refobjid);
	}
	systable_endscan(scan);
	foreach(lc, makers)
		visit(search, class, lfirst_oid(lc), false);
}

static HeapTuple
fetch(Search *search, Oid class, Oid oid)
{
	/* which objectaddress.c does not know */
	if (class == AttrDefaultRelationId)
		return sdr_fetch(search->reader, class, AttrDefaultOidIndexId,
						 Anum_pg_attrdef_oid, oid);
	return sdr_fetch(search->reader, class, get_object_oid_index(class),
					 get_object_attnum_oid(class), oid);
}

/* An object in a schema of the server is listed apart. */
static bool
is_misplaced(Search *search, Oid namespace)
{
	const SdrName *schema = sdr_name(search->reader, NamespaceRelationId,
									 namespace);

	return schema == NULL || strcmp(schema->name, "pg_catalog") == 0 ||
		strcmp(schema->name, "information_schema") == 0;
}

static void
visit_index(Search *search, Oid index, bool spreads)
{
	HeapTuple	tuple = sdr_fetch(search->reader, IndexRelationId,
								  IndexRelidIndexId,
								  Anum_pg_index_indexrelid, index);

	if (HeapTupleIsValid(tuple))
		visit(search, RelationRelationId,
			  ((Form_pg_index) GETSTRUCT(tuple))->indrelid, spreads);
}

static void
visit_relation(Search *search, Oid oid, bool spreads)
{
	HeapTuple	tuple = fetch(search, RelationRelationId, oid);
	Form_pg_class form;

	(void) visit_places(search, RelationRelationId, oid);
	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_class) GETSTRUCT(tuple);
	switch (form->relkind)
	{
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			visit_index(search, oid, spreads);
			break;
		case RELKIND_SEQUENCE:
		case RELKIND_TOASTVALUE:
			visit_makers(search, RelationRelationId, oid);
			break;
		case RELKIND_COMPOSITE_TYPE:
			visit(search, TypeRelationId, form->reltype, spreads);
			break;
		default:
			if (is_misplaced(search, form->relnamespace))
				search->failed = true;
	}
}

static void
visit_type(Search *search, Oid oid, bool spreads)
{
	HeapTuple	tuple = fetch(search, TypeRelationId, oid);
	Form_pg_type form;

	(void) visit_places(search, TypeRelationId, oid);
	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_type) GETSTRUCT(tuple);
	if (is_misplaced(search, form->typnamespace))
		search->failed = true;
	else if (IsTrueArrayType(form))
		visit(search, TypeRelationId, form->typelem, spreads);
	else if (form->typtype == TYPTYPE_MULTIRANGE)
		visit_makers(search, TypeRelationId, oid);
	else if (OidIsValid(form->typrelid))
	{
		HeapTuple	class_tuple = fetch(search, RelationRelationId,
										form->typrelid);

		if (HeapTupleIsValid(class_tuple) &&
			((Form_pg_class) GETSTRUCT(class_tuple))->relkind !=
			RELKIND_COMPOSITE_TYPE)
			visit(search, RelationRelationId, form->typrelid, spreads);
	}
}

static void
visit_function(Search *search, Oid oid)
{
	HeapTuple	tuple = fetch(search, ProcedureRelationId, oid);

	(void) visit_places(search, ProcedureRelationId, oid);
	if (HeapTupleIsValid(tuple) &&
		is_misplaced(search,
					 ((Form_pg_proc) GETSTRUCT(tuple))->pronamespace))
		search->failed = true;
}

/* Parts of a relation, and where its oid stands in their rows. */
static const struct
{
	Oid			class;
	AttrNumber	owner;
	Oid			owner_class;
}			parts[] = {
	{AttrDefaultRelationId, Anum_pg_attrdef_adrelid, RelationRelationId},
	{ConstraintRelationId, Anum_pg_constraint_conrelid, RelationRelationId},
	{ConstraintRelationId, Anum_pg_constraint_contypid, TypeRelationId},
	{PolicyRelationId, Anum_pg_policy_polrelid, RelationRelationId},
	{RewriteRelationId, Anum_pg_rewrite_ev_class, RelationRelationId},
	{TriggerRelationId, Anum_pg_trigger_tgrelid, RelationRelationId},
};

/* False if it is not one of these. */
static bool
visit_part(Search *search, Oid class, Oid oid)
{
	bool		is_part = false;

	for (int i = 0; i < lengthof(parts); i++)
	{
		HeapTuple	tuple;
		Oid			owner;
		bool		isnull;

		if (parts[i].class != class)
			continue;
		is_part = true;
		tuple = fetch(search, class, oid);
		if (!HeapTupleIsValid(tuple))
			continue;			/* gone, and so its own row has */
		owner = DatumGetObjectId(sdr_get(search->reader, class, tuple,
										 parts[i].owner, &isnull));
		if (OidIsValid(owner))
			visit(search, parts[i].owner_class, owner, false);
	}
	return is_part;
}

/* A table of a publication. */
static void
visit_published(Search *search, Oid oid)
{
	HeapTuple	tuple = fetch(search, PublicationRelRelationId, oid);

	if (HeapTupleIsValid(tuple))
		visit(search, PublicationRelationId,
			  ((Form_pg_publication_rel) GETSTRUCT(tuple))->prpubid, false);
}

static void
visit_by_class(Search *search, Oid class, Oid oid, bool spreads)
{
	/* of other databases nothing is shown */
	if (class == DatabaseRelationId && oid != MyDatabaseId)
		return;

	/* privileges on what is not the user's are objects of their own */
	if (!OidIsValid(class) || oid < FirstNormalObjectId ||
		sdr_is_member(search->reader, class, oid))
	{
		search->failed = true;
		return;
	}
	switch (class)
	{
		case RelationRelationId:
			visit_relation(search, oid, spreads);
			break;
		case TypeRelationId:
			visit_type(search, oid, spreads);
			break;
		case ProcedureRelationId:
			visit_function(search, oid);
			break;
		case PublicationRelRelationId:
			visit_published(search, oid);
			break;
		default:
			if (!visit_part(search, class, oid) &&
				!(sdr_is_family_catalog(class) &&
				  visit_places(search, class, oid)))
				search->failed = true;
	}
}

/*
 * Come by an object that has changed, or with spreads false that may show
 * another one that has.
 */
static void
visit(Search *search, Oid class, Oid oid, bool spreads)
{
	Key			key = {class, oid};
	bool		found;
	Visit	   *entry = hash_search(search->visits, &key, HASH_ENTER, &found);

	CHECK_FOR_INTERRUPTS();
	if (!found)
		entry->spreads = false;
	else if (entry->spreads || !spreads)
		return;

	/* the names of these are parts of other names */
	if (class == TypeRelationId || class == ProcedureRelationId)
		spreads = true;
	if (spreads)
	{
		entry->spreads = true;
		search->todo = lappend(search->todo,
							   memcpy(palloc(sizeof(Key)), &key, sizeof(Key)));
	}
	if (!search->failed)
		visit_by_class(search, class, oid, spreads);
}

static void
visit_dependents(Search *search, const Key *key)
{
	SysScanDesc scan = scan_depend(search->reader, key->class, key->oid,
								   false);
	List	   *found = NIL;
	HeapTuple	tuple;
	ListCell   *lc;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
		Visit	   *dependent = palloc(sizeof(Visit));

		dependent->key.class = form->classid;
		dependent->key.oid = form->objid;
		dependent->spreads = form->deptype == DEPENDENCY_INTERNAL &&
			form->classid == TypeRelationId;
		found = lappend(found, dependent);
	}
	systable_endscan(scan);
	foreach(lc, found)
	{
		const Visit *dependent = lfirst(lc);

		visit(search, dependent->key.class, dependent->key.oid,
			  dependent->spreads);
	}
}

/* Is it a comment or a label on something that no kind shows? */
static bool
is_hidden_remark(Search *search, const SdrChange *change)
{
	HeapTuple	tuple;

	if (change->catalog != DescriptionRelationId &&
		change->catalog != SecLabelRelationId)
		return false;
	if (change->class != TypeRelationId && change->class != TriggerRelationId &&
		change->class != RewriteRelationId &&
		change->class != ConstraintRelationId)
		return false;
	tuple = fetch(search, change->class, change->oid);
	if (!HeapTupleIsValid(tuple))
		return false;
	switch (change->class)
	{
		case TypeRelationId:
			return IsTrueArrayType((Form_pg_type) GETSTRUCT(tuple));
		case TriggerRelationId:
			return ((Form_pg_trigger) GETSTRUCT(tuple))->tgisinternal;
		case RewriteRelationId:
			return strcmp(NameStr(((Form_pg_rewrite) GETSTRUCT(tuple))->rulename),
						  ViewSelectRuleName) == 0;
		default:
			return OidIsValid(((Form_pg_constraint) GETSTRUCT(tuple))->conparentid);
	}
}

bool
sdr_affected(SdrKnown *known, SdrReader *reader, const List *changes,
			 List **places, List **objects)
{
	Search		search = {.known = known,.reader = reader};
	ListCell   *lc;

	search.visits = make_hash("schemadrift visits", sizeof(Key),
							  sizeof(Visit), CurrentMemoryContext);
	search.seen = make_hash("schemadrift places", sizeof(Seen), sizeof(Seen),
							CurrentMemoryContext);
	foreach(lc, changes)
	{
		const SdrChange *change = lfirst(lc);

		if (is_hidden_remark(&search, change))
			search.failed = true;
		else
			visit(&search, change->class, change->oid, true);
		if (search.failed)
			return false;
	}
	while (search.todo != NIL && !search.failed)
	{
		Key		   *key = llast(search.todo);

		search.todo = list_delete_last(search.todo);
		visit_dependents(&search, key);
	}
	if (search.failed)
		return false;
	*objects = apply_moves(&search);
	*places = search.places;
	return true;
}
