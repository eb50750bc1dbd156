/*-------------------------------------------------------------------------
 *
 * document.c
 *	  The upper levels of a document: which schemas and objects it names.
 *
 * Objects are found here but read one by one, when their turn comes, so that
 * a document of any size costs the memory of its largest object.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "model/model.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#define SDR_FORMAT		"schemadrift/1"

/* The short form of schema public. */
#define SDR_DEFAULT_SCHEMA	"public"

typedef void (*MemberCallback) (SdrDocument *document, void *arg,
								const JsonbValue *value, SdrPath *path);

/* Call for each member of an object; anything else is an error. */
static void
for_each_member(SdrDocument *document, void *arg, const JsonbValue *node,
				const SdrPath *path, MemberCallback callback)
{
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;
	SdrPath    *here = NULL;

	if (node->type != jbvBinary || !JsonContainerIsObject(node->val.binary.data))
		sdr_json_error(path, "object expected", NULL);

	it = JsonbIteratorInit(node->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (tok == WJB_KEY)
		{
			here = palloc(sizeof(SdrPath));
			here->parent = path;
			here->key = v.val.string.val;
			here->len = v.val.string.len;
		}
		else if (tok == WJB_VALUE)
		{
			Assert(here != NULL);
			callback(document, arg, &v, here);
		}
	}
}

static bool
key_is(const SdrPath *path, const char *key)
{
	return path->len == strlen(key) && memcmp(path->key, key, path->len) == 0;
}

static char *
copy_name(const SdrPath *path)
{
	char	   *name = pnstrdup(path->key, path->len);

	truncate_identifier(name, path->len, false);
	return name;
}

typedef struct NodeList
{
	const SdrKind *kind;
	List	  **nodes;
} NodeList;

static void
add_node(SdrDocument *document, void *arg, const JsonbValue *value,
		 SdrPath *path)
{
	NodeList   *list = arg;
	SdrDocNode *node = palloc0(sizeof(SdrDocNode));

	node->item.kind = list->kind;
	node->item.name = SDR_NAME_IS_SQL(list->kind) ?
		pnstrdup(path->key, path->len) : copy_name(path);
	node->value = *value;
	node->path = path;
	*list->nodes = lappend(*list->nodes, node);
}

/* Note the objects under a key of a schema; false if it is no kind's key. */
static bool
add_nodes(SdrDocument *document, SdrKindId parent, List **nodes,
		  const JsonbValue *value, const SdrPath *path)
{
	NodeList	list;

	list.kind = sdr_kind_by_node(sdr_kind(parent), path->key, path->len);
	list.nodes = nodes;
	if (list.kind == NULL)
		return false;
	for_each_member(document, &list, value, path, add_node);
	return true;
}

typedef struct SchemaEntry
{
	char		name[NAMEDATALEN];	/* key */
	SdrDocSchema *schema;
} SchemaEntry;

static SdrDocSchema *
get_schema(SdrDocument *document, const char *name, SdrScope scope)
{
	SchemaEntry *entry;
	bool		found;

	if (document->by_name == NULL)
	{
		HASHCTL		ctl;

		ctl.keysize = NAMEDATALEN;
		ctl.entrysize = sizeof(SchemaEntry);
		ctl.hcxt = CurrentMemoryContext;
		document->by_name = hash_create("schemadrift document", 64, &ctl,
										HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	}
	entry = hash_search(document->by_name, name, HASH_ENTER, &found);
	if (!found)
	{
		SdrDocSchema *schema = palloc0(sizeof(SdrDocSchema));

		schema->object = sdr_object_new(SDR_KIND_SCHEMA, pstrdup(name), NULL);
		schema->object->exact = scope.exact;
		schema->scope = scope;
		document->schemas = lappend(document->schemas, schema);
		entry->schema = schema;
	}
	return entry->schema;
}

static void
add_schema_member(SdrDocument *document, void *arg, const JsonbValue *value,
				  SdrPath *path)
{
	SdrDocSchema *schema = arg;

	if (key_is(path, "complete") || key_is(path, "exact"))
		return;
	if (!sdr_json_attr(schema->object, value, path) &&
		!add_nodes(document, SDR_KIND_SCHEMA, &schema->nodes, value, path))
		sdr_json_error_key(sdr_kind(SDR_KIND_SCHEMA), path);
}

static void
add_schema(SdrDocument *document, void *arg, const JsonbValue *value,
		   SdrPath *path)
{
	char	   *name = copy_name(path);
	SdrDocSchema *schema = get_schema(document, name, document->scope);

	if (schema->named)
		sdr_json_error(path, psprintf("schema \"%s\" is named twice", name),
					   "Names longer than 63 bytes are truncated.");
	schema->named = true;
	if (path->len >= NAMEDATALEN)
		schema->object->long_name = pnstrdup(path->key, path->len);
	if (value->type == jbvNull)
	{
		if (schema->nodes != NIL)
			sdr_json_error(path, psprintf("schema \"%s\" must not exist and has objects",
										  name), NULL);
		schema->object->absent = true;
		return;
	}
	if (value->type == jbvBinary &&
		JsonContainerIsObject(value->val.binary.data))
	{
		schema->scope = sdr_json_scope(value, document->scope, path);
		schema->object->exact = schema->scope.exact;
	}
	for_each_member(document, schema, value, path, add_schema_member);
}

static void
read_format(const JsonbValue *value, const SdrPath *path)
{
	if (value->type != jbvString ||
		value->val.string.len != strlen(SDR_FORMAT) ||
		memcmp(value->val.string.val, SDR_FORMAT, strlen(SDR_FORMAT)) != 0)
		sdr_json_error(path, "format not supported",
					   "This version reads format \"" SDR_FORMAT "\".");
}

static int
read_server(const JsonbValue *value, const SdrPath *path)
{
	int32		server = 0;

	if (value->type == jbvNumeric)
	{
		char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out,
															   NumericGetDatum(value->val.numeric)));

		if (strlen(text) <= 7 && strspn(text, "0123456789") == strlen(text))
			server = pg_strtoint32(text);
	}
	if (server < 90000 || server > 9999999)
		sdr_json_error(path, "server version number expected",
					   "It is what SHOW server_version_num prints, such as 150020.");
	return server;
}

static void
add_member(SdrDocument *document, void *arg, const JsonbValue *value,
		   SdrPath *path)
{
	List	   *nodes = NIL;

	if (key_is(path, "complete") || key_is(path, "exact") ||
		key_is(path, "global"))
		return;
	if (key_is(path, "format"))
		read_format(value, path);
	else if (key_is(path, "server"))
		document->server = read_server(value, path);
	else if (key_is(path, sdr_kind(SDR_KIND_SCHEMA)->node))
		for_each_member(document, NULL, value, path, add_schema);
	else if (add_nodes(document, SDR_KIND_DOCUMENT, &document->nodes, value,
					   path))
		return;
	else if (add_nodes(document, SDR_KIND_SCHEMA, &nodes, value, path))
	{
		SdrDocSchema *schema = get_schema(document, SDR_DEFAULT_SCHEMA,
										  document->scope);

		if (schema->object->absent && nodes != NIL)
			sdr_json_error(path, "schema \"" SDR_DEFAULT_SCHEMA "\" must not exist and has objects",
						   NULL);
		schema->nodes = list_concat(schema->nodes, nodes);
	}
	else
		sdr_json_error_key(sdr_kind(SDR_KIND_DOCUMENT), path);
}

/* Of two of a name, what is gone comes last. */
static int
compare_nodes(const ListCell *a, const ListCell *b)
{
	const SdrDocNode *x = lfirst(a);
	const SdrDocNode *y = lfirst(b);
	int			order = sdr_item_cmp(&x->item, &y->item);

	return order != 0 ? order : (int) x->gone - (int) y->gone;
}

static int
compare_schemas(const ListCell *a, const ListCell *b)
{
	return strcmp(((const SdrDocSchema *) lfirst(a))->object->name,
				  ((const SdrDocSchema *) lfirst(b))->object->name);
}

static void
error_twice(const SdrKind *kind, const char *name, const SdrPath *path)
{
	sdr_json_error(path, psprintf("%s \"%s\" is named twice", kind->name, name),
				   SDR_NAME_IS_SQL(kind) ?
				   "The name can be written in several ways." :
				   "Names longer than 63 bytes are truncated.");
}

/* Sort nodes as live objects are; two of the same name are an error. */
void
sdr_document_sort(List *nodes)
{
	list_sort(nodes, compare_nodes);
	for (int i = 1; i < list_length(nodes); i++)
	{
		const SdrDocNode *node = list_nth(nodes, i);

		if (compare_nodes(list_nth_cell(nodes, i - 1),
						  list_nth_cell(nodes, i)) == 0)
			error_twice(node->item.kind, node->item.name, node->path);
	}
}

/* What the document says of its whole, wherever in it that stands. */
static void
read_root(SdrDocument *document, const JsonbValue *root)
{
	JsonbValue	v;

	if (getKeyJsonValueFromContainer(root->val.binary.data, "global", 6, &v))
	{
		SdrPath		here = {NULL, "global", 6};

		if (v.type != jbvBool)
			sdr_json_error(&here, "boolean expected", NULL);
		document->is_global = v.val.boolean;
	}
	document->scope = sdr_json_scope(root, document->scope, NULL);
	if (!document->is_global && document->scope.complete == SDR_ALL_KINDS)
		document->scope.complete &= ~sdr_global_kinds();
}

/*
 * Open a document: check its upper levels and list what it names.  The jsonb
 * must stay where it is while the result is used.
 */
SdrDocument *
sdr_document_open(Jsonb *document)
{
	SdrDocument *result = palloc0(sizeof(SdrDocument));
	JsonbValue	root;
	ListCell   *lc;

	root.type = jbvBinary;
	root.val.binary.data = &document->root;
	root.val.binary.len = VARSIZE(document) - VARHDRSZ;
	if (!JB_ROOT_IS_OBJECT(document))
		sdr_json_error(NULL, "object expected",
					   "A document looks like {\"tables\": {\"a\": {\"columns\": {\"id\": \"bigint\"}}}}.");

	result->server = SDR_SERVER_VERSION;
	read_root(result, &root);
	for_each_member(result, NULL, &root, NULL, add_member);

	list_sort(result->schemas, compare_schemas);
	sdr_document_sort(result->nodes);
	foreach(lc, result->schemas)
		sdr_document_sort(((SdrDocSchema *) lfirst(lc))->nodes);
	return result;
}

/* What the document says of a schema; NULL if nothing. */
const SdrDocSchema *
sdr_document_schema(const SdrDocument *document, const char *name)
{
	SchemaEntry *entry = document->by_name == NULL ? NULL :
	hash_search(document->by_name, name, HASH_FIND, NULL);

	return entry == NULL ? NULL : entry->schema;
}

/* The list of nodes of a schema, or of what is outside; NULL if none. */
static List **
nodes_of(SdrDocument *document, const char *schema)
{
	SdrDocSchema *found;

	if (schema == NULL)
		return &document->nodes;
	found = (SdrDocSchema *) unconstify(SdrDocSchema *,
										sdr_document_schema(document, schema));
	return found == NULL || found->object->absent ? NULL : &found->nodes;
}

/* Take the node of an object out; NULL if there is none that expects it. */
SdrDocNode *
sdr_document_take(SdrDocument *document, const SdrKind *kind,
				  const char *schema, const char *name)
{
	List	  **nodes = nodes_of(document, schema);
	ListCell   *lc;

	if (nodes == NULL)
		return NULL;
	foreach(lc, *nodes)
	{
		SdrDocNode *node = lfirst(lc);

		if (node->item.kind != kind || strcmp(node->item.name, name) != 0)
			continue;
		if (node->value.type == jbvNull)
			return NULL;
		*nodes = foreach_delete_current(*nodes, lc);
		return node;
	}
	return NULL;
}

/*
 * Put a node into a schema of the document; false if that is not there.  One
 * of that name is about an object that is gone.
 */
bool
sdr_document_put(SdrDocument *document, SdrDocNode *node, const char *schema)
{
	List	  **nodes = nodes_of(document, schema);
	ListCell   *lc;

	if (nodes == NULL)
		return false;
	foreach(lc, *nodes)
	{
		SdrDocNode *other = lfirst(lc);

		if (sdr_item_cmp(&other->item, &node->item) == 0)
			other->gone = true;
	}
	*nodes = lappend(*nodes, node);
	list_sort(*nodes, compare_nodes);
	return true;
}

/* Take a schema out; NULL if there is none that is expected. */
SdrDocSchema *
sdr_document_take_schema(SdrDocument *document, const char *name)
{
	SchemaEntry *entry = document->by_name == NULL ? NULL :
	hash_search(document->by_name, name, HASH_FIND, NULL);
	SdrDocSchema *schema;

	if (entry == NULL || entry->schema->object->absent)
		return NULL;
	schema = entry->schema;
	(void) hash_search(document->by_name, name, HASH_REMOVE, NULL);
	document->schemas = list_delete_ptr(document->schemas, schema);
	return schema;
}

/* Put it in under a name; false if the document has another one of that. */
bool
sdr_document_put_schema(SdrDocument *document, SdrDocSchema *schema,
						const char *name)
{
	SchemaEntry *entry;
	bool		found;

	if (sdr_document_schema(document, name) != NULL)
		return false;
	entry = hash_search(document->by_name, name, HASH_ENTER, &found);
	entry->schema = schema;
	schema->object->name = name;
	document->schemas = lappend(document->schemas, schema);
	list_sort(document->schemas, compare_schemas);
	return true;
}

/* Parts that have the same name once it is truncated. */
static void
check_twice(const SdrObject *object, const SdrPath *path)
{
	ListCell   *lc;

	for (int i = 0; i < object->nchildren; i++)
	{
		const SdrObject *child = object->children[i];

		if (i > 0 && object->children[i - 1]->kind == child->kind &&
			strcmp(object->children[i - 1]->name, child->name) == 0)
			error_twice(child->kind, child->name, path);
	}
	foreach(lc, object->any_of)
		check_twice(lfirst(lc), path);
}

/*
 * Read the object of a node, as a child of parent, which is a schema or, for
 * kinds outside schemas, NULL.
 */
SdrObject *
sdr_document_object(const SdrDocNode *node, SdrScope scope, SdrObject *parent)
{
	SdrObject  *object = sdr_json_object(&node->value, node->item.kind->id, parent,
										 node->path, scope);
	ListCell   *lc;

	object->name = node->item.name;
	foreach(lc, object->any_of)
		((SdrObject *) lfirst(lc))->name = object->name;
	sdr_object_sort(object);
	check_twice(object, node->path);
	return object;
}

/* Read all objects of a list, for the errors that may be in them. */
void
sdr_document_validate(const List *nodes)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "schemadrift document",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	SdrScope	scope = {0};
	ListCell   *lc;

	foreach(lc, nodes)
	{
		CHECK_FOR_INTERRUPTS();
		(void) sdr_document_object(lfirst(lc), scope, NULL);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* Open a document and read all of it, for the errors that may be in it. */
SdrDocument *
sdr_document_read(Jsonb *jsonb)
{
	SdrDocument *document = sdr_document_open(jsonb);
	ListCell   *lc;

	sdr_document_validate(document->nodes);
	foreach(lc, document->schemas)
		sdr_document_validate(((SdrDocSchema *) lfirst(lc))->nodes);
	return document;
}
