/*-------------------------------------------------------------------------
 *
 * condition.h
 *	  Conditions under which a statement is still to be run, as SQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_CONDITION_H
#define SDR_CONDITION_H

#include "repair/repair.h"

/* condition.c */
extern bool sdr_begins_with(const char *text, const char *start);
extern const char *sdr_skip_name(const char *p);
extern const char *sdr_name_literal(const char *p);
extern const char *sdr_identity_literal(const SdrObject *object);
extern const char *sdr_exists_part(const char *catalog,
								   const char *owner_column,
								   const char *owner, const char *owner_type,
								   const char *more);
extern const char *sdr_type_exists(const SdrObject *type, bool defined);
extern const char *sdr_not(const char *condition);
extern const char *sdr_column_has(const SdrObject *column, const char *more);
extern const char *sdr_column_is_old(const SdrObject *want,
									 const SdrObject *have);
extern const char *sdr_column_has_type(const SdrObject *column);
extern const char *sdr_has_no_expression(const SdrObject *column);
extern const char *sdr_constraint_exists(const SdrObject *constraint);
extern const char *sdr_condition_of(const SdrObject *object,
									const char *name, const char *act);

#endif							/* SDR_CONDITION_H */
