/*-------------------------------------------------------------------------
 *
 * rename.h
 *	  Finding out what was renamed: a part of making a plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_RENAME_H
#define SDR_RENAME_H

#include "repair/repair.h"

/* State of one search. */
typedef struct SdrRenameSearch
{
	SdrPlan    *plan;
	SdrComparison cmp;
	SdrRows    *rows;
	List	   *log;			/* see naming.c */
	bool		has_log;
	bool		has_split;
	List	   *named;			/* of SdrObject *: those with new names */
} SdrRenameSearch;

/* rename.c */
extern const SdrObject *sdr_expected_of(const SdrPlan *plan,
										const SdrChange *change);
extern const SdrObject *sdr_live_of(const SdrPlan *plan,
									const SdrChange *change);
extern const List *sdr_rename_log_of(SdrRenameSearch *search);
extern List *sdr_names_of(SdrRenameSearch *search, const SdrObject *live);
extern bool sdr_had_name(const SdrPlan *plan, const List *names,
						 const SdrObject *live, const SdrObject *expected);
extern void sdr_compare_change(SdrRenameSearch *search,
							   const SdrChange *change);

extern void sdr_join_tops(SdrRenameSearch *search, SdrChange *missing,
						  SdrChange *unexpected, const SdrObject *old,
						  const char *condition);
extern List *sdr_changes_that_are(const SdrPlan *plan, bool has_expected,
								  bool has_live);

/* rename_circle.c */
extern void sdr_rename_circles(SdrRenameSearch *search);

/* rename_schema.c */
extern void sdr_rename_schemas(SdrRenameSearch *search);

/* rename_part.c */
extern void sdr_rename_parts(SdrRenameSearch *search);

/* rename_step.c */
extern const char *sdr_schema_of(const SdrObject *object);
extern const SdrObject *sdr_called(const SdrObject *object,
								   const char *schema, const char *name);
extern const char *sdr_meantime_name(const SdrObject *object);
extern void sdr_rename_step(SdrPlan *plan, const SdrObject *want,
							const SdrObject *old, const char *sql,
							const char *condition);
extern SdrRenaming *sdr_add_renaming(SdrPlan *plan, const SdrObject *have,
									 const SdrObject *want);
extern void sdr_rename_top(SdrPlan *plan, const SdrObject *want,
						   const SdrObject *old, const char *condition);
extern void sdr_rename_part(SdrPlan *plan, const SdrObject *want,
							const SdrObject *old, const char *condition);

#endif							/* SDR_RENAME_H */
