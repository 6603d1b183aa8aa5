"""Gunicorn for the chat's stream on the servers: one process that holds thousands of connections.

gunicorn -c deploy/realtime.conf.py site_config.asgi:application

A second process would work as well (they hear each other over the database); one is enough for
thousands of patients.
"""

from deploy.logs import LOGS

bind = "unix:/run/kdl-realtime/stream.sock"
worker_class = "asgi"
workers = 1
# Streams are told to stop at once; what is left after this are connections that say nothing.
graceful_timeout = 3
# A restart for the sake of memory would part everybody from their stream.
max_requests = 0
backlog = 4096
asgi_lifespan = "on"
# Browsers have nothing to say here.
websocket_max_message_size = 1024
control_socket_disable = True
# nginx stands in front and is the only one who can reach the socket.
forwarded_allow_ips = "*"

accesslog = None
logconfig_dict = LOGS
