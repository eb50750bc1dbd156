/*-------------------------------------------------------------------------
 *
 * common_mend.c
 *	  Statements that are alike for many kinds: owner, privileges, comment,
 *	  security labels, extensions that an object follows, options.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* The word in front of the identity in ALTER, DROP and COMMENT ON. */
const char *
sdr_sql_type(const SdrObject *object)
{
	if (object->kind->id == SDR_KIND_TABLE &&
		sdr_is_set(object, SDR_TABLE_SERVER))
		return "FOREIGN TABLE";
	return sdr_mender(object->kind->id)->type;
}

/*
 * The name of an object in statements, where its identity is not that: the
 * node of the database is called current, whatever its name.
 */
static const char *
sql_name(const SdrObject *object)
{
	if (object->kind->id == SDR_KIND_DATABASE)
		return quote_identifier(get_database_name(MyDatabaseId));
	if (object->kind->id == SDR_KIND_TRANSFORM)
		return sdr_transform_text(object);
	return sdr_object_identity(object);
}

/* The object as COMMENT ON and SECURITY LABEL ON name it. */
const char *
sdr_address(const SdrObject *object)
{
	if (object->kind->id == SDR_KIND_CONSTRAINT &&
		object->parent->kind->id == SDR_KIND_DOMAIN)
		return psprintf("CONSTRAINT %s ON DOMAIN %s",
						quote_identifier(object->name),
						sdr_object_identity(object->parent));
	return psprintf("%s %s", sdr_sql_type(object), sql_name(object));
}

/*
 * The table whose column owns a sequence and goes on doing so: the sequence
 * has the table's owner.  NULL if there is none.
 */
static const char *
owning_table(const SdrObject *object, const SdrObject *have)
{
	const char *column;
	const char *wanted;

	if (object->kind->id != SDR_KIND_SEQUENCE || have == NULL)
		return NULL;
	column = sdr_text(have, SDR_SEQUENCE_OWNED_BY);
	wanted = sdr_value(object, SDR_SEQUENCE_OWNED_BY)->tag == SDR_VALUE_UNSET ?
		column : sdr_text(object, SDR_SEQUENCE_OWNED_BY);
	if (column == NULL || wanted == NULL || strcmp(column, wanted) != 0)
		return NULL;
	return pnstrdup(column, sdr_last_dot(column) - column);
}

static bool
is_to_be_made(const SdrPlan *plan, const char *role)
{
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		const SdrObject *want = ((const SdrChange *) lfirst(lc))->want;

		if (want != NULL && want->kind->id == SDR_KIND_ROLE &&
			strcmp(want->name, role) == 0)
			return true;
	}
	return false;
}

/*
 * Is there the role that a statement about the object is to name?  If not, say
 * so.  A migration is for databases that may have others.
 */
bool
sdr_has_role(SdrPlan *plan, const SdrObject *object, const char *role)
{
	if (plan->options.adopt || strcmp(role, "public") == 0 ||
		OidIsValid(get_role_oid(role, true)) || is_to_be_made(plan, role))
		return true;
	sdr_unmended(plan, object, psprintf("there is no role \"%s\"", role));
	return false;
}

static void
set_owner(SdrPlan *plan, const SdrObject *object, const SdrValue *value,
		  const SdrObject *have)
{
	const char *table = owning_table(object, have);
	SdrStep    *step;

	if (value->tag != SDR_VALUE_TEXT ||
		!sdr_has_role(plan, object, value->u.text))
		return;
	if (table != NULL)
	{
		step = sdr_step(plan, SDR_STAGE_PROPERTY, object,
						"ALTER TABLE %s OWNER TO %s", table,
						quote_identifier(value->u.text));
		sdr_step_cost(step, SDR_RISK_LOCKS, SDR_EXCLUSIVE);
		return;
	}
	step = sdr_step(plan, SDR_STAGE_PROPERTY, object, "ALTER %s %s OWNER TO %s",
					sdr_sql_type(object), sql_name(object),
					quote_identifier(value->u.text));
	sdr_step_cost(step, SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

static void
set_comment(SdrPlan *plan, const SdrObject *object, const SdrValue *value,
			const SdrObject *have)
{
	if (have == NULL && value->tag != SDR_VALUE_TEXT)
		return;
	sdr_step(plan, SDR_STAGE_COMMENT, object, "COMMENT ON %s IS %s",
			 sdr_address(object), value->tag != SDR_VALUE_TEXT ? "NULL" :
			 sdr_literal(value->u.text));
}

/* The value of the attribute that have has with the name of attr. */
static List *
map_of(const SdrObject *have, SdrAttrId attr)
{
	return have == NULL ? NIL : sdr_items(have, attr);
}

static void
set_labels(SdrPlan *plan, const SdrObject *object, const SdrValue *value,
		   const SdrObject *have)
{
	SdrAttrId	attr = sdr_attr_by_name(object->kind, "security_labels", 15);

	sdr_mend_labels(plan, object, map_of(have, attr),
					value->tag == SDR_VALUE_MAP ? value->u.map : NIL);
}

static void
set_extensions(SdrPlan *plan, const SdrObject *object, const SdrValue *value,
			   const SdrObject *have)
{
	SdrAttrId	attr = sdr_attr_by_name(object->kind, "depends_on_extensions",
										21);
	List	   *old = map_of(have, attr);
	List	   *new = value->tag == SDR_VALUE_LIST ? value->u.list : NIL;
	ListCell   *lc;

	foreach(lc, old)
	{
		if (!sdr_list_has(new, lfirst(lc)))
			sdr_step(plan, SDR_STAGE_PROPERTY, object,
					 "ALTER %s NO DEPENDS ON EXTENSION %s", sdr_address(object),
					 quote_identifier(lfirst(lc)));
	}
	foreach(lc, new)
	{
		if (!sdr_list_has(old, lfirst(lc)))
			sdr_step(plan, SDR_STAGE_PROPERTY, object,
					 "ALTER %s DEPENDS ON EXTENSION %s", sdr_address(object),
					 quote_identifier(lfirst(lc)));
	}
}

static const char *
role_text(const char *role)
{
	return strcmp(role, "public") == 0 ? "PUBLIC" : quote_identifier(role);
}

/* Privileges of one role: "SELECT, INSERT*" as a list of texts. */
static List *
rights_of(const char *text)
{
	List	   *rights = NIL;

	while (text != NULL && *text != '\0')
	{
		int			len = strcspn(text, ",");

		rights = lappend(rights, pnstrdup(text, len));
		text += len;
		text += strspn(text, ", ");
	}
	return rights;
}

static bool
is_grantable(const char *right)
{
	return right[0] != '\0' && right[strlen(right) - 1] == '*';
}

static char *
without_star(const char *right)
{
	return pnstrdup(right, strcspn(right, "*"));
}

/* Those that a role may pass on, and the others. */
void
sdr_split_rights(const char *text, List **plain, List **grantable)
{
	ListCell   *lc;

	*plain = NIL;
	*grantable = NIL;
	foreach(lc, rights_of(text))
	{
		if (is_grantable(lfirst(lc)))
			*grantable = lappend(*grantable, without_star(lfirst(lc)));
		else
			*plain = lappend(*plain, lfirst(lc));
	}
}

/* What GRANT and REVOKE write between the privilege and the role. */
static const char *
grant_target(const SdrObject *object)
{
	const SdrMender *mender = sdr_mender(object->kind->id);

	return psprintf("%s %s", mender->grant_type != NULL ? mender->grant_type :
					mender->type, object->kind->id == SDR_KIND_COLUMN ?
					sdr_object_identity(object->parent) : sql_name(object));
}

/* A privilege as GRANT writes it: on columns with the column. */
static const char *
right_text(const SdrObject *object, const char *right)
{
	return object->kind->id != SDR_KIND_COLUMN ? right :
		psprintf("%s (%s)", right, quote_identifier(object->name));
}

static const char *
rights_text(const SdrObject *object, const List *rights)
{
	List	   *texts = NIL;
	const ListCell *lc;

	foreach(lc, rights)
		texts = lappend(texts, unconstify(char *, right_text(object,
															 lfirst(lc))));
	return sdr_join(texts, ", ");
}

static void
revoke_rights(SdrPlan *plan, const SdrObject *object, const char *role,
			  const char *prefix, const List *rights)
{
	if (rights != NIL)
		sdr_step(plan, SDR_STAGE_PRIVILEGE, object,
				 "REVOKE %s%s ON %s FROM %s CASCADE", prefix,
				 rights_text(object, rights), grant_target(object),
				 role_text(role));
}

static void
grant_rights(SdrPlan *plan, const SdrObject *object, const char *role,
			 const List *rights, const char *suffix)
{
	if (rights != NIL)
		sdr_step(plan, SDR_STAGE_PRIVILEGE, object, "GRANT %s ON %s TO %s%s",
				 rights_text(object, rights), grant_target(object),
				 role_text(role), suffix);
}

/* Bring the privileges of one role from what they are to what they are to be. */
static void
set_rights(SdrPlan *plan, const SdrObject *object, const char *role,
		   const char *old_text, const char *new_text)
{
	List	   *old = rights_of(old_text);
	List	   *new = rights_of(new_text);
	List	   *lost = NIL;
	List	   *options = NIL;
	List	   *plain = NIL;
	List	   *grantable = NIL;
	bool		old_all = sdr_list_has(old, "ALL") || sdr_list_has(old, "ALL*");
	bool		new_all = sdr_list_has(new, "ALL") || sdr_list_has(new, "ALL*");
	ListCell   *lc;

	if (!sdr_has_role(plan, object, role))
		return;
	/* ALL cannot be compared with single privileges */
	if (old_all && !new_all)
	{
		lost = list_make1("ALL");
		old = NIL;
	}
	foreach(lc, old)
	{
		char	   *right = without_star(lfirst(lc));

		if (new_all && !is_grantable(lfirst(lc)))
			continue;
		if (!new_all && !sdr_list_has(new, right) &&
			!sdr_list_has(new, psprintf("%s*", right)))
			lost = lappend(lost, right);
		else if (is_grantable(lfirst(lc)) && !sdr_list_has(new, lfirst(lc)) &&
				 !sdr_list_has(new, "ALL*"))
			options = lappend(options, right);
	}
	foreach(lc, new)
	{
		if (sdr_list_has(old, lfirst(lc)))
			continue;
		if (is_grantable(lfirst(lc)))
			grantable = lappend(grantable, without_star(lfirst(lc)));
		else if (!sdr_list_has(old, psprintf("%s*", (char *) lfirst(lc))))
			plain = lappend(plain, lfirst(lc));
	}
	revoke_rights(plan, object, role, "", lost);
	revoke_rights(plan, object, role, "GRANT OPTION FOR ", options);
	grant_rights(plan, object, role, plain, "");
	grant_rights(plan, object, role, grantable, " WITH GRANT OPTION");
}

/* Is a role to lose a right that it has now? */
static bool
any_is_lost(const List *old, const List *new)
{
	const ListCell *lc;

	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);
		List	   *wanted = rights_of(sdr_map_value(new, pair->key));
		const ListCell *right;

		foreach(right, rights_of(pair->value))
		{
			char	   *plain = without_star(lfirst(right));

			if (!sdr_list_has(wanted, plain) &&
				!sdr_list_has(wanted, psprintf("%s*", plain)) &&
				!sdr_list_has(wanted, "ALL") && !sdr_list_has(wanted, "ALL*"))
				return true;
		}
	}
	return false;
}

/*
 * A right that one passed on who was granted it, only he can take back, or
 * whoever takes it from him.  Where rights must go and somebody may have
 * passed on his, all are revoked, and true returned: they are to be granted
 * anew.
 */
static bool
revoke_passed_on(SdrPlan *plan, const SdrObject *object, const char *owner,
				 const List *old, const List *new)
{
	bool		is_found = false;
	const ListCell *lc;

	if (owner == NULL || !any_is_lost(old, new))
		return false;
	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);

		if (strcmp(pair->key, owner) != 0 && strchr(pair->value, '*') != NULL)
			is_found = true;
	}
	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);

		if (is_found)
			revoke_rights(plan, object, pair->key, "",
						  list_make1(pstrdup("ALL")));
	}
	return is_found;
}

/* Is there a REVOKE among the steps from this one on? */
static bool
any_revokes(const SdrPlan *plan, int nsteps)
{
	for (int i = nsteps; i < list_length(plan->steps); i++)
	{
		const SdrStep *step = list_nth(plan->steps, i);

		if (step->sql != NULL && strncmp(step->sql, "REVOKE ", 7) == 0)
			return true;
	}
	return false;
}

/* What is revoked on a table is revoked on its columns as well. */
static void
grant_columns_again(SdrPlan *plan, const SdrObject *have)
{
	const SdrObject *final = sdr_final_state(plan, have);

	for (int i = 0; final != NULL && i < final->nchildren; i++)
	{
		const SdrObject *column = final->children[i];
		ListCell   *lc;

		if (column->kind->id != SDR_KIND_COLUMN)
			continue;
		foreach(lc, sdr_items(column, SDR_COLUMN_PRIVILEGES))
		{
			const SdrPair *pair = lfirst(lc);

			set_rights(plan, column, pair->key, "", pair->value);
		}
	}
}

static void
set_privileges(SdrPlan *plan, const SdrObject *object, const SdrValue *value,
			   const SdrObject *have)
{
	SdrAttrId	attr = sdr_attr_by_name(object->kind, "privileges", 10);
	SdrAttrId	owner_attr = sdr_attr_by_name(object->kind, "owner", 5);
	const char *owner = owner_attr == SDR_ATTR_NONE ? NULL :
	sdr_text(object, owner_attr);
	const char *old_owner = owner_attr == SDR_ATTR_NONE || have == NULL ? NULL :
	sdr_text(have, owner_attr);
	List	   *old = NIL;
	ListCell   *lc;

	int			nsteps = list_length(plan->steps);

	if (value->tag != SDR_VALUE_MAP)
		return;
	if (have == NULL)
		old = sdr_default_privileges(object->kind->id, owner);
	else
	{
		/* what the old owner had, ALTER OWNER gives to the new one */
		foreach(lc, sdr_items(have, attr))
		{
			const SdrPair *pair = lfirst(lc);
			bool		renamed = owner != NULL && old_owner != NULL &&
			strcmp(pair->key, old_owner) == 0;

			old = sdr_map_add(old, renamed ? owner : pair->key, pair->value);
		}
	}
	if (revoke_passed_on(plan, object, owner, old, value->u.map))
		old = NIL;
	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);

		if (sdr_map_find(value->u.map, pair->key) == NULL)
			set_rights(plan, object, pair->key, pair->value, "");
	}
	foreach(lc, value->u.map)
	{
		const SdrPair *pair = lfirst(lc);

		set_rights(plan, object, pair->key, sdr_map_value(old, pair->key),
				   pair->value);
	}
	if (have != NULL && any_revokes(plan, nsteps))
		grant_columns_again(plan, have);
}

/* In the order in which a new object gets them. */
static const struct
{
	const char *name;
	void		(*set) (SdrPlan *plan, const SdrObject *object,
						const SdrValue *value, const SdrObject *have);
}			common[] = {
	{"depends_on_extensions", set_extensions},
	{"owner", set_owner},
	{"privileges", set_privileges},
	{"security_labels", set_labels},
	{"comment", set_comment},
};

/* Is it an attribute that is mended alike for all kinds? */
bool
sdr_is_common(SdrAttrId attr)
{
	for (int i = 0; i < lengthof(common); i++)
	{
		if (strcmp(common[i].name, sdr_attr(attr)->name) == 0)
			return true;
	}
	return false;
}

/* Mend one of these attributes. */
void
sdr_mend_common(SdrPlan *plan, const SdrObject *want, const SdrObject *have,
				SdrAttrId attr)
{
	SdrValue	value = sdr_wanted_value(want, attr);

	for (int i = 0; i < lengthof(common); i++)
	{
		if (strcmp(common[i].name, sdr_attr(attr)->name) == 0)
			common[i].set(plan, want, &value, have);
	}
}

/* Give a new object those that it is to have. */
void
sdr_make_common(SdrPlan *plan, const SdrObject *object)
{
	for (int i = 0; i < lengthof(common); i++)
	{
		SdrAttrId	attr = sdr_attr_by_name(object->kind, common[i].name,
											strlen(common[i].name));

		/* default privileges are nothing but that, and made of them */
		if (attr != SDR_ATTR_NONE &&
			object->kind->id != SDR_KIND_DEFAULT_PRIVILEGES &&
			object->kind->id != SDR_KIND_CHANGED_PRIVILEGES)
			common[i].set(plan, object, sdr_value(object, attr), NULL);
	}
}

/*
 * Storage parameters and the like: what is set, and what is no longer.  The
 * rule's template is the statement up to SET.
 */
void
sdr_mend_options(SdrPlan *plan, const SdrMend *mend)
{
	const char *head = sdr_render(mend->rule->set, mend->want, &mend->value);
	List	   *old = sdr_items(mend->have, mend->id);
	List	   *new = mend->value.tag == SDR_VALUE_MAP ? mend->value.u.map : NIL;
	List	   *gone = NIL;
	List	   *set = NIL;
	ListCell   *lc;

	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);

		if (sdr_map_find(new, pair->key) == NULL)
			gone = lappend(gone, unconstify(char *,
											sdr_parameter_name(pair->key)));
	}
	foreach(lc, new)
	{
		const SdrPair *pair = lfirst(lc);
		const char *before = sdr_map_value(old, pair->key);

		if (before == NULL || strcmp(before, pair->value) != 0)
			set = lappend(set, lfirst(lc));
	}
	if (gone != NIL)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
							   "%s RESET (%s)", head, sdr_join(gone, ", ")),
					  mend->rule->risk, mend->rule->lock);
	if (set != NIL)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
							   "%s SET (%s)", head, sdr_storage_options(set)),
					  mend->rule->risk, mend->rule->lock);
}

/* Options as texts, with that between name and value. */
List *
sdr_option_texts(const List *map, const char *sign)
{
	List	   *texts = NIL;
	const ListCell *lc;

	foreach(lc, map)
	{
		const SdrPair *pair = lfirst(lc);

		texts = lappend(texts, psprintf("%s%s%s", quote_identifier(pair->key),
										sign, sdr_literal(pair->value)));
	}
	return texts;
}

/* What stands between the parentheses of OPTIONS of a new object. */
const char *
sdr_fdw_options(const List *map)
{
	return sdr_join(sdr_option_texts(map, " "), ", ");
}

/* OPTIONS of a foreign object; the template is the statement up to OPTIONS. */
void
sdr_mend_fdw_options(SdrPlan *plan, const SdrMend *mend)
{
	List	   *old = sdr_items(mend->have, mend->id);
	List	   *new = mend->value.tag == SDR_VALUE_MAP ? mend->value.u.map : NIL;
	List	   *acts = NIL;
	ListCell   *lc;

	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);

		if (sdr_map_find(new, pair->key) == NULL)
			acts = lappend(acts, psprintf("DROP %s",
										  quote_identifier(pair->key)));
	}
	foreach(lc, new)
	{
		const SdrPair *pair = lfirst(lc);
		const char *before = sdr_map_value(old, pair->key);

		if (before != NULL && strcmp(before, pair->value) == 0)
			continue;
		if (sdr_secret_is_hidden(pair->value))
			sdr_unmended(plan, mend->want,
						 psprintf("the value of option \"%s\" is secret, and only its hash is known",
								  pair->key));
		else
			acts = lappend(acts, psprintf("%s %s %s",
										  before == NULL ? "ADD" : "SET",
										  quote_identifier(pair->key),
										  sdr_literal(pair->value)));
	}
	if (acts != NIL)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
							   "%s OPTIONS (%s)",
							   sdr_render(mend->rule->set, mend->want,
										  &mend->value),
							   sdr_join(acts, ", ")),
					  mend->rule->risk, mend->rule->lock);
}
