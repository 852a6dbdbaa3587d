from django.urls import path

from rollbook.web.clients import views

urlpatterns = [
    path("clients/", views.client_list, name="clients"),
    path("clients/<int:client_id>/", views.card, name="client"),
    path("clients/<int:client_id>/payments/", views.payments, name="client-payments"),
]
