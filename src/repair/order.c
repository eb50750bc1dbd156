/*-------------------------------------------------------------------------
 *
 * order.c
 *	  Steps in an order in which they run.
 *
 * A step must come after those that make what it mentions, and what is dropped
 * goes after all that mentions it and before what is made under its name.
 * What a step mentions is found in its text: every name there is qualified, as
 * texts are deparsed with search_path = pg_catalog, so a name is two
 * identifiers with a dot between.  A pair that only looks like one makes an
 * order stricter than it need be; a circle, which only such pairs can make, is
 * cut at the step with the lowest stage.
 *
 * Steps that lose data go last.  Where another step must wait for one, it says
 * so, and goes before those that nothing waits for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/binaryheap.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "utils/hsearch.h"

/* Who makes and who drops what has this name. */
typedef struct StepName
{
	char		key[SDR_KEY_SIZE];
	List	   *makers;			/* of StepNode * */
	List	   *droppers;
	List	   *freers;			/* after them the name can be taken */
} StepName;

typedef struct StepNode
{
	SdrStep    *step;
	List	   *after;			/* of StepNode *: those that must wait */
	int			waits_for;
	bool		done;
	bool		asked;			/* of a step that loses data: is what follows
								 * known? */
	const struct StepNode *holds_up;	/* step that loses none and waits for
										 * it, or NULL */
} StepNode;

#define LOSES_DATA(step)	((step)->stage >= SDR_STAGE_LOSE)

static bool
is_ident_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		IS_HIGHBIT_SET(c);
}

static bool
is_ident_char(char c)
{
	return is_ident_start(c) || (c >= '0' && c <= '9') || c == '$';
}

/*
 * The identifier that begins at p, without quotes, into name; the place behind
 * it, or NULL if there is none.
 */
static const char *
read_identifier(const char *p, char *name)
{
	int			len = 0;

	if (*p == '"')
	{
		for (p++; *p != '\0'; p++)
		{
			if (*p == '"' && *++p != '"')
				break;
			if (len < NAMEDATALEN - 1)
				name[len++] = *p;
		}
	}
	else if (is_ident_start(*p))
	{
		for (; is_ident_char(*p); p++)
		{
			if (len < NAMEDATALEN - 1)
				name[len++] = pg_tolower((unsigned char) *p);
		}
	}
	else
		return NULL;
	name[len] = '\0';
	return p;
}

/* A qualified name as a key of hash tables. */
void
sdr_make_key(char *key, const char *schema, const char *name)
{
	memset(key, 0, SDR_KEY_SIZE);
	snprintf(key, SDR_KEY_SIZE, "%s.%s", schema, name);
}

/*
 * The next qualified name in a text, into key, and whether a parenthesis
 * follows it; the place to go on from, NULL at the end.  Operators are names
 * too: OPERATOR(m.+).
 */
static const char *
next_name_or_call(const char *p, char *key, bool *is_call)
{
	char		schema[NAMEDATALEN];
	char		name[NAMEDATALEN];

	while (*p != '\0')
	{
		const char *end = read_identifier(p, schema);
		const char *second;

		if (end == NULL)
		{
			p++;
			continue;
		}
		if (*end != '.')
		{
			p = end;
			continue;
		}
		second = read_identifier(end + 1, name);
		if (second == NULL)
		{
			int			len = strspn(end + 1, "+-*/<>=~!@#%^&|`?");

			if (len == 0 || len >= NAMEDATALEN)
			{
				p = end + 1;
				continue;
			}
			memcpy(name, end + 1, len);
			name[len] = '\0';
			second = end + 1 + len;
		}
		sdr_make_key(key, schema, name);
		*is_call = *second == '(';
		/* of a.b.c, b.c may be the name */
		return end + 1;
	}
	return NULL;
}

const char *
sdr_next_name(const char *p, char *key)
{
	bool		is_call;

	return next_name_or_call(p, key, &is_call);
}

/* Does a text mention the object with this identity? */
bool
sdr_mentions(const char *text, const char *identity)
{
	char		wanted[SDR_KEY_SIZE];
	char		key[SDR_KEY_SIZE];

	if (sdr_next_name(identity, wanted) == NULL)
		return false;
	while ((text = sdr_next_name(text, key)) != NULL)
	{
		if (memcmp(key, wanted, SDR_KEY_SIZE) == 0)
			return true;
	}
	return false;
}

/* Does such a list of column aliases follow: m.t alias(a, b)? */
static bool
is_renamed_there(const char *p)
{
	char		name[NAMEDATALEN];

	p = read_identifier(p, name);	/* the second part of the name */
	if (p == NULL || *p != ' ')
		return false;
	p = read_identifier(p + 1, name);
	return p != NULL && *p == '(';
}

/*
 * Does a text have this name of a column, and mention its table, if one is
 * given?  Where the text calls the columns of the table by other names, any
 * column may be meant.
 */
bool
sdr_mentions_name(const char *text, const char *table, const char *column)
{
	char		wanted[SDR_KEY_SIZE];
	char		key[SDR_KEY_SIZE];
	char		name[NAMEDATALEN];
	bool		has_table = table == NULL;

	if (table != NULL && sdr_next_name(table, wanted) == NULL)
		return false;
	for (const char *p = text; table != NULL && (p = sdr_next_name(p, key)) != NULL;)
	{
		if (memcmp(key, wanted, SDR_KEY_SIZE) != 0)
			continue;
		if (is_renamed_there(p))
			return true;
		has_table = true;
	}
	for (const char *p = text; has_table && *p != '\0';)
	{
		const char *end = read_identifier(p, name);

		if (end != NULL && strcmp(name, column) == 0)
			return true;
		p = end == NULL ? p + 1 : end;
	}
	return false;
}

/* The key of a routine. */
static void
make_call(char *key)
{
	strlcat(key, "()", SDR_KEY_SIZE);
}

static StepName *
look_up(HTAB *names, const char *identity, HASHACTION action)
{
	char		key[SDR_KEY_SIZE];
	StepName   *name;
	bool		found;
	bool		is_call = false;

	if (next_name_or_call(identity, key, &is_call) == NULL)
	{
		char		plain[NAMEDATALEN];

		/* outside schemas */
		if (read_identifier(identity, plain) == NULL)
			return NULL;
		sdr_make_key(key, "", plain);
	}
	if (is_call)
		make_call(key);
	name = hash_search(names, key, action, &found);
	if (name != NULL && !found)
		name->makers = name->droppers = name->freers = NIL;
	return name;
}

/*
 * What a text means by a name: a routine where a parenthesis follows, unless
 * there is none, as a type may have a modifier; something else where none
 * does, unless there is no such thing, as routines are also named without
 * their arguments.
 */
static StepName *
meant_by(HTAB *names, const char *key, bool is_call)
{
	char		call[SDR_KEY_SIZE];
	StepName   *name;

	memcpy(call, key, SDR_KEY_SIZE);
	make_call(call);
	name = hash_search(names, is_call ? call : key, HASH_FIND, NULL);
	return name != NULL ? name :
		hash_search(names, is_call ? key : call, HASH_FIND, NULL);
}

/* Is one a routine with the name, but not the arguments, of the other? */
static bool
are_overloads(const SdrStep *step, const SdrStep *other)
{
	const char *mine = step->makes != NULL ? step->makes : step->drops;
	const char *its = other->makes != NULL ? other->makes : other->drops;
	int			len;

	if (mine == NULL || its == NULL || strcmp(mine, its) == 0)
		return false;
	len = strcspn(its, "(");
	return its[len] == '(' && strncmp(mine, its, len + 1) == 0;
}

static void
add_edge(StepNode *first, StepNode *then)
{
	if (first == then || list_member_ptr(first->after, then))
		return;
	first->after = lappend(first->after, then);
	then->waits_for++;
}

/*
 * Do two steps change columns of one table, and need no order but that of
 * their stages?
 */
static bool
are_columns(const SdrStep *first, const SdrStep *then)
{
	return ((first->drops != NULL && then->drops != NULL) ||
			first->stage >= then->stage) &&
		first->object->kind->id == SDR_KIND_COLUMN &&
		then->object->kind->id == SDR_KIND_COLUMN &&
		strcmp(sdr_object_identity(first->object->parent),
			   sdr_object_identity(then->object->parent)) == 0;
}

static void
add_edges(List *nodes, StepNode *node, bool nodes_first, bool is_call)
{
	const ListCell *lc;

	foreach(lc, nodes)
	{
		StepNode   *other = lfirst(lc);

		if (are_columns(nodes_first ? other->step : node->step,
						nodes_first ? node->step : other->step))
			continue;
		/* it mentions its own name; the other, only if with its arguments */
		if (is_call && are_overloads(node->step, other->step) &&
			(node->step->mentions == NULL ||
			 strstr(node->step->mentions, other->step->makes != NULL ?
					other->step->makes : other->step->drops) == NULL))
			continue;
		if (nodes_first)
			add_edge(other, node);
		else
			add_edge(node, other);
	}
}

/* What is let go goes later, whoever drops it. */
static void
add_releases(HTAB *names, StepNode *node)
{
	const char *p = node->step->releases;
	char		key[SDR_KEY_SIZE];
	bool		is_call;

	while (p != NULL && (p = next_name_or_call(p, key, &is_call)) != NULL)
	{
		StepName   *name = meant_by(names, key, is_call);

		if (name != NULL)
			add_edges(name->droppers, node, false, is_call);
	}
}

static void
add_edges_of(HTAB *names, StepNode *node)
{
	const SdrStep *step = node->step;
	const char *p = step->mentions;
	char		key[SDR_KEY_SIZE];
	StepName   *name;
	bool		is_call;

	while (p != NULL && (p = next_name_or_call(p, key, &is_call)) != NULL)
	{
		name = meant_by(names, key, is_call);
		if (name == NULL)
			continue;
		/* what goes first needs nothing that is made */
		if (step->drops == NULL && step->stage != SDR_STAGE_RELEASE)
			add_edges(name->makers, node, true, is_call);
		else if (step->drops != NULL)
			add_edges(name->droppers, node, false, is_call);
	}
	/* the name must be free */
	if (step->makes != NULL &&
		(name = look_up(names, step->makes, HASH_FIND)) != NULL)
		add_edges(name->freers, node, true, false);
	if (step->awaits != NULL &&
		(name = look_up(names, step->awaits, HASH_FIND)) != NULL)
		add_edges(name->freers, node, true, false);
	add_releases(names, node);
}

/* The lowest stage is on top of the heap, and there the first planned. */
static int
compare_nodes(Datum a, Datum b, void *arg)
{
	const SdrStep *x = ((StepNode *) DatumGetPointer(a))->step;
	const SdrStep *y = ((StepNode *) DatumGetPointer(b))->step;

	if (LOSES_DATA(x) && LOSES_DATA(y) &&
		(((StepNode *) DatumGetPointer(a))->holds_up != NULL) !=
		(((StepNode *) DatumGetPointer(b))->holds_up != NULL))
		return ((StepNode *) DatumGetPointer(a))->holds_up != NULL ? 1 : -1;
	if (x->stage != y->stage)
		return x->stage < y->stage ? 1 : -1;
	return x->number < y->number ? 1 : x->number > y->number ? -1 : 0;
}

/* Find which step a step that loses data cannot be last for, if there is one. */
static void
find_held_up(StepNode *node)
{
	const ListCell *lc;

	check_stack_depth();
	if (node->asked || !LOSES_DATA(node->step))
		return;
	node->asked = true;
	foreach(lc, node->after)
	{
		StepNode   *then = lfirst(lc);

		find_held_up(then);
		node->holds_up = LOSES_DATA(then->step) ? then->holds_up : then;
		if (node->holds_up != NULL)
			return;
	}
}

/* Let steps that lose data say why they are not the last. */
static void
note_held_up(StepNode *nodes, int n)
{
	for (int i = 0; i < n; i++)
	{
		SdrStep    *step = nodes[i].step;
		const SdrStep *then;

		find_held_up(&nodes[i]);
		if (nodes[i].holds_up == NULL || step->sql == NULL)
			continue;
		then = nodes[i].holds_up->step;
		step->note = psprintf("%s%sis not the last, as it stands in the way of %s %s",
							  step->note == NULL ? "" : step->note,
							  step->note == NULL ? "" : "; ",
							  then->object->kind->name,
							  sdr_object_identity(then->object));
	}
}

/* In a circle, the step to begin with. */
static StepNode *
cut_circle(StepNode *nodes, int n)
{
	StepNode   *best = NULL;

	for (int i = 0; i < n; i++)
	{
		if (!nodes[i].done &&
			(best == NULL || nodes[i].step->stage < best->step->stage))
			best = &nodes[i];
	}
	if (best != NULL)
		elog(DEBUG1, "circle of steps cut at: %s", best->step->sql);
	return best;
}

/* Register who makes and who drops what. */
static HTAB *
collect_names(StepNode *nodes, int n)
{
	HASHCTL		ctl = {.keysize = SDR_KEY_SIZE,.entrysize = sizeof(StepName)};
	HTAB	   *names;

	ctl.hcxt = CurrentMemoryContext;
	names = hash_create("schemadrift names of steps", 256, &ctl,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (int i = 0; i < n; i++)
	{
		const SdrStep *step = nodes[i].step;
		StepName   *name;

		if (step->makes != NULL &&
			(name = look_up(names, step->makes, HASH_ENTER)) != NULL)
			name->makers = lappend(name->makers, &nodes[i]);
		if (step->drops != NULL &&
			(name = look_up(names, step->drops, HASH_ENTER)) != NULL)
			name->droppers = lappend(name->droppers, &nodes[i]);
		if (step->frees != NULL &&
			(name = look_up(names, step->frees, HASH_ENTER)) != NULL)
			name->freers = lappend(name->freers, &nodes[i]);
	}
	return names;
}

static int
compare_objects(const void *a, const void *b)
{
	const SdrStep *x = (*(StepNode *const *) a)->step;
	const SdrStep *y = (*(StepNode *const *) b)->step;

	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	if (x->stage != y->stage)
		return x->stage < y->stage ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number ? 1 : 0;
}

/* Steps about one object keep their order, whatever the first waits for. */
static void
add_edges_of_objects(StepNode *nodes, int n)
{
	StepNode  **sorted = palloc(sizeof(StepNode *) * Max(n, 1));
	int			used = 0;

	for (int i = 0; i < n; i++)
	{
		if (nodes[i].step->drops == NULL && nodes[i].step->sql != NULL)
			sorted[used++] = &nodes[i];
	}
	qsort(sorted, used, sizeof(StepNode *), compare_objects);
	for (int i = 1; i < used; i++)
	{
		if (sorted[i]->step->object == sorted[i - 1]->step->object)
			add_edge(sorted[i - 1], sorted[i]);
	}
}

/* Put steps into an order in which they run. */
List *
sdr_order(List *steps)
{
	int			n = list_length(steps);
	StepNode   *nodes = palloc0(sizeof(StepNode) * Max(n, 1));
	binaryheap *heap = binaryheap_allocate(Max(n, 1), compare_nodes, NULL);
	List	   *result = NIL;
	HTAB	   *names;

	for (int i = 0; i < n; i++)
		nodes[i].step = list_nth(steps, i);
	names = collect_names(nodes, n);
	for (int i = 0; i < n; i++)
	{
		add_edges_of(names, &nodes[i]);
		for (int j = 0; nodes[i].step->after != NULL && j < n; j++)
		{
			if (nodes[j].step == nodes[i].step->after)
				add_edge(&nodes[j], &nodes[i]);
		}
	}
	add_edges_of_objects(nodes, n);
	note_held_up(nodes, n);
	for (int i = 0; i < n; i++)
	{
		if (nodes[i].waits_for == 0)
			binaryheap_add(heap, PointerGetDatum(&nodes[i]));
	}

	while (list_length(result) < n)
	{
		StepNode   *node = binaryheap_empty(heap) ? cut_circle(nodes, n) :
		(StepNode *) DatumGetPointer(binaryheap_remove_first(heap));
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		if (node->done)
			continue;
		node->done = true;
		result = lappend(result, node->step);
		foreach(lc, node->after)
		{
			StepNode   *then = lfirst(lc);

			if (--then->waits_for == 0 && !then->done)
				binaryheap_add(heap, PointerGetDatum(then));
		}
	}
	return result;
}
