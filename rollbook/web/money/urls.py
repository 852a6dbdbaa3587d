from django.urls import path

from rollbook.web.money import announced, family

urlpatterns = [
    path("families/<int:contact_id>/", family.family, name="family"),
    path("families/<int:contact_id>/payments/", family.payments, name="family-payments"),
    path("announced/", announced.listed, name="announced"),
    path("announced/<int:announced_id>/confirmation/", announced.confirmation, name="announced-confirmation"),
    path("announced/<int:announced_id>/declining/", announced.declining, name="announced-declining"),
]
