/*-------------------------------------------------------------------------
 *
 * json_in.c
 *	  Objects out of the jsonb of a document.
 *
 * Driven by the table of kinds.  Whatever the table does not know is an error
 * that names its place: a misspelt key must never look like "no drift".
 * Recursion is as deep as kinds are nested, whatever the document holds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "model/model.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/numeric.h"

static void read_attr(SdrObject *object, SdrAttrId id, const JsonbValue *node,
					  const SdrPath *path);

/* A key as jsonpath writes it. */
static void
append_path_key(StringInfo buf, const SdrPath *path)
{
	bool		plain = path->len > 0 && !isdigit((unsigned char) path->key[0]);

	if (path->parent != NULL)
		append_path_key(buf, path->parent);
	else
		appendStringInfoChar(buf, '$');

	for (int i = 0; i < path->len && plain; i++)
	{
		unsigned char c = path->key[i];

		plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '_' || IS_HIGHBIT_SET(c);
	}
	appendStringInfoChar(buf, '.');
	if (plain)
		appendBinaryStringInfo(buf, path->key, path->len);
	else
		escape_json(buf, pnstrdup(path->key, path->len));
}

/*
 * Complain of a document.  path is its place, the root if NULL; hint may be
 * NULL.
 */
void
sdr_json_error(const SdrPath *path, const char *message, const char *hint)
{
	StringInfoData where;

	initStringInfo(&where);
	if (path == NULL)
		appendStringInfoChar(&where, '$');
	else
		append_path_key(&where, path);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid schema document: %s", message),
			 errdetail("The error is at %s.", where.data),
			 hint == NULL ? 0 : errhint("%s", hint)));
}

/* Keys that say something about the object beyond its attributes. */
static const struct
{
	const char *key;
	SdrKindSet	not_in;			/* kinds whose parents are these have none */
	SdrKindSet	not_of;			/* nor have these kinds */
}			node_keys[] = {
	{"complete", 0, 0},
	{"exact", 0, 0},
	{"optional", 0, SDR_IN(DOCUMENT) | SDR_IN(SCHEMA)},
	{"any_name", SDR_IN(DOCUMENT) | SDR_IN(SCHEMA), SDR_IN(DOCUMENT)},
	{"any_of", 0, SDR_IN(DOCUMENT) | SDR_IN(SCHEMA)},
};

/* Can nodes of this kind have the key with this number? */
static bool
has_node_key(const SdrKind *kind, int i)
{
	return (kind->parents & node_keys[i].not_in) == 0 &&
		(SDR_KIND_BIT(kind->id) & node_keys[i].not_of) == 0;
}

static bool
is_node_key(const SdrKind *kind, const SdrPath *path)
{
	for (int i = 0; i < lengthof(node_keys); i++)
	{
		if (strlen(node_keys[i].key) == path->len &&
			memcmp(node_keys[i].key, path->key, path->len) == 0)
			return has_node_key(kind, i);
	}
	return false;
}

/* Complain of a key that a node of this kind cannot have. */
void
sdr_json_error_key(const SdrKind *kind, const SdrPath *path)
{
	StringInfoData hint;
	const char *last = "";
	int			last_len = 0;

	initStringInfo(&hint);
	appendStringInfo(&hint, "Keys here, of kind \"%s\", are: ", kind->name);
	if (kind->id == SDR_KIND_DOCUMENT)
		appendStringInfoString(&hint, "format, server, global, ");
	for (int i = 0; i < lengthof(node_keys); i++)
	{
		if (has_node_key(kind, i))
			appendStringInfo(&hint, "%s%s", i == 0 ? "" : ", ",
							 node_keys[i].key);
	}
	for (int i = 0; i < SDR_NATTRS(kind); i++)
	{
		const char *name = sdr_attr(kind->first_attr + i)->name;
		int			len = strcspn(name, ".");

		if (len != last_len || memcmp(name, last, len) != 0)
			appendStringInfo(&hint, ", %.*s", len, name);
		last = name;
		last_len = len;
	}
	for (int i = 0; i < SDR_NKINDS; i++)
	{
		const SdrKind *child = sdr_kind(i);

		/* a document's schema public can be written at its top */
		if ((child->parents & SDR_KIND_BIT(kind->id)) != 0 ||
			(kind->id == SDR_KIND_DOCUMENT &&
			 (child->parents & SDR_IN(SCHEMA)) != 0))
			appendStringInfo(&hint, ", %s", child->node);
	}
	appendStringInfoChar(&hint, '.');
	sdr_json_error(path, psprintf("unknown key \"%.*s\"", path->len, path->key),
				   hint.data);
}

/* Complain of a value of another type than wanted, which is a noun. */
void
sdr_json_error_type(const char *wanted, const SdrPath *path)
{
	sdr_json_error(path, psprintf("%s expected", wanted), NULL);
}

static const char *
copy_string(const JsonbValue *node)
{
	return pnstrdup(node->val.string.val, node->val.string.len);
}

static int64
read_integer(const JsonbValue *node, const SdrPath *path)
{
	char	   *text;
	char	   *end;
	int64		value;

	if (node->type != jbvNumeric)
		sdr_json_error_type("integer", path);
	text = DatumGetCString(DirectFunctionCall1(numeric_out,
											   NumericGetDatum(node->val.numeric)));
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0')
		sdr_json_error_type("integer of at most 64 bits", path);
	return value;
}

/*
 * A number as a single-precision one is written, which is how the server
 * keeps estimates.
 */
static const char *
read_number(const JsonbValue *node, const SdrPath *path)
{
	float		value;

	if (node->type != jbvNumeric)
		sdr_json_error_type("number", path);
	value = strtof(DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(node->val.numeric))),
				   NULL);
	return sdr_number_text(value);
}

static const char *
read_word(SdrAttrId id, const JsonbValue *node, const SdrPath *path)
{
	const char *const *words = sdr_attr_words(id);
	StringInfoData hint;
	char	   *text;

	if (node->type != jbvString)
		sdr_json_error_type("string", path);
	text = pnstrdup(node->val.string.val, node->val.string.len);
	for (char *p = text; *p; p++)
		*p = pg_ascii_tolower((unsigned char) *p);

	initStringInfo(&hint);
	appendStringInfoString(&hint, "Values are: ");
	for (int i = 0; words[i] != NULL; i++)
	{
		if (strcmp(words[i], text) == 0)
			return words[i];
		appendStringInfo(&hint, "%s%s", words[i],
						 words[i + 1] == NULL ? "." : ", ");
	}
	sdr_json_error(path, psprintf("invalid value \"%s\"", copy_string(node)),
				   hint.data);
}

static List *
read_list(const JsonbValue *node, const SdrPath *path)
{
	List	   *list = NIL;
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;

	if (node->type != jbvBinary || !JsonContainerIsArray(node->val.binary.data))
		sdr_json_error_type("array of strings", path);
	it = JsonbIteratorInit(node->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok != WJB_ELEM)
			continue;
		if (v.type != jbvString)
			sdr_json_error_type("array of strings", path);
		list = lappend(list, unconstify(char *, copy_string(&v)));
	}
	return list;
}

/* Options are texts to the server, so numbers and booleans are taken too. */
static const char *
read_option(const JsonbValue *node, const SdrPath *path)
{
	switch (node->type)
	{
		case jbvString:
			return copy_string(node);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(node->val.numeric)));
		case jbvBool:
			return node->val.boolean ? "true" : "false";
		default:
			sdr_json_error_type("string", path);
	}
	return NULL;				/* keep compiler quiet */
}

/* Privileges, a text such as "SELECT, INSERT*" or an array, as one text. */
static const char *
read_privileges(const JsonbValue *node, const SdrPath *path)
{
	StringInfoData buf;
	ListCell   *lc;

	if (node->type == jbvString)
		return copy_string(node);
	initStringInfo(&buf);
	foreach(lc, read_list(node, path))
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 (char *) lfirst(lc));
	return buf.data;
}

static List *
read_map(const JsonbValue *node, const SdrPath *path,
		 const char *(*read) (const JsonbValue *, const SdrPath *))
{
	List	   *map = NIL;
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;
	const char *key = NULL;

	if (node->type != jbvBinary || !JsonContainerIsObject(node->val.binary.data))
		sdr_json_error_type("object of strings", path);
	it = JsonbIteratorInit(node->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_KEY)
			key = copy_string(&v);
		else if (tok == WJB_VALUE)
		{
			SdrPath		here = {path, key, strlen(key)};

			map = sdr_map_append(map, key, read(&v, &here));
		}
	}
	sdr_map_sort(map);
	return map;
}

/* Read one attribute's value. */
static void
read_attr(SdrObject *object, SdrAttrId id, const JsonbValue *node,
		  const SdrPath *path)
{
	const SdrAttr *attr = sdr_attr(id);

	if (node->type == jbvNull && attr->dflt != NULL &&
		strcmp(attr->dflt, "null") == 0)
	{
		sdr_set_text(object, id, NULL);
		return;
	}

	switch (attr->type)
	{
		case SDR_TYPE_BOOL:
			if (node->type != jbvBool)
				sdr_json_error_type("boolean", path);
			sdr_set_bool(object, id, node->val.boolean);
			break;
		case SDR_TYPE_INT:
		case SDR_TYPE_POSITION:
			sdr_set_int(object, id, read_integer(node, path));
			break;
		case SDR_TYPE_NUMBER:
			sdr_set_text(object, id, read_number(node, path));
			break;
		case SDR_TYPE_LIST:
		case SDR_TYPE_KEYS:
		case SDR_TYPE_ARGUMENTS:
		case SDR_TYPE_RELATIONS:
			sdr_set_list(object, id, read_list(node, path));
			if ((attr->flags & SDR_ATTR_SET) != 0)
				(void) sdr_list_sort(sdr_value(object, id)->u.list);
			break;
		case SDR_TYPE_MAP:
			sdr_set_map(object, id, read_map(node, path, read_option));
			break;
		case SDR_TYPE_PRIVILEGES:
			sdr_set_map(object, id, read_map(node, path, read_privileges));
			break;
		case SDR_TYPE_WORD:
			sdr_set_text(object, id, read_word(id, node, path));
			break;
		default:
			if (node->type != jbvString)
				sdr_json_error_type("string", path);
			sdr_set_text(object, id, copy_string(node));
			break;
	}
}

/* Read the object or bare string that stands for the attributes "group.*". */
static void
read_group(SdrObject *object, SdrAttrId first, int len, const JsonbValue *node,
		   const SdrPath *path)
{
	const SdrKind *kind = object->kind;
	const char *group = sdr_attr(first)->name;
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;
	SdrAttrId	id = SDR_ATTR_NONE;
	SdrPath		here = {.parent = path};

	if ((sdr_attr(first)->flags & SDR_ATTR_GROUP_SHORT) != 0 &&
		(node->type == jbvString || node->type == jbvNull))
	{
		read_attr(object, first, node, path);
		return;
	}
	if (node->type == jbvNull)
	{
		for (id = first; id < first + SDR_NATTRS(kind) &&
			 id < kind[1].first_attr &&
			 strncmp(sdr_attr(id)->name, group, len + 1) == 0; id++)
		{
			if (sdr_attr(id)->type == SDR_TYPE_LIST)
				sdr_set_list(object, id, NIL);
			else if (sdr_attr(id)->dflt != NULL &&
					 strcmp(sdr_attr(id)->dflt, "null") == 0)
				sdr_set_text(object, id, NULL);
			else
				/* there always is one */
				sdr_json_error_type("object", path);
		}
		return;
	}
	if (node->type != jbvBinary || !JsonContainerIsObject(node->val.binary.data))
		sdr_json_error_type("object", path);

	it = JsonbIteratorInit(node->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_KEY)
		{
			char	   *full = psprintf("%.*s.%.*s", len, group,
										v.val.string.len, v.val.string.val);

			here.key = v.val.string.val;
			here.len = v.val.string.len;
			id = sdr_attr_by_name(kind, full, strlen(full));
			if (id == SDR_ATTR_NONE)
			{
				StringInfoData hint;

				initStringInfo(&hint);
				appendStringInfo(&hint, "Keys of \"%.*s\" are: ", len, group);
				for (SdrAttrId i = first; i < kind[1].first_attr &&
					 strncmp(sdr_attr(i)->name, group, len + 1) == 0; i++)
					appendStringInfo(&hint, "%s%s", i > first ? ", " : "",
									 sdr_attr(i)->name + len + 1);
				appendStringInfoChar(&hint, '.');
				sdr_json_error(&here, psprintf("unknown key \"%.*s\"",
											   here.len, here.key), hint.data);
			}
		}
		else if (tok == WJB_VALUE)
			read_attr(object, id, &v, &here);
	}
}

/* The first attribute of the group with this name; SDR_ATTR_NONE if none. */
static SdrAttrId
find_group(const SdrKind *kind, const char *key, int len)
{
	for (SdrAttrId id = kind->first_attr; id < kind[1].first_attr; id++)
	{
		const char *name = sdr_attr(id)->name;

		if (strncmp(name, key, len) == 0 && name[len] == '.')
			return id;
	}
	return SDR_ATTR_NONE;
}

static void
read_children(SdrObject *parent, const SdrKind *kind, const JsonbValue *node,
			  const SdrPath *path, SdrScope scope)
{
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;
	SdrPath		here = {.parent = path};

	if (node->type != jbvBinary || !JsonContainerIsObject(node->val.binary.data))
		sdr_json_error_type("object", path);
	it = JsonbIteratorInit(node->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (tok == WJB_KEY)
		{
			here.key = v.val.string.val;
			here.len = v.val.string.len;
		}
		else if (tok == WJB_VALUE)
			(void) sdr_json_object(&v, kind->id, parent, &here, scope);
	}
}

/*
 * Read a member of a node if it is an attribute of the object, or a group of
 * them; its name is the last key of path.
 */
bool
sdr_json_attr(SdrObject *object, const JsonbValue *node, const SdrPath *path)
{
	SdrAttrId	id;

	/* "a.b" is the member b of the object a, not a key of its own */
	if (memchr(path->key, '.', path->len) != NULL)
		return false;
	id = sdr_attr_by_name(object->kind, path->key, path->len);
	if (id != SDR_ATTR_NONE)
	{
		read_attr(object, id, node, path);
		return true;
	}
	id = find_group(object->kind, path->key, path->len);
	if (id != SDR_ATTR_NONE)
		read_group(object, id, path->len, node, path);
	return id != SDR_ATTR_NONE;
}

static void
read_members(SdrObject *object, const JsonbValue *node, const SdrPath *path,
			 SdrScope scope)
{
	const SdrKind *kind = object->kind;
	JsonbIterator *it = JsonbIteratorInit(node->val.binary.data);
	JsonbIteratorToken tok;
	JsonbValue	v;
	SdrPath		here = {.parent = path};

	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		const SdrKind *child;

		if (tok == WJB_KEY)
		{
			here.key = v.val.string.val;
			here.len = v.val.string.len;
			continue;
		}
		if (tok != WJB_VALUE)
			continue;
		Assert(here.key != NULL);
		if (is_node_key(kind, &here))
			continue;
		if (sdr_json_attr(object, &v, &here))
			continue;
		child = sdr_kind_by_node(kind, here.key, here.len);
		if (child != NULL)
			read_children(object, child, &v, &here, scope);
		else
			sdr_json_error_key(kind, &here);
	}
}

/* A boolean that every node can have, but inherits from none. */
static bool
read_flag(const JsonbValue *node, const char *name, const SdrPath *path)
{
	SdrPath		here = {path, name, strlen(name)};
	JsonbValue	v;

	if (!getKeyJsonValueFromContainer(node->val.binary.data, name, here.len,
									  &v))
		return false;
	if (v.type != jbvBool)
		sdr_json_error_type("boolean", &here);
	return v.val.boolean;
}

/*
 * Read what the node says the object may be: for each of the nodes listed an
 * object of its own, which has also what the node says itself.
 */
static void
read_any_of(SdrObject *object, const JsonbValue *node, const SdrPath *path,
			SdrScope scope)
{
	SdrPath		here = {path, "any_of", 6};
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;

	if (!getKeyJsonValueFromContainer(node->val.binary.data, here.key,
									  here.len, &v))
		return;
	if (v.type != jbvBinary || !JsonContainerIsArray(v.val.binary.data) ||
		JsonContainerSize(v.val.binary.data) == 0)
		sdr_json_error_type("array of objects", &here);
	it = JsonbIteratorInit(v.val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		SdrObject  *one;
		JsonbValue	nested;

		if (tok != WJB_ELEM)
			continue;
		if (v.type != jbvBinary || !JsonContainerIsObject(v.val.binary.data))
			sdr_json_error_type("array of objects", &here);
		if (getKeyJsonValueFromContainer(v.val.binary.data, "any_of", 6,
										 &nested))
			sdr_json_error(&here, "\"any_of\" within \"any_of\"", NULL);
		one = sdr_object_new(object->kind->id, object->name, NULL);
		one->parent = object->parent;
		one->long_name = object->long_name;
		one->exact = scope.exact;
		one->complete = scope.complete;
		one->some = scope.some;
		read_members(one, node, path, scope);
		read_members(one, &v, &here, scope);
		object->any_of = lappend(object->any_of, one);
	}
}

/*
 * Read an object and all below it.  Its name is the last key of path; scope
 * is that of the node around it.
 */
SdrObject *
sdr_json_object(const JsonbValue *node, SdrKindId kind, SdrObject *parent,
				const SdrPath *path, SdrScope scope)
{
	char	   *name = pnstrdup(path->key, path->len);
	SdrObject  *object = sdr_object_new(kind, name, parent);
	SdrAttrId	short_form = object->kind->short_form;

	if (path->len >= NAMEDATALEN && !SDR_NAME_IS_SQL(object->kind))
	{
		object->long_name = pstrdup(name);
		truncate_identifier(name, path->len, false);
	}
	object->exact = scope.exact;
	object->complete = scope.complete;
	object->some = scope.some;

	if (node->type == jbvNull)
		object->absent = true;
	else if (node->type == jbvBinary &&
			 JsonContainerIsObject(node->val.binary.data))
	{
		scope = sdr_json_scope(node, scope, path);
		object->exact = scope.exact;
		object->complete = scope.complete;
		object->some = scope.some;
		object->optional = read_flag(node, "optional", path);
		object->any_name = read_flag(node, "any_name", path);
		read_members(object, node, path, scope);
		read_any_of(object, node, path, scope);
	}
	else if (short_form != SDR_ATTR_NONE)
	{
		/* a bare string or array, whichever the attribute takes */
		read_attr(object, short_form, node, path);
	}
	else
		sdr_json_error_type("object or null", path);

	return object;
}
