/*-------------------------------------------------------------------------
 *
 * prisma.h
 *	  What a Prisma schema means: models, fields, keys and relations, made
 *	  from the syntax tree, and the document made from them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_PRISMA_H
#define SDR_PRISMA_H

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "prisma/ast.h"
#include "utils/jsonb.h"

typedef enum SdrPrismaScalar
{
	SDR_PRISMA_TYPE_STRING,
	SDR_PRISMA_TYPE_BOOLEAN,
	SDR_PRISMA_TYPE_INT,
	SDR_PRISMA_TYPE_BIGINT,
	SDR_PRISMA_TYPE_FLOAT,
	SDR_PRISMA_TYPE_DECIMAL,
	SDR_PRISMA_TYPE_DATETIME,
	SDR_PRISMA_TYPE_JSON,
	SDR_PRISMA_TYPE_BYTES
} SdrPrismaScalar;

/* What the type of a field turned out to be. */
typedef enum SdrPrismaFieldClass
{
	SDR_PRISMA_FIELD_UNKNOWN,	/* an error, already reported */
	SDR_PRISMA_FIELD_SCALAR,
	SDR_PRISMA_FIELD_ENUM,
	SDR_PRISMA_FIELD_UNSUPPORTED,
	SDR_PRISMA_FIELD_RELATION
} SdrPrismaFieldClass;

/* How a column is filled, and how closely Prisma looks at that. */
typedef enum SdrPrismaDefault
{
	SDR_PRISMA_DEFAULT_NONE,	/* by nothing in the database */
	SDR_PRISMA_DEFAULT_ANY,		/* dbgenerated(): by whatever there is */
	SDR_PRISMA_DEFAULT_VALUE,	/* by default_sql */
	SDR_PRISMA_DEFAULT_MOMENT,	/* the same; not compared by Prisma */
	SDR_PRISMA_DEFAULT_SEQUENCE,	/* by default_sql, which is nextval() */
	SDR_PRISMA_DEFAULT_AUTOINCREMENT
} SdrPrismaDefault;

/* Texts in order, for look-ups by name. */
typedef struct SdrPrismaName
{
	const char *name;
	void	   *value;
} SdrPrismaName;

typedef struct SdrPrismaNames
{
	SdrPrismaName *names;
	int			n;
} SdrPrismaNames;

typedef struct SdrPrismaModel SdrPrismaModel;

typedef struct SdrPrismaEnum
{
	const SdrPrismaBlock *block;
	const char *schema;			/* NULL where none is said */
	const char *name;			/* in the database */
	SdrPrismaNames values;		/* to SdrPrismaField */
} SdrPrismaEnum;

/* What stands in @relation. */
typedef struct SdrPrismaRelation
{
	const SdrPrismaAttr *attr;	/* NULL if there is none */
	const char *name;
	bool		has_fields;		/* fields: is said */
	bool		has_references;
	List	   *fields;			/* of SdrPrismaColumn * */
	List	   *references;		/* of SdrPrismaColumn * */
	const char *on_delete;		/* as SQL writes it; NULL for the default */
	const char *on_update;
	const char *map;
} SdrPrismaRelation;

/* A field of a model or view. */
typedef struct SdrPrismaColumn
{
	const SdrPrismaField *field;
	SdrPrismaModel *model;
	SdrPrismaFieldClass class;
	SdrPrismaScalar scalar;
	SdrPrismaEnum *enumeration;
	SdrPrismaModel *target;		/* of a relation */
	SdrPrismaRelation *relation;
	const char *name;			/* in the database */
	const char *native;			/* name of its native type, NULL if not said */
	const char *type;			/* as SQL, without [] */
	const char *same_type;		/* another that is the same to Prisma; NULL */
	const char *type_attr;		/* attribute of a document that it goes into */
	SdrPrismaDefault default_kind;
	const char *default_sql;
	bool		is_ignored;
	bool		in_primary_key;
} SdrPrismaColumn;

typedef enum SdrPrismaKeyType
{
	SDR_PRISMA_KEY_ID,
	SDR_PRISMA_KEY_UNIQUE,
	SDR_PRISMA_KEY_INDEX
} SdrPrismaKeyType;

typedef struct SdrPrismaKeyPart
{
	SdrPrismaColumn *column;
	bool		desc;
	bool		has_sort;
	const char *opclass;		/* as SQL; NULL for the default */
} SdrPrismaKeyPart;

/* @id, @unique, @@id, @@unique or @@index. */
typedef struct SdrPrismaKey
{
	SdrPrismaKeyType type;
	const SdrPrismaAttr *attr;
	const char *client_name;	/* name: */
	const char *name;			/* in the database */
	List	   *parts;			/* of SdrPrismaKeyPart * */
	const char *method;
	const char *where;			/* as SQL; NULL if it is not partial */
	bool		is_one_of_several;	/* of the same columns, as unique as this */
} SdrPrismaKey;

struct SdrPrismaModel
{
	const SdrPrismaBlock *block;
	bool		is_view;
	bool		is_ignored;
	const char *schema;			/* NULL where none is said */
	const char *name;			/* in the database */
	SdrPrismaColumn *columns;
	int			ncolumns;
	SdrPrismaNames fields;		/* to SdrPrismaColumn */
	List	   *keys;			/* of SdrPrismaKey * */
	SdrPrismaKey *primary_key;
	bool		has_two_ids;	/* an error, not yet reported */
};

typedef struct SdrPrismaExtension
{
	const char *name;
	const char *schema;
	const char *version;
} SdrPrismaExtension;

/* The whole, while it is made and after. */
typedef struct SdrPrismaMapping
{
	SdrPrismaSchema *ast;
	const SdrPrismaBlock *datasource;
	const char *native_prefix;	/* name of the datasource; NULL if none */
	List	   *schemas;		/* of char *, NIL if not said */
	List	   *extensions;		/* of SdrPrismaExtension * */
	bool		no_foreign_keys;	/* relationMode = "prisma" */
	bool		partial_indexes;	/* the preview feature is on */
	List	   *models;			/* of SdrPrismaModel *, views too */
	List	   *enums;			/* of SdrPrismaEnum * */
	List	   *joins;			/* of SdrPrismaJoin * */
	SdrPrismaNames blocks;		/* to SdrPrismaBlock: models, views, enums */
	SdrPrismaNames model_names; /* to SdrPrismaModel */
	SdrPrismaNames enum_names;	/* to SdrPrismaEnum */
} SdrPrismaMapping;

/* An implicit many-to-many relation. */
typedef struct SdrPrismaJoin
{
	const char *name;			/* of the table */
	const char *schema;
	SdrPrismaModel *sides[2];	/* of the columns A and B */
} SdrPrismaJoin;

/* The forms that the key of a join table can have. */
typedef enum SdrPrismaJoinKey
{
	SDR_PRISMA_JOIN_DEFAULT,	/* not said: any, or when strict the newest */
	SDR_PRISMA_JOIN_ANY,
	SDR_PRISMA_JOIN_PRIMARY,	/* of Prisma 6 and later */
	SDR_PRISMA_JOIN_UNIQUE		/* of earlier ones */
} SdrPrismaJoinKey;

typedef struct SdrPrismaOptions
{
	bool		partial;		/* nothing is complete */
	bool		strict;			/* also what Prisma passes over */
	SdrPrismaJoinKey join_tables;
} SdrPrismaOptions;

/* names.c */
extern void sdr_prisma_names_add(SdrPrismaNames *names, const char *name,
								 void *value);
extern void sdr_prisma_names_sort(SdrPrismaNames *names);
extern void *sdr_prisma_names_find(const SdrPrismaNames *names,
								   const char *name);
extern const char *sdr_prisma_clip(const char *name);
extern const char *sdr_prisma_key_name(const char *table, List *columns,
									   const char *suffix);
extern const char *sdr_prisma_join_part_name(const char *table,
											 const char *suffix,
											 bool by_bytes);

/* arguments.c */
extern void sdr_prisma_check_args(SdrPrismaMapping *mapping,
								  const SdrPrismaAttr *attr,
								  const char *const *allowed);
extern const SdrPrismaArg *sdr_prisma_find_arg(const SdrPrismaArg *args,
											   const char *name,
											   bool is_first);
extern const char *sdr_prisma_string(SdrPrismaMapping *mapping,
									 const SdrPrismaExpr *expr,
									 const char *what);
extern const char *sdr_prisma_string_arg(SdrPrismaMapping *mapping,
										 const SdrPrismaAttr *attr,
										 const char *name, bool is_first);
extern const char *sdr_prisma_describe(const SdrPrismaExpr *expr);
extern const SdrPrismaAttr *sdr_prisma_find_attr(const SdrPrismaAttr *attrs,
												 const char *name);
extern void sdr_prisma_check_attrs(SdrPrismaMapping *mapping,
								   const SdrPrismaAttr *attrs, bool with_native,
								   const char *const *allowed,
								   const char *const *repeated);

/* datasource.c */
extern void sdr_prisma_read_configuration(SdrPrismaMapping *mapping);

/* types.c */
extern bool sdr_prisma_scalar_by_name(const char *name,
									  SdrPrismaScalar *scalar);
extern void sdr_prisma_read_type(SdrPrismaMapping *mapping,
								 SdrPrismaColumn *column);
extern const char *sdr_prisma_sql_type(const SdrPrismaColumn *column,
									   const char *type, const char *schema);

/* defaults.c */
extern void sdr_prisma_read_default(SdrPrismaMapping *mapping,
									SdrPrismaColumn *column);

/* keys.c */
extern void sdr_prisma_read_keys(SdrPrismaMapping *mapping,
								 SdrPrismaModel *model);
extern void sdr_prisma_check_client_names(SdrPrismaMapping *mapping,
										  const SdrPrismaModel *model);
extern bool sdr_prisma_is_unique(const SdrPrismaModel *model, List *columns);

/* opclasses.c */
extern const char *sdr_prisma_opclass(SdrPrismaMapping *mapping,
									  const SdrPrismaExpr *name,
									  const char *method,
									  const SdrPrismaColumn *column);
extern void sdr_prisma_check_opclass(SdrPrismaMapping *mapping,
									 SdrPrismaPos pos, const char *method,
									 const SdrPrismaColumn *column);

/* options.c */
extern void sdr_prisma_read_options(SdrPrismaOptions *options, Jsonb *jsonb);

/* relations.c */
extern void sdr_prisma_read_relation(SdrPrismaMapping *mapping,
									 SdrPrismaColumn *column);
extern List *sdr_prisma_check_relations(SdrPrismaMapping *mapping);
extern List *sdr_prisma_column_names(const List *columns);
extern const char *sdr_prisma_foreign_key_name(const SdrPrismaColumn *column);
extern const char *sdr_prisma_on_delete(const SdrPrismaColumn *column);

/* schema.c */
extern const char *sdr_prisma_value_name(const SdrPrismaField *value);
extern const char *sdr_prisma_text(const text * argument);
extern SdrPrismaMapping *sdr_prisma_read(const text * source);

#endif							/* SDR_PRISMA_H */
