/*-------------------------------------------------------------------------
 *
 * global.c
 *	  What only a global document speaks of: the database itself, roles,
 *	  tablespaces, privileges on parameters, and large objects.
 *
 * No password is read here, nor anything made of one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_database.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_largeobject_metadata.h"
#include "catalog/pg_parameter_acl.h"
#include "catalog/pg_tablespace.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

/* The database at hand has this name, whatever it is called. */
#define SDR_CURRENT_DATABASE	"current"

/* The role of settings that are for all roles. */
#define SDR_ALL_ROLES			InvalidOid

/* Settings of a row of pg_db_role_setting. */
static List *
row_settings(SdrReader *reader, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = sdr_get(reader, DbRoleSettingRelationId, tuple,
								Anum_pg_db_role_setting_setconfig, &isnull);

	return sdr_options(value, isnull);
}

/* A scan for the settings in a database, or with InvalidOid in all. */
static SysScanDesc
scan_settings(SdrReader *reader, Oid database, Oid role, int nkeys)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(database));
	ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(role));
	return sdr_scan(reader, DbRoleSettingRelationId,
					DbRoleSettingDatidRolidIndexId, nkeys, keys);
}

/* The settings of one role in one database, either of which may be "all". */
static List *
read_settings(SdrReader *reader, SdrObject *object, Oid database, Oid role)
{
	SysScanDesc scan = scan_settings(reader, database, role, 2);
	HeapTuple	tuple = systable_getnext(scan);
	List	   *settings = NIL;

	if (HeapTupleIsValid(tuple))
		settings = row_settings(reader, tuple);
	systable_endscan(scan);
	return sdr_secrets_hide(object, settings, sdr_secret_setting);
}

/* The settings of single roles in the database, by role.setting. */
static List *
read_role_settings(SdrReader *reader, SdrObject *object)
{
	SysScanDesc scan = scan_settings(reader, object->oid, InvalidOid, 1);
	List	   *settings = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid			role = ((Form_pg_db_role_setting) GETSTRUCT(tuple))->setrole;
		const char *role_name = quote_identifier(sdr_role_name(reader, role));
		ListCell   *lc;

		if (role == SDR_ALL_ROLES)
			continue;
		foreach(lc, row_settings(reader, tuple))
		{
			SdrPair    *pair = lfirst(lc);
			char	   *key = psprintf("%s.%s", role_name, pair->key);
			const char *value = pair->value;

			if (sdr_secret_setting(pair->key, value) ||
				sdr_secret_is_hidden(value))
				value = sdr_secret_hide(object, key, value);
			settings = sdr_map_add(settings, key, value);
		}
	}
	systable_endscan(scan);
	return settings;
}

static bool
database_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	if (((Form_pg_database) GETSTRUCT(tuple))->oid != MyDatabaseId)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_DATABASE);
	entry->item.name = SDR_CURRENT_DATABASE;
	return true;
}

static void
database_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);
	const SdrName *tablespace = sdr_name(reader, TableSpaceRelationId,
										 form->dattablespace);

	sdr_set_text(object, SDR_DATABASE_ENCODING,
				 pg_encoding_to_char(form->encoding));
	sdr_set_text(object, SDR_DATABASE_LOCALE_PROVIDER,
				 sdr_provider_name(form->datlocprovider));
	sdr_set_text(object, SDR_DATABASE_COLLATE,
				 sdr_get_text(reader, DatabaseRelationId, tuple,
							  Anum_pg_database_datcollate));
	sdr_set_text(object, SDR_DATABASE_CTYPE,
				 sdr_get_text(reader, DatabaseRelationId, tuple,
							  Anum_pg_database_datctype));
	sdr_set_text(object, SDR_DATABASE_LOCALE,
				 sdr_get_text(reader, DatabaseRelationId, tuple,
							  Anum_pg_database_datlocale));
	sdr_set_text(object, SDR_DATABASE_ICU_RULES,
				 sdr_get_text(reader, DatabaseRelationId, tuple,
							  Anum_pg_database_daticurules));
	sdr_set_int(object, SDR_DATABASE_CONNECTION_LIMIT, form->datconnlimit);
	sdr_set_bool(object, SDR_DATABASE_ALLOW_CONNECTIONS, form->datallowconn);
	sdr_set_bool(object, SDR_DATABASE_IS_TEMPLATE, form->datistemplate);
	if (tablespace == NULL)
		sdr_reader_gone(reader);
	else
		sdr_set_text(object, SDR_DATABASE_TABLESPACE, pstrdup(tablespace->name));
	sdr_set_map(object, SDR_DATABASE_SETTINGS,
				read_settings(reader, object, object->oid, SDR_ALL_ROLES));
	sdr_set_map(object, SDR_DATABASE_ROLE_SETTINGS,
				read_role_settings(reader, object));
}

const SdrFamily sdr_database_family = {
	.kinds = SDR_IN(DATABASE),
	.catalog = DatabaseRelationId,
	.identify = database_identify,
	.read = database_read,
};

/* Roles of the server itself are those whose names are reserved for it. */
static bool
role_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_authid form = (Form_pg_authid) GETSTRUCT(tuple);

	if (IsReservedName(NameStr(form->rolname)))
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_ROLE);
	entry->item.name = pstrdup(NameStr(form->rolname));
	return true;
}

/* What a membership allows, by the options of all who granted it. */
typedef struct Membership
{
	Oid			role;
	bool		admin;
	bool		inherit;
	bool		set;
} Membership;

static List *
add_membership(List *memberships, Form_pg_auth_members form, bool rolinherit)
{
	Membership *membership = NULL;
	ListCell   *lc;

	foreach(lc, memberships)
	{
		if (((Membership *) lfirst(lc))->role == form->roleid)
			membership = lfirst(lc);
	}
	if (membership == NULL)
	{
		membership = palloc0(sizeof(Membership));
		membership->role = form->roleid;
		memberships = lappend(memberships, membership);
	}
	membership->admin |= form->admin_option;
	membership->inherit |= sdr_compat_inherit_option(form, rolinherit);
	membership->set |= sdr_compat_set_option(form);
	return memberships;
}

static const char *
membership_text(const Membership *membership)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (membership->admin)
		appendStringInfoString(&buf, "ADMIN");
	if (membership->inherit)
		appendStringInfo(&buf, "%sINHERIT", buf.len > 0 ? ", " : "");
	if (membership->set)
		appendStringInfo(&buf, "%sSET", buf.len > 0 ? ", " : "");
	return buf.data;
}

static List *
read_memberships(SdrReader *reader, Oid member, bool rolinherit)
{
	SysScanDesc scan = sdr_scan_oid(reader, AuthMemRelationId,
									AuthMemMemRoleIndexId,
									Anum_pg_auth_members_member, member);
	List	   *memberships = NIL;
	List	   *map = NIL;
	HeapTuple	tuple;
	ListCell   *lc;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		memberships = add_membership(memberships,
									 (Form_pg_auth_members) GETSTRUCT(tuple),
									 rolinherit);
	systable_endscan(scan);

	foreach(lc, memberships)
	{
		const Membership *membership = lfirst(lc);

		map = sdr_map_add(map, sdr_role_name(reader, membership->role),
						  membership_text(membership));
	}
	return map;
}

static void
read_valid_until(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	bool		isnull;
	Datum		value = sdr_get(reader, AuthIdRelationId, tuple,
								Anum_pg_authid_rolvaliduntil, &isnull);

	sdr_set_text(object, SDR_ROLE_VALID_UNTIL,
				 isnull ? NULL :
				 DatumGetCString(DirectFunctionCall1(timestamptz_out, value)));
}

static void
role_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_authid form = (Form_pg_authid) GETSTRUCT(tuple);

	sdr_set_bool(object, SDR_ROLE_LOGIN, form->rolcanlogin);
	sdr_set_bool(object, SDR_ROLE_SUPERUSER, form->rolsuper);
	sdr_set_bool(object, SDR_ROLE_INHERIT, form->rolinherit);
	sdr_set_bool(object, SDR_ROLE_CREATEROLE, form->rolcreaterole);
	sdr_set_bool(object, SDR_ROLE_CREATEDB, form->rolcreatedb);
	sdr_set_bool(object, SDR_ROLE_REPLICATION, form->rolreplication);
	sdr_set_bool(object, SDR_ROLE_BYPASSRLS, form->rolbypassrls);
	sdr_set_int(object, SDR_ROLE_CONNECTION_LIMIT, form->rolconnlimit);
	read_valid_until(reader, tuple, object);
	sdr_set_map(object, SDR_ROLE_MEMBER_OF,
				read_memberships(reader, object->oid, form->rolinherit));
	sdr_set_map(object, SDR_ROLE_SETTINGS,
				read_settings(reader, object, InvalidOid, object->oid));
}

const SdrFamily sdr_role_family = {
	.kinds = SDR_IN(ROLE),
	.catalog = AuthIdRelationId,
	.name_index = AuthIdRolnameIndexId,
	.identify = role_identify,
	.read = role_read,
};

static bool
tablespace_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_tablespace form = (Form_pg_tablespace) GETSTRUCT(tuple);

	if (form->oid < FirstNormalObjectId)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_TABLESPACE);
	entry->item.name = pstrdup(NameStr(form->spcname));
	return true;
}

/* The location is no property: it is another on every server. */
static void
tablespace_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	bool		isnull;
	Datum		value = sdr_get(reader, TableSpaceRelationId, tuple,
								Anum_pg_tablespace_spcoptions, &isnull);

	sdr_set_map(object, SDR_TABLESPACE_OPTIONS, sdr_options(value, isnull));
}

const SdrFamily sdr_tablespace_family = {
	.kinds = SDR_IN(TABLESPACE),
	.catalog = TableSpaceRelationId,
	.name_index = TablespaceNameIndexId,
	.identify = tablespace_identify,
	.read = tablespace_read,
};

static bool
parameter_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	bool		isnull;
	Datum		name = sdr_get(reader, ParameterAclRelationId, tuple,
							   Anum_pg_parameter_acl_parname, &isnull);

	entry->item.kind = sdr_kind(SDR_KIND_PARAMETER);
	entry->item.name = TextDatumGetCString(name);
	return true;
}

/*
 * The server notes the rights of the bootstrap superuser with the others.  It
 * has them anyway, and its name may be another on every server.
 */
static void
parameter_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	bool		isnull;
	Datum		value = sdr_get(reader, ParameterAclRelationId, tuple,
								Anum_pg_parameter_acl_paracl, &isnull);
	Acl		   *acl;
	int			n = 0;

	acl = isnull ? make_empty_acl() : DatumGetAclPCopy(value);
	for (int i = 0; i < ACL_NUM(acl); i++)
	{
		if (ACL_DAT(acl)[i].ai_grantee != BOOTSTRAP_SUPERUSERID)
			ACL_DAT(acl)[n++] = ACL_DAT(acl)[i];
	}
	ARR_DIMS(acl)[0] = n;
	sdr_set_privileges(reader, object, acl, OBJECT_PARAMETER_ACL);
}

/* The name as the server keeps it. */
static const char *
parameter_canonical_name(SdrReader *reader, const SdrItem *item, Oid namespace)
{
	const char *name = item->name;

	return convert_GUC_name_for_parameter_acl(name);
}

const SdrFamily sdr_parameter_family = {
	.kinds = SDR_IN(PARAMETER),
	.catalog = ParameterAclRelationId,
	.oid_index = ParameterAclOidIndexId,
	.oid_attr = Anum_pg_parameter_acl_oid,
	.identify = parameter_identify,
	.read = parameter_read,
	.canonical_name = parameter_canonical_name,
};

/* A large object has no name but its number, which dumps keep. */
static bool
large_object_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	entry->item.kind = sdr_kind(SDR_KIND_LARGE_OBJECT);
	entry->item.name = psprintf("%u", ((Form_pg_largeobject_metadata) GETSTRUCT(tuple))->oid);
	return true;
}

/* Its content is data; there is no more to it than what all objects have. */
static void
large_object_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
}

static const char *
large_object_canonical_name(SdrReader *reader, const SdrItem *item, Oid namespace)
{
	const char *name = item->name;
	Datum		oid = DirectFunctionCall1(oidin, CStringGetDatum(name));

	return psprintf("%u", DatumGetObjectId(oid));
}

const SdrFamily sdr_large_object_family = {
	.kinds = SDR_IN(LARGE_OBJECT),
	.catalog = LargeObjectMetadataRelationId,
	.identify = large_object_identify,
	.read = large_object_read,
	.canonical_name = large_object_canonical_name,
};
