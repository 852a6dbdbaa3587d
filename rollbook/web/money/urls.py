from django.urls import path

from rollbook.web.money import renewals, sale, subscription

urlpatterns = [
    path("clients/<int:client_id>/subscriptions/new/", sale.new, name="subscription-new"),
    path("subscriptions/<int:subscription_id>/", subscription.page, name="subscription"),
    path("subscriptions/<int:subscription_id>/ending/", subscription.end, name="subscription-end"),
    path("subscriptions/<int:subscription_id>/taking-back/", subscription.take_back, name="subscription-back"),
    path("renewals/", renewals.listed, name="renewals"),
]
