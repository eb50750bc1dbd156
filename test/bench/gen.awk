# A schema.prisma as applications have them, of any size:
#
#     awk -v models=1000 -f gen.awk
#
# writes that many models of ten columns, with an enum for ten of them, a chain
# of foreign keys, unique keys and indexes: 1 MB for 2000 models.

BEGIN {
	print "datasource db {\n  provider = \"postgresql\"\n}\n"
	for (n = 1; n <= models; n++) {
		if (n % 10 == 1)
			stage()
		model()
	}
}

function stage()
{
	printf "enum Stage%d {\n  DRAFT\n  OFFERED @map(\"offered\")\n  SOLD\n}\n\n", n
}

function model()
{
	printf "model Article%d {\n", n
	print "  id        Int      @id @default(autoincrement())"
	print "  shopId    String   @map(\"shop_id\") @db.VarChar(40)"
	print "  sku       String   @unique"
	print "  title     String?"
	printf "  stage     Stage%d @default(DRAFT)\n", n - (n - 1) % 10
	print "  price     Decimal  @default(0) @db.Decimal(12, 2)"
	print "  labels    String[]"
	print "  changed   DateTime @updatedAt"
	print "  extra     Json?"
	if (n > 1) {
		print "  parentId  Int?"
		printf "  parent    Article%d? @relation(fields: [parentId], references: [id])\n", n - 1
	}
	if (n < models)
		printf "  children  Article%d[]\n", n + 1
	printf "\n  @@unique([shopId, sku])\n  @@index([changed])\n  @@map(\"article_%d\")\n}\n\n", n
}
