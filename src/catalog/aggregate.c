/*-------------------------------------------------------------------------
 *
 * aggregate.c
 *	  What makes a routine an aggregate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_proc.h"
#include "utils/builtins.h"

static const char *
kind_name(char kind)
{
	switch (kind)
	{
		case AGGKIND_NORMAL:
			return "normal";
		case AGGKIND_ORDERED_SET:
			return "ordered-set";
		case AGGKIND_HYPOTHETICAL:
			return "hypothetical-set";
	}
	elog(ERROR, "unrecognized kind of aggregate: %c", kind);
}

static const char *
modify_name(char modify)
{
	switch (modify)
	{
		case AGGMODIFY_READ_ONLY:
			return "read_only";
		case AGGMODIFY_SHAREABLE:
			return "shareable";
		case AGGMODIFY_READ_WRITE:
			return "read_write";
	}
	elog(ERROR, "unrecognized effect on the state: %c", modify);
}

typedef struct Aggregate
{
	SdrReader  *reader;
	SdrObject  *object;
	HeapTuple	tuple;
	Form_pg_aggregate form;
} Aggregate;

static void
read_function(Aggregate *agg, SdrAttrId attr, Oid function)
{
	sdr_set_text(agg->object, attr, sdr_function_name(agg->reader, function));
}

static void
read_type(Aggregate *agg, SdrAttrId attr, Oid type)
{
	sdr_set_text(agg->object, attr,
				 OidIsValid(type) ? sdr_type_text(agg->reader, type) : NULL);
}

/* Only final functions of ordered sets spoil the state unless told not to. */
static void
read_modify(Aggregate *agg, SdrAttrId attr, char modify)
{
	sdr_set_text(agg->object, attr, modify_name(modify));
	sdr_set_implied(agg->object, attr,
					modify == (AGGKIND_IS_ORDERED_SET(agg->form->aggkind) ?
							   AGGMODIFY_READ_WRITE : AGGMODIFY_READ_ONLY));
}

static void
read_initial(Aggregate *agg, SdrAttrId attr, AttrNumber attnum)
{
	sdr_set_text(agg->object, attr,
				 sdr_get_text(agg->reader, AggregateRelationId, agg->tuple,
							  attnum));
}

static void
read_plain(Aggregate *agg)
{
	Form_pg_aggregate form = agg->form;

	read_function(agg, SDR_AGGREGATE_SFUNC, form->aggtransfn);
	read_type(agg, SDR_AGGREGATE_STYPE, form->aggtranstype);
	sdr_set_int(agg->object, SDR_AGGREGATE_SSPACE, form->aggtransspace);
	read_function(agg, SDR_AGGREGATE_FINALFUNC, form->aggfinalfn);
	sdr_set_bool(agg->object, SDR_AGGREGATE_FINALFUNC_EXTRA,
				 form->aggfinalextra);
	read_modify(agg, SDR_AGGREGATE_FINALFUNC_MODIFY, form->aggfinalmodify);
	read_function(agg, SDR_AGGREGATE_COMBINEFUNC, form->aggcombinefn);
	read_function(agg, SDR_AGGREGATE_SERIALFUNC, form->aggserialfn);
	read_function(agg, SDR_AGGREGATE_DESERIALFUNC, form->aggdeserialfn);
	read_initial(agg, SDR_AGGREGATE_INITCOND, Anum_pg_aggregate_agginitval);
}

static void
read_moving(Aggregate *agg)
{
	Form_pg_aggregate form = agg->form;

	read_function(agg, SDR_AGGREGATE_MSFUNC, form->aggmtransfn);
	read_function(agg, SDR_AGGREGATE_MINVFUNC, form->aggminvtransfn);
	read_type(agg, SDR_AGGREGATE_MSTYPE, form->aggmtranstype);
	sdr_set_int(agg->object, SDR_AGGREGATE_MSSPACE, form->aggmtransspace);
	read_function(agg, SDR_AGGREGATE_MFINALFUNC, form->aggmfinalfn);
	sdr_set_bool(agg->object, SDR_AGGREGATE_MFINALFUNC_EXTRA,
				 form->aggmfinalextra);
	read_modify(agg, SDR_AGGREGATE_MFINALFUNC_MODIFY, form->aggmfinalmodify);
	read_initial(agg, SDR_AGGREGATE_MINITCOND, Anum_pg_aggregate_aggminitval);
}

/* Fill an aggregate, whose row in pg_proc is given. */
void
sdr_aggregate_read(SdrReader *reader, HeapTuple proc_tuple, SdrObject *object)
{
	HeapTuple	tuple = sdr_fetch(reader, AggregateRelationId,
								  AggregateFnoidIndexId,
								  Anum_pg_aggregate_aggfnoid, object->oid);
	Aggregate	agg = {reader, object, tuple, NULL};

	sdr_arguments_read(reader, proc_tuple, object, SDR_AGGREGATE_ARGUMENTS,
					   SDR_AGGREGATE_RETURNS);
	sdr_set_text(object, SDR_AGGREGATE_PARALLEL,
				 sdr_parallel_name(((Form_pg_proc) GETSTRUCT(proc_tuple))->proparallel));
	if (!HeapTupleIsValid(tuple))
	{
		sdr_reader_gone(reader);
		return;
	}
	agg.form = (Form_pg_aggregate) GETSTRUCT(tuple);
	sdr_set_text(object, SDR_AGGREGATE_KIND, kind_name(agg.form->aggkind));
	sdr_set_int(object, SDR_AGGREGATE_DIRECT_ARGUMENTS,
				agg.form->aggnumdirectargs);
	read_plain(&agg);
	read_moving(&agg);
	sdr_set_text(object, SDR_AGGREGATE_SORTOP,
				 sdr_operator_text(reader, agg.form->aggsortop));
}
