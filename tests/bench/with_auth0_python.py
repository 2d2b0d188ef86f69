"""What one writes with the package auth0-python: find the application by name, create or change it, enable its connections."""

import json
import os
import sys

from auth0.management import ManagementClient

wanted = json.load(sys.stdin)
connections = wanted.pop("connections")
auth0 = ManagementClient(domain=os.environ["AUTH0_DOMAIN"], client_id=os.environ["AUTH0_CLIENT_ID"], client_secret=os.environ["AUTH0_CLIENT_SECRET"])
found = [each for each in auth0.clients.list(per_page=100) if each.name == wanted["name"]]
client = auth0.clients.update(found[0].client_id, **wanted) if found else auth0.clients.create(**wanted)
enabled = {each.name for each in auth0.clients.connections.get(client.client_id)}
for name in set(connections) - enabled:
    (connection,) = auth0.connections.list(name=name)
    auth0.connections.clients.update(connection.id, request=[{"client_id": client.client_id, "status": True}])
