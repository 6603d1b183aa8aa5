from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "site_config.common"
    label = "common"
