// A catalog of three tables in the nodes and relations that amundsen-databuilder 7.5.1 writes; a statement ends with a semicolon.
CREATE (db:Database {key: 'database://postgres', name: 'postgres'})
CREATE (cluster:Cluster {key: 'postgres://shop', name: 'shop'})
CREATE (schema:Schema {key: 'postgres://shop.core', name: 'core'})
CREATE (db)-[:CLUSTER]->(cluster)-[:CLUSTER_OF]->(db), (cluster)-[:SCHEMA]->(schema)-[:SCHEMA_OF]->(cluster)
WITH schema
UNWIND ['orders', 'customers', 'revenue'] AS name
CREATE (table:Table {key: 'postgres://shop.core/' + name, name: name, is_view: false})
CREATE (column:Column {key: table.key + '/id', name: 'id', col_type: 'bigint', sort_order: 0})
CREATE (schema)-[:TABLE]->(table)-[:TABLE_OF]->(schema), (table)-[:COLUMN]->(column)-[:COLUMN_OF]->(table);
MATCH (orders:Table {name: 'orders'}), (revenue:Table {name: 'revenue'})
CREATE (orders)-[:HAS_DOWNSTREAM]->(revenue)-[:HAS_UPSTREAM]->(orders)
CREATE (description:Description {key: orders.key + '/_description', description: 'Every order.', description_source: 'description'})
CREATE (orders)-[:DESCRIPTION]->(description)-[:DESCRIPTION_OF]->(orders);
UNWIND ['ada', 'ben'] AS name
CREATE (user:User {key: name + '@example.com', email: name + '@example.com', full_name: name, first_name: name, last_name: '', is_active: true})
WITH user
MATCH (orders:Table {name: 'orders'})
CREATE (orders)-[:READ_BY {read_count: 7}]->(user)-[:READ {read_count: 7}]->(orders);
MATCH (ada:User {key: 'ada@example.com'}), (customers:Table {name: 'customers'})
CREATE (customers)-[:READ_BY {read_count: 3}]->(ada)-[:READ {read_count: 3}]->(customers);
