/*
 * Stand-ins for the server's macros, for cppcheck: it misreads the server's
 * own headers, so script/lint gives it these.
 */
#define PG_VERSION_NUM 150000
#define SCHEMADRIFT_VERSION "0"

#define PG_MODULE_MAGIC
#define PG_FUNCTION_INFO_V1(name) Datum name(FunctionCallInfo fcinfo)
#define PG_FUNCTION_ARGS FunctionCallInfo fcinfo
#define LSN_FORMAT_ARGS(lsn) 1, 1

#define foreach(cell, list) \
	for (cell = list_head(list); cell; cell = lnext(list, cell))
#define forboth(cell1, list1, cell2, list2) \
	for (cell1 = list_head(list1), cell2 = list_head(list2); cell1 && cell2; \
		 cell1 = lnext(list1, cell1), cell2 = lnext(list2, cell2))

#define PG_TRY() if (sigsetjmp() == 0) {
#define PG_CATCH() } else {
#define PG_FINALLY() } {
#define PG_END_TRY() }
