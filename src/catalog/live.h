/*-------------------------------------------------------------------------
 *
 * live.h
 *	  The live schema as objects.
 *
 * Everything is read from the catalogs' own rows under one snapshot, without
 * privileges and without locks on user objects, so that a reader sees one
 * state whatever other sessions do.  Only the server's deparser looks at the
 * newest state of types, functions and operators; where one of these has gone
 * since the snapshot was taken, the object is read again under a new one.  For
 * the query of a view the deparser takes ACCESS SHARE on what the query reads;
 * it is given back at once.
 *
 * A transaction that changes the schema can read it as it is now and as it was
 * before: sdr_reader_open_now() and sdr_reader_open_before().  The second never
 * goes on to a newer snapshot; what the deparser cannot tell of the past is
 * marked as unknown, which is unlike every other text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_LIVE_H
#define SDR_LIVE_H

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/objectaddress.h"
#include "model/model.h"
#include "nodes/parsenodes.h"
#include "tsearch/ts_public.h"
#include "utils/acl.h"
#include "utils/hsearch.h"
#include "utils/relcache.h"
#include "utils/resowner.h"
#include "utils/snapshot.h"

/* State of one call; see sdr_reader_open(). */
typedef struct SdrReader
{
	MemoryContext context;		/* lives as long as the reader */
	ResourceOwner owner;
	MemoryContext memo;			/* what is known by oid; see names.c */
	Snapshot	snapshot;
	int			guc_level;
	List	   *catalogs;		/* open relations */
	Relation	last_catalog;	/* the one of these that was asked for last */
	HTAB	   *names;
	HTAB	   *types;
	HTAB	   *opclasses;
	HTAB	   *expressions;
	HTAB	   *members;		/* objects of extensions */
	HTAB	   *followers;		/* objects that go away with extensions */
	HTAB	   *comments;		/* objects with a comment, once all are listed */
	HTAB	   *labels;			/* objects with a security label */
	HTAB	   *initial;		/* privileges that objects were made with */
	HTAB	   *granted;		/* row types with privileges of their own */
	SdrKindSet	kinds;			/* those that are listed */
	List	   *entries;		/* all top-level objects, once listed */
	List	   *misplaced;		/* those in schemas of the server, as objects */
	List	   *unmodelled;		/* of SdrUnmodelled * */
	bool		hides_all;		/* hide secrets also from who may see them */
	bool		reads_few;		/* objects: what holds for all is not gathered */
	bool		fixed;			/* stays at its snapshot: nothing is read
								 * again */
	bool		unknown;		/* of a fixed one: it could not tell all of
								 * the object that was read last */
	bool		stale;			/* something seen in the snapshot has gone */
	bool		last_try;		/* do not hide the error behind stale */
} SdrReader;

/* What an object of kind unmodelled stands for. */
typedef struct SdrUnmodelled
{
	const SdrObject *object;
	ObjectAddress address;
	Oid			noted_in;		/* catalog of comments or security labels */
	const char *provider;		/* of a security label */
} SdrUnmodelled;

/* A top-level object that exists, not yet read. */
typedef struct SdrEntry
{
	SdrItem		item;
	Oid			namespace;		/* InvalidOid outside schemas */
	Oid			oid;
	bool		of_extension;	/* only what users have put on it is ours */
	Oid			catalog;		/* of an entry that its family has listed */
	int			subid;
} SdrEntry;

/* A column of the relation at hand, by number - 1. */
typedef struct SdrColumn
{
	bool		dropped;
	char	   *name;
	Oid			type;
	int32		typmod;
	Oid			collation;
} SdrColumn;

/* The relation at hand. */
typedef struct SdrRelation
{
	SdrReader  *reader;
	SdrObject  *object;
	Oid			oid;
	Oid			namespace;
	char	   *name;
	char		relkind;
	bool		is_partition;
	bool		is_unlogged;
	bool		is_child;		/* inherits, not as a partition */
	bool		of_extension;
	int			natts;
	SdrColumn  *columns;
	List	   *deparse_context;	/* made when first needed */
} SdrRelation;

/* A name as an oid stands for it. */
typedef struct SdrName
{
	const char *schema;			/* NULL for objects outside schemas */
	const char *name;
	const char *text;			/* quoted; qualified unless in pg_catalog */
} SdrName;

/* A data type with a modifier, as a column has it. */
typedef struct SdrType
{
	const char *text;			/* as SQL writes it; qualified unless in
								 * pg_catalog */
	char		storage;		/* what a column gets when nothing is said */
	Oid			collation;
} SdrType;

/* An index of the relation at hand. */
typedef struct SdrIndex
{
	Oid			oid;
	HeapTuple	class_tuple;
	HeapTuple	index_tuple;
	bool		of_constraint;
} SdrIndex;

/* Attributes that many kinds have; SDR_ATTR_NONE for those not wanted. */
typedef struct SdrCommon
{
	SdrAttrId	owner;
	SdrAttrId	privileges;
	SdrAttrId	comment;
	SdrAttrId	labels;
	SdrAttrId	extensions;
	ObjectType	acl_type;		/* what acldefault() calls the object */
} SdrCommon;

/*
 * reader.c
 *
 * sdr_reader_open() reads what the active snapshot sees.
 *
 * sdr_reader_open_now() reads what there is now, with all that the transaction
 * itself has done; sdr_reader_open_before() the same without what it has done
 * from a command on, as GetCurrentCommandId() counts them.  What other
 * transactions have committed both see alike.  sdr_command_next() makes what
 * was done so far the past and returns the number from which on to count; it
 * is good within the transaction, and in subtransactions of where it was
 * called.
 *
 * The reader of the past is fixed: an object that it does not see is NULL, and
 * texts in which something has since been renamed or dropped, which the server
 * cannot write any more, are unknown: sdr_is_unknown() is true of them and
 * of lists and names that are made of them, and reader->unknown after the
 * object was read.
 */
extern int	sdr_settings_pin(void);
extern CommandId sdr_command_next(void);
extern SdrReader *sdr_reader_open(void);
extern SdrReader *sdr_reader_open_now(void);
extern SdrReader *sdr_reader_open_before(const SdrReader *now,
										 CommandId command);
extern void sdr_reader_close(SdrReader *reader);
extern void sdr_reader_renew(SdrReader *reader);
extern void sdr_reader_gone(SdrReader *reader);
extern char *sdr_unknown(SdrReader *reader, const char *text);
extern bool sdr_is_unknown(const char *text);
extern const char *sdr_known_text(const char *text);
extern SysScanDesc sdr_scan(SdrReader *reader, Oid catalog, Oid index,
							int nkeys, ScanKey keys);
extern SysScanDesc sdr_scan_oid(SdrReader *reader, Oid catalog, Oid index,
								AttrNumber attr, Oid oid);
extern HeapTuple sdr_fetch(SdrReader *reader, Oid catalog, Oid index,
						   AttrNumber attr, Oid oid);
extern Datum sdr_get(SdrReader *reader, Oid catalog, HeapTuple tuple,
					 AttrNumber attr, bool *isnull);
extern const char *sdr_get_text(SdrReader *reader, Oid catalog,
								HeapTuple tuple, AttrNumber attr);
extern List *sdr_options(Datum array, bool isnull);
extern void sdr_set_search_path(const char *path);
extern bool sdr_guard(void (*callback) (void *arg), void *arg,
					  ErrorData **error);

/* names.c */
extern void sdr_names_init(SdrReader *reader);
extern const SdrName *sdr_name(SdrReader *reader, Oid catalog, Oid oid);
extern const SdrType *sdr_type(SdrReader *reader, Oid type, int32 typmod);
extern bool sdr_opclass_is_default(SdrReader *reader, Oid opclass, Oid type);
extern bool sdr_is_member(SdrReader *reader, Oid catalog, Oid oid);
extern List *sdr_list_members(SdrReader *reader, Oid catalog);
extern bool sdr_is_internal(SdrReader *reader, Oid catalog, Oid oid);
extern List *sdr_extensions_followed(SdrReader *reader, Oid catalog, Oid oid);
extern int	sdr_compare_texts(const ListCell *a, const ListCell *b);
extern const char *sdr_column_name(SdrReader *reader, Oid relation,
								   AttrNumber attnum);
extern const char *sdr_role_name(SdrReader *reader, Oid role);
extern const char *sdr_name_text(SdrReader *reader, Oid catalog, Oid oid);
extern const char *sdr_optional_name(SdrReader *reader, Oid catalog, Oid oid);
extern HTAB *sdr_memo_set(SdrReader *reader, const char *name);
extern void sdr_memo_add(HTAB *set, Oid catalog, Oid oid);
extern bool sdr_memo_has(HTAB *set, Oid catalog, Oid oid);

/* expression.c */
extern const char *sdr_deparse(SdrRelation *relation, Datum node_text);
extern const char *sdr_deparse_node(SdrRelation *relation, Node *node,
									const char *stored);
extern const char *sdr_deparse_when(SdrRelation *relation, Datum node_text,
									List *taken);
extern List *sdr_deparse_list(SdrReader *reader, Datum node_text);
extern bool sdr_guarded(SdrReader *reader, void (*callback) (void *arg),
						void *arg);
extern List *sdr_user_objects(const char *stored);
extern const LexDescr *sdr_token_types(SdrReader *reader, Oid parser);

/* past.c */
extern bool sdr_same_names(SdrReader *reader, const List *oids);

/* normal.c */
extern Node *sdr_normal_expression(Node *node);
extern Query *sdr_normal_query(Query *query, bool is_view);

/* querytext.c */
extern char *sdr_query_text(Query *query, bool is_view);
extern char *sdr_deparse_query(SdrReader *reader, Query *query);
extern char *sdr_deparse_rule(SdrRelation *relation, HeapTuple tuple);
extern List *sdr_body_statements(Node *body);
extern Node *sdr_body(SdrReader *reader, HeapTuple tuple);
extern char *sdr_deparse_body(SdrReader *reader, HeapTuple tuple);

/* An attribute that is the name of a function, and where its oid stands. */
typedef struct SdrFunctionAttr
{
	SdrAttrId	attr;
	AttrNumber	column;
} SdrFunctionAttr;

/* The attributes that functions and procedures both have. */
typedef struct SdrRoutineAttrs
{
	SdrAttrId	arguments;
	SdrAttrId	returns;
	SdrAttrId	language;
	SdrAttrId	body;
	SdrAttrId	sql_body;
	SdrAttrId	library;
	SdrAttrId	security_definer;
	SdrAttrId	search_path;
	SdrAttrId	config;
	SdrAttrId	transforms;
} SdrRoutineAttrs;

/* common.c */
extern void sdr_set_privileges(SdrReader *reader, SdrObject *object,
							   const Acl *acl, ObjectType type);
extern List *sdr_default_privileges(SdrKindId kind, const char *owner);
extern void sdr_set_default_privileges(SdrReader *reader, SdrObject *object,
									   SdrAttrId attr, ObjectType type,
									   Oid owner);
extern void sdr_common_read(SdrReader *reader, SdrObject *object, Oid catalog,
							Oid oid, int subid, HeapTuple tuple);
extern void sdr_common_read_as(SdrReader *reader, SdrObject *object,
							   const SdrCommon *attrs, Oid catalog, Oid oid,
							   int subid, HeapTuple tuple);
extern void sdr_functions_read(SdrReader *reader, SdrObject *object,
							   Oid catalog, HeapTuple tuple,
							   const SdrFunctionAttr *functions, int n);

/* entry.c */
extern List *sdr_list_schemas(SdrReader *reader);
extern Oid	sdr_find_schema(SdrReader *reader, const char *name);
extern List *sdr_list(SdrReader *reader, Oid namespace);
extern SdrEntry *sdr_find(SdrReader *reader, SdrKindId kind, Oid namespace,
						  const char *name);
extern bool sdr_is_family_catalog(Oid catalog);
extern Oid	sdr_catalog_of(SdrKindId kind);
extern SdrEntry *sdr_entry_at(SdrReader *reader, Oid catalog, Oid oid);
extern SdrEntry *sdr_entry_here(SdrReader *reader,
								const ObjectAddress *address);
extern List *sdr_entries_at(SdrReader *reader, const ObjectAddress *address);
extern bool sdr_is_users_schema(SdrReader *reader, Oid namespace);
extern const char *sdr_canonical_name(SdrReader *reader, const SdrItem *item,
									  Oid namespace, const char **problem);
extern SdrObject *sdr_read_schema(SdrReader *reader, const SdrEntry *schema);
extern SdrObject *sdr_read(SdrReader *reader, const SdrEntry *entry);
extern SdrEntry *sdr_schema_entry(const char *name, Oid oid);

/*
 * belongs.c
 *
 * sdr_belongs_to() replaces the address of a part, as pg_depend and event
 * triggers tell it, by that of the top-level object: of a column, default,
 * constraint, index, trigger, policy, rule, TOAST table or identity sequence by
 * that of the relation, of a label by that of the enum, of a row or array type
 * by that of what it is of; what is no part stays as it is.  False if the
 * reader does not see it.  sdr_entry_of() returns the object's entry, NULL if
 * it is none that we know, to be read with sdr_read(); of a schema that is the
 * schema itself.
 */
extern bool sdr_belongs_to(SdrReader *reader, ObjectAddress *address);
extern SdrEntry *sdr_entry_of(SdrReader *reader,
							  const ObjectAddress *address);

/*
 * touched.c, reach.c
 *
 * sdr_touched() finds what the transaction at hand has written, fast if
 * sdr_touched_listen() was called before; sdr_reached() adds what shows a name
 * that it has changed, given the readers of now and of before those changes.
 */
typedef struct SdrReached
{
	List	   *addresses;		/* of ObjectAddress *: parts and wholes that
								 * the readers may see differently */
	bool		everything;		/* it cannot be told which: all may be */
	List	   *names;			/* of SdrNewName *: what was renamed, objects,
								 * their schemas and columns */
	bool		columns;		/* some columns were */
	bool		gone;			/* some columns have gone */
	bool		labels;			/* labels of enums were */
} SdrReached;

extern void sdr_touched_listen(void);
extern List *sdr_touched(void);
extern void sdr_reached(SdrReader *now, SdrReader *before,
						const List *touched, SdrReached *result);

/*
 * parts.c
 *
 * sdr_part_ids() tells the parts of an object with what they are known by,
 * whatever they are called; sdr_showing() which objects may show their names.
 */
extern char *sdr_part_ids(SdrReader *reader, Oid catalog, Oid oid);
extern List *sdr_showing(SdrReader *reader, Oid catalog, Oid oid);

/*
 * A family: kinds that are kept in the same catalog.  entry.c lists, finds and
 * fetches rows; a family knows which rows are objects of users, what they are
 * called, and how they are read.
 *
 * identify() fills kind and name for a row of the catalog; it returns false
 * for rows that are none of ours.  Members of extensions and system schemas
 * are not its concern; built-in objects of a catalog without schemas are.
 * read() fills the object of a row that identify() has accepted.
 */
typedef struct SdrFamily
{
	SdrKindSet	kinds;
	Oid			catalog;
	Oid			name_index;		/* whose first column is the name, if any */
	Oid			oid_index;		/* if objectaddress.c does not know the
								 * catalog */
	AttrNumber	oid_attr;		/* ditto */
	bool		(*identify) (SdrReader *reader, HeapTuple tuple,
							 SdrEntry *entry);
	void		(*read) (SdrReader *reader, HeapTuple tuple, SdrObject *object);

	/*
	 * For names that are SQL: the name as identify() makes it, or name itself
	 * if it cannot be understood, for which it may also raise an error.  The
	 * search_path is the object's schema.
	 */
	const char *(*canonical_name) (SdrReader *reader, const SdrItem *item,
								   Oid namespace);

	/*
	 * For objects of extensions: has anybody put parts of their own on it,
	 * and read those.
	 */
	bool		(*has_user_parts) (SdrReader *reader, Oid oid);
	void		(*read_user_parts) (SdrReader *reader, HeapTuple tuple,
									SdrObject *object);

	/*
	 * For objects that are made of rows of several catalogs: add them to the
	 * reader's entries, and read one of those; NULL if it has gone.
	 */
	void		(*list) (SdrReader *reader);
	SdrObject  *(*read_entry) (SdrReader *reader, const SdrEntry *entry);
} SdrFamily;

/* initprivs.c */
extern const SdrFamily sdr_changed_privileges_family;
extern bool sdr_initial_privileges(SdrReader *reader, Oid catalog,
								   const char *name, List **privileges);
extern void sdr_note_privileges(SdrReader *reader, const SdrFamily *family,
								HeapTuple tuple, Oid oid);
extern void sdr_note_privileges_below(SdrReader *reader, Oid catalog, Oid oid);

/* relation.c */
extern const SdrFamily sdr_relation_family;
extern bool sdr_relation_form(SdrReader *reader, Oid oid, Form_pg_class form);

/* Names that the server makes of others, of a column or of the object. */
typedef struct SdrMadeName
{
	SdrAttrId	attr;
	const char *label;
} SdrMadeName;

#define SDR_NMADE_NAMES	3

extern const SdrMadeName sdr_made_names[SDR_NMADE_NAMES];
extern bool sdr_is_made_name(const char *name, const char *name1,
							 const char *name2, const char *label);
extern SdrRelation *sdr_relation_at(SdrReader *reader, HeapTuple tuple,
									SdrObject *object);

/* type.c */
extern const SdrFamily sdr_type_family;
extern void sdr_row_type_read(SdrRelation *relation, Form_pg_class form,
							  const SdrCommon *attrs);

/* collation.c */
extern const SdrFamily sdr_collation_family;
extern const SdrFamily sdr_conversion_family;
extern const char *sdr_provider_name(char provider);

/* textsearch.c */
extern const SdrFamily sdr_ts_parser_family;
extern const SdrFamily sdr_ts_template_family;
extern const SdrFamily sdr_ts_dictionary_family;
extern const SdrFamily sdr_ts_configuration_family;

/* statistics.c */
extern const SdrFamily sdr_statistics_family;

/* sqlname.c */
extern const char *sdr_last_dot(const char *name);
extern const char *sdr_type_text(SdrReader *reader, Oid type);
extern const char *sdr_routine_name(SdrReader *reader, const char *name,
									const Oid *types, int n);
extern const char *sdr_operator_name(SdrReader *reader, const char *name,
									 Oid left, Oid right);
extern const char *sdr_cast_name(SdrReader *reader, Oid source, Oid target);
extern const char *sdr_transform_name(SdrReader *reader, Oid type,
									  const char *language);
extern const char *sdr_using_name(const char *name, const char *method);
extern const char *sdr_function_name(SdrReader *reader, Oid function);
extern const char *sdr_function_text(SdrReader *reader, Oid function);
extern const char *sdr_operator_text(SdrReader *reader, Oid operator);
extern bool sdr_type_is_temporary(SdrReader *reader, Oid type);
extern const char *sdr_sql_name(SdrReader *reader, const SdrItem *item,
								Oid namespace);

/* function.c */
extern const SdrRoutineAttrs *sdr_routine_attrs(const SdrObject *routine);
extern const SdrFamily sdr_function_family;
extern SdrKindId sdr_routine_kind(char prokind);
extern const char *sdr_parallel_name(char parallel);
extern const char *sdr_argument_text(SdrKindId kind, char mode,
									 const char *name, const char *type,
									 const char *dflt);
extern const char *sdr_result_text(const char *type, bool is_set,
								   List *columns);
extern void sdr_arguments_read(SdrReader *reader, HeapTuple tuple,
							   SdrObject *object, SdrAttrId arguments_attr,
							   SdrAttrId returns_attr);

/* aggregate.c */
extern void sdr_aggregate_read(SdrReader *reader, HeapTuple proc_tuple,
							   SdrObject *object);

/* operator.c */
extern const SdrFamily sdr_operator_family;
extern const SdrFamily sdr_operator_family_family;
extern const SdrFamily sdr_operator_class_family;

/* cast.c */
extern const SdrFamily sdr_cast_family;
extern const SdrFamily sdr_transform_family;

/* language.c */
extern const SdrFamily sdr_language_family;
extern const SdrFamily sdr_access_method_family;
extern const SdrFamily sdr_event_trigger_family;

/* extension.c */
extern const SdrFamily sdr_extension_family;

/* global.c */
extern const SdrFamily sdr_database_family;
extern const SdrFamily sdr_role_family;
extern const SdrFamily sdr_tablespace_family;
extern const SdrFamily sdr_parameter_family;
extern const SdrFamily sdr_large_object_family;

/* defaultacl.c */
extern const SdrFamily sdr_default_privileges_family;

/* foreign.c */
extern const SdrFamily sdr_fdw_family;
extern const SdrFamily sdr_server_family;
extern const SdrFamily sdr_user_mapping_family;

/* publication.c */
extern const SdrFamily sdr_publication_family;
extern const SdrFamily sdr_subscription_family;

/* column.c */
extern const char *sdr_storage_name(char storage);
extern HeapTuple *sdr_columns_gather(SdrRelation *relation);
extern void sdr_columns_read(SdrRelation *relation);
extern bool sdr_statistics_target(SdrReader *reader, HeapTuple tuple,
								  int *target);

/* sequence.c */
extern bool sdr_sequence_is_internal(SdrReader *reader, Oid sequence);
extern void sdr_sequence_read(SdrRelation *relation, HeapTuple class_tuple);
extern void sdr_identity_read(SdrRelation *relation, SdrObject *column,
							  Form_pg_attribute form);

/* index.c */
typedef struct SdrIndexElement
{
	const char *text;			/* column or expression, ready to use */
	Oid			type;
	Oid			own_collation;	/* of the column or expression */
	Oid			collation;
	Oid			opclass;
	List	   *opclass_options;	/* map */
	int16		order;			/* INDOPTION_* */
} SdrIndexElement;

extern const char *sdr_index_element(SdrReader *reader,
									 const SdrIndexElement *element);
extern const char *sdr_index_expression(const char *text, Node *node);
extern List *sdr_indexes_gather(SdrRelation *relation);
extern void sdr_indexes_read(SdrRelation *relation, List *indexes);
extern const char *sdr_index_clustered(List *indexes);
extern const char *sdr_replica_identity(HeapTuple class_tuple, List *indexes);
extern List *sdr_index_keys(SdrRelation *relation, SdrIndex *index);
extern List *sdr_index_statistics(SdrRelation *relation, SdrIndex *index);
extern const char *sdr_index_parent(SdrReader *reader, SdrIndex *index);
extern List *sdr_index_include(SdrRelation *relation, SdrIndex *index);
extern Datum sdr_index_attr(SdrRelation *relation, SdrIndex *index,
							AttrNumber attr, bool *isnull);
extern const char *sdr_partition_key(SdrRelation *relation);
extern const char *sdr_partition_strategy(char strategy);

extern const char *sdr_tablespace(SdrReader *reader, HeapTuple class_tuple);

/* constraint.c */
extern void sdr_constraints_read(SdrRelation *relation, List *indexes);

/* trigger.c */
extern const char *sdr_enabled_name(char enabled);
extern bool sdr_has_user_triggers(SdrReader *reader, Oid relation);
extern List *sdr_triggers_read(SdrRelation *relation);
extern List *sdr_constraint_trigger_names(SdrReader *reader, Oid relation,
										  const char *key);
extern void sdr_rules_read(SdrRelation *relation);

/* policy.c */
extern void sdr_policies_read(SdrRelation *relation);

/* view.c */
extern void sdr_view_read(SdrRelation *relation, HeapTuple class_tuple);
extern char *sdr_trim(char *text);

/* unmodelled.c */
extern SdrObject *sdr_unmodelled(SdrReader *reader, Oid catalog, Oid oid);
extern List *sdr_list_unmodelled(SdrReader *reader);
extern const SdrUnmodelled *sdr_find_unmodelled(const SdrReader *reader,
												const SdrObject *object);

/* canonical.c */
extern bool sdr_same_meaning(SdrReader *reader, const SdrAttr *attr,
							 const SdrObject *actual, const char *expected,
							 const char *found);

#endif							/* SDR_LIVE_H */
