/*-------------------------------------------------------------------------
 *
 * foreign.c
 *	  Foreign-data wrappers, servers and user mappings.
 *
 * Their options are what the wrapper makes of them, so any may be a password;
 * see model/secret.c for what is shown of those that look like one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "utils/acl.h"
#include "utils/builtins.h"

static List *
read_options(SdrReader *reader, Oid catalog, HeapTuple tuple, AttrNumber attr)
{
	bool		isnull;
	Datum		value = sdr_get(reader, catalog, tuple, attr, &isnull);

	return sdr_options(value, isnull);
}

static bool
fdw_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_foreign_data_wrapper form =
	(Form_pg_foreign_data_wrapper) GETSTRUCT(tuple);

	if (form->oid < FirstNormalObjectId)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_FDW);
	entry->item.name = pstrdup(NameStr(form->fdwname));
	return true;
}

static void
set_function(SdrReader *reader, SdrObject *object, SdrAttrId attr, Oid function)
{
	sdr_set_text(object, attr,
				 OidIsValid(function) ?
				 sdr_name_text(reader, ProcedureRelationId, function) : NULL);
}

static void
fdw_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_foreign_data_wrapper form =
	(Form_pg_foreign_data_wrapper) GETSTRUCT(tuple);

	set_function(reader, object, SDR_FDW_HANDLER, form->fdwhandler);
	set_function(reader, object, SDR_FDW_VALIDATOR, form->fdwvalidator);
	set_function(reader, object, SDR_FDW_CONNECTION,
				 sdr_compat_fdwconnection(form));
	sdr_set_map(object, SDR_FDW_OPTIONS,
				sdr_secrets_hide(object,
								 read_options(reader,
											  ForeignDataWrapperRelationId,
											  tuple,
											  Anum_pg_foreign_data_wrapper_fdwoptions),
								 sdr_secret_option));
}

const SdrFamily sdr_fdw_family = {
	.kinds = SDR_IN(FDW),
	.catalog = ForeignDataWrapperRelationId,
	.name_index = ForeignDataWrapperNameIndexId,
	.identify = fdw_identify,
	.read = fdw_read,
};

static bool
server_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);

	if (form->oid < FirstNormalObjectId)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_FOREIGN_SERVER);
	entry->item.name = pstrdup(NameStr(form->srvname));
	return true;
}

static void
server_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);
	const SdrName *wrapper = sdr_name(reader, ForeignDataWrapperRelationId,
									  form->srvfdw);

	if (wrapper == NULL)
		sdr_reader_gone(reader);
	else
		sdr_set_text(object, SDR_FOREIGN_SERVER_WRAPPER, pstrdup(wrapper->name));
	sdr_set_text(object, SDR_FOREIGN_SERVER_TYPE,
				 sdr_get_text(reader, ForeignServerRelationId, tuple,
							  Anum_pg_foreign_server_srvtype));
	sdr_set_text(object, SDR_FOREIGN_SERVER_VERSION,
				 sdr_get_text(reader, ForeignServerRelationId, tuple,
							  Anum_pg_foreign_server_srvversion));
	sdr_set_map(object, SDR_FOREIGN_SERVER_OPTIONS,
				sdr_secrets_hide(object,
								 read_options(reader, ForeignServerRelationId,
											  tuple,
											  Anum_pg_foreign_server_srvoptions),
								 sdr_secret_option));
}

const SdrFamily sdr_server_family = {
	.kinds = SDR_IN(FOREIGN_SERVER),
	.catalog = ForeignServerRelationId,
	.name_index = ForeignServerNameIndexId,
	.identify = server_identify,
	.read = server_read,
};

/*
 * The name of a user mapping, as pg_identify_object() prints it, which does
 * not quote the server though.
 */
static const char *
mapping_name(const char *role, const char *server)
{
	return psprintf("%s on server %s", role, quote_identifier(server));
}

static bool
mapping_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_user_mapping form = (Form_pg_user_mapping) GETSTRUCT(tuple);
	const SdrName *server = sdr_name(reader, ForeignServerRelationId,
									 form->umserver);

	if (server == NULL)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_USER_MAPPING);
	entry->item.name = mapping_name(OidIsValid(form->umuser) ?
									quote_identifier(sdr_role_name(reader, form->umuser)) :
									"public", server->name);
	return true;
}

static const char *
mapping_canonical_name(SdrReader *reader, const SdrItem *item, Oid namespace)
{
	const char *name = item->name;
	static const char infix[] = " on server ";
	List	   *statements;
	DropUserMappingStmt *stmt;
	int			at = -1;

	for (int i = 0; name[i] != '\0'; i++)
	{
		if (pg_strncasecmp(name + i, infix, strlen(infix)) == 0)
			at = i;
	}
	if (at < 0)
		return name;

	/* whatever it parses to, only the right statement is taken */
	statements = raw_parser(psprintf("DROP USER MAPPING FOR %.*s SERVER %s",
									 at, name, name + at + strlen(infix)),
							RAW_PARSE_DEFAULT);
	if (list_length(statements) != 1 ||
		!IsA(linitial_node(RawStmt, statements)->stmt, DropUserMappingStmt))
		return name;
	stmt = (DropUserMappingStmt *) linitial_node(RawStmt, statements)->stmt;
	if (stmt->user->roletype == ROLESPEC_PUBLIC)
		return mapping_name("public", stmt->servername);
	if (stmt->user->roletype == ROLESPEC_CSTRING)
		return mapping_name(quote_identifier(stmt->user->rolename),
							stmt->servername);
	return name;
}

/*
 * May the caller see the options of this mapping in pg_user_mappings?  The
 * rights are those of our snapshot.
 */
static bool
may_see_options(SdrReader *reader, Form_pg_user_mapping form)
{
	Form_pg_foreign_server server;
	HeapTuple	tuple;
	Datum		value;
	bool		isnull;
	Acl		   *acl;

	if (superuser())
		return true;
	if (OidIsValid(form->umuser) && form->umuser != GetUserId())
		return false;
	tuple = sdr_fetch(reader, ForeignServerRelationId,
					  ForeignServerOidIndexId, Anum_pg_foreign_server_oid,
					  form->umserver);
	if (!HeapTupleIsValid(tuple))
		return false;
	server = (Form_pg_foreign_server) GETSTRUCT(tuple);
	if (has_privs_of_role(GetUserId(), server->srvowner))
		return true;
	if (!OidIsValid(form->umuser))
		return false;

	value = sdr_get(reader, ForeignServerRelationId, tuple,
					Anum_pg_foreign_server_srvacl, &isnull);
	acl = isnull ? acldefault(OBJECT_FOREIGN_SERVER, server->srvowner) :
		DatumGetAclP(value);
	return aclmask(acl, GetUserId(), server->srvowner, ACL_USAGE,
				   ACLMASK_ANY) != 0;
}

static bool
is_not_user(const char *name, const char *value)
{
	return strcmp(name, "user") != 0 && strcmp(name, "username") != 0;
}

static void
mapping_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	List	   *options = read_options(reader, UserMappingRelationId, tuple,
									   Anum_pg_user_mapping_umoptions);
	bool		visible = !reader->hides_all &&
	may_see_options(reader, (Form_pg_user_mapping) GETSTRUCT(tuple));

	sdr_set_map(object, SDR_USER_MAPPING_OPTIONS,
				sdr_secrets_hide(object, options,
								 visible ? is_not_user : NULL));
}

const SdrFamily sdr_user_mapping_family = {
	.kinds = SDR_IN(USER_MAPPING),
	.catalog = UserMappingRelationId,
	.identify = mapping_identify,
	.read = mapping_read,
	.canonical_name = mapping_canonical_name,
};
