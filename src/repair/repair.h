/*-------------------------------------------------------------------------
 *
 * repair.h
 *	  From drift to SQL that mends it.
 *
 * A plan is made from changes: objects as they are and as they are to be.
 * Each kind has a mender, which knows how such an object is made and which
 * statement mends which attribute; what no statement can alter is dropped and
 * made again, with everything that depends on it.  The steps are then put into
 * an order in which they run.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_REPAIR_H
#define SDR_REPAIR_H

#include "catalog/live.h"
#include "drift/drift.h"

/* What running a step may cost, least first. */
typedef enum SdrRisk
{
	SDR_RISK_SAFE,
	SDR_RISK_LOCKS,				/* keeps others waiting while it works */
	SDR_RISK_REWRITES,			/* the same, and rewrites data */
	SDR_RISK_DESTRUCTIVE		/* data may be lost */
} SdrRisk;

/*
 * The order of steps, as far as they do not need each other: what stands in
 * the way goes first, what is lost for good goes last.
 */
typedef enum SdrStage
{
	SDR_STAGE_RELEASE,			/* drop what comes back later */
	SDR_STAGE_DROP_PART,		/* drop parts of tables that hold no data */
	SDR_STAGE_ROLE,
	SDR_STAGE_SCHEMA,
	SDR_STAGE_EXTENSION,
	SDR_STAGE_GLOBAL,			/* languages, servers and so on */
	SDR_STAGE_TYPE,
	SDR_STAGE_FUNCTION,
	SDR_STAGE_TABLE,
	SDR_STAGE_COLUMN,
	SDR_STAGE_DEFAULT,
	SDR_STAGE_INDEX,
	SDR_STAGE_KEY,				/* primary and unique keys, checks */
	SDR_STAGE_ATTACH,			/* partitions, inheritance */
	SDR_STAGE_ATTACH_INDEX,
	SDR_STAGE_FOREIGN_KEY,
	SDR_STAGE_VIEW,
	SDR_STAGE_DEPENDENT,		/* triggers, rules, policies, publications */
	SDR_STAGE_PROPERTY,			/* parameters, owner */
	SDR_STAGE_PRIVILEGE,		/* when the owner is who it will be */
	SDR_STAGE_COMMENT,
	SDR_STAGE_VALIDATE,
	SDR_STAGE_DROP,				/* drop what is not wanted */
	SDR_STAGE_LOSE,				/* the same, where it holds data */
	SDR_STAGE_LOSE_EXTENSION	/* when nothing needs it any more */
} SdrStage;

/* One statement. */
typedef struct SdrStep
{
	int			number;			/* in the order of planning */
	SdrStage	stage;
	const SdrObject *object;	/* that it is about */
	const char *sql;			/* NULL: no statement can mend it */
	const char *mentions;		/* text with the names that it needs */
	const char *makes;			/* identity of what others may need, or NULL */
	const char *drops;			/* the same of what others must let go first;
								 * "" of what nobody can mention */
	const char *frees;			/* the same of a name that is free then */
	const char *awaits;			/* the same of a name that must be free */
	const char *releases;		/* text with the names that it lets go */
	const struct SdrStep *after;	/* step that it must wait for, or NULL */
	SdrRisk		risk;
	const char *lock;			/* strongest lock on a user's relation */
	bool		transactional;
	const char *note;
	List	   *mends;			/* of const char * */
	const char *due;			/* condition under which it is to be run,
								 * where it is to be run again; NULL: by its
								 * text */
	const char *verdict;		/* what came of it when it was tried */
	bool		taken_back;
} SdrStep;

/* A top-level object that differs. */
typedef struct SdrChange
{
	const SdrObject *want;		/* NULL: it must go */
	const SdrObject *have;		/* NULL: it is not there */
	List	   *rows;			/* of SdrRow *: its drift */
	const SdrObject *merged;	/* the whole of want, once it was asked for */
} SdrChange;

typedef struct SdrPlanOptions
{
	bool		adopt;			/* from expected to live, not back */
	bool		destructive;	/* steps that lose data are wanted */
	bool		concurrently;	/* indexes without blocking writers */
	bool		validate_later; /* constraints NOT VALID first */
	bool		count_loss;
	bool		verify;
	bool		idempotent;		/* steps can be run again */
} SdrPlanOptions;

typedef struct SdrPlan
{
	SdrReader  *reader;
	const SdrDocument *document;
	SdrPlanOptions options;
	List	   *changes;		/* of SdrChange * */
	HTAB	   *by_object;		/* the same by the object that differs */
	HTAB	   *by_mention;		/* the same by names in the texts of what
								 * there is; see depend_text.c */
	List	   *steps;			/* of SdrStep * */
	HTAB	   *marks;			/* see mark.c */
	List	   *whole;			/* of SdrObject *: given as a whole already */
	List	   *released;		/* of char *: columns whose default went
								 * early, partitions that are attached again */
	List	   *mending;		/* of SdrRow *: what steps now made will mend */
	List	   *schemas;		/* of SdrRenaming *: of schemas, which come
								 * before all others */
	List	   *renames;		/* of SdrRenaming *: of what is in them */
	List	   *respelled;		/* of SdrObject *: live ones that have their
								 * new names */
	List	   *first;			/* of SdrStep *: those that rename */
	List	   *superseded;		/* of char *: what steps that have been taken
								 * back would have mended */
} SdrPlan;

/*
 * An object that has another name on the other side.  Steps rename it before
 * all else, so what is planned after that calls it by its new name.
 */
typedef struct SdrRenaming
{
	SdrKindId	kind;
	const char *parent;			/* of a part: identity of what it is a part
								 * of, as it is called then; else NULL */
	const char *old_parent;		/* the same as it was called before */
	const char *schema;			/* as it is called on the side that is mended */
	const char *name;
	const char *new_schema;		/* as it is to be called */
	const char *new_name;
	HTAB	   *members;		/* of a schema: names of what is in it */
} SdrRenaming;

/* What an object was called before. */
typedef struct SdrFormerName
{
	const char *schema;
	const char *name;
} SdrFormerName;

/* An attribute of an object that is not as it should be. */
typedef struct SdrMend
{
	const SdrObject *want;
	const SdrObject *have;
	const SdrAttr *attr;
	SdrAttrId	id;
	const struct SdrRule *rule;
	SdrValue	value;			/* that it is to have, UNSET for the server's
								 * choice */
} SdrMend;

/*
 * How an attribute is mended: by a statement (see render.c for what stands in
 * braces), or by a function that adds steps.  A rule with neither has the
 * object made again.
 */
typedef struct SdrRule
{
	SdrAttrId	attr;
	const char *set;
	const char *reset;			/* for null, false, none; NULL: as set */
	const char *lock;
	SdrRisk		risk;
	void		(*mend) (SdrPlan *plan, const SdrMend *mend);
} SdrRule;

typedef struct SdrMender
{
	SdrKindId	kind;
	const char *type;			/* as ALTER, DROP and COMMENT ON call it */
	const char *grant_type;		/* as GRANT does, where it is another */
	void		(*create) (SdrPlan *plan, const SdrObject *object);
	/* of a part that is made together with its object, where that differs */
	void		(*create_within) (SdrPlan *plan, const SdrObject *object);
	/* where not all that depends on it can be dropped */
	void		(*remake) (SdrPlan *plan, const SdrObject *want,
						   const SdrObject *have);
	const SdrRule *rules;		/* ends with a rule of no attribute */
	/* where DROP type identity is not the statement; NULL: cannot be dropped */
	const char *(*drop) (const SdrObject *object);
	/* where more than one statement drops it */
	void		(*destroy) (SdrPlan *plan, const SdrObject *object);
	bool		holds_data;
} SdrMender;

#define SDR_NO_LOCK				NULL
#define SDR_SHARE_UPDATE		"SHARE UPDATE EXCLUSIVE"
#define SDR_SHARE				"SHARE"
#define SDR_SHARE_ROW			"SHARE ROW EXCLUSIVE"
#define SDR_EXCLUSIVE			"ACCESS EXCLUSIVE"

/* step.c */
extern SdrStep *sdr_step(SdrPlan *plan, SdrStage stage,
						 const SdrObject *object, const char *format,
						 ...) pg_attribute_printf(4, 5);
extern void sdr_step_cost(SdrStep *step, SdrRisk risk, const char *lock);
extern bool sdr_is_first(SdrPlan *plan, const SdrObject *object);
extern bool sdr_is_noted(const SdrPlan *plan, const char *key);
extern void sdr_unmended(SdrPlan *plan, const SdrObject *object,
						 const char *reason);
extern const char *sdr_own_texts(const SdrObject *object);
extern const char *sdr_texts(const SdrObject *object);
extern const char *sdr_order_name(const SdrObject *object);
extern const char *sdr_columns_key(const char *identity);
extern const char *sdr_attached_key(const SdrObject *table);

/* mark.c */
extern HTAB *sdr_table_by_text(const char *name, Size entrysize);
extern bool sdr_is_marked(const SdrPlan *plan, const SdrObject *object);
extern bool sdr_is_remade(const SdrPlan *plan, const SdrObject *object);
extern void sdr_mark_step(SdrPlan *plan, SdrStep *step);
extern bool sdr_mark_remade(SdrPlan *plan, const SdrObject *object);

/* remake.c */
extern void sdr_make(SdrPlan *plan, const SdrObject *object);
extern void sdr_drop(SdrPlan *plan, const SdrObject *object, bool comes_back);
extern void sdr_plan_index(SdrPlan *plan);
extern SdrChange *sdr_plan_change_of(const SdrPlan *plan, SdrKindId kind,
									 const char *identity);
extern SdrChange *sdr_plan_change(const SdrPlan *plan,
								  const SdrObject *object);
extern const SdrObject *sdr_live_side(const SdrPlan *plan,
									  const SdrObject *object);
extern bool sdr_both_sides(const SdrPlan *plan, const SdrObject *object,
						   const SdrObject **want, const SdrObject **have);
extern const SdrObject *sdr_final_state(const SdrPlan *plan,
										const SdrObject *live);
extern void sdr_remake_dependent(SdrPlan *plan, const SdrObject *dependent);
extern void sdr_remake_dependents(SdrPlan *plan, const SdrObject *object,
								  bool goes);
extern void sdr_remake(SdrPlan *plan, const SdrObject *want,
					   const SdrObject *have);

/* plan.c */
extern void sdr_plan_make(SdrPlan *plan);

/* wanted.c */
extern SdrValue sdr_wanted_value(const SdrObject *want, SdrAttrId attr);
extern const SdrObject *sdr_merged(const SdrObject *want,
								   const SdrObject *have);
extern const SdrObject *sdr_counterpart(const SdrObject *part,
										const SdrObject *top);
extern const SdrObject *sdr_top(const SdrObject *object);
extern bool sdr_value_is_none(const SdrValue *value);
extern bool sdr_is_set(const SdrObject *object, SdrAttrId attr);
extern const char *sdr_text(const SdrObject *object, SdrAttrId attr);
extern bool sdr_true(const SdrObject *object, SdrAttrId attr);
extern List *sdr_items(const SdrObject *object, SdrAttrId attr);
extern bool sdr_list_has(const List *texts, const char *text);
extern bool sdr_same_texts(const SdrObject *a, const SdrObject *b);

/* render.c */
extern const char *sdr_render(const char *template, const SdrObject *object,
							  const SdrValue *value);
extern const char *sdr_names(const List *names);
extern const char *sdr_join(const List *texts, const char *separator);
extern const char *sdr_literal(const char *text);
extern const char *sdr_upper(const char *words);
extern const char *sdr_parameter_name(const char *name);
extern const char *sdr_storage_options(const List *map);
extern const char *sdr_setting_value(const char *name, const char *value);
extern const char *sdr_setting_names(const char *list);
extern const char *sdr_plain_name(const char *qualified);
extern Oid	sdr_type_named(const char *name);

/* common_mend.c */
extern const char *sdr_sql_type(const SdrObject *object);
extern const char *sdr_address(const SdrObject *object);
extern bool sdr_has_role(SdrPlan *plan, const SdrObject *object,
						 const char *role);
extern List *sdr_option_texts(const List *map, const char *sign);
extern const char *sdr_fdw_options(const List *map);
extern void sdr_mend_common(SdrPlan *plan, const SdrObject *want,
							const SdrObject *have, SdrAttrId attr);
extern void sdr_make_common(SdrPlan *plan, const SdrObject *object);
extern bool sdr_is_common(SdrAttrId attr);
extern void sdr_split_rights(const char *text, List **plain,
							 List **grantable);
extern void sdr_mend_options(SdrPlan *plan, const SdrMend *mend);
extern void sdr_mend_fdw_options(SdrPlan *plan, const SdrMend *mend);

/* unmodelled.c */
extern void sdr_drop_unmodelled(SdrPlan *plan, const SdrObject *object);

/* label.c */
extern void sdr_set_label(SdrPlan *plan, const SdrObject *object,
						  const char *on, const char *provider,
						  const char *label);
extern void sdr_mend_labels(SdrPlan *plan, const SdrObject *object,
							const List *old, const List *new);

/* idempotent.c */
extern const char *sdr_idempotent(const SdrObject *object, const char *sql,
								  const SdrObject *want,
								  const SdrObject *have,
								  bool name_is_taken);
extern const char *sdr_when_due(const char *sql, const char *condition);

/* exists.c: conditions in SQL */
extern const char *sdr_identity_literal(const SdrObject *object);
extern const char *sdr_exists_part(const char *catalog,
								   const char *owner_column,
								   const char *owner, const char *owner_type,
								   const char *more);
extern const char *sdr_column_has(const SdrObject *column, const char *more);
extern const char *sdr_columns_stand(const SdrObject *relation,
									 const List *names);
extern const char *sdr_has_columns(const SdrObject *relation);
extern const char *sdr_constraint_exists(const SdrObject *object);
extern const char *sdr_constraint_is_own(const SdrObject *constraint);
extern const char *sdr_type_exists(const SdrObject *type, bool defined);
extern const char *sdr_exists_of_kind(const SdrObject *object);
extern const char *sdr_exists(const SdrObject *object);

/* loss.c */
extern void sdr_count_losses(SdrPlan *plan);

/* rename.c */
extern void sdr_find_renames(SdrPlan *plan, SdrRows *rows);

/* naming.c */
extern List *sdr_rename_log(void);
extern List *sdr_former_names(SdrReader *reader, const List *log,
							  const SdrObject *live, const char *schema);
extern List *sdr_renamed_oids(const List *log, Oid catalog);
extern List *sdr_moved_objects(SdrReader *reader, const List *log);

/* spelling.c */
extern const char *sdr_read_name(const char *p, char *name);
extern const char *sdr_bare_name(const SdrObject *object);
extern const char *sdr_name_tail(const SdrObject *object);
extern const SdrRenaming *sdr_find_renaming(const List *renames,
											SdrKindId kind, const char *schema,
											const char *name);
extern const char *sdr_part_renamed(const List *renames, SdrKindId kind,
									const char *parent, const char *name);
extern const char *sdr_respell_text(const List *renames, const char *top,
									const char *text);
extern const char *sdr_without_aliases(const char *text);

/* respell.c */
extern void sdr_respell_name(const List *renames, SdrObject *object);
extern void sdr_respell_rest(const List *renames, SdrObject *object);
extern void sdr_respell(const List *renames, SdrObject *object);
extern void sdr_respell_query(const SdrObject *want, const SdrObject *have);
extern const SdrObject *sdr_respelled(SdrPlan *plan,
									  const SdrObject *object);

/* verify.c */
extern void sdr_verify(SdrPlan *plan, Jsonb *expected, Jsonb *options);

/* inherit.c */
extern bool sdr_table_moves(const SdrPlan *plan, const SdrObject *part);
extern bool sdr_table_leaves(const SdrPlan *plan, const SdrObject *part);
extern bool sdr_is_inherited(const SdrObject *part);
extern bool sdr_goes_with_parent(const SdrPlan *plan, const SdrObject *part);
extern void sdr_mend_inherited(SdrPlan *plan, const SdrMend *mend);
extern void sdr_mend_local(SdrPlan *plan, const SdrMend *mend);
extern List *sdr_parts_above(SdrPlan *plan, const SdrObject *part,
							 const SdrObject *table);

/* depend.c */
extern List *sdr_dependents(SdrPlan *plan, const SdrObject *object,
							bool goes);
extern const SdrObject *sdr_live_relation(SdrPlan *plan,
										  const char *identity);
extern List *sdr_live_indexes(SdrPlan *plan, const char *identity);
extern bool sdr_is_column_of(const SdrObject *object, const SdrObject *type);

/* depend_text.c */
extern List *sdr_mentioning(SdrPlan *plan, const SdrObject *on);
extern bool sdr_is_key(const SdrObject *object);
extern bool sdr_follows_column(const SdrObject *object);
extern bool sdr_depends_by_text(const SdrObject *object, const SdrObject *on,
								bool goes);

/* order.c */
/* schema.name, and () behind routines, which share no names with others */
#define SDR_KEY_SIZE		(2 * NAMEDATALEN + 4)

extern void sdr_make_key(char *key, const char *schema, const char *name);
extern const char *sdr_next_name(const char *p, char *key);
extern bool sdr_mentions(const char *text, const char *identity);
extern bool sdr_mentions_name(const char *text, const char *table,
							  const char *column);
extern List *sdr_order(List *steps);

/* menders.c */
extern const SdrMender *sdr_mender(SdrKindId kind);
extern const SdrMender *sdr_mender_of(const SdrObject *object);

/* table.c */
extern const SdrMender sdr_table_mender;
extern void sdr_reattach(SdrPlan *plan, const SdrObject *live);
extern const char *sdr_column_list(const SdrObject *table);

/* column.c */
extern const SdrMender sdr_column_mender;
extern const char *sdr_alter_column(const SdrObject *column);
extern SdrStep *sdr_column_step(SdrPlan *plan, SdrStage stage,
								const SdrObject *column, SdrRisk risk,
								const char *act);
extern SdrStage sdr_column_stage(const SdrObject *column);
extern void sdr_make_column_properties(SdrPlan *plan,
									   const SdrObject *column);
extern void sdr_note_position(SdrPlan *plan, const SdrObject *column);
extern void sdr_convert_column(SdrPlan *plan, const SdrObject *column,
							   const char *via);
extern const char *sdr_column_text(const SdrObject *column);

/* computed.c */
extern void sdr_remake_generated(SdrPlan *plan, const SdrObject *changed,
								 const SdrStep *change);
extern void sdr_renew_default(SdrPlan *plan, const SdrObject *column);
extern void sdr_mend_generated(SdrPlan *plan, const SdrMend *mend);

/* key.c */
extern const SdrMender sdr_constraint_mender;
extern bool sdr_both_ends_change(const SdrPlan *plan,
								 const SdrObject *constraint);

extern bool sdr_has_index(const SdrObject *constraint);

/* makeway.c */
extern void sdr_make_way(SdrPlan *plan, const SdrObject *table);

/* not_null.c */
extern const char *sdr_not_null_text(const SdrObject *column);
extern void sdr_mend_not_null(SdrPlan *plan, const SdrMend *mend);
extern void sdr_mend_not_null_property(SdrPlan *plan, const SdrMend *mend);
extern void sdr_make_not_null(SdrPlan *plan, const SdrObject *column);
extern const char *sdr_domain_not_null_text(const SdrObject *domain);
extern void sdr_make_domain_not_null(SdrPlan *plan, const SdrObject *domain);
extern void sdr_mend_domain_not_null(SdrPlan *plan, const SdrMend *mend);
extern void sdr_mend_domain_not_null_property(SdrPlan *plan,
											  const SdrMend *mend);

/* identity.c */
extern void sdr_mend_identity_sequence(SdrPlan *plan, const SdrMend *mend);
extern void sdr_make_identity_properties(SdrPlan *plan,
										 const SdrObject *column);
extern const char *sdr_identity_sequence(const SdrObject *column);
extern const char *sdr_identity_name_clause(const SdrObject *column);

/* alias.c */
extern void sdr_mend_alias(SdrPlan *plan, const SdrMend *mend);

/* table.c */
extern void sdr_mend_replica_identity(SdrPlan *plan, const SdrMend *mend);
extern void sdr_make_aliases(SdrPlan *plan, const SdrObject *object);

/* changed.c */
extern const SdrMender sdr_changed_privileges_mender;

/* index.c */
extern const SdrMender sdr_index_mender;
extern const char *sdr_only(const SdrObject *part);
extern void sdr_attach_index(SdrPlan *plan, const SdrObject *index,
							 const char *parent);
extern void sdr_mend_index_property(SdrPlan *plan, const SdrMend *mend);
extern void sdr_make_index_properties(SdrPlan *plan,
									  const SdrObject *constraint);
extern void sdr_mend_index_valid(SdrPlan *plan, const SdrMend *mend);
extern void sdr_mend_index_parent(SdrPlan *plan, const SdrMend *mend);
extern void sdr_detach_index(SdrPlan *plan, const SdrObject *index);

/* relation.c */
extern const SdrMender sdr_view_mender;
extern const SdrMender sdr_matview_mender;
extern const SdrMender sdr_sequence_mender;
extern const SdrMender sdr_schema_mender;
extern const char *sdr_sequence_text(const SdrObject *object, SdrAttrId type,
									 SdrAttrId start);

/* trigger.c */
extern void sdr_mend_constraint_triggers(SdrPlan *plan, const SdrMend *mend);
extern const SdrMender sdr_trigger_mender;
extern const SdrMender sdr_rule_mender;
extern const SdrMender sdr_policy_mender;
extern const char *sdr_enable_text(const char *state);

/* routine.c */
extern const SdrMender sdr_function_mender;
extern const SdrMender sdr_procedure_mender;
extern const char *sdr_routine_plain_name(const SdrObject *routine);

/* type.c */
extern const SdrMender sdr_enum_mender;
extern const SdrMender sdr_domain_mender;
extern const SdrMender sdr_composite_mender;
extern void sdr_remake_type(SdrPlan *plan, const SdrObject *want,
							const SdrObject *have);

/* definition.c */
/* One parameter of such a statement: see render.c for the template. */
typedef struct SdrParameter
{
	SdrAttrId	attr;
	const char *text;
} SdrParameter;

extern List *sdr_parameters_of(const SdrObject *object,
							   const SdrParameter *parameters);
extern void sdr_create_defined(SdrPlan *plan, SdrStage stage,
							   const SdrObject *object, const char *what,
							   List *parameters);
extern const SdrMender sdr_aggregate_mender;
extern const SdrMender sdr_operator_mender;
extern const SdrMender sdr_range_mender;
extern const SdrMender sdr_base_mender;
extern const SdrMender sdr_shell_mender;
extern const SdrMender sdr_collation_mender;
extern const SdrMender sdr_conversion_mender;

/* textsearch.c */
extern const SdrMender sdr_ts_parser_mender;
extern const SdrMender sdr_ts_template_mender;
extern const SdrMender sdr_ts_dictionary_mender;
extern const SdrMender sdr_ts_configuration_mender;

/* language.c */
extern const SdrMender sdr_language_mender;
extern const SdrMender sdr_access_method_mender;
extern const SdrMender sdr_event_trigger_mender;
extern const SdrMender sdr_cast_mender;
extern const SdrMender sdr_transform_mender;
extern const char *sdr_transform_text(const SdrObject *transform);
extern const SdrMender sdr_statistics_mender;
extern const SdrMender sdr_operator_family_mender;
extern const SdrMender sdr_operator_class_mender;

/* extension.c */
extern const SdrMender sdr_extension_mender;

/* foreign.c */
extern const SdrMender sdr_fdw_mender;
extern const SdrMender sdr_server_mender;
extern const SdrMender sdr_user_mapping_mender;
extern const SdrMender sdr_publication_mender;
extern const SdrMender sdr_published_table_mender;
extern const SdrMender sdr_subscription_mender;

/* global.c */
extern void sdr_mend_settings(SdrPlan *plan, const SdrMend *mend);
extern const SdrMender sdr_role_mender;
extern const SdrMender sdr_database_mender;
extern const SdrMender sdr_tablespace_mender;
extern const SdrMender sdr_parameter_mender;
extern const SdrMender sdr_large_object_mender;
extern const SdrMender sdr_default_privileges_mender;

#endif							/* SDR_REPAIR_H */
