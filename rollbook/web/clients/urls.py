from django.urls import path

from rollbook.web.clients import edit, freezes, views

urlpatterns = [
    path("clients/", views.client_list, name="clients"),
    path("clients/<int:client_id>/", views.card, name="client"),
    path("clients/<int:client_id>/payments/", views.payments, name="client-payments"),
    path("clients/<int:client_id>/announced/", views.announced, name="client-announced"),
    path("payments/<int:payment_id>/reversal/", views.reversal, name="payment-reversal"),
    path("clients/new/", edit.new, name="client-new"),
    path("clients/<int:client_id>/edit/", edit.edit, name="client-edit"),
    path("clients/<int:client_id>/contacts/new/", edit.new_contact, name="contact-new"),
    path("clients/<int:client_id>/freezes/", freezes.freezes, name="client-freezes"),
    path("relations/<int:relation_id>/edit/", edit.edit_contact, name="contact-edit"),
    path("relations/<int:relation_id>/payer/", edit.payer, name="contact-payer"),
    path("relations/<int:relation_id>/remove/", edit.remove_contact, name="contact-remove"),
    path("freezes/<int:freeze_id>/end/", freezes.unfreeze, name="freeze-end"),
]
