/*-------------------------------------------------------------------------
 *
 * depend.c
 *	  What depends on an object.
 *
 * Of the live database pg_depend knows.  Where a plan leads from a document to
 * the live database, what depends on an object is what the document has, found
 * by its texts, and what the live database has: the plan may be run again when
 * it is as that is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/skey.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

/* One object in pg_depend. */
typedef struct Address
{
	Oid			catalog;
	Oid			oid;
	int32		subid;
} Address;

/* Catalogs whose rows are parts of relations, and where their names stand. */
typedef struct PartCatalog
{
	Oid			catalog;
	Oid			index;
	AttrNumber	oid;
	AttrNumber	relation;
	AttrNumber	name;
	SdrKindId	kind;
} PartCatalog;

static const PartCatalog part_catalogs[] = {
	{TriggerRelationId, TriggerOidIndexId, Anum_pg_trigger_oid,
	Anum_pg_trigger_tgrelid, Anum_pg_trigger_tgname, SDR_KIND_TRIGGER},
	{PolicyRelationId, PolicyOidIndexId, Anum_pg_policy_oid,
	Anum_pg_policy_polrelid, Anum_pg_policy_polname, SDR_KIND_POLICY},
	{RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid,
	Anum_pg_rewrite_ev_class, Anum_pg_rewrite_rulename, SDR_KIND_RULE},
	{ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid,
		Anum_pg_constraint_conrelid, Anum_pg_constraint_conname,
	SDR_KIND_CONSTRAINT},
};

typedef struct Search
{
	SdrPlan    *plan;
	bool		goes;			/* the object does, not only its type */
	List	   *seen;			/* of Address * */
	List	   *found;			/* of const SdrObject *, most dependent first */
	List	   *asked;			/* the same of those looked for in documents */
} Search;

static const SdrObject *
child_named(const SdrObject *object, SdrKindId kind, const char *name)
{
	for (int i = 0; object != NULL && i < object->nchildren; i++)
	{
		if (object->children[i]->kind->id == kind &&
			strcmp(object->children[i]->name, name) == 0)
			return object->children[i];
	}
	return NULL;
}

/* Each time anew, as who asks for it may have it respelled. */
static const SdrObject *
read_top(SdrPlan *plan, Oid catalog, Oid oid)
{
	SdrEntry   *entry = sdr_entry_at(plan->reader, catalog, oid);

	return entry == NULL ? NULL : sdr_read(plan->reader, entry);
}

/*
 * The part that a row of such a catalog is; of a view's own rule and of an
 * object that has no part for the row, the object itself.
 */
static const SdrObject *
read_part(SdrPlan *plan, const PartCatalog *part, Oid oid)
{
	SdrReader  *reader = plan->reader;
	HeapTuple	tuple = sdr_fetch(reader, part->catalog, part->index, part->oid,
								  oid);
	const SdrObject *top;
	const SdrObject *child;
	Oid			relation;
	bool		isnull;
	Datum		name;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	relation = DatumGetObjectId(sdr_get(reader, part->catalog, tuple,
										part->relation, &isnull));
	name = sdr_get(reader, part->catalog, tuple, part->name, &isnull);
	if (OidIsValid(relation))
		top = read_top(plan, RelationRelationId, relation);
	else
		top = read_top(plan, TypeRelationId,
					   DatumGetObjectId(sdr_get(reader, part->catalog, tuple,
												Anum_pg_constraint_contypid,
												&isnull)));
	child = child_named(top, part->kind, NameStr(*DatumGetName(name)));
	if (child == NULL && part->kind == SDR_KIND_RULE)
		return top;
	return child;
}

/* The index that is a row of pg_class: one of its own, or a constraint's. */
static const SdrObject *
read_index(SdrPlan *plan, Oid oid)
{
	SdrReader  *reader = plan->reader;
	HeapTuple	tuple = sdr_fetch(reader, IndexRelationId, IndexRelidIndexId,
								  Anum_pg_index_indexrelid, oid);
	const SdrName *name = sdr_name(reader, RelationRelationId, oid);
	const SdrObject *top;
	const SdrObject *child;

	if (!HeapTupleIsValid(tuple) || name == NULL)
		return NULL;
	top = read_top(plan, RelationRelationId,
				   ((Form_pg_index) GETSTRUCT(tuple))->indrelid);
	child = child_named(top, SDR_KIND_INDEX, name->name);
	return child != NULL ? child :
		child_named(top, SDR_KIND_CONSTRAINT, name->name);
}

/* The live relation with a qualified name; InvalidOid if there is none. */
static Oid
relation_named(SdrPlan *plan, const char *identity)
{
	List	   *names;
	Oid			schema;

	if (!SplitIdentifierString(pstrdup(identity), '.', &names) ||
		list_length(names) != 2)
		return InvalidOid;
	schema = sdr_find_schema(plan->reader, linitial(names));
	return OidIsValid(schema) ? get_relname_relid(lsecond(names), schema) :
		InvalidOid;
}

/* The same as an object; NULL if there is none. */
const SdrObject *
sdr_live_relation(SdrPlan *plan, const char *identity)
{
	Oid			oid = relation_named(plan, identity);

	return OidIsValid(oid) ? read_top(plan, RelationRelationId, oid) : NULL;
}

/*
 * The live index with a qualified name, or the constraint that it belongs to,
 * followed by all that are attached to it at whatever level.
 */
List *
sdr_live_indexes(SdrPlan *plan, const char *identity)
{
	Oid			oid = relation_named(plan, identity);
	List	   *result = NIL;
	ListCell   *lc;

	if (!OidIsValid(oid))
		return NIL;
	foreach(lc, find_all_inheritors(oid, NoLock, NULL))
	{
		const SdrObject *index = read_index(plan, lfirst_oid(lc));

		if (index != NULL)
			result = lappend(result, unconstify(SdrObject *,
												sdr_respelled(plan, index)));
	}
	return result;
}

/* The column that a default belongs to. */
static const SdrObject *
read_default(SdrPlan *plan, Oid oid)
{
	SdrReader  *reader = plan->reader;
	HeapTuple	tuple = sdr_fetch(reader, AttrDefaultRelationId,
								  AttrDefaultOidIndexId, Anum_pg_attrdef_oid,
								  oid);
	Form_pg_attrdef form;
	const SdrObject *top;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_attrdef) GETSTRUCT(tuple);
	top = read_top(plan, RelationRelationId, form->adrelid);
	for (int i = 0; top != NULL && i < top->nchildren; i++)
	{
		if (top->children[i]->kind->id == SDR_KIND_COLUMN &&
			top->children[i]->attnum == form->adnum)
			return top->children[i];
	}
	return NULL;
}

static const SdrObject *
read_address(SdrPlan *plan, const Address *address)
{
	const SdrObject *object;

	if (address->catalog == AttrDefaultRelationId)
		return read_default(plan, address->oid);
	for (int i = 0; i < lengthof(part_catalogs); i++)
	{
		if (part_catalogs[i].catalog == address->catalog)
			return read_part(plan, &part_catalogs[i], address->oid);
	}
	object = read_top(plan, address->catalog, address->oid);
	if (object == NULL && address->catalog == RelationRelationId)
		return read_index(plan, address->oid);
	if (object != NULL && address->subid != 0)
	{
		for (int i = 0; i < object->nchildren; i++)
		{
			if (object->children[i]->kind->id == SDR_KIND_COLUMN &&
				object->children[i]->attnum == address->subid)
				return object->children[i];
		}
	}
	return object;
}

static bool
seen_before(Search *search, const Address *address)
{
	const ListCell *lc;

	foreach(lc, search->seen)
	{
		const Address *other = lfirst(lc);

		if (other->catalog == address->catalog &&
			other->oid == address->oid && other->subid == address->subid)
			return true;
	}
	search->seen = lappend(search->seen, memcpy(palloc(sizeof(Address)),
												address, sizeof(Address)));
	return false;
}

/* ALTER COLUMN TYPE takes these along by itself. */
static bool
follows_column_type(Oid catalog)
{
	return catalog == ConstraintRelationId || catalog == RelationRelationId ||
		catalog == StatisticExtRelationId;
}

/* A column is found by its default too. */
static bool
is_among(const List *found, const SdrObject *object)
{
	const ListCell *lc;

	foreach(lc, found)
	{
		const SdrObject *other = lfirst(lc);

		if (other->kind == object->kind &&
			strcmp(other->name, object->name) == 0 &&
			strcmp(sdr_object_identity(other),
				   sdr_object_identity(object)) == 0)
			return true;
	}
	return false;
}

static void search_dependents(Search *search, const Address *address);
static void search_document(Search *search, const SdrObject *on);
static void search_live(Search *search, const SdrObject *on);

static void
add_found(Search *search, const SdrObject *object)
{
	if (!is_among(search->found, object))
		search->found = lappend(search->found, unconstify(SdrObject *, object));
}

static void
visit(Search *search, const Address *address)
{
	const SdrObject *object;

	if (seen_before(search, address))
		return;
	search_dependents(search, address);
	object = sdr_respelled(search->plan,
						   read_address(search->plan, address));
	if (object == NULL)
		return;
	/* what needs a column's default or expression does not need the column */
	if (address->catalog != AttrDefaultRelationId)
		search_document(search, object);
	add_found(search, object);
}

/* A view's rule is internal to the view: what depends on that depends on us. */
static bool
owner_of(SdrReader *reader, const Address *address, Address *owner)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found = false;

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(address->catalog));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(address->oid));
	scan = sdr_scan(reader, DependRelationId, DependDependerIndexId, 2, keys);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->deptype == DEPENDENCY_INTERNAL)
		{
			owner->catalog = form->refclassid;
			owner->oid = form->refobjid;
			owner->subid = 0;
			found = true;
		}
	}
	systable_endscan(scan);
	return found;
}

/* What depends on it without anything between. */
static List *
direct_dependents(const Search *search, const Address *address)
{
	ScanKeyData keys[3];
	SysScanDesc scan;
	HeapTuple	tuple;
	List	   *direct = NIL;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(address->catalog));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(address->oid));
	ScanKeyInit(&keys[2], Anum_pg_depend_refobjsubid, BTEqualStrategyNumber,
				F_INT4EQ, Int32GetDatum(address->subid));
	scan = sdr_scan(search->plan->reader, DependRelationId,
					DependReferenceIndexId, address->subid == 0 ? 2 : 3, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
		Address    *next = palloc(sizeof(Address));

		/* an array type comes with its element type */
		if ((form->deptype == DEPENDENCY_INTERNAL &&
			 form->classid != TypeRelationId) ||
			form->deptype == DEPENDENCY_EXTENSION ||
			(address->subid != 0 && !search->goes &&
			 follows_column_type(form->classid)))
			continue;
		next->catalog = form->classid;
		next->oid = form->objid;
		next->subid = form->objsubid;
		direct = lappend(direct, next);
	}
	systable_endscan(scan);
	return direct;
}

static void
search_dependents(Search *search, const Address *address)
{
	ListCell   *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	foreach(lc, direct_dependents(search, address))
	{
		Address    *next = lfirst(lc);
		Address		owner;

		if (next->catalog == RewriteRelationId &&
			owner_of(search->plan->reader, next, &owner))
			visit(search, &owner);
		else
			visit(search, next);
	}
}

/* The index that a part of a table is or has; InvalidOid if none. */
static Oid
index_oid(SdrReader *reader, const SdrObject *part)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			oid = InvalidOid;

	ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(sdr_top(part)->oid));
	scan = sdr_scan(reader, IndexRelationId, IndexIndrelidIndexId, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid			index = ((Form_pg_index) GETSTRUCT(tuple))->indexrelid;
		const SdrName *name = sdr_name(reader, RelationRelationId, index);

		if (name != NULL && strcmp(name->name, part->name) == 0)
			oid = index;
	}
	systable_endscan(scan);
	return oid;
}

/* The constraint that a part of a table is; InvalidOid if it is none. */
static Oid
constraint_oid(SdrReader *reader, const SdrObject *part)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			oid = InvalidOid;

	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(sdr_top(part)->oid));
	scan = sdr_scan(reader, ConstraintRelationId,
					ConstraintRelidTypidNameIndexId, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

		if (strcmp(NameStr(form->conname), part->name) == 0)
			oid = form->oid;
	}
	systable_endscan(scan);
	return oid;
}

/*
 * The live foreign keys that need a key which the live table does not have:
 * those that refer to its columns.
 */
static void
search_referring(Search *search, const SdrObject *key, const SdrObject *table)
{
	for (int i = 0; i < table->nchildren; i++)
	{
		const SdrObject *column = table->children[i];
		Address		address = {RelationRelationId, table->oid, column->attnum};
		Search		others = {.plan = search->plan,.goes = true};
		ListCell   *lc;

		if (column->kind->id != SDR_KIND_COLUMN)
			continue;
		foreach(lc, direct_dependents(&others, &address))
		{
			const Address *next = lfirst(lc);
			const SdrObject *object = next->catalog != ConstraintRelationId ?
			NULL : sdr_respelled(search->plan,
								 read_address(search->plan, next));

			if (object != NULL && sdr_depends_by_text(object, key, true))
				visit(search, next);
		}
	}
}

static void
search_address(Search *search, Oid catalog, Oid oid, int subid)
{
	Address		address = {catalog, oid, subid};

	if (OidIsValid(oid) && !seen_before(search, &address))
		search_dependents(search, &address);
}

/* Add what depends on an object in the live database. */
static void
search_live(Search *search, const SdrObject *on)
{
	const SdrObject *live = sdr_live_side(search->plan, on);
	const SdrObject *top;

	if (live == NULL)
	{
		top = sdr_live_side(search->plan, sdr_top(on));
		if (top != NULL && on != sdr_top(on) && sdr_is_key(on))
			search_referring(search, on, top);
		return;
	}
	top = sdr_top(live);
	if (live == top)
		search_address(search, sdr_catalog_of(top->kind->id), top->oid, 0);
	else if (live->kind->id == SDR_KIND_COLUMN)
		search_address(search, RelationRelationId, top->oid, live->attnum);
	else if (sdr_is_key(live) && top->kind->id != SDR_KIND_DOMAIN)
	{
		/* of other parts only keys have dependents */
		search_address(search, RelationRelationId,
					   index_oid(search->plan->reader, live), 0);
		search_address(search, ConstraintRelationId,
					   constraint_oid(search->plan->reader, live), 0);
	}
}

/* Is it a column that has the type? */
bool
sdr_is_column_of(const SdrObject *object, const SdrObject *type)
{
	const char *name = sdr_order_name(type);

	return object->kind->id == SDR_KIND_COLUMN && type == sdr_top(type) &&
		name != NULL && sdr_text(object, SDR_COLUMN_TYPE) != NULL &&
		sdr_mentions(sdr_text(object, SDR_COLUMN_TYPE), name);
}

static void
consider(Search *search, const SdrObject *object, const SdrObject *on)
{
	if (object->absent || is_among(search->found, object) ||
		!sdr_depends_by_text(object, on, search->goes))
		return;
	if (object->kind->id != SDR_KIND_COLUMN || sdr_is_column_of(object, on))
	{
		search_live(search, object);
		search_document(search, object);
	}
	add_found(search, object);
}

/* Add what depends on an object in the document that a plan leads from. */
static void
search_document(Search *search, const SdrObject *on)
{
	const ListCell *lc;

	check_stack_depth();
	if (!search->plan->options.adopt || is_among(search->asked, on))
		return;
	search->asked = lappend(search->asked, unconstify(SdrObject *, on));
	foreach(lc, sdr_mentioning(search->plan, on))
	{
		const SdrObject *have = ((const SdrChange *) lfirst(lc))->have;

		CHECK_FOR_INTERRUPTS();
		consider(search, have, on);
		for (int i = 0; i < have->nchildren; i++)
			consider(search, have->children[i], on);
	}
}

/* Is it a part of an object that stands in the list as well? */
static bool
is_part_of_any(const SdrObject *object, const List *objects)
{
	const SdrObject *top = sdr_top(object);
	const ListCell *lc;

	foreach(lc, objects)
	{
		const SdrObject *other = lfirst(lc);

		if (object != top && other->kind == top->kind &&
			strcmp(sdr_object_identity(other), sdr_object_identity(top)) == 0)
			return true;
	}
	return false;
}

/*
 * All objects that must go before an object can, the most dependent first.
 * With goes false the object is a column that stays, but gets another type:
 * what follows that is left out.  Of an object that goes, its parts are not in
 * the list, but for columns.
 */
List *
sdr_dependents(SdrPlan *plan, const SdrObject *object, bool goes)
{
	Search		search = {.plan = plan,.goes = goes};
	List	   *result = NIL;
	ListCell   *lc;

	search_live(&search, object);
	search_document(&search, object);
	foreach(lc, search.found)
	{
		const SdrObject *found = lfirst(lc);

		if (found->kind->id == SDR_KIND_COLUMN ||
			!is_part_of_any(found, search.found))
			result = lappend(result, lfirst(lc));
	}
	return result;
}
