from django.urls import path

from rollbook.web.watch.probes import PROBES

urlpatterns = [path(address.lstrip("/"), view, name=address.lstrip("/")) for address, view in PROBES.items()]
