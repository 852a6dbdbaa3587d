from django.urls import path

from rollbook.web.money import receipt, requests, statement

urlpatterns = [
    path("clients/<int:client_id>/statement/", statement.page, name="client-statement"),
    path("clients/<int:client_id>/statement.pdf", statement.pdf, name="client-statement-pdf"),
    path("clients/<int:client_id>/requests/new/", requests.new, name="request-new"),
    path("payments/<int:payment_id>/receipt/", receipt.page, name="payment-receipt"),
    path("payments/<int:payment_id>/receipt.pdf", receipt.pdf, name="payment-receipt-pdf"),
    path("requests/<int:request_id>/", requests.page, name="request"),
    path("requests/<int:request_id>/request.pdf", requests.pdf, name="request-pdf"),
]
