/*-------------------------------------------------------------------------
 *
 * target.h
 *	  The objects that a statement names: a part of reading its facts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_TARGET_H
#define SDR_TARGET_H

#include "guard/guard.h"

/* State of one reading. */
typedef struct SdrReading
{
	SdrFacts   *facts;
	bool		permanent;		/* something that is not temporary, or may not
								 * be */
	bool		creates;		/* the statement makes what it names */
} SdrReading;

/* Each adds a target.  part is of the relation, or NULL. */
extern void sdr_target_relation(SdrReading *reading, const char *kind,
								const RangeVar *rv, const char *part);
extern void sdr_target_names(SdrReading *reading, const char *kind,
							 List *names);
extern void sdr_target_plain(SdrReading *reading, const char *kind,
							 const char *name);
extern void sdr_target_role(SdrReading *reading, const RoleSpec *role);
extern void sdr_target_object(SdrReading *reading, ObjectType type,
							  Node *object);
extern void sdr_target_objects(SdrReading *reading, ObjectType type,
							   List *objects);

/* Call the last one so. */
extern void sdr_target_rename(SdrReading *reading, const char *name);

extern const char *sdr_target_type_text(const TypeName *type);

#endif							/* SDR_TARGET_H */
