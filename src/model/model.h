/*-------------------------------------------------------------------------
 *
 * model.h
 *	  Objects of a schema, whatever they were read from: the table of kinds,
 *	  objects and values, documents in and out, fingerprints, comparison.
 *
 * Nothing in this room reads a catalog.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_MODEL_H
#define SDR_MODEL_H

#include "compat.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"

/*
 * Kinds, and attributes numbered through all kinds.  SDR_FIRST_x is the first
 * attribute of kind x; the odd enumerator after it takes the count back, so
 * that the attribute itself gets the same number.
 */
typedef enum SdrKindId
{
#define SDR_KIND(id, name, node, identity, parents, missing, unexpected, short_form) \
	SDR_KIND_##id,
#define SDR_ATTR(kind, id, name, type, dflt, since, severity, flags, description)
#include "model/kindlist.h"
#undef SDR_KIND
#undef SDR_ATTR
	SDR_NKINDS
} SdrKindId;

typedef enum SdrAttrId
{
	SDR_ATTR_NONE,
#define SDR_KIND(id, name, node, identity, parents, missing, unexpected, short_form) \
	SDR_FIRST_##id, SDR_BEFORE_##id = SDR_FIRST_##id - 1,
#define SDR_ATTR(kind, id, name, type, dflt, since, severity, flags, description) \
	SDR_##kind##_##id,
#include "model/kindlist.h"
#undef SDR_KIND
#undef SDR_ATTR
	SDR_ATTRS_END
} SdrAttrId;

/* A set of kinds. */
typedef uint64 SdrKindSet;

#define SDR_IN(id)			(UINT64CONST(1) << SDR_KIND_##id)
#define SDR_KIND_BIT(id)	(UINT64CONST(1) << (id))
#define SDR_ALL_KINDS		PG_UINT64_MAX

/*
 * Among the parents of a kind: a document speaks of it only where it says so,
 * by naming an object or the kind, or by being global.  Such are the objects
 * that belong to more than the schema at hand.
 */
#define SDR_GLOBAL			(UINT64CONST(1) << 63)

/*
 * Among the parents of a kind: its objects are another view of objects of
 * other kinds, made when a document speaks of them (derive.c).  Such a kind is
 * complete only where a document names it.
 */
#define SDR_DERIVED			(UINT64CONST(1) << 62)

/* What a drift means to whoever uses the schema, worst first. */
typedef enum SdrSeverity
{
	SDR_SEVERITY_BREAKING,
	SDR_SEVERITY_INTEGRITY,
	SDR_SEVERITY_SECURITY,
	SDR_SEVERITY_BEHAVIOUR,
	SDR_SEVERITY_COSMETIC
} SdrSeverity;

#define SDR_NSEVERITIES		(SDR_SEVERITY_COSMETIC + 1)

/* How an attribute's value is written and compared. */
typedef enum SdrAttrType
{
	SDR_TYPE_BOOL,
	SDR_TYPE_INT,
	SDR_TYPE_TEXT,				/* compared as it stands */
	SDR_TYPE_WORD,				/* one of sdr_attr_words() */
	SDR_TYPE_LIST,				/* of texts, in order */
	SDR_TYPE_MAP,				/* of names to texts */
	SDR_TYPE_PRIVILEGES,		/* map of roles to privileges */
	SDR_TYPE_POSITION,			/* integer; only the order counts */
	SDR_TYPE_NUMBER,			/* of single precision, kept as text */
	/* from here on texts that the server can bring into one form */
	SDR_TYPE_TYPE,				/* data type */
	SDR_TYPE_DEFAULT,			/* expression without columns */
	SDR_TYPE_GENERATED,			/* expression over the table's columns */
	SDR_TYPE_CONDITION,			/* the same, boolean */
	SDR_TYPE_KEYS,				/* list of index elements */
	SDR_TYPE_PARTKEY,			/* what follows PARTITION BY */
	SDR_TYPE_BOUND,				/* partition bound */
	SDR_TYPE_QUERY,				/* query of a view */
	SDR_TYPE_POLICY,			/* condition of a policy */
	SDR_TYPE_WHEN,				/* condition of a trigger */
	SDR_TYPE_STATEMENT,			/* whole statement */
	SDR_TYPE_ARGUMENTS,			/* list of arguments of a function */
	SDR_TYPE_RESULT,			/* what a function returns */
	SDR_TYPE_BODY,				/* what follows the head of a function */
	SDR_TYPE_COLLATION,			/* its name */
	SDR_TYPE_RELATION,			/* its name */
	SDR_TYPE_RELATIONS,			/* list of their names, in order */
	SDR_TYPE_COLUMN_NAME,		/* with that of its relation */
	SDR_TYPE_FUNCTION_NAME		/* without arguments, which follow from its
								 * use */
} SdrAttrType;

/* How the identity of an object is written, as pg_identify_object does. */
typedef enum SdrIdentity
{
	SDR_IDENTITY_NAME,			/* name */
	SDR_IDENTITY_QUALIFIED,		/* schema.name */
	SDR_IDENTITY_COLUMN,		/* schema.table.name */
	SDR_IDENTITY_ON_TABLE,		/* name on schema.table */
	SDR_IDENTITY_IN_SCHEMA,		/* schema.name, though a part of a table */
	SDR_IDENTITY_SQL,			/* the name is SQL: "f"(integer) */
	SDR_IDENTITY_IN_PARENT		/* the same, in KIND parent */
} SdrIdentity;

#define SDR_NAME_IS_SQL(kind)	((kind)->identity >= SDR_IDENTITY_SQL)

/* A missing object with this attribute true is as bad as its drift. */
#define SDR_ATTR_RAISES			0x01
/* In a document, a bare string may stand for the whole group "a.b", "a.c". */
#define SDR_ATTR_GROUP_SHORT	0x02
/* Shown as the value of an object that is missing or unexpected. */
#define SDR_ATTR_SHOWN			0x04
/* Where it is what the server picks by itself, the reader says so. */
#define SDR_ATTR_IMPLIED		0x08
/* A list whose order means nothing: kept sorted. */
#define SDR_ATTR_SET			0x10
/* As SDR_ATTR_RAISES, for an object that is unexpected. */
#define SDR_ATTR_RAISES_UNEXPECTED	0x20
/* Follows from others: compared when said, and in no snapshot (derive.c). */
#define SDR_ATTR_DERIVED		0x40
/* A map whose values are names of objects, which change with them. */
#define SDR_ATTR_NAMES			0x80

typedef struct SdrAttr
{
	SdrKindId	kind;
	const char *name;
	SdrAttrType type;
	const char *dflt;
	int			since;
	SdrSeverity severity;
	int			flags;
	const char *description;
} SdrAttr;

typedef struct SdrKind
{
	SdrKindId	id;
	const char *name;
	const char *node;
	SdrIdentity identity;
	SdrKindSet	parents;
	SdrSeverity missing;
	SdrSeverity unexpected;
	SdrAttrId	short_form;
	SdrAttrId	first_attr;
} SdrKind;

/* The table of kinds ends with a row that has only first_attr. */
#define SDR_NATTRS(kind)	((int) ((kind)[1].first_attr - (kind)->first_attr))

typedef enum SdrValueTag
{
	SDR_VALUE_UNSET = 0,		/* nothing is said */
	SDR_VALUE_NULL,				/* said to be absent */
	SDR_VALUE_BOOL,
	SDR_VALUE_INT,
	SDR_VALUE_TEXT,
	SDR_VALUE_LIST,
	SDR_VALUE_MAP
} SdrValueTag;

/* Entry of a map. */
typedef struct SdrPair
{
	const char *key;
	const char *value;
} SdrPair;

typedef struct SdrValue
{
	SdrValueTag tag;
	bool		implied;		/* what the server picks when nothing is said */
	union
	{
		bool		boolean;
		int64		integer;
		const char *text;
		List	   *list;		/* of char * */
		List	   *map;		/* of SdrPair *, sorted by key */
	}			u;
} SdrValue;

typedef struct SdrObject
{
	const SdrKind *kind;
	const char *name;
	struct SdrObject *parent;
	SdrValue   *attrs;			/* one for each attribute of the kind */
	struct SdrObject **children;
	int			nchildren;
	int			maxchildren;

	/* what a document says of the object beyond its attributes */
	bool		absent;			/* it must not exist */
	bool		optional;		/* it may be missing */
	bool		any_name;		/* one of another name will do */
	bool		exact;			/* attributes left out have their default */
	SdrKindSet	complete;		/* no other children of these kinds */
	const List *some;			/* of SdrSome *: nor of these */
	List	   *any_of;			/* of SdrObject *: it is one of these */
	const char *long_name;		/* name as written, when over 63 bytes */

	/* where a live object was found */
	Oid			oid;			/* relation or type; that of the table for
								 * parts */
	int			attnum;			/* column number */
} SdrObject;

/*
 * Objects that a node is complete for: those of a kind whose attributes have
 * one of the values given.  Derived kinds stand here also without conditions.
 */
typedef struct SdrSome
{
	const SdrKind *kind;
	List	   *conditions;		/* of SdrCondition * */
} SdrSome;

typedef struct SdrCondition
{
	SdrAttrId	attr;
	List	   *values;			/* texts as in drift rows, NULL for null */
} SdrCondition;

/* How far a node of a document speaks for what it does not list. */
typedef struct SdrScope
{
	bool		exact;
	SdrKindSet	complete;
	const List *some;			/* of SdrSome * */
} SdrScope;

/* Place in a document, for messages. */
typedef struct SdrPath
{
	const struct SdrPath *parent;
	const char *key;
	int			len;
} SdrPath;

/* A top-level object that has been found, not yet read. */
typedef struct SdrItem
{
	const SdrKind *kind;
	const char *name;
} SdrItem;

/* The same in a document. */
typedef struct SdrDocNode
{
	SdrItem		item;
	JsonbValue	value;
	SdrPath    *path;
	bool		gone;			/* what has the name now is another object */
} SdrDocNode;

/*
 * What a document says of one schema.  Nodes are sorted by kind and name, as
 * live objects are.
 */
typedef struct SdrDocSchema
{
	SdrObject  *object;			/* with its attributes, but no children */
	bool		named;			/* stands under "schemas" */
	SdrScope	scope;
	List	   *nodes;			/* of SdrDocNode * */
} SdrDocSchema;

typedef struct SdrDocument
{
	int			server;			/* version it was taken on */
	bool		is_global;
	SdrScope	scope;
	List	   *schemas;		/* of SdrDocSchema *, sorted by name */
	HTAB	   *by_name;		/* the same by name */
	List	   *nodes;			/* of SdrDocNode *: objects outside schemas */
} SdrDocument;

typedef enum SdrDriftType
{
	SDR_DRIFT_MISSING,
	SDR_DRIFT_UNEXPECTED,
	SDR_DRIFT_CHANGED,
	SDR_DRIFT_RENAMED
} SdrDriftType;

/* One difference: a row of schemadrift_check(). */
typedef struct SdrDrift
{
	SdrDriftType drift;
	const SdrObject *object;
	const char *attribute;
	const char *expected;
	const char *actual;
	SdrSeverity severity;
} SdrDrift;

/*
 * What is called otherwise now: a name, not quoted; or a label of an enum, of
 * which type is what it is called now, as SQL writes it.
 */
typedef struct SdrNewName
{
	const char *from;
	const char *to;
	const char *type;			/* NULL if it is no label */
	const char *of;				/* only in front of this name, with a dot
								 * between; NULL: anywhere */
} SdrNewName;

/*
 * A comparison under way.  same() is asked about two texts that differ where
 * the attribute's type says that they may mean the same; actual is the object
 * that has the attribute.  followed(), unless it is NULL, is told of objects
 * with a text that is the same but for what has been renamed.
 */
typedef struct SdrComparison
{
	void	   *emit_arg;
	void		(*emit) (void *emit_arg, const SdrDrift *drift);
	void	   *same_arg;
	bool		(*same) (void *same_arg, const SdrAttr *attr,
						 const SdrObject *actual, const char *expected,
						 const char *found);
	int			server;			/* version that the actual side was read from */
	int			expected_server;	/* the same of the expected side */
	const List *renames;		/* of SdrNewName *: what texts of the expected
								 * side call otherwise */
	void		(*followed) (void *same_arg, const SdrObject *actual);
	const List *untold;			/* of renames: for these it is not called */
} SdrComparison;

/* argument.c: arguments that must not be null */
extern void sdr_require_arg(FunctionCallInfo fcinfo, int n, const char *name);
extern char *sdr_text_arg(FunctionCallInfo fcinfo, int n, const char *name);
extern Jsonb *sdr_jsonb_arg(FunctionCallInfo fcinfo, int n, const char *name);

/* kinds.c */
extern const SdrKind *sdr_kind(SdrKindId id);
extern SdrKindSet sdr_global_kinds(void);
extern const SdrAttr *sdr_attr(SdrAttrId id);
extern const SdrKind *sdr_kind_by_name(const char *name);
extern const SdrKind *sdr_kind_by_node(const SdrKind *parent, const char *node,
									   int len);
extern SdrAttrId sdr_attr_by_name(const SdrKind *kind, const char *name,
								  int len);
extern const char *sdr_severity_name(SdrSeverity severity);
extern bool sdr_severity_by_name(const char *name, SdrSeverity *severity);
extern const char *const *sdr_attr_words(SdrAttrId id);

/* object.c */
extern List *sdr_list_sort(List *list);
extern SdrObject *sdr_object_new(SdrKindId kind, const char *name,
								 SdrObject *parent);
extern void sdr_object_sort(SdrObject *object);
extern SdrValue *sdr_value(const SdrObject *object, SdrAttrId attr);
extern void sdr_set_bool(SdrObject *object, SdrAttrId attr, bool value);
extern void sdr_set_int(SdrObject *object, SdrAttrId attr, int64 value);
extern void sdr_set_text(SdrObject *object, SdrAttrId attr, const char *value);
extern void sdr_set_list(SdrObject *object, SdrAttrId attr, List *value);
extern void sdr_set_map(SdrObject *object, SdrAttrId attr, List *value);
extern void sdr_set_implied(SdrObject *object, SdrAttrId attr, bool implied);
extern const char *sdr_number_text(float value);
extern List *sdr_map_add(List *map, const char *key, const char *value);
extern List *sdr_map_append(List *map, const char *key, const char *value);
extern const SdrPair *sdr_map_find(const List *map, const char *key);
extern const char *sdr_map_value(const List *map, const char *key);
extern void sdr_map_sort(List *map);
extern bool sdr_value_is_default(const SdrAttr *attr, const SdrValue *value);
extern char *sdr_object_identity(const SdrObject *object);

/* json_in.c */
pg_noreturn extern void sdr_json_error(const SdrPath *path,
									   const char *message, const char *hint);
pg_noreturn extern void sdr_json_error_key(const SdrKind *kind,
										   const SdrPath *path);
pg_noreturn extern void sdr_json_error_type(const char *wanted,
											const SdrPath *path);
extern bool sdr_json_attr(SdrObject *object, const JsonbValue *node,
						  const SdrPath *path);
extern SdrObject *sdr_json_object(const JsonbValue *node, SdrKindId kind,
								  SdrObject *parent, const SdrPath *path,
								  SdrScope scope);

/* json_scope.c */
extern SdrScope sdr_json_scope(const JsonbValue *node, SdrScope outer,
							   const SdrPath *path);

/* json_out.c */
extern void sdr_json_string(StringInfo buf, const char *str);
extern void sdr_json_write(StringInfo buf, const SdrObject *object);
extern bool sdr_json_write_attrs(StringInfo buf, const SdrObject *object,
								 bool first);
extern const char *sdr_value_text(const SdrAttr *attr,
								  const SdrValue *value);

/* document.c */
extern SdrDocument *sdr_document_open(Jsonb *document);
extern void sdr_document_sort(List *nodes);
extern SdrDocNode *sdr_document_take(SdrDocument *document,
									 const SdrKind *kind, const char *schema,
									 const char *name);
extern bool sdr_document_put(SdrDocument *document, SdrDocNode *node,
							 const char *schema);
extern SdrDocSchema *sdr_document_take_schema(SdrDocument *document,
											  const char *name);
extern bool sdr_document_put_schema(SdrDocument *document,
									SdrDocSchema *schema, const char *name);
extern const SdrDocSchema *sdr_document_schema(const SdrDocument *document,
											   const char *name);
extern void sdr_document_validate(const List *nodes);
extern SdrDocument *sdr_document_read(Jsonb *jsonb);
extern SdrObject *sdr_document_object(const SdrDocNode *node, SdrScope scope,
									  SdrObject *parent);

/* derive.c */
extern const SdrValue *sdr_derived_value(const SdrObject *object,
										 SdrAttrId attr);
extern void sdr_derive_children(const SdrObject *expected, SdrObject *actual);

/* secret.c */
extern const char *sdr_secret_hide(const SdrObject *object, const char *name,
								   const char *value);
extern List *sdr_secrets_hide(const SdrObject *object, List *map,
							  bool (*is_secret) (const char *name,
												 const char *value));
extern bool sdr_secret_is_hidden(const char *value);
extern bool sdr_secret_option(const char *name, const char *value);
extern bool sdr_secret_setting(const char *name, const char *value);
extern bool sdr_secret_same(const SdrObject *object, const char *name,
							const char *a, const char *b);

/* fingerprint.c */
#define SDR_FINGERPRINT_PREFIX	"sd1:"

extern char *sdr_fingerprint_object(const SdrObject *object,
									const char *definition, int len);
extern char *sdr_fingerprint_all(List *fingerprints);

/* newname.c */
extern List *sdr_new_name_add(List *renames, const char *from, const char *to);
extern char *sdr_first_name(const char *text);
extern bool sdr_is_object_name(const char *text);
extern const List *sdr_map_renamed(const List *renames, const List *map,
								   const List *other);
extern List *sdr_new_schema_add(List *renames, const char *from,
								const char *to, const char *of);
extern char *sdr_new_names(const List *renames, const char *text);
extern bool sdr_same_but_renamed(const List *renames, const char *a,
								 const char *b);

/* compare.c */
extern bool sdr_is_some(const List *some, const SdrObject *actual);
extern bool sdr_kind_is_some(const List *some, const SdrKind *kind);
extern int	sdr_item_cmp(const SdrItem *a, const SdrItem *b);
extern void sdr_compare_objects(const SdrComparison *cmp,
								const SdrObject *expected,
								SdrObject *actual);
extern void sdr_compare_missing(const SdrComparison *cmp,
								const SdrObject *expected);
extern void sdr_compare_unexpected(const SdrComparison *cmp,
								   const SdrObject *actual);
extern const char *sdr_drift_name(SdrDriftType drift);

#endif							/* SDR_MODEL_H */
