"""PostgreSQL 16 or newer: the records, plain SQL and full-text search.

In a deployment file:

    [ports]
    records = "postgres"
    database = "postgres"
    search = "postgres"

    [postgres]
    url = "postgresql://diramoja@127.0.0.1:5432/diramoja"
    password_file = "/etc/diramoja/postgres.password"
"""
