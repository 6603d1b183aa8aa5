"""Gunicorn on the servers: two processes with eight threads each, behind nginx.

gunicorn -c deploy/gunicorn.conf.py site_config.wsgi:application
"""

from deploy.logs import LOGS

bind = "unix:/run/kdl/web.sock"
worker_class = "gthread"
workers = 2
threads = 8
timeout = 30
graceful_timeout = 30
keepalive = 5
# Memory that fragments over days is given back by starting anew, not all workers at once.
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
# nginx stands in front and is the only one who can reach the socket.
forwarded_allow_ips = "*"

# The site's own request log says what is needed, without addresses and query strings.
accesslog = None
logconfig_dict = LOGS
