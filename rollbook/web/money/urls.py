from django.urls import path

from rollbook.web.money import corrections, discounts, entries

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
]
