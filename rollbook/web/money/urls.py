from django.urls import path

from rollbook.web.money import announced, corrections, discounts, entries, family, renewals, sale, subscription

urlpatterns = [
    path("clients/<int:client_id>/discounts/", discounts.discounts, name="client-discounts"),
    path("discounts/<int:discount_id>/end/", discounts.end, name="discount-end"),
    path("corrections/", corrections.listed, name="corrections"),
    path("clients/<int:client_id>/entries/", entries.page, name="client-entries"),
    path("clients/<int:client_id>/entries/correction/", entries.correction, name="entries-correction"),
    path("clients/<int:client_id>/entries/bonus/", entries.bonus, name="entries-bonus"),
    path("clients/<int:client_id>/entries/discount/", entries.discount, name="entries-discount"),
    path("clients/<int:client_id>/entries/refund/", entries.refund, name="entries-refund"),
    path("clients/<int:client_id>/entries/transfer/", entries.transfer, name="entries-transfer"),
    path("entries/<int:entry_id>/reversal/", entries.entry_reversal, name="entry-reversal"),
    path("transfers/<int:transfer_id>/reversal/", entries.transfer_reversal, name="transfer-reversal"),
    path("families/<int:contact_id>/", family.family, name="family"),
    path("families/<int:contact_id>/payments/", family.payments, name="family-payments"),
    path("announced/", announced.listed, name="announced"),
    path("announced/<int:announced_id>/confirmation/", announced.confirmation, name="announced-confirmation"),
    path("announced/<int:announced_id>/declining/", announced.declining, name="announced-declining"),
    path("clients/<int:client_id>/subscriptions/new/", sale.new, name="subscription-new"),
    path("subscriptions/<int:subscription_id>/", subscription.page, name="subscription"),
    path("subscriptions/<int:subscription_id>/ending/", subscription.end, name="subscription-end"),
    path("subscriptions/<int:subscription_id>/taking-back/", subscription.take_back, name="subscription-back"),
    path("renewals/", renewals.listed, name="renewals"),
]
