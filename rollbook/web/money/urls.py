from django.urls import path

from rollbook.web.money import discounts

urlpatterns = [
    path("clients/<int:client_id>/discounts/", discounts.discounts, name="client-discounts"),
    path("discounts/<int:discount_id>/end/", discounts.end, name="discount-end"),
]
