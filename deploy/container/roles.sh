#!/bin/sh
# Run by PostgreSQL's image when the database is made: the two roles, and what each may (README.md, Production).
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set=owner="$OWNER_PASSWORD" --set=serving="$SERVING_PASSWORD" <<'SQL'
CREATE ROLE rollbook_serving LOGIN PASSWORD :'serving';
CREATE ROLE rollbook_owner LOGIN CREATEDB PASSWORD :'owner' IN ROLE rollbook_serving;
CREATE DATABASE rollbook OWNER rollbook_owner ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\connect rollbook
CREATE EXTENSION btree_gist;
CREATE EXTENSION pg_trgm;
ALTER DEFAULT PRIVILEGES FOR ROLE rollbook_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO rollbook_serving;
ALTER DEFAULT PRIVILEGES FOR ROLE rollbook_owner GRANT USAGE, SELECT ON SEQUENCES TO rollbook_serving;
SQL
