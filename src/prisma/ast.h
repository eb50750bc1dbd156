/*-------------------------------------------------------------------------
 *
 * ast.h
 *	  Syntax tree of a Prisma schema, and the errors found in one.
 *
 * What stands here and in lexer.c and parser.c needs no server beyond palloc
 * and StringInfo: with -DFRONTEND it is compiled alone, for the fuzzer.
 *
 * The tree says what is written, not what it means: schema.c and what it calls
 * know the attributes.  Nodes are linked in the order of the file, never freed
 * one by one, and every text is a palloc'd copy with escapes resolved.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_AST_H
#define SDR_AST_H

/* Where something begins; both count from 1, columns count characters. */
typedef struct SdrPrismaPos
{
	int			line;
	int			column;
} SdrPrismaPos;

typedef enum SdrPrismaExprTag
{
	SDR_PRISMA_STRING,			/* "text" */
	SDR_PRISMA_NUMBER,			/* -1.5, as written */
	SDR_PRISMA_NAME,			/* Cascade, true, a.b: text as written */
	SDR_PRISMA_CALL,			/* now(), dbgenerated("x"), raw("x") */
	SDR_PRISMA_ARRAY,			/* [a, b] */
	SDR_PRISMA_OBJECT			/* { field: value } */
} SdrPrismaExprTag;

typedef struct SdrPrismaArg SdrPrismaArg;

typedef struct SdrPrismaExpr
{
	SdrPrismaExprTag tag;
	SdrPrismaPos pos;
	const char *text;			/* STRING, NUMBER, NAME; of CALL its name */
	SdrPrismaArg *args;			/* CALL: arguments, ARRAY: elements, OBJECT:
								 * named members */
} SdrPrismaExpr;

/* Argument of an attribute or a call, element of an array. */
struct SdrPrismaArg
{
	SdrPrismaArg *next;
	SdrPrismaPos pos;
	const char *name;			/* NULL where it is not named */
	SdrPrismaExpr *value;
};

/* @id, @@unique([a, b]), @db.VarChar(20) */
typedef struct SdrPrismaAttr
{
	struct SdrPrismaAttr *next;
	SdrPrismaPos pos;			/* of its name, behind the @ */
	bool		is_block;		/* written with @@ */
	const char *name;			/* "id", "db.VarChar" */
	SdrPrismaArg *args;
} SdrPrismaAttr;

typedef enum SdrPrismaArity
{
	SDR_PRISMA_REQUIRED,
	SDR_PRISMA_OPTIONAL,		/* String? */
	SDR_PRISMA_LIST				/* String[] */
} SdrPrismaArity;

/* Field of a model, value of an enum, property of a datasource. */
typedef struct SdrPrismaField
{
	struct SdrPrismaField *next;
	SdrPrismaPos pos;
	const char *name;
	const char *type;			/* "String", a model, "Unsupported"; NULL in
								 * enums, datasources and generators */
	SdrPrismaPos type_pos;
	const char *unsupported;	/* of Unsupported("text") its text */
	SdrPrismaArity arity;
	SdrPrismaAttr *attrs;
	SdrPrismaExpr *value;		/* datasource, generator: what stands behind
								 * the =; NULL, and an error, if nothing does */
} SdrPrismaField;

typedef enum SdrPrismaBlockTag
{
	SDR_PRISMA_MODEL,
	SDR_PRISMA_VIEW,
	SDR_PRISMA_ENUM,
	SDR_PRISMA_TYPE,			/* composite type */
	SDR_PRISMA_DATASOURCE,
	SDR_PRISMA_GENERATOR
} SdrPrismaBlockTag;

typedef struct SdrPrismaBlock
{
	struct SdrPrismaBlock *next;
	SdrPrismaBlockTag tag;
	SdrPrismaPos pos;			/* of its name */
	const char *name;
	const char *doc;			/* comments of the forms that document,
								 * directly before it; NULL if there are none */
	SdrPrismaField *fields;
	SdrPrismaAttr *attrs;		/* those with @@ */
} SdrPrismaBlock;

typedef struct SdrPrismaError
{
	struct SdrPrismaError *next;
	SdrPrismaPos pos;
	int			pass;
	const char *message;		/* as an errmsg: what, which text, what was
								 * expected; in UTF-8 as the source */
} SdrPrismaError;

typedef struct SdrPrismaSchema
{
	SdrPrismaBlock *blocks;
	SdrPrismaError *errors;		/* in the order of passes, then of the file */
	SdrPrismaError *last_error;
	int			pass;			/* that errors are of: what a later pass finds
								 * may come of what an earlier one found */
	int			nerrors;		/* may be more than are kept */
} SdrPrismaSchema;

/* What is refused: longer sources, deeper nesting; errors beyond that number
 * are counted and not kept. */
#define SDR_PRISMA_MAX_SOURCE (16 * 1024 * 1024)
#define SDR_PRISMA_MAX_DEPTH 64
#define SDR_PRISMA_MAX_ERRORS 100

/*
 * parser.c
 *
 * The source is UTF-8, whatever the database's encoding, and so is every text
 * in the tree.  Where schema->errors is not empty the tree is not complete.
 */
extern SdrPrismaSchema *sdr_prisma_parse(const char *source, size_t len);
extern void sdr_prisma_error(SdrPrismaSchema *schema, SdrPrismaPos pos,
							 const char *format,...) pg_attribute_printf(3, 4);

#endif							/* SDR_AST_H */
