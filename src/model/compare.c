/*-------------------------------------------------------------------------
 *
 * compare.c
 *	  The differences between two objects.
 *
 * expected comes from a document and asserts what it says; actual is what is
 * there.  The rules are those of the table of kinds; no kind is known here by
 * name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "model/model.h"

static const char *const drift_names[] = {
	[SDR_DRIFT_MISSING] = "missing",
	[SDR_DRIFT_UNEXPECTED] = "unexpected",
	[SDR_DRIFT_CHANGED] = "changed",
	[SDR_DRIFT_RENAMED] = "renamed",
};

const char *
sdr_drift_name(SdrDriftType drift)
{
	return drift_names[drift];
}

/* The order of objects everywhere: by kind, then by name, bytewise. */
int
sdr_item_cmp(const SdrItem *a, const SdrItem *b)
{
	if (a->kind != b->kind)
		return a->kind->id < b->kind->id ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void
emit(const SdrComparison *cmp, SdrDriftType drift, const SdrObject *object,
	 const char *attribute, const char *expected, const char *actual,
	 SdrSeverity severity)
{
	SdrDrift	row;

	row.drift = drift;
	row.object = object;
	row.attribute = attribute;
	row.expected = expected;
	row.actual = actual;
	row.severity = severity;
	cmp->emit(cmp->emit_arg, &row);
}

/* What stands for the object in a row about the whole of it; NULL if nothing. */
static const char *
summary(const SdrObject *object)
{
	for (int i = 0; i < SDR_NATTRS(object->kind); i++)
	{
		const SdrAttr *attr = sdr_attr(object->kind->first_attr + i);

		if ((attr->flags & SDR_ATTR_SHOWN) != 0)
			return sdr_value_text(attr, &object->attrs[i]);
	}
	return NULL;
}

static void
emit_long_name(const SdrComparison *cmp, const SdrObject *expected)
{
	if (expected->long_name != NULL)
		emit(cmp, SDR_DRIFT_CHANGED, expected, "name", expected->long_name,
			 expected->name, SDR_SEVERITY_COSMETIC);
}

/*
 * The severity of a drift of the whole object, which a boolean attribute that
 * is true and has this flag can raise.
 */
static SdrSeverity
raised_severity(const SdrObject *object, int flag, SdrSeverity severity)
{
	for (int i = 0; i < SDR_NATTRS(object->kind); i++)
	{
		const SdrAttr *attr = sdr_attr(object->kind->first_attr + i);

		if ((attr->flags & flag) != 0 &&
			object->attrs[i].tag == SDR_VALUE_BOOL &&
			object->attrs[i].u.boolean)
			severity = Min(severity, attr->severity);
	}
	return severity;
}

/* Report an object that is not there; one that must not be is fine. */
void
sdr_compare_missing(const SdrComparison *cmp, const SdrObject *expected)
{
	if (expected->absent || expected->optional)
		return;
	emit_long_name(cmp, expected);
	emit(cmp, SDR_DRIFT_MISSING, expected, NULL, summary(expected), NULL,
		 raised_severity(expected, SDR_ATTR_RAISES, expected->kind->missing));
}

/* Report an object that should not be there. */
void
sdr_compare_unexpected(const SdrComparison *cmp, const SdrObject *actual)
{
	emit(cmp, SDR_DRIFT_UNEXPECTED, actual, NULL, NULL, summary(actual),
		 raised_severity(actual, SDR_ATTR_RAISES_UNEXPECTED,
						 actual->kind->unexpected));
}

/* Does a document that is complete for some objects speak of this kind? */
bool
sdr_kind_is_some(const List *some, const SdrKind *kind)
{
	ListCell   *lc;

	foreach(lc, some)
	{
		if (((const SdrSome *) lfirst(lc))->kind == kind)
			return true;
	}
	return false;
}

static bool
is_met(const SdrCondition *condition, const SdrObject *actual)
{
	const SdrAttr *attr = sdr_attr(condition->attr);
	const SdrValue *value = sdr_value(actual, condition->attr);
	const char *text = value->tag == SDR_VALUE_UNSET &&
	attr->dflt != NULL && strcmp(attr->dflt, "null") != 0 ? attr->dflt :
	sdr_value_text(attr, value);
	ListCell   *lc;

	foreach(lc, condition->values)
	{
		const char *wanted = lfirst(lc);

		if (text == NULL ? wanted == NULL :
			wanted != NULL && strcmp(text, wanted) == 0)
			return true;
	}
	return false;
}

/* Is this one of the objects that a document is complete for? */
bool
sdr_is_some(const List *some, const SdrObject *actual)
{
	ListCell   *lc;

	foreach(lc, some)
	{
		const SdrSome *these = lfirst(lc);
		ListCell   *c;
		bool		met = these->kind == actual->kind;

		foreach(c, these->conditions)
			met = met && is_met(lfirst(c), actual);
		if (met)
			return true;
	}
	return false;
}

static bool
same_text(const SdrComparison *cmp, const SdrAttr *attr,
		  const SdrObject *actual, const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return true;
	if (sdr_same_but_renamed(cmp->renames, a, b))
	{
		if (cmp->followed != NULL && !sdr_same_but_renamed(cmp->untold, a, b))
			cmp->followed(cmp->same_arg, actual);
		return true;
	}
	return attr->type >= SDR_TYPE_TYPE &&
		cmp->same(cmp->same_arg, attr, actual, a, b);
}

/* A sorted list in the order of another one, by what they were called. */
static const List *
in_order_of(const SdrComparison *cmp, const List *b, const List *a)
{
	List	   *rest = list_copy(b);
	List	   *result = NIL;
	ListCell   *x;
	ListCell   *y;

	foreach(x, a)
	{
		foreach(y, rest)
		{
			if (strcmp(lfirst(x), lfirst(y)) != 0 &&
				!sdr_same_but_renamed(cmp->renames, lfirst(x), lfirst(y)))
				continue;
			result = lappend(result, lfirst(y));
			rest = foreach_delete_current(rest, y);
			break;
		}
	}
	return list_concat(result, rest);
}

static bool
same_list(const SdrComparison *cmp, const SdrAttr *attr,
		  const SdrObject *actual, const List *a, const List *b)
{
	ListCell   *x;
	ListCell   *y;

	if (list_length(a) != list_length(b))
		return false;
	if (cmp->renames != NIL && (attr->flags & SDR_ATTR_SET) != 0)
		b = in_order_of(cmp, b, a);
	forboth(x, a, y, b)
	{
		if (!same_text(cmp, attr, actual, lfirst(x), lfirst(y)))
			return false;
	}
	return true;
}

/* b is the map of the actual object. */
static bool
same_map(const SdrComparison *cmp, const SdrAttr *attr,
		 const SdrObject *actual, const List *a, const List *b)
{
	ListCell   *x;
	ListCell   *y;

	if (list_length(a) != list_length(b))
		return false;
	if (attr->type == SDR_TYPE_PRIVILEGES)
		a = sdr_map_renamed(cmp->renames, a, b);
	forboth(x, a, y, b)
	{
		const SdrPair *p = lfirst(x);
		const SdrPair *q = lfirst(y);

		if (strcmp(p->key, q->key) != 0)
			return false;
		if (strcmp(p->value, q->value) != 0 &&
			!((attr->flags & SDR_ATTR_NAMES) != 0 &&
			  sdr_same_but_renamed(cmp->renames, p->value, q->value)) &&
			!sdr_secret_same(actual, q->key, p->value, q->value))
			return false;
	}
	return true;
}

static bool
same_value(const SdrComparison *cmp, const SdrAttr *attr,
		   const SdrObject *actual, const SdrValue *a, const SdrValue *b)
{
	if (a->tag != b->tag)
		return false;
	switch (a->tag)
	{
		case SDR_VALUE_UNSET:
		case SDR_VALUE_NULL:
			return true;
		case SDR_VALUE_BOOL:
			return a->u.boolean == b->u.boolean;
		case SDR_VALUE_INT:
			return a->u.integer == b->u.integer;
		case SDR_VALUE_TEXT:
			return same_text(cmp, attr, actual, a->u.text, b->u.text);
		case SDR_VALUE_LIST:
			return same_list(cmp, attr, actual, a->u.list, b->u.list);
		case SDR_VALUE_MAP:
			return same_map(cmp, attr, actual, a->u.map, b->u.map);
	}
	return false;
}

/* The value as a drift row shows it, or the default where nothing is said. */
static const char *
value_or_default(const SdrAttr *attr, const SdrValue *value)
{
	if (value->tag != SDR_VALUE_UNSET)
		return sdr_value_text(attr, value);
	return attr->dflt == NULL || strcmp(attr->dflt, "null") == 0 ? NULL :
		attr->dflt;
}

/* A default such as "bigint" can be written in another way. */
static bool
same_as_default(const SdrComparison *cmp, const SdrAttr *attr,
				const SdrObject *actual, const SdrValue *value)
{
	return value->tag == SDR_VALUE_TEXT && attr->dflt != NULL &&
		same_text(cmp, attr, actual, value->u.text, attr->dflt);
}

static void
compare_attr(const SdrComparison *cmp, const SdrObject *expected,
			 const SdrObject *actual, int i)
{
	const SdrKind *kind = expected->kind;
	const SdrAttr *attr = sdr_attr(kind->first_attr + i);
	const SdrValue *e = &expected->attrs[i];
	const SdrValue *a = &actual->attrs[i];

	if ((attr->flags & SDR_ATTR_DERIVED) != 0)
	{
		if (e->tag == SDR_VALUE_UNSET)
			return;
		a = sdr_derived_value(actual, kind->first_attr + i);
	}
	if (e->tag == SDR_VALUE_UNSET)
	{
		/*
		 * What has no default is always said by a snapshot that knows it, and
		 * so is what a server picks that had nothing to pick yet.
		 */
		if (attr->dflt == NULL && ((attr->flags & SDR_ATTR_IMPLIED) == 0 ||
								   attr->since > cmp->expected_server))
			return;
		if (!expected->exact || a->tag == SDR_VALUE_UNSET ||
			sdr_value_is_default(attr, a) ||
			same_as_default(cmp, attr, actual, a))
			return;
	}
	else if (a->tag == SDR_VALUE_UNSET)
	{
		if (sdr_value_is_default(attr, e) ||
			same_as_default(cmp, attr, actual, e))
			return;
	}
	else if (same_value(cmp, attr, actual, e, a))
		return;

	emit(cmp, SDR_DRIFT_CHANGED, actual, attr->name,
		 value_or_default(attr, e), value_or_default(attr, a), attr->severity);
}

/* A column on both sides, with the places where it stands. */
typedef struct Place
{
	const SdrObject *actual;
	int64		expected_at;
	int64		actual_at;
	int64		best;			/* weight of the ascending run that ends here */
	int			previous;
} Place;

static int
compare_places(const void *a, const void *b)
{
	int64		x = ((const Place *) a)->expected_at;
	int64		y = ((const Place *) b)->expected_at;

	return x < y ? -1 : x > y ? 1 : 0;
}

/*
 * Report the objects that stand elsewhere.  Only the order counts, so that
 * one column missing in front does not move all that follow, and of an order
 * that differs only what is outside its longest common run, which is what
 * somebody moved.
 */
static void
emit_places(const SdrComparison *cmp, const SdrAttr *attr, Place *places,
			int n)
{
	int			last = -1;
	int64		all = 0;

	qsort(places, n, sizeof(Place), compare_places);
	for (int i = 0; i < n; i++)
	{
		/* of two runs of the same length, the one with what did not move */
		int64		weight = n + 1 +
		(places[i].expected_at == places[i].actual_at ? 1 : 0);

		all += weight;
		places[i].best = weight;
		places[i].previous = -1;
		for (int j = i - 1; j >= 0; j--)
		{
			if (places[j].actual_at < places[i].actual_at &&
				places[j].best + weight > places[i].best)
			{
				places[i].best = places[j].best + weight;
				places[i].previous = j;
				/* in order so far, which is nearly always so */
				if (places[i].best == all)
					break;
			}
		}
		if (last < 0 || places[i].best > places[last].best)
			last = i;
	}

	for (int i = n - 1; i >= 0; i--)
	{
		if (i == last)
		{
			last = places[i].previous;
			places[i].best = 0;
		}
	}
	for (int i = 0; i < n; i++)
	{
		if (places[i].best > 0)
			emit(cmp, SDR_DRIFT_CHANGED, places[i].actual, attr->name,
				 psprintf(INT64_FORMAT, places[i].expected_at),
				 psprintf(INT64_FORMAT, places[i].actual_at), attr->severity);
	}
}

/* The attribute of a kind that tells the order; -1 if it has none. */
static int
position_attr(const SdrKind *kind)
{
	for (int i = 0; i < SDR_NATTRS(kind); i++)
	{
		if (sdr_attr(kind->first_attr + i)->type == SDR_TYPE_POSITION)
			return i;
	}
	return -1;
}

/* Compare the order of children e[] and a[], both sorted, all of one kind. */
static void
compare_order(const SdrComparison *cmp, SdrObject *const *e, int ne,
			  SdrObject *const *a, int na)
{
	int			pos = ne > 0 ? position_attr(e[0]->kind) : -1;
	Place	   *places;
	int			n = 0;

	if (pos < 0)
		return;
	places = palloc(sizeof(Place) * ne);
	for (int i = 0, j = 0; i < ne && j < na;)
	{
		int			order = strcmp(e[i]->name, a[j]->name);

		if (order == 0 && e[i]->attrs[pos].tag == SDR_VALUE_INT &&
			a[j]->attrs[pos].tag == SDR_VALUE_INT)
		{
			places[n].actual = a[j];
			places[n].expected_at = e[i]->attrs[pos].u.integer;
			places[n].actual_at = a[j]->attrs[pos].u.integer;
			n++;
		}
		if (order <= 0)
			i++;
		if (order >= 0)
			j++;
	}
	if (n > 0)
		emit_places(cmp, sdr_attr(e[0]->kind->first_attr + pos), places, n);
	pfree(places);
}

static int
count_of_kind(const SdrObject *object, int start, const SdrKind *kind)
{
	int			end = start;

	while (end < object->nchildren && object->children[end]->kind == kind)
		end++;
	return end - start;
}

/* Does the object say that there is no such child but those it lists? */
static bool
is_complete_for(const SdrObject *expected, const SdrObject *child)
{
	if ((child->kind->parents & SDR_DERIVED) == 0 &&
		(expected->complete & SDR_KIND_BIT(child->kind->id)) != 0)
		return true;
	return sdr_is_some(expected->some, child);
}

static void
count_row(void *arg, const SdrDrift *drift)
{
	(*(int *) arg)++;
}

static int
count_rows(const SdrComparison *cmp, const SdrObject *expected,
		   SdrObject *actual)
{
	SdrComparison counting = *cmp;
	int			rows = 0;

	counting.emit_arg = &rows;
	counting.emit = count_row;
	sdr_compare_objects(&counting, expected, actual);
	return rows;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp((*(SdrObject *const *) a)->name,
				  (*(SdrObject *const *) b)->name);
}

static bool
has_name(SdrObject *const *objects, int n, SdrObject *wanted)
{
	return bsearch(&wanted, objects, n, sizeof(SdrObject *),
				   compare_names) != NULL;
}

/*
 * For expected objects that may have another name and are not there under
 * their own, take an actual one that has no counterpart and does not differ.
 * Returns the actual objects that were taken, by index.  Both are sorted and
 * of one kind.
 */
static bool *
take_other_names(const SdrComparison *cmp, SdrObject *const *es, int ne,
				 SdrObject *const *as, int na, bool *is_found)
{
	bool	   *is_taken = palloc0(sizeof(bool) * Max(na, 1));

	for (int i = 0; i < ne; i++)
	{
		is_found[i] = false;
		if (!es[i]->any_name || has_name(as, na, es[i]))
			continue;
		for (int j = 0; j < na && !is_found[i]; j++)
		{
			CHECK_FOR_INTERRUPTS();
			is_found[i] = !is_taken[j] && !has_name(es, ne, as[j]) &&
				count_rows(cmp, es[i], as[j]) == 0;
			is_taken[j] = is_taken[j] || is_found[i];
		}
	}
	return is_taken;
}

static void
compare_children(const SdrComparison *cmp, const SdrObject *expected,
				 SdrObject *actual)
{
	int			e = 0;
	int			a = 0;

	sdr_derive_children(expected, actual);

	while (e < expected->nchildren || a < actual->nchildren)
	{
		const SdrKind *kind;
		SdrObject **es = expected->children + e;
		SdrObject **as = actual->children + a;
		int			ne;
		int			na;
		bool	   *is_found;
		bool	   *is_taken;

		/* the next kind that either side has */
		if (e >= expected->nchildren)
			kind = as[0]->kind;
		else if (a >= actual->nchildren)
			kind = es[0]->kind;
		else
			kind = as[0]->kind->id < es[0]->kind->id ? as[0]->kind : es[0]->kind;
		ne = count_of_kind(expected, e, kind);
		na = count_of_kind(actual, a, kind);
		e += ne;
		a += na;
		is_found = palloc(sizeof(bool) * Max(ne, 1));
		is_taken = take_other_names(cmp, es, ne, as, na, is_found);

		for (int i = 0, j = 0; i < ne || j < na;)
		{
			int			order;

			if (i >= ne)
				order = 1;
			else if (j >= na)
				order = -1;
			else
				order = strcmp(es[i]->name, as[j]->name);

			if (order < 0)
			{
				if (!is_found[i])
					sdr_compare_missing(cmp, es[i]);
				i++;
			}
			else if (order == 0)
				sdr_compare_objects(cmp, es[i++], as[j++]);
			else
			{
				if (!is_taken[j] && is_complete_for(expected, as[j]))
					sdr_compare_unexpected(cmp, as[j]);
				j++;
			}
		}
		compare_order(cmp, es, ne, as, na);
	}
}

static bool
is_none(const SdrValue *value)
{
	return value->tag == SDR_VALUE_UNSET || value->tag == SDR_VALUE_NULL;
}

/* The first attribute behind the group that attribute i belongs to. */
static int
end_of_group(const SdrKind *kind, int i)
{
	const char *group = sdr_attr(kind->first_attr + i)->name;
	int			len = strcspn(group, ".") + 1;

	while (i < SDR_NATTRS(kind) &&
		   strncmp(sdr_attr(kind->first_attr + i)->name, group, len) == 0)
		i++;
	return i;
}

/* Of several objects, the one that the actual object differs least from. */
static const SdrObject *
nearest(const SdrComparison *cmp, const List *any_of, SdrObject *actual)
{
	const SdrObject *best = NULL;
	int			best_rows = 0;
	ListCell   *lc;

	foreach(lc, any_of)
	{
		int			rows = count_rows(cmp, lfirst(lc), actual);

		if (best == NULL || rows < best_rows)
		{
			best = lfirst(lc);
			best_rows = rows;
		}
		if (rows == 0)
			break;
	}
	return best;
}

/*
 * Report every difference between two objects of the same kind and name.
 * Children must be sorted.  Children of derived kinds are added to actual
 * where expected speaks of them.
 */
void
sdr_compare_objects(const SdrComparison *cmp, const SdrObject *expected,
					SdrObject *actual)
{
	if (expected->any_of != NIL)
		expected = nearest(cmp, expected->any_of, actual);
	emit_long_name(cmp, expected);
	if (expected->absent)
	{
		sdr_compare_unexpected(cmp, actual);
		return;
	}

	for (int i = 0; i < SDR_NATTRS(expected->kind); i++)
	{
		const SdrAttr *attr = sdr_attr(expected->kind->first_attr + i);

		if (attr->since > cmp->server || attr->type == SDR_TYPE_POSITION)
			continue;
		compare_attr(cmp, expected, actual, i);
		/* of a group that one side does not have, the rest is no news */
		if ((attr->flags & SDR_ATTR_GROUP_SHORT) != 0 &&
			is_none(&expected->attrs[i]) != is_none(&actual->attrs[i]))
			i = end_of_group(expected->kind, i) - 1;
	}
	compare_children(cmp, expected, actual);
}
